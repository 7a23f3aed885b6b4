"""Judges the libraries and symbol versions that binaries need."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from pkgaudit.api import Problem, Severity, normalize, quoted
from pkgaudit.late import lazy
from pkgaudit.rules.native.header import Header, Image
from pkgaudit.rules.native.policy import (
    by_version,
    is_debug_runtime,
    is_of_host,
    is_of_linux,
    is_of_windows,
    lowest,
    policies_date,
    too_new,
)
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.tags import Platform
from pkgaudit.rules.native.wheel import Natives, base

_MOST_LISTED = 6
"""How many names a message lists. Chosen: they fit into about two lines, and `data` has all of them."""

_MOST_NEEDED = 300
"""How many needed libraries of one image are judged. Real images need some fifty."""


def glibc_too_new(natives: Natives) -> Iterator[Problem]:
    """Judge the symbol versions that binaries for Linux need."""
    if not natives.is_sound or natives.systems != {"linux"}:
        return
    own = natives.file_names
    found: dict[tuple[Severity, str], list[tuple[str, str, str, Image]]] = {}
    glibc_on_musl: list[str] = []
    for path, header in natives.fitting.items():
        if _is_for_other_libc(natives, path, header):
            continue
        main = path in natives.loaded or not natives.suffixes
        severity = Severity.ERROR if main else Severity.WARNING
        for image in header.images:
            for platform in natives.promised(header):
                if platform.libc == "musl" and "libc.so.6" in image.needed:
                    glibc_on_musl.append(path)
                if platform.libc == "glibc":
                    for name, library in too_new(image, platform, own):
                        found.setdefault((severity, platform.tag), []).append((name, library, path, image))
    if glibc_on_musl:
        tags = listed(each.tag for each in natives.platforms if each.libc == "musl")
        yield problem(
            glibc_on_musl,
            f"{quoted(min(glibc_on_musl))} needs glibc (libc.so.6), but the platform {tags} has musl",
            "build the wheel in a musllinux image, or tag it manylinux",
            key="musl",
            data={
                "library": "libc.so.6",
                "tags": [each.tag for each in natives.platforms if each.libc == "musl"],
            },
        )
    # Of several tags, the one with the most faults is reported, because a fix for it fixes the others.
    for severity in sorted({severity for severity, _ in found}, reverse=True):
        mine = {tag: each for (level, tag), each in found.items() if level is severity}
        tag = max(mine, key=lambda each: len(mine[each]))
        yield _too_new(natives, tag, mine[tag], severity)


def _is_for_other_libc(natives: Natives, path: str, header: Header) -> bool:
    """Return whether a file that Python does not load is meant for systems with the other C library."""
    if path in natives.loaded or {each.libc for each in natives.platforms} != {"glibc"}:
        return False
    return any(each.startswith("libc.musl-") or each == "libc.so" for each in header.needed)


def _too_new(
    natives: Natives, tag: str, uses: list[tuple[str, str, str, Image]], severity: Severity
) -> Problem:
    names = sorted({name for name, *_ in uses}, key=by_version, reverse=True)
    name, library, path, _ = max(uses, key=lambda use: by_version(use[0]))
    lows = [lowest(image, natives.file_names) for *_, image in uses]
    low = max((each for each in lows if each), default=None) if all(lows) else None
    fitting = (
        f"manylinux_{low[0]}_{low[1]} is the lowest tag that allows it"
        if low
        else f"no policy known on {policies_date()} allows it"
    )
    paths = sorted({each for _, _, each, _ in uses})
    others = f" (the same applies to {len(paths) - 1:,} more)" if len(paths) > 1 else ""
    rest = f" and {', '.join(names[1:_MOST_LISTED])}" if len(names) > 1 else ""
    return Problem(
        f"{quoted(path)} needs {name} of {quoted(library)}{rest}, which the tag {quoted(tag)} does not "
        f"promise{others}; {fitting}",
        problem([path], "").location,
        "build in the manylinux image of the tag (as cibuildwheel does), or run 'auditwheel repair', which "
        "writes a wheel with a right tag to wheelhouse/, and delete the old wheel",
        severity,
        key=f"{severity}/{name}",
        data={
            "symbol": name,
            "version": name.partition("_")[2],
            "symbols": names,
            "library": library,
            "tag": tag,
            **({"lowest_tag": f"manylinux_{low[0]}_{low[1]}"} if low else {}),
            "paths": paths,
        },
    )


def is_python(library: str) -> bool:
    """Return whether a library for Linux or macOS is that of the interpreter."""
    name = base(library)
    return name.lower().startswith("libpython") or (
        re.search(r"Python3?T?\.framework/", library) is not None and name in ("Python", "Python3", "PythonT")
    )


# External libraries


# Libraries of distributions with other names: PyTorch, CUDA (`nvidia-…`, and packages that build on it),
# OpenMP, Qt, Arrow and OpenUSD.
_PROVIDERS = (
    (lazy(r"c10|caffe2|torch|shm"), lazy(r"torch")),
    (
        lazy(r"cu(?:da|dart|blas|dnn|fft|rand|solver|sparse|pti|file)|nccl|nv(?:rtc|jitlink|shmem)"),
        lazy(r"nvidia|torch|tensorflow|cupy|jax|cuda"),
    ),
    (lazy(r"iomp5|omp"), lazy(r"intel-openmp|mkl|torch")),
    (lazy(r"qt\d?\w*|shiboken|pyside"), lazy(r"pyqt|pyside|shiboken|qt")),
    (lazy(r"arrow|parquet|gandiva"), lazy(r"pyarrow")),
    (lazy(r"usd_?\w*"), lazy(r"usd")),
)


@lru_cache(8)
def _known_by(dependencies: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the words of dependencies' names that may occur in names of libraries, and all as one text."""
    words: dict[str, None] = {}
    for dependency in dependencies:
        parts = [*re.split(r"[^a-z0-9]+", dependency), re.sub(r"[^a-z0-9]", "", dependency)]
        words.update(dict.fromkeys(part.removeprefix("py").removeprefix("lib") for part in parts))
    # 3 here and 4 below are chosen: shorter words occur in many names by chance.
    long = tuple(word for word in words if len(word) >= 3)
    return long, "\n".join((*dependencies, *long))


