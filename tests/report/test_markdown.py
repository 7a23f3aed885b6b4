"""Markdown, as a host renders it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Wheel
from pkgaudit.finding import Excerpt, Failure, Location, Place, Severity
from pkgaudit.formatting import printable
from pkgaudit.model.distribution import Wheel as WheelModel
from pkgaudit.report.escape import code_block, code_span, prose
from pkgaudit.report.markdown import COMMENT, document
from tests.report.consumers import record, rendered
from tests.report.findings import finding, result


def test_an_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    wheel.files["sample/x.pyc"] = b"x"
    html = rendered(record(wheel.build().write(tmp_path), "gone.whl").text("markdown"))
    assert "pkgaudit: could not audit</h2>" in html
    assert "<td><code>sample-1.0-py3-none-any.whl</code></td>" in html
    assert "<li><code>gone.whl</code>: there is no such file or folder</li>" in html
    error, _, warning = html.partition("<summary>1 warning</summary>")
    assert 'rules/environment-file.html">SF102</a> environment-file</strong>' in error
    assert "<code>sample/.env:1</code> in <code>sample-1.0-py3-none-any.whl</code>" in error
    assert "1 | DATABASE_PASSWORD=…" in error
    assert "Fix: " in error
    assert "SF104" in warning
    assert "</details>" in warning


def test_frame() -> None:
    one = finding(location=Location("x.py", 12, 30), excerpt=Excerpt("…x = 1", 6))
    assert "12 | …x = 1\n   |      ^\n</code></pre>\n</li>" in rendered(document(result(one)))


def test_the_same_fix_is_said_once() -> None:
    text = document(result(finding(1, fix="mend it"), finding(2, fix="mend it"), finding(3, fix="leave it")))
    assert text.count("mend it") == 1
    assert text.count("Fix:") == 2


def test_further_places() -> None:
    also = tuple(Place("dist/y.whl", Location(f"{number}.py")) for number in range(7))
    assert "Also at `0.py` in `dist/y.whl`" in document(result(finding(also=also)))
    assert "and 2 more\n" in document(result(finding(also=also)))


@pytest.mark.parametrize("also", [(), (Place("dist/y.whl", Location("x.py")),)])
def test_numbers_of_files_may_exceed_the_total(also: tuple[Place, ...]) -> None:
    made = result(finding(also=also))
    made.distributions = [WheelModel("dist/x.whl", "x.whl"), WheelModel("dist/y.whl", "y.whl")]
    told = "A finding in several distributions counts in each of them.\n"
    assert (told in document(made)) == bool(also)


def test_what_fails_stands_open() -> None:
    made = result(finding(severity=Severity.WARNING))
    assert "<details>" in document(made)
    made.fail_on = Severity.WARNING
    assert "<details>" not in document(made)


@pytest.mark.parametrize("size", [2_000, COMMENT])
@pytest.mark.parametrize("level", list(Severity))
def test_no_longer_than_a_comment(size: int, level: Severity) -> None:
    many = [finding(number, severity=level, message="é" * 300) for number in range(1_000)]
    text = document(result(*many, failures=[Failure("x")] * 500), size)
    assert len(text.encode()) <= size
    assert text.count("<details>") == text.count("</details>")
    shown = text.count("é" * 300)
    assert f"{1_000 - shown:,} more findings" in text.splitlines()[-1]


def test_one_that_is_too_long_alone() -> None:
    text = document(result(finding(message="x" * 10_000_000, location=Location("y" * 10_000_000))))
    assert len(text) < 5_000


def test_no_room_at_all() -> None:
    assert document(result(finding()), 100) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("holds a token (sha256 12), see above.", "holds a token (sha256 12), see above."),
        ("@ada mends #1: see", "`@ada` mends `#1`: see"),
        ("see (a_b_c), please", "see (`a_b_c`), please"),
        ("<b> [x](y)", "`<b> [x](y)`"),
        ("License :: OSI Approved", "License `::` OSI Approved"),
        ("GH-1 or deadbeef1", "`GH-1` or `deadbeef1`"),
        ("- 1. +", "`-` 1. `+`"),
        ("set (`a b` in x), or `c`", "set (`a b` in x), or `c`"),
        ("x_`y`_z", "`x_` `y` `_z`"),
        ("odd ` tick", "odd `` ` `` tick"),
    ],
)
def test_prose(text: str, expected: str) -> None:
    assert prose(text) == expected


MARKS = """
    a b1 ` `` @ada #1 GH-1 <b> </li> [x](y) ![i](u) * _ ~~ | https://x.example www.x.example ada@x.example
    :tada: ( ) . , \\ &lt; 1. - $1$ { } ! ^ [^1] deadbeef1
"""
WORDS = st.sampled_from([*MARKS.split(), " ", "  ", "\n"])


@given(st.lists(WORDS | st.characters(), max_size=12).map("".join))
@settings(max_examples=250, deadline=None)
def test_nothing_in_prose_acts(text: str) -> None:
    html = rendered(f"- x: {prose(text)}\n")
    assert html.startswith("<ul>\n<li>x")
    assert html.endswith("</li>\n</ul>\n")
    inner = html[len("<ul>\n<li>") : -len("</li>\n</ul>\n")]
    outside = re.sub("<code>[^<]*</code>", "", inner)
    assert not re.search(r"[<>@#*_`~|\[\]!$^{}]|https?://|www\.|GH-|[0-9a-f]{7}", outside)
    # Nothing is lost but space, and the backticks around what is code.
    told = re.sub(r"[`\s]", "", unescape(re.sub("</?code>", "", inner)))
    assert told == "x:" + re.sub(r"[`\s]", "", printable(text))


@pytest.mark.parametrize(
    "text", ["`", "``", "a`b``c", " `x` ", " ", "", "|", "\\`", "<b>", "&amp;", "x\n\ny"]
)
def test_code_spans_hold_anything(text: str) -> None:
    html = rendered(f"a {code_span(text)} b")
    assert html.startswith("<p>a <code>")
    assert html.endswith("</code> b</p>\n")
    assert html.count("<") == 4


@pytest.mark.parametrize("text", ["```", "~~~", "``````", "</pre>", "    ```", "- x", "<details>", "\x00"])
def test_code_blocks_hold_anything(text: str) -> None:
    html = rendered("- x\n\n" + code_block([text, "last"], "  ") + "\nafter\n")
    assert html.count("<pre>") == html.count("</pre>") == 1
    assert "last\n</code></pre>" in html
    assert html.endswith("<p>after</p>\n")
