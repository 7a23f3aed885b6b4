"""Judges extension modules by the Pythons that a wheel is tagged for, and by the stable ABI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import Problem, Severity, quoted, sized
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.native.header import Image
from pkgaudit.rules.native.policy import is_of_linux, is_of_windows
from pkgaudit.rules.native.report import listed, problem
from pkgaudit.rules.native.tags import Claim, Suffix, is_known_python
from pkgaudit.rules.native.wheel import Natives

_PYTHON_DLL = re.compile(r"python(\d)(\d+)(t?)(_d)?\.dll")

_MOST_LISTED = 6
"""How many names a message lists. Chosen: they fit into about two lines, and `data` has all of them."""


def abi_tag_mismatch(natives: Natives) -> Iterator[Problem]:
    """Judge the suffixes of extension modules, and the interpreter that they need on Windows."""
    if not natives.is_sound or not natives.claims or not natives.is_known:
        return
    unusable: dict[tuple[str, Severity], list[str]] = {}
    lacking: dict[tuple[str, Severity], list[str]] = {}
    unused: list[str] = []
    for stem, paths in natives.modules.items():
        paths = [path for path in paths if _is_right(natives, path)]
        suffixes = [natives.suffixes[path] for path in paths]
        unused += _unused(natives, paths)
        if not paths or any(not each.implementation for each in suffixes):
            continue
        has_source = f"{stem}.py" in natives.wheel.files
        named = [each for each in suffixes if _is_on(natives, each)]
        missing = [each for each in natives.claims if not any(each.admits(suffix) for suffix in named)]
        key = suffixes[0].text
        if len(missing) == len(natives.claims):
            # Beside a Python module of the same name, the extension only makes it faster.
            level = Severity.WARNING if has_source else Severity.ERROR
            unusable.setdefault((key, level), []).append(paths[0])
        elif missing:
            level = Severity.INFO if has_source else Severity.WARNING
            lacking.setdefault((str(min(map(str, missing))), level), []).append(paths[0])
        elif not has_source and (narrow := _too_narrow(natives, named)):
            lacking.setdefault(("", narrow), []).append(paths[0])
    tag = _tag(natives)
    for (suffix, level), paths in unusable.items():
        yield problem(
            paths,
            f"{quoted(min(paths))} has the suffix {quoted(suffix)}, which no Python of the tags "
            f"{quoted(tag)} imports",
            "tag the wheel for the Python and the platform of the build; when cross-compiling, use the "
            "suffix of the target",
            severity=level,
            key=suffix,
            data={"suffix": suffix, "tag": tag},
        )
    for (claim, level), paths in lacking.items():
        suffixes = [natives.suffixes[path] for path in natives.modules[_stem(natives, min(paths))]]
        whom = claim or "other Pythons"
        yield problem(
            paths,
            f"{quoted(min(paths))} has the suffix {quoted(suffixes[0].text)}, which only one Python imports, "
            f"but the tags {quoted(tag)} also promise {whom}",
            "build a wheel for each Python, or build for the stable ABI",
            severity=level,
            key=f"lacking/{claim}",
            data={"suffix": suffixes[0].text, "tag": tag, **({"expected": claim} if claim else {})},
        )
    if unused:
        yield _left_over(natives, unused)
    yield from _any_abi(natives)
    yield from _wrong_interpreter(natives)


def _unused(natives: Natives, paths: list[str]) -> list[str]:
    """Return the builds of a module for Pythons that no tag names, if it has one for a Python of the tags."""
    tags = natives.tags
    if tags is None or not all(map(is_known_python, tags.pythons)):
        return []
    found = []
    for path in paths:
        suffix = natives.suffixes[path]
        is_named = suffix.python in tags.pythons and ("none" in tags.abis or not suffix.flags)
        if not is_named and not any(each.admits(suffix) for each in natives.claims):
            found.append(path)
    return found if len(found) < len(paths) else []


def _left_over(natives: Natives, paths: list[str]) -> Problem:
    pythons = sorted({str(_owner(natives.suffixes[path])) for path in paths})
    size = sum(natives.headers[path].size for path in paths)
    tag = _tag(natives)
    return problem(
        paths,
        f"{quoted(min(paths))} is built for {' and '.join(pythons)}, which the tags {quoted(tag)} exclude, "
        "beside the module for the Python of the tags; such modules take "
        f"{sized(size)} of the unpacked wheel",
        "an earlier build left it there: delete the folder build/ and the modules in the source folders "
        "('git clean -Xdn' lists them), and build the wheel again",
        severity=Severity.WARNING,
        key="left-over",
        data={"size": size, "suffix": natives.suffixes[min(paths)].text, "tag": tag},
    )


def _owner(suffix: Suffix) -> Claim:
    return Claim(suffix.implementation, suffix.version, suffix.flags)


def _tag(natives: Natives) -> str:
    return natives.wheel.stem.split("-", 2)[-1]


_FREE_THREADED = (3, 13)
"""The first CPython that has a free-threaded build, which also installs wheels with the ABI tag none."""


def _any_abi(natives: Natives) -> Iterator[Problem]:
    """Judge extension modules in a wheel with the ABI tag none, which promises every ABI of its Pythons."""
    if natives.tags is None or natives.tags.abis != {"none"}:
        return
    promised = [each for each in natives.claims if each.implementation in ("", "cp")]
    every = [each for each in promised if each.open and not _allows_one_python(natives)]
    threaded = [each for each in promised if not each.open and each.version >= _FREE_THREADED]
    bound: dict[str, tuple[str, ...]] = {}
    stable: list[str] = []
    unthreaded: list[str] = []
    for stem, builds in natives.modules.items():
        paths = [path for path in builds if _is_right(natives, path) and _uses_python(natives, path)]
        exact = {natives.suffixes[path].implementation for path in paths} - {"", "abi3"}
        if not paths or f"{stem}.py" in natives.wheel.files:
            continue
        if every and not exact:
            bound |= {path: names for path in paths if (names := _of_one_python(natives, path))}
            stable += paths
        elif not any("t" in natives.suffixes[path].flags for path in paths):
            for path in paths:
                if any(each.admits(natives.suffixes[path]) for each in threaded):
                    unthreaded.append(path)
    tag = _tag(natives)
    if bound:
        first = min(bound)
        yield problem(
            bound,
            f"{quoted(first)} needs {listed(bound[first])}, so it works only with the Python that it was "
            f"built for, but the tags {quoted(tag)} promise {' and '.join(sorted(map(str, every)))}",
            "tag the wheel for the Python and the ABI of the build, such as cp312-cp312",
            key="none",
            data={"tag": tag, "needs": bound[first][0], "expected": sorted(map(str, every))},
        )
    elif stable:
        yield problem(
            stable,
            f"{quoted(min(stable))} uses the stable ABI of CPython, but the tags {quoted(tag)} also promise "
            "other interpreters and free-threaded CPython",
            "tag the wheel cp3X-abi3, where 3.X is the version in Py_LIMITED_API",
            severity=Severity.WARNING,
            key="none/abi3",
            data={"tag": tag, "expected": ["abi3"]},
        )
    if unthreaded:
        version = "".join(map(str, threaded[0].version))
        others = sorted(f"free-threaded {each}" for each in threaded)
        yield problem(
            unthreaded,
            f"{quoted(min(unthreaded))} is not built for {' and '.join(others)}, but the tags {quoted(tag)} "
            "also include that Python, because the ABI is 'none'",
            f"tag the wheel cp{version}-cp{version}; if maturin built it, update maturin",
            severity=Severity.WARNING,
            key="none/free-threaded",
            data={"tag": tag, "expected": others},
        )


def _uses_python(natives: Natives, path: str) -> bool:
    """Return whether a module calls Python; the init function of a library for ctypes may do nothing."""
    header = natives.headers[path]
    return not header.unread and any(
        image.undefined or any(_PYTHON_DLL.fullmatch(each.lower()) for each in image.needed)
        for image in header.images
    )


def _of_one_python(natives: Natives, path: str) -> tuple[str, ...]:
    """Return the symbols outside the stable ABI, or else the libraries of one Python, that a module needs."""
    images = natives.headers[path].images
    symbols = {name for image in images for name in image.undefined} - _stable().keys() - _HARMLESS
    libraries = [each for image in images for each in image.needed if _PYTHON_DLL.fullmatch(each.lower())]
    return tuple(sorted(symbols)) or tuple(libraries)


def _allows_one_python(natives: Natives) -> bool:
    """Return whether Requires-Python allows only one minor version of Python."""
    metadata = natives.wheel.metadata
    required = read_requires_python((metadata.first("Requires-Python") or "") if metadata else "")
    return required is not None and sum(required.allows(3, minor) for minor in range(_LATEST_MINOR)) == 1


_LATEST_MINOR = 40
"""The minor version of Python up to which Requires-Python is tried. Chosen: one follows each year."""


def _stem(natives: Natives, path: str) -> str:
    return path[: -len(natives.suffixes[path].text)]


def _is_right(natives: Natives, path: str) -> bool:
    """Return whether a module's content is for a platform of the tags; other rules report if not."""
    header = natives.headers[path]
    return header.format in natives.formats and bool(header.architectures & natives.architectures)


