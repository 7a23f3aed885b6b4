"""The summary of a module, made without running it."""

from __future__ import annotations

import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.api import ArchiveKind, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.limits import Limits
from pkgaudit.rules.wheel.import_calls import Import
from pkgaudit.rules.wheel.modules import Module, summarize
from pkgaudit.rules.wheel.syntax import may_be_new


def summary(
    source: str | bytes, path: str = "sample/core.py", kind: ArchiveKind = ArchiveKind.WHEEL
) -> Module:
    data = source.encode() if isinstance(source, str) else source
    entry = Entry(path, EntryType.FILE, len(data))
    file = PythonFile.of(Member(entry, kind), Window(data))
    assert file is not None
    made = summarize(file)
    assert made is not None
    return made


def imports(source: str) -> list[str]:
    return [each.module for each in summary(source).imports]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1\nc: int = 2\nd += 1\n", "a b c d"),
        ("(a, [b, *c]), d = x\n", "a b c d"),
        ("import a.b, c as d\nfrom e import f, g as h\n", "a d f h"),
        ("def a(): b = 1\nasync def c(): pass\nclass d:\n    e = 1\n", "a c d"),
        ("for a, b in c:\n    d = 1\nelse:\n    e = 1\nwhile x:\n    f = 1\n", "a b d e f"),
        ("with a as b, c as (d, e):\n    f = 1\n", "b d e f"),
        ("try:\n    a = 1\nexcept E as b:\n    c = 1\nelse:\n    d = 1\nfinally:\n    e = 1\n", "a b c d e"),
        ("if x:\n    a = 1\nelif y:\n    b = 1\nelse:\n    c = 1\n", "a b c"),
        ("match x:\n    case [a, *b]:\n        c = 1\n    case {'k': d, **e}:\n        pass\n", "a b c d e"),
        ("print(a := 1)\n", "a"),
        ("def f():\n    global a, b\n    a = b = 1\n", "f a b"),
    ],
)
def test_names(source: str, names: str) -> None:
    assert summary(source).names == {*names.split()}


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a, b.c\nfrom d.e import f\n", ["a", "b.c", "d.e"]),
        ("class A:\n    import a\n", ["a"]),
        ("def f():\n    import a\n", []),
        ("if x:\n    import a\nelse:\n    import b\n", []),
        ("try:\n    import a\nexcept X:\n    import b\nelse:\n    import c\nfinally:\n    import d\n", ["d"]),
        ("try:\n    import a\nexcept (KeyError, ImportError):\n    pass\n", []),
        ("try:\n    import a\nexcept KeyError:\n    import b\nfinally:\n    pass\n", ["a"]),
        ("try:\n    import a\nexcept:\n    raise\n", []),
        ("try:\n    import a\nexcept errors.MissingError:\n    pass\n", []),
        ("with warnings.catch_warnings():\n    import a\n", ["a"]),
        ("with suppress(ImportError):\n    import a\n", []),
        ("import a\nraise SystemExit\nimport b\n", ["a"]),
        ("import a\nsys.exit(1)\nimport b\n", ["a"]),
        ("import a\nif x:\n    raise ImportError\nimport b\n", ["a", "b"]),
        ("import pytest\npytest.importorskip('a')\nimport a\n", ["pytest"]),
        ("for a in b:\n    import c\n", []),
    ],
)
def test_imports_that_always_run(source: str, modules: list[str]) -> None:
    assert imports(source) == modules


@pytest.mark.parametrize(
    ("body", "modules"),
    [
        ("    x = 1\n    import a\n    from b import c\n", ["a", "b"]),
        ("    import a\n    return 1\n    import b\n", ["a"]),
        ("    if x:\n        return\n    import a\n", []),
        ("    if x:\n        print()\n    import a\n", ["a"]),
        ("    def g():\n        return 1\n    import a\n", ["a"]),
        ("    sys.exit()\n    import a\n", []),
        ("    with x:\n        import a\n", []),
        ("    import a\n    yield 1\n", []),
    ],
)
def test_imports_of_every_call(body: str, modules: list[str]) -> None:
    found = [each.module for _, body in summary(f"def f():\n{body}").bodies for each in body]
    assert found == modules
    assert not summary(f"async def f():\n{body}").bodies
    assert not summary(f"def f():\n{body}\nif x:\n    def f(): ...\n").bodies


def test_import_is_kept_with_its_line() -> None:
    found = summary("\nfrom ..a import b, c as d\nfrom .x import *\n")
    assert found.imports == (Import("a", 2, ("b", "c"), 2), Import("x", 1, ("*",), 3))
    assert found.stars == (Import("x", 1, ("*",), 3),)


def test_guarded_ones_are_known_by_their_top_level() -> None:
    assert summary("try:\n    import a.b\nexcept ImportError:\n    from c.d import e\n").guarded == {"a", "c"}


@pytest.mark.parametrize("source", ["from . import a\n", "from sample import a\n"])
def test_package_does_not_define_what_it_takes_from_itself(source: str) -> None:
    assert summary(source, "sample/__init__.py").names == set()
    assert summary(source, "other/core.py").names == {"a"}
    assert summary("from . import a as b\n", "sample/__init__.py").names == {"b"}


@pytest.mark.parametrize(
    "source",
    [
        "globals()['a'] = 1\n",
        "exec('a = 1')\n",
        "def __getattr__(name): ...\n",
        "sys.modules[__name__] = x\n",
        "__getattr__, __dir__, __all__ = attach(__name__)\n",
        "fill(x)\n",
        "@enum.global_enum\nclass A(enum.Enum):\n    B = 1\n",
    ],
)
def test_open_modules(source: str) -> None:
    assert summary(source).is_open


