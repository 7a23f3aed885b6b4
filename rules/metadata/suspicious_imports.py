"""Compare the import names in the metadata (PEP 794) with those of the wheel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pkgaudit.api import CoreMetadata, HeaderField, Wheel
from pkgaudit.rules._shared.installed import Installation, installation_of

MOST = 1000
"""The most import names that are compared: more than in real metadata; bounds the time on hostile input."""

_DEEPEST = 32
"""The most folders of a path that are read: more than in real packages; bounds the time on hostile input."""

_MODULES = (".py", ".pyc", ".pyi", ".so", ".pyd")
"""The suffixes that Python imports, and that of stubs: a stub-only package has import names too."""


class Mismatch(NamedTuple):
    """Names that are declared but not in the wheel, and names in the wheel that are not declared."""

    absent: list[HeaderField]
    undeclared: list[str]
    is_none_declared: bool


def declared_names(metadata: CoreMetadata) -> Iterator[tuple[str, HeaderField]]:
    """Yield the import names and namespaces without ``; private``, and their fields."""
    for field in metadata.fields:
        if field.key in ("import-name", "import-namespace"):
            yield field.value.partition(";")[0].strip(), field


def mismatch(wheel: Wheel, metadata: CoreMetadata) -> Mismatch | None:
    """Return how declared and installed names differ; None if none is declared or a ``.pth`` adds more."""
    declared = [each for _, each in zip(range(MOST), declared_names(metadata), strict=False)]
    installation = installation_of(wheel)
    if not declared or any(name.endswith((".pth", ".egg-link")) for name in installation.top_levels):
        return None
    importable = _importable(installation)
    absent = [field for name, field in declared if name and name not in importable]
    first = {name.partition(".")[0] for name, _ in declared if name}
    undeclared = sorted(
        name
        for name in installation.top_levels
        if (public := _public_name(name, installation)) and public not in first
    )
    return Mismatch(absent, undeclared, not first)


def _importable(installation: Installation) -> set[str]:
    """Return the dotted names of all modules, packages and namespaces in site-packages."""
    found: set[str] = set()
    for path in installation.importable:
        *folders, name = path.split("/")[:_DEEPEST]
        module, dot, _ = name.partition(".")
        name_of = ""
        for folder in folders:
            name_of = f"{name_of}.{folder}" if name_of else folder
            found.add(name_of)
        if dot and name.endswith(_MODULES):
            found.add(f"{name_of}.{module}" if name_of else module)
    return found


def _public_name(top_level: str, installation: Installation) -> str | None:
    """Return the import name of a top-level entry, None if it is private or not a module."""
    paths = installation.top_levels[top_level]
    is_file = any(each.path == top_level for each in paths)
    name = top_level.partition(".")[0] if is_file else top_level
    if not name.isidentifier() or name.startswith("_") or (is_file and not top_level.endswith(_MODULES)):
        return None
    if not is_file and not any(each.path.endswith(_MODULES) for each in paths):
        return None
    return name
