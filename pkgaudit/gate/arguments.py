"""Command lines of other programs, read by a table of their options."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field


class Kind(enum.Enum):
    """The kinds of words on a command line."""

    OPTION = enum.auto()
    VALUE = enum.auto()
    """The value of the option before it."""
    ARGUMENT = enum.auto()
    END = enum.auto()
    """The word ``--``, after which all words are arguments."""


@dataclass(frozen=True)
class Word:
    """One word: its position in the command line, its kind, and its option with the value, if it has one.

    ``option`` is the first long name without dashes, empty if the option is unknown. ``value`` is the value
    of the option, if this word has it.
    """

    at: int
    text: str
    kind: Kind
    option: str = ""
    value: str | None = None


@dataclass
class Arguments:
    """The words of a command line after the name of the program, in order.

    ``incomplete`` is an option at the end that has no value, although it needs one.
    """

    words: list[Word] = field(default_factory=list)
    incomplete: str | None = None

    @property
    def arguments(self) -> list[Word]:
        """The words that are neither options nor values."""
        return [each for each in self.words if each.kind is Kind.ARGUMENT]

    def has(self, option: str) -> bool:
        """Return whether an option is given."""
        return any(each.option == option for each in self.words if each.kind is Kind.OPTION)

    def values(self, option: str) -> list[str]:
        """Return the values of an option, in order."""
        return [each.value for each in self.words if each.option == option and each.value is not None]

    def value(self, option: str) -> str | None:
        """Return the last value of an option, which is the one that counts; None without one."""
        return next(reversed(self.values(option)), None)

    @property
    def rest(self) -> int:
        """The position of the first word that was not read."""
        return self.words[-1].at + 1 if self.words else 0


class Syntax:
    """The options of a command.

    Each is a text with its spellings and, if it has a value, a final ``=``: ``-r --repository=``. With
    ``abbreviates``, the beginning of a long option stands for it, as in argparse. With ``has_equals``, an
    equals sign may separate a short option from its value.
    """

    def __init__(self, *options: str, abbreviates: bool = False, has_equals: bool = True) -> None:
        self._names: dict[str, str] = {}
        self._valued: set[str] = set()
        self._abbreviates = abbreviates
        self._has_equals = has_equals
        for text in options:
            spellings = text.removesuffix("=").split()
            name = next((each for each in spellings if each.startswith("--")), spellings[0]).lstrip("-")
            self._names.update(dict.fromkeys(spellings, name))
            if text.endswith("="):
                self._valued.add(name)

    def read(self, words: Sequence[str], start: int = 0, *, whole: bool = True) -> Arguments:
        """Read the words from a position; without ``whole``, stop before the first argument."""
        found = Arguments()
        at = start
        while at < len(words):
            text = words[at]
            if text == "--":
                found.words.append(Word(at, text, Kind.END))
                if not whole:
                    break
                found.words += [Word(n, words[n], Kind.ARGUMENT) for n in range(at + 1, len(words))]
                break
            if not text.startswith("-") or text == "-":
                if not whole:
                    break
                found.words.append(Word(at, text, Kind.ARGUMENT))
                at += 1
                continue
            read = self._long(at, text) if text.startswith("--") else self._short(at, text)
            if self._abbreviates and " " in text and not read[0].option:
                read = [Word(at, text, Kind.ARGUMENT)]  # as argparse does
            found.words += read
            at += 1
            last = read[-1]
            if last.option in self._valued and last.value is None:
                if at == len(words):
                    found.incomplete = last.text
                    break
                found.words.append(Word(at, words[at], Kind.VALUE, last.option, words[at]))
                at += 1
        return found

    def _long(self, at: int, text: str) -> list[Word]:
        spelling, equals, value = text.partition("=")
        return [Word(at, text, Kind.OPTION, self._named(spelling), value if equals else None)]

    def _named(self, spelling: str) -> str:
        if spelling in self._names or not self._abbreviates:
            return self._names.get(spelling, "")
        found = {name for each, name in self._names.items() if each.startswith(spelling)}
        return found.pop() if len(found) == 1 else ""

    def _short(self, at: int, text: str) -> list[Word]:
        """Read an option with one dash; several letters are several options, or one and its value."""
        if text in self._names:
            return [Word(at, text, Kind.OPTION, self._names[text])]
        found = []
        for position, letter in enumerate(text[1:], 1):
            name = self._names.get(f"-{letter}", "")
            rest = text[position + 1 :]
            if name in self._valued and rest:
                value = rest.removeprefix("=") if self._has_equals else rest
                found.append(Word(at, text, Kind.OPTION, name, value))
                break
            found.append(Word(at, text, Kind.OPTION, name))
        return found
