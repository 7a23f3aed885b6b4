"""Cases of NB105 to NB107: the libraries that binaries need."""

from __future__ import annotations

from typing import Any

from fixtures.binaries import Elf, MachO, Pe
from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import (
    DARWIN,
    LINUX,
    MACOS,
    MUSL,
    PYD,
    SO,
    WINDOWS,
    bundle,
    elf,
    musl,
    pyd,
    wheel,
)

# NB105


@bad("NB105", at=SO, says="needs GLIBC_2.34 of 'libc.so.6', which the tag 'manylinux_2_17_x86_64'")
def newer_glibc() -> Built:
    return wheel(LINUX, {SO: elf(versions={"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.34"]})})


@bad("NB105", at=SO, says="manylinux_2_34 is the lowest tag")
def newer_than_one_of_its_tags() -> Built:
    tag = "cp311-cp311-manylinux_2_17_x86_64.manylinux_2_34_x86_64"
    return wheel(tag, {SO: elf(versions={"libc.so.6": ["GLIBC_2.34"]})})


@bad("NB105", at=SO, says="GLIBCXX_3.4.29 of 'libstdc++.so.6'")
def newer_libstdcxx() -> Built:
    more: dict[str, Any] = {
        "needed": ("libstdc++.so.6",),
        "versions": {"libstdc++.so.6": ["GLIBCXX_3.4.29", "CXXABI_1.3"]},
    }
    return wheel(LINUX, {SO: elf(**more)})


@bad("NB105", at=SO, says="GLIBC_2.44")
def newer_than_all_policies() -> Built:
    return wheel("cp311-cp311-manylinux_2_43_x86_64", {SO: elf(versions={"libc.so.6": ["GLIBC_2.44"]})})


@bad("NB105", at=SO, says="needs glibc (libc.so.6)", also=("NB108",))
def glibc_in_musllinux() -> Built:
    return wheel("cp311-cp311-musllinux_1_2_x86_64", {SO: elf()})


@bad("NB105", at="sample/bin/helper", severity="warning")
def newer_glibc_of_a_program() -> Built:
    helper = Elf(kind=2, needed=("libc.so.6",), versions={"libc.so.6": ["GLIBC_2.34"]}).build()
    return wheel(LINUX, {SO: elf(), "sample/bin/helper": helper})


@good("NB105")
def as_new_as_the_tag() -> Built:
    versions = {"libc.so.6": ["GLIBC_2.28"], "libstdc++.so.6": ["GLIBCXX_3.4.24"]}
    files = {SO: elf(needed=("libc.so.6", "libstdc++.so.6"), versions=versions)}
    return wheel("cp311-cp311-manylinux_2_28_x86_64", files)


@good("NB105")
def policy_of_aarch64() -> Built:
    files = {
        "sample/_core.cpython-311-aarch64-linux-gnu.so": elf(
            "aarch64", versions={"libc.so.6": ["GLIBC_2.18"]}
        )
    }
    return wheel("cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64", files)


@good("NB105")
def weak_version() -> Built:
    more: dict[str, Any] = {
        "versions": {"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.34"]},
        "weak_versions": ("GLIBC_2.34",),
    }
    return wheel(LINUX, {SO: elf(**more)})


@good("NB105", "NB106")
def versions_of_a_bundled_library() -> Built:
    more: dict[str, Any] = {"needed": ("libgomp-a34b3233.so.1.0.0",), "runpath": "$ORIGIN/../sample.libs"}
    files = {
        SO: elf(**more, versions={"libgomp-a34b3233.so.1.0.0": ["GOMP_5.0", "GLIBC_2.99"]}),
        "sample.libs/libgomp-a34b3233.so.1.0.0": Elf(soname="libgomp-a34b3233.so.1.0.0").build(),
    }
    return wheel(LINUX, files)


NEEDS_ARRAY: dict[str, Any] = {"undefined": ("PyLong_FromLong", "reallocarray")}


@bad("NB105", at=SO, says="needs 'reallocarray', which glibc has only since 2.26, but the tag")
def newer_function_without_a_version() -> Built:
    return wheel(LINUX, {SO: elf(**NEEDS_ARRAY)})


@bad("NB105", at=SO, says="the tag 'manylinux_2_17_x86_64' promises 2.17")
def newer_function_than_one_of_its_tags() -> Built:
    tag = "cp311-cp311-manylinux_2_17_x86_64.manylinux_2_34_x86_64"
    return wheel(tag, {SO: elf(**NEEDS_ARRAY)})


