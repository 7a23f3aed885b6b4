"""The format of numbers, sizes and values in messages."""

from __future__ import annotations


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
