"""Ranges of versions: made from the events of an OSV record, joined and intersected."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import Version

from pkgaudit.model.advisories import Span

_BEGINNING = "0"
"""The event that affects even the first version; it is not a version."""

_LOWEST = Version("0")
"""The version in sort keys that have none; the keys differ before it is compared."""


def from_events(events: Iterable[tuple[str, str]]) -> list[Span]:
    """Return the spans of one range, from pairs such as ``("fixed", "1.2")`` in any order.

    Events of one version may open a span that another one closes there, such as when a fix is undone in the
    release that has it. Repeated events count once, and an end without a beginning has no effect.

    Raises:
        ValueError: a version is not valid by PEP 440; without its event, the range would be another one.
    """
    at: dict[Version | None, set[str]] = {}
    limits: list[Version | None] = []
    for kind, text in events:
        is_unbounded = (kind, text) in (("introduced", _BEGINNING), ("limit", "*"))
        version = None if is_unbounded else Version(text)
        if kind == "limit":
            limits.append(version)
        else:
            at.setdefault(version, set()).add(kind)
    found: list[Span] = []
    is_open, low = False, None
    for version in sorted(at, key=lambda each: (each is not None, each or _LOWEST)):
        kinds = at[version]
        if is_open and "fixed" in kinds:
            found.append(Span(low, version))
            is_open = False
        elif {"introduced", "fixed"} <= kinds:
            continue
        if "introduced" in kinds and not is_open:
            is_open, low = True, version
        if is_open and "last_affected" in kinds:
            found.append(Span(low, version, closed=True))
            is_open = False
    if is_open:
        found.append(Span(low))
    bounds = [each for each in limits if each is not None]
    if limits and len(bounds) == len(limits):
        found = common(merged(found), [Span(None, max(bounds))])
    return merged(found)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same versions as sorted spans that neither overlap nor touch."""
    found: list[Span] = []
    for each in sorted((each for each in spans if not each.is_empty), key=_begin):
        before = found[-1] if found else None
        if before is None or (before.high is not None and each.low is not None and each.low > before.high):
            found.append(each)
        else:
            found[-1] = Span(before.low, *max((before, each), key=_end)[1:])
    return found


def common(some: list[Span], others: list[Span]) -> list[Span]:
    """Return the versions that are in both; the spans of each are sorted and do not overlap."""
    found = []
    one = other = 0
    while one < len(some) and other < len(others):
        begin = max(some[one], others[other], key=_begin)
        end = min(some[one], others[other], key=_end)
        made = Span(begin.low, end.high, end.closed)
        if not made.is_empty:
            found.append(made)
        if _end(some[one]) <= _end(others[other]):
            one += 1
        else:
            other += 1
    return found


def _begin(span: Span) -> tuple[bool, Version]:
    return span.low is not None, span.low or _LOWEST


def _end(span: Span) -> tuple[bool, Version, bool]:
    return span.high is None, span.high or _LOWEST, span.closed
