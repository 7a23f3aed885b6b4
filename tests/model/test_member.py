"""The views of a member."""

from __future__ import annotations

import pytest

from pkgaudit.finding import Location
from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import Bytecode, Member, PythonFile, TextFile, Window, native_format


def text_of(data: bytes, path: str = "a.txt", window: Window | None = None) -> TextFile | None:
    return (window or Window(data)).view(TextFile, member(path))


def member(path: str) -> Member:
    return Member(Entry(path, EntryType.FILE), ArchiveKind.WHEEL)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"hello", "hello"),
        ("h\u00e4llo".encode(), "h\u00e4llo"),
        ("h\u00e4llo".encode("latin-1"), "h\u00e4llo"),
        ("h\u00e4llo".encode("utf-8-sig"), "h\u00e4llo"),
        ("h\u00e4llo".encode("utf-16"), "h\u00e4llo"),
        ("\ufeffh\u00e4llo".encode("utf-16-be"), "h\u00e4llo"),
        ("h\u00e4llo".encode("utf-32"), "h\u00e4llo"),
        (b"", None),
        (b"a\0b", None),
        (b"\xff\xfe\0", None),
    ],
)
def test_decoding(data: bytes, text: str | None) -> None:
    found = text_of(data)
    assert (found.text if found else None) == text


@pytest.mark.parametrize(
    ("offset", "place"),
    [(0, (1, 1)), (3, (1, 4)), (4, (2, 1)), (6, (3, 1)), (8, (3, 3))],
)
def test_places(offset: int, place: tuple[int, int]) -> None:
    found = text_of(b"ab\r\nc\nde\n")
    assert found is not None
    assert found.at(offset) == Location("a.txt", *place)


def test_places_and_lines_agree_over_long_texts() -> None:
    content = "".join(f"{'x' * (number % 97)}\n" for number in range(3000))
    found = text_of(content.encode())
    assert found is not None
    offset = 0
    for number, line in enumerate(content.split("\n"), 1):
        assert found.line(number) == line
        assert found.at(offset) == Location("a.txt", number, 1)
        offset += len(line) + 1
    assert found.line(3002) == ""


def test_lines() -> None:
    found = text_of("a\r\nb\u2028c\n".encode())
    assert found is not None
    assert found.lines == ["a", "b\u2028c", ""]
    assert [found.line(number) for number in range(5)] == ["", "a", "b\u2028c", "", ""]


def test_places_in_a_later_window() -> None:
    found = text_of(b"", window=Window(b"x\ny", offset=100, first_line=11, whole=False))
    assert found is not None
    assert found.at(2) == Location("a.txt", 12, 1)
    assert found.line(12) == "y"


def test_view_is_made_once() -> None:
    window = Window(b"x = 1\n")
    assert window.view(PythonFile, member("a.py")) is window.view(PythonFile, member("a.py"))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b"x = 1\n", None),
        (b"x = (\n", "'(' was never closed (line 1)"),
        ("# coding: latin-1\nx = '\u00e4'\n".encode("latin-1"), None),
        (b"# coding: nonsense\n", "the source cannot be decoded"),
        (b"x = '\xe4'\n", "the source cannot be decoded"),
        (b"# coding: undefined\n", "the source cannot be decoded"),
        (b"# coding: punycode\nx = '\x80'\n", "the source cannot be decoded"),
        # Its time would grow with the square of the length.
        (b"# coding: Punycode\n" + b"#" * 500_000 + b"-" + b"z" * 500_000, "the source cannot be decoded"),
        (b"# coding: idna\nx = 1\n", "the source cannot be decoded"),
        (b"# coding: " + b"a" * 5_000 + b"\n", "the source cannot be decoded"),
        (b"x = '\\d'\n", None),
    ],
)
def test_python(source: bytes, error: str | None) -> None:
    found = Window(source).view(PythonFile, member("a.py"))
    assert found is not None
    assert (found.tree is None) is (error is not None)
    assert found.syntax_error == error


@pytest.mark.parametrize("source", [b"(" * 100_000, b"-" * 100_000 + b"1", b"x" + b".a" * 50_000, b"a\0b"])
def test_python_that_is_made_to_break_parsers(source: bytes) -> None:
    found = Window(source).view(PythonFile, member("a.py"))
    assert found is not None
    # What is too deep differs between the Pythons.
    assert (found.tree is None) is (found.syntax_error is not None)


@pytest.mark.parametrize(
    ("path", "kind"), [("a.py", True), ("a.pyi", True), ("A.PY", True), ("a.pyc", False), ("py", False)]
)
def test_python_by_name(path: str, kind: bool) -> None:
    assert (Window(b"x").view(PythonFile, member(path)) is not None) is kind


def test_bytecode() -> None:
    found = Window(b"\xa7\r\r\n" + bytes(12)).view(Bytecode, member("a.pyc"))
    assert found is not None
    assert found.magic == 3495


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"\x7fELF\x02", "elf"),
        (b"\xcf\xfa\xed\xfe", "mach-o"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", "mach-o"),
        (b"\xca\xfe\xba\xbe\0\0\0\x3d", None),
        (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0", "pe"),
        (b"MZ" + bytes(58) + b"\xff\xff\xff\xff", None),
        (b"MZ is a text", None),
        (b"", None),
    ],
)
def test_native_format(data: bytes, format: str | None) -> None:
    assert native_format(data) == format
