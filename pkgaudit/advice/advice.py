"""A remedy in words: a sentence, and settings to paste."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pkgaudit.advice.block import blocks
from pkgaudit.finding import Setting

_MOST_TASKS = 6
"""Places that one remedy names; chosen: more do not fit on a screen, and the block to paste has all."""


@dataclass(frozen=True)
class Advice:
    """The steps that fix a finding.

    ``first`` is a clause for the first step, such as "revoke it". ``task`` is a clause for the goal, such as
    "keep x out of the wheel", and ``place`` one for the file to edit or the way to do it. Each may be empty.
    """

    first: str = ""
    task: str = ""
    place: str = ""
    settings: tuple[Setting, ...] = ()

    def in_words(self, pyproject: Any = None) -> str:
        """Return the remedy as text: the first line explains it, all others are the text to paste."""
        return joined([self], pyproject)


def joined(several: list[Advice], pyproject: Any = None) -> str:
    """Return the remedies for all places of a finding, with one text to paste.

    ``pyproject`` is the parsed pyproject.toml of the project, None if it is not known.
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
    """Return values to add to a list in a table of pyproject.toml, named by its path below ``tool``."""
    return (Setting("pyproject.toml", tuple(values), ("tool", *table.split(".")), key),)
