"""Edits of pyproject.toml: they do what settings say, and change nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit.advice.backend import table_in
from pkgaudit.advice.block import dumped
from pkgaudit.edits.errors import EditError
from pkgaudit.edits.plan import edited
from pkgaudit.finding import Setting

FILE = "pyproject.toml"


def add(table: str, key: str, *values: Any) -> Setting:
    return Setting(FILE, values, tuple(table.split(".")), key)


def put(table: str, key: str, value: str) -> Setting:
    return Setting(FILE, (value,), tuple(table.split(".")), key, replaces=())


CASES = {
    "array of several lines": (
        'x = 1\n[tool.x] # h\na = [\n  "a", # why\n  # on b\n  "b",  # why b\n]  # after\n\n'
        "# of y\n[tool.y]\n",
        [add("tool.x", "a", "c", "b")],
        'x = 1\n[tool.x] # h\na = [\n  "a", # why\n  # on b\n  "b",  # why b\n  "c",\n]  # after\n\n'
        "# of y\n[tool.y]\n",
    ),
    "key in a table": (
        "[tool.x]\nb = 'v'\n# last\n\n# of y\n[tool.y]\nk = 1\n",
        [add("tool.x", "a", "c")],
        "[tool.x]\nb = 'v'\na = [\"c\"]\n# last\n\n# of y\n[tool.y]\nk = 1\n",
    ),
    "table beside its kin": (
        '[tool.hatch.version]\npath = "x"\n\n[project]\nname = "x"\n',
        [add("tool.hatch.build", "exclude", "/a")],
        '[tool.hatch.version]\npath = "x"\n\n[tool.hatch.build]\nexclude = ["/a"]\n\n[project]\nname = "x"\n',
    ),
    "no final line end": (
        'y = 1\nname = "x"',
        [add("tool.x", "a", "c")],
        'y = 1\nname = "x"\n\n[tool.x]\na = ["c"]\n',
    ),
    "inline table": (
        "[tool]\nx = {a = ['1'], b = 2} # c\n",
        [add("tool.x", "a", "c"), add("tool.x", "n", "d")],
        '[tool]\nx = {a = [\'1\', "c"], b = 2, n = ["d"]} # c\n',
    ),
    "several items on a line with a comment": (
        '[a]\nb = ["[", \'#\', # ]\n]\nc = [ # one\n\t"x", "y"  # ]\n\t]\nd = [\n]\n',
        [add("a", "b", "x"), add("a", "c", "z"), add("a", "d", "v")],
        '[a]\nb = ["[", \'#\', # ]\n    "x",\n]\nc = [ # one\n\t"x", "y",  # ]\n\t"z"\n\t]\n'
        'd = [\n    "v",\n]\n',
    ),
    "inline table with spaces": (
        "[tool]\nx = { a = ['1'] }\n",
        [add("tool.x", "n", "d")],
        "[tool]\nx = { a = ['1'], n = [\"d\"] }\n",
    ),
    "dotted keys": (
        "[tool]\nx.y.a = ['1']\nx.y.b = 2\n[z]\n",
        [add("tool.x.y", "n", "d"), add("tool.x.y", "a", "e")],
        '[tool]\nx.y.a = [\'1\', "e"]\nx.y.b = 2\nx.y.n = ["d"]\n[z]\n',
    ),
    "text to replace": (
        "[project]\ndescription = '''a\nb'''  # why\nname = 'x'\n",
        [put("project", "description", "a b")],
        "[project]\ndescription = \"a b\"  # why\nname = 'x'\n",
    ),
    "item to replace": (
        "[project]\nc = ['a', 'b']\n",
        [Setting(FILE, ("z",), ("project",), "c", replaces=("a",))],
        "[project]\nc = [\"z\", 'b']\n",
    ),
    "array of tables": (
        "[[tool.x.a]]\npath = 'p'\n# end\n[z]\n",
        [add("tool.x", "a", {"path": "q", "format": ["sdist"]})],
        '[[tool.x.a]]\npath = \'p\'\n\n[[tool.x.a]]\npath = "q"\nformat = ["sdist"]\n# end\n[z]\n',
    ),
    "item to drop": (
        '[a]\nb = ["x", "y"] # k\n',
        [Setting(FILE, ("x",), ("a",), "b", drops=True)],
        '[a]\nb = ["y"] # k\n',
    ),
    "nothing to do": ('[a]\nb = ["x"]\n', [add("a", "b", "x")], '[a]\nb = ["x"]\n'),
    "inherited list": (
        '[tool.hatch.build]\nexclude = ["/n"]\n',
        [add("tool.hatch.build.targets.sdist", "exclude", "/e")],
        '[tool.hatch.build]\nexclude = ["/n"]\n\n[tool.hatch.build.targets.sdist]\nexclude = ["/n", "/e"]\n',
    ),
    "brackets in strings": (
        '[a]\nk = """]\n[b]\n"""\nb = [\n    "[",\n    \'#\', # ]\n]\n[c]\n',
        [add("a", "b", "x"), add("a", "n", "y")],
        '[a]\nk = """]\n[b]\n"""\nb = [\n    "[",\n    \'#\', # ]\n    "x",\n]\nn = ["y"]\n[c]\n',
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_edit(name: str, end: str, mark: str) -> None:
    before, changes, after = CASES[name]
    made = edited(FILE, mark + before.replace("\n", end), changes)
    assert made.replace(end, "\n") == mark + after
    assert end == "\n" or "\n" not in made.replace(end, "")
    assert edited(FILE, made, [each for each in changes if not each.replaces]) == made


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("a = [", add("a", "b", "x")),
        ("a = 1\n", add("a", "b", "x")),
        ("[a]\nb = 3\n", add("a", "b", "x")),
        ("[[a]]\nb = ['y']\n", add("a", "b", "x")),
        ("[a]\nb = ['y']\n", Setting(FILE, ("x",), ("a",), "b", replaces=("z",))),
        ("[a]\nb = {c = 1}\n", put("a", "b", "x")),
        ("a.b = 1\n", add("a.b", "c", "x")),
    ],
)
def test_edit_that_cannot_be_exact(text: str, setting: Setting) -> None:
    with pytest.raises(EditError):
        edited(FILE, text, [setting])


NAMES = st.sampled_from(["a", "b", "hatch", "build", "x y", "é"])
VALUES = st.sampled_from(["p", "**/q.py", "it's", 'a "b"', "c\\d", "# no", "[e]", "x = 1"])
LISTS = st.lists(VALUES, max_size=3, unique=True)
COMMENTS = st.sampled_from(["", "  # why [this]", ' # "x" = 1'])

FORMS = ("one", "spaced", "lines", "comma", "comments", "pairs")


@st.composite
def arrays(draw: st.DrawFn, forms: tuple[str, ...] = FORMS) -> str:
    items = [dumped(each) for each in draw(LISTS)]
    form = draw(st.sampled_from(forms))
    if form == "one" or not items:
        return f"[{', '.join(items)}]"
    if form == "spaced":
        return f"[ {' , '.join(items)} ]"
    if form == "pairs":
        return f"[ # first\n  {', '.join(items)} # of it\n  ]"
    note = " # of it" if form == "comments" else ""
    last = "" if form == "lines" else ","
    lines = [f"  {item}{',' if at < len(items) - 1 else last}{note}" for at, item in enumerate(items)]
    first = ["  # first"] if note else []
    return "\n".join(["[", *first, *lines, "]"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """TOML with tables of all forms, with comments everywhere."""
    lines = ["# top"]
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        form = draw(st.sampled_from(["table", "deep", "dotted", "inline", "tables"]))
        key = f'"{name}"'
        value, note = draw(arrays()), draw(COMMENTS)
        if form in ("table", "deep"):
            inner = f"{key}.k" if form == "deep" else key
            lines += [
                "",
                f"# of {name}",
                f"[t.{inner}]{note}",
                f"l = {value}{note}",
                "o = '''x\n[y]'''",
                "# end",
            ]
        elif form == "dotted":
            lines += [f"[d.{key}]", f"k.l = {value}{note}", "k.o = 2.50"]
        elif form == "inline":
            lines += [f"[i.{key}]", f"k = {{ l = {draw(arrays(FORMS[:2]))}, o = 0x1F }}{note}"]
        else:
            lines += [f"[[s.{key}]]", f"l = {value}{note}", f"[[s.{key}]]", "o = 1979-05-27"]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


@settings(max_examples=60, deadline=None)
@given(
    documents(),
    st.sampled_from("tdis"),
    NAMES,
    st.sampled_from([(), ("k",)]),
    st.lists(VALUES, min_size=1, max_size=3),
)
def test_all_other_values_and_comments_stay(
    text: str, top: str, name: str, deep: tuple[str, ...], values: list[str]
) -> None:
    table = (top, name, *deep)
    try:
        made = edited(FILE, text, [Setting(FILE, tuple(values), table, "l")])
    except EditError:
        assert top == "s"
        return
    before, after = tomli.loads(text), tomli.loads(made)
    old, new = table_in(before, *table).get("l", []), table_in(after, *table)["l"]
    assert new == [*old, *(each for each in dict.fromkeys(values) if each not in old)]
    table_in(after, *table).pop("l")
    table_in(before, *table).pop("l", None)
    assert _bare(after) == _bare(before)
    assert made.count("#") - sum(each.count("#") for each in new) == text.count("#") - sum(
        each.count("#") for each in old
    )
    for line in text.split("\n"):
        assert "l = " in line or line.strip(" ,") in made or line.endswith(" # of it")


def _bare(value: Any) -> Any:
    """Return a table without empty tables in it."""
    if not isinstance(value, dict):
        return value
    found = {key: _bare(each) for key, each in value.items()}
    return {key: each for key, each in found.items() if each != {}}
