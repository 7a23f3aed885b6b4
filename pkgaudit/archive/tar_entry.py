"""What the headers of a tar member, taken together, say: its inventory row."""

from __future__ import annotations

from dataclasses import dataclass, field

from pkgaudit.archive.names import LONGEST, quote, readable, without_final_slash
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.tar_header import (
    OCTAL_LIMIT,
    SPARSE,
    SPARSE_NAME,
    BadHeaderError,
    Header,
    pax_integer,
    pax_time,
)
from pkgaudit.model.entry import AnomalyKind, DetectionStage, Entry, EntryType, Owner

_SPARSE_FILE = ord("S")
_PLAIN = b"0\x007"
_TYPES = {
    ord("0"): EntryType.FILE,
    0: EntryType.FILE,
    ord("7"): EntryType.FILE,
    ord("1"): EntryType.HARDLINK,
    ord("2"): EntryType.SYMLINK,
    ord("3"): EntryType.SPECIAL,
    ord("4"): EntryType.SPECIAL,
    ord("5"): EntryType.DIRECTORY,
    ord("6"): EntryType.SPECIAL,
    _SPARSE_FILE: EntryType.SPECIAL,
}
"""The type flags of POSIX (0 is that of a file in older tars), and GNU's for a sparse file."""

_SPECIAL = {
    ord("3"): "a character device",
    ord("4"): "a block device",
    ord("6"): "a named pipe",
    _SPARSE_FILE: "a sparse file",
}


@dataclass(slots=True)
class Extension:
    """What the extended headers before a member's own say about it.

    ``repeated`` tells that two of them say the same thing, which is where readers differ.
    """

    pax: dict[bytes, bytes] = field(default_factory=dict)
    name: bytes | None = None
    link: bytes | None = None
    repeated: bool = False


