"""Cases of NB110 to NB113: what the headers of binaries say."""

from __future__ import annotations

from fixtures.binaries import Elf, MachO, fat
from fixtures.builders import Built
from fixtures.cases import bad, good
from pkgaudit.rules.native.cases._makers import (
    DARWIN,
    LINUX,
    MACOS,
    PYD,
    SO,
    WINDOWS,
    bundle,
    elf,
    pyd,
    wheel,
)

# NB110


@bad(
    "NB110",
    at=DARWIN,
    says="is built for macOS 14.0 and later, but the tag 'macosx_11_0_arm64' promises 11.0",
)
def newer_macos() -> Built:
    return wheel(MACOS, {DARWIN: bundle(minimum=(14, 0)).build()})


@bad("NB110", at=DARWIN, says="macOS 10.13")
def newer_macos_in_the_old_way() -> Built:
    files = {DARWIN: bundle("x86_64", minimum=(10, 13), old_version=True).build()}
    return wheel("cp311-cp311-macosx_10_9_x86_64", files)


@bad("NB110", at="sample/.dylibs/libz.dylib", says="macOS 15.0")
def newer_macos_of_a_library() -> Built:
    files = {
        DARWIN: bundle(needed=("@loader_path/.dylibs/libz.dylib",)).build(),
        "sample/.dylibs/libz.dylib": MachO(kind=6, minimum=(15, 0), name="@rpath/libz.dylib").build(),
    }
    return wheel(MACOS, files)


@bad("NB110", at=DARWIN, severity="warning")
def newer_minor_release() -> Built:
    return wheel(MACOS, {DARWIN: bundle(minimum=(11, 3)).build()})


@good("NB110")
def older_than_the_tag_says() -> Built:
    return wheel("cp311-cp311-macosx_13_0_arm64", {DARWIN: bundle(minimum=(11, 0)).build()})


@good("NB110")
def as_all_is_on_arm64() -> Built:
    tag = "cp311-cp311-macosx_10_9_x86_64.macosx_11_0_arm64.macosx_10_9_universal2"
    return wheel(tag, {DARWIN: fat(bundle("x86_64", minimum=(10, 9)), bundle("arm64", minimum=(11, 0)))})


# NB111


@bad("NB111", at=SO, says="has 10.0 MB of debug information in '.debug_info', 99 % of the unpacked wheel")
def much_debugging_information() -> Built:
    return wheel(LINUX, {SO: elf(debug=10_000_000)})


@bad("NB111", at=SO, severity="info", says="has 2.0 MB of debug information")
def some_debugging_information() -> Built:
    return wheel(LINUX, {SO: elf(debug=2_000_000)})


@bad("NB111", at=DARWIN, severity="info")
def debugging_information_on_macos() -> Built:
    return wheel(MACOS, {DARWIN: bundle(debug=2_000_000).build()})


@bad("NB111", at=PYD, severity="info", says="'.debug_info'")
def debugging_information_on_windows() -> Built:
    return wheel(WINDOWS, {PYD: pyd(debug=2_000_000)})


@bad("NB111", at=SO, severity="info", config={"debug-info": {"least": "10 kB"}})
def little_for_whom_it_is_much() -> Built:
    return wheel(LINUX, {SO: elf(debug=20_000)})


@good("NB111")
def little_debugging_information() -> Built:
    return wheel(LINUX, {SO: elf(debug=200_000)})


# NB112


@bad("NB112", at=SO, says="requests an executable stack")
def stack_that_runs_code() -> Built:
    return wheel(LINUX, {SO: elf(stack=7)})


@bad("NB112", at=SO, says="has no PT_GNU_STACK")
def stack_that_nothing_is_said_of() -> Built:
    return wheel(LINUX, {SO: elf(stack=None)})


@good("NB112")
def program_with_any_stack() -> Built:
    program = Elf(kind=2, stack=7, needed=("libc.so.6",)).build()
    return wheel(LINUX, {SO: elf(), "sample/bin/sample": program})


# NB113


@bad("NB113", at=SO, says="'libpython3.11.so.1.0'")
def linked_with_the_interpreter() -> Built:
    return wheel(LINUX, {SO: elf(needed=("libpython3.11.so.1.0", "libc.so.6"))})


@bad("NB113", at=DARWIN)
def linked_with_the_framework() -> Built:
    needed = ("/Library/Frameworks/Python.framework/Versions/3.11/Python",)
    return wheel(MACOS, {DARWIN: bundle(needed=needed).build()})


@good("NB113")
def program_that_embeds_the_interpreter() -> Built:
    program = Elf(kind=2, needed=("libpython3.11.so.1.0", "libc.so.6")).build()
    return wheel(LINUX, {SO: elf(), "sample/bin/sample": program})
