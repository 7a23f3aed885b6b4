"""The constructs that each version of Python added to the language, under the names that messages use.

Which Python reads which construct was tried with CPython 3.8 to 3.15; `tools.check_syntax` tries it again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

Version = tuple[int, int]


class Construct(enum.Enum):
    """A construct: the first Python that reads it, and its name."""

    ANNOTATIONS = (3, 7), "the future import 'annotations'"
    WALRUS = (3, 8), "an assignment expression"
    POSITIONAL_ONLY = (3, 8), "a positional-only parameter"
    DECORATOR = (3, 9), "a decorator that is not a dotted name or call"
    MANAGERS = (3, 9), "context managers in parentheses"
    MATCH = (3, 10), "a match statement"
    ASYNC_INSIDE = (3, 11), "an asynchronous comprehension inside another comprehension"
    EXCEPT_STAR = (3, 11), "'except*'"
    STARRED_ANNOTATION = (3, 11), "a starred annotation"
    STARRED_INDEX = (3, 11), "a starred expression in an index"
    F_STRING_BACKSLASH = (3, 12), "an f-string with a backslash in its braces"
    F_STRING_BLANK = (3, 12), "an f-string with a blank after a conversion"
    F_STRING_COMMENT = (3, 12), "an f-string with a comment in its braces"
    F_STRING_LINES = (3, 12), "an f-string whose braces span lines"
    F_STRING_NESTED = (3, 12), "an f-string with braces in a format in a format"
    F_STRING_QUOTES = (3, 12), "an f-string that reuses its quotes in its braces"
    TYPE_PARAMETERS = (3, 12), "type parameters"
    TYPE_STATEMENT = (3, 12), "a type statement"
    TYPE_DEFAULT = (3, 13), "a type parameter with a default"
    EXCEPT_SEVERAL = (3, 14), "'except' with several exceptions and no parentheses"
    TEMPLATE_STRING = (3, 14), "a template string"
    LAZY_IMPORT = (3, 15), "a lazy import"
    UNPACKING = (3, 15), "unpacking in a comprehension"

    since: Version
    text: str

    def __new__(cls, since: Version, text: str) -> Construct:
        made = object.__new__(cls)
        made._value_ = text
        made.since = since
        made.text = text
        return made


@dataclass(frozen=True, slots=True)
class Feature:
    """A construct in a source, and the first line with it."""

    construct: Construct
    line: int

    @property
    def version(self) -> Version:
        """The first Python that reads the construct."""
        return self.construct.since

    @property
    def name(self) -> str:
        """The name of the construct in messages."""
        return self.construct.text
