"""The format of numbers, sizes and values in messages, and text that is harmless on a terminal."""

from __future__ import annotations

import re
import unicodedata
from typing import TextIO

_BAD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The categories of Unicode that are not shown as they are.

Control and format characters may change how the rest is shown; surrogates, private and unassigned characters
look different everywhere; separators end a line or a paragraph.
"""

_COMMAND = re.compile(r"##(?=\w*\[)")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, like ``2,000 files``; ``plural`` is for irregular plurals."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def sized(size: int) -> str:
    """Return a number of bytes for people, like ``12 bytes`` or ``1.2 MB``."""
    if size < 1000:  # SI units, which file managers and PyPI also use
        return counted(size, "byte")
    for unit, bytes_in in (("kB", 10**3), ("MB", 10**6)):
        if size < 999.95 * bytes_in:  # larger sizes would be rounded to 1000.0
            return f"{size / bytes_in:.1f} {unit}"
    return f"{size / 10**9:,.1f} GB"


def quoted(text: str, most: int = 80) -> str:
    """Return a value in quotes, with control characters as escapes, cut in its middle if it is long."""
    # Chosen: a line of a terminal, and its last 16 characters, which often matter more than the middle.
    return repr(text if len(text) <= most else f"{text[: most - 16]}…{text[-16:]}")


def without_place(message: str, member: str | None) -> str:
    """Return a message without its subject, if the subject only repeats the path of its place."""
    predicate = message.removeprefix(f"{quoted(member)} ") if member else message
    # In "'a.py' and 2 more files are …" the path is only a part of the subject.
    return message if predicate.startswith("and ") else predicate


def printable(text: str) -> str:
    """Return ``text`` on one line, without terminal control sequences and invisible characters.

    Control characters, bidirectional and zero-width marks, lone surrogates and unassigned code points become
    escapes in Python's form. So do the beginnings of CI commands such as ``##[error]`` and ``##vso[``, which
    a CI system reads anywhere in its log. The result is valid in XML.
    """
    text = _COMMAND.sub(r"#\\x23", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == " " or unicodedata.category(char) not in _BAD else escaped(char) for char in text
    )


def escaped(char: str) -> str:
    """Return a character as Python escapes it."""
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def inert(line: str) -> str:
    """Return a line that GitHub does not read as a command; lines that begin with two colons are commands.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    rest = line.lstrip()
    return f"{line[: len(line) - len(rest)]}\\x3a{rest[1:]}" if rest.startswith("::") else line


def write_text(stream: TextIO, text: str) -> None:
    """Write a text; characters outside the stream's encoding become escapes."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