_MUSL_SUFFIXES = (3, 10)
"""The first Python whose module suffixes distinguish musl."""


def _is_on(natives: Natives, suffix: Suffix) -> bool:
    """Return whether a platform of the tags has a suffix."""
    if not suffix.system:
        return True
    for platform in natives.platforms:
        if suffix.system != platform.system:
            continue
        if suffix.machine and suffix.machine not in platform.architectures:
            continue
        is_libc_known = suffix.libc and platform.libc and suffix.version >= _MUSL_SUFFIXES
        if is_libc_known and platform.libc == "glibc" and suffix.libc == "musl":
            continue
        return True
    return False


def _too_narrow(natives: Natives, named: list[Suffix]) -> Severity | None:
    """Return the severity if modules for only one Python are in a wheel for that and later Pythons."""
    exact = {(each.implementation, each.version, each.flags) for each in named}
    if len(exact) != 1 or any(each.implementation == "abi3" for each in named):
        return None
    if not any(claim.open for claim in natives.claims):
        return None
    return Severity.WARNING if _allows_one_python(natives) else Severity.ERROR


def _wrong_interpreter(natives: Natives) -> Iterator[Problem]:
    """Judge the interpreter that extension modules for Windows need, if their suffixes do not name it."""
    if "windows" not in natives.systems or any(claim.open for claim in natives.claims):
        return
    wrong: dict[str, list[str]] = {}
    for path, suffix in natives.suffixes.items():
        if suffix.implementation or natives.headers[path].format != "pe":
            continue
        for library in natives.headers[path].needed:
            match = _PYTHON_DLL.fullmatch(library.lower())
            if match is None:
                continue
            asked = Suffix("", "cp", (int(match[1]), int(match[2])), f"{match[3]}{'d' if match[4] else ''}")
            if not any(claim.admits(asked) for claim in natives.claims):
                wrong.setdefault(library, []).append(path)
    for library, paths in wrong.items():
        yield problem(
            paths,
            f"{quoted(min(paths))} is linked with {quoted(library)}, but the wheel is for "
            f"{listed(sorted(map(str, natives.claims)))}",
            "build the wheel with the Python of its tag",
            key=library,
            data={"needs": library, "expected": sorted(map(str, natives.claims))},
        )


