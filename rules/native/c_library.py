"""Judges symbols that a binary for Linux needs of the C library without a symbol version.

Specification: https://peps.python.org/pep-0600/ and https://peps.python.org/pep-0656/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import Problem, Severity, quoted
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.tags import Platform
from pkgaudit.rules.native.wheel import Natives, base

# glibc (with the parts that were libraries of their own until 2.34), musl, the loader, and the libraries of
# compilers, which define none of the symbols.
_C_LIBRARIES = re.compile(
    r"lib(?:c|m)\.so\.6|libpthread\.so\.0|lib(?:dl|resolv)\.so\.2|lib(?:rt|util)\.so\.1"
    r"|libc\.so|libc\.musl-\w+\.so\.1|ld-linux.*|ld64?\.so\..*|ld-musl-.*|linux-(?:vdso|gate).*"
    r"|libgcc_s\.so\.1|libstdc\+\+\.so\.6"
)
_GLIBC = "libc.so.6"

_MOST_LISTED = 6
"""How many names a message lists. Chosen: they fit into about two lines, and `data` has all of them."""


@cache
def _added() -> dict[str, tuple[int, int]]:
    """Return the symbols that glibc got after manylinux1, and the version that added each."""
    found = {}
    for version, names in load("c_library").values["glibc"].items():
        major, minor = map(int, version.split("."))
        found.update(dict.fromkeys(names.split(), (major, minor)))
    return found


@cache
def _not_in_musl() -> frozenset[str]:
    """Return the symbols that glibc has and musl lacks."""
    return frozenset(load("c_library").values["not_in_musl"].split())


def lacking_symbols(natives: Natives) -> Iterator[Problem]:
    """Judge the symbols without a version that the C library of a tag may lack.

    Symbols with a version are judged by their version.
    """
    if not natives.is_sound or natives.systems != {"linux"} or natives.has_nested:
        return
    own = {name for header in natives.headers.values() for image in header.images for name in image.defined}
    found: dict[tuple[str, Severity], dict[str, list[str]]] = {}
    tags: dict[str, Platform] = {}
    incomplete = _incomplete(natives)
    for path, header in natives.fitting.items():
        names = [name for image in header.images for name in image.unversioned if name not in own]
        if path in incomplete:
            continue
        main = path in natives.loaded or not natives.suffixes
        severity = Severity.ERROR if main else Severity.WARNING
        # Of several tags for glibc, the one with the oldest version promises least; those for musl have none.
        platforms = sorted(natives.promised(header), key=lambda each: each.version or (0, 0), reverse=True)
        for libc, platform in {each.libc: each for each in platforms}.items():
            for name in names:
                if _lacks(platform, name, _GLIBC in header.needed):
                    tags[libc] = platform
                    found.setdefault((libc, severity), {}).setdefault(name, []).append(path)
    for (libc, severity), uses in sorted(found.items()):
        yield _lacking(tags[libc], severity, uses)


def _lacks(platform: Platform, name: str, needs_glibc: bool) -> bool:
    """Return whether the C library that a tag promises may lack a symbol."""
    if platform.libc == "musl":
        # A binary for glibc is reported once, not for each of its symbols.
        return not needs_glibc and name in _not_in_musl()
    if platform.version is None or not needs_glibc:
        return False
    return _added().get(name, (0, 0)) > platform.version


def _incomplete(natives: Natives) -> set[str]:
    """Return the binaries that need, directly or not, a library that is outside the wheel or was not read.

    Such a library may define a symbol that no file of the wheel defines.
    """
    users: dict[str, list[str]] = {}
    found = set()
    for path, header in natives.headers.items():
        needed = {base(library).lower() for library in header.needed}
        for name in needed:
            users.setdefault(name, []).append(path)
        outside = (name for name in needed if name not in natives.by_name)
        if header.unread or not header.whole or not all(map(_C_LIBRARIES.fullmatch, outside)):
            found.add(path)
    pending = list(found)
    while pending:
        for name in natives.names_of(pending.pop()):
            # Each name counts once, because the binaries of a hostile wheel may all need each other.
            new = set(users.pop(name, ())) - found
            found |= new
            pending += new
    return found


def _lacking(platform: Platform, severity: Severity, uses: dict[str, list[str]]) -> Problem:
    paths = [path for each in uses.values() for path in each]
    first = min(paths)
    names = sorted(uses, key=lambda name: (first not in uses[name], name))
    data = {"symbols": sorted(uses), "library": "musl" if platform.libc == "musl" else "glibc"}
    if platform.libc == "musl":
        reason = f"which glibc has and musl lacks (as of {load('c_library').date})"
        promise = f"the tag {quoted(platform.tag)} promises musl"
        fix = "compile everything in a musllinux image, static libraries too, or tag the wheel manylinux"
    else:
        newest = max(_added()[name] for name in names)
        version = ".".join(map(str, newest))
        reason = f"which glibc has only since {version}"
        promised = ".".join(map(str, platform.version or ()))
        promise = f"the tag {quoted(platform.tag)} promises {promised}"
        fix = (
            "compile everything in the manylinux image of the tag, static libraries too, with "
            "-Werror=implicit-function-declaration, which finds functions that its glibc lacks"
        )
        data |= {"version": version, "expected": promised}
    return problem(
        paths,
        f"{quoted(first)} needs {listed(names, _MOST_LISTED)}, {reason}, but {promise}",
        fix,
        severity=severity,
        key=f"{severity}/{'/'.join(sorted(uses))}",
        data={**data, "tag": platform.tag, "date": load("c_library").date},
    )
