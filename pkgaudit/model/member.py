"""A member of an archive, and the views of its content for rules."""

from __future__ import annotations

import ast
import codecs
import datetime
import re
import tokenize
from bisect import bisect_left
from functools import cached_property
from io import BytesIO
from typing import ClassVar, NamedTuple, Protocol, TypeVar

from pkgaudit.finding import Location
from pkgaudit.limits import Limits
from pkgaudit.model.constructs import Feature
from pkgaudit.model.entry import ArchiveKind, Entry
from pkgaudit.model.files import suffix_of
from pkgaudit.model.newer_syntax import RUNNING, RejectedError, may_be_newer, scan
from pkgaudit.model.parsing import Parsed, Parser, UnparsedError
from pkgaudit.model.words import Occurring, Words, look

SNIFF = 8192
"""The number of first bytes that are searched for NUL to recognize binary files, as in git."""

_BLOCK = 1 << 14
"""Characters between two counts of lines."""

_FOR_NAMES = re.compile(r"(?i)punycode|idna")
"""Codecs for host names, whose time grows with the square of the length; no source has such an encoding."""

V = TypeVar("V", bound="View")


class Cost(NamedTuple):
    """Work on the contents of members: the weight of parsed sources, and steps (see `Member.spend`).

    ``refused`` is the number of sources that were not parsed, to stay within the limits.
    """

    weight: int = 0
    steps: int = 0
    refused: int = 0

    def since(self, earlier: Cost) -> Cost:
        """Return the work between two sums of work."""
        return Cost(*(now - then for now, then in zip(self, earlier, strict=True)))


class Work(Protocol):
    """The budget for work on the contents of one distribution. ``member`` is the path of the member."""

    parse_seconds: float
    """The CPU time for parsing so far, in seconds."""

    @property
    def cost(self) -> Cost: ...
    def parse(self, source: str, member: str) -> Parsed: ...
    def spend(self, steps: int, member: str) -> bool: ...
    def repeat(self, cost: Cost) -> bool: ...


def authored_path(path: str) -> str:
    """Return the path of a file in the author's project.

    uv_build writes a ``pyproject.toml`` without comments into an sdist, and packs the author's file
    beside it as ``pyproject.toml.orig`` (https://docs.astral.sh/uv/concepts/build-backend/).
    """
    return path.removesuffix(".orig") if path.rpartition("/")[2] == "pyproject.toml.orig" else path


class Parts(Protocol):
    """Any part of the content of a large member, which is read again for it.

    ``read`` returns fewer bytes at the end, at damaged data, and when too much has been read again.
    """

    @property
    def size(self) -> int: ...
    def read(self, at: int, size: int) -> bytes: ...


