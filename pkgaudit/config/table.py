"""Conversion of TOML tables to typed values, with messages that help to fix a wrong value."""

from __future__ import annotations

import dataclasses
import datetime
import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pkgaudit.errors import PkgauditError

_SIZE = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?)\s*(?:([kmgt])(i?))?b?(?:ytes?)?", re.IGNORECASE)


class Size(int):
    """A number of bytes, in tables also text: ``50 MB`` (powers of 1000) or ``1.5 GiB`` (powers of 1024)."""

    @classmethod
    def parse(cls, text: str) -> Size:
        """Return the size that a text spells.

        Raises:
            ValueError: the text is not a size.
        """
        match = _SIZE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a size like 5000000, '50 MB' or '1.5 GiB'")
        number, unit, binary = match.groups()
        power = "kmgt".index(unit.lower()) + 1 if unit else 0
        return cls(round(float(number) * (1024 if binary else 1000) ** power))


class ConfigError(PkgauditError):
    """A configuration that cannot be used. The message names the file, the key and the valid values."""


def nearest(word: str, known: Iterable[str], least: float = 0.5) -> str:
    """Return "; did you mean …?" with the most similar known word, nothing if none is similar.

    ``least`` is the smallest ratio of difflib: a word without meaning resembles one of many words at 0.5.
    """
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=least) or difflib.get_close_matches(
        word.upper(), list(known), n=1, cutoff=least
    )
    return f"; did you mean {near[0]!r}?" if near else ""


def fill(made: type[Any], given: Mapping[str, Any], where: str) -> Any:
    """Make a dataclass from a table with kebab-case keys, checking types. ``where`` begins the messages.

    Raises:
        ConfigError: a key is unknown, a value has the wrong type, or the dataclass rejects it.
    """
    known = {each.name.replace("_", "-"): each.name for each in dataclasses.fields(made)}
    former = former_keys(made)
    values: dict[str, Any] = {}
    # Former keys come first, so the present key wins if both are given.
    for key in sorted(given, key=lambda each: each.replace("_", "-") not in former):
        kebab = key.replace("_", "-")
        name = known.get(former.get(kebab, kebab))
        if name is None:
            raise ConfigError(f"{where}: unknown key {key!r}{nearest(key, known)}")
        values[name] = convert(given[key], _hints(made)[name], f"{where}: {key}")
    for key, name in known.items():
        if name not in values and _is_required(made, name):
            raise ConfigError(f"{where}: the key {key!r} is missing")
    try:
        return made(**values)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _is_required(made: type[Any], name: str) -> bool:
    field = made.__dataclass_fields__[name]
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


_HINTS: dict[type[Any], dict[str, Any]] = {}


def _hints(made: type[Any]) -> dict[str, Any]:
    """Return the types of the fields of a dataclass, cached because each audit fills all options."""
    if made not in _HINTS:
        _HINTS[made] = typing.get_type_hints(made)
    return _HINTS[made]


def former_keys(made: type[Any]) -> dict[str, str]:
    """Return the present keys of a dataclass by their former names.

    A field declares those as ``field(metadata={"formerly": ["old-key"]})``.
    """
    return {
        old: each.name.replace("_", "-")
        for each in dataclasses.fields(made)
        for old in each.metadata.get("formerly", ())
    }


def convert(value: Any, wanted: Any, where: str) -> Any:
    """Return a TOML value as the type ``wanted``: a list as a tuple, a whole number as a float.

    Raises:
        ConfigError: the value has another type.
    """
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        kinds = [each for each in arguments if each is not type(None)]
        # A text, or a table with the text and more: the value says which.
        fitting = (each for each in kinds if dataclasses.is_dataclass(each) is isinstance(value, dict))
        return convert(value, next(fitting, kinds[0]), where)
    if origin is tuple and isinstance(value, list):
        return tuple(convert(each, arguments[0], where) for each in value)
    if origin in (dict, Mapping) and isinstance(value, dict):
        return {str(key): convert(each, arguments[1], f"{where}: {key}") for key, each in value.items()}
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type) and isinstance(value, dict):
        return fill(wanted, value, where)
    if wanted is Size and type(value) in (int, str):
        try:
            return Size.parse(value) if isinstance(value, str) else Size(value)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from None
    if wanted is float and type(value) is int:
        return float(value)
    if isinstance(wanted, type) and type(value) is wanted:
        return value
    raise ConfigError(f"{where}: expected {_describe(wanted)}, found {value!r}")


def _describe(wanted: Any) -> str:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is tuple:
        words = (each.removeprefix("a ") + "s" for each in _describe(arguments[0]).split(" or "))
        return f"a list of {' or '.join(words)}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_describe(each) for each in arguments if each is not type(None))
    if origin in (dict, Mapping) or dataclasses.is_dataclass(wanted):
        return "a table"
    return {
        str: "a string",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        datetime.date: "a date like 2030-12-31",
        Size: "a size like 5000000, '50 MB' or '1.5 GiB'",
    }.get(wanted, str(wanted))
