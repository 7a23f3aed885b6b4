"""NB101 to NB113: native binaries, told by their headers and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pkgaudit.rules.native.libraries as libraries
import pkgaudit.rules.native.linking as linking
import pkgaudit.rules.native.platforms as platform
import pkgaudit.rules.native.python_abi as python
from pkgaudit.api import (
    BinaryFile,
    Problem,
    Severity,
    SharedLibrary,
    Size,
    Summaries,
    Wheel,
    Window,
    rule,
    summary,
)
from pkgaudit.rules.native.header import Header, read_header
from pkgaudit.rules.native.wheel import natives_of


@summary
def header(file: BinaryFile) -> Header | None:
    """Return what a native binary is, by its headers and tables."""
    window = file.window
    if window.whole:
        library = window.view(SharedLibrary, file.member)
    elif not window.offset:
        # Too large to be held; what stands at its beginning tells at least what it is.
        library = SharedLibrary.of(file.member, Window(window.data))
    else:
        return None
    return read_header(file.data, library.format, window.whole) if library else None


@rule("NB101", "wrong-architecture", Severity.ERROR, since="0.1.0")
def wrong_architecture(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary is built for another architecture than the wheel is tagged for.

    ## Why it matters
    Installers choose a wheel by its platform tag alone. If an extension module in it is for another
    processor, the installation succeeds and the import fails: `wrong ELF class`, `incompatible
    architecture`, `%1 is not a valid Win32 application`. A wheel tagged `universal2` must hold the code
    of both architectures in each extension module and in each library that those load.

    Judged are the extension modules, by the headers of the files, and what they link; and, in a wheel
    without extension modules, whether anything in it is for the platform at all. Other binaries may be
    data on purpose, as launchers for all kinds of Windows are, and are an info.

    ## How to fix it
    Build the wheel for the platform of the tag; when cross-compiling, look at the compiler that was used,
    on macOS at `ARCHFLAGS`. If the tag is wrong, retag the wheel (`wheel tags`, `delocate-fuse`).

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://cibuildwheel.pypa.io/en/stable/faq/#macos-building-cpython-wheels-on-arm64>
    """
    yield from platform.wrong_architecture(natives_of(wheel, headers))


