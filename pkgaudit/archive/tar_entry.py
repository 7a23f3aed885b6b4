"""The inventory row of a tar member, made from all its headers."""

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
from pkgaudit.formatting import quoted
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
    """The extended headers before a member's own header.

    ``repeated`` is set if two of them have the same field, because readers then use different ones.
    ``others`` are the records that are not fields.
    """

    pax: dict[bytes, bytes] = field(default_factory=dict)
    name: bytes | None = None
    link: bytes | None = None
    repeated: bool = False
    others: list[bytes] = field(default_factory=list)


class Inventory:
    """Makes the rows of the inventory, and keeps the state that several members share."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._for_all: dict[bytes, bytes] = {}
        self._directory_at: dict[str, bool] = {}
        self._last_owner: tuple[tuple[object, ...], Owner] | None = None

    def set_for_all(self, records: dict[bytes, bytes], offset: int) -> None:
        """Apply the records of a global pax header to all following members."""
        for name in (b"path", b"linkpath", b"size", SPARSE_NAME):
            if name in records and name not in self._for_all:
                text = f"a global pax header sets the {name.decode()} of all following members"
                text = f"{text}; few readers support it"
                self._notes.add(AnomalyKind.AMBIGUOUS, text, offset=offset, stage=DetectionStage.NEVER)
        self._for_all |= records

    def add(self, header: Header, extension: Extension | None, offset: int) -> tuple[Entry, int]:
        """Return the entry of a member, and the number of bytes of content that follow its header.

        Raises:
            BadHeaderError: a number in a pax header is invalid.

        """
        odd: list[tuple[AnomalyKind, str]] = []
        kind = header.kind
        type_ = _TYPES.get(kind, EntryType.FILE)
        special = _SPECIAL.get(kind)
        mtime = float(header.mtime)
        if header.prefix and kind != _SPARSE_FILE:
            # tarfile does so too, whatever the format is.
            header.name = header.prefix + b"/" + header.name
            if not header.posix:
                text = "has a prefix in a header that is not a ustar header; only some readers use the prefix"
                odd.append((AnomalyKind.AMBIGUOUS, text))
        if extension is not None or self._for_all:
            pax = self._extend(header, extension or Extension(), odd)
            if b"mtime" in pax:
                mtime = pax_time(pax[b"mtime"])
            if type_ is EntryType.FILE and (SPARSE in pax or SPARSE_NAME in pax):
                type_, special = EntryType.SPECIAL, "a sparse file"
        # tarfile expects content after the header of every member of an unknown type.
        has_content = type_ is EntryType.FILE or special == _SPECIAL[_SPARSE_FILE]
        if special:
            odd.append((AnomalyKind.SPECIAL_MEMBER, f"is {special}"))
        if type_ is EntryType.FILE and (kind not in _PLAIN or header.name.endswith(b"/")):
            type_ = self._unusual_file(header, odd)
        elif header.size and not has_content:
            text = f"is a {type_.value} member with {header.size} bytes of data; not every reader skips them"
            odd.append((AnomalyKind.AMBIGUOUS, text))
        path = self._path(header.name, type_ is EntryType.DIRECTORY, odd)
        target = None
        if type_ is EntryType.SYMLINK or type_ is EntryType.HARDLINK:
            target, complaint = readable(header.link)
            if complaint:
                text = f"links to the name {quote(header.link[:LONGEST])}, which {complaint}"
                odd.append((AnomalyKind.INVALID_NAME, text))
        # Of all these anomalies, the index only checks for sparse files.
        stage = DetectionStage.OPENING if special == _SPECIAL[_SPARSE_FILE] else DetectionStage.NEVER
        for anomaly, predicate in odd:
            here = stage if anomaly is AnomalyKind.SPECIAL_MEMBER else DetectionStage.NEVER
            self._notes.add(anomaly, f"{quoted(path)} {predicate}", path, offset, here)
        entry = Entry(path, type_, header.size, "", header.mode, mtime, target, self._owner(header))
        return entry, header.size if has_content else 0

    def _extend(
        self, header: Header, extension: Extension, odd: list[tuple[AnomalyKind, str]]
    ) -> dict[bytes, bytes]:
        """Apply the extended headers to ``header``; return all pax records."""
        pax = self._for_all | extension.pax
        if extension.repeated or (extension.name is not None and b"path" in extension.pax):
            text = "has several extended headers with the same field; readers differ in which one they use"
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
                    f"has {header.size} bytes by its header, but {size} by its pax header; "
                    "readers differ in which size they use"
                )
                odd.append((AnomalyKind.AMBIGUOUS, text))
            header.size = size
        return pax

    def _unusual_file(self, header: Header, odd: list[tuple[AnomalyKind, str]]) -> EntryType:
        """Judge a file of an unknown type, or one with the name of a directory."""
        if header.kind not in _PLAIN:
            text = f"has the unknown type {chr(header.kind)!a}; readers unpack it as a file"
            odd.append((AnomalyKind.UNSUPPORTED_FEATURE, text))
        elif header.kind == 0 and not header.size:  # a directory in archives older than ustar
            return EntryType.DIRECTORY
        else:
            odd.append(
                (
                    AnomalyKind.AMBIGUOUS,
                    "is a file, but its name ends with a slash; some readers create a folder",
                )
            )
        return EntryType.FILE

    def _path(self, name: bytes, directory: bool, odd: list[tuple[AnomalyKind, str]]) -> str:
        path, complaint = readable(name)
        if complaint:
            odd.append((AnomalyKind.INVALID_NAME, f"has a name that {complaint}"))
        if directory:
            path = without_final_slash(path)
        # Repeated directories are common and harmless.
        if path in self._directory_at and not (directory and self._directory_at[path]):
            odd.append((AnomalyKind.DUPLICATE, "occurs more than once"))
        self._directory_at[path] = directory
        return path

    def _owner(self, header: Header) -> Owner:
        """Return the owner. Usually all members share one `Owner`."""
        key = (header.uid, header.gid, header.user, header.group)
        if self._last_owner is None or self._last_owner[0] != key:
            owner = Owner(header.uid, header.gid, readable(header.user)[0], readable(header.group)[0])
            self._last_owner = key, owner
        return self._last_owner[1]