class Window:
    """A part of a member's content.

    Nearly every member is one window. A member over the limit is read in several consecutive windows, which
    overlap a little so that nothing is missed between them. ``first_line`` is the number of the window's
    first line, ``offset`` its place in bytes, ``native`` the format of the member (see `native_format`). Each
    of several windows has ``parts``, to be read in the ``last`` one, unless the member can be read only once.
    """

    __slots__ = ("_occurring", "_views", "data", "first_line", "last", "native", "offset", "parts", "whole")

    def __init__(
        self,
        data: bytes,
        *,
        offset: int = 0,
        first_line: int = 1,
        whole: bool = True,
        last: bool = True,
        native: str | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.data = data
        self.offset = offset
        self.first_line = first_line
        self.whole = whole
        self.last = last
        self.native = native_format(data) if whole else native
        self.parts = parts
        self._views: dict[type[View], View | None] = {}
        self._occurring: Occurring | None = None

    def found(self, words: Words) -> tuple[bytes, ...]:
        """Return the words that occur in the content, in their order.

        The bytes of the file are searched: in a text in UTF-16, a word in ASCII does not occur.

        Raises:
            TypeError: ``words`` are not `Words`, which a rule declares as a constant.
        """
        if not isinstance(words, Words):
            raise TypeError("a window is searched for Words")
        known = self._occurring
        if known is None or known.size < words.end:
            known = self._occurring = look(self.data, words)
        return known.of(words) if known is not None else words.in_text(self.data)

    def has(self, words: Words) -> bool:
        """Return whether one of the words occurs in the content."""
        return bool(self.found(words))

    def view(self, kind: type[V], member: Member) -> V | None:
        """Return the content as ``kind``, made at the first call; None if it is not of this kind."""
        try:
            return self._views[kind]  # type: ignore[return-value]
        except KeyError:
            made = self._views[kind] = kind.of(member, self)
            return made

    @property
    def is_unparsed(self) -> bool:
        """Whether a rule requested the syntax tree of the content, and it has none."""
        python = self._views.get(PythonFile)
        return isinstance(python, PythonFile) and python.is_unparsed

    def forget(self) -> None:
        """Drop the content, and the views, which would keep the window until garbage collection."""
        self.data = b""
        self._views.clear()


class Member:
    """A file, link or directory of an archive, on its way through the rules.

    The content is in the views (`TextFile`, `PythonFile` …), which exist only while the member is read.
    ``archive`` is the kind of its distribution, ``project`` the normalized name of its project, empty if it
    is unknown. ``today`` is the day of the audit; rules on contents ask no other clock.
    """

    __slots__ = ("__dict__", "_work", "archive", "entry", "project", "today")

    def __init__(
        self,
        entry: Entry,
        archive: ArchiveKind,
        work: Work | None = None,
        project: str = "",
        today: datetime.date | None = None,
    ) -> None:
        self.entry = entry
        self.archive = archive
        self.project = project
        self.today = today or datetime.date.today()
        self._work = work

    @property
    def path(self) -> str:
        """The path in the archive, ``outer/inner.zip!/path`` for a nested member."""
        return self.entry.path

    @property
    def is_nested(self) -> bool:
        """Whether the member is in a nested archive."""
        return self.entry.depth > 0

    @cached_property
    def name(self) -> str:
        """The last component of the path, or of the `authored_path` if it differs."""
        return authored_path(self.entry.path).rpartition("/")[2]

    @cached_property
    def suffix(self) -> str:
        """The lower-case suffix of the name with its dot, such as ``.py``; may be empty."""
        return suffix_of(self.name)

    def parse(self, source: str) -> ast.Module:
        """Return the syntax tree of Python in the member; all that is parsed of a distribution is bounded.

        Constructs that are too new for the running parser are replaced by older ones on the same lines.

        Raises:
            SyntaxError: it is not Python; a ValueError says so of a NUL character.
            UnparsedError: it would take too much time or memory, a ValueError too. Rule AR115 reports it.
            MemoryError: there is not enough memory.
        """
        return self.read(source).tree

    def read(self, source: str) -> Parsed:
        """Return what `parse` does, together with the text of the tree and its newer constructs."""
        if self._work is None:
            return Parser(Limits().source_tokens, Limits().tokens).read(source)
        return self._work.parse(source, self.entry.path)

    def spend(self, steps: int) -> bool:
        """Return whether this many places of the member may be checked; all of a distribution are bounded.

        A step takes about ten microseconds. When the limit is reached, reading stops, which rule AR109
        reports.
        """
        return self._work is None or self._work.spend(steps, self.entry.path)

    @property
    def cost(self) -> Cost:
        """All work so far on the contents of the distribution."""
        return Cost() if self._work is None else self._work.cost

    @property
    def parse_seconds(self) -> float:
        """The CPU time for parsing all contents of the distribution so far, in seconds."""
        return 0.0 if self._work is None else self._work.parse_seconds

    def repeat(self, cost: Cost) -> bool:
        """Count work that need not be done again; return False, and count nothing, if it might be refused."""
        return self._work is None or self._work.repeat(cost)

    @property
    def location(self) -> Location:
        """The member as the place of a problem."""
        return Location(self.entry.path)

    def __repr__(self) -> str:
        return f"<Member {self.path!r}>"


class View:
    """The content of a member in a certain form. Base class of all views."""

    def __init__(self, member: Member, window: Window) -> None:
        self.member = member
        self.window = window

    @classmethod
    def of(cls: type[V], member: Member, window: Window) -> V | None:
        """Return the view, or None if the content does not have this form."""
        raise NotImplementedError

    @property
    def path(self) -> str:
        """The path of the member."""
        return self.member.path

    @property
    def data(self) -> bytes:
        """The bytes of the window."""
        return self.window.data

    @property
    def location(self) -> Location:
        """The member as the place of a problem."""
        return self.member.location


class BinaryFile(View):
    """Any non-empty file, text included, as bytes."""

    @classmethod
    def of(cls, member: Member, window: Window) -> BinaryFile | None:
        return cls(member, window) if window.data else None


_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks with their encodings; UTF-32 comes first, because its mark begins like that of UTF-16."""


class TextFile(View):
    """A text file.

    ``text`` is decoded once: by its byte order mark, otherwise as UTF-8, otherwise as Latin-1, which can
    decode any bytes. Line ends are unchanged.
    """

    def __init__(self, member: Member, window: Window, text: str, encoding: str) -> None:
        super().__init__(member, window)
        self.text = text
        self.encoding = encoding

    @classmethod
    def of(cls, member: Member, window: Window) -> TextFile | None:
        data = window.data
        if not data:
            return None
        encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
        if encoding is None:
            if b"\0" in data[:SNIFF]:
                return None
            encoding = "utf-8"
        try:
            return cls(member, window, data.decode(encoding), encoding)
        except UnicodeDecodeError:
            if b"\0" in data[:SNIFF]:
                return None
            return cls(member, window, data.decode("latin-1"), "latin-1")

    @cached_property
    def _lines_before(self) -> list[int]:
        """The number of line ends before each block of the text: a small index for any number of lines."""
        counts = [0]
        for start in range(0, len(self.text), _BLOCK):
            counts.append(counts[-1] + self.text.count("\n", start, start + _BLOCK))
        return counts

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; only a line feed, with or without a carriage return, ends a line."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    def line(self, number: int) -> str:
        """Return the line with a number as in `at` and `Location`, empty if it does not exist."""
        index = number - self.window.first_line
        if index < 0 or index > self._lines_before[-1]:
            return ""
        block = bisect_left(self._lines_before, index) - 1 if index else 0
        start = block * _BLOCK
        for _ in range(index - self._lines_before[block]):
            start = self.text.find("\n", start) + 1
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].removesuffix("\r")

    def at(self, offset: int) -> Location:
        """Return the place of the character at ``offset`` in ``text``."""
        block = min(offset, len(self.text)) // _BLOCK
        index = self._lines_before[block] + self.text.count("\n", block * _BLOCK, offset)
        start = self.text.rfind("\n", 0, offset) + 1
        return Location(self.member.path, self.window.first_line + index, offset - start + 1)


class PythonFile(View):
    """A Python source file (``.py``, ``.pyi``, ``.pyw``), by its name.

    ``tree`` is parsed on first use, and None if that fails; ``syntax_error`` is then the error message. A
    source that would take too much time or memory is not parsed. Constructs that are too new for the running
    Python are replaced by older ones on the same lines, so the tree has the same imports and definitions.
    """

    SUFFIXES: ClassVar = frozenset({".py", ".pyi", ".pyw"})

    @classmethod
    def of(cls, member: Member, window: Window) -> PythonFile | None:
        if member.suffix in cls.SUFFIXES and window.whole:
            return cls(member, window)
        return None

    @cached_property
    def source(self) -> str | None:
        """The text, decoded by its encoding declaration, or None if that fails."""
        try:
            encoding, _ = tokenize.detect_encoding(BytesIO(self.data).readline)
            if _FOR_NAMES.match(encoding):
                return None
            # A character outside the BMP makes a text four times as large, so it is decoded only once.
            text = self.window.view(TextFile, self.member)
            return text.text if text and text.encoding == encoding else self.data.decode(encoding)
        except (SyntaxError, ValueError, LookupError):  # codecs raise any UnicodeError, which is a ValueError
            return None

    @cached_property
    def _parsed(self) -> tuple[Parsed | None, str | None]:
        if self.source is None:
            return None, "the source cannot be decoded"
        try:
            return self.member.read(self.source), None
        except SyntaxError as error:
            return None, f"{error.msg} (line {error.lineno})"
        except UnparsedError as error:
            return None, f"the source {error}"
        except ValueError as error:
            return None, str(error)

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree, None if the source has a syntax error."""
        parsed = self._parsed[0]
        return parsed.tree if parsed is not None else None

    @property
    def is_unparsed(self) -> bool:
        """Whether the tree was requested and does not exist."""
        return "_parsed" in self.__dict__ and self._parsed[0] is None

    @property
    def parsed_source(self) -> str | None:
        """The text that the tree describes: the source, or a text with older constructs on the same lines."""
        parsed = self._parsed[0]
        return parsed.text if parsed is not None else None

    @cached_property
    def newer(self) -> tuple[Feature, ...]:
        """The constructs of Python 3.11 or later, the same for every running Python."""
        parsed = self._parsed[0]
        if parsed is None:
            return ()
        if parsed.newer or not may_be_newer(self.data):
            return parsed.newer
        try:
            found = scan(parsed.text)[1]
        except RejectedError:
            return ()  # the running Python reads the text, so nothing in it is too new
        return tuple(each for each in found if each.version <= RUNNING)

    @property
    def syntax_error(self) -> str | None:
        """The error message of the parser, None if there is a tree."""
        return self._parsed[1]


WHOLE = PythonFile.SUFFIXES | {".pyc", ".pyo", ".ipynb"}
"""Suffixes of files that only a parser understands, from their beginning to their end."""


class Bytecode(View):
    """A compiled module (``.pyc``, ``.pyo``) as bytes. It is never unmarshalled."""

    @classmethod
    def of(cls, member: Member, window: Window) -> Bytecode | None:
        if member.suffix in {".pyc", ".pyo"} and window.data:
            return cls(member, window)
        return None

    @property
    def magic(self) -> int | None:
        """The magic number of the Python that compiled it, None if the header is invalid."""
        head = self.data[:4]
        return int.from_bytes(head[:2], "little") if len(head) == 4 and head[2:] == b"\r\n" else None


_MACH_O = frozenset(
    {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbf"}
)
"""The first bytes of Mach-O files: 32 and 64 bits in both byte orders, and universal with 64-bit offsets.

Universal files with 32-bit offsets begin like Java classes, so they are recognized separately.
"""


class SharedLibrary(View):
    """A native object or executable, recognized by its content: ``format`` is elf, mach-o or pe.

    A large one has several windows, and its last window can read ``parts`` of the others.
    """

    def __init__(self, member: Member, window: Window, format: str) -> None:
        super().__init__(member, window)
        self.format = format

    @classmethod
    def of(cls, member: Member, window: Window) -> SharedLibrary | None:
        return cls(member, window, window.native) if window.native else None


def native_format(data: bytes) -> str | None:
    """Return ``elf``, ``mach-o`` or ``pe`` by the first bytes of a file, or None."""
    head = data[:4]
    if head == b"\x7fELF":
        return "elf"
    if head in _MACH_O:
        return "mach-o"
    if head == b"\xca\xfe\xba\xbe":
        # Java class files begin like universal binaries, but continue with a class file version (45 and up)
        # instead of a number of architectures.
        return "mach-o" if 0 < int.from_bytes(data[4:8], "big") < 40 else None
    if head[:2] == b"MZ" and len(data) >= 0x40:
        at = int.from_bytes(data[0x3C:0x40], "little")
        return "pe" if data[at : at + 4] == b"PE\0\0" else None
    return None