def _is_provided(library: str, dependencies: tuple[str, ...]) -> bool:
    """Return whether the name of a library indicates that one of the dependencies contains it."""
    words, text = _known_by(dependencies)
    name = re.sub(r"\.(?:so|dylib|dll).*", "", base(library).lower()).removeprefix("lib")
    plain = re.sub(r"[^a-z]", "", name)
    return (
        # At the beginning of a word: `log` is no part of `catalog`.
        any(re.search(rf"(?<![a-z]){word}", name) for word in words)
        or (len(plain) >= 4 and plain in text)
        or any(known.match(name) and providers.search(text) for known, providers in _PROVIDERS)
    )


_REQUIREMENT = lazy(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,100})")
_MOST_DEPENDENCIES = 200
"""How many dependencies are read. Real projects have fewer; the limit bounds the time on hostile metadata."""


def _dependencies(natives: Natives) -> tuple[str, ...]:
    """Return the projects that are installed with the wheel, without extras."""
    metadata = natives.wheel.metadata
    found = []
    for text in (metadata.all("Requires-Dist") if metadata else [])[:_MOST_DEPENDENCIES]:
        match = _REQUIREMENT.match(text)
        if match and not re.search(r"\bextra\b", text[:1000].partition(";")[2]):
            found.append(normalize(match[1]))
    return tuple(found)


def _leads_outside(natives: Natives, path: str, image: Image) -> bool:
    """Return whether a run path leads out of the wheel's folders, into those of another distribution."""
    for rpath in image.rpaths:
        relative = re.sub(r"^(?:\$ORIGIN|\$\{ORIGIN\}|@loader_path)/?", "", rpath)
        if relative == rpath:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
        if target.startswith("..") or (target != "." and target.partition("/")[0] not in natives.top_levels):
            return True
    return False


_OF_MACOS = ("/usr/lib/", "/System/Library/")
_PRODUCTS = ("/Library/Frameworks/", "/Applications/", "/opt/X11/", "/usr/X11/", "/Library/")
"""The folders of software that users install on macOS; a library there may be intended."""


def external_library(natives: Natives, exclude: tuple[str, ...]) -> Iterator[Problem]:
    """Judge the needed libraries that neither the system nor the wheel has."""
    if not natives.is_sound or not natives.platforms:
        return
    dependencies = _dependencies(natives)
    found: dict[Severity, dict[str, list[str]]] = {}
    for path, header in natives.fitting.items():
        platforms = [each for each in natives.promised(header) if each.system != "linux" or each.libc]
        if not platforms or _is_for_other_libc(natives, path, header):
            continue
        main = path in natives.loaded
        for image in header.images:
            provided = bool(dependencies) and (
                _leads_outside(natives, path, image)
                or any(
                    not natives.has(each) and _is_provided(each, dependencies)
                    for each in image.needed[:_MOST_NEEDED]
                )
            )
            for library in image.needed[:_MOST_NEEDED]:
                if any(fnmatchcase(base(library).lower(), each.lower()) for each in exclude):
                    continue
                level = _level(natives, library, image, platforms, dependencies, main, provided)
                if level is not None:
                    found.setdefault(level, {}).setdefault(library, []).append(path)
    for severity, libraries in sorted(found.items(), reverse=True):
        yield _external(libraries, severity)
    yield from _unread(natives)


