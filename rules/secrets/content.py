"""The content of a file as the bytes that are searched for secrets, with locations in it."""

from __future__ import annotations

import datetime
import re
from functools import cached_property

from pkgaudit.api import BinaryFile, Bytecode, Location, PythonFile, SharedLibrary, TextFile, Window

_AS_THEY_ARE = frozenset({"utf-8", "utf-8-sig", "latin-1"})
"""Encodings that keep ASCII as it is: the bytes of the file are searched directly."""

# Suffixes of native code, in which adjacent symbol names may look like tokens.
_NATIVE = frozenset({".so", ".dylib", ".dll", ".pyd", ".exe", ".a", ".o", ".lib", ".obj", ".wasm", ".node"})


class Content:
    """The content of a view. ``data`` is searched: a text as UTF-8 or Latin-1, a binary as it is.

    ``text`` is the view as text, None for a binary; ``binary`` is whether ``text`` is None.
    """

    def __init__(self, view: BinaryFile) -> None:
        self.view = view
        self.text = view.window.view(TextFile, view.member)
        self.binary = self.text is None
        if self.text is None or self.text.encoding in _AS_THEY_ARE:
            self.data = view.data
        else:
            self.data = self.text.text.encode("utf-8", "surrogatepass")
        self._latest = (0, 0)

    @property
    def today(self) -> datetime.date:
        """The day of the audit."""
        return self.view.member.today

    @cached_property
    def bytecode(self) -> bool:
        """Whether the file is a compiled module."""
        return self.view.window.view(Bytecode, self.view.member) is not None

    @property
    def is_walked(self) -> bool:
        """Whether the file is a zip or tar archive, whose members are searched one by one."""
        data = self.data
        # The magic number of POSIX tar is at byte 257.
        return self.binary and self.view.window.whole and (data[:4] == b"PK\3\4" or data[257:262] == b"ustar")

    @cached_property
    def native(self) -> bool:
        """Whether the file is native code, or an archive or a later window of native code."""
        return (
            self.view.member.suffix in _NATIVE
            or self.data.startswith((b"!<arch>\n", b"\0asm"))
            or self.view.window.view(SharedLibrary, self.view.member) is not None
        )

    @cached_property
    def encoding(self) -> str:
        """The encoding of ``data`` if it is a text."""
        return "latin-1" if self.text is not None and self.text.encoding == "latin-1" else "utf-8"

    @cached_property
    def lines(self) -> list[int]:
        """The start of each line, by line feeds."""
        return [0, *(match.end() for match in re.finditer(b"\n", self.data))]

    def decode(self, start: int, end: int) -> str:
        """Return a range of the bytes as text."""
        return self.data[start:end].decode(self.encoding, "surrogatepass" if not self.binary else "replace")

    def location(self, offset: int) -> Location:
        """Return the location of a byte; fast for ascending offsets. A binary has no lines."""
        if self.text is None:
            return self.view.location
        if len(self.text.text) == len(self.data):
            return self.text.at(offset)
        byte, char = self._latest
        if offset < byte:
            byte = char = 0
        # The bytes of the file contain the byte order mark, its text does not.
        if byte == 0 and self.text.encoding == "utf-8-sig":
            byte = min(3, offset)
        char += len(self.data[byte:offset].decode(self.encoding, "replace"))
        self._latest = (offset, char)
        return self.text.at(char)

    def says_where(self, offset: int) -> str:
        """Return the words for the offset in a file without lines, empty for a text."""
        return f" (at byte {self.view.window.offset + offset:,})" if self.binary else ""


_NOT_ASCII = bytes(range(0x80, 0x100))


def decoded_source(view: BinaryFile) -> BinaryFile | None:
    """Return a Python source as its declared encoding decodes it, None if its ASCII characters are the same.

    In encodings such as UTF-7 and ``unicode_escape``, the file does not show the characters of a token.
    """
    data = view.data
    # The declaration is in one of the first two lines (PEP 263).
    end = data.find(b"\n", data.find(b"\n") + 1)
    is_declared = b"coding" in data[: end if end >= 0 else len(data)]
    python = view.window.view(PythonFile, view.member) if is_declared else None
    if python is None or python.source is None:
        return None
    if python.source.encode("ascii", "ignore") == data.translate(None, _NOT_ASCII):
        return None
    return BinaryFile(view.member, Window(python.source.encode("utf-8", "surrogatepass")))
