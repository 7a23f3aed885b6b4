"""A unified diff in which each hunk names the findings that it cures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pkgaudit.edits.plan import Change, Edits

_CONTEXT = 3
"""Unchanged lines around a change, as in other unified diffs."""


def unified(edits: Edits, changes: Sequence[Change]) -> str:
    """Return the diff of changes, which git and patch apply. Its lines end with a line feed.

    The heading of each hunk has the codes of its findings, in the place where other diffs have the function.
    """
    return "".join(
        "".join(_file(file, edits.texts[file], changes, edits))
        for file in dict.fromkeys(file for change in changes for file in change.files)
    )


def _file(file: str, old: str | None, changes: Sequence[Change], edits: Edits) -> Iterator[str]:
    before = lines_of(old or "")
    after = [(line, frozenset[str]()) for line in before]
    applied: list[Change] = []
    for change in changes:
        if file in change.files:
            applied.append(change)
            after = _labeled(after, lines_of(edits.after(applied)[file]), _codes(change))
    lines = [line for line, _ in after]
    if lines == before:
        return
    yield f"--- {'/dev/null' if old is None else f'a/{file}'}\n"
    yield f"+++ b/{file}\n"
    for group in SequenceMatcher(None, before, lines, autojunk=False).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        codes: set[str] = set()
        body = []
        for tag, start, stop, low, high in group:
            if tag == "equal":
                body += [f" {each}" for each in before[start:stop]]
                continue
            body += [f"-{each}" for each in before[start:stop]]
            body += [f"+{each}" for each in lines[low:high]]
            near = after[low:high] or after[max(low - 1, 0) : low + 1]
            codes = codes.union(*(labels for _, labels in near))
        place = f"-{_range(first[1], last[2])} +{_range(first[3], last[4])}"
        yield f"@@ {place} @@ fixes {', '.join(sorted(codes))}\n"
        yield from (
            each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n" for each in body
        )


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their line feeds, of which the last line may have none."""
    lines = [f"{each}\n" for each in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + 1 if length else start},{length}"


def _codes(change: Change) -> frozenset[str]:
    return frozenset(each.code for each in change.findings)


def _labeled(
    old: list[tuple[str, frozenset[str]]], new: list[str], codes: frozenset[str]
) -> list[tuple[str, frozenset[str]]]:
    """Return new lines with the codes of the change that made them, and of those that made the old lines."""
    made: list[tuple[str, frozenset[str]]] = []
    texts = [text for text, _ in old]
    for tag, start, stop, low, high in SequenceMatcher(None, texts, new, autojunk=False).get_opcodes():
        if tag == "equal":
            made += old[start:stop]
            continue
        labels = codes.union(*(each for _, each in old[start:stop]))
        made += [(each, labels) for each in new[low:high]]
        if low == high and made:  # lines were deleted, so the line before has the codes
            made[-1] = (made[-1][0], made[-1][1] | labels)
    return made
