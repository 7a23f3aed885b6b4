"""The abilities that the calls of a module show: to start processes, to use the network, and others.

A capability is not a fault: most programs have several. Reports list it, rules compare it with that of the
release before, and a project may list the allowed ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import NamedTuple

from pkgaudit.config.table import nearest
from pkgaudit.formatting import counted
from pkgaudit.late import dataclass

SHOWN = 3
"""The uses of a capability that are kept for each module; the number counts all. Chosen: as many as fit on a
line of a report."""

WORDS: Mapping[str, str] = {
    "EXEC": "start processes",
    "NETWORK": "use the network",
    "DYNAMIC_CODE": "run computed code",
    "DYNAMIC_IMPORT": "import computed names",
    "NATIVE": "run native code",
    "DESERIALIZE": "deserialize objects",
    "FILES_WRITE": "write files",
    "ENV": "use environment variables",
    "SYSINFO": "identify the machine or the user",
    "PROCESS": "control processes",
    "HOOKS": "hook into the interpreter",
    "CRYPTO": "encrypt data",
    "SURVEIL": "monitor the user",
    "PERSISTENCE": "run at every start",
    "INSTALL_TIME": "do some of this when it is built",
}
"""The capabilities, in the order of reports, and what they mean in words."""


def check_names(names: Iterable[str]) -> None:
    """Check the names of capabilities in a configuration.

    Raises:
        ValueError: a name is unknown.
    """
    for name in names:
        if name not in WORDS:
            raise ValueError(f"{name!r} is not a capability{nearest(name, WORDS)}")


class Use(NamedTuple):
    """A place that needs a capability.

    ``name`` is the full name of the called function, or of the file in which the capability is. ``line`` is
    None if the place has no lines.
    """

    name: str
    line: int | None = None
    at_import: bool = False


@dataclass(frozen=True)
class Ability:
    """One capability of a module: the number of its uses, of those at import, and the first ones.

    Uses at import come first.
    """

    count: int
    at_import: int
    uses: tuple[Use, ...]

    @classmethod
    def of(cls, uses: Iterable[Use]) -> Ability:
        """Return the ability with all of these uses."""
        known = sorted(uses, key=lambda each: (not each.at_import, each.line or 0, each.name))
        return cls(len(known), sum(each.at_import for each in known), tuple(known[:SHOWN]))


@dataclass(frozen=True)
class Capabilities:
    """What a module is able to do: its abilities by the name of the capability, such as ``NETWORK``.

    ``aside``: the file only tests, shows or measures the project, and does not count for its distribution.
    """

    abilities: Mapping[str, Ability] = field(default_factory=dict)
    aside: bool = False


class UsedAt(NamedTuple):
    """A use of a capability, and the path of the member."""

    member: str
    use: Use


@dataclass(frozen=True)
class Total:
    """One capability of a distribution: the numbers of an `Ability`, and the first places."""

    count: int
    at_import: int
    places: tuple[UsedAt, ...]


def total(
    modules: Mapping[str, Capabilities], redact: Callable[[str], str | None] = lambda name: name
) -> dict[str, Total]:
    """Return the capabilities of a distribution from those of its members, in the order of reports.

    ``redact`` returns a name without secrets, or None; reports need it, but the engine redacts problems.
    """
    found: dict[str, list[tuple[str, Ability]]] = {}
    for path, module in modules.items():
        if not module.aside:
            for name, ability in module.abilities.items():
                found.setdefault(name, []).append((path, ability))
    order = {name: number for number, name in enumerate(WORDS)}
    return {
        name: Total(
            sum(each.count for _, each in found[name]),
            sum(each.at_import for _, each in found[name]),
            tuple(
                each._replace(use=each.use._replace(name=redact(each.use.name) or "…"))
                for each in _first(found[name])
            ),
        )
        for name in sorted(found, key=lambda each: (order.get(each, len(order)), each))
    }


def _first(abilities: Iterable[tuple[str, Ability]]) -> list[UsedAt]:
    """Return the first places of a capability: those at import, then by path."""
    places = [UsedAt(path, use) for path, ability in abilities for use in ability.uses]
    places.sort(key=lambda each: (not each.use.at_import, each.member, each.use.line or 0))
    return places[:SHOWN]


def in_words(found: Mapping[str, Total]) -> str:
    """Return capabilities in words, as in "start processes (3 places), use the network (2; at import)"."""
    parts: list[str] = []
    for name, each in found.items():
        number = f"{each.count:,}" if parts else counted(each.count, "place")
        parts.append(f"{WORDS.get(name, name)} ({number}{'; at import' if each.at_import else ''})")
    return ", ".join(parts) or "nothing that pkgaudit recognizes"
