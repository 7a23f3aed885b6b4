"""A remedy in words: a sentence, and settings to paste."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pkgaudit.advice.block import blocks
from pkgaudit.finding import Setting
from pkgaudit.late import dataclass

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


def joined(several: list[Advice], pyproject: Any = None) -> str:
    """Return the remedies for all places of a finding, with one text to paste.

    The first line explains them, all others are the text to paste.
    ``pyproject`` is the parsed pyproject.toml of the project, None if it is not known.
    """
    firsts = list(dict.fromkeys(each.first for each in several if each.first))
    tasks: dict[str, list[str]] = {}
    for each in several:
        if each.task and each.task not in (known := tasks.setdefault(each.place, [])):
            known.append(each.task)
    clauses = [f"{_listed(names)}{': ' if place else ''}{place}" for place, names in tasks.items()]
    head = "; ".join([*firsts, *clauses])
    settings = [setting for each in several for setting in each.settings if setting.replaces is None]
    return f"{head}:\n{blocks(settings, pyproject)}" if settings else head


_TASK = re.compile(r"(keep|pack) (.+) ((?:out of|into) the (?:sdist|wheel))", re.DOTALL)


def _listed(tasks: list[str]) -> str:
    """Return tasks as one clause, which names the verb and the archive of several files only once."""
    goals: dict[tuple[str, str], list[str]] = {}
    shown = tasks[:_MOST_TASKS]
    for each in shown:
        match = _TASK.fullmatch(each)
        verb, names, goal = match.groups() if match else ("", each, "")
        goals.setdefault((verb, goal), []).append(names)
    rest = [f"{len(tasks) - len(shown)} more"] if len(shown) < len(tasks) else []
    if len(goals) == 1:
        next(iter(goals.values())).extend(rest)
        rest = []
    clauses = [" ".join(filter(None, (verb, _and(names), goal))) for (verb, goal), names in goals.items()]
    return _and([*clauses, *rest])


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def in_pyproject(table: str, key: str, values: Iterable[Any]) -> tuple[Setting, ...]:
    """Return values to add to a list in a table of pyproject.toml, named by its path below ``tool``."""
    return (Setting("pyproject.toml", tuple(values), ("tool", *table.split(".")), key),)
