"""Zip archives, read through their central directory.

Reference: APPNOTE https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. Where readers differ
this one does what the standard library's ``zipfile``, and so pip, does.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from struct import Struct

from pkgaudit.archive.names import quote, readable, without_final_slash
from pkgaudit.archive.raw import Notes, RawMember, Source
from pkgaudit.archive.zip_data import METHODS, Buffer, content
from pkgaudit.archive.zip_records import BadRecordError, CentralEntry, central_entries, find_directory
from pkgaudit.model.entry import AnomalyKind, Entry, EntryType

LONGEST_LINK = 4096
"""The most bytes of a symlink's target."""

_LOCAL = Struct("<4s5H3L2H")
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}
_ENCRYPTED = 1 | 1 << 6
_PATCH = 1 << 5


def read_zip(source: Source, notes: Notes, *, max_members: int) -> Iterator[RawMember]:
    """Yield the members of the zip archive in ``source`` in the order of their data.

    Nothing that the archive holds raises: what is odd is written to ``notes``. A path is given as
    it reads, a directory's without its final slash; ``mode`` is None unless the member was made on
    Unix. Directories, symlinks and special members have no content, nor have encrypted members and
    those of an unknown compression. At most ``max_members`` members are given; reading stops where
    the data of two of them overlap. Memory is bounded by the central directory
    (`zip_records.LARGEST_DIRECTORY`) and a few times `CHUNK`.
    """
    return _Reader(source, notes).members(max_members)


class _Reader:
    def __init__(self, source: Source, notes: Notes) -> None:
        self._source = source
        self._notes = notes
        self._buffer = Buffer(source)

    def members(self, max_members: int) -> Iterator[RawMember]:
        add = self._notes.add
        try:
            directory = find_directory(self._source, self._notes)
        except BadRecordError as problem:
            add(AnomalyKind.UNREADABLE, str(problem))
            return
        entries: list[CentralEntry] = []
        self._source.seek(directory.start)
        data = self._source.read(directory.size)
        try:
            for entry in central_entries(data, directory, self._notes):
                if len(entries) == max_members:
                    add(AnomalyKind.BOMB, f"the archive has more than {max_members} members")
                    break
                entries.append(entry)
        except BadRecordError as problem:
            add(AnomalyKind.UNREADABLE, str(problem))
        if not entries:
            return
        del data
        seen: set[str] = set()
        entries.sort(key=lambda entry: entry.offset)
        offsets = [min(entry.offset, directory.start) for entry in entries[1:]]
        offsets.append(directory.start)
        for entry, limit in zip(entries, offsets, strict=True):
            path = without_final_slash(entry.text)
            if path in seen:
                entry.oddities.append(
                    (AnomalyKind.DUPLICATE, f"the path {quote(path)} occurs more than once")
                )
            seen.add(path)
            for kind, message in entry.oddities:
                add(kind, message, path, entry.offset)
            start = self._data_offset(entry, path, limit, directory.start)
            if start is not None and start + entry.packed_size > limit:
                what = "central directory" if limit == directory.start else "next member"
                add(AnomalyKind.BOMB, f"its data overlaps the {what}", path, entry.offset)
                return
            yield self._member(entry, path, start)

    def _data_offset(self, entry: CentralEntry, path: str, limit: int, end: int) -> int | None:
        """Return where the data of an entry starts, None if there is no local header for it."""
        add = self._notes.add
        size = _LOCAL.size + len(entry.name)
        if not 0 <= entry.offset <= end - _LOCAL.size:
            text = f"its local header can't be at byte {entry.offset}"
            add(AnomalyKind.UNREADABLE, text, path)
            return None
        header = self._buffer.bytes(entry.offset, size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            text = f"there is no local header at byte {entry.offset}, where one should be"
            add(AnomalyKind.UNREADABLE, text, path, entry.offset)
            return None
        *_, name_length, extra_length = _LOCAL.unpack_from(header)
        if name_length != len(entry.name) or header[_LOCAL.size :] != entry.name:
            name = self._buffer.bytes(entry.offset + _LOCAL.size, name_length)
            text = f"its local header calls it {quote(name)}, the central directory {quote(entry.name)}"
            add(AnomalyKind.AMBIGUOUS, text, path, entry.offset)
        return entry.offset + _LOCAL.size + int(name_length) + int(extra_length)

    def _member(self, entry: CentralEntry, path: str, start: int | None) -> RawMember:
        add = self._notes.add
        chunks: Iterator[bytes] = iter(())
        type_ = self._type(entry, path)
        target = None
        problem = None
        if entry.flags & _ENCRYPTED:
            problem = AnomalyKind.UNSUPPORTED_FEATURE, "it is encrypted"
        elif entry.flags & _PATCH:
            problem = AnomalyKind.UNSUPPORTED_FEATURE, "it is patch data, not a file"
        elif entry.method not in METHODS:
            name = f"compression method {entry.method}, which isn't known"
            problem = AnomalyKind.UNSUPPORTED_COMPRESSION, f"it is packed with {name}"
        elif entry.method not in (0, 8):
            text = f"it is packed with {METHODS[entry.method]}, which not every reader knows"
            add(AnomalyKind.UNSUPPORTED_COMPRESSION, text, path, entry.offset)
        if problem is not None:
            add(*problem, path, entry.offset)
        elif start is not None:
            chunks = self._content(entry, path, start)
            if type_ is EntryType.SYMLINK:
                target = self._target(entry, path, chunks)
        if type_ is not EntryType.FILE:
            chunks = iter(())
        row = Entry(path, type_, entry.size, "", entry.mode, entry.mtime, target, None, entry.packed_size)
        return RawMember(row, chunks)

    def _type(self, entry: CentralEntry, path: str) -> EntryType:
        directory = entry.text.endswith("/")
        kind = stat.S_IFMT(entry.mode) if entry.mode else 0
        if kind in _SPECIAL:
            self._notes.add(AnomalyKind.SPECIAL_MEMBER, f"it is {_SPECIAL[kind]}", path, entry.offset)
            return EntryType.SPECIAL
        if directory and entry.size:
            text = f"it is a directory by its name, yet has {entry.size} bytes of content"
            self._notes.add(AnomalyKind.AMBIGUOUS, text, path, entry.offset)
        elif (kind == stat.S_IFDIR) > directory or (kind == stat.S_IFLNK and directory):
            text = "its name and its mode differ in whether it is a directory"
            self._notes.add(AnomalyKind.AMBIGUOUS, text, path, entry.offset)
        if directory:
            return EntryType.DIRECTORY
        return EntryType.SYMLINK if kind == stat.S_IFLNK else EntryType.FILE

    def _target(self, entry: CentralEntry, path: str, chunks: Iterator[bytes]) -> str:
        target = b""
        for chunk in chunks:
            target += chunk
            if len(target) > LONGEST_LINK:
                break
        text, complaint = readable(target)
        if complaint:
            message = f"the name that it links to, {quote(text)}, {complaint}"
            self._notes.add(AnomalyKind.INVALID_NAME, message, path, entry.offset)
        return text

    def _content(self, entry: CentralEntry, path: str, start: int) -> Iterator[bytes]:
        def report(kind: AnomalyKind, message: str) -> None:
            self._notes.add(kind, message, path, entry.offset)

        return content(entry, self._buffer, start, report)
