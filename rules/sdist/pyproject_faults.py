"""Check the tables of a pyproject.toml that the specifications define.

The checks follow the specifications and the build backends: setuptools, hatchling, flit-core, poetry-core,
pdm-backend and uv-build were each given a project with each of the faults. A fault is an error if pip or the
backend in use rejects it, and a warning if another backend does.

- https://packaging.python.org/en/latest/specifications/pyproject-toml/
- https://packaging.python.org/en/latest/specifications/dependency-groups/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pkgaudit.api import CoreMetadata, quoted
from pkgaudit.rules.sdist.pyproject_fault import (
    DOTTED,
    MOST,
    WRITE,
    Fault,
    dotted,
    is_requirement,
    list_faults,
    named,
    normal,
    not_a,
)
from pkgaudit.rules.sdist.pyproject_file import Keys, Pyproject
from pkgaudit.rules.sdist.pyproject_project import Project
from pkgaudit.rules.sdist.pyproject_words import nearest

_BACKEND = re.compile(rf"\s*{DOTTED}\s*(?::\s*{DOTTED}\s*)?")


def faults(pyproject: Pyproject, metadata: CoreMetadata | None) -> Iterator[Fault]:
    """Yield the faults that the rules on core metadata do not find in the same way."""
    yield from _build_system(pyproject)
    yield from _tables(pyproject)
    if "project" in pyproject.tables:
        yield from Project(pyproject, metadata).faults()
    yield from _groups(pyproject)


def _build_system(pyproject: Pyproject) -> Iterator[Fault]:
    if "build-system" not in pyproject.tables:
        return
    system = pyproject.tables["build-system"]
    top: Keys = ("build-system",)
    if not isinstance(system, dict):
        yield not_a(top, "a table", system)
        return
    if "requires" not in system:
        message = "`build-system.requires` is missing, so pip does not build the sdist"
        fix = 'add `requires` with the build backend, for example `requires = ["setuptools"]`'
        yield Fault(top, message, fix)
    else:
        yield from list_faults((*top, "requires"), system["requires"], "a valid requirement", is_requirement)
    backend = system.get("build-backend", "setuptools.build_meta")
    keys = (*top, "build-backend")
    if not isinstance(backend, str):
        yield not_a(keys, "a string", backend)
    elif not _BACKEND.fullmatch(backend[:1000]):  # more than in real names
        message = f"`build-system.build-backend` is {quoted(backend)}, which is not the name of a module"
        yield Fault(keys, message, "write the name as 'module' or 'module:object', with dots as separators")
    yield from _backend_path(system, (*top, "backend-path"))
    for key in list(system)[:100]:  # there are three; it bounds the time on hostile input
        if key not in ("requires", "build-backend", "backend-path"):
            meant = nearest(key, ("requires", "build-backend", "backend-path"))
            if meant is not None:
                message = f"`build-system.{dotted((key,))}` has no meaning"
                yield Fault((*top, key), message, f"spell it `{meant}`", frozenset())


def _backend_path(system: dict[str, Any], keys: Keys) -> Iterator[Fault]:
    if "backend-path" not in system:
        return
    yield from list_faults(keys, system["backend-path"], "", None)
    for each in system["backend-path"] if isinstance(system["backend-path"], list) else ():
        if isinstance(each, str) and (each.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", each)):
            message = f"`{dotted(keys)}` contains {quoted(each)}, which leads out of the sdist"
            yield Fault(keys, message, "name a folder in the project, relative to pyproject.toml", value=each)
    if "build-backend" not in system:
        message = "`build-system.backend-path` is set without `build-backend`"
        yield Fault(keys, message, "set `build-backend` to the module, or remove `backend-path`", frozenset())


def _tables(pyproject: Pyproject) -> Iterator[Fault]:
    """Yield misspelled table names. Other names at the top level are reserved and harmless."""
    known = ("build-system", "project", "dependency-groups", "tool")
    for key in list(pyproject.tables)[:100]:  # there are four; it bounds the time on hostile input
        if key not in known and (meant := nearest(key, known)) is not None and meant not in pyproject.tables:
            message = f"the table [{dotted((key,))}] has no meaning; it must be [{meant}]"
            yield Fault((key,), message, f"spell it [{meant}]", frozenset())
    if "project" in pyproject.tables:
        return
    backend, tool = pyproject.backend, pyproject.table("tool")
    # As tried with each: these three require the table, flit and poetry have their own tables instead.
    is_lacking = (
        backend in ("hatchling", "pdm", "uv")
        or (backend == "flit" and "flit" not in tool)
        or (backend == "poetry" and "poetry" not in tool)
    )
    if is_lacking:
        message = f"the [project] table is missing, so {backend} cannot build the sdist"
        yield Fault(("build-system",), message, "add a [project] table with a name and a version")


def _groups(pyproject: Pyproject) -> Iterator[Fault]:
    """Yield the faults of ``[dependency-groups]``, which only installers read."""
    groups = pyproject.tables.get("dependency-groups")
    if groups is None:
        return
    rejected_by = frozenset({"poetry"})
    if not isinstance(groups, dict):
        yield not_a(("dependency-groups",), "a table", groups, rejected_by)
        return
    known = {normal(each) for each in groups}
    for name, items in list(groups.items())[:MOST]:
        keys = ("dependency-groups", name)
        if not isinstance(items, list):
            yield not_a(keys, "an array", items, rejected_by)
            continue
        for each in items[:MOST]:
            if isinstance(each, str):
                if not is_requirement(each):
                    message = f"`{dotted(keys)}` contains {quoted(each)}, which is not a valid requirement"
                    yield Fault(keys, message, WRITE, frozenset(), each)
                continue
            group = each.get("include-group") if isinstance(each, dict) and len(each) == 1 else None
            if not isinstance(group, str):
                message = f"`{dotted(keys)}` contains {named(each)} other than {{include-group = …}}"
                yield Fault(keys, message, "only list requirements and included groups", rejected_by)
            elif normal(group) not in known:
                message = f"`{dotted(keys)}` includes the group {quoted(group)}, which does not exist"
                yield Fault(keys, message, "add the group, or remove the reference", frozenset(), group)


def all_of(found: Iterable[Fault], most: int) -> list[Fault]:
    """Return the first faults, without repeated messages for a key."""
    unique: dict[tuple[Keys, str], Fault] = {}
    for fault in found:
        unique.setdefault((fault.keys, fault.message), fault)
        if len(unique) > most:
            break
    return list(unique.values())
