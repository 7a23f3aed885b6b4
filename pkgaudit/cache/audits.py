"""The form of a complete audit of a distribution in the cache, as `codec` has that of the result on a member.

An audit contains what reports show, the inventory, and the few files that rules over a release read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from pkgaudit.cache.codec import Kinds
from pkgaudit.cache.secret_names import may_hold_secret
from pkgaudit.excerpts import Masking
from pkgaudit.finding import (
    Excerpt,
    Exclude,
    Finding,
    Include,
    Location,
    SetField,
    Setting,
    Severity,
    Suppression,
)
from pkgaudit.inputs.paths import Skipped
from pkgaudit.judged import Audit
from pkgaudit.model.distribution import Distribution, make_distribution

_LARGEST = 8 << 20
"""Bytes of an audit that is stored. Chosen: that of an sdist with 20,000 members has fewer."""

_NO_QUOTE = re.compile(r"|[0-9a-f]{64}")
"""A text in a summary that is no part of the file: a sha256, or none."""

_REMEDIES = {"exclude": Exclude, "include": Include, "set_field": SetField}
"""The fields for the types of remedies; msgspec supports no union of dataclasses."""


class _Finding(msgspec.Struct, array_like=True):
    """The fields of a finding that is stored; the others have their default."""

    code: str
    name: str
    severity: Severity
    distribution: str
    location: Location
    message: str
    fix: str | None
    fingerprint: str
    suppressed: Suppression | None
    excerpt: Excerpt | None
    data: dict[str, Any]
    cause: str | None
    settings: tuple[Setting, ...]
    digest: str | None
    exclude: Exclude | None = None
    include: Include | None = None
    set_field: SetField | None = None


_SAME = tuple(name for name in _Finding.__struct_fields__ if name not in _REMEDIES)


class _Audit(msgspec.Struct, array_like=True):
    distribution: msgspec.Raw
    findings: list[_Finding]
    skipped: list[Skipped]
    summaries: dict[str, dict[str, msgspec.Raw]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Audit).decode


class AuditCodec:
    """Encodes and decodes complete audits.

    ``kinds`` are the types of summaries, ``rules`` the names of the rules whose findings may be stored.
    ``masked`` is that of `codec.Codec`.
    """

    def __init__(self, kinds: Kinds, rules: Collection[str], masked: Masking) -> None:
        self._kinds = kinds
        self._rules = rules
        self._masked = masked

    def encode(self, audit: Audit) -> bytes | None:
        """Return an audit as bytes; None if it must or can not be stored."""
        try:
            return self._encode(audit)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None  # a text with surrogates, a large number, or a value of a plug-in

    def _encode(self, audit: Audit) -> bytes | None:
        distribution = audit.distribution
        if (
            distribution is None
            or audit.failures
            or not audit.pieces.is_empty
            or any(each.name not in self._rules or each.baseline_hashes for each in audit.findings)
        ):
            return None
        summaries: dict[str, dict[str, msgspec.Raw]] = {}
        for kind, values in audit.summaries.items():
            name = self._kinds.name_of(kind)
            if name is None or not all(map(_is_without_quotes, values.values())):
                return None
            summaries[name] = {path: msgspec.Raw(_encode(value)) for path, value in values.items()}
        inventory = _encode(distribution)
        findings = list(map(_of, audit.findings))
        said = _encode([findings, audit.skipped])
        quoted = [*distribution.kept.items(), *distribution.comments, ("", said)]
        if len(inventory) > _LARGEST or any(may_hold_secret(data, path) for path, data in quoted):
            return None
        for text in (inventory.decode("utf-8", "replace"), said.decode("utf-8", "replace")):
            if self._masked(text) != text:
                return None
        return _encode(_Audit(msgspec.Raw(inventory), findings, audit.skipped, summaries))

    def decode(self, path: str, data: bytes) -> Audit:
        """Return the audit of the distribution at a path.

        Raises:
            ValueError, TypeError, KeyError: the bytes are not an audit, or one with other types.
        """
        stored = _decode(data)
        kind = type(make_distribution(path))
        distribution: Distribution | None = msgspec.msgpack.decode(stored.distribution, type=kind)
        if any(each.name not in self._rules for each in stored.findings):
            raise ValueError("a finding of an unknown rule")
        audit = Audit(path, distribution, list(map(_finding, stored.findings)), skipped=stored.skipped)
        for name, values in stored.summaries.items():
            summary, decode = self._kinds.named(name)
            audit.summaries[summary] = {member: decode(raw) for member, raw in values.items()}
        return audit


def _is_without_quotes(summary: Any) -> bool:
    """Return whether a summary says nothing in words, which could be those of a file with a secret."""
    values = msgspec.to_builtins(summary)
    return isinstance(values, Mapping) and all(
        isinstance(each, (int, float, type(None)))
        or (isinstance(each, str) and _NO_QUOTE.fullmatch(each) is not None)
        for each in values.values()
    )


def _of(finding: Finding) -> _Finding:
    remedies: dict[str, Any] = {
        name: finding.remedy for name, kind in _REMEDIES.items() if isinstance(finding.remedy, kind)
    }
    return _Finding(*(getattr(finding, name) for name in _SAME), **remedies)


def _finding(stored: _Finding) -> Finding:
    remedy = stored.exclude or stored.include or stored.set_field
    return Finding(**{name: getattr(stored, name) for name in _SAME}, remedy=remedy)