def _level(
    natives: Natives,
    library: str,
    image: Image,
    platforms: list[Platform],
    dependencies: tuple[str, ...],
    main: bool,
    provided: bool,
) -> Severity | None:
    system = platforms[0].system
    if system == "windows":
        if is_debug_runtime(library):
            return (Severity.ERROR if main else Severity.WARNING) if not natives.has(library) else None
        if is_of_windows(library) or natives.has(library):
            return None
        # The package may add a folder to the search path, or load the library first; an audit cannot see it.
        return Severity.INFO if dependencies or is_of_host(base(library)) or not main else Severity.WARNING
    if system == "linux":
        if is_of_linux(library, platforms) or natives.has(library) or is_python(library):
            return None
        if library in ("libc.so.6", "libc.so") or library.startswith("libc.musl-"):
            return None  # other rules report the wrong C library
    elif system in ("macos", "ios"):
        if is_python(library) or library.startswith(_OF_MACOS):
            return None
        if library.startswith("/"):
            # An absolute path of the build machine works only on machines that have the same path.
            meant = library.startswith(_PRODUCTS) or natives.has(library)
            return Severity.ERROR if main and not meant else Severity.WARNING if main else Severity.INFO
        swift = base(library).startswith("libswift") and "/usr/lib/swift" in image.rpaths
        if natives.has(library) or swift:
            return None
    else:
        return None
    if is_of_host(base(library)) or provided:
        return Severity.INFO  # it cannot be packed, or a dependency has it
    if dependencies:
        return Severity.WARNING if main else Severity.INFO
    return Severity.ERROR if main else Severity.WARNING if not natives.suffixes else Severity.INFO


def _external(libraries: dict[str, list[str]], severity: Severity) -> Problem:
    paths = [path for found in libraries.values() for path in found]
    name, users = min(libraries.items(), key=lambda item: (item[1][0], item[0]))
    names = [name, *sorted(each for each in libraries if each != name)]
    verb = "which are" if len(names) > 1 else "which is"
    that = "those libraries" if len(names) > 1 else "that library"
    tail = {
        Severity.ERROR: f"it fails to load on systems without {that}",
        Severity.WARNING: f"it loads only if something else has installed {that}",
        Severity.INFO: f"this is fine if a dependency or the user's system has {that}",
    }[severity]
    fix = (
        "build it in release mode, because the debug runtime comes with the compiler and must not be "
        "redistributed"
        if is_debug_runtime(name)
        else "copy the library into the wheel (auditwheel, delocate, delvewheel), link it statically, or, if "
        "users must have it, add it to the option 'exclude'"
    )
    return problem(
        [users[0], *paths],
        f"{quoted(users[0])} needs {listed(names, _MOST_LISTED)}, {verb} neither in the wheel nor on every "
        f"system of its tags; {tail}",
        fix,
        severity=severity,
        key="/".join(sorted(libraries)),
        data={"needs": name, "libraries": names},
    )


def _unread(natives: Natives) -> Iterator[Problem]:
    """Report files that could not be read, because the other rules skip them."""
    # Only NB111 reads the sections, and only NB109 the symbols.
    idle = {"sections"} if natives.tags and "abi3" in natives.tags.abis else {"sections", "symbols"}
    large = [
        path
        for path, header in natives.fitting.items()
        if not header.whole and not idle.issuperset(header.unread)
    ]
    if large:
        parts = ", ".join(natives.headers[min(large)].unread)
        yield problem(
            large,
            f"{quoted(min(large))} was not checked for libraries that it needs, because it is larger than "
            f"this audit keeps in memory ({parts} not read): set 'member-bytes' in [tool.pkgaudit.limits] to "
            "its size",
            key="large",
            unjudged=True,
        )
    broken = [
        path
        for path, header in natives.headers.items()
        if header.whole and header.unread and path in natives.fitting
    ]
    if broken:
        parts = ", ".join(natives.headers[min(broken)].unread)
        yield problem(
            broken,
            f"{quoted(min(broken))} is cut off or damaged ({parts} could not be read), so it was not checked "
            "for libraries that it needs",
            "rebuild it, and check that it loads",
            severity=Severity.INFO,
            key="broken",
            data={"unread": natives.headers[min(broken)].unread},
        )
