"""Zip archives, read through their central directory and walked over from the first byte to the last.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. Where readers differ
this one gives what the standard library's ``zipfile``, and so pip, reads, and notes the difference:
a zip says what it holds twice, and each byte of a sound one belongs to one record.
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
from pkgaudit.model.entry import AnomalyKind, DetectionStage, Entry, EntryType

LONGEST_LINK = 4096
"""The most bytes of a symlink's target, as many as Linux allows for a path (PATH_MAX)."""

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}
# The flags of a member: APPNOTE, 4.4.4 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
_ENCRYPTED = 1 | 1 << 6
# Bit 13: the local header is masked, where the central directory is encrypted.
_MASKED = 1 << 13
# Bit 6: "strong" encryption, with a header of its own before the data.
_STRONG = 1 << 6
# Bit 5: the data are a patch to another file.
_PATCH = 1 << 5


def read_zip(source: Source, notes: Notes, *, max_members: int) -> Iterator[RawMember]:
    """Yield the members of the zip archive in ``source`` in the order of their data.

    Nothing that the archive holds raises: what is odd is written to ``notes``, each disagreement
    between its records and each byte that belongs to none. A path is given as it reads, a
    directory's without its final slash; ``mode`` is None unless the member was made on Unix. A
    symlink's content is its target. Directories and special members have no content, nor have
    encrypted members, those of an unknown compression, and those whose sizes are in dispute. At
    most ``max_members`` members are given; reading stops where the data of two of them overlap.
    Memory is bounded by the central directory (`zip_end.LARGEST_DIRECTORY`) and a few times `CHUNK`.
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
                # Where the sizes are in dispute, so is where the next record starts.
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
            path = quote(entry.path)
            text = f"the data of {path} ends at byte {last} by its sizes, and the file at byte {length}"
            self._notes.add(AnomalyKind.UNREADABLE, text, offset=offset)
        else:
            what = "that of the member before it" if overlaps else "the central directory"
            self._notes.add(AnomalyKind.BOMB, f"its data overlaps {what}", entry.path, offset)

    def _judge_directory(self, directory: Directory, central: Central) -> None:
        """Note where the central directory is not what the end record says of it."""
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
                text = f"there is no entry of the central directory at byte {end}, where one should be"
                add(AnomalyKind.UNREADABLE, text, offset=end)
            return
        count = len(central.starts)
        if count != directory.count:
            text = f"the end record counts {directory.count} members, the central directory has {count}"
            add(AMBIGUOUS, f"{text}: readers differ in which they believe", offset=directory.limit)
        if central.end != directory.size:
            text = f"the end record gives the central directory {directory.size} bytes, it has {central.end}"
            add(AMBIGUOUS, f"{text}: readers differ in where they look for it", offset=directory.limit)
        judge_gap(end, directory.limit, central, self._buffer, self._notes)

    def _shift(self, directory: Directory, central: Central) -> int:
        """Return by how much all offsets are too small, as they are if something was put in front."""
        shift = directory.start - directory.stated_offset
        if shift == 0:
            return 0
        first = min(central.offsets, default=None)
        if first is not None and shift > 0 and signature(self._source, first + shift) == b"PK\3\4":
            return shift
        text = (
            f"the end record has the central directory at byte {directory.stated_offset}, "
            f"it is at byte {directory.start}"
        )
        message = f"{text}: readers differ in where they look for it"
        self._notes.add(AMBIGUOUS, message, offset=directory.limit)
        return 0

    def _judge_name(self, entry: CentralEntry, names: dict[str, bytes]) -> None:
        """Note a name that another member has too."""
        if entry.path in names:
            text = f"the path {quote(entry.path)} occurs more than once: readers differ in which they leave"
            stage = DetectionStage.OPENING if names[entry.path] == entry.name else DetectionStage.NEVER
            self._notes.add(AnomalyKind.DUPLICATE, text, entry.path, entry.offset, stage)
        names[entry.path] = entry.name

    def _member(self, entry: CentralEntry, offset: int, local: Local | None) -> RawMember:
        chunks: Iterator[bytes] = iter(())
        type_ = self._type(entry, offset)
        target = None
        is_readable = self._is_readable(entry, offset)
        if is_readable and local is not None and local.agrees:
            if type_ is EntryType.SYMLINK:
                target = self._target(entry, offset, local.start)
            if type_ in (EntryType.FILE, EntryType.SYMLINK):
                chunks = self._content(entry, offset, local.start)
            elif type_ is EntryType.DIRECTORY and not entry.size:
                # There is none, but what stands for it may be damaged.
                next(self._content(entry, offset, local.start), None)
        row = Entry(
            entry.path, type_, entry.size, "", entry.mode, entry.mtime, target, None, entry.packed_size
        )
        return RawMember(row, chunks)

    def _is_readable(self, entry: CentralEntry, offset: int) -> bool:
        """Whether the content can be unpacked; note what hinders it, and what hinders others."""
        add = self._notes.add
        kind, crash = FEATURE, DetectionStage.READING_CRASH
        if entry.flags & _ENCRYPTED:
            how = "strongly " if entry.flags & _STRONG else ""
            add(kind, f"it is {how}encrypted", entry.path, offset, crash, unread=True)
        elif entry.flags & _PATCH:
            add(kind, "it is patch data, not a file", entry.path, offset, crash, unread=True)
        elif entry.method not in METHODS:
            text = f"it is packed with compression method {entry.method}, which isn't known"
            add(AnomalyKind.UNSUPPORTED_COMPRESSION, text, entry.path, offset, unread=True)
        else:
            if entry.flags & _MASKED:
                add(kind, "its local header is masked", entry.path, offset, DetectionStage.NEVER)
            if entry.method not in (0, 8):
                text = f"it is packed with {METHODS[entry.method]}, which not every reader knows"
                add(AnomalyKind.UNSUPPORTED_COMPRESSION, text, entry.path, offset)
            return True
        return False

    def _type(self, entry: CentralEntry, offset: int) -> EntryType:
        add = self._notes.add
        directory = entry.text.endswith("/")
        kind = stat.S_IFMT(entry.mode) if entry.mode else 0
        if kind in _SPECIAL:
            add(
                AnomalyKind.SPECIAL_MEMBER,
                f"it is {_SPECIAL[kind]}",
                entry.path,
                offset,
                DetectionStage.NEVER,
            )
            return EntryType.SPECIAL
        if directory and entry.size:
            text = f"it is a directory by its name, yet {entry.size} bytes long: some readers unpack them"
            add(AMBIGUOUS, text, entry.path, offset, DetectionStage.NEVER)
        elif (kind == stat.S_IFDIR) > directory or (kind == stat.S_IFLNK and directory):
            text = "its name and its mode differ in whether it is a directory, and so do readers"
            add(AMBIGUOUS, text, entry.path, offset, DetectionStage.NEVER)
        if directory:
            return EntryType.DIRECTORY
        return EntryType.SYMLINK if kind == stat.S_IFLNK else EntryType.FILE

    def _target(self, entry: CentralEntry, offset: int, start: int) -> str:
        target = b""
        # What is wrong with the content is noted when it is read as such.
        for chunk in content(entry, self._buffer, start, lambda *_: None):
            target += chunk
            if len(target) > LONGEST_LINK:
                break
        text, complaint = readable(target)
        if complaint:
            message = f"the name that it links to, {quote(text)}, {complaint}"
            self._notes.add(AnomalyKind.INVALID_NAME, message, entry.path, offset, DetectionStage.NEVER)
        return text

    def _content(self, entry: CentralEntry, offset: int, start: int) -> Iterator[bytes]:
        def report(kind: AnomalyKind, message: str, stage: DetectionStage) -> None:
            self._notes.add(kind, message, entry.path, offset, stage)

        return content(entry, self._buffer, start, report)