@pytest.mark.parametrize(
    "source", ["a = 1\n", "warnings.warn('x')\n", "if __name__ == '__main__':\n    main(x)\n"]
)
def test_closed_modules(source: str) -> None:
    assert not summary(source).is_open


def test_classes_that_inherit_nothing() -> None:
    found = dict(
        summary("class A:\n    b = 1\n    def c(self): ...\nclass D(A): ...\n@e\nclass F: ...\n").members
    )
    assert found == {"A": {"b", "c"}}


@pytest.mark.parametrize(
    ("source", "error", "line"),
    [
        ("x = (\n", "'(' was never closed", 1),
        (b"x = 1\n\0", "it contains NUL bytes", None),
        (b"x = '\xff'\n", "its encoding is not the declared one, or not UTF-8", None),
        (b"# coding: nonsense\nx = 1\n", "its encoding is not the declared one, or not UTF-8", None),
        ("if x:\n    return\n", "'return' outside function", 2),
        ("class A:\n    return\n", "'return' outside function", 2),
        ("await x\n", "'await' outside function", 1),
        ("nonlocal x\n", "nonlocal declaration not allowed at module level", 1),
        ("from __future__ import braces\n", "future feature 'braces' is not defined", 1),
    ],
)
def test_errors(source: str | bytes, error: str, line: int | None) -> None:
    found = summary(source)
    fault = found.fault
    assert (fault.text if fault else found.error) == error
    assert (fault.line if fault else found.error_line) == line


@pytest.mark.parametrize(
    "source", ["-" * 100_000 + "1\n", "x = " + "(" * 150 + ")" * 150, "a" + ".b" * 100_000]
)
def test_what_is_too_deep_for_the_parser_is_no_error_or_a_plain_one(source: str) -> None:
    found = summary(source)
    assert found.error is None or "too many" in found.error


def test_what_is_too_large_for_the_parser_tells_nothing() -> None:
    assert summary(b"a\n" * Limits().source_tokens) == Module()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("sample/core.pyi", ArchiveKind.WHEEL),
        ("sample/core.py", ArchiveKind.SDIST),
        ("sample-1.0.dist-info/a.py", ArchiveKind.WHEEL),
    ],
)
def test_only_modules_of_wheels(path: str, kind: ArchiveKind) -> None:
    file = PythonFile.of(Member(Entry(path, EntryType.FILE, 5), kind), Window(b"x = 1"))
    assert file is not None
    assert summarize(file) is None


FEATURES = [
    ("x = (y := 1)", (3, 8)),
    ("def f(a, /): pass", (3, 8)),
    ("lambda a, /: 0", (3, 8)),
    ("@a[0].b\ndef f(): pass", (3, 9)),
    ("@a.b(c)\ndef f(): pass", None),
    ("with (a as b, c as d): pass", (3, 9)),
    ("with (\n  a  # x\n  , b): pass", (3, 9)),
    ("async def f():\n    async with (a as b): pass", (3, 9)),
    ("with (a) as b, (c): pass", None),
    ("with (a, b) as c: pass", None),
    ("with (a).b as c: pass", None),
    ("match x:\n    case 1: pass", (3, 10)),
    ("match = type = 1\nmatch[type]\nprint(match, type)", None),
    ("try: pass\nexcept* A: pass", (3, 11)),
    ("x[*a]", (3, 11)),
    ("x[(*a,)]", None),
    ("type X = int", (3, 12)),
    ("def f[T](x): pass", (3, 12)),
    ("class A[T]: pass", (3, 12)),
    ("class A[T = int]: pass", (3, 13)),
    ('f"{"a"}"', (3, 12)),
    ("f'{x!r:{'a'}}'", (3, 12)),
    ("f\"{'\\n'.join(x)}\"", (3, 12)),
    ('f"""{\n x # c\n}"""', (3, 12)),
    ('f"{\n x}"', (3, 12)),
    ("f\"{x['a']}\\n\" '\"'", None),
    ("try: pass\nexcept A, B: pass", (3, 14)),
    ("try: pass\nexcept (A, B): pass", None),
    ('t"{x}"', (3, 14)),
]


@pytest.mark.parametrize(("source", "version"), FEATURES)
def test_features(source: str, version: tuple[int, int] | None) -> None:
    told = summary(source).feature
    assert (told.version if told else None) == version


@pytest.mark.parametrize(
    "text",
    [
        "x[" * 300_000,
        "\n" * 500_000,
        "f'{" * 200_000,
        "/ " * 300_000,
        "@" + ")" * 300_000,
        "f'" + "{" * 300_000 + "}",
        "'''" + "".join(" " * depth + "except:\n" for depth in range(900)) + "'''",
        "'''" + "global a, " * 30_000 + "'''",
        "'''" + ":= in " * 30_000 + "'''",
        "x = " + "f'{a:{" * 20_000,
        "import typing as t\n" * 2_000 + "x = t.Self\n" * 2_000,
        "def f():\n    import a\n" + "    (x, y)\n" * 5_000,
    ],
)
def test_hostile_texts_take_little_time(text: str) -> None:
    start = time.process_time()
    may_be_new(Window(text.encode()))
    summary(text)
    assert time.process_time() - start < 5


@given(st.binary(max_size=200))
def test_nothing_raises(data: bytes) -> None:
    assert pickle.loads(pickle.dumps(summary(data))) == summary(data)