# The stable ABI


@cache
def _stable() -> dict[str, tuple[int, ...]]:
    """Return the symbols of the stable ABI, and the version that added each."""
    return {
        name: tuple(map(int, version.split(".")))
        for version, names in load("abi3").values.items()
        for name in names
    }


_OLDER = {
    name: version
    for version, names in (
        (
            (3, 3),
            "PyUnicode_AsUTF8AndSize PyUnicode_AsUTF8 PyObject_GenericGetDict PyBuffer_FillInfo "
            "PyBuffer_FromContiguous PyBuffer_GetPointer PyBuffer_IsContiguous PyBuffer_Release "
            "PyBuffer_SizeFromFormat PyBuffer_ToContiguous PyMemoryView_FromBuffer PyObject_CheckBuffer "
            "PyObject_CopyData PyObject_GetBuffer PyMarshal_ReadObjectFromString "
            "PyMarshal_WriteObjectToString PySys_GetObject",
        ),
        ((3, 8), "PyVectorcall_Call PyIndex_Check PyIter_Check PyInterpreterState_GetID"),
        (
            (3, 9),
            "PyObject_Vectorcall PyObject_VectorcallMethod PyObject_CallNoArgs PyFrame_GetCode "
            "PyType_FromModuleAndSpec PyType_GetModule PyType_GetModuleState PyThreadState_GetFrame "
            "PyThreadState_GetID PyThreadState_GetInterpreter PyInterpreterState_Get",
        ),
    )
    for name in names.split()
}
"""Functions that CPython had before they joined the stable ABI, with the first version sure to have them."""

_HARMLESS = frozenset({"Py_XDECREF"})
"""Functions that compilers inline; a build without optimization defines them in the module that uses them."""

# Clauses of Requires-Python that exclude older versions.
_FLOOR = re.compile(r"(?:>=|~=|==)\s*(\d)\.(\d{1,2})")


