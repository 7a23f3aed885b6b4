"""The options of a rule in words: keys, types, defaults, and what the docstrings of their dataclass say."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pkgaudit.config.table import Size

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MENTIONED = re.compile(r"``([^`]+)``")
_HEAD = re.compile(r"\A(?:The|Base of the) options(?: of `\w+`)?: ")


@dataclass(frozen=True)
class Option:
    """A field of a dataclass that a table fills: the key, its type in words, its default.

    ``home`` is the class that defines it, which several classes of options may share.
    """

    key: str
    kind: str
    default: Any
    home: type[Any]


def described(made: type[Any]) -> list[Option]:
    """Return the fields of a dataclass of options."""
    hints = typing.get_type_hints(made)
    found = []
    for each in dataclasses.fields(made):
        default = each.default
        if each.default_factory is not dataclasses.MISSING:
            default = each.default_factory()
        elif default is dataclasses.MISSING:
            default = None
        key = each.name.replace("_", "-")
        home = next(
            base for base in reversed(made.__mro__) if each.name in vars(base).get("__annotations__", {})
        )
        found.append(Option(key, type_in_words(hints[each.name]), default, home))
    return found


def documentation_of(made: type[Any]) -> str:
    """Return, as Markdown, what the docstrings of a dataclass and of those it is made from say."""
    texts = [_docstring(each) for each in made.__mro__ if dataclasses.is_dataclass(each)]
    return "\n\n".join(text for text in texts if text)


def _docstring(made: type[Any]) -> str:
    text = inspect.cleandoc(vars(made).get("__doc__") or "")
    if text.startswith(f"{made.__name__}("):  # what dataclasses writes where there is none
        return ""
    text = _MENTIONED.sub(r"`\1`", _HEAD.sub("", text))
    text = "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
    return text[:1].upper() + text[1:]


def describe_option(options: type[Any], name: str) -> str:
    """Return what is said of a field of a dataclass, in Markdown: the sentence that names it, else the first.

    Docstrings of base classes count too.
    """
    texts = [
        inspect.cleandoc(each.__doc__ or "") for each in options.__mro__ if dataclasses.is_dataclass(each)
    ]
    texts = [each for each in texts if not each.startswith(f"{options.__name__}(")]  # made up by dataclass
    marks = {f"``{spelling}``" for spelling in (name, name.replace("_", "-"))}
    for text in texts:
        for sentence in re.split(r"(?<=\.)\s+", text):
            if any(mark in sentence for mark in marks):
                return in_markdown(sentence)
    return in_markdown(re.split(r"(?<=\.)\s", texts[0])[0]) if texts else ""


def in_markdown(text: str) -> str:
    """Return a text of a docstring as one paragraph of Markdown."""
    return " ".join(text.split()).replace("``", "`")


def meaning_of(option: Option, made: type[Any]) -> str:
    """Return what an option means, for a cell of a table: without its name where it begins with it."""
    said = describe_option(made, option.key.replace("-", "_"))
    said = re.sub(rf"\A(?:The|Base of the) options(?: of `\w+`)?: |\A`{option.key}`: ", "", said)
    said = said.rstrip(".").replace("|", "\\|")
    return re.sub(r"(?<!<)(https://[^\s)]+)", r"<\1>", said)


def type_in_words(wanted: Any, plural: bool = False) -> str:
    """Return an annotation as a user would say it: "a list of strings", or "lists of strings"."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return type_in_words(next(each for each in arguments if each is not type(None)), plural)
    if origin is tuple:
        return f"{'lists' if plural else 'a list'} of {type_in_words(arguments[0], True)}"
    if origin in (dict, Mapping):
        return f"{'tables' if plural else 'a table'} of {type_in_words(arguments[1], True)}"
    if dataclasses.is_dataclass(wanted):
        return "tables" if plural else "a table"
    singular, several = {
        str: ("a string", "strings"),
        int: ("a whole number", "whole numbers"),
        float: ("a number", "numbers"),
        bool: ("true or false", "true or false"),
        Size: ("a size", "sizes"),
    }.get(wanted, (str(wanted), str(wanted)))
    return several if plural else singular


def spelled(value: Any) -> str:
    """Return a value as TOML spells it, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=not value.isprintable())
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(spelled, value))}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{bare(key)} = {spelled(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return str(value)


def bare(key: str) -> str:
    """Return a key as TOML spells it: without quotes where it needs none."""
    return key if _BARE.fullmatch(key) else json.dumps(key)
