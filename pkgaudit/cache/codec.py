"""The form of the result on a member in the cache: MessagePack, decoded only to the types of the rules.

MessagePack cannot name a class, so bytes that somebody else wrote cannot run code. msgspec makes the objects,
and refuses values of other types.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec

from pkgaudit.excerpts import Masking
from pkgaudit.finding import Location, Problem, Severity, Suppression, SuppressionKind
from pkgaudit.judged import Judged
from pkgaudit.model.member import Cost


class _Problem(msgspec.Struct, array_like=True):
    rule: str
    message: str
    location: tuple[str | None, int | None, int | None]
    fix: str | None
    severity: int | None
    key: str | None
    cause: str | None
    pedantic: bool
    data: dict[str, str | int | float | bool | list[str | int] | None]
    suppression: tuple[str, str | None] | None
    line: tuple[str, int] | None


class _Result(msgspec.Struct, array_like=True):
    problems: list[_Problem]
    summaries: dict[str, msgspec.Raw]
    is_unparsed: bool
    has_mark: bool
    cost: tuple[int, int]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Result).decode


class Kinds:
    """The types of summaries, and their names in the cache."""

    def __init__(self, kinds: Iterable[type[Any]]) -> None:
        self._kinds = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in kinds}
        self._names = {kind: name for name, kind in self._kinds.items()}
        self._decoders: dict[type[Any], Callable[[msgspec.Raw], Any] | None] = {}

    def name_of(self, kind: type[Any]) -> str | None:
        """Return the name of a type, None if msgspec does not support it."""
        return self._names[kind] if self._decoder(kind) is not None else None

    def named(self, name: str) -> tuple[type[Any], Callable[[msgspec.Raw], Any]]:
        """Return the type with a name, and its decoder.

        Raises:
            TypeError, KeyError: `name_of` does not return this name.
        """
        kind = self._kinds[name]
        decode = self._decoder(kind)
        if decode is None:
            raise TypeError(name)
        return kind, decode

    def _decoder(self, kind: type[Any]) -> Callable[[msgspec.Raw], Any] | None:
        """Return the decoder of a type of summaries, None if msgspec does not support it."""
        if kind not in self._decoders:
            try:
                self._decoders[kind] = msgspec.msgpack.Decoder(kind).decode
            except (TypeError, NameError):  # other fields than data, perhaps of a plug-in
                self._decoders[kind] = None
        return self._decoders[kind]


class Codec:
    """Encodes and decodes results. ``kinds`` are the types of the summaries in them.

    ``confidential`` are the names of the rules whose results are never stored. ``masked`` returns a text
    without its secrets: a result with a text that it would change is not stored.
    """

    def __init__(self, kinds: Kinds, confidential: Collection[str], masked: Masking) -> None:
        self._kinds = kinds
        self._confidential = confidential
        self._masked = masked

    def encode(self, path: str, judged: Judged, cost: Cost) -> bytes | None:
        """Return the result on the member at ``path`` as bytes; None if it must or can not be stored."""
        try:
            return self._encode(path, judged, cost)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None  # a text with surrogates, a large number, or a value of a plug-in

    def _encode(self, path: str, judged: Judged, cost: Cost) -> bytes | None:
        if (
            not judged.pieces.is_empty
            or judged.failures
            or cost.refused
            or not judged.lines.are_harmless(self._masked)
        ):
            return None
        problems = []
        for (rule, problem), suppression in judged.problems.items():
            if rule in self._confidential or not _is_plain(problem):
                return None
            problems.append(_of(rule, problem, suppression, judged))
        summaries: dict[str, msgspec.Raw] = {}
        for kind, values in judged.summaries.items():
            name = self._kinds.name_of(kind)
            if name is None or set(values) != {path}:
                return None
            summaries[name] = msgspec.Raw(_encode(values[path]))
        data = _encode(
            _Result(problems, summaries, judged.is_unparsed, judged.has_mark, (cost.weight, cost.steps))
        )
        text = data.decode("utf-8", "replace")
        return data if self._masked(text) == text else None

    def decode(self, path: str, data: bytes) -> tuple[Judged, Cost]:
        """Return a stored result.

        Raises:
            ValueError, TypeError, KeyError: the bytes are not a result, or one with other types.
        """
        result = _decode(data)
        judged = Judged(is_unparsed=result.is_unparsed, has_mark=result.has_mark)
        for each in result.problems:
            location = Location(*each.location)
            problem = Problem(
                each.message,
                location,
                each.fix,
                None if each.severity is None else Severity(each.severity),
                each.key,
                data=each.data,
                cause=each.cause,
                pedantic=each.pedantic,
            )
            judged.problems[each.rule, problem] = (
                None
                if each.suppression is None
                else Suppression(SuppressionKind(each.suppression[0]), each.suppression[1])
            )
            if each.line is not None:
                judged.lines.put(location, *each.line)
        for name, raw in result.summaries.items():
            kind, decode = self._kinds.named(name)
            judged.summaries[kind] = {path: decode(raw)}
        return judged, Cost(*result.cost)


def _is_plain(problem: Problem) -> bool:
    """Return whether a problem only has values that the cache stores."""
    return (
        isinstance(problem.fix, (str, type(None)))
        and problem.digest is None
        and problem.distribution is None
        and not problem.baseline_hashes
        and not problem.unjudged
    )


def _of(rule: str, problem: Problem, suppression: Suppression | None, judged: Judged) -> _Problem:
    location = problem.location
    return _Problem(
        rule,
        problem.message,
        (location.member, location.line, location.column),
        problem.fix if isinstance(problem.fix, str) else None,
        None if problem.severity is None else int(problem.severity),
        problem.key,
        problem.cause,
        problem.pedantic,
        {
            key: value if isinstance(value, (str, int, float, type(None))) else list(value)
            for key, value in problem.data.items()
        },
        None if suppression is None else (suppression.by.value, suppression.reason),
        judged.lines.at(location),
    )
