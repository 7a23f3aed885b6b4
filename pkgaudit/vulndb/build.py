"""Build advisory data: read sources, join the records on the same vulnerability, and write one file."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pkgaudit.model.advisories import Advisory, Span
from pkgaudit.vulndb.osv import Record, read_record
from pkgaudit.vulndb.records import RecordError, parse
from pkgaudit.vulndb.sources import SourceError, read_source
from pkgaudit.vulndb.spans import common

_RANKS = ("CVE-", "GHSA-", "PYSEC-")
"""The beginnings of identifiers, the best known first."""


@dataclass
class Built:
    """Advisories by project, and the numbers of records: ``read``, ``used``, and left out by the reason.

    ``date`` is the day of the newest record. ``unread`` counts the parts of used records that were left out.
    """

    date: datetime.date
    read: int = 0
    used: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    projects: dict[str, list[Advisory]] = field(default_factory=dict)


def build(sources: Iterable[str], today: datetime.date) -> Built:
    """Read all sources and return the advisories in them, which do not depend on the order of the files.

    The date is that of the newest record that was not changed after ``today``, or today if none has a date.

    Raises:
        SourceError: a source cannot be read, or has no record on a project of PyPI.
    """
    made = Built(today)
    records: dict[str, Record] = {}
    for source in sources:
        before = len(records) + made.left_out.total()
        for document in _documents(source, made.left_out):
            try:
                record = read_record(document, made.unread)
            except RecordError as error:
                made.left_out[str(error)] += 1
                continue
            other = records.get(record.id)
            if other is not None:
                made.left_out["repeated"] += 1
            records[record.id] = record if other is None else max(record, other, key=lambda each: each.order)
        if len(records) + made.left_out.total() == before:
            raise SourceError(f"{source}: contains no records (.json, .yaml, or PyPI/all.zip)")
    valid = [each for each in records.values() if not each.is_withdrawn]
    if len(valid) < len(records):
        made.left_out["withdrawn"] = len(records) - len(valid)
    if not valid:
        raise SourceError(f"no record on a project of PyPI was found: {reasons(made.left_out)}")
    made.used, made.read = len(valid), len(valid) + made.left_out.total()
    last = today.isoformat()
    days = [each.day for each in records.values() if "" < each.day <= last]
    if days:
        made.date = datetime.date.fromisoformat(max(days))
    found: dict[str, list[Advisory]] = defaultdict(list)
    for group in _groups(valid):
        for project, advisory in _joined(group):
            found[project].append(advisory)
    made.projects = {project: sorted(found[project], key=_order) for project in sorted(found)}
    return made


def reasons(counts: Counter[str]) -> str:
    """Return the numbers and reasons, the most frequent first."""
    return ", ".join(
        f"{number:,} {reason}"
        for reason, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )


def _documents(source: str, left_out: Counter[str]) -> Iterator[object]:
    for given in read_source(source):
        # Most records of a database for all ecosystems are not on PyPI, and need not be parsed.
        if b"pypi" not in given.data.lower():
            left_out["on other ecosystems"] += 1
            continue
        try:
            yield from parse(given.data, is_yaml=given.is_yaml)
        except RecordError as error:
            left_out[str(error)] += 1


def _groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the records that have an identifier in common, directly or through others."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[parent]
        return name

    records = sorted(records, key=lambda each: each.id)
    for record in records:
        for alias in record.aliases:
            parents[root(alias)] = root(record.id)
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[root(record.id)].append(record)
    yield from groups.values()


def _joined(group: Iterable[Record]) -> Iterator[tuple[str, Advisory]]:
    """Yield an advisory for each project.

    A version counts as affected if all records of the group say so: one of them may not know that a fix was
    also released for an older series. Records without a common version are on different vulnerabilities,
    although a third one names both.
    """
    found: dict[str, list[tuple[set[str], list[Span]]]] = defaultdict(list)
    for record in group:
        names = {record.id, *record.aliases}
        for project, spans in record.affected.items():
            for place, (others, known) in enumerate(found[project]):
                if shared := common(known, spans):
                    found[project][place] = (others | names, shared)
                    break
            else:
                found[project].append((names, spans))
    for project, made in found.items():
        for names, spans in made:
            ids = tuple(sorted(names, key=_rank))
            yield project, Advisory(ids, tuple(spans))


def _rank(name: str) -> tuple[int, str]:
    return next((rank for rank, each in enumerate(_RANKS) if name.startswith(each)), len(_RANKS)), name


def _order(advisory: Advisory) -> tuple[tuple[str, ...], str]:
    return advisory.ids, repr(advisory.spans)
