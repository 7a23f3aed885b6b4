"""The severity of a file that Python reads at every start, by its lines and the imported modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain

from pkgaudit.api import Severity, Summaries, counted, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.calls import does
from pkgaudit.rules._shared.entry_points import EntryPoint, Target
from pkgaudit.rules._shared.import_names import (
    distributions_of,
    hosts,
    is_named_after,
    project_of,
    with_theirs,
)
from pkgaudit.rules._shared.library import has
from pkgaudit.rules.wheel.entry_point_targets import judge_target
from pkgaudit.rules.wheel.imports import Found, Packages
from pkgaudit.rules.wheel.imports_missing import Requirements, requirements_of
from pkgaudit.rules.wheel.startup_code import ON_IMPORT, Danger, StartCode
from pkgaudit.rules.wheel.startup_files import Line, StartFile

_MOST_PLACES = 200
"""Modules and functions that the lines reach and that are checked. A bound on hostile files; honest ones
import one or two modules."""

_MOST_STARS = 5
"""The modules in which a name is looked for that an ``import *`` may have bound; bounds the time."""

_DEEPEST = 3
"""Imports and calls that are followed from the module that a line names; an honest start needs few."""

_NOTHING = StartCode(None, {})
"""The summary of a module without calls."""

_WITH_START_FILES = (3, 15)
"""The first Python that reads ``.start`` files."""


@dataclass(frozen=True)
class Judged:
    """The severity of a file, the line of the fault, the predicate of the message, and its values."""

    severity: Severity
    line: int | None
    what: str
    data: Mapping[str, str] = field(default_factory=dict, compare=False)


def judge(packages: Packages, name: str, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    """Return the judgment of a ``.pth`` or ``.start`` file, None if it does nothing."""
    found = _judge(packages, name, start, codes)
    if found is None:
        return None
    if name.startswith("."):
        return replace(found, what=f"{found.what}; Python 3.13 and later do not read hidden files")
    if start.is_indented:
        return replace(found, what=f"{found.what}; only Python 3.15 and later run indented lines")
    return found


def _judge(packages: Packages, name: str, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    if start.worst is not None:
        line_number, what = start.worst
        return Judged(Severity.ERROR, line_number, what)
    if name.endswith(".start"):
        return _judge_start(packages, start, codes)
    if start.count:
        first = start.runs[0]
        runs = f"runs code at every start of Python: {quoted(first.text)}"
        if start.danger is not None:
            line = next((each for each in start.runs if each.number == start.danger.line), first)
            runs = f"runs code at every start of Python: {quoted(line.text)}"
            data = {"code": _shown(line.text), **_data_of(start.danger)}
            return Judged(Severity.ERROR, start.danger.line, f"{runs}; it {_does(start.danger)}", data)
        found = _first_danger(packages, start, codes)
        if found is not None:
            path, danger = found
            return Judged(
                Severity.ERROR,
                first.number,
                f"{runs}; the imported {quoted(path)} {_does(danger)} in line {danger.line}",
                {"code": _shown(first.text), "imports": path, **_data_of(danger)},
            )
        # coverage, setuptools and pywin32 do this on purpose: users allow such files by their content.
        return Judged(Severity.WARNING, first.number, runs, {"code": _shown(first.text)})
    if start.outside is not None:
        line = start.outside
        return Judged(
            Severity.WARNING,
            line.number,
            f"adds {quoted(line.text)}, which is outside site-packages, to the import path",
            {"value": _shown(line.text)},
        )
    if not start.is_text:
        return Judged(Severity.WARNING, None, "is not text, although Python reads it at every start")
    if start.paths:
        more = f" and {len(start.paths) - 1} more" if len(start.paths) > 1 else ""
        what = f"adds {quoted(start.paths[0])}{more} to the import path"
        return Judged(Severity.INFO, None, what, {"value": _shown(start.paths[0])})
    return None


def _data_of(danger: Danger) -> dict[str, str]:
    return {"kind": danger.kind, "call": danger.name}


_CUT = 200
"""The length in characters to which `startup_files` cuts lines and paths."""


def _shown(text: str) -> str:
    """Return a text as data. A cut text ends in "…", so a secret there is still masked."""
    return text if len(text) != _CUT else f"{text}…"


def _does(danger: Danger) -> str:
    return f"{does(danger.kind)} ({danger.name})"


def _reached(
    packages: Packages, codes: Summaries[StartCode], imports: Iterable[str], calls: Iterable[str]
) -> Iterator[tuple[str, Danger]]:
    """Yield the dangers of imported modules and called functions, with the paths of their modules.

    The imports and calls in these are followed through the modules of the wheel, the nearest ones first.
    """
    seen: set[tuple[str, str]] = set()
    pending = [*((name, False) for name in imports), *((name, True) for name in calls)]
    for _ in range(_DEEPEST + 1):
        following: list[tuple[str, bool]] = []
        for name, is_call in pending:
            for found, function in _places(packages, codes, name, is_call):
                if (found.name, function) in seen or len(seen) >= _MOST_PLACES:
                    continue
                seen.add((found.name, function))
                code = codes.get(found.path, _NOTHING)
                danger = code.imported if function == ON_IMPORT else code.functions.get(function)
                if danger is not None:
                    yield found.path, danger
                if function == ON_IMPORT:
                    imported = (packages.imports_of(found, each) for each in packages.own_imports(found))
                    following += ((each, False) for each in chain.from_iterable(imported))
                following += ((each, True) for each in code.calls.get(function, ()))
        pending = following


def _places(
    packages: Packages, codes: Summaries[StartCode], name: str, is_call: bool
) -> Iterator[tuple[Found, str]]:
    """Yield the modules that an import of a name runs, and the function if the name is that of one."""
    for _ in range(_DEEPEST if is_call else 0):
        if name in packages.modules:
            break
        module, _, function = name.rpartition(".")
        found = packages.modules.get(module)
        if found is None:
            return
        for each in packages.prefixes(module):
            yield each, ON_IMPORT
        # The module may have the function from another one.
        name = codes.get(found.path, _NOTHING).names.get(function, "")
        if not name:
            yield found, function
            return
    for each in packages.prefixes(name):
        yield each, ON_IMPORT


def _first_danger(
    packages: Packages, start: StartFile, codes: Summaries[StartCode]
) -> tuple[str, Danger] | None:
    """Return the first danger in the modules that a ``.pth`` imports, or in the functions that it calls."""
    calls = [each for each in start.uses if "." in each]
    bare = [each for each in start.uses if "." not in each]
    calls += [f"{module}.{name}" for module in start.modules[:_MOST_STARS] for name in bare]
    return next(_reached(packages, codes, start.modules, calls), None)


def _judge_start(packages: Packages, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    if not start.runs:
        return None
    for line in start.runs:
        found = _judge_function(packages, line, codes)
        if found is not None:
            return found
    first = start.runs[0]
    what = f"makes Python 3.15 call {quoted(first.text)} at every start"
    more = f" (and {counted(start.count - 1, 'other function')})" if start.count > 1 else ""
    return Judged(Severity.WARNING, first.number, f"{what}{more}", {"code": _shown(first.text)})


def _judge_function(packages: Packages, line: Line, codes: Summaries[StartCode]) -> Judged | None:
    module, _, function = line.text.partition(":")
    reached = next(_reached(packages, codes, [module], [f"{module}.{function}"]), None)
    if reached is not None:
        path, danger = reached
        return Judged(
            Severity.ERROR,
            line.number,
            f"makes Python 3.15 call {quoted(line.text)} at every start; {quoted(path)} {_does(danger)} "
            f"in line {danger.line}",
            {"code": _shown(line.text), "imports": path, **_data_of(danger)},
        )
    data = {"code": _shown(line.text)}
    requirements = requirements_of(packages.wheel)
    top = module.partition(".")[0]
    if top in packages.tops:
        broken = judge_target(
            packages,
            requirements,
            EntryPoint("", "", line.number, line.text),
            Target(module, tuple(function.split("."))),
        )
        if broken is None:
            return None
        return Judged(Severity.ERROR, line.number, f"names {quoted(line.text)}, but {broken.what}", data)
    # The code of a function in the standard library, or in a compiled module, is not known.
    if has(top, _WITH_START_FILES) or top.startswith("_"):
        return None
    return _judge_foreign(requirements, line, top)


def _judge_foreign(requirements: Requirements, line: Line, top: str) -> Judged:
    """Judge a function in a module that another distribution provides, or none."""
    calls = f"makes Python 3.15 call {quoted(line.text)}, a function of"
    data = {"code": _shown(line.text)}
    known = {*distributions_of(top), *filter(None, [project_of(top)])}
    required = sorted(requirements.names)
    provider = next((each for each in required if each in known or is_named_after(each, top)), None)
    if provider is not None:
        what = f"{calls} the dependency {quoted(provider)}, at every start"
        return Judged(Severity.WARNING, line.number, what, {**data, "project": provider})
    theirs, is_complete = with_theirs(required)
    provider = next(iter(sorted(theirs & known)), None)
    if provider is not None:
        what = f"{calls} {quoted(provider)}, which a dependency requires, at every start"
        return Judged(Severity.WARNING, line.number, what, {**data, "project": provider})
    # A dependency whose own dependencies are unknown may bring the module, and modules may have any name.
    is_open = requirements.is_unreadable or requirements.asks_extras or top in hosts()
    is_certain = not is_open and (not required or (is_complete and bool(known)))
    severity = Severity.ERROR if is_certain else Severity.WARNING
    if not known:
        what = f"names {quoted(line.text)}, a function in a module that is not in the wheel"
        return Judged(severity, line.number, what, data)
    provider = min(known)
    what = f"names {quoted(line.text)}, a function of {quoted(provider)}, which the wheel does not require"
    return Judged(severity, line.number, what, {**data, "project": provider})