@bad("NB105", at="sample.libs/libsample.so", says="needs 'reallocarray'")
def newer_function_of_a_library_that_is_loaded() -> Built:
    files = {
        SO: elf(needed=("libsample.so", "libc.so.6")),
        "sample.libs/libsample.so": Elf(needed=("libc.so.6",), undefined=("reallocarray",)).build(),
    }
    return wheel(LINUX, files)


@bad("NB105", at="sample/plugin.so", severity="warning", says="needs 'reallocarray'")
def newer_function_of_a_library_that_is_not_loaded() -> Built:
    plugin = Elf(needed=("libc.so.6",), undefined=("reallocarray",)).build()
    return wheel(LINUX, {SO: elf(), "sample/plugin.so": plugin})


@bad(
    "NB105",
    at=MUSL,
    says="needs '__cxa_thread_atexit_impl', '__fprintf_chk', which glibc has and musl lacks",
)
def functions_that_musl_lacks() -> Built:
    more = {"undefined": ("PyLong_FromLong", "__cxa_thread_atexit_impl", "__fprintf_chk", "open64")}
    return wheel("cp311-cp311-musllinux_1_2_x86_64", {MUSL: musl(**more)})


@good("NB105")
def newer_function_that_the_tag_promises() -> Built:
    return wheel("cp311-cp311-manylinux_2_26_x86_64", {SO: elf(**NEEDS_ARRAY)})


@good("NB105")
def function_with_a_version() -> Built:
    # GLIBC_2.5 is in every policy: the version decides, not the name.
    more: dict[str, Any] = {
        "versions": {"libc.so.6": ["GLIBC_2.5"]},
        "undefined": ("reallocarray@GLIBC_2.5",),
    }
    return wheel(LINUX, {SO: elf(**more)})


@good("NB105")
def weak_functions() -> Built:
    return wheel(
        "cp311-cp311-musllinux_1_2_x86_64",
        {MUSL: musl(weak=("__cxa_thread_atexit_impl", "gnu_get_libc_version"))},
    )


@good("NB105")
def functions_of_a_library_in_the_wheel() -> Built:
    files = {
        MUSL: musl(
            needed=("libexecinfo-1a2b3c4d.so.1", "libc.musl-x86_64.so.1"),
            undefined=("PyLong_FromLong", "backtrace"),
        ),
        "sample.libs/libexecinfo-1a2b3c4d.so.1": musl(undefined=(), defined=("backtrace",)),
    }
    return wheel("cp311-cp311-musllinux_1_2_x86_64", files)


@good("NB105")
def functions_of_a_library_that_a_library_needs() -> Built:
    needed = ("libsample.so", "libc.musl-x86_64.so.1")
    files = {
        MUSL: musl(needed=needed, undefined=("PyLong_FromLong", "fts_open")),
        "sample/libsample.so": musl(needed=("libfts.so.0",), undefined=(), defined=("sample_add",)),
        "sample/libfts.so.0": musl(undefined=(), defined=("fts_open",)),
    }
    return wheel("cp311-cp311-musllinux_1_2_x86_64", files)


@good("NB105")
def functions_that_no_c_library_has() -> Built:
    return wheel(
        "cp311-cp311-musllinux_1_2_x86_64",
        {MUSL: musl(undefined=("PyLong_FromLong", "sample_add", "reallocarrays"))},
    )


# NB106


@bad("NB106", at=SO, says="needs 'libfoo.so.1'")
def library_that_is_nowhere() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libfoo.so.1", "libc.so.6"))})


@bad("NB106", at="sample.libs/libbar.so.2", says="needs 'libfoo.so.1'")
def library_of_a_library() -> Built:
    files = {
        SO: elf(needed=("libbar.so.2",)),
        "sample.libs/libbar.so.2": Elf(soname="libbar.so.2", needed=("libfoo.so.1",)).build(),
    }
    return wheel(LINUX, files)


@bad("NB106", at=MUSL, says="needs 'libfoo.so.1'")
def library_that_musl_has_not() -> Built:
    module = elf(needed=("libfoo.so.1", "libc.musl-x86_64.so.1"), versions={})
    return wheel("cp311-cp311-musllinux_1_2_x86_64", {MUSL: module})


@bad("NB106", at=SO, severity="warning", says="only if something else has installed that")
def library_that_a_dependency_may_have() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libfoo.so.1",))}, requires=("packaging>=24",))


@bad("NB106", at=SO, severity="info", says="'libtorch.so'")
def library_of_a_dependency_by_name() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libtorch.so", "libc10.so"))}, requires=("torch>=2.6",))


@bad("NB106", at=SO, severity="info")
def library_of_a_dependency_by_path() -> Built:
    more: dict[str, Any] = {"needed": ("libfoo.so.1",), "rpath": "$ORIGIN/../packaging/lib"}
    return wheel(LINUX, {SO: elf(**more)}, requires=("packaging>=24",))


