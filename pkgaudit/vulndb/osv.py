"""Read the fields of a record in OSV form (https://ossf.github.io/osv-schema/) that an audit needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from packaging.version import InvalidVersion, Version

from pkgaudit.model.advisories import Span
from pkgaudit.model.distribution import normalize
from pkgaudit.vulndb.records import RecordError
from pkgaudit.vulndb.spans import from_events, merged

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_DAY = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
"""The day at the beginning of a time by RFC 3339."""

_LONGEST = 100
"""The longest version that is read, in characters. Chosen: real ones are shorter."""

_EVENTS = ("introduced", "fixed", "last_affected", "limit")
"""The events of a range: https://ossf.github.io/osv-schema/#affectedrangesevents-fields."""


@dataclass
class Record:
    """What a record says of projects on PyPI. ``affected`` are the affected versions by normalized name.

    ``modified`` is the time of its last change, and ``day`` the day of it, both "" if it says none.
    """

    id: str
    aliases: tuple[str, ...] = ()
    modified: str = ""
    is_withdrawn: bool = False
    affected: dict[str, list[Span]] = field(default_factory=dict)

    @property
    def day(self) -> str:
        match = _DAY.match(self.modified)
        return match[0] if match else ""

    @property
    def order(self) -> tuple[str, bool, str]:
        """The sort key of records with the same identifier; the last one counts."""
        return self.modified, self.is_withdrawn, repr(sorted(self.affected.items()))


def read_record(document: Any, unread: Counter[str]) -> Record:
    """Read a record, and count the parts that cannot be read.

    Raises:
        RecordError: the record is left out.
    """
    if not isinstance(document, dict) or not {"id", "affected", "ranges"} & document.keys():
        raise RecordError("not in OSV form")
    name = _text(document.get("id"))
    if not _ID.fullmatch(name):
        raise RecordError("without an identifier")
    aliases = tuple(each for each in map(_text, _list(document.get("aliases"))) if _ID.fullmatch(each))
    made = Record(name, aliases, _text(document.get("modified")), bool(document.get("withdrawn")))
    if made.is_withdrawn:
        return made
    packages = [(each, _table(each.get("package"))) for each in _tables(document.get("affected"))]
    mine = [
        (each, normalize(name))
        for each, package in packages
        if _text(package.get("ecosystem")).partition(":")[0].lower() == "pypi"
        and _NAME.fullmatch(name := _text(package.get("name")))
    ]
    if packages and not mine:
        raise RecordError("on other ecosystems")
    for each, project in mine:
        made.affected.setdefault(project, []).extend(_spans(each, unread))
    made.affected = {project: merged(spans) for project, spans in made.affected.items() if spans}
    if not made.affected:
        raise RecordError("without versions")
    return made


def _spans(affected: dict[str, Any], unread: Counter[str]) -> list[Span]:
    """Return the affected versions by the ranges; only without a range do the listed versions count.

    Ranges of commits are left out, and so are those of SemVer, which orders versions differently.
    """
    found: list[Span] = []
    for each in _tables(affected.get("ranges")):
        if _text(each.get("type")) == "ECOSYSTEM":
            try:
                found += from_events(_events(each))
            except ValueError:
                unread["ranges with versions that PEP 440 does not allow"] += 1
    if found:
        return found
    for text in map(_text, _list(affected.get("versions"))):
        try:
            found.append(Span(version := Version(text), version, closed=True))
        except InvalidVersion:
            unread["versions that PEP 440 does not allow"] += 1
    return found


def _events(each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for event in _tables(each.get("events")):
        yield from ((kind, _text(event[kind])) for kind in _EVENTS if event.get(kind) is not None)


def _text(value: Any) -> str:
    """Return a short text, "" for anything else."""
    return value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> Iterable[dict[str, Any]]:
    return [each for each in _list(value) if isinstance(each, dict)]