class Inventory:
    """Makes the rows of the inventory and remembers what concerns several of them."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._for_all: dict[bytes, bytes] = {}
        self._directory_at: dict[str, bool] = {}
        self._last_owner: tuple[tuple[object, ...], Owner] | None = None

    def set_for_all(self, records: dict[bytes, bytes], offset: int) -> None:
        """Take the records of a global pax header into account from here on."""
        for name in (b"path", b"linkpath", b"size", SPARSE_NAME):
            if name in records and name not in self._for_all:
                what = f"a global pax header sets the {name.decode()} of all the members that follow"
                text = f"{what}: few readers heed it"
                self._notes.add(AnomalyKind.AMBIGUOUS, text, offset=offset, stage=DetectionStage.NEVER)
        self._for_all |= records

    def add(self, header: Header, extension: Extension | None, offset: int) -> tuple[Entry, int]:
        """Return the entry of a member and how many bytes of content follow its header.

        Raises:
            BadHeaderError: a number in a pax header isn't one.

        """
        odd: list[tuple[AnomalyKind, str]] = []
        kind = header.kind
        type_ = _TYPES.get(kind, EntryType.FILE)
        special = _SPECIAL.get(kind)
        mtime = float(header.mtime)
        if header.prefix and kind != _SPARSE_FILE:
            # As tarfile does, whatever the format is.
            header.name = header.prefix + b"/" + header.name
            if not header.posix:
                text = "its header holds a prefix but isn't a ustar one, so that only some readers heed it"
                odd.append((AnomalyKind.AMBIGUOUS, text))
        if extension is not None or self._for_all:
            pax = self._extend(header, extension or Extension(), odd)
            if b"mtime" in pax:
                mtime = pax_time(pax[b"mtime"])
            if type_ is EntryType.FILE and (SPARSE in pax or SPARSE_NAME in pax):
                type_, special = EntryType.SPECIAL, "a sparse file"
        # tarfile expects content behind the header of everything that it knows no better about.
        has_content = type_ is EntryType.FILE or special == _SPECIAL[_SPARSE_FILE]
        if special:
            odd.append((AnomalyKind.SPECIAL_MEMBER, f"it is {special}"))
        if type_ is EntryType.FILE and (kind not in _PLAIN or header.name.endswith(b"/")):
            type_ = self._unusual_file(header, odd)
        elif header.size and not has_content:
            text = f"it is a {type_.value} member, yet {header.size} bytes long: not every reader skips them"
            odd.append((AnomalyKind.AMBIGUOUS, text))
        path = self._path(header.name, type_ is EntryType.DIRECTORY, odd)
        target = None
        if type_ is EntryType.SYMLINK or type_ is EntryType.HARDLINK:
            target, complaint = readable(header.link)
            if complaint:
                text = f"the name that it links to, {quote(header.link[:LONGEST])}, {complaint}"
                odd.append((AnomalyKind.INVALID_NAME, text))
        # Of all that can be odd about a member, the index looks at sparse files alone.
        stage = DetectionStage.OPENING if special == _SPECIAL[_SPARSE_FILE] else DetectionStage.NEVER
        for what, message in odd:
            here = stage if what is AnomalyKind.SPECIAL_MEMBER else DetectionStage.NEVER
            self._notes.add(what, message, path, offset, here)
        entry = Entry(path, type_, header.size, "", header.mode, mtime, target, self._owner(header))
        return entry, header.size if has_content else 0

    def _extend(
        self, header: Header, extension: Extension, odd: list[tuple[AnomalyKind, str]]
    ) -> dict[bytes, bytes]:
        """Put what the extended headers say into ``header``; return all the pax records."""
        pax = self._for_all | extension.pax
        if extension.repeated or (extension.name is not None and b"path" in extension.pax):
            text = "several extended headers before it say the same thing, and readers differ on which counts"
            odd.append((AnomalyKind.AMBIGUOUS, text))
        header.name = pax.get(b"path", header.name) if extension.name is None else extension.name
        header.name = pax.get(SPARSE_NAME, header.name)
        header.link = pax.get(b"linkpath", header.link) if extension.link is None else extension.link
        header.user = pax.get(b"uname", header.user)
        header.group = pax.get(b"gname", header.group)
        if b"uid" in pax:
            header.uid = pax_integer(pax[b"uid"])
        if b"gid" in pax:
            header.gid = pax_integer(pax[b"gid"])
        if b"size" in pax:
            size = pax_integer(pax[b"size"])
            if size < 0:
                raise BadHeaderError("has a pax record with a negative size")
            if header.size not in (0, size) and size < OCTAL_LIMIT:
                text = (
                    f"its header says that it has {header.size} bytes, its pax header {size}: "
                    "readers differ in which they follow"
                )
                odd.append((AnomalyKind.AMBIGUOUS, text))
            header.size = size
        return pax

    def _unusual_file(self, header: Header, odd: list[tuple[AnomalyKind, str]]) -> EntryType:
        """Judge what is a file for want of a better type, or has the name of a directory."""
        if header.kind not in _PLAIN:
            text = f"its type {chr(header.kind)!a} is unknown; it is read as a file"
            odd.append((AnomalyKind.UNSUPPORTED_FEATURE, text))
        elif header.kind == 0 and not header.size:  # how a directory was written before ustar
            return EntryType.DIRECTORY
        else:
            odd.append(
                (
                    AnomalyKind.AMBIGUOUS,
                    "it is a file, yet its name ends with a slash: some readers make a folder of it",
                )
            )
        return EntryType.FILE

    def _path(self, name: bytes, directory: bool, odd: list[tuple[AnomalyKind, str]]) -> str:
        path, complaint = readable(name)
        if complaint:
            odd.append((AnomalyKind.INVALID_NAME, f"the name {quote(name[:LONGEST])} {complaint}"))
        if directory:
            path = without_final_slash(path)
        # That a directory comes again is common and harmless.
        if path in self._directory_at and not (directory and self._directory_at[path]):
            odd.append((AnomalyKind.DUPLICATE, f"the path {quote(path)} occurs more than once"))
        self._directory_at[path] = directory
        return path

    def _owner(self, header: Header) -> Owner:
        """Return the owner; as a rule all members have the same."""
        key = (header.uid, header.gid, header.user, header.group)
        if self._last_owner is None or self._last_owner[0] != key:
            owner = Owner(header.uid, header.gid, readable(header.user)[0], readable(header.group)[0])
            self._last_owner = key, owner
        return self._last_owner[1]
