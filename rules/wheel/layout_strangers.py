"""Top levels that do not belong in site-packages: common names, stray files, unrelated folders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import Exclude, Location, Problem, Severity, Summaries, Wheel, normalize, quoted
from pkgaudit.late import lazy
from pkgaudit.rules.wheel.layout_editable import is_editable
from pkgaudit.rules.wheel.layout_names import DEVELOPMENT, GENERIC, PREFIX, is_like, own_names, squeezed
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.top_levels import Top, tops_of

_MOST = 8
"""Findings that are reported one by one. Chosen: as many as fit on a screen."""

# Documents, settings and scripts that build backends pack together with modules at the root. Other files may
# be data that the module reads, so they are reported at info level.
_DOCUMENT = lazy(
    r"(?:readme|licen[cs]e|copying|notice|authors|contributors|contributing|changes|changelog|history|news|todo"
    r"|install|security|code_of_conduct|citation|manifest|makefile|dockerfile|justfile|pipfile|procfile)(?:[._-].*)?"
    r"|.*\.(?:md|rst|toml|cfg|ini|lock|adoc|ipynb|sh|bat|ps1|patch|diff)"
    r"|.*readme.*|(?:dev-?|test-?|.*[_-])?requirements.*\.txt|py\.typed",
    re.IGNORECASE,
)
# Headers of C, C++ and CUDA: only compilers read them, and search other folders for them.
_HEADER = lazy(r".*\.(?:h|hh|hpp|hxx|h\+\+|inl|cuh)", re.IGNORECASE)
_SOURCE = lazy(r".*\.(?:c|cc|cpp|cxx|cu|m|mm|pyx|pxd|pxi|f|f90|rs|go|java|js|ts)", re.IGNORECASE)
"""Sources of modules. Beside a compiled module of the same name they can be useful, as Cython's `.pxd` is."""
# Suffixes that the rules on stubs (WH113), on starts of Python (WH124), editable installations (WH114) and
# bytecode (SF104) cover.
_DOT_STUB = (".pyi", ".pth", ".start", ".egg-link", ".pyc", ".pyo", ".pyw")
_HOOK = frozenset({"sitecustomize", "usercustomize"})
_DEVELOPMENT = frozenset(
    [
        "test",
        "tests",
        "testing",
        "doc",
        "docs",
        "example",
        "examples",
        "demo",
        "demos",
        "benchmark",
        "benchmarks",
        "experiment",
        "experiments",
        "script",
        "scripts",
        "tutorial",
        "tutorials",
        "typings",
        "notebooks",
        "scratch",
        "playground",
    ]
)
"""Words in the names of development folders, which may import the project nevertheless."""
_POINT = lazy(rb"^\s*[^=\n\[#]{1,200}=\s*([\w.]{1,200})", re.MULTILINE)


def _entry_point_tops(wheel: Wheel) -> set[str]:
    """Return the top levels that entry points name."""
    # A megabyte bounds the time: the largest plug-in collections have some hundred entries.
    text = wheel.kept.get(f"{wheel.dist_info}/entry_points.txt", b"")[: 1 << 20]
    return {match.decode("utf-8", "replace").partition(".")[0] for match in _POINT.findall(text)}


def common_names(wheel: Wheel) -> Iterator[Problem]:
    """Yield problems for top levels with common names."""
    own = own_names(wheel)
    tops = [each for each in tops_of(wheel) if not each.is_beside and not each.name.startswith(".")]
    importable = [each for each in tops if each.module or each.is_folder]
    points = _entry_point_tops(wheel)
    prefix: list[Top] = []
    said = 0
    for top in tops:
        name = (top.name if top.is_folder else top.module).casefold()
        if not name or squeezed(name) in own or said >= _MOST:
            continue
        is_alone = len(importable) == 1
        is_used = is_alone and top.module in points
        # A folder with modules is a package, which is judged by its name below.
        if top.is_folder and not top.module and (name in PREFIX or name == "lib"):
            prefix.append(top)
            continue
        if name in DEVELOPMENT:
            # The project consists of this folder (`sample-tests`). 200 bounds the time on hostile names.
            is_meant = is_used or (is_alone and name in normalize(wheel.name)[:200].split("-"))
            severity = Severity.WARNING if is_meant else Severity.ERROR
            what = "many projects have such a development folder or module"
        elif name in GENERIC:
            severity = Severity.INFO if is_used else Severity.WARNING
            what = "many projects give this name to one of their parts"
        else:
            continue
        said += 1
        yield Problem(
            f"{quoted(top.place)} is installed into site-packages, where it can collide with the same name "
            f"in other projects; {what}",
            Location(top.place),
            Exclude(
                top.place,
                "if the project needs it, move it into the package; otherwise leave it out",
            ),
            severity,
            key=name,
            data={"path": top.place, "name": name},
        )
    if prefix:
        others = ", ".join(quoted(each.name) for each in prefix[1:_MOST])
        yield Problem(
            f"{quoted(prefix[0].place)} is installed into site-packages under the name of a folder of the "
            f"environment{f' (like {others})' if others else ''}",
            Location(prefix[0].place),
            "move it into the package, or let the build backend put it into the .data folder",
            Severity.WARNING,
            key="prefix",
            data={"paths": [each.place for each in prefix]},
        )