@rule("NB102", "wrong-platform", Severity.ERROR, since="0.1.0")
def wrong_platform(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """An extension module is in the format of another system than the wheel is tagged for.

    ## Why it matters
    Linux loads ELF, macOS Mach-O, Windows PE, and none of them the others'. A binary that was left by a
    build for another system, or in the wrong folder of a build machine, gives a wheel that installs and
    fails when it is imported. The same holds for an extension module that is linked with musl in a wheel
    for glibc.

    An extension module for another system beside the right one, and other binaries, are an info: they
    may be data. Object files, assemblies of .NET and code for graphics cards are left aside.

    ## How to fix it
    Build from a clean folder on the platform of the tag.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    - <https://peps.python.org/pep-0656/>
    """
    yield from platform.wrong_platform(natives_of(wheel, headers))


@rule("NB103", "pure-wheel-with-binary", Severity.ERROR, since="0.1.0")
def pure_wheel_with_binary(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel that is tagged for any platform, or pure Python, holds an extension module.

    ## Why it matters
    A wheel tagged `none-any` is installed everywhere. The extension module in it works on one platform
    and one Python; everywhere else the import fails, although the index may have an sdist that would
    have built it.

    Only extension modules count (files that Python could import, and that define `PyInit_…`): libraries
    loaded by ctypes, launchers and programs may be data for several platforms. A wheel that holds each
    module for more than one system is an info. `Root-Is-Purelib: true` in a wheel with a platform tag
    is a warning: some systems keep what is Python only in a folder that machines may share.

    ## How to fix it
    Tell the build backend that the project has extension modules: `ext_modules` of setuptools, or
    `infer_tag` and `pure_python` in a build hook of Hatch. If the project is pure Python, an earlier build
    left the module in the folder: leave it out.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://hatch.pypa.io/latest/plugins/builder/wheel/#build-data>
    """
    yield from platform.pure_wheel_with_binary(natives_of(wheel, headers))


@rule("NB104", "platform-wheel-without-binary", Severity.WARNING, since="0.1.0")
def platform_wheel_without_binary(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel is tagged for an ABI and a platform and holds no native binary.

    ## Why it matters
    Either an extension module is missing, as when an optional one failed to build and nobody saw the
    warning, or the wheel is Python only and could be one file for everybody.

    A wheel whose ABI tag is `none` promises less: some are Python for one system alone, which is an info.

    ## How to fix it
    Look into the log of the build for the extension module. A wheel of Python alone is tagged
    `py3-none-any`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    yield from platform.platform_wheel_without_binary(natives_of(wheel, headers))


@rule("NB105", "glibc-too-new", Severity.ERROR, since="0.1.0")
def glibc_too_new(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A binary needs newer versions of glibc or libstdc++ than the manylinux tag promises.

    ## Why it matters
    `manylinux_2_17` says: runs where glibc is 2.17 or newer. Installers believe it. A binary that was
    linked on a newer system needs symbols of that (`GLIBC_2.34`, `GLIBCXX_3.4.29`), and the import
    fails on older ones with `version 'GLIBC_2.34' not found`.

    Each symbol version that a binary needs is compared with the policy of each manylinux tag in the file
    name, as auditwheel knows it; libraries in the wheel are left aside, and so are versions marked as
    weak. Between two policies, and after the last, the tag's number tells of glibc. A wheel tagged
    musllinux must not need glibc at all. What Python does not load as an extension module is a warning
    where the wheel has such.

    ## How to fix it
    Build in the image of the tag (`quay.io/pypa/manylinux2014_x86_64` …), as cibuildwheel does, or let
    `auditwheel repair` choose the tag.

    ## References
    - <https://peps.python.org/pep-0600/>
    - <https://peps.python.org/pep-0656/>
    - <https://github.com/pypa/auditwheel>
    """
    yield from libraries.glibc_too_new(natives_of(wheel, headers))


@dataclass(frozen=True)
class ExternalLibrary:
    """The options of `external_library`: ``exclude`` are patterns of libraries that come from elsewhere."""

    exclude: tuple[str, ...] = ()


@rule("NB106", "external-library", Severity.ERROR, since="0.1.0")
def external_library(wheel: Wheel, headers: Summaries[Header], options: ExternalLibrary) -> Iterator[Problem]:
    """A binary needs a library that neither the wheel nor every system of its tags has.

    ## Why it matters
    It was there on the machine of the build, so that the tests passed. Where it is not, the import
    fails: `cannot open shared object file`, `Library not loaded`, `DLL load failed`.

    On Linux the libraries that the manylinux or musllinux policy lists are taken for granted, on macOS
    those below `/usr/lib` and `/System`, on Windows those that come with it, with Python, or with the
    compiler's runtime. Whatever has its name in the wheel counts as packed.

    It is an error where an extension module needs a library and nothing explains from where it could
    come: no dependencies, or a path of the build machine on macOS. With dependencies, which may
    bring it and load it first, it is a warning. It is an info where a run path leads to a
    dependency, where the names agree (`libtorch.so` and `torch`), for drivers and libraries of the
    desktop, which cannot be packed, and for what Python does not load. What is too large or too damaged to be
    read is an info, since it was not judged.

    ## How to fix it
    Let `auditwheel`, `delocate` or `delvewheel` copy the library into the wheel, or link it statically.
    A library that comes from elsewhere on purpose is named by a pattern:

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
    """A binary searches a path of the build machine for the libraries it needs.

    ## Why it matters
    A run path (DT_RPATH, DT_RUNPATH, LC_RPATH) that does not begin with `$ORIGIN` or `@loader_path` is a
    path of the machine that built the wheel. If it exists on the user's, other libraries than those
    that were tested are loaded from it. Below `/tmp`, and wherever else everybody may write, anyone
    with an account can put them there: that is an error for what Python loads.

    Folders of the system are left aside. So is the install name of a library on macOS: an absolute
    one does no harm unless something is linked with it, which NB106 tells.

    ## How to fix it
    Link with relative run paths only (`CMAKE_INSTALL_RPATH`). To take them out of a wheel that is built,
    `wheel unpack` it, use `patchelf --remove-rpath` or `install_name_tool -delete_rpath` on the binaries, and
    `wheel pack` the folder: the changed files need new hashes in RECORD.

    ## References
    - <https://man7.org/linux/man-pages/man8/ld.so.8.html>
    - <https://cwe.mitre.org/data/definitions/426.html>
    """
    yield from linking.absolute_rpath(natives_of(wheel, headers))


@rule("NB108", "abi-tag-mismatch", Severity.ERROR, since="0.1.0")
def abi_tag_mismatch(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """An extension module cannot be imported by the Pythons that the wheel is tagged for.

    ## Why it matters
    Python finds an extension module by its suffix: `.cpython-312-x86_64-linux-gnu.so` is seen by CPython
    3.12 on that platform and by nothing else, `.abi3.so` and `.so` by each. In a wheel for another
    version or platform the module is simply not there. On Windows a `.pyd` that is linked with the
    library of another Python does not load.

    A wheel may hold a module for several Pythons; it is enough if each Python that the tags
    promise has one. Some of them lacking is a warning, and so is a module beside which there is one in
    Python of the same name. A module of a single Python in a wheel tagged abi3 is an error, as it is for
    that version only; in one tagged `py3-none` it is a warning.

    ## How to fix it
    Build with the Python of the tag. When cross-compiling, the suffix must be that of the target:
    set it by `_PYTHON_SYSCONFIGDATA_NAME`, or use a tool that knows, as crossenv.

    ## References
    - <https://peps.python.org/pep-3149/>
    - <https://docs.python.org/3/library/importlib.html#importlib.machinery.EXTENSION_SUFFIXES>
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    yield from python.abi_tag_mismatch(natives_of(wheel, headers))


@rule("NB109", "abi3-violation", Severity.ERROR, since="0.1.0")
def abi3_violation(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A wheel for the stable ABI uses what that does not have, or did not have yet.

    ## Why it matters
    `cp39-abi3` promises: works on CPython 3.9 and every later version. A symbol outside the stable ABI
    may be gone or changed in the next one, and one that was added in 3.11 is not there on 3.9: the module
    does not load, or crashes. On Windows an extension module that is linked with `python311.dll` rather than
    `python3.dll` works with 3.11 alone.

    Judged are the undefined symbols that begin with `Py` or `_Py` of extension modules and of the libraries
    that they load; those that a library in the wheel defines are its own, and weak ones may be missing.
    If the module also needs libraries that are not known, which may define the symbol, it is a
    warning, and so is a function that is older than its place in the stable ABI, which other systems than
    Windows find all the same. The version is the highest of the tags marked abi3, or that of Requires-Python
    if it is higher.

    ## How to fix it
    Define `Py_LIMITED_API` as the version of the tag for every source file (with PyO3 it is the feature
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
    `macosx_10_9_x86_64` says: runs on 10.9 and later. Each Mach-O file says for itself what it was built for,
    and uses what that version has. On an older one it may not load, or crash at the first call. Most
    often it is a library that was copied in from a package manager, which builds for the macOS of the
    day.

    The version is compared for each architecture and each tag; on arm64 nothing is older than
    11.0. It is a warning between releases of one major version from 11 on, and for what Python does not
    load.

    ## How to fix it
    Set `MACOSX_DEPLOYMENT_TARGET` for everything that is built, dependencies too, or give the wheel the
    tag of the newest one in it: `delocate-wheel --require-target-macos-version` does.

    ## References
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/#macos>
    - <https://github.com/matthew-brett/delocate>
    """
    yield from platform.macos_version_mismatch(natives_of(wheel, headers))


LEAST = Size(1_000_000)
"""Chosen: many good wheels have some hundred kilobytes of it, which nobody notices."""


@dataclass(frozen=True)
class DebugInfo:
    """The options of `debug_info`: ``least`` is how much of it (bytes) there must be in a wheel."""

    least: Size = LEAST

    def __post_init__(self) -> None:
        if self.least < 1:
            raise ValueError(f"least: expected a number of bytes, found {self.least}")


@rule("NB111", "debug-info", Severity.WARNING, since="0.1.0")
def debug_info(wheel: Wheel, headers: Summaries[Header], options: DebugInfo) -> Iterator[Problem]:
    """The binaries of a wheel hold much debugging information.

    ## Why it matters
    Everybody downloads it and nearly nobody uses it. It also tells the paths of the machine that
    built the wheel.

    Counted are sections of DWARF (`.debug_…`, `.zdebug_…`, the segment `__DWARF`): a symbol table, by
    which crashes are explained, is no debugging information. Reported is what is over the least size; it is
    a warning from 10 MB on if that is a quarter of what the wheel unpacks to, else an info, since many wheels
    have a little.

    ## How to fix it
    Strip it when linking (`-Wl,--strip-debug`, `strip = "debuginfo"` for Rust, `auditwheel repair
    --strip`), and keep it aside for yourself. To leave it in, or to be told earlier:

        [tool.pkgaudit.debug-info]
        least = "50 MB"

    ## References
    - <https://dwarfstd.org/>
    - <https://sourceware.org/binutils/docs/binutils/strip.html>
    """
    yield from linking.debug_info(natives_of(wheel, headers), options.least)


@rule("NB112", "executable-stack", Severity.WARNING, since="0.1.0")
def executable_stack(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """A shared library for Linux asks for a stack from which code may run.

    ## Why it matters
    One such library takes a protection from the whole process. Since version 2.41 glibc refuses to load it
    into a running program (`cannot enable executable stack`), so that on current systems the import
    fails. It is nearly always an oversight: a source in assembler that lacks a note.

    Libraries without the header PT_GNU_STACK count where that means the same, on x86.

    ## How to fix it
    Add `.section .note.GNU-stack,"",%progbits` to each source in assembler, or link with
    `-Wl,-z,noexecstack`. `readelf -lW` shows the flags of `GNU_STACK`.

    ## References
    - <https://sourceware.org/glibc/wiki/Release/2.41>
    - <https://man7.org/linux/man-pages/man3/dlopen.3.html>
    """
    yield from linking.executable_stack(natives_of(wheel, headers))


@rule("NB113", "links-libpython", Severity.WARNING, since="0.1.0")
def links_libpython(wheel: Wheel, headers: Summaries[Header]) -> Iterator[Problem]:
    """An extension module for Linux or macOS is linked with the interpreter's own library.

    ## Why it matters
    Many interpreters hold all of themselves in the program and have no `libpython3.x.so`; on macOS the
    framework of one installation is not that of another. There the module does not load, or it loads a
    second interpreter beside the running one and crashes. Manylinux forbids it.

    Programs that embed Python, and wheels that bring the library, are left aside.

    ## How to fix it
    Link without `-lpython3.x` (with CMake `Python::Module` rather than `Python::Python`), on macOS with
    `-undefined dynamic_lookup`.

    ## References
    - <https://peps.python.org/pep-0513/#libpythonx-y-so-1>
    - <https://docs.python.org/3/whatsnew/3.8.html#debug-build-uses-the-same-abi-as-release-build>
    """
    yield from linking.links_libpython(natives_of(wheel, headers))
