"""What a remedy becomes: a sentence, and what to paste."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pkgaudit.advice.block import blocks
from pkgaudit.finding import Setting

_MOST_TASKS = 6
"""Places whose remedies one fix names; chosen: more do not fit on a screen, and all are in what is pasted."""


@dataclass(frozen=True)
class Advice:
    """What to do about a finding.

    ``first`` is a clause that comes before all others, as "revoke it". ``task`` is what to achieve, as "keep
    x out of the wheel", and ``place`` where or how that is done; both are clauses, and may be empty.
    """

    first: str = ""
    task: str = ""
    place: str = ""
    settings: tuple[Setting, ...] = ()

    def in_words(self, pyproject: Any = None) -> str:
        """Return all of it. The first line is made of sentences, all others are to be pasted."""
        return joined([self], pyproject)


def joined(several: list[Advice], pyproject: Any = None) -> str:
    """Return what to do about all places of a finding, with one text to paste.

    ``pyproject`` is what the pyproject.toml of the project contains, None if that is not known.
    """
    firsts = list(dict.fromkeys(each.first for each in several if each.first))
    tasks: dict[str, list[str]] = {}
    for each in several:
        if each.task and each.task not in (known := tasks.setdefault(each.place, [])):
            known.append(each.task)
    clauses = [f"{_listed(names)}{': ' if place else ''}{place}" for place, names in tasks.items()]
    head = "; ".join([*firsts, *clauses])
    settings = [setting for each in several for setting in each.settings]
    return f"{head}:\n{blocks(settings, pyproject)}" if settings else head


def _listed(tasks: list[str]) -> str:
    shown = tasks[:_MOST_TASKS]
    if len(shown) < len(tasks):
        return f"{', '.join(shown)} and {len(tasks) - len(shown)} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def in_pyproject(table: str, key: str, values: Iterable[Any]) -> tuple[Setting, ...]:
    """Return values to add to a list in a table of pyproject.toml, by its dotted name below ``tool``."""
    return (Setting("pyproject.toml", tuple(values), ("tool", *table.split(".")), key),)
