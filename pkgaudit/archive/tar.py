"""Reader of tar archives (v7, ustar, GNU and pax), which reads an unpacked stream from front to back.

References: ustar and pax interchange format
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13, GNU format
https://www.gnu.org/software/tar/manual/html_node/Standard.html. If readers differ, this reader follows
``tarfile`` of the standard library, which pip uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.archive.raw import CHUNK, FOLLOWED, Notes, RawMember
from pkgaudit.archive.tar_entry import Extension, Inventory
from pkgaudit.archive.tar_header import BLOCK, BadHeaderError, Header, parse_header, parse_pax
from pkgaudit.model.entry import AnomalyKind, DetectionStage, EntryType

LARGEST_EXTENSION = 1 << 20
"""Largest pax header or GNU long name, in bytes."""

LARGEST_PADDING = 64 << 20
"""Bytes that are read after the end of the archive, at most."""

_ZEROS = bytes(BLOCK)
_LONG_NAME, _GLOBAL_PAX, _SPARSE = b"LgS"
_PAX = b"xX"

_NO_TAR = "the file is not a tar archive"


def read_tar(stream: Iterator[bytes], notes: Notes, *, max_members: int) -> Iterator[RawMember]:
    """Yield the members of the tar archive in ``stream``, an iterator of pieces, in order.

    No content of the stream raises. Anomalies go to ``notes``, with offsets in the unpacked stream; the
    members end where the archive cannot be read further. Paths are as stored, except that directories lose
    their final slash; modes and owners are those of the header. Links and special members (devices, pipes,
    sparse files) have no content. At most ``max_members`` members are yielded. The reader keeps at most
    three pieces of the stream and the names read so far in memory, whatever sizes the archive declares.
    """
    return _Reader(_Stream(stream), notes).members(max_members)


class _Stream:
    """A stream of pieces from which any number of bytes can be read."""

    __slots__ = ("_base", "_buffer", "_pieces", "_position")

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._buffer = b""
        self._position = 0
        self._base = 0

    @property
    def offset(self) -> int:
        """The offset of the next byte."""
        return self._base + self._position

    def _refill(self) -> bool:
        self._base += len(self._buffer)
        self._position = 0
        self._buffer = next(self._pieces, b"")
        while not self._buffer:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._buffer = piece
        return True

    def some(self, most: int) -> bytes:
        """Return 1 to ``most`` bytes from the current piece, none at the end of the stream."""
        if self._position == len(self._buffer) and not self._refill():
            return b""
        start = self._position
        data = self._buffer[start : start + most]
        self._position = start + len(data)
        return data

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end of the stream."""
        start = self._position
        end = start + size
        if end <= len(self._buffer):
            self._position = end
            return self._buffer[start:end]
        parts = []
        while size and (part := self.some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> bool:
        """Skip ``size`` bytes; return False if the stream ends before."""
        while True:
            there = len(self._buffer) - self._position
            if size <= there:
                self._position += size
                return True
            size -= there
            if not self._refill():
                return False


class _Content:
    """The content of a large member, read from the stream piece by piece."""

    __slots__ = ("_path", "_reader", "left")

    def __init__(self, reader: _Reader, path: str, size: int) -> None:
        self._reader = reader
        self._path = path
        self.left = size

    def __iter__(self) -> _Content:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise StopIteration
        piece = self._reader.stream.some(min(self.left, CHUNK))
        if not piece:
            self._reader.cut_off(self._path)
            self.left = 0
            raise StopIteration
        self.left -= len(piece)
        return piece


class _Reader:
    def __init__(self, stream: _Stream, notes: Notes) -> None:
        self.stream = stream
        self._notes = notes
        self._inventory = Inventory(notes)
        self._noted: set[bytes] = set()
        self._over = False

    def cut_off(self, path: str | None) -> None:
        """Note once that the stream ended too soon."""
        if not self._over:
            offset = self.stream.offset
            message = f"the archive is cut off: it ends at byte {offset}, inside a member"
            self._stop(message, path, stage=DetectionStage.OPENING)

    def _stop(
        self,
        message: str,
        path: str | None = None,
        offset: int | None = None,
        stage: DetectionStage = DetectionStage.NEVER,
    ) -> None:
        """Stop, and note the reason. ``tarfile`` ends silently at a header that it cannot read."""
        if offset is None:
            offset = self.stream.offset
        self._notes.add(AnomalyKind.UNREADABLE, message, path, offset, stage)
        self._over = True

    def members(self, max_members: int) -> Iterator[RawMember]:
        stream = self.stream
        count = 0
        extension: Extension | None = None
        is_tar = is_extended = False
        while not self._over:
            offset = stream.offset
            block = stream.take(BLOCK)
            if len(block) < BLOCK or block == _ZEROS:
                self._end(block, offset, is_extended=is_extended)
                return
            try:
                header = parse_header(block)
                is_extended = header.kind in b"LKxXg"
                if is_extended:
                    extension = self._extend(header, extension)
                    continue
                if count == max_members:
                    message = f"the archive has more than {max_members} members"
                    self._notes.add(AnomalyKind.BOMB, message, offset=offset, stage=DetectionStage.NEVER)
                    return
                count += 1
                entry, stored = self._inventory.add(header, extension, offset)
            except BadHeaderError as problem:
                subject = f"the header at byte {offset}" if is_tar else f"{_NO_TAR}: the first header"
                # After an extended header tarfile does not end silently.
                stage = DetectionStage.NEVER if is_tar and not is_extended else DetectionStage.OPENING
                self._stop(f"{subject} {problem}", None, offset, stage)
                return
            is_tar = True
            if extension is not None:
                self._note_records(extension.others, entry.path)
            extension = None
            if header.kind == _SPARSE:
                self._skip_sparse_map(block)
            padding = -stored % BLOCK
            if entry.type is not EntryType.FILE:
                yield RawMember(entry, iter(()))
                if not self._over and not stream.skip(stored + padding):
                    self.cut_off(entry.path)
            elif stored > CHUNK:
                content = _Content(self, entry.path, stored)
                yield RawMember(entry, content)
                left, content.left = content.left, 0
                if not stream.skip(left + padding):
                    self.cut_off(entry.path)
            else:
                data = stream.take(stored)
                if len(data) < stored or not stream.skip(padding):
                    self.cut_off(entry.path)
                yield RawMember(entry, iter((data,) if data else ()))

    def _extend(self, header: Header, extension: Extension | None) -> Extension | None:
        """Read the content of an extended header, which describes the next member or all members."""
        if header.size > LARGEST_EXTENSION:
            raise BadHeaderError(f"declares an extended header of {header.size} bytes, which is too large")
        data = self.stream.take(header.size)
        if len(data) < header.size or not self.stream.skip(-header.size % BLOCK):
            self.cut_off(None)
            return None
        if header.kind == _GLOBAL_PAX:
            records, others = parse_pax(data)
            self._inventory.set_for_all(records, self.stream.offset)
            self._note_records(others, "")
            return extension
        extension = extension or Extension()
        if header.kind in _PAX:
            extension.repeated |= bool(extension.pax)
            records, others = parse_pax(data)
            extension.pax = records | extension.pax
            extension.others += others
        else:
            value, _, rest = data.partition(b"\0")
            if rest.strip(b"\0"):
                value = data.rstrip(b"\0")  # tarfile stops at the NUL; if it is kept, the name is invalid
            if header.kind == _LONG_NAME:
                extension.repeated |= extension.name is not None
                extension.name = value if extension.name is None else extension.name
            else:
                extension.repeated |= extension.link is not None
                extension.link = value if extension.link is None else extension.link
        return extension

    def _note_records(self, records: list[bytes], path: str) -> None:
        """Note the records that are not fields, but not again for each member with the same attributes."""
        for record in records:
            if not self._notes.more_comments and record not in self._noted:
                self._noted.add(record)
                self._notes.add_comment(record, path)

    def _skip_sparse_map(self, block: bytes) -> None:
        """Skip the blocks that continue the map of an old GNU sparse file."""
        more = block[482]
        while more:
            block = self.stream.take(BLOCK)
            if len(block) < BLOCK:
                self.cut_off(None)
                return
            more = block[504]

    def _end(self, block: bytes, offset: int, *, is_extended: bool) -> None:
        """Check a block that is not a header: the end of the stream, or the zeros that end an archive."""
        if len(block) < BLOCK:
            if not offset:
                reason = "it is shorter than a header" if block else "it is empty"
                self._stop(f"{_NO_TAR}: {reason}", offset=0, stage=DetectionStage.OPENING)
            elif block:
                self._stop(f"the archive is cut off: the header at byte {offset} is incomplete")
            else:
                self._stop("the archive ends without the closing zero blocks; it may be cut off")
            return
        if is_extended:
            text = "an extended header is not followed by its member"
            self._stop(text, None, offset, DetectionStage.OPENING)
        start = self.stream.offset
        clean = True
        while piece := self.stream.some(CHUNK):
            here = self.stream.offset
            if clean and (rest := piece.lstrip(b"\0")):
                clean = False
                message = f"the archive ends at byte {start}, but {FOLLOWED} at byte {here - len(rest)}"
                outside = AnomalyKind.OUTSIDE_MEMBERS
                self._notes.add(outside, message, offset=here - len(rest), stage=DetectionStage.NEVER)
            if here - start > LARGEST_PADDING:
                message = f"more than {LARGEST_PADDING} bytes follow the end of the archive"
                self._notes.add(AnomalyKind.BOMB, message, offset=here, stage=DetectionStage.NEVER)
                return