def stray_files(wheel: Wheel) -> Iterator[Problem]:
    """Yield problems for files directly in site-packages that are not modules."""
    documents: list[Top] = []
    others: list[Top] = []
    tops = tops_of(wheel)
    modules = {each.module for each in tops if each.module}
    for top in tops:
        name = top.name
        if top.is_folder or name.startswith(".") or is_editable(name):
            continue
        if re.fullmatch(r"__init__(?:\.[^/]+)?\.(?:py|so|pyd)", name):
            yield Problem(
                f"{quoted(top.place)} is installed directly into site-packages and turns it into a package",
                Location(top.place),
                Exclude(top.place),
                Severity.ERROR,
                key="__init__",
                data={"path": top.place},
            )
        elif name == "__main__.py":
            documents.append(top)
        elif top.module or top.is_library or name.lower().endswith((*_DOT_STUB, ".py")):
            continue
        elif len(name) >= 200:  # bounds the time of the expressions
            others.append(top)
        elif _DOCUMENT.fullmatch(name) or _HEADER.fullmatch(name):
            documents.append(top)
        elif name.partition(".")[0] not in modules:
            (documents if _SOURCE.fullmatch(name) else others).append(top)
    for found, severity in ((documents, Severity.WARNING), (others, Severity.INFO)):
        for top in found[: _MOST - 1] if len(found) > _MOST else found:
            yield Problem(
                f"{quoted(top.place)} is installed directly into site-packages, which all projects share",
                Location(top.place),
                Exclude(top.place),
                severity,
                key=top.name[:200],
                data={"path": top.place},
            )
        if len(found) > _MOST:
            rest = found[_MOST - 1 :]
            names = ", ".join(quoted(each.name) for each in rest[:3])
            yield Problem(
                f"{len(rest):,} more such files ({names} …) are installed directly into site-packages",
                fix="leave out these files in the same way",
                severity=severity,
                key="more",
                data={"count": len(rest), "paths": [each.place for each in rest]},
            )


def is_shadow_expected(wheel: Wheel, module: str) -> bool:
    """Return whether a project is named after a module of the standard library, as backports are."""
    tokens = normalize(wheel.name)[:200].split("-")
    wanted = squeezed(module)
    return wanted in own_names(wheel) or any(squeezed(each).rstrip("0123456789") == wanted for each in tokens)


def unrelated(wheel: Wheel, modules: Summaries[Module]) -> list[Top]:
    """Return the unrelated top levels, none if no top level matches the project's name."""
    own = own_names(wheel)
    tops = [each for each in tops_of(wheel) if (each.is_folder and not each.is_beside) or each.module]
    named = {each.module for each in tops if is_like(squeezed(each.module or each.name), own)}
    # If no top level matches the name, the name is no evidence against the others.
    if len(tops) < 2 or not named:
        return []
    strangers = [each for each in tops if not _is_explained(each, own)]
    if not strangers:
        return []
    related = _entry_point_tops(wheel) | _related(strangers, tops, named, modules)
    return [
        each for each in strangers if (each.module or each.name) not in related or _is_for_development(each)
    ]


def _is_for_development(top: Top) -> bool:
    return not _DEVELOPMENT.isdisjoint(re.split(r"[-_.]", top.name.casefold()))


def _is_explained(top: Top, own: set[str]) -> bool:
    name = top.module or top.name
    lower = name.casefold()
    if name.startswith(("_", ".")) or name.endswith("-stubs"):
        return True  # private modules of extensions (`_cffi_backend`), and types
    if lower in DEVELOPMENT | GENERIC | PREFIX or lower in _HOOK or is_editable(top.name):
        return True  # other rules report these
    if not top.is_folder and top.name.endswith((".so", ".pyd")):
        return True
    return is_like(squeezed(name), own)


def _related(strangers: list[Top], tops: list[Top], named: set[str], modules: Summaries[Module]) -> set[str]:
    """Return the strangers that modules of other top levels import, or whose modules import a named one."""
    wanted = {each.module for each in strangers if each.module}
    found: set[str] = set()
    for top in tops:
        for each in top.files:
            module = modules.get(each.entry.path)
            if module is None:
                continue
            names = {imported.module.partition(".")[0] for imported in module.imports if not imported.level}
            names |= set(module.guarded)
            found |= names & wanted - {top.module}
            if top.module in wanted and names & named:
                found.add(top.module)
    return found