def _baseline(natives: Natives) -> tuple[int, ...] | None:
    """Return the oldest Python that the tags and Requires-Python allow."""
    versions = [claim.version for claim in natives.claims if claim.open and len(claim.version) == 2]
    if not versions:
        return None
    metadata = natives.wheel.metadata
    required = (metadata.first("Requires-Python") or "") if metadata else ""
    floors = [(int(match[1]), int(match[2])) for match in _FLOOR.finditer(required[:200])]
    return max([*versions, *floors])


def abi3_violation(natives: Natives) -> Iterator[Problem]:
    """Judge the symbols of Python that extension modules for the stable ABI use."""
    if not natives.is_sound or natives.tags is None or "abi3" not in natives.tags.abis:
        return
    baseline = _baseline(natives)
    if baseline is None:
        return
    own = {name for header in natives.headers.values() for image in header.images for name in image.defined}
    foreign: dict[Severity, dict[str, list[str]]] = {}
    newer: dict[Severity, dict[str, list[str]]] = {}
    versioned: dict[str, list[str]] = {}
    exact = {path for path, suffix in natives.suffixes.items() if suffix.implementation not in ("", "abi3")}
    stable = natives.loaded_by(path for path in natives.suffixes if path not in exact) - exact
    is_hidden = any(natives.headers[path].unread for path in natives.fitting)
    for path in sorted(stable & natives.fitting.keys()):
        for image in natives.headers[path].images:
            bound = [each for each in (*image.needed, *image.optional) if _PYTHON_DLL.fullmatch(each.lower())]
            for library in bound:
                versioned.setdefault(library, []).append(path)
            if bound:
                continue  # whatever it uses, it does not load on other versions
            for name in image.undefined:
                added = _stable().get(name)
                # It is a warning if a file that was not read, or an unknown library, may define the symbol.
                if added is None and name not in own and name not in _HARMLESS:
                    is_sure = not is_hidden and _has_nothing_else(natives, image)
                    level = Severity.ERROR if is_sure else Severity.WARNING
                    foreign.setdefault(level, {}).setdefault(name, []).append(path)
                elif added is not None and added > baseline:
                    level = _severity_of_newer(name, baseline, natives.headers[path].format)
                    newer.setdefault(level, {}).setdefault(name, []).append(path)
    said = ".".join(map(str, baseline))
    for library, paths in versioned.items():
        yield problem(
            paths,
            f"{quoted(min(paths))} is linked with {quoted(library)}, the library of one version of Python, "
            "instead of python3.dll, but the wheel is tagged abi3",
            "define Py_LIMITED_API and link with python3.lib",
            key=library,
            data={"needs": library, "expected": "python3.dll"},
        )
    for level, names in foreign.items():
        yield problem(
            [path for paths in names.values() for path in paths],
            f"{_first(names)} uses {listed(sorted(names), _MOST_LISTED)}, which the stable ABI does not have "
            f"(as of {load('abi3').date}), but the wheel is tagged abi3",
            "compile with Py_LIMITED_API defined everywhere, or tag the wheel for one Python",
            severity=level,
            key="/".join(sorted(names)),
            data={"symbols": sorted(names), "date": str(load("abi3").date)},
        )
    for level, names in newer.items():
        latest = ".".join(map(str, max(_stable()[name] for name in names)))
        yield problem(
            [path for paths in names.values() for path in paths],
            f"{_first(names)} uses {listed(sorted(names), _MOST_LISTED)}, which the stable ABI has only "
            f"since {latest}, but the wheel supports Python {said} and later",
            "set Py_LIMITED_API to the version of the tag, or tag the wheel "
            f"cp{latest.replace('.', '')}-abi3",
            severity=level,
            key="/".join(sorted(names)),
            data={"symbols": sorted(names), "python": latest, "lowest_python": said},
        )


def _severity_of_newer(name: str, baseline: tuple[int, ...], format: str) -> Severity:
    """Return the severity of a symbol that joined the stable ABI after the oldest Python of the tags.

    A function that older Pythons have too is found there, except in python3.dll.
    """
    had = _OLDER.get(name)
    is_there = had is not None and had <= baseline and format != "pe"
    return Severity.WARNING if is_there else Severity.ERROR


def _first(names: dict[str, list[str]]) -> str:
    return quoted(min(path for paths in names.values() for path in paths))


def _has_nothing_else(natives: Natives, image: Image) -> bool:
    """Return whether all libraries that an image needs are known, so only Python can define a symbol."""
    linux = [each for each in natives.platforms if each.system == "linux" and each.libc]
    return all(
        natives.has(each)
        or each.startswith(("/usr/lib/", "/System/Library/"))
        or (linux and is_of_linux(each, linux))
        or (natives.systems == {"windows"} and is_of_windows(each))
        for each in image.needed
    )
