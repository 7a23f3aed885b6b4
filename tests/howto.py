"""The pages of ``docs/howto``, and that on the gate: their snippets, and the command lines in these."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = (*sorted((ROOT / "docs/howto").glob("*.md")), ROOT / "docs/gate.md")


@dataclass(frozen=True)
class Snippet:
    """A fenced block: its page, language and text, and the file that the sentence before it names, or ''."""

    page: str
    language: str
    text: str
    file: str


@cache
def snippets() -> tuple[Snippet, ...]:
    """Return all snippets in the order of the pages."""
    return tuple(each for page in PAGES for each in read_page(page))


def read_page(page: Path) -> list[Snippet]:
    """Return the snippets of a page of Markdown."""
    found, file = [], ""
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type == "inline":
            match = re.search(r"\bIn `([^`]+)`", token.content)
            file = match[1] if match and token.content.endswith(":") else ""
        elif token.type == "fence":
            name = page.relative_to(ROOT).as_posix()
            found.append(Snippet(name, token.info.strip(), token.content, file))
            file = ""
    return found


def commands() -> list[tuple[str, tuple[str, ...]]]:
    """Return the command lines of all pages, each with its page, split as a shell does, and once."""
    found = {
        (each.page, tuple(words)): None
        for each in snippets()
        for line in _lines(each)
        for words in _split(line)
    }
    return list(found)


def _split(line: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in [*shlex.split(line, comments=True), "&&"]:
        if word != "&&":
            words.append(word)
        elif words:
            yield words
            words = []


def _lines(snippet: Snippet) -> Iterator[str]:
    text = snippet.text
    if snippet.language in {"sh", "console"}:
        shown = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
        yield from shown if snippet.language == "console" else text.replace("\\\n", "").splitlines()
    elif snippet.language == "yaml":
        yield from (line for value in _scripts(yaml.safe_load(text)) for line in value.splitlines())
    elif snippet.language == "groovy":
        yield from re.findall(r"^\s*sh '(.*)'$", text, re.MULTILINE)
    elif snippet.language == "ini":
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        for section in parser.sections():
            yield from parser.get(section, "commands", fallback="").strip().splitlines()


def _scripts(value: Any) -> Iterator[str]:
    """Return what stands under the keys that hold commands, in the files of GitHub, GitLab and Azure."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"run", "script"}:
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from _scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scripts(inner)
