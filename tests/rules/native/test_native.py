"""NB: what the cases do not show: tags, suffixes, policies, data, large libraries."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import pkgaudit
from fixtures.binaries import Elf, MachO, Pe, extension, fat
from fixtures.builders import Built, Wheel, wheel_file, zip_archive
from pkgaudit.archive import zip_parts
from pkgaudit.finding import Finding
from pkgaudit.rules._shared.wheel_tags import WheelTags
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.native.header import Image, read_header
from pkgaudit.rules.native.policy import HOST, is_of_linux, is_of_windows, lowest, too_new
from pkgaudit.rules.native.tags import Claim, claims_of, platform_of, suffix_of
from tests.support import audit, run
from tools import refresh_native

INIT = ("PyInit__core",)
SO = "sample/_core.cpython-311-x86_64-linux-gnu.so"
LINUX = "cp311-cp311-manylinux_2_17_x86_64"


def wheel(tag: str, files: dict[str, bytes], requires_python: str = "") -> Built:
    made = Wheel(tag=tag, wheel=wheel_file(tag, pure=False))
    made.files |= files
    if requires_python and made.metadata:
        made.metadata.set("Requires-Python", requires_python)
    return made.build()


def found(folder: Path, built: Built, table: dict[str, Any] | None = None) -> list[Finding]:
    return [each for each in audit(folder, built, table) if each.code.startswith("NB")]


@pytest.mark.parametrize(
    ("tag", "system", "architectures", "libc", "version"),
    [
        ("manylinux1_x86_64", "linux", "x86_64", "glibc", (2, 5)),
        ("manylinux2014_i686", "linux", "i686", "glibc", (2, 17)),
        ("manylinux_2_28_armv7l", "linux", "armv7l", "glibc", (2, 28)),
        ("musllinux_1_2_aarch64", "linux", "aarch64", "musl", None),
        ("linux_armv6l", "linux", "armv7l", "", None),
        ("macosx_10_9_universal2", "macos", "aarch64 x86_64", "", (10, 9)),
        ("macosx_10_6_intel", "macos", "i686 x86_64", "", (10, 6)),
        ("ios_13_0_arm64_iphonesimulator", "ios", "aarch64", "", None),
        ("android_21_arm64_v8a", "android", "aarch64", "", None),
        ("win_arm64", "windows", "aarch64", "", None),
    ],
)
def test_platforms(
    tag: str, system: str, architectures: str, libc: str, version: tuple[int, int] | None
) -> None:
    platform = platform_of(tag)
    assert platform is not None
    assert platform.system == system
    assert sorted(platform.architectures) == architectures.split()
    assert (platform.libc, platform.version) == (libc, version)


@pytest.mark.parametrize("tag", ["any", "pyemscripten_2024_0_wasm32", "manylinux_2_x86_64", "win64", ""])
def test_unknown_platforms(tag: str) -> None:
    assert platform_of(tag) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.so", ("", (), "", "", "")),
        ("a.pyd", ("", (), "", "", "")),
        ("a.abi3.so", ("abi3", (), "", "", "")),
        ("a.cpython-311-x86_64-linux-gnu.so", ("cp", (3, 11), "", "linux", "x86_64")),
        ("a.cpython-37m-i386-linux-gnu.so", ("cp", (3, 7), "", "linux", "i686")),
        ("a.cpython-313t-darwin.so", ("cp", (3, 13), "t", "macos", "")),
        ("a.cpython-312d-powerpc64le-linux-gnu.so", ("cp", (3, 12), "d", "linux", "ppc64le")),
        ("a.cpython-313-aarch64-linux-android.so", ("cp", (3, 13), "", "android", "aarch64")),
        ("a.cpython-313-iphoneos.so", ("cp", (3, 13), "", "ios", "")),
        ("a.cp311-win_amd64.pyd", ("cp", (3, 11), "", "windows", "x86_64")),
        ("a.cp313t-win32.pyd", ("cp", (3, 13), "t", "windows", "i686")),
        ("a.pypy39-pp73-x86_64-linux-gnu.so", ("pp", (3, 9), "", "", "")),
    ],
)
def test_suffixes(name: str, told: tuple[object, ...]) -> None:
    suffix = suffix_of(name)
    assert suffix is not None
    assert (suffix.implementation, suffix.version, suffix.flags, suffix.system, suffix.machine) == told


@pytest.mark.parametrize(
    "name", ["a", ".so", "liba.so.1", "a.dylib", "a.cpython.so", "a.b.so", "a.dll", "a.abi3.pyd"]
)
def test_no_suffixes(name: str) -> None:
    assert suffix_of(name) is None


def tags(python: str, abi: str) -> WheelTags:
    return WheelTags("", frozenset(python.split(".")), frozenset(abi.split(".")), frozenset(("any",)))


def test_claims() -> None:
    assert claims_of(tags("cp311", "cp311")) == {Claim("cp", (3, 11))}
    assert claims_of(tags("cp313", "cp313t")) == {Claim("cp", (3, 13), "t")}
    assert claims_of(tags("cp37", "cp37m")) == {Claim("cp", (3, 7))}
    assert claims_of(tags("cp39.cp310", "cp39.cp310")) == {Claim("cp", (3, 9)), Claim("cp", (3, 10))}
    assert claims_of(tags("cp38", "abi3")) == {Claim("cp", (3, 8), open=True)}
    assert claims_of(tags("pp39", "pypy39_pp73")) == {Claim("pp", (3, 9))}
    assert claims_of(tags("py2.py3", "none")) == {Claim("", (), open=True)}
    assert str(Claim("cp", (3, 13), "t")) == "free-threaded CPython 3.13"
    assert str(Claim("cp", (3, 8), open=True)) == "CPython 3.8 and later"


class TestPolicies:
    @staticmethod
    def image(*versions: str, library: str = "libc.so.6", architecture: str = "x86_64") -> Image:
        return Image(architecture, "library", versions=((library, versions),))

    @pytest.mark.parametrize(
        ("tag", "version", "architecture", "holds"),
        [
            ("manylinux1", "GLIBC_2.5", "x86_64", True),
            ("manylinux1", "GLIBC_2.6", "x86_64", False),
            ("manylinux2014", "GLIBC_2.17", "x86_64", True),
            ("manylinux2014", "GLIBC_2.18", "x86_64", False),
            ("manylinux2014", "GLIBC_2.18", "aarch64", True),
            ("manylinux_2_28", "GLIBCXX_3.4.24", "x86_64", True),
            ("manylinux_2_28", "GLIBCXX_3.4.25", "x86_64", False),
            ("manylinux_2_28", "GLIBCXX_3.4.9", "x86_64", True),
            ("manylinux_2_28", "CXXABI_1.3.12", "x86_64", False),
            ("manylinux_2_28", "GCC_7.0.0", "x86_64", True),
            ("manylinux_2_28", "OPENSSL_3.0.0", "x86_64", True),
            ("manylinux_2_28", "GLIBC_PRIVATE", "x86_64", False),
            ("manylinux_2_28", "GLIBC_ABI_DT_RELR", "x86_64", False),
            ("manylinux_2_36", "GLIBC_ABI_DT_RELR", "x86_64", True),
            ("manylinux_2_41", "GLIBC_ABI_NEWER_THAN_OUR_DATA", "x86_64", True),
            ("manylinux_2_19", "GLIBC_2.19", "x86_64", True),
            ("manylinux_2_19", "GLIBC_2.20", "x86_64", False),
            ("manylinux_2_99", "GLIBC_2.99", "x86_64", True),
            ("manylinux_2_99", "GLIBC_2.100", "x86_64", False),
            ("manylinux_2_99", "GLIBCXX_3.4.99", "x86_64", True),
        ],
    )
    def test_versions(self, tag: str, version: str, architecture: str, holds: bool) -> None:
        platform = platform_of(f"{tag}_{architecture}")
        assert platform is not None
        newer = too_new(self.image(version, architecture=architecture), platform, ())
        assert newer == ([] if holds else [(version, "libc.so.6")])

    def test_lowest(self) -> None:
        assert lowest(self.image("GLIBC_2.14"), ()) == (2, 17)
        assert lowest(self.image("GLIBC_2.99"), ()) is None
        assert lowest(self.image("GLIBC_2.99"), {"libc.so.6"}) == (2, 5)

    def test_libraries(self) -> None:
        old, new = platform_of("manylinux1_x86_64"), platform_of("manylinux_2_28_x86_64")
        assert old
        assert new
        assert is_of_linux("libm.so.6", [old, new])
        assert is_of_linux("ld-linux-x86-64.so.2", [old, new])
        assert is_of_linux("libexpat.so.1", [new])
        assert not is_of_linux("libexpat.so.1", [old, new])
        assert not is_of_linux("libssl.so.3", [new])

    @pytest.mark.parametrize(
        "name",
        ["KERNEL32.dll", "api-ms-win-crt-heap-l1-1-0.dll", "python3.dll", "python313t.dll",
         "VCRUNTIME140_1.dll", "MSVCP140.dll", "ucrtbase.dll", "libpypy3.11-c.dll", "WINSPOOL.DRV", "ntdll",
         "bcryptprimitives.dll"],
    )  # fmt: skip
    def test_of_windows(self, name: str) -> None:
        assert is_of_windows(name)

    @pytest.mark.parametrize("name", ["libfoo.dll", "VCRUNTIME140D.dll", "python311_d.dll", "libgomp-1.dll"])
    def test_not_of_windows(self, name: str) -> None:
        assert not is_of_windows(name)

    @pytest.mark.parametrize(
        "name", ["libssl.so.3", "libgomp.so.1", "libpq.so.5", "libgfortran.so.5", "libfoo.so"]
    )
    def test_not_of_the_host(self, name: str) -> None:
        assert not HOST.fullmatch(name)


class TestData:
    def test_policies_are_those_of_auditwheel(self) -> None:
        pytest.importorskip("auditwheel")
        assert refresh_native.manylinux()[2] == load("manylinux").values

    def test_symbols_of_c_libraries(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def text(*names: str) -> bytes:
            return bytes([len(names)]) + b"".join(name.encode() + b"\0" for name in names)

        versions = bytes([3, 2, 2, 5, 2, 26, 0, 2, 34, 0])
        # Each row: the platforms as bits, the library, the versions; 0x80 ends the rows and the versions.
        functions = [
            b"reallocarray\0" + bytes([0b11, 0x81, 0x81]),
            b"pthread_sample\0" + bytes([0b11, 0, 0x80, 0b10, 0x81, 0x82]),
            b"unnamed\0" + bytes([0b11, 0x81, 0x82]),
            b"on_mips\0" + bytes([0b100, 0x81, 0x82]),
        ]
        data = b"__sample\0" + bytes([0b1, 0x88, 0x01, 0x81, 0x82])  # the size has two bytes
        abi = text("pthread", "c") + versions + text("x86_64-linux-gnu", "aarch64-linux-gnu", "mips-linux")
        abi += b"\5\0" + b"".join(functions) + b"\1\0" + data + b"\0\0"
        header = "int reallocarray, pthread_sample, on_mips, __builtin___sample;"
        for version, musl in (("0.8.0", "open64"), ("0.17.1", "pthread_sample")):
            with zipfile.ZipFile(tmp_path / f"ziglang-{version}-py3-none-any.whl", "w") as made:
                made.writestr("ziglang/lib/libc/musl/libc.S", f".globl {musl}\n{musl}:\n")
                made.writestr("ziglang/lib/libc/glibc/abilists", abi)
                made.writestr("ziglang/lib/libc/include/generic-glibc/a.h", header)
        monkeypatch.chdir(tmp_path)
        _, source, values = refresh_native.c_library()
        assert source == "https://pypi.org/project/ziglang/0.17.1/"
        assert values == {
            "glibc": {"2.26": "reallocarray", "2.34": "__sample"},
            "not_in_musl": "__sample reallocarray",
        }

    def test_symbols_of_c_libraries_are_those_of_ziglang(self) -> None:
        values = load("c_library").values
        lacking = values["not_in_musl"].split()
        assert "reallocarray" in values["glibc"]["2.26"].split()
        assert "getaddrinfo_a" not in values["glibc"]["2.34"].split()  # it was in libanl since 2.2.5
        assert {"__cxa_thread_atexit_impl", "__fprintf_chk", "backtrace", "fcntl64", "fts_open"} <= set(
            lacking
        )
        assert not {"open64", "printf", "getrandom", "gettid", "qsort_r", "secure_getenv"} & set(lacking)

    def test_symbols_are_those_of_abi3info(self) -> None:
        abi3info = pytest.importorskip("abi3info")
        known = {name for names in load("abi3").values.values() for name in names}
        assert {"PyLong_FromLong", "_Py_Dealloc", "_Py_NoneStruct"} <= known
        # A newer abi3info may have more.
        assert known <= {each.name for each in (*abi3info.FUNCTIONS, *abi3info.DATAS)}

    def test_is_written_as_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refresh_native, "FOLDER", tmp_path)
        monkeypatch.setitem(refresh_native.MAKERS, "abi3", lambda: ("a", "https://b.org", {"3.2": ["PyA"]}))
        refresh_native.write("abi3", "2026-01-02")
        made = json.loads((tmp_path / "abi3.json").read_text("utf-8"))
        assert made == {
            "name": "a",
            "date": "2026-01-02",
            "source": "https://b.org",
            "values": {"3.2": ["PyA"]},
        }

    def test_latest(self) -> None:
        names = {"GLIBC": ["2.9", "2.10", "ABI_DT_RELR"], "LIBATOMIC": []}
        assert refresh_native.latest(names) == {"GLIBC": "2.10 ABI_DT_RELR", "LIBATOMIC": ""}


class TestLarge:
    def test_what_stands_at_the_beginning_is_judged(self, tmp_path: Path) -> None:
        # Whole it would be silent: the rest of the file is only padding.
        module = Elf("aarch64", needed=("libc.so.6",), defined=INIT).build() + bytes(300_000)
        table = {"limits": {"member-bytes": 100_000}}
        (finding,) = found(tmp_path, wheel(LINUX, {SO: module}), table)
        assert finding.code == "NB101"

    def test_an_image_behind_what_was_read_is_not_said_to_lack(self, tmp_path: Path) -> None:
        images = [MachO(each, minimum=(11, 0), defined=INIT) for each in ("x86_64", "arm64")]
        files = {"sample/_core.cpython-311-darwin.so": fat(*images)}
        built = wheel("cp311-cp311-macosx_11_0_universal2", files)
        assert found(tmp_path, built, {"limits": {"member-bytes": 5000}}) == []

    def test_what_was_not_read_is_told(self, tmp_path: Path) -> None:
        names = [f"PyLong_{number}" for number in range(20_000)]
        module = Elf(needed=("libfoo.so",), defined=INIT, undefined=names).build()
        path = wheel(LINUX, {SO: module}).write(tmp_path)
        result = pkgaudit.audit(path, {"select": ["NB"], "limits": {"member-bytes": 100_000}})
        assert result.findings == []
        (skipped,) = result.skipped
        assert skipped.path == f"{path}: {SO}"
        assert "was not checked for libraries that it needs, because it is larger than" in skipped.reason

    def test_a_library_is_read_where_its_headers_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(zip_parts, "SPACING", 1 << 16)
        names = [f"PyLong_{number}" for number in range(20_000)]
        module = Elf(needed=("libfoo.so",), defined=INIT, undefined=names).build()
        path = wheel(LINUX, {SO: module}).write(tmp_path)
        small, large = (
            pkgaudit.audit(path, {"select": ["NB", "WH108"], "limits": {"member-bytes": most}})
            for most in (100_000, 100_000_000)
        )
        assert [each.code for each in small.findings] == ["NB106"]
        assert small.findings == large.findings
        assert small.skipped == []

    def test_texts_of_numpy_may_be_in_different_parts(self, tmp_path: Path) -> None:
        first, second = b"module compiled against ABI version 0x%x but this version of numpy", b"numpy._core"
        for texts, codes in (((first,), ["NB115"]), ((first, second), []), ((second, first), [])):
            data = Elf(defined=INIT).build() + bytes(200_000).join((b"", *texts, b""))
            made = Wheel(tag=LINUX, wheel=wheel_file(LINUX, pure=False))
            made.files[SO] = data
            assert made.metadata is not None
            made.metadata.set("Requires-Dist", "numpy")
            result = audit(tmp_path, made.build(), {"limits": {"member-bytes": 100_000}})
            assert [each.code for each in result if each.code == "NB115"] == codes

    def test_a_part_tells_no_less_than_it_can(self) -> None:
        data = Elf(needed=("liba.so",), stack=7).build()
        image = read_header(data[:300], "elf", whole=False).images[0]
        assert (image.architecture, image.stack) == ("x86_64", 7)
        assert image.unread


def test_nobody_is_told_to_pack_the_debugging_runtime(tmp_path: Path) -> None:
    module = Pe(needed=("VCRUNTIME140D.dll",), defined=INIT).build()
    built = wheel("cp311-cp311-win_amd64", {"sample/_core.cp311-win_amd64.pyd": module})
    (finding,) = found(tmp_path, built)
    assert (finding.code, str(finding.severity)) == ("NB106", "error")
    assert "release mode" in (finding.fix or "")


class TestRequiresPython:
    NEWER = Elf(needed=("libc.so.6",), defined=INIT, undefined=("PyType_GetFullyQualifiedName",)).build()

    @pytest.mark.parametrize(("requires", "codes"), [(">=3.10", ["NB109"]), (">=3.13", []), ("~=3.13", [])])
    def test_raises_the_floor_of_the_stable_abi(
        self, tmp_path: Path, requires: str, codes: list[str]
    ) -> None:
        built = wheel("cp310-abi3-manylinux_2_17_x86_64", {"sample/_core.abi3.so": self.NEWER}, requires)
        assert [each.code for each in found(tmp_path, built)] == codes


@pytest.mark.parametrize(
    "platform",
    [
        "win32",
        "win_arm64",
        "win_amd64",
        "macosx_11_0_arm64",
        "macosx_10_9_universal2",
        "macosx_10_13_x86_64",
        "ios_13_0_arm64_iphoneos",
        "android_24_x86_64",
        "android_24_arm64_v8a",
        "linux_armv7l",
        "manylinux2014_x86_64.manylinux_2_17_x86_64",
        "manylinux_2_17_s390x",
        "manylinux_2_31_riscv64",
        "musllinux_1_2_aarch64",
    ],
)
@pytest.mark.parametrize("tag", ["cp311-cp311", "cp310-abi3"])
def test_nothing_is_wrong_with_the_sample_module(tmp_path: Path, tag: str, platform: str) -> None:
    assert found(tmp_path, wheel(f"{tag}-{platform}", extension(f"{tag}-{platform}"))) == []


class TestSilence:
    """What must not be reported, since nothing can be said."""

    @pytest.mark.parametrize(
        "files",
        [
            {"sample/data.o": Elf(kind=1).build()},
            {"sample/kernel.cubin": Elf("x86_64").build()[:18] + b"\xbe\x00" + Elf().build()[20:]},
            {"sample/Sample.class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100)},
            {"sample/bundle.zip": zip_archive({"a.so": Elf("aarch64", defined=("PyInit_a",)).build()})},
        ],
        ids=["object", "graphics card", "java", "archive"],
    )
    def test_what_python_does_not_load(self, tmp_path: Path, files: dict[str, bytes]) -> None:
        module = Elf(needed=("libc.so.6",), defined=INIT).build()
        assert found(tmp_path, wheel(LINUX, {SO: module, **files})) == []

    @pytest.mark.parametrize("own", [("libbsd.so.0",), ("libsample.so",)], ids=["directly", "indirectly"])
    def test_functions_that_an_unknown_library_may_have(self, tmp_path: Path, own: tuple[str]) -> None:
        needed = (*own, "libc.musl-x86_64.so.1")
        files = {
            SO.replace("-gnu", "-musl"): Elf(needed=needed, undefined=("arc4random",), defined=INIT).build(),
            "sample/libsample.so": Elf(needed=("libbsd.so.0",), soname="libsample.so").build(),
        }
        codes = {each.code for each in found(tmp_path, wheel("cp311-cp311-musllinux_1_2_x86_64", files))}
        assert codes == {"NB106"}

    def test_modules_for_pythons_of_unknown_tags(self, tmp_path: Path) -> None:
        names = (SO, SO.replace("311", "310"))
        files = {name: Elf(needed=("libc.so.6",), defined=INIT).build() for name in names}
        assert shown(found(tmp_path, wheel(LINUX, files))) == [("NB108", "warning")]
        assert found(tmp_path, wheel(LINUX.replace("cp311", "cp311.other3", 1), files)) == []

    def test_sdists(self, tmp_path: Path) -> None:
        from fixtures.builders import Sdist

        made = Sdist()
        made.files["sample/_core.so"] = Elf("aarch64", stack=7, defined=INIT).build()
        assert found(tmp_path, made.build()) == []

    @pytest.mark.parametrize("tag", ["cp311-cp311-linux_x86_64", "cp311-cp311-linux_riscv64"])
    def test_linux_promises_no_libraries(self, tmp_path: Path, tag: str) -> None:
        machine = tag.rpartition("linux_")[2]
        name = f"sample/_core.cpython-311-{machine}-linux-gnu.so"
        more: dict[str, Any] = {"needed": ("libfoo.so",), "versions": {"libfoo.so": ["GLIBC_2.99"]}}
        assert found(tmp_path, wheel(tag, {name: Elf(machine, defined=INIT, **more).build()})) == []


def shown(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.code, str(each.severity)) for each in findings]


class TestMacOS:
    NAME = "sample/_core.cpython-311-darwin.so"

    @pytest.mark.parametrize(
        ("library", "findings"),
        [
            ("/System/Library/Frameworks/Metal.framework/Metal", []),
            ("/usr/lib/libz.1.dylib", []),
            ("/usr/local/lib/libfoo.dylib", [("NB106", "error")]),
            ("/Library/Frameworks/Foo.framework/Foo", [("NB106", "warning")]),
            ("@rpath/libfoo.dylib", [("NB106", "error")]),
            ("@rpath/libpython3.11.dylib", [("NB113", "warning")]),
        ],
    )
    def test_libraries(self, tmp_path: Path, library: str, findings: list[tuple[str, str]]) -> None:
        module = MachO(needed=(library,), defined=INIT).build()
        assert shown(found(tmp_path, wheel("cp311-cp311-macosx_11_0_arm64", {self.NAME: module}))) == findings

    def test_swift_comes_with_the_system(self, tmp_path: Path) -> None:
        module = MachO(
            needed=("@rpath/libswiftCore.dylib",), rpaths=("/usr/lib/swift",), defined=INIT
        ).build()
        assert found(tmp_path, wheel("cp311-cp311-macosx_11_0_arm64", {self.NAME: module})) == []


def test_options_are_checked(tmp_path: Path) -> None:
    path = wheel(LINUX, {}).write(tmp_path)
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.pkgaudit.debug-info]\nleast = "none"\n', "utf-8")
    done = run(path, "--config", settings)
    assert done.exit_code == 2
    assert "least" in done.stderr
