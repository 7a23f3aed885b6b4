"""The problems of modules that a Python cannot compile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from pkgaudit.api import Construct, Location, Problem, SetField, Severity, counted, quoted
from pkgaudit.rules.wheel.imports import Found, Packages, is_aside
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.syntax_faults import Fault
from pkgaudit.rules.wheel.syntax_versions import Declared, Version, said

SHOWN = 8
"""The most problems of a kind; the last one summarizes the rest. Chosen: as many as fit on a screen."""


def folded(problems: list[Problem], what: str, field: str | None = None) -> Iterator[Problem]:
    """Yield the first few problems of a kind, and one problem for all others.

    ``field`` is the entry of their data with the path that the last one lists, instead of the location.
    """
    rest = problems[SHOWN - 1 :] if len(problems) > SHOWN else []
    yield from problems[: len(problems) - len(rest)]
    if rest:
        paths = [str(each.data[field]) if field else each.location.member or "" for each in rest]
        names = ", ".join(quoted(each, 60) for each in islice(dict.fromkeys(paths), 3))
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
    reached = {**packages.imported, **packages.run}
    broken = [
        each
        for each in packages.modules.values()
        if each.summary is not None and each.summary.error and each.path not in packages.wheel.unread
    ]
    is_supported = _RUNNING in declared.versions
    if broken and not is_supported and not _KNOWN & declared.versions:
        # A Python that the wheel does not support cannot distinguish syntax that nobody knows from an error.
        yield _not_checked(broken)
        broken = []
    judge = _cannot_be_compiled if is_supported else _cannot_be_read
    errors = [judge(each, each.summary) for each in broken if each.summary and each.name in reached]
    others = [(each, each.summary.error or "", each.summary.error_line) for each in broken if each.summary]
    for each in packages.modules.values():
        fault = each.summary.fault if each.summary is not None else None
        if fault is None or max(declared.versions) < fault.since:
            continue
        if each.name in reached:
            errors.append(_cannot_be_compiled_by_any(each, fault))
        elif fault.since[1] == 0:
            others.append((each, fault.text, fault.line))
    yield from folded(errors, "modules cannot be compiled")
    # Templates, and modules for another Python, are included on purpose: one finding for all of them.
    others = [each for each in others if each[0].name not in reached and not is_aside(each[0].name)]
    if others:
        yield _compiled_by_nobody(others)
    yield from _too_new(packages, declared, reached)


_RUNNING: Version = sys.version_info[:2]

_LATEST = max(_RUNNING, *(each.since for each in Construct))
"""The newest Python whose constructs are known."""

# Until Python 3.6, `async` and `await` were names.
_KNOWN = frozenset((3, minor) for minor in range(7, _LATEST[1] + 1))
"""The Pythons whose texts can be read by any other."""


def _not_checked(broken: list[Found]) -> Problem:
    first = broken[0]
    return Problem(
        f"{quoted(first.path)} was not checked, because Python {said(_RUNNING)}, which runs the audit, "
        f"cannot parse it, and the wheel does not support this Python ({counted(len(broken), 'module')}): "
        "run the audit with a Python that the wheel supports",
        Location(first.path),
        key="unread",
        unjudged=True,
    )


_CORRECT = "correct the module; importing it fails with a SyntaxError"


def _cannot_be_compiled(found: Found, summary: Module) -> Problem:
    return Problem(
        f"{quoted(found.path)} cannot be compiled by Python {said(_RUNNING)}: {summary.error}",
        Location(found.path, summary.error_line),
        _CORRECT,
        key=found.path,
        data={"path": found.path, "python": said(_RUNNING), "error": summary.error},
    )


def _cannot_be_read(found: Found, summary: Module) -> Problem:
    """Return the problem of a module that was read only by a Python that the wheel does not support."""
    return Problem(
        f"{quoted(found.path)} cannot be compiled by any Python up to {said(_LATEST)}, as far as Python "
        f"{said(_RUNNING)} can judge: {summary.error}",
        Location(found.path, summary.error_line),
        "correct the module, or run the audit with a Python that the wheel supports",
        Severity.WARNING,
        key=found.path,
        data={"path": found.path, "python": said(_RUNNING), "error": summary.error},
    )


def _cannot_be_compiled_by_any(found: Found, fault: Fault) -> Problem:
    by = f" by Python {said(fault.since)} and later" if fault.since[1] else ""
    return Problem(
        f"{quoted(found.path)} cannot be compiled{by}: {fault.text}",
        Location(found.path, fault.line),
        _CORRECT,
        key=found.path,
        data={"path": found.path, "error": fault.text},
    )


def _compiled_by_nobody(others: list[tuple[Found, str, int | None]]) -> Problem:
    first, error, line = others[0]
    more = f" (like {counted(len(others) - 1, 'more module')})" if len(others) > 1 else ""
    return Problem(
        f"{quoted(first.path)} cannot be compiled, but may never be imported{more}: {error}",
        Location(first.path, line),
        "leave it out, or rename it if it is not a module",
        Severity.INFO,
        key="not imported",
        data={"paths": [each.path for each, _, _ in others], "error": error},
    )


def _too_new(packages: Packages, declared: Declared, reached: Iterable[str]) -> Iterator[Problem]:
    """Yield one problem for all modules with syntax that the oldest allowed Python does not support."""
    # Without Requires-Python the wheel promises no version, but it is installed by Pythons that most users
    # have.
    lowest = declared.lowest or _USUAL
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
    feature, path = min(
        (each for each in features if each[0].version == newest), key=lambda each: (each[0].name, each[1])
    )
    files = counted(len(features) - 1, "more module") + " with newer syntax"
    allows = f"Requires-Python allows {said(lowest)}"
    if declared.lowest is None:
        allows = "the wheel has no Requires-Python"
    instead = "avoid the newer syntax"
    if feature.construct is Construct.EXCEPT_SEVERAL:
        # Python 2 has the same text with another meaning.
        instead = "write 'except (A, B)'; Python 2's 'except A, e' is 'except A as e' today"
    yield Problem(
        f"{quoted(path)} has {feature.name}, which needs Python {said(newest)}, but {allows}"
        f"{f' (and {files})' if len(features) > 1 else ''}",
        Location(path, feature.line),
        SetField("Requires-Python", f"write '>={said(newest)}', or {instead}"),
        key="newer syntax",
        data={
            "paths": [path, *(each for _, each in features if each != path)],
            "feature": feature.name,
            "python": said(newest),
            **({"lowest_python": said(declared.lowest)} if declared.lowest else {}),
        },
    )


_USUAL: Version = (3, 13)
"""A Python that is older than the newest ones, and whose users are many. Chosen."""
