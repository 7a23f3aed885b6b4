"""Escapes text from an archive for the medium of a report."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote

from pkgaudit.finding import Place
from pkgaudit.formatting import escaped, printable

_ALONE = re.compile("[\ud800-\udfff]")

_TICKS = re.compile("`+")

_WORDS = re.compile(r"( *)([^ ]*)")

_RISKY = re.compile(
    r"""[^\w.,;:()'"?/+=\u2013\u2014\u2026-]"""  # marks of Markdown, HTML, mentions and references
    r"|_|:.*:|//|www\.|\A[+=-]+\Z"  # emphasis, emoji, addresses, rules
    r"|[A-Za-z]-\d|[0-9a-f]{7}",  # references to issues and commits
    re.IGNORECASE,
)
"""Words of a message that a Markdown renderer, or the host, may read as more than text."""


def whole(text: str) -> str:
    """Return a text without lone surrogates, which JSON can express but most readers reject."""
    return _ALONE.sub(lambda match: escaped(match[0]), text)


def cut(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters; a longer text loses its middle."""
    half = most // 2
    return text if len(text) <= most else f"{text[: most - half - 1]}…{text[-half:]}"


def write_json(stream: TextIO, value: Any, indent: int | None = None) -> None:
    """Write JSON on its own lines, in ASCII, which is valid in any encoding of the stream.

    The output contains no commands of CI systems, such as ``##[error]``.
    """
    stream.write(json.dumps(value, indent=indent).replace("##", "\\u0023#") + "\n")


def relative_path(path: str) -> str:
    """Return the path of a file relative to the working directory, with forward slashes.

    For a file outside the working directory, return only its name: reports do not reveal folders of the
    machine.
    """
    try:
        below = os.path.relpath(path)
    except (OSError, ValueError):  # no working directory, or another drive
        below = os.pardir
    if below.split(os.sep)[0] == os.pardir:
        below = os.path.basename(path)
    return below.replace(os.sep, "/")


def shown_place(place: Place) -> str:
    """Return a place for people: the distribution with the member in it, or another file with the line."""
    path, location = relative_path(place.distribution), str(place.location)
    return f"{path}: {location}" if place.location.member is not None else f"{path}{location}"


def relative_uri(path: str) -> str:
    """Return a path as a relative URI reference that leads neither to a parent folder nor to another host.

    All characters except letters, digits and ``-._~/`` are escaped, because some hosts reject a colon.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    text = "/".join("__" if part == ".." else part for part in parts)
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = whole(text).encode()
    return quote(data, safe="/")


def code_span(text: str) -> str:
    """Return a text as a Markdown code span, which has no markup, mentions or references."""
    text = printable(text)
    longest = max((len(run[0]) for run in _TICKS.finditer(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else f"`{text or '?'}`"


def prose(text: str) -> str:
    """Return a text as a Markdown paragraph, with words that may be read as markup in code spans.

    Text between backticks becomes a code span too.
    """
    text = printable(text)
    parts = text.split("`")
    if len(parts) % 2 == 0 or not all(map(str.strip, parts[1::2])):
        parts = [text]
    made = ""
    for number, part in enumerate(parts):
        for piece in [code_span(part)] if number % 2 else _spans(part):
            # Two adjacent spans would be read as one.
            made += f" {piece}" if made.endswith("`") and piece.startswith("`") else piece
    return made


def _spans(text: str) -> Iterator[str]:
    """Yield a text in pieces, some of them code spans; adjacent risky words share a span."""
    risky = ""
    for space, word in _WORDS.findall(text):
        if _RISKY.search(word):
            if risky:
                risky += space + word
                continue
            yield space
            risky = word
            continue
        if risky:
            yield from _as_code(risky)
            risky = ""
        yield space + word
    if risky:
        yield from _as_code(risky)


def _as_code(risky: str) -> Iterator[str]:
    head, text, tail = _without_punctuation(risky)
    yield from filter(None, (head, code_span(text), tail))


def _without_punctuation(span: str) -> tuple[str, str, str]:
    """Return the punctuation before a span, the span, and the punctuation after it."""
    text = span.rstrip(",.;:") or span
    start = int(text.startswith("(") and text.count("(") > text[:-1].count(")"))
    if text.endswith(")") and text.count(")") > text[start:].count("("):
        text = text[:-1]
    return text[:start], text[start:], span[len(text) :]


def code_block(lines: list[str], indent: str = "") -> str:
    """Return lines as a fenced Markdown block that they cannot close."""
    lines = [printable(line) for line in lines]
    longest = max((len(run[0]) for line in lines for run in _TICKS.finditer(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "".join(f"{indent}{line}\n" for line in (f"{fence}text", *lines, fence))
