"""Edits of files with one pattern or command per line: MANIFEST.in and .gitattributes."""

from __future__ import annotations

from collections.abc import Iterable

from pkgaudit.finding import Setting

_LEAVES_OUT = ("exclude", "prune", "global-exclude", "recursive-exclude")
"""The commands of MANIFEST.in that leave files out."""


def edited_lines(text: str, settings: Iterable[Setting]) -> str:
    r"""Return a text with ``\n`` as line ends, with the lines that it lacks at its end.

    A line is repeated if a later line may undo it: in both files, the last line that matches wins.
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    before = list(lines)
    for setting in settings:
        for value in setting.values:
            if setting.drops:
                lines = [each for each in lines if each.strip() != value]
            elif not _counts(value, lines):
                lines.append(value)
    return text if lines == before else "".join(f"{each}\n" for each in lines)


def _counts(value: str, lines: list[str]) -> bool:
    """Whether the lines contain one, and no command of another kind follows it."""
    if value not in lines:
        return False
    at = len(lines) - 1 - lines[::-1].index(value)
    kind = _kind(value)
    return all(_kind(each) in (kind, "") for each in lines[at + 1 :])


def _kind(line: str) -> str:
    """Return the effect of a line, empty for a comment."""
    word = line.split("#")[0].split()[:1]
    if not word:
        return ""
    if line.endswith(" export-ignore") or word[0] in _LEAVES_OUT:
        return "out"
    return "in"