@bad("NB106", at=SO, severity="info", says="'libcuda.so.1'")
def driver() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libcuda.so.1",))})


@bad("NB106", at=DARWIN, says="'/opt/homebrew/opt/libomp/lib/libomp.dylib'")
def path_of_a_package_manager() -> Built:
    needed = ("/usr/lib/libSystem.B.dylib", "/opt/homebrew/opt/libomp/lib/libomp.dylib")
    return wheel(MACOS, {DARWIN: bundle(needed=needed).build()})


@bad("NB106", at=DARWIN, says="'@rpath/libfoo.dylib'")
def run_path_that_leads_nowhere() -> Built:
    return wheel(MACOS, {DARWIN: bundle(needed=("@rpath/libfoo.dylib",), rpaths=("@loader_path",)).build()})


@bad("NB106", at=PYD, severity="warning", says="'foo.dll'")
def library_that_windows_has_not() -> Built:
    return wheel(WINDOWS, {PYD: pyd(needed=("KERNEL32.dll", "foo.dll"))})


@bad("NB106", at=PYD, says="'VCRUNTIME140D.dll'")
def debugging_runtime() -> Built:
    return wheel(WINDOWS, {PYD: pyd(needed=("KERNEL32.dll", "VCRUNTIME140D.dll"))})


@bad("NB106", at=SO, severity="info", says="is cut off or damaged")
def damaged() -> Built:
    return wheel(LINUX, {SO: elf()[:700]})


@good("NB106", config={"external-library": {"exclude": ["libfoo.so.*"]}})
def excluded() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libfoo.so.1",))})


@good("NB106")
def bundled_on_macos_and_optional() -> Built:
    needed = ("@loader_path/.dylibs/libfoo.1.dylib", "/System/Library/Frameworks/Metal.framework/Metal")
    files = {
        DARWIN: bundle(needed=needed, weak=("@rpath/libbar.dylib",)).build(),
        "sample/.dylibs/libfoo.1.dylib": MachO(kind=6, name="/DLC/sample/.dylibs/libfoo.1.dylib").build(),
    }
    return wheel(MACOS, files)


@good("NB106")
def bundled_on_windows() -> Built:
    files = {
        PYD: pyd(needed=("kernel32.DLL", "libfoo-1a2b.dll", "MSVCP140.dll"), delayed=("bar.dll",)),
        "sample.libs/libfoo-1a2b.dll": Pe(name="libfoo.dll").build(),
    }
    return wheel(WINDOWS, files)


# NB107


@bad("NB107", at=SO, says="searches for libraries in '/opt/build/lib'")
def path_of_the_build_machine() -> Built:
    return wheel(LINUX, {SO: elf(rpath="$ORIGIN/../sample.libs:/opt/build/lib")})


@bad("NB107", at=SO, says="relative to the current folder")
def relative_path() -> Built:
    return wheel(LINUX, {SO: elf(runpath="build/lib")})


@bad(
    "NB107",
    at=SO,
    says="an empty part",
    severity="info",
)
def empty_path() -> Built:
    return wheel(LINUX, {SO: elf(runpath="$ORIGIN/../sample.libs:")})


@bad("NB107", at=SO, severity="error", says="every user of the machine")
def path_where_all_may_write() -> Built:
    return wheel(LINUX, {SO: elf(runpath="/tmp/pip-build-env-abcdef/overlay/lib")})


@bad("NB107", at=DARWIN)
def path_of_the_build_machine_on_macos() -> Built:
    rpaths, needed = ("@loader_path/.dylibs", "/opt/gfortran/lib"), ("@rpath/libfoo.1.dylib",)
    files = {
        DARWIN: bundle(rpaths=rpaths, needed=needed).build(),
        "sample/.dylibs/libfoo.1.dylib": MachO(kind=6, name="/DLC/sample/.dylibs/libfoo.1.dylib").build(),
    }
    return wheel(MACOS, files)


@bad("NB107", at=DARWIN, severity="info", says="no needed library uses @rpath")
def path_on_macos_that_nothing_is_searched_in() -> Built:
    return wheel(MACOS, {DARWIN: bundle(rpaths=("@loader_path/.dylibs", "/opt/gfortran/lib")).build()})


@good("NB107")
def paths_relative_to_the_file() -> Built:
    return wheel(LINUX, {SO: elf(rpath="$ORIGIN:${ORIGIN}/../sample.libs:/usr/lib64")})


@good("NB107")
def paths_relative_to_the_file_on_macos() -> Built:
    paths = ("@loader_path", "@executable_path/../lib", "/usr/lib/swift")
    return wheel(MACOS, {DARWIN: bundle(rpaths=paths).build()})
