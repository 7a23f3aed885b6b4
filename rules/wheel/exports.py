"""The names that modules list in ``__all__``."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.late import dataclass
from pkgaudit.rules.wheel.imports import Packages, is_public


@dataclass(frozen=True)
class Undefined:
    """A module by its dotted name and its path, and the names, with lines, that it lists and lacks."""

    module: str
    path: str
    names: list[tuple[str, int]]


def undefined_exports(packages: Packages) -> Iterator[Undefined]:
    """Yield the public modules that list names in ``__all__`` and do not have them."""
    for found in packages.those(name for name in packages.public if is_public(name)):
        if found.summary is None or found.shifts:
            continue
        names = [
            (name, line)
            for name, line in found.summary.unbound
            if not packages.has_name(found, name)
            and not packages.is_shared(f"{found.name}.{name}")
            and packages.given.isdisjoint((name, "*"))
        ]
        if names:
            yield Undefined(found.name, found.path, names)
