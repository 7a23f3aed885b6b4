"""What is wrong with the tables of a pyproject.toml that the specifications define.

Written on the specifications and on what the build backends do: each of setuptools, hatchling, flit-core,
poetry-core, pdm-backend and uv-build was given a project with each of the faults. An error is what
pip or the backend at hand refuses, a warning what another one refuses.

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
    """Yield what is wrong, but for what the rules on core metadata find there in the same way."""
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
        message = "`build-system.requires` is missing, without which pip does not build"
        yield Fault(top, message, 'add `requires` with the build backend, as `requires = ["setuptools"]`')
    else:
        yield from list_faults((*top, "requires"), system["requires"], "a requirement", is_requirement)
    backend = system.get("build-backend", "setuptools.build_meta")
    keys = (*top, "build-backend")
    if not isinstance(backend, str):
        yield not_a(keys, "a string", backend)
    elif not _BACKEND.fullmatch(backend[:1000]):  # more than real names have
        message = f"`build-system.build-backend` is {quoted(backend)}, which names no module"
        yield Fault(keys, message, "name it as 'module' or 'module:object', with dots between")
    yield from _backend_path(system, (*top, "backend-path"))
    for key in list(system)[:100]:  # there are three; it bounds the time on hostile input
        if key not in ("requires", "build-backend", "backend-path"):
            meant = nearest(key, ("requires", "build-backend", "backend-path"))
            if meant is not None:
                message = f"`build-system.{dotted((key,))}` means nothing"
                yield Fault((*top, key), message, f"spell it `{meant}`", frozenset())


def _backend_path(system: dict[str, Any], keys: Keys) -> Iterator[Fault]:
    if "backend-path" not in system:
        return
    yield from list_faults(keys, system["backend-path"], "", None)
    for each in system["backend-path"] if isinstance(system["backend-path"], list) else ():
        if isinstance(each, str) and (each.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", each)):
            message = f"`{dotted(keys)}` holds {quoted(each)}, which leaves the sdist"
            yield Fault(keys, message, "name a folder in the project, relative to pyproject.toml", value=each)
    if "build-backend" not in system:
        message = "`build-system.backend-path` stands without `build-backend`"
        yield Fault(keys, message, "name the module in `build-backend`, or drop `backend-path`", frozenset())


def _tables(pyproject: Pyproject) -> Iterator[Fault]:
    """Yield misspelt names of tables. What else stands at the top is reserved and hurts nobody."""
    known = ("build-system", "project", "dependency-groups", "tool")
    for key in list(pyproject.tables)[:100]:  # there are four; it bounds the time on hostile input
        if key not in known and (meant := nearest(key, known)) is not None and meant not in pyproject.tables:
            message = f"the table [{dotted((key,))}] means nothing: it must be [{meant}]"
            yield Fault((key,), message, f"spell it [{meant}]", frozenset())
    if "project" in pyproject.tables:
        return
    backend, tool = pyproject.backend, pyproject.table("tool")
    # As tried with each: these three need it, flit and poetry have tables of their own instead.
    is_lacking = (
        backend in ("hatchling", "pdm", "uv")
        or (backend == "flit" and "flit" not in tool)
        or (backend == "poetry" and "poetry" not in tool)
    )
    if is_lacking:
        message = f"there is no [project] table, without which {backend} builds nothing"
        yield Fault(("build-system",), message, "add a [project] table with name and version")


def _groups(pyproject: Pyproject) -> Iterator[Fault]:
    """Yield what installers cannot read of ``[dependency-groups]``, of which builds read nothing."""
    groups = pyproject.tables.get("dependency-groups")
    if groups is None:
        return
    mild = frozenset({"poetry"})
    if not isinstance(groups, dict):
        yield not_a(("dependency-groups",), "a table", groups, mild)
        return
    known = {normal(each) for each in groups}
    for name, items in list(groups.items())[:MOST]:
        keys = ("dependency-groups", name)
        if not isinstance(items, list):
            yield not_a(keys, "an array", items, mild)
            continue
        for each in items[:MOST]:
            if isinstance(each, str):
                if not is_requirement(each):
                    what = f"`{dotted(keys)}` holds {quoted(each)}, which is not a requirement"
                    yield Fault(keys, what, WRITE, frozenset(), each)
                continue
            group = each.get("include-group") if isinstance(each, dict) and len(each) == 1 else None
            if not isinstance(group, str):
                what = f"`{dotted(keys)}` holds {named(each)} other than {{include-group = …}}"
                yield Fault(keys, what, "have requirements and included groups only", mild)
            elif normal(group) not in known:
                what = f"`{dotted(keys)}` includes the group {quoted(group)}, which is not there"
                yield Fault(keys, what, "add that group, or drop the reference", frozenset(), group)


def all_of(found: Iterable[Fault], most: int) -> list[Fault]:
    """Return the first faults, each key's but once."""
    unique: dict[tuple[Keys, str], Fault] = {}
    for fault in found:
        unique.setdefault((fault.keys, fault.what), fault)
        if len(unique) > most:
            break
    return list(unique.values())
