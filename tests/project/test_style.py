"""Texts follow docs/style.md, as far as a program can count: habits of wording are rare."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TOP = Path(__file__).parents[2]
PAGES = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/howto/*.md")

NOUNS = r"(?:is|was|are|were|it|they|the|has|had|an?|no|else|of|one|each|its|cannot|can|may|must|does|do|did)"

HABITS = {
    '"what is …" as a noun': (rf"\bwhat {NOUNS}\b", 0.8),
    "whoever, whatever": (r"\b(?:whoever|whatever)\b", 0.3),
    "tells": (r"\b(?:told|tells?|telling)\b", 0.5),
    "takes": (r"\b(?:takes?|taken|took) (?!place|effect|care|longer|time|part|over|about|up|\d)", 0.8),
    "stands": (r"\b(?:stands?|stood|standing)\b", 0.2),
    "is no, is none": (r"\b(?:is|are|was|were) (?:no|none)\b(?! longer)", 0.5),
    "anew, mend, heed": (r"\b(?:anew|mend(?:s|ed|ing)?|heed(?:s|ed|ing)?)\b", 0.1),
    "bears, lies": (r"\b(?:bears?|lies)\b", 0.2),
    "a trailing so that": (r", so that\b", 0.3),
    "alone after the noun": (r"\b\w+ alone\b", 0.3),
    "an info, milder": (r"\ban info\b|\bmild(?:er|est)?\b", 0.0),
}
"""Patterns, and how often each may occur in a thousand words.

The limits are above what the documentation of other projects has (0 to 0.6), since all habits have
legitimate uses.
"""


def page_text(path: Path) -> str:
    """Return the prose of a Markdown page, without blocks of code."""
    return re.sub(r"^( *)```.*?^\1```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def strings(path: Path) -> Iterator[str]:
    """Yield the strings of a module that are prose: at least two words in a row."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Constant(value=str(text)) if re.search(r"[a-z]{2} [a-z]", text):
                yield text


def modules(folder: str) -> list[Path]:
    """Return the modules of a folder, without cases and without the rules, which are linked into it."""
    found = (TOP / folder).rglob("*.py")
    return sorted(path for path in found if not {"cases", "rules"} & {*path.relative_to(TOP / folder).parts})


GROUPS = {
    "docs": [path for pattern in PAGES for path in sorted(TOP.glob(pattern))],
    "rules": modules("rules"),
    "pkgaudit": modules("pkgaudit"),
}


def text_of(path: Path) -> str:
    return page_text(path) if path.suffix == ".md" else "\n".join(strings(path))


@pytest.mark.parametrize("group", GROUPS)
def test_habits_are_rare(group: str) -> None:
    texts = {path: text_of(path) for path in GROUPS[group] if path.name != "style.md"}  # it names them
    words = sum(len(re.findall(r"[A-Za-z']+", text)) for text in texts.values())
    assert words > 10_000
    too_many = {}
    for habit, (pattern, most) in HABITS.items():
        hits = [
            f"{path.relative_to(TOP)}: … {text[max(0, match.start() - 30) : match.end() + 30]!r}"
            for path, text in texts.items()
            for match in re.finditer(pattern, text, re.IGNORECASE)
        ]
        if len(hits) > most * words / 1000:
            too_many[f"{habit}: {len(hits)} in {words} words, {most * words / 1000:.0f} may be"] = hits
    assert too_many == {}


@pytest.mark.parametrize("habit", HABITS)
def test_each_habit_is_recognized(habit: str) -> None:
    examples = {
        '"what is …" as a noun': "it shows what is packed",
        "whoever, whatever": "whoever installs it",
        "tells": "of this SF102 tells",
        "takes": "PyPI takes the file",
        "stands": "the name stands in RECORD",
        "is no, is none": "it is no wheel",
        "anew, mend, heed": "build it anew",
        "bears, lies": "the file bears a name",
        "a trailing so that": "is read, so that it ends",
        "alone after the noun": "of the name alone",
        "an info, milder": "it is an info",
    }
    assert re.search(HABITS[habit][0], examples[habit])
