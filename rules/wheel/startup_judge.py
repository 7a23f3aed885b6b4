"""The severity of a file that Python reads at every start, by its lines and the imported modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from pkgaudit.api import Severity, Summaries, counted, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.calls import does
from pkgaudit.rules._shared.entry_points import EntryPoint, Target
from pkgaudit.rules._shared.library import has
from pkgaudit.rules.wheel.entry_point_targets import judge_target
from pkgaudit.rules.wheel.imports import Packages
from pkgaudit.rules.wheel.imports_missing import requirements_of
from pkgaudit.rules.wheel.startup_code import Danger, StartCode
from pkgaudit.rules.wheel.startup_files import Line, StartFile

_MOST_MODULES = 200
"""Modules imported by the lines that are checked. A bound on hostile files; honest ones import one or two."""

_DEEPEST = 3
"""Imports that are followed from the module that a line names; an honest start needs few modules."""

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
    if name.startswith(".") and name.endswith(".start"):
        return None  # Python 3.15 reads no hidden files
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


def _reached(packages: Packages, module: str) -> Iterator[str]:
    """Yield the archive paths of the modules that an import of a module runs, the outermost package first.

    The imports of these modules are followed through the modules of the wheel, too.
    """
    seen: set[str] = set()
    pending = [module]
    for _ in range(_DEEPEST + 1):
        following: list[str] = []
        for name in pending:
            for found in packages.prefixes(name):
                if found.name in seen or len(seen) >= _MOST_MODULES:
                    continue
                seen.add(found.name)
                yield found.path
                for statement in packages.own_imports(found):
                    following += packages.imports_of(found, statement)
        pending = following


def _first_danger(
    packages: Packages, start: StartFile, codes: Summaries[StartCode]
) -> tuple[str, Danger] | None:
    """Return the first danger in the modules that a ``.pth`` imports, or in the functions that it calls."""
    for module in start.modules[:_MOST_MODULES]:
        for path in _reached(packages, module):
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
    own = packages.modules.get(module)
    for path in _reached(packages, module):
        code = codes.get(path)
        if code is None:
            continue
        is_named = own is not None and path == own.path
        danger = code.imported or (code.functions.get(function) if is_named else None)
        if danger is not None:
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
    if requirements.all.provide(top):
        what = f"makes Python 3.15 call {quoted(line.text)}, a function of a dependency, at every start"
        return Judged(Severity.WARNING, line.number, what, data)
    # A dependency may provide modules with any name; without dependencies the module is certain to be
    # missing.
    severity = Severity.WARNING if requirements.names or requirements.is_unreadable else Severity.ERROR
    what = f"names {quoted(line.text)}, a function in a module that is not in the wheel"
    return Judged(severity, line.number, what, data)
