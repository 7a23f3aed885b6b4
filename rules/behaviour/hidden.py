"""Text that a reader sees otherwise than the interpreter: hidden characters, names and code."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from pkgaudit.late import lazy
from pkgaudit.rules._shared.library import has

_OPENING = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"),
    **dict.fromkeys("\u2066\u2067\u2068", "\u2069"),
}
"""Characters that change the direction of text, and those that end their effect."""

_DIRECTION = lazy("[\u202a-\u202e\u2066-\u2069]")
_LONGEST = 100_000
"""The most characters of a line in which directions are followed."""

_BARE_LITERAL = lazy(r"""(["'])(?:(?!\1)[\W_])*\1""")
"""A literal on one line without letters and digits: data of code that looks for such characters."""

_RUN = lazy("[\ufe00-\ufe0f\U000e0000-\U000e01ef]{8,}")
"""Variation selectors and tags: emoji have one, and region flags have at most seven in a row."""

_IGNORABLE = lazy(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Invisible characters that Python accepts in identifiers.

https://www.unicode.org/reports/tr31/, Default_Ignorable_Code_Point.
"""

_WORD = lazy("[\\w\u0300-\u036f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+")

_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0585\u057d\u0578\u0570\u0131\u0261\u0251",
    "aeopcyxijshdqwlABEKMHOPCTYXIJSoABEZHIKMNOPTYXouhhiga",
)
"""Letters that look like Latin letters in most fonts: Cyrillic, Greek, Armenian and phonetic ones.

https://www.unicode.org/Public/security/latest/confusables.txt. Greek small letters are left out except for
omicron: scientific code has rho beside p, and nu beside v.
"""

_SPACE = lazy("(?: {200,}|\t{40,})")
_NEAR = 1_000
"""The characters on each side of blanks in which code is searched."""

_BLANKS = (b" " * 200, b"\t" * 40)

# Always matches to the end of what it begins, so the time is linear.
_TOKEN = lazy(
    r"(?P<skipped>\#[^\n]*"
    r'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\Z)'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\Z)"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'?)"
    "|[\\w\u0300-\u036f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+|\t{40,}| {200,}",
    re.DOTALL,
)


class Hidden(NamedTuple):
    """Something hidden: its offset in the text, the predicate of the message, and the value for programs."""

    at: int
    says: str
    value: str


def may_hide(data: bytes) -> bool:
    """Return whether a file may contain anything that is reported."""
    return not data.isascii() or any(each in data for each in _BLANKS)


def hidden_in(text: str, is_python: bool) -> Iterator[Hidden]:
    """Yield what a text hides."""
    if not text.isascii():
        yield from _directions(text)
        for match in _RUN.finditer(text):
            says = f"contains {len(match[0])} invisible characters in a row, from {_point(match[0][0])}"
            yield Hidden(match.start(), says, _point(match[0][0]))
    if is_python:
        yield from _in_code(text)


def _point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _directions(text: str) -> Iterator[Hidden]:
    """Yield the characters whose effect reaches the end of their line."""
    end = -1
    for match in _DIRECTION.finditer(text):
        if match.start() < end:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", start)
        if end < 0:
            end = len(text)
        line = text[start:end]
        found = _open_at_the_end(_BARE_LITERAL.sub(_blank, line[:_LONGEST]))
        if found is not None:
            character = line[found]
            says = f"contains {_point(character)}, which changes the order of the text to the end of the line"
            yield Hidden(start + found, says, _point(character))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _open_at_the_end(line: str) -> int | None:
    """Return the place of the first character whose effect nothing ends, None if there is none."""
    waiting: list[tuple[int, str]] = []
    for match in _DIRECTION.finditer(line):
        closing = _OPENING.get(match[0])
        if closing is not None:
            waiting.append((match.start(), closing))
        elif match[0] == "\u2069":
            # The end of an isolate ends the embeddings in it too.
            ends = [number for number, each in enumerate(waiting) if each[1] == match[0]]
            del waiting[ends[-1] if ends else len(waiting) :]
        elif waiting and waiting[-1][1] == match[0]:
            waiting.pop()
    return waiting[0][0] if waiting else None


def _in_code(text: str) -> Iterator[Hidden]:
    """Yield the misleading identifiers of a Python source, and the code behind many blanks."""
    suspects = {} if text.isascii() else _suspects(text)
    if not suspects and not _SPACE.search(text):
        return
    ascii_names: set[str] = set()
    places: dict[str, int] = {}
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["skipped"] is not None:
            continue
        if token.isspace():
            if _is_between(text, match):
                yield Hidden(match.start(), f"contains code behind {len(token)} blanks", str(len(token)))
        elif token.isascii():
            ascii_names.add(token)
        elif token in suspects:
            places.setdefault(token, match.start())
    for name, at in places.items():
        alike = suspects[name]
        ignorable = _IGNORABLE.search(name)
        if ignorable is not None:
            says = f"contains the identifier {name!a} with the invisible character {_point(ignorable[0])}"
            yield Hidden(at, says, name)
        elif alike in ascii_names or _is_known(alike):
            yield Hidden(at, f"contains the identifier {name!a}, which looks like {alike!r}", name)


def _suspects(text: str) -> dict[str, str]:
    """Return the words that contain hidden characters or look like a word in ASCII, with that word."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.isascii():
            continue
        for word in _WORD.findall(line):
            if word.isascii() or word in found:
                continue
            alike = unicodedata.normalize("NFKC", word).translate(_ALIKE)
            if (alike.isascii() and len(alike) > 1 and alike.isidentifier()) or _IGNORABLE.search(word):
                found[word] = alike
    return found


def _is_known(name: str) -> bool:
    return keyword.iskeyword(name) or hasattr(builtins, name) or has(name, (3, 15))


def _is_between(text: str, match: re.Match[str]) -> bool:
    """Return whether blanks are between code and more code of a line."""
    before = text[max(match.start() - _NEAR, 0) : match.start()].rpartition("\n")[2]
    after = text[match.end() : match.end() + _NEAR].partition("\n")[0].lstrip()
    return bool(before.strip()) and not after.startswith("#") and bool(re.search(r"\w", after))
