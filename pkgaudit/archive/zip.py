"""Reader of zip archives, which uses the central directory and also checks every byte of the file.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. If readers differ, this
reader follows ``zipfile`` of the standard library, which pip uses, and notes the difference. A zip
describes each member twice, and every byte of a sound zip belongs to exactly one record.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator

from pkgaudit.archive.names import quote, readable
from pkgaudit.archive.raw import Notes, RawMember, Source
from pkgaudit.archive.zip_central import Central, CentralEntry
from pkgaudit.archive.zip_data import METHODS, Buffer, content
from pkgaudit.archive.zip_end import AMBIGUOUS, FEATURE, BadRecordError, Directory, find_directory, signature
from pkgaudit.archive.zip_local import SIGNATURE, Local, judge_gap, read_local
from pkgaudit.archive.zip_parts import ZipParts, may_read_again
from pkgaudit.formatting import quoted
from pkgaudit.model.entry import AnomalyKind, DetectionStage, Entry, EntryType

LONGEST_LINK = 4096
"""Largest target of a symlink, in bytes: the limit of Linux for a path (PATH_MAX)."""

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}
# The flags of a member: APPNOTE, 4.4.4 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
_ENCRYPTED = 1 | 1 << 6
# Bit 13: the local header is masked because the central directory is encrypted.
_MASKED = 1 << 13
# Bit 6: "strong" encryption, with its own header before the data.
_STRONG = 1 << 6
# Bit 5: the data are a patch to another file.
_PATCH = 1 << 5


def read_zip(source: Source, notes: Notes, *, max_members: int) -> Iterator[RawMember]:
    """Yield the members of the zip archive in ``source`` in the order of their data.

    No content of the archive raises. Anomalies go to ``notes``: each disagreement between two records, and
    each byte that belongs to no record. Paths are decoded, and directories lose their final slash; ``mode``
    is None unless the member was made on Unix. The content of a symlink is its target. Directories, special
    members, encrypted members, members with an unknown compression, and members whose sizes are in dispute
    have no content. At most ``max_members`` members are yielded; reading stops if the data of two members
    overlap. The reader keeps the central directory (`zip_end.LARGEST_DIRECTORY`) and a few times `CHUNK` in
    memory.
    """
    return _Reader(source, notes).members(max_members)


class _Reader:
    def __init__(self, source: Source, notes: Notes) -> None:
        self._source = source
        self._notes = notes
        self._buffer = Buffer(source)

    def members(self, max_members: int) -> Iterator[RawMember]:
        try:
            directory = find_directory(self._source, self._notes)
        except BadRecordError as problem:
            self._notes.add(AnomalyKind.UNREADABLE, str(problem))
            return
        self._source.seek(directory.start)
        data = self._source.read(directory.limit - directory.start)
        central = Central(data, directory.start, max_members)
        self._judge_directory(directory, central)
        shift = self._shift(directory, central)
        names: dict[str, bytes] = {}
        end: int | None = 0
        for number in central.in_order():
            entry = central.entry(number, self._notes)
            self._judge_name(entry, names)
            offset = entry.offset + shift
            local = read_local(entry, offset, directory.start, self._buffer, self._notes)
            if local is not None:
                if end is not None and offset > end:
                    judge_gap(end, offset, central, self._buffer, self._notes)
                overlaps = end is not None and offset < end
                if local.agrees and (overlaps or local.start + entry.packed_size > directory.start):
                    self._judge_overlap(entry, offset, local, overlaps=overlaps)
                    return
                # If the sizes are in dispute, the start of the next record is unknown.
                end = local.end if local.agrees else None
            yield self._member(entry, offset, local)
        if not central.is_whole:
            message = f"the archive has more than {max_members} members"
            self._notes.add(AnomalyKind.BOMB, message, stage=DetectionStage.NEVER)
        elif end is not None:
            judge_gap(end, directory.start, central, self._buffer, self._notes)

    def _judge_overlap(self, entry: CentralEntry, offset: int, local: Local, *, overlaps: bool) -> None:
        last, length = local.start + entry.packed_size, self._source.seek(0, 2)
        if last > length:
            text = f"{quoted(entry.path)} ends at byte {last} by its sizes, but the file at byte {length}"
            self._notes.add(AnomalyKind.UNREADABLE, text, offset=offset)
        else:
            other = "the data of the previous member" if overlaps else "the central directory"
            text = f"{quoted(entry.path)} has data that overlaps {other}"
            self._notes.add(AnomalyKind.BOMB, text, entry.path, offset)

    def _judge_directory(self, directory: Directory, central: Central) -> None:
        """Note where the central directory and the end record disagree."""
        add = self._notes.add
        start, end = directory.start, directory.start + central.end
        if central.fault is not None:
            add(AnomalyKind.UNREADABLE, central.fault, offset=end)
            return
        if not central.is_whole:
            return
        if end < directory.limit and start + directory.size == directory.limit:
            if self._buffer.bytes(end, 4) == SIGNATURE:
                judge_gap(end, directory.limit, central, self._buffer, self._notes)
            else:
                text = f"the central directory has no valid entry at byte {end}, although it should have one"
                add(AnomalyKind.UNREADABLE, text, offset=end)
            return
        count = len(central.starts)
        if count != directory.count:
            text = f"the end record counts {directory.count} members, but the central directory has {count}"
            add(AMBIGUOUS, f"{text}; readers differ in which number they use", offset=directory.limit)
        if central.end != directory.size:
            text = f"the central directory has {central.end} bytes, but {directory.size} by the end record"
            add(AMBIGUOUS, f"{text}; readers differ in where they look for it", offset=directory.limit)
        judge_gap(end, directory.limit, central, self._buffer, self._notes)

    def _shift(self, directory: Directory, central: Central) -> int:
        """Return the number of bytes by which all offsets are too small: the size of data before the zip."""
        shift = directory.start - directory.stated_offset
        if shift == 0:
            return 0
        first = min(central.offsets, default=None)
        if first is not None and shift > 0 and signature(self._source, first + shift) == b"PK\3\4":
            return shift
        text = (
            f"the central directory is at byte {directory.start}, "
            f"but at byte {directory.stated_offset} by the end record"
        )
        message = f"{text}; readers differ in where they look for it"
        self._notes.add(AMBIGUOUS, message, offset=directory.limit)
        return 0

    def _judge_name(self, entry: CentralEntry, names: dict[str, bytes]) -> None:
        """Note a name that another member has as well."""
        if entry.path in names:
            text = f"{quoted(entry.path)} occurs more than once; readers differ in which copy they keep"
            stage = DetectionStage.OPENING if names[entry.path] == entry.name else DetectionStage.NEVER
            self._notes.add(AnomalyKind.DUPLICATE, text, entry.path, entry.offset, stage)
        names[entry.path] = entry.name

    def _member(self, entry: CentralEntry, offset: int, local: Local | None) -> RawMember:
        chunks: Iterator[bytes] = iter(())
        parts: ZipParts | None = None
        type_ = self._type(entry, offset)
        target = None
        is_readable = self._is_readable(entry, offset)
        if is_readable and local is not None and local.agrees:
            if type_ is EntryType.SYMLINK:
                target = self._target(entry, offset, local.start)
            if type_ in (EntryType.FILE, EntryType.SYMLINK):
                parts = ZipParts(entry, self._source, local.start) if may_read_again(entry) else None
                chunks = self._content(entry, offset, local.start, parts)
            elif type_ is EntryType.DIRECTORY and not entry.size:
                # A directory has no content, but its empty data may be damaged.
                next(self._content(entry, offset, local.start), None)
        row = Entry(
            entry.path, type_, entry.size, "", entry.mode, entry.mtime, target, None, entry.packed_size
        )
        return RawMember(row, chunks, parts)

    def _is_readable(self, entry: CentralEntry, offset: int) -> bool:
        """Return whether the content can be unpacked; note features that this or another reader lacks."""

        def add(
            kind: AnomalyKind,
            predicate: str,
            stage: DetectionStage = DetectionStage.OPENING,
            *,
            unread: bool = False,
        ) -> None:
            text = f"{quoted(entry.path)} {predicate}"
            self._notes.add(kind, text, entry.path, offset, stage, unread=unread)

        crash = DetectionStage.READING_CRASH
        if entry.flags & _ENCRYPTED:
            add(FEATURE, f"is {'strongly ' * bool(entry.flags & _STRONG)}encrypted", crash, unread=True)
        elif entry.flags & _PATCH:
            add(FEATURE, "is patch data, not a file", crash, unread=True)
        elif entry.method not in METHODS:
            predicate = f"uses the unknown compression method {entry.method}"
            add(AnomalyKind.UNSUPPORTED_COMPRESSION, predicate, unread=True)
        else:
            if entry.flags & _MASKED:
                add(FEATURE, "has a masked local header", DetectionStage.NEVER)
            if entry.method not in (0, 8):
                predicate = f"is compressed with {METHODS[entry.method]}, which not every reader supports"
                add(AnomalyKind.UNSUPPORTED_COMPRESSION, predicate)
            return True
        return False

    def _type(self, entry: CentralEntry, offset: int) -> EntryType:
        def add(anomaly: AnomalyKind, predicate: str) -> None:
            text = f"{quoted(entry.path)} {predicate}"
            self._notes.add(anomaly, text, entry.path, offset, DetectionStage.NEVER)

        directory = entry.text.endswith("/")
        kind = stat.S_IFMT(entry.mode) if entry.mode else 0
        if kind in _SPECIAL:
            add(AnomalyKind.SPECIAL_MEMBER, f"is {_SPECIAL[kind]}")
            return EntryType.SPECIAL
        if directory and entry.size:
            add(AMBIGUOUS, f"is a directory by its name but has {entry.size} bytes; some readers unpack them")
        elif (kind == stat.S_IFDIR) > directory or (kind == stat.S_IFLNK and directory):
            add(AMBIGUOUS, "is a directory by only one of its name and its mode; readers differ in its type")
        if directory:
            return EntryType.DIRECTORY
        return EntryType.SYMLINK if kind == stat.S_IFLNK else EntryType.FILE

    def _target(self, entry: CentralEntry, offset: int, start: int) -> str:
        target = b""
        # Faults of the content are noted when the content itself is read.
        for chunk in content(entry, self._buffer, start, lambda *_: None):
            target += chunk
            if len(target) > LONGEST_LINK:
                break
        text, complaint = readable(target)
        if complaint:
            message = f"{quoted(entry.path)} links to the name {quote(text)}, which {complaint}"
            self._notes.add(AnomalyKind.INVALID_NAME, message, entry.path, offset, DetectionStage.NEVER)
        return text

    def _content(
        self, entry: CentralEntry, offset: int, start: int, parts: ZipParts | None = None
    ) -> Iterator[bytes]:
        def report(kind: AnomalyKind, predicate: str, stage: DetectionStage) -> None:
            self._notes.add(kind, f"{quoted(entry.path)} {predicate}", entry.path, offset, stage)

        return content(entry, self._buffer, start, report, parts.mark if parts else None)
