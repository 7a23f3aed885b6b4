"""One pass over a distribution and its nested archives, which reads, hashes and yields each member once."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from pkgaudit.archive.appended import Appended, end_of_program, find_appended, is_bundle, is_picture
from pkgaudit.archive.budget import Budget
from pkgaudit.archive.compressed import compression, decompress, gzip_header, is_archive, is_tar, is_zip
from pkgaudit.archive.nested import (
    START,
    TAIL,
    ends_with_record,
    may_end_as_zip,
    reader_of,
    reader_of_appended,
)
from pkgaudit.archive.raw import CHUNK, FOLLOWED, Notes, RawMember
from pkgaudit.archive.tar import read_tar
from pkgaudit.archive.tar_header import BLOCK
from pkgaudit.archive.zip import read_zip
from pkgaudit.archive.zip_end import looks_like_zip
from pkgaudit.formatting import quoted
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, UnreadFile, Wheel, normalize
from pkgaudit.model.entry import Anomaly, AnomalyKind
from pkgaudit.model.formats import COMPOUND, unread_format
from pkgaudit.model.member import WHOLE, Member, Parts, Window, native_format

OVERLAP = 64 << 10
"""Number of bytes by which the windows of a large member overlap."""

NESTED_MARK = "!/"


class Part(NamedTuple):
    """Every ``of``-th member of an archive, from the one with this number, which counts from 0."""

    number: int
    of: int


class Visit:
    """One member while it is read.

    The size and digest of the entry are known after `close`, which reads the windows that the caller has not
    read.
    """

    def __init__(
        self, member: Member, raw: RawMember, chunks: Iterator[bytes], limits: Limits, is_kept: bool = False
    ) -> None:
        self.member = member
        self.data: bytes | None = b""
        """The whole content once read, None if it is too large to keep."""
        self.head = b""
        """The first bytes, once read, if the content is too large to keep."""
        self.tail = b""
        """The last bytes, once read, if the content is too large to keep."""
        self.appended: Appended | None = None
        """The archive after the end of another file, once read, if the content is too large to keep."""
        self._chunks = chunks
        self._parts = raw.parts
        self._most = limits.member_bytes
        self._limit = min(limits.window_bytes, self._most)
        self._is_kept = is_kept
        self._end = 0
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def digest(self) -> bytes:
        """The sha256 of what was read so far."""
        return self._digest.digest()

    def windows(self) -> Iterator[Window]:
        """Yield the content: one window, or for a large member several of at most the limit's size."""
        held: deque[bytes] = deque()
        size, limit = 0, self._limit
        for chunk in self._read():
            held.append(chunk)
            size += len(chunk)
            if size > limit and self._is_held_whole(held[0]):
                limit = self._most
            if size > limit:
                self.data = None
                yield from self._split(held)
                return
        self.data = held[0] if len(held) == 1 else b"".join(held)
        held.clear()
        if self.data:
            yield Window(self.data)

    def _is_held_whole(self, head: bytes) -> bool:
        """Return whether something needs a member as a whole that is larger than a window."""
        return (
            self._parts is None  # it could not be read again if an archive follows its end
            or self._is_kept
            or self.member.suffix in WHOLE
            or is_archive(head)
            or is_picture(head)  # only a search for the mark of its end could find an archive after it
        )

    def _split(self, held: deque[bytes]) -> Iterator[Window]:
        """Yield the windows. ``held`` is emptied, because no byte should be in memory twice."""
        first = b"".join(held)
        held.clear()
        self.head = first[:START]
        self.appended = find_appended(first, self.member.entry.size)
        self._end = end_of_program(first, self.member.entry.size)
        native = native_format(first)
        held.append(first)
        del first
        offset, line = 0, 1
        while True:
            part = _cut(held, self._limit)
            if not held:
                held.extend(self._fill(1))
            if not held:
                self.tail = part[-TAIL:]
            yield Window(
                part,
                offset=offset,
                first_line=line,
                whole=False,
                last=not held,
                native=native,
                parts=self._parts,
            )
            if not held:
                return
            keep = min(OVERLAP, len(part) // 2)
            line += part.count(b"\n", 0, len(part) - keep)
            offset += len(part) - keep
            held.appendleft(part[len(part) - keep :])
            del part
            held.extend(self._fill(self._limit - sum(map(len, held))))

    def _fill(self, wanted: int) -> Iterator[bytes]:
        """Yield pieces with ``wanted`` bytes or more, fewer at the end."""
        if wanted <= 0:
            return
        for chunk in self._read():
            yield chunk
            wanted -= len(chunk)
            if wanted <= 0:
                return

    def whole_again(self) -> bytes | None:
        """Return the content of a member that was read in windows, if an archive may follow its end.

        Return None if none follows, and for a member that is too large to keep or cannot be read again.
        """
        if self._parts is None or self._size > self._most or not self._may_be_followed(self._parts):
            return None
        data = self._parts.read(0, self._size)
        return data if len(data) == self._size else None

    def _may_be_followed(self, parts: Parts) -> bool:
        if self.appended is not None or is_bundle(self.tail) or may_end_as_zip(self.tail):
            return True
        # patchelf appends a byte, and others pad with zeros.
        return parts.read(self._end, self._size - self._end).strip(b"\0") != b""

    def _read(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._digest.update(chunk)
            self._size += len(chunk)
            yield chunk

    def close(self) -> None:
        """Read the rest of the content and complete the member's entry."""
        for _ in self._read():
            pass
        entry = self.member.entry
        if entry.is_file:
            self.member.entry = entry.with_content(self._size, self._digest.hexdigest())


def _cut(pieces: deque[bytes], most: int) -> bytes:
    """Take the first ``most`` bytes from the pieces, fewer if there are no more."""
    taken: list[bytes] = []
    while pieces and most:
        piece = pieces.popleft()
        if len(piece) > most:
            pieces.appendleft(piece[most:])
            piece = piece[:most]
        taken.append(piece)
        most -= len(piece)
    return taken[0] if len(taken) == 1 else b"".join(taken)


def walk(
    file: BinaryIO,
    distribution: Distribution,
    limits: Limits,
    part: Part | None = None,
    wants_blake2b: bool = False,
) -> Iterator[Visit]:
    """Yield a visit for every member of ``distribution``, and fill in its inventory.

    The distribution's size, sha256, entries, anomalies and kept files are complete when the iterator is
    exhausted; its BLAKE2b digest only if it is wanted. With a ``part``, the content of other members is not
    read, and the inventory stays incomplete. No content of the archive raises.

    Raises:
        OSError: ``file`` cannot be read.
    """
    digest = hashlib.sha256()
    second = hashlib.blake2b(digest_size=32) if wants_blake2b else None

    def observe(block: bytes) -> None:
        digest.update(block)
        if second is not None:
            second.update(block)

    distribution.size = file.seek(0, 2)
    file.seek(0)
    head = file.read(BLOCK)
    file.seek(0)
    project = normalize(distribution.filename_project[0])
    notes = Notes(distribution.anomalies, distribution.comments)
    budget = Budget(limits, distribution.size, notes)
    observed = False
    members: Iterator[RawMember] = iter(())
    if isinstance(distribution, UnreadFile):
        pass
    elif not head:
        notes.add(AnomalyKind.UNREADABLE, "the file is empty")
    elif is_zip(head):
        _expect("zip", distribution, notes)
        budget.is_zip = True
        members = read_zip(file, notes, max_members=budget.most_members)
    elif (packer := compression(head)) or is_tar(head):
        _expect("tar.gz", distribution, notes)
        if packer != "gzip":
            notes.add(
                AnomalyKind.UNSUPPORTED_COMPRESSION,
                f"the tar archive is {f'compressed with {packer}' if packer else 'not compressed'}; "
                "an sdist is compressed with gzip",
            )
        else:
            distribution.gzip_header = gzip_header(head)
        observed = True
        stream = budget.meter_stream(decompress(file, notes, observe=observe))
        members = read_tar(stream, notes, max_members=budget.most_members)
    elif isinstance(distribution, Wheel):
        # The file may still have an end record; data before the first member is then a finding.
        budget.is_zip = True
        members = read_zip(file, notes, max_members=budget.most_members)
    else:
        notes.add(AnomalyKind.UNREADABLE, "the file is neither a tar.gz nor a zip archive")
    damaged: set[str] = set()
    """Members whose content must not be judged, because the damage would appear as another fault."""
    noted = 0
    for number, raw in enumerate(members):
        if not budget.take_member(raw.entry.path):
            break
        if part is not None and number % part.of != part.number:
            continue
        visit = Visit(
            Member(raw.entry, distribution.kind, budget, project, distribution.today),
            raw,
            budget.meter(raw, budget.take),
            limits,
            distribution.keeps(raw.entry.path),
        )
        yield visit
        visit.close()
        entry = visit.member.entry
        distribution.entries.append(entry)
        if raw.entry.packed_size is not None:
            budget.charge(raw.entry.size - entry.size * entry.is_file, entry.path)
        damaged.update(
            anomaly.member
            for anomaly in notes.anomalies[noted:]
            if anomaly.member and (anomaly.unread or anomaly.kind is AnomalyKind.UNREADABLE)
        )
        noted = len(notes.anomalies)
        is_sound = visit.data is not None and len(visit.data) == raw.entry.size and entry.path not in damaged
        data = visit.data or b""
        wanted = is_sound and entry.is_file and distribution.keeps(entry.path)
        if wanted and budget.keep(len(data), entry.path):
            distribution.kept[entry.path] = data
        if entry.is_file and not budget.spent:
            yield from _walk_nested(visit, distribution, budget)
        if budget.spent:
            break
    if budget.spent:
        # Anomalies noted after the budget stopped the stream are not faults of the archive.
        later = distribution.anomalies[budget.last_note :]
        distribution.anomalies[budget.last_note :] = [each for each in later if each.kind in _NOT_PARSED]
    if not observed:
        file.seek(0)
    # For an observed file, these are the bytes after the end of the stream.
    for block in iter(lambda: file.read(CHUNK), b""):
        observe(block)
    distribution.sha256 = digest.hexdigest()
    distribution.blake2b_256 = "" if second is None else second.hexdigest()
    distribution.more_comments = notes.more_comments
    if (observed and looks_like_zip(file)) or (is_zip(head) and is_tar(head)):
        notes.add(AnomalyKind.UNREADABLE, "the file is both a tar archive and a zip archive")


def _expect(found: str, distribution: Distribution, notes: Notes) -> None:
    wheel = isinstance(distribution, Wheel)
    if wheel and found != "zip":
        message = "the file has the name of a wheel but is a tar archive, not a zip archive"
        notes.add(AnomalyKind.UNREADABLE, message)
    elif not wheel and found == "zip" and not distribution.filename.lower().endswith(".zip"):
        notes.add(AnomalyKind.UNREADABLE, "the file has the name of a tar archive but is a zip archive")
    elif not wheel and found != "zip" and distribution.filename.lower().endswith(".zip"):
        notes.add(AnomalyKind.UNREADABLE, "the file has the name of a zip archive but is a tar archive")


def _walk_nested(outer: Visit, distribution: Distribution, budget: Budget) -> Iterator[Visit]:
    """Yield the members of a nested archive; if it cannot be read completely, add one anomaly."""
    data = outer.whole_again() if outer.data is None else outer.data
    path = outer.member.path
    head = outer.head if data is None else data

    def note(predicate: str) -> None:
        message = f"{quoted(path)} {predicate}"
        distribution.anomalies.append(Anomaly(AnomalyKind.NOT_LOOKED_INTO, message, path))

    if name := unread_format(head, outer.tail):
        note(f"is {_named(name)}, which pkgaudit does not read")
        return
    reader = reader_of(head, outer.member)
    found = outer.appended if data is None else find_appended(data, len(data))
    if found is not None and not found.is_read:
        note(f"contains {_named(found.format)}, which pkgaudit does not read")
    elif found is not None and reader is not None and found.format != "zip":
        note(f"contains {_named(found.format)} before a zip archive, which pkgaudit does not read")
    elif found is not None and reader is None:
        reader = reader_of_appended(found, outer.member)
    if data is None:
        if reader is not None or ends_with_record(outer.tail):
            most = budget.limits.member_bytes
            note(f"is an archive of more than {most:,} bytes; its content was not read")
        return
    if reader is None:
        return
    depth = outer.member.entry.depth + 1
    if depth > budget.limits.depth:
        note(f"is an archive inside {budget.limits.depth} others; its content was not read")
        return
    exhausted = budget.take_nested(0)
    if exhausted:
        # Opening an archive costs time even if none of its content is read.
        note(f"is an archive whose content was not read: {exhausted}")
        return
    notes = Notes()
    # One archive may use the rest of the common budget, but not more than its own ratio allows.
    own = Budget(budget.limits, len(data), notes)
    own.streams = budget.streams
    for raw in reader(data, notes, own):
        if not budget.take_member(raw.entry.path) or own.spent:
            break
        entry = replace(raw.entry, path=f"{path}{NESTED_MARK}{raw.entry.path}", depth=depth)
        visit = Visit(
            Member(entry, distribution.kind, budget, outer.member.project, distribution.today),
            raw,
            own.meter(raw, lambda count: own.take(count) or budget.take_nested(count)),
            budget.limits,
        )
        yield visit
        visit.close()
        distribution.nested.append(visit.member.entry)
        if own.spent or budget.spent:
            break
        if visit.member.entry.is_file:
            yield from _walk_nested(visit, distribution, budget)
    for member, comment in notes.comments:
        budget.notes.add_comment(comment, f"{path}{NESTED_MARK}{member}" if member else path)
    budget.notes.more_comments = budget.notes.more_comments or notes.more_comments
    if reason := next(filter(_hides, notes.anomalies), None):
        is_named = reason.member is None or quoted(reason.member) in reason.message
        where = "" if is_named else f" ({reason.member})"
        note(f"is an archive that could not be read completely: {reason.message}{where}")


def _named(format_: str) -> str:
    return "a compound file" if format_ == COMPOUND else f"an archive in the {format_} format"


_NOT_PARSED = (AnomalyKind.NOT_PARSED, AnomalyKind.NOT_PARSED_AS_LARGE)

_HINDRANCES = (AnomalyKind.UNREADABLE, AnomalyKind.BOMB)


def _hides(anomaly: Anomaly) -> bool:
    """Whether a nested archive has content that was not read because of an anomaly.

    Data after the end of a tar archive or of a compressed stream is content for other readers. The reader of
    zips marks data between the records as unread. Data before a zip archive is usual: it is a program.
    """
    if anomaly.kind is AnomalyKind.OUTSIDE_MEMBERS:
        return anomaly.unread or FOLLOWED in anomaly.message
    return anomaly.unread or anomaly.kind in _HINDRANCES
