"""How bad a file is that every start of Python reads: its own lines, and the modules that they import."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pkgaudit.api import Severity, Summaries, Wheel, counted, normalize, quoted
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules.wheel.startup_calls import does
from pkgaudit.rules.wheel.startup_code import Danger, StartCode
from pkgaudit.rules.wheel.startup_files import Line, StartFile

_MOST_MODULES = 200
"""Modules imported by the lines that are looked at: a bound on hostile files, since honest ones import one or
two."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How bad a file is, in which line, what is wrong with it, and the values that say so."""

    severity: Severity
    line: int | None
    what: str
    data: Mapping[str, str] = field(default_factory=dict, compare=False)


def judge(wheel: Wheel, name: str, told: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    """Return how bad a ``.pth`` or ``.start`` file is, None if there is nothing in it."""
    if told.worst is not None:
        line_number, what = told.worst
        return Judged(Severity.ERROR, line_number, what)
    if name.endswith(".start"):
        return _judge_start(wheel, told, codes)
    if told.count:
        first = told.runs[0]
        runs = f"runs code at every start of Python: {quoted(first.text)}"
        if told.danger is not None:
            line = next((each for each in told.runs if each.number == told.danger.line), first)
            runs = f"runs code at every start of Python: {quoted(line.text)}"
            data = {"code": _shown(line.text), **_data_of(told.danger)}
            return Judged(Severity.ERROR, told.danger.line, f"{runs}; it {_does(told.danger)}", data)
        found = _first_danger(wheel, told, codes)
        if found is not None:
            path, danger = found
            return Judged(
                Severity.ERROR,
                first.number,
                f"{runs}; {quoted(path)}, which that imports, {_does(danger)} in line {danger.line}",
                {"code": _shown(first.text), "imports": path, **_data_of(danger)},
            )
        # coverage, setuptools and pywin32 do so on purpose: a user allows them by their content.
        return Judged(Severity.WARNING, first.number, runs, {"code": _shown(first.text)})
    if told.outside is not None:
        line = told.outside
        return Judged(
            Severity.WARNING,
            line.number,
            f"adds {quoted(line.text)} to the path of imports, which is outside of site-packages",
            {"value": _shown(line.text)},
        )
    if not told.is_text:
        return Judged(Severity.WARNING, None, "is no text, and every start of Python reads it")
    if told.paths:
        more = f" and {len(told.paths) - 1} more" if len(told.paths) > 1 else ""
        what = f"adds {quoted(told.paths[0])}{more} to the path of imports"
        return Judged(Severity.INFO, None, what, {"value": _shown(told.paths[0])})
    return None


def _data_of(danger: Danger) -> dict[str, str]:
    return {"kind": danger.kind, "call": danger.name}


_CUT = 200
"""Characters after which `startup_files` cuts lines and paths."""


def _shown(text: str) -> str:
    """Return a text as data: what was cut ends in a sign of it, so that a secret there is still masked."""
    return text if len(text) != _CUT else f"{text}…"


def _does(danger: Danger) -> str:
    return f"{does(danger.kind)} ({danger.name})"


def _paths(wheel: Wheel, module: str) -> Iterator[str]:
    """Yield the paths in the archive of what an import of a module runs, the outermost package first."""
    importable = installation_of(wheel).importable
    # 20 bounds the time on hostile names.
    parts = module.split(".")[:20]
    for end in range(1, len(parts) + 1):
        stem = "/".join(parts[:end])
        for path in (f"{stem}/__init__.py", f"{stem}.py"):
            if path in importable:
                yield importable[path].entry.path
                break


def _first_danger(wheel: Wheel, told: StartFile, codes: Summaries[StartCode]) -> tuple[str, Danger] | None:
    """Return what the modules do that the lines of a ``.pth`` import, or the functions that they call."""
    for module in told.modules[:_MOST_MODULES]:
        for path in _paths(wheel, module):
            code = codes.get(path)
            if code is None:
                continue
            if code.imported is not None:
                return path, code.imported
            for use in told.uses:
                function = code.functions.get(use.rpartition(".")[2])
                if function is not None and _belongs(use, module):
                    return path, function
    return None


def _belongs(use: str, module: str) -> bool:
    """Return whether what is called may be a function of a module, which may be called by its bare name."""
    above = use.rpartition(".")[0]
    return above in ("", module) or module == use


def _judge_start(wheel: Wheel, told: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    if not told.runs:
        return None
    for line in told.runs:
        found = _judge_function(wheel, line, codes)
        if found is not None:
            return found
    first = told.runs[0]
    what = f"has every start of Python 3.15 call {quoted(first.text)}"
    more = f" and {counted(told.count - 1, 'other function')}" if told.count > 1 else ""
    return Judged(Severity.WARNING, first.number, f"{what}{more}", {"code": _shown(first.text)})


def _judge_function(wheel: Wheel, line: Line, codes: Summaries[StartCode]) -> Judged | None:
    module, _, function = line.text.partition(":")
    paths = list(_paths(wheel, module))
    for path in paths:
        code = codes.get(path)
        if code is None:
            continue
        danger = code.imported or (code.functions.get(function) if path == paths[-1] else None)
        if danger is not None:
            return Judged(
                Severity.ERROR,
                line.number,
                f"has every start of Python 3.15 call {quoted(line.text)}; {quoted(path)} {_does(danger)} "
                f"in line {danger.line}",
                {"code": _shown(line.text), "imports": path, **_data_of(danger)},
            )
    # A function of the standard library, or of a compiled module, cannot be looked into.
    if _is_there(wheel, module) or module.partition(".")[0] in sys.stdlib_module_names:
        return None
    needs = _dependencies(wheel)
    if normalize(module.partition(".")[0]) in needs:
        return None
    # A dependency may bring modules of any name; with none there is nobody to bring it.
    severity = Severity.WARNING if needs else Severity.ERROR
    what = f"names {quoted(line.text)}, a function of a module that is not in the wheel"
    return Judged(severity, line.number, what, {"code": _shown(line.text)})


def _is_there(wheel: Wheel, module: str) -> bool:
    stem = module.replace(".", "/")
    importable = installation_of(wheel).importable
    if f"{stem}.py" in importable or f"{stem}/__init__.py" in importable:
        return True
    return any(
        path.startswith((f"{stem}.", f"{stem}/")) and path.endswith((".so", ".pyd", ".pyc", ".py"))
        for path in importable
    )


def _dependencies(wheel: Wheel) -> set[str]:
    values = wheel.metadata.all("Requires-Dist") if wheel.metadata else []
    names = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", value) for value in values)
    return {normalize(name[0]) for name in names if name}
