"""Newer constructs are named and replaced on the same lines; what this Python reads stays as it is."""

from __future__ import annotations

import ast
import random
import re
import time
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.syntax import FAULTS, NEWER, OLDER, REJECTED, Snippet
from pkgaudit.api import ArchiveKind, Construct, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.model.newer_syntax import RUNNING, RejectedError, may_be_newer, scan
from pkgaudit.model.parsing import Parser, weigh

OLDEST = (3, 10)
SCANNED = [
    each
    for each in NEWER
    if each.construct is not None
    and each.construct.since > OLDEST
    and each.construct is not Construct.ASYNC_INSIDE  # the parsers of all Pythons read these
]
TOP = Path(__file__).parents[2]


def view(source: str) -> PythonFile:
    data = source.encode()
    file = PythonFile.of(Member(Entry("a.py", EntryType.FILE, len(data)), ArchiveKind.WHEEL), Window(data))
    assert file is not None
    return file


def parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except SyntaxError:
            return False
    return True


@pytest.mark.parametrize("snippet", SCANNED)
def test_a_newer_construct_is_named_and_replaced(snippet: Snippet) -> None:
    text, found = scan(snippet.source, OLDEST)
    assert found[-1].construct is snippet.construct
    assert text != snippet.source
    assert parses(text)
    assert text.count("\n") == snippet.source.count("\n")


@pytest.mark.parametrize("snippet", [*SCANNED, *FAULTS])
def test_every_python_has_a_tree_and_the_same_constructs(snippet: Snippet) -> None:
    file = view(snippet.source)
    assert file.tree is not None
    assert file.syntax_error is None
    assert file.newer == scan(snippet.source, OLDEST)[1]


@pytest.mark.parametrize("snippet", OLDER)
def test_what_only_looks_newer(snippet: Snippet) -> None:
    assert scan(snippet.source, OLDEST) == (snippet.source, ())


@pytest.mark.parametrize("source", REJECTED)
def test_what_no_python_reads(source: str) -> None:
    assert view(source).tree is None
    assert view(source).newer == ()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("lazy import a\nx", "import a\nx"),
        ("if x:\n  lazy \\\n  import a", "if x:\n  \\\nimport a"),
        ("type X[T] = int; y", "X = int; y"),
        ("def f[\n T,\n](x: T):\n  pass", "def f\\\n\\\n(x: T):\n  pass"),
        ("try: x\nexcept A, B: y", "try: x\nexcept( A, B): y"),
        ("try: x\nexcept* A, B: y", "try: x\nexcept ( A, B): y"),
        ("[*x for x in y]", "[ x for x in y]"),
        # Expressions of strings keep their names.
        ("x = t'a{b!r:>{c}}d'", 'x = f""[(),(b),(c)]'),
        ("f'{a['b'] = }' 'c'", "f\"\"[(),(a['b']  )] + 'c'"),
        ("t'''\n{a['b']}\n''' t'''{'''c'''}\n'''", "f\"\"[()\n,(a['b'])\n] + f\"\"[(),('''c''')\n]"),
        ("f'{*a['c']}' f'{*a['c'],}'", "f\"\"[(),(*a['c'],)] + f\"\"[(),(*a['c'],)]"),
        ("f'{f'{a}' 'b'}'", 'f""[(),(f""[(),(a)] + \'b\')]'),
    ],
)
def test_texts(source: str, text: str) -> None:
    assert scan(source, OLDEST)[0] == text
    assert parses(text)


def test_only_what_the_parser_does_not_know_is_replaced() -> None:
    source = "try: x\nexcept* A: f'{'a'}'\nt'b'\n"
    assert scan(source, (3, 13))[0] == "try: x\nexcept* A: f'{'a'}'\nf\"\"[()]\n"
    assert scan(source, (3, 14))[0] == source


def test_the_first_line_of_each_construct() -> None:
    _, found = scan("x\ntype A = t'b'\ntype C = f'''\n{'\\n'}'''\n", OLDEST)
    assert [(each.construct, each.line) for each in found] == [
        (Construct.TYPE_STATEMENT, 2),
        (Construct.F_STRING_BACKSLASH, 4),
        (Construct.TEMPLATE_STRING, 2),
    ]


def test_line_ends_of_other_systems() -> None:
    text, found = scan("t'''\r\n{\ra}\n'''\rlazy import b\r\n", OLDEST)
    assert [each.line for each in found] == [1, 5]
    assert ast.parse(text).body[1].lineno == 5


@pytest.mark.skipif(RUNNING >= (3, 15), reason="this Python reads all of it")
def test_the_error_is_that_of_the_remaining_text() -> None:
    assert view("lazy import a\nx = = 1\n").syntax_error == "invalid syntax (line 2)"


def test_every_python_spends_about_the_same_weight() -> None:
    parser = Parser(1000, 1000)
    parsed = parser.read("lazy import a\n")
    assert parser.left == 1000 - weigh(parsed.text.encode())


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 60_000, "f'{" * 20_000, "t'" + "{" * 60_001, "t'" + "{x:" * 20_000, "t'''" + "\\\n" * 40_000),
        *("\\N{" * 20_000, "t'" + "\\N{" * 20_000, "1" * 1_1_000, "lazy " * 20_000, "type x " * 20_000),
        *("except " * 20_000, "except*" * 20_000, "def f[" * 20_000, "x[*" * 20_000, "t'{x! " * 20_000),
        *("t'{f'" * 100 + "x" * 60_000, "t''" * 20_000, "'a' " * 40_000, "match[*x]; " * 10_000),
        *("try: x\nexcept A, B: y\n" * 4_000, "f'{{" * 20_000, "f'{'a'}' " * 10_000, " \\\n" * 40_000),
    ],
)
def test_hostile_texts_take_little_time(text: str) -> None:
    start = time.process_time()
    with suppress(RejectedError):
        scan(text, OLDEST)
    may_be_newer(text.encode())
    assert time.process_time() - start < 2


_PARTS = re.compile(r"\w+|\s+|.", re.S)
_CORPUS = [each.source for each in (*NEWER, *OLDER, *FAULTS)]


def mutate(rng: random.Random) -> str:
    """Return a source whose tokens are mixed with those of others."""
    parts = _PARTS.findall(rng.choice(_CORPUS))
    for _ in range(rng.randint(1, 3)):
        others = _PARTS.findall(rng.choice(_CORPUS))
        at, start = rng.randrange(len(parts) + 1), rng.randrange(len(others))
        parts[at : at + rng.randint(0, 3)] = others[start : start + rng.randint(0, 8)]
    return "".join(parts)


def check(source: str) -> None:
    """Check that a text which this Python reads has nothing newer, and that any other stays on its lines."""
    try:
        text, found = scan(source)
    except RejectedError:
        # Some releases of 3.12 and 3.13 read line ends in formats, and no later one does.
        assert not parses(source) or (RUNNING in ((3, 12), (3, 13)) and "\n" in source)
        return
    if parses(source):
        assert text == source
        assert all(each.version <= RUNNING for each in found)
    lines = re.compile(r"\r\n|\r|\n")
    assert len(lines.findall(text)) == len(lines.findall(source))
    again, _ = scan(text)
    assert again == text


def test_mutated_sources() -> None:
    rng = random.Random(1)
    for _ in range(300):
        check(mutate(rng))


@given(st.text(max_size=50))
def test_any_text(source: str) -> None:
    if "\0" not in source:
        check(source)


def test_our_own_sources() -> None:
    for path in (TOP / "pkgaudit/model").glob("*.py"):
        source = path.read_text("utf-8")
        assert scan(source, OLDEST) == (source, ())
