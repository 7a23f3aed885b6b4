"""The severity of a file that Python reads at every start, by its lines and the imported modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from pkgaudit.api import Severity, Summaries, Wheel, counted, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.calls import does
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.library import has
from pkgaudit.rules.wheel.startup_code import Danger, StartCode
from pkgaudit.rules.wheel.startup_files import Line, StartFile

_MOST_MODULES = 200
"""Modules imported by the lines that are checked. A bound on hostile files; honest ones import one or two."""

_WITH_START_FILES = (3, 15)
"""The first Python that reads ``.start`` files."""


@dataclass(frozen=True)
class Judged:
    """The severity of a file, the line of the fault, the predicate of the message, and its values."""

    severity: Severity
    line: int | None
    what: str
    data: Mapping[str, str] = field(default_factory=dict, compare=False)


def judge(wheel: Wheel, name: str, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    """Return the judgment of a ``.pth`` or ``.start`` file, None if it does nothing."""
    if name.startswith(".") and name.endswith(".start"):
        return None  # Python 3.15 reads no hidden files
    found = _judge(wheel, name, start, codes)
    if found is None:
        return None
    if name.startswith("."):
        return replace(found, what=f"{found.what}; Python 3.13 and later do not read hidden files")
    if start.is_indented:
        return replace(found, what=f"{found.what}; only Python 3.15 and later run indented lines")
    return found


def _judge(wheel: Wheel, name: str, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    if start.worst is not None:
        line_number, what = start.worst
        return Judged(Severity.ERROR, line_number, what)
    if name.endswith(".start"):
        return _judge_start(wheel, start, codes)
    if start.count:
        first = start.runs[0]
        runs = f"runs code at every start of Python: {quoted(first.text)}"
        if start.danger is not None:
            line = next((each for each in start.runs if each.number == start.danger.line), first)
            runs = f"runs code at every start of Python: {quoted(line.text)}"
            data = {"code": _shown(line.text), **_data_of(start.danger)}
            return Judged(Severity.ERROR, start.danger.line, f"{runs}; it {_does(start.danger)}", data)
        found = _first_danger(wheel, start, codes)
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


def _paths(wheel: Wheel, module: str) -> Iterator[str]:
    """Yield the archive paths of the files that an import of a module runs, the outermost package first."""
    importable = installation_of(wheel).importable
    # 20 bounds the time on hostile names.
    parts = module.split(".")[:20]
    for end in range(1, len(parts) + 1):
        stem = "/".join(parts[:end])
        for path in (f"{stem}/__init__.py", f"{stem}.py"):
            if path in importable:
                yield importable[path].entry.path
                break


def _first_danger(wheel: Wheel, start: StartFile, codes: Summaries[StartCode]) -> tuple[str, Danger] | None:
    """Return the first danger in the modules that a ``.pth`` imports, or in the functions that it calls."""
    for module in start.modules[:_MOST_MODULES]:
        for path in _paths(wheel, module):
            code = codes.get(path)
            if code is None:
                continue
            if code.imported is not None:
                return path, code.imported
            for use in start.uses:
                function = code.functions.get(use.rpartition(".")[2])
                if function is not None and _belongs(use, module):
                    return path, function
    return None


def _belongs(use: str, module: str) -> bool:
    """Return whether a called name may be a function of a module; the name may be without its module."""
    above = use.rpartition(".")[0]
    return above in ("", module) or module == use


def _judge_start(wheel: Wheel, start: StartFile, codes: Summaries[StartCode]) -> Judged | None:
    if not start.runs:
        return None
    for line in start.runs:
        found = _judge_function(wheel, line, codes)
        if found is not None:
            return found
    first = start.runs[0]
    what = f"makes Python 3.15 call {quoted(first.text)} at every start"
    more = f" (and {counted(start.count - 1, 'other function')})" if start.count > 1 else ""
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
                f"makes Python 3.15 call {quoted(line.text)} at every start; {quoted(path)} {_does(danger)} "
                f"in line {danger.line}",
                {"code": _shown(line.text), "imports": path, **_data_of(danger)},
            )
    # The code of a function in the standard library, or in a compiled module, is not known.
    top = module.partition(".")[0]
    if _is_there(wheel, module) or has(top, _WITH_START_FILES) or top.startswith("_"):
        return None
    needs = _dependencies(wheel)
    if normalize(top) in needs:
        return None
    # A dependency may provide modules with any name; without dependencies the module is certain to be
    # missing.
    severity = Severity.WARNING if needs else Severity.ERROR
    what = f"names {quoted(line.text)}, a function in a module that is not in the wheel"
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
