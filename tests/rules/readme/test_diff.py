"""The changes that replace relative addresses in a readme, in `data` and in the text report."""

from __future__ import annotations

import io
import re

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
