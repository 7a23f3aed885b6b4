"""NB101 to NB113: native binaries, judged by their headers and tables."""

from __future__ import annotations

from collections.abc import Iterator

import pkgaudit.rules.native.c_library as c_library
import pkgaudit.rules.native.libraries as libraries
import pkgaudit.rules.native.linking as linking
import pkgaudit.rules.native.platforms as platform
import pkgaudit.rules.native.python_abi as python
from pkgaudit.api import (
    BinaryFile,
    Problem,
    Severity,
    Size,
    Summaries,
    Wheel,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules.native.header import Header, Sparse, read_header
from pkgaudit.rules.native.wheel import natives_of


@summary
def header(file: BinaryFile) -> Header | None:
    """Return the header of a native binary."""
    window = file.window
    if window.native is None:
        return None
    if window.parts is not None:
        # The file is too large for memory, but can be read again where its headers say.
        content = Sparse(window.parts.read, window.parts.size)
        return read_header(content, window.native, spend=file.member.spend) if window.last else None
    # The beginning of a file that is too large at least tells what it is for.
    return None if window.offset else read_header(file.data, window.native, window.whole, file.member.spend)


@rule("NB101", "wrong-architecture", Severity.ERROR, since="0.1.0")
def wrong_architecture(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary is built for another architecture than the wheel's platform tag.

    The rule checks the headers of extension modules and of the libraries that they load. In a wheel without
    extension modules it checks whether any binary is for the platform. Other binaries may be data, such as
    launchers for several kinds of Windows; they are reported at info level.

    ## Why it matters
    Installers choose a wheel only by its tags. If an extension module is for another processor, the
    installation succeeds and the import fails: `wrong ELF class`, `incompatible architecture`,
    `%1 is not a valid Win32 application`. In a wheel tagged `universal2`, each extension module, and each
    library that the modules load, must contain code for both architectures.

    ## How to fix it
    Build the wheel for the platform of the tag. When cross-compiling, check the compiler, and on macOS
    `ARCHFLAGS`. If the tag is wrong, retag the wheel (`wheel tags`, `delocate-fuse`).

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://cibuildwheel.pypa.io/en/stable/faq/#macos-building-cpython-wheels-on-arm64>
    """
    yield from platform.wrong_architecture(natives_of(wheel, headers))


@rule("NB102", "wrong-platform", Severity.ERROR, since="0.1.0")
def wrong_platform(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """An extension module has the binary format of another system than the wheel's platform tag.

    If the wheel also has the right extension module, the other one is reported at info level; so are other
    binaries, because they may be data. The rule skips object files, .NET assemblies and GPU code.

    ## Why it matters
    Linux loads only ELF, macOS only Mach-O, Windows only PE. A binary that is left over from a build for
    another system makes a wheel that installs, but fails when it is imported. The same is true of an
    extension module that is linked with musl in a wheel for glibc.

    ## How to fix it
    Build from a clean folder on the platform of the tag.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://peps.python.org/pep-0656/>
    """
    yield from platform.wrong_platform(natives_of(wheel, headers))


@rule("NB103", "pure-wheel-with-binary", Severity.ERROR, since="0.1.0")
def pure_wheel_with_binary(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel that is tagged for any platform, or marked as pure Python, contains an extension module.

    Only extension modules count, that is files that Python could import and that define `PyInit_…`.
    Libraries loaded by ctypes, launchers and programs may be data for several platforms. A wheel that
    contains each module for more than one system is reported at info level. `Root-Is-Purelib: true` in a
    wheel with a platform tag is a warning: some systems install pure Python packages into a folder that
    several machines share.

    ## Why it matters
    Installers install a wheel tagged `none-any` everywhere, but its extension module works only on one
    platform and one Python. Everywhere else the import fails, even if the index has an sdist that
    would have worked.

    ## How to fix it
    Declare the extension modules to the build backend: `ext_modules` of setuptools, or `infer_tag` and
    `pure_python` in a build hook of Hatch. If the project is pure Python, an earlier build left the module
    in the folder: exclude it.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://hatch.pypa.io/latest/plugins/builder/wheel/#build-data>
    """
    yield from platform.pure_wheel_with_binary(natives_of(wheel, headers))


@rule("NB104", "platform-wheel-without-binary", Severity.WARNING, since="0.1.0")
def platform_wheel_without_binary(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel is tagged for an ABI and a platform, but contains no native binary.

    A wheel with the ABI tag `none` may be Python code for one system, so it is reported at info level.

    ## Why it matters
    Either an extension module is missing, for example because an optional module failed to build and
    nobody saw the warning, or the wheel is pure Python and one file would serve all platforms.

    ## How to fix it
    Search the build log for the extension module. Tag a pure Python wheel `py3-none-any`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    yield from platform.platform_wheel_without_binary(natives_of(wheel, headers))


@rule("NB105", "glibc-too-new", Severity.ERROR, since="0.1.0")
def glibc_too_new(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary needs a newer glibc or libstdc++ than the manylinux tag promises.

    The rule compares each symbol version that a binary needs with auditwheel's policy for each manylinux
    tag in the filename. It skips the symbols of libraries in the wheel, and versions marked as weak. If no
    policy exists for a tag, the number in the tag is the glibc version. A wheel tagged musllinux must not
    need glibc. In a wheel with extension modules, the finding is a warning for a binary that is not one of
    them.

    A symbol without a version is compared with a table of glibc's symbols: `reallocarray` came with glibc
    2.26, so a binary tagged `manylinux_2_17` must not need it. Nor may a binary tagged musllinux need a
    function that only glibc has, such as `__cxa_thread_atexit_impl`; the import fails with `symbol not
    found`. Such symbols come from a static library that was compiled on another system, or from a call of a
    function that no header declares. The rule skips weak symbols, and binaries that need a library outside
    the wheel that may define the symbol.

    ## Why it matters
    `manylinux_2_17` promises that the wheel runs with glibc 2.17 or newer, and installers rely on it. A
    binary that was linked on a newer system needs that system's symbols (`GLIBC_2.34`,
    `GLIBCXX_3.4.29`), and on older systems the import fails with `version 'GLIBC_2.34' not found`.

    ## How to fix it
    Build in the image of the tag (`quay.io/pypa/manylinux2014_x86_64` …), as cibuildwheel does, or let
    `auditwheel repair` choose the tag. Compile static libraries in the same image. The compiler option
    `-Werror=implicit-function-declaration` finds functions that the C library lacks.

    ## References
    - <https://peps.python.org/pep-0600/>
    - <https://peps.python.org/pep-0656/>
    - <https://github.com/pypa/auditwheel>
    """
    yield from libraries.glibc_too_new(natives_of(wheel, headers))
    yield from c_library.lacking_symbols(natives_of(wheel, headers))


@dataclass(frozen=True)
class ExternalLibrary:
    """The options of `external_library`: ``exclude`` are patterns of libraries that users must have."""

    exclude: tuple[str, ...] = ()


@rule("NB106", "external-library", Severity.ERROR, since="0.1.0")
def external_library(wheel: Wheel, headers: Summaries[Header], options: ExternalLibrary) -> Iterator[Problem]:
    """A binary needs a library that is neither in the wheel nor on every system of its tags.

    A library that an extension module needs is an error if nothing can provide it: the wheel has no
    dependencies, or, on macOS, the library has a path of the build machine. If the wheel has dependencies,
    it is a warning, because a dependency may contain the library and load it first. It is reported at info
    level if a run path leads to a dependency, if the names match (`libtorch.so` and `torch`), for drivers
    and desktop libraries, which cannot be packed, and for binaries that Python does not load. A file that
    is too damaged to be read is reported at info level; one that is too large is listed as skipped.

    ## Why it matters
    The build machine has the library, so the tests pass there. On systems without it the import fails:
    `cannot open shared object file`, `Library not loaded`, `DLL load failed`.

    The rule assumes these libraries: on Linux those in the manylinux or musllinux policy, on macOS those
    below `/usr/lib` and `/System`, on Windows those of the system, of Python and of the compiler's
    runtime. A library counts as packed if the wheel contains a file of its name.

    ## How to fix it
    Let `auditwheel`, `delocate` or `delvewheel` copy the library into the wheel, or link it statically.
    If users must have the library, exclude it with a pattern:

        [tool.pkgaudit.external-library]
        exclude = ["libcuda.so.*", "libpq.so.5"]

    ## References
    - <https://peps.python.org/pep-0600/>
    - <https://github.com/pypa/auditwheel>
    - <https://github.com/matthew-brett/delocate>
    - <https://github.com/adang1345/delvewheel>
    """
    yield from libraries.external_library(natives_of(wheel, headers), options.exclude)


@rule("NB107", "absolute-rpath", Severity.WARNING, since="0.1.0")
def absolute_rpath(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary searches a folder of the build machine for the libraries that it needs.

    The rule skips system folders. It also skips install names on macOS, because an absolute one matters
    only for binaries that are linked with the library; NB106 reports those.

    ## Why it matters
    A run path (DT_RPATH, DT_RUNPATH, LC_RPATH) that does not begin with `$ORIGIN` or `@loader_path` is a
    path of the build machine. If the user's machine has the same path, the binary loads untested
    libraries from it. In `/tmp`, and other folders that everybody may write to, any account can place
    such libraries; for a binary that Python loads this is an error.

    ## How to fix it
    Link only with relative run paths (`CMAKE_INSTALL_RPATH`). To remove others from a finished wheel,
    `wheel unpack` it, run `patchelf --remove-rpath` or `install_name_tool -delete_rpath` on the binaries,
    and `wheel pack` the folder: the changed files need new hashes in RECORD.

    ## References
    - <https://man7.org/linux/man-pages/man8/ld.so.8.html>
    - <https://cwe.mitre.org/data/definitions/426.html>
    """
    yield from linking.absolute_rpath(natives_of(wheel, headers))


@rule("NB108", "abi-tag-mismatch", Severity.ERROR, since="0.1.0")
def abi_tag_mismatch(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A Python that the wheel is tagged for cannot import an extension module.

    A wheel may contain a module for several Pythons, one for each Python of the tags. If only some of these
    Pythons have one, the finding is a warning; so is an extension module beside a Python module of the same
    name. A module for a single Python in a wheel tagged abi3 or `py3-none` is an error.

    The ABI tag `none` promises every ABI. Extension modules have one, so in a wheel tagged `py3-none` they
    are an error if they need symbols outside the stable ABI, and a warning otherwise. From 3.13 on,
    `cp313-none` is a warning, because free-threaded CPython 3.13 installs such a wheel too. Libraries that
    are loaded with ctypes or cffi, and programs, may have the tag `none`; a module counts if it defines
    `PyInit_…` and uses the C API.

    If the wheel has modules for the Pythons of its tags, further modules for other Pythons are a warning:
    they come from an earlier build, and everybody downloads them.

    ## Why it matters
    Python finds an extension module by its suffix: only CPython 3.12 on the given platform finds
    `.cpython-312-x86_64-linux-gnu.so`, and every version with the GIL finds `.abi3.so`. A Python of another
    version or platform reports that the module does not exist. On Windows, a `.pyd` that is linked with
    the library of another Python does not load.

    ## How to fix it
    Build with the Python of the tag. When cross-compiling, use the suffix of the target: set it with
    `_PYTHON_SYSCONFIGDATA_NAME`, or use a tool such as crossenv. Tag a wheel with extension modules for its
    ABI: `cp313-cp313`, `cp310-abi3`. Delete `build/`, and modules in the source folders, before you build for
    another Python.

    ## References
    - <https://peps.python.org/pep-3149/>
    - <https://docs.python.org/3/library/importlib.html#importlib.machinery.EXTENSION_SUFFIXES>
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    yield from python.abi_tag_mismatch(natives_of(wheel, headers))


@rule("NB109", "abi3-violation", Severity.ERROR, since="0.1.0")
def abi3_violation(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel for the stable ABI uses symbols that are not part of it, or not yet in the tagged version.

    The rule checks the undefined symbols that begin with `Py` or `_Py`, in extension modules and in the
    libraries that they load. It skips symbols that a library in the wheel defines, and weak symbols. It is a
    warning if the module also needs unknown libraries, which may define the symbol. A function that CPython
    had before it joined the stable ABI is a warning too, except on Windows, because the module loads
    anyway. The version is the highest of the tags with abi3, or that of Requires-Python if it is higher.

    ## Why it matters
    `cp39-abi3` promises that the wheel works with CPython 3.9 and every later version. The next version
    may remove or change a symbol outside the stable ABI, and Python 3.9 lacks a symbol that was added in
    3.11: the module does not load, or it crashes. On Windows, an extension module that is linked with
    `python311.dll` instead of `python3.dll` works only with 3.11.

    ## How to fix it
    Define `Py_LIMITED_API` as the version of the tag for every source file (in PyO3, use the feature
    `abi3-py39`), or tag the wheel for the version that it needs.

    ## References
    - <https://docs.python.org/3/c-api/stable.html>
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    yield from python.abi3_violation(natives_of(wheel, headers))


@rule("NB110", "macos-version-mismatch", Severity.ERROR, since="0.1.0")
def macos_version_mismatch(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary is built for a newer macOS than the wheel's tag promises.

    ## Why it matters
    `macosx_10_9_x86_64` promises that the wheel runs on macOS 10.9 and later. Each Mach-O file records the
    oldest macOS that it was built for. On an older version the file may not load, or crash at the first
    call. The usual cause is a library from a package manager, which builds for the current macOS.

    The rule compares the versions for each architecture and each tag; on arm64 the oldest is 11.0. It is a
    warning for binaries that Python does not load, and from 11 on for a difference within one major version.

    ## How to fix it
    Set `MACOSX_DEPLOYMENT_TARGET` for all builds, including those of the dependencies, or tag the wheel for
    the newest version of its binaries; `delocate-wheel --require-target-macos-version` does so.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#macos>
    - <https://github.com/matthew-brett/delocate>
    """
    yield from platform.macos_version_mismatch(natives_of(wheel, headers))


LEAST = Size(1_000_000)
"""Chosen: many good wheels have some hundred kilobytes of debug information, which nobody notices."""


@dataclass(frozen=True)
class DebugInfo:
    """The options of `debug_info`: ``least`` is the smallest total (in bytes) that is reported."""

    least: Size = LEAST

    def __post_init__(self) -> None:
        if self.least < 1:
            raise ValueError(f"least: expected a number of bytes, found {self.least}")


@rule("NB111", "debug-info", Severity.WARNING, since="0.1.0")
def debug_info(wheel: Wheel, headers: Summaries[Header], options: DebugInfo) -> Iterator[Problem]:
    """The binaries of a wheel contain much debug information.

    The rule counts DWARF sections (`.debug_…`, `.zdebug_…`, the segment `__DWARF`), but not symbol tables,
    which explain crashes. The option `least` is the smallest total that is reported. It is a warning from
    10 MB on if that is at least a quarter of the unpacked wheel; else it is reported at info level, because
    many wheels have some debug information.

    ## Why it matters
    Everybody downloads it, and hardly anybody uses it. It also reveals paths of the build machine.

    ## How to fix it
    Strip it when linking (`-Wl,--strip-debug`) or afterwards (`auditwheel repair --strip`), and keep a copy
    for yourself. For Rust, build with `--release`, and set `strip = "debuginfo"` in `[profile.release]` of
    Cargo.toml, or `strip = true` in `[tool.maturin]` of pyproject.toml. To accept more, or to get a
    report earlier:

        [tool.pkgaudit.debug-info]
        least = "50 MB"

    ## References
    - <https://dwarfstd.org/>
    - <https://sourceware.org/binutils/docs/binutils/strip.html>
    """
    yield from linking.debug_info(natives_of(wheel, headers), options.least)


@rule("NB112", "executable-stack", Severity.WARNING, since="0.1.0")
def executable_stack(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A shared library for Linux requests an executable stack.

    ## Why it matters
    One such library disables a protection of the whole process. From version 2.41 on glibc refuses to load
    it into a running program (`cannot enable executable stack`), so on current systems the import fails. The
    cause is nearly always an oversight: an assembler source that lacks a note.

    On x86, a library without the header PT_GNU_STACK also requests an executable stack.

    ## How to fix it
    Add `.section .note.GNU-stack,"",%progbits` to each assembler source, or link with
    `-Wl,-z,noexecstack`. `readelf -lW` shows the flags of `GNU_STACK`.

    ## References
    - <https://sourceware.org/glibc/wiki/Release/2.41>
    - <https://man7.org/linux/man-pages/man3/dlopen.3.html>
    """
    yield from linking.executable_stack(natives_of(wheel, headers))


@rule("NB113", "links-libpython", Severity.WARNING, since="0.1.0")
def links_libpython(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """An extension module for Linux or macOS is linked with the interpreter's library.

    The rule skips programs that embed Python, and wheels that contain the library.

    ## Why it matters
    Many interpreters are linked statically and have no `libpython3.x.so`; on macOS each installation has its
    own framework. With such an interpreter the module does not load, or it loads a second interpreter
    beside the running one and crashes. Manylinux forbids it.

    ## How to fix it
    Link without `-lpython3.x` (with CMake `Python::Module` rather than `Python::Python`), on macOS with
    `-undefined dynamic_lookup`.

    ## References
    - <https://peps.python.org/pep-0513/#libpythonx-y-so-1>
    - <https://docs.python.org/3/whatsnew/3.8.html#debug-build-uses-the-same-abi-as-release-build>
    """
    yield from linking.links_libpython(natives_of(wheel, headers))
