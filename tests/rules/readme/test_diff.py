"""The changes that replace relative addresses in a readme, in `data` and in the text report."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit import audit
from pkgaudit.report.result import Result, Style
from pkgaudit.report.text import write
from rules.readme.cases.readme import readme
from tests.programs import need

BLOB = "https://github.com/sample/sample/blob/HEAD/"
LONG = "word " * 150
TEXT = f"# sample\n\n[one](a.md) and [two](b.md)\n\n{LONG}[three](c.md)\n" + "\n[x](d.md)\n" * 3


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    need("comrak")
    metadata = readme(TEXT, "text/markdown")
    metadata.set("Project-URL", "Source, https://github.com/sample/sample")
    wheel = Wheel(metadata=metadata).build().write(tmp_path_factory.mktemp("dist"))
    return audit(wheel, {"select": ["RM106"]})


def test_changes_are_complete(result: Result) -> None:
    [finding] = result.counted
    changes = finding.data["diff"]
    assert isinstance(changes, list)
    lines = TEXT.split("\n")
    for change in map(str, changes):
        match = re.fullmatch(r"@@ -(\d+) \+\1 @@\n-(.*)\n\+(.*)\n", change)
        assert match is not None
        assert lines[int(match[1]) - 1] == match[2]
        lines[int(match[1]) - 1] = match[3]
    expected = re.sub(r"\(([abd]\.md)\)", rf"({BLOB}\1)", TEXT)
    assert "\n".join(lines) == expected  # the change of the long line is missing


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("markdown", "[a.md](a.md)", "[a.md](URL)"),
        ("markdown", "[`a.md`](<a.md>)", "[`a.md`](<URL>)"),
        ("markdown", "[a.md][1] and [more][1]\n\n[1]: a.md", "[a.md][1] and [more][1]\n\n[1]: URL"),
        ("markdown", "[1]: a.md\n\nSee [a.md][1]", "[1]: URL\n\nSee [a.md][1]"),
        ("markdown", "<a href='a.md'>a.md</a>", "<a href='URL'>a.md</a>"),
        (
            "markdown",
            "See [a][a].\n\n```md\n[in a block](a.md)\n```\n\n[a]: a.md",
            "See [a][a].\n\n```md\n[in a block](a.md)\n```\n\n[a]: URL",
        ),
        ("markdown", "`[in code](a.md)` [real](a.md)", "`[in code](a.md)` [real](URL)"),
        ("markdown", "[a.md](a.md) [a.md](a.md)", "[a.md](URL) [a.md](URL)"),
        ("x-rst", "`a.md <a.md>`_", "`a.md <URL>`_"),
        ("x-rst", "See `a.md`_\n\n.. _a.md: a.md", "See `a.md`_\n\n.. _a.md: URL"),
    ],
)
def test_only_addresses_change(kind: str, text: str, expected: str, tmp_path: Path) -> None:
    """The text of a link may be the same words, and stays."""
    need("comrak")
    metadata = readme(f"Title\n=====\n\n{text}\n", f"text/{kind}")
    metadata.set("Project-URL", "Source, https://github.com/sample/sample")
    [finding] = audit(Wheel(metadata=metadata).build().write(tmp_path), {"select": ["RM106"]}).counted
    lines = f"Title\n=====\n\n{text}\n".split("\n")
    changes = finding.data["diff"]
    assert isinstance(changes, list)
    for change in map(str, changes):
        at, _, new = change.split("\n")[:3]
        lines[int(at.split()[1].removeprefix("-")) - 1] = new.removeprefix("+")
    assert "\n".join(lines[3:-1]) == expected.replace("URL", f"{BLOB}a.md")


def shown(result: Result, verbose: int) -> str:
    stream = io.StringIO()
    write(result, stream, Style(verbose=verbose))
    return stream.getvalue()


def test_the_first_changes_are_in_the_text_report(result: Result) -> None:
    text = shown(result, 1)
    assert "           @@ -3 +3 @@\n           -[one](a.md) and [two](b.md)\n" in text
    assert "           +[one](https://github.com/sample/sample/" in text
    assert "… and 2 more changes (data.diff with --format json)" in text
    assert text.count("@@ -") == 2
    assert "@@" not in shown(result, 0)
