"""The standard library of each version of Python 3: which modules and names it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load

Version = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """A module, or a name in a module, that not every version of Python 3 has.

    ``first`` is the first version that has it, None if every known version before ``end`` has it. ``end`` is
    the first version that no longer has it, None if the newest known version has it.
    """

    module: str
    name: str
    first: Version | None
    end: Version | None

    @property
    def path(self) -> str:
        """The dotted name, as in ``typing.Self``."""
        return f"{self.module}.{self.name}" if self.name else self.module


@cache
def latest() -> Version:
    """Return the newest version of Python that the data knows."""
    return _version(load("library_versions").values["latest"])


@cache
def _oldest() -> Version:
    return _version(load("library_versions").values["oldest"])


@cache
def _tops() -> frozenset[str]:
    return frozenset(load("library_versions").values["names"])


def is_module(top: str) -> bool:
    """Return whether the standard library of some version since 3.6 has a top-level module with this name."""
    return top in _tops()


def has(top: str, version: Version) -> bool:
    """Return whether the standard library of a version has a top-level module.

    For versions before 3.6, which the data does not know, the answer is no.
    """
    if version < _oldest():
        return False
    found = part(top)
    if found is None:
        return is_module(top)
    return (found.first or version) <= version and (found.end is None or version < found.end)


def part(module: str, name: str = "") -> Part | None:
    """Return a module or a name in it with its versions, None if all versions have it or none is known to."""
    values = load("library_versions").values
    if name:
        added, removed = (_names(kind).get(module, {}) for kind in ("names_added", "names_removed"))
    else:
        added, removed = values["added"], values["removed"]
    key = name or module
    if key not in added and key not in removed:
        return None
    return Part(module, name, *(_version(each[key]) if key in each else None for each in (added, removed)))


def parts(module: str, names: Iterable[str]) -> Iterator[Part]:
    """Yield what an import needs that not all versions have: the modules of a dotted name, then the names."""
    end = module.find(".")
    while end != -1:
        yield from _known(part(module[:end]))
        end = module.find(".", end + 1)
    yield from _known(part(module))
    for name in names:
        yield from _known(part(module, name) or part(f"{module}.{name}"))


def changed_below(module: str) -> frozenset[str]:
    """Return the names that a version added to a module or to its submodules, or removed from them."""
    return _below().get(module, frozenset())


@cache
def _below() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind in ("names_added", "names_removed"):
        for holder, names in _names(kind).items():
            parts = holder.split(".")
            for end in range(1, len(parts) + 1):
                found.setdefault(".".join(parts[:end]), set()).update(names)
    return {module: frozenset(names) for module, names in found.items()}


def has_changed(module: str, name: str) -> bool:
    """Return whether a version added a name to a module, or removed it."""
    return any(name in _names(kind).get(module, ()) for kind in ("names_added", "names_removed"))


@cache
def _names(kind: str) -> dict[str, dict[str, str]]:
    """Return the versions that added or removed names, by module and name."""
    values = load("library_versions").values[kind]
    return {
        module: {name: version for version, names in changes.items() for name in names.split()}
        for module, changes in values.items()
    }


def _known(found: Part | None) -> tuple[Part, ...]:
    return (found,) if found is not None else ()


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
