"""Judges how binaries were linked: run paths, the interpreter's library, stacks, debug information."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, quoted, sized
from pkgaudit.rules.native.libraries import is_python
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.wheel import Natives


def links_libpython(natives: Natives) -> Iterator[Problem]:
    """Judge extension modules that are linked with the interpreter's library."""
    if not natives.is_sound or not natives.systems <= {"linux", "macos"} or not natives.systems:
        return
    found: dict[str, list[str]] = {}
    for path in sorted(natives.loaded):
        header = natives.headers[path]
        if header.format not in natives.formats or not header.is_library:
            continue
        for library in header.needed:
            if is_python(library) and not natives.has(library):
                found.setdefault(library, []).append(path)
    for library, paths in found.items():
        yield problem(
            paths,
            f"{quoted(min(paths))} is linked with {quoted(library)}, the library of one interpreter; in "
            "another it fails to load, or loads a second interpreter",
            "link it without Python's library: extension modules find its symbols in the running interpreter "
            "(-undefined dynamic_lookup on macOS)",
            key=library,
            data={"needs": library},
        )


# Paths

# Beginnings that loaders replace: https://man7.org/linux/man-pages/man8/ld.so.8.html, dyld(1).
_SAFE = re.compile(r"\$ORIGIN|\$\{ORIGIN\}|@(?:loader_path|executable_path|rpath)")
# Folders that loaders always search, with those of Debian's multiarch and of Swift.
_SYSTEM_FOLDERS = re.compile(r"/(?:usr/)?lib(?:32|64|/[\w-]+-linux-[\w]+)?(?:/swift)?/?|/System/Library/.*")
# The fault of each kind of run path. Toolchains leave empty parts, and macOS searches run paths only for
# `@rpath`.
_PATHS = {
    "shared": ", where every user of the machine may place some",
    "absolute": "; this is left over from the build machine, and users may have other libraries there",
    "empty": ", the current folder, because its run path has an empty part",
    "unused": "; this is left over from the build machine, and no needed library uses @rpath",
    "relative": ", relative to the current folder; users may have other libraries there",
}
# Folders to which every account may write; `/private/tmp` is that of macOS.
_ANYONES = re.compile(r"/(?:tmp|var/tmp|private/tmp|dev/shm)(?:/|$)")


def absolute_rpath(natives: Natives) -> Iterator[Problem]:
    """Judge the run paths of binaries."""
    if not natives.is_sound:
        return
    found: dict[str, dict[str, list[str]]] = {}
    for path, header in natives.headers.items():
        if not header.architectures or natives.is_test(path):
            continue
        for image in header.images:
            for rpath in image.rpaths:
                if _SAFE.match(rpath) or _SYSTEM_FOLDERS.fullmatch(rpath):
                    continue
                is_absolute = rpath.startswith("/")
                kind = "shared" if _ANYONES.match(rpath) else "absolute" if is_absolute else "relative"
                if not rpath:  # some toolchains leave a colon behind
                    kind = "empty"
                elif header.format == "mach-o" and not any(
                    each.startswith("@rpath/") for each in image.needed
                ):
                    kind = "unused"
                found.setdefault(kind, {}).setdefault(rpath, []).append(path)
    for kind, rpaths in sorted(found.items()):
        paths = [path for each in rpaths.values() for path in each]
        first = min(paths)
        names = sorted(rpaths, key=lambda each: (first not in rpaths[each], each))
        severities = {"unused": Severity.INFO, "empty": Severity.INFO}
        if any(path in natives.loaded for path in paths):
            severities["shared"] = Severity.ERROR
        yield problem(
            paths,
            f"{quoted(first)} searches for libraries in {listed(each or '.' for each in names)}"
            f"{_PATHS[kind]}",
            "link with run paths relative to the file ($ORIGIN, @loader_path); or unpack the wheel with "
            "'wheel unpack', remove the run paths (patchelf, install_name_tool), and pack it with 'wheel "
            "pack', which writes a new RECORD",
            severity=severities.get(kind),
            key="/".join(names),
            data={"kind": kind, "run_paths": names},
        )


# Stacks and debug information


def executable_stack(natives: Natives) -> Iterator[Problem]:
    """Judge whether libraries for Linux request an executable stack."""
    if not natives.is_sound:
        return
    marked, unmarked = [], []
    for path, header in natives.headers.items():
        if header.format != "elf" or natives.is_test(path):
            continue
        for image in header.images:
            if image.kind != "library" or not image.is_code or not image.has_segments or image.unread:
                continue
            if image.stack is not None and image.stack & 1:
                marked.append(path)
            # Without the header glibc makes the stack executable on x86 (DEFAULT_STACK_PERMS).
            elif image.stack is None and image.architecture in ("x86_64", "i686") and path in natives.loaded:
                unmarked.append(path)
    for paths, what, key in (
        (marked, "requests an executable stack", "asks for an executable stack"),
        (
            unmarked,
            "has no PT_GNU_STACK, so it requests an executable stack",
            "has no PT_GNU_STACK, which asks for an executable stack",
        ),
    ):
        if paths:
            yield problem(
                paths,
                f"{quoted(min(paths))} {what}; glibc 2.41 and later do not load it, and elsewhere it weakens "
                "the process",
                "add '.section .note.GNU-stack,\"\",%progbits' to assembler sources, or link with "
                "-Wl,-z,noexecstack",
                key=key,
            )


_MUCH = 10_000_000
"""The debug information, in bytes, that is a warning if it is also a quarter of the wheel. Chosen: many good
wheels have some megabytes of it."""


def debug_info(natives: Natives, least: int) -> Iterator[Problem]:
    """Judge the size of the debug information in binaries."""
    if not natives.is_sound:
        return
    sizes = {
        path: sum(size for image in header.images for _, size in image.debug)
        for path, header in natives.headers.items()
        if header.architectures and not natives.is_test(path)
    }
    found = {path: min(size, natives.headers[path].size) for path, size in sizes.items() if size}
    total = sum(found.values())
    if total < least:
        return
    largest = max(found, key=lambda path: (found[path], path))
    sections = {name for image in natives.headers[largest].images for name, _ in image.debug}
    unpacked = sum(entry.size for entry in natives.wheel.files.values()) or 1
    share = 100 * total // unpacked
    whole = f"; {len(found):,} binaries have {sized(total)}" if len(found) > 1 else ""
    yield Problem(
        f"{quoted(largest)} has {sized(found[largest])} of debug information in "
        f"{listed(sorted(sections), 2)}{whole}, {share} % of the unpacked wheel",
        problem([largest], "").location,
        "link with -Wl,--strip-debug, run 'strip --strip-debug', or for Rust build with --release and set "
        'strip = "debuginfo" in [profile.release] of Cargo.toml, or strip = true in [tool.maturin] of '
        "pyproject.toml; keep a copy for yourself",
        Severity.WARNING if total >= _MUCH and 4 * total >= unpacked else Severity.INFO,
        key="debug",
        data={
            "path": largest,
            "size": total,
            "share": share,
            "count": len(found),
            "sections": sorted(sections),
        },
    )
