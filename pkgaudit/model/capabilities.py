"""The abilities that the calls of a module show: to start processes, to use the network, and others.

A capability is no fault: most programs have several. Reports list it, rules compare it with that of the
release before, and a project may list what it allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from pkgaudit.late import dataclass

SHOWN = 3
"""The uses of a capability that are kept for each module; the number counts all. Chosen: as many as fit on a
line of a report."""


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
    """One capability of a module: the number of its uses, of those at import, and the first ones."""

    count: int
    at_import: int
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Capabilities:
    """What a module is able to do: its abilities by the name of the capability, such as ``NETWORK``."""

    abilities: Mapping[str, Ability] = field(default_factory=dict)
