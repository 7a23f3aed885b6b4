"""The import names that metadata states (PEP 794) beside those that a wheel has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pkgaudit.api import CoreMetadata, HeaderField, Wheel
from pkgaudit.rules._shared.installed import Installation, installation_of

MOST = 1000
"""Import names that are looked at: more than real metadata has; it bounds the time on hostile input."""

_DEEPEST = 32
"""Folders of a path that are looked at: more than real packages have; it bounds the time on hostile input."""

_MODULES = (".py", ".pyc", ".pyi", ".so", ".pyd")
"""Suffixes that Python imports, and that of stubs: a package of stubs alone is stated as well."""


class Mismatch(NamedTuple):
    """Names that the metadata states and the wheel lacks, and those of the wheel that it does not state."""

    absent: list[HeaderField]
    unstated: list[str]
    is_none_stated: bool


def stated_names(metadata: CoreMetadata) -> Iterator[tuple[str, HeaderField]]:
    """Yield the import names and namespaces with their fields; ``; private`` is taken off."""
    for field in metadata.fields:
        if field.key in ("import-name", "import-namespace"):
            yield field.value.partition(";")[0].strip(), field


def mismatch(wheel: Wheel, metadata: CoreMetadata) -> Mismatch | None:
    """Return how stated names and contents differ, None where nothing is stated or a ``.pth`` adds more."""
    stated = [each for _, each in zip(range(MOST), stated_names(metadata), strict=False)]
    installation = installation_of(wheel)
    if not stated or any(name.endswith((".pth", ".egg-link")) for name in installation.top_levels):
        return None
    importable = _importable(installation)
    absent = [field for name, field in stated if name and name not in importable]
    first = {name.partition(".")[0] for name, _ in stated if name}
    unstated = sorted(
        name
        for name in installation.top_levels
        if (public := _public_name(name, installation)) and public not in first
    )
    return Mismatch(absent, unstated, not first)


def _importable(installation: Installation) -> set[str]:
    """Return the dotted names of all modules and packages, namespaces too, in site-packages."""
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
    """Return the import name that a top level gives, None where it is private or no module at all."""
    paths = installation.top_levels[top_level]
    is_file = any(each.path == top_level for each in paths)
    name = top_level.partition(".")[0] if is_file else top_level
    if not name.isidentifier() or name.startswith("_") or (is_file and not top_level.endswith(_MODULES)):
        return None
    if not is_file and not any(each.path.endswith(_MODULES) for each in paths):
        return None
    return name
