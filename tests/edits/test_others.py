"""Edits of setup.cfg, MANIFEST.in and .gitattributes, and which findings are edited together."""

from __future__ import annotations

import configparser

import pytest

from pkgaudit.edits.errors import EditError
from pkgaudit.edits.plan import GUESS, NO_EDIT, edited, edits_of
from pkgaudit.finding import Exclude, Finding, Location, Setting, Severity

CFG = "setup.cfg"


def option(section: str, key: str, *values: str, drops: bool = False) -> Setting:
    return Setting(CFG, values, (section,), key, drops)


SETUP_CFG = {
    "new section": (
        "[metadata]\nname = x\n\n",
        option("options.packages.find", "exclude", "tests", "tests.*"),
        "[metadata]\nname = x\n\n[options.packages.find]\nexclude =\n    tests\n    tests.*\n",
    ),
    "new option": (
        "[options]\nzip_safe = no\n\n# c\n[bdist_wheel]\n",
        option("options", "py_modules", "a"),
        "[options]\nzip_safe = no\npy_modules =\n    a\n\n# c\n[bdist_wheel]\n",
    ),
    "lines": (
        "[o]\nk =\n  a\n  # why b\n  b\n; end\nn = 1\n",
        option("o", "k", "c", "b"),
        "[o]\nk =\n  a\n  # why b\n  b\n  c\n; end\nn = 1\n",
    ),
    "commas": ("[o]\nk: a, b\n", option("o", "k", "c"), "[o]\nk: a, b, c\n"),
    "line to drop": ("[o]\nk =\n  a\n  b\n", option("o", "k", "a", drops=True), "[o]\nk =\n  b\n"),
    "item to replace": (
        "[o]\nk =\n  a\n  b\n",
        Setting(CFG, ("z",), ("o",), "k", replaces=("a",)),
        "[o]\nk =\n  z\n  b\n",
    ),
    "value to replace": (
        "[o]\nk = a ; not a comment\n",
        Setting(CFG, ("z",), ("o",), "k", replaces=()),
        "[o]\nk = z\n",
    ),
    "nothing to do": ("[o]\nk = a\n", option("o", "k", "a"), "[o]\nk = a\n"),
}


@pytest.mark.parametrize("name", SETUP_CFG)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_setup_cfg(name: str, end: str) -> None:
    before, setting, after = SETUP_CFG[name]
    made = edited(CFG, before.replace("\n", end), [setting])
    assert made == after.replace("\n", end)
    configparser.RawConfigParser().read_string(made)


@pytest.mark.parametrize("text", ["[o\nk = a\n", "k = a\n", "[o]\n[o]\n", "[o]\nk = a b\n"])
def test_setup_cfg_that_cannot_be_edited(text: str) -> None:
    with pytest.raises(EditError):
        edited(CFG, text, [option("o", "k", "a", drops=True)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "exclude a\n"),
        ("include b", "include b\nexclude a\n"),
        ("exclude a\n# no more\nprune c\n", "exclude a\n# no more\nprune c\n"),
        ("exclude a\ngraft src\n", "exclude a\ngraft src\nexclude a\n"),
    ],
)
def test_lines(before: str | None, after: str) -> None:
    setting = Setting("MANIFEST.in", ("exclude a",))
    assert edited("MANIFEST.in", before, [setting]) == after
    assert edited("MANIFEST.in", after, [setting]) == after


def finding(number: int, *settings: Setting) -> Finding:
    return Finding(
        "XX101", "x", Severity.ERROR, "d", Location(f"m{number}"), "is wrong", "fix it", f"{number}",
        remedy=Exclude("x"), settings=settings,
    )  # fmt: skip


def test_findings_that_change_one_list_are_one_change() -> None:
    table = ("tool", "x")
    one, two, three = (Setting("pyproject.toml", (each,), table, "k") for each in "abc")
    other = Setting("pyproject.toml", ("d",), ("tool", "y"), "k")
    guess = Setting("pyproject.toml", ("e",), table, "n", is_guess=True)
    command = Setting("", ("git rm x",))
    there = Setting("pyproject.toml", ("old",), table, "k")
    findings = [
        finding(1, one),
        finding(2, other),
        finding(3, two, three),
        finding(4, guess),
        finding(5, command),
        finding(6),
        finding(7, there),
    ]
    texts = {"pyproject.toml": "[tool.x]\nk = ['old']\n"}
    made = edits_of(findings, texts.get)
    assert [[each.fingerprint for each in change.findings] for change in made.changes] == [["2"], ["1", "3"]]
    reasons = {each.fingerprint: reason for each, reason in made.others}
    assert reasons == {
        "4": GUESS,
        "5": "it needs a command",
        "6": NO_EDIT,
        "7": "the project has these settings already",
    }
    text = made.after(made.changes)["pyproject.toml"]
    assert text == '[tool.x]\nk = [\'old\', "a", "b", "c"]\n\n[tool.y]\nk = ["d"]\n'
    assert GUESS not in [reason for _, reason in edits_of(findings, texts.get, unsafe=True).others]
