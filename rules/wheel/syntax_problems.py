"""The problems of modules that a Python cannot compile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from pkgaudit.api import Location, Problem, SetField, Severity, counted, quoted
from pkgaudit.rules.wheel.imports import Found, Packages, is_aside
from pkgaudit.rules.wheel.syntax_versions import Declared

SHOWN = 8
"""The most problems of a kind; the last one summarizes the rest. Chosen: as many as fit on a screen."""


def folded(problems: list[Problem], what: str) -> Iterator[Problem]:
    """Yield the first few problems of a kind, and one problem for all others."""
    rest = problems[SHOWN - 1 :] if len(problems) > SHOWN else []
    yield from problems[: len(problems) - len(rest)]
    if rest:
        names = ", ".join(quoted(each.location.member or "", 60) for each in rest[:3])
        paths = [each.location.member or "" for each in rest]
        yield Problem(
            f"{len(rest):,} more {what}: {names} …",
            severity=rest[0].severity,
            key="more",
            data={"count": len(rest), "paths": paths},
        )


def syntax_problems(packages: Packages, declared: Declared) -> Iterator[Problem]:
    """Yield the syntax problems of a wheel's modules on the Pythons that the wheel supports."""
    if not any(version[0] >= 3 for version in declared.versions):
        return  # the parser of Python 3 cannot judge Python 2
    running = sys.version_info[:2]
    reached = {**packages.imported, **packages.run}
    broken = [
        each
        for each in packages.modules.values()
        if each.summary is not None and each.summary.error and each.path not in packages.wheel.unread
    ]
    # A Python that the wheel does not support cannot distinguish newer syntax from an error.
    if broken and running not in declared.versions:
        yield _not_checked(broken, running)
    else:
        errors = [_cannot_be_compiled(each, running) for each in broken if each.name in reached]
        yield from folded(errors, "modules cannot be compiled")
        # Templates, and modules for another Python, are included on purpose: one finding for all of them.
        others = [each for each in broken if each.name not in reached and not is_aside(each.name)]
        if others:
            yield _compiled_by_nobody(others)
    yield from _too_new(packages, declared, reached)


def _not_checked(broken: list[Found], running: tuple[int, int]) -> Problem:
    first = broken[0]
    return Problem(
        f"{quoted(first.path)} was not checked, because Python {_said(running)}, which runs the audit, "
        f"cannot parse it, and the wheel does not support this Python ({counted(len(broken), 'module')}): "
        "run the audit with a Python that the wheel supports",
        Location(first.path),
        key="unread",
        unjudged=True,
    )


def _said(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _cannot_be_compiled(found: Found, running: tuple[int, int]) -> Problem:
    assert found.summary is not None
    return Problem(
        f"{quoted(found.path)} cannot be compiled by Python {_said(running)}: {found.summary.error}",
        Location(found.path, found.summary.error_line),
        "correct the module; importing it fails with a SyntaxError",
        key=found.path,
        data={"path": found.path, "python": _said(running), "error": found.summary.error},
    )


def _compiled_by_nobody(others: list[Found]) -> Problem:
    first = others[0]
    assert first.summary is not None
    more = f" (like {counted(len(others) - 1, 'more module')})" if len(others) > 1 else ""
    return Problem(
        f"{quoted(first.path)} cannot be compiled, but may never be imported{more}: {first.summary.error}",
        Location(first.path, first.summary.error_line),
        "leave it out, or rename it if it is not a module",
        Severity.INFO,
        key="not imported",
        data={"paths": [each.path for each in others], "error": first.summary.error},
    )


def _too_new(packages: Packages, declared: Declared, reached: Iterable[str]) -> Iterator[Problem]:
    """Yield one problem for all modules with syntax that the oldest allowed Python does not support."""
    lowest = declared.lowest
    if lowest is None:
        return  # without Requires-Python the wheel promises no version
    features = [
        (found.summary.feature, found.path)
        for found in map(packages.modules.__getitem__, reached)
        if found.summary is not None
        and found.summary.feature is not None
        and found.summary.feature.version > lowest
    ]
    if not features:
        return
    newest = max(feature.version for feature, _ in features)
    feature, path = min(each for each in features if each[0].version == newest)
    files = counted(len(features) - 1, "more module") + " with newer syntax"
    yield Problem(
        f"{quoted(path)} has {feature.name}, which needs Python {_said(newest)}, but Requires-Python allows "
        f"{_said(lowest)}{f' (and {files})' if len(features) > 1 else ''}",
        Location(path, feature.line),
        SetField("Requires-Python", f"write '>={_said(newest)}', or avoid the newer syntax"),
        key="newer syntax",
        data={
            "paths": [path, *(each for _, each in features if each != path)],
            "feature": feature.name,
            "python": _said(newest),
            "lowest_python": _said(lowest),
        },
    )
