"""What is said of modules that a Python cannot compile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from pkgaudit.api import Location, Problem, SetField, Severity, counted, quoted
from pkgaudit.rules.wheel.imports import Found, Packages, is_aside
from pkgaudit.rules.wheel.syntax_versions import Declared

SHOWN = 8
"""How many problems of a kind are said one by one; the rest is one more. Chosen: what fits on a screen."""


def folded(problems: list[Problem], what: str) -> Iterator[Problem]:
    """Yield the first few problems of a kind and one for all the others."""
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
    """Yield what is wrong with the syntax of a wheel's modules for the Pythons that it is declared for."""
    if not any(version[0] >= 3 for version in declared.versions):
        return  # the parser of Python 3 says nothing about Python 2
    running = sys.version_info[:2]
    reached = {**packages.imported, **packages.run}
    broken = [
        each
        for each in packages.modules.values()
        if each.tells is not None and each.tells.error and each.path not in packages.wheel.unread
    ]
    # An older Python than those of the wheel cannot tell newer syntax from a mistake.
    if broken and running not in declared.versions:
        yield _not_checked(broken, running)
    else:
        errors = [_cannot_be_compiled(each, running) for each in broken if each.name in reached]
        yield from folded(errors, "modules cannot be compiled")
        # Templates and modules for another Python are packed on purpose: one info for all.
        others = [each for each in broken if each.name not in reached and not is_aside(each.name)]
        if others:
            yield _compiled_by_nobody(others)
    yield from _too_new(packages, declared, reached)


def _not_checked(broken: list[Found], running: tuple[int, int]) -> Problem:
    first = broken[0]
    return Problem(
        f"{quoted(first.path)} is not checked: Python {_said(running)}, which runs the audit, cannot read it "
        f"and is none of the Pythons of the wheel ({counted(len(broken), 'module')})",
        Location(first.path, first.tells.error_line if first.tells else None),
        "run the audit with a Python that the wheel is for",
        Severity.INFO,
        key="unread",
        data={"path": first.path, "python": _said(running), "count": len(broken)},
    )


def _said(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _cannot_be_compiled(found: Found, running: tuple[int, int]) -> Problem:
    assert found.tells is not None
    return Problem(
        f"Python {_said(running)} cannot compile {quoted(found.path)}: {found.tells.error}",
        Location(found.path, found.tells.error_line),
        "correct the module; importing the package ends in a SyntaxError",
        key=found.path,
        data={"path": found.path, "python": _said(running), "error": found.tells.error},
    )


def _compiled_by_nobody(others: list[Found]) -> Problem:
    first = others[0]
    assert first.tells is not None
    more = f" (and {counted(len(others) - 1, 'more module')})" if len(others) > 1 else ""
    return Problem(
        f"{quoted(first.path)}{more} cannot be compiled, though nothing imports it for certain: "
        f"{first.tells.error}",
        Location(first.path, first.tells.error_line),
        "leave it out, or rename it if it is no module",
        Severity.INFO,
        key="not imported",
        data={"paths": [each.path for each in others], "error": first.tells.error},
    )


def _too_new(packages: Packages, declared: Declared, reached: Iterable[str]) -> Iterator[Problem]:
    """Yield one problem for all modules with syntax that the oldest declared Python does not have."""
    lowest = declared.lowest
    if lowest is None:
        return  # without Requires-Python nothing is promised
    features = [
        (found.tells.feature, found.path)
        for found in map(packages.modules.__getitem__, reached)
        if found.tells is not None
        and found.tells.feature is not None
        and found.tells.feature.version > lowest
    ]
    if not features:
        return
    newest = max(feature.version for feature, _ in features)
    feature, path = min(each for each in features if each[0].version == newest)
    files = counted(len(features) - 1, "more module") + " with newer syntax"
    yield Problem(
        f"{quoted(path)} has {feature.name}, which needs Python {_said(newest)}, and Requires-Python allows "
        f"{_said(lowest)}{f' (and {files})' if len(features) > 1 else ''}",
        Location(path, feature.line),
        SetField("Requires-Python", f"write '>={_said(newest)}', or do without it"),
        key="newer syntax",
        data={
            "paths": [path, *(each for _, each in features if each != path)],
            "feature": feature.name,
            "python": _said(newest),
            "lowest_python": _said(lowest),
        },
    )
