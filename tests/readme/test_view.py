"""The readme as PyPI shows it, with marks, in a file and in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.readme.markup import Markup
from pkgaudit.readme.view import view
from rules.readme.cases.readme import readme
from tests.programs import find_program, need
from tests.support import run

if TYPE_CHECKING:
    from playwright.sync_api import Page as BrowserPage

need("comrak")

MARKDOWN = """\
# sample

Run pip install <package>, see [usage](#usage), [nothing](#nothing) and [the changes](CHANGES.md).

![logo](docs/logo.png) ![shown](https://www.python.org/logo.png)

<video src="a.mp4"><source src="b"></video> <script>document.title = "run"</script>

## Usage

```python
import sample
```

<!-- never ends

## Hidden
"""


def test_marks() -> None:
    html = view(MARKDOWN, Markup.MARKDOWN)
    assert html is not None
    shown = html.replace("&lt;", "<").replace("&gt;", ">")
    for lost in (
        "<package>",
        '<video src="a.mp4">',
        "<script>",
        "PyPI shows nothing of the text that follows",
    ):
        assert f'<span class="lost">{lost}</span>' in shown
    assert 'href="#user-content-usage" rel="nofollow">usage' in html
    assert 'href="#user-content-nothing" rel="nofollow" class="dead"' in html
    assert "CHANGES.md" not in html.replace('title="leads nowhere on PyPI: CHANGES.md"', "")
    assert 'src="docs' not in html
    assert 'src="https://www.python.org/logo.png"' in html
    assert "Hidden" not in html
    assert '<span class="kn">import</span>' in html  # colors of code


def test_other_markup() -> None:
    assert view("a < b\nc", Markup.PLAIN) == "a &lt; b<br>c"
    html = view("Title\n=====\n\n.. image:: a.png\n\n`b <c.md>`_\n", Markup.RST)
    assert html is not None
    assert html.count('class="dead"') == 2
    assert view(".. raw:: html\n\n   a\n", Markup.RST) is None


def test_what_only_the_next_renderer_has() -> None:
    html = view("## :rocket: Install\n\n> [!NOTE]\n> Text.\n\n```python\nimport a\n```\n", Markup.MARKDOWN)
    assert html is not None
    assert "[!NOTE]" in html
    assert "user-content-rocket-install" in html
    assert ">:rocket: Install<" in html
    assert '<span class="kn">import</span>' in html


def test_much_code_is_shown_without_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.readme.markdown.MOST_COLORED", 60)
    text = "```python\nimport a\n```\n"
    assert "<span" in str(view(text, Markup.MARKDOWN))
    assert view(text * 2, Markup.MARKDOWN) == "<pre><code>import a\n</code></pre>\n" * 2


def test_a_page_says_why_it_is_missing() -> None:
    from pkgaudit.readme.shown import shown

    made = shown("# a\n" * 2_001, "text/markdown", str)
    assert made.reason == "pkgaudit does not render this readme: it has more than 2,000 headings"
    assert shown(".. raw:: html\n\n   a\n", None, str).reason == "PyPI does not show this readme"
    assert shown("a", "text/html", str).reason == "PyPI does not show this readme"
    assert "more than 262,144" in shown("a" * 300_000, "text/x-rst", str).reason


@pytest.mark.parametrize("words", ["<a\n\n# b>", "<x-y a='&lt;script&gt;'>", '<x-y a="`*_[]">'])
def test_a_mark_is_text(words: str) -> None:
    html = view(f"Text {words}.\n", Markup.MARKDOWN)
    assert html is not None
    assert "<script" not in html


class TestCommand:
    def test_writes_a_page(self, tmp_path: Path) -> None:
        wheel = Wheel(metadata=readme(MARKDOWN, "text/markdown")).build().write(tmp_path)
        done = run("readme", wheel)
        assert done.exit_code == 0
        assert done.stdout.startswith("<!DOCTYPE html>")
        assert "RM107" in done.stdout
        assert "put the words into backticks" in done.stdout
        done = run("readme", wheel, "-o", tmp_path / "page.html")
        assert done.exit_code == 0
        assert not done.stdout
        assert "as PyPI shows it" in done.stderr
        assert "RM107" in (tmp_path / "page.html").read_text("ascii")

    def test_says_what_pypi_rejects(self, tmp_path: Path) -> None:
        sdist = Sdist(metadata=readme(".. raw:: html\n\n   a\n")).build().write(tmp_path)
        done = run("readme", sdist)
        assert done.exit_code == 0
        assert "PyPI does not show this readme." in done.stdout
        assert "RM101" in done.stdout

    def test_masks_secrets(self, tmp_path: Path) -> None:
        from fixtures import tokens

        secret = tokens.checked_token("ghp")
        wheel = Wheel(metadata=readme(f"Use `{secret}`.\n", "text/markdown")).build().write(tmp_path)
        assert secret not in run("readme", wheel).stdout

    def test_what_cannot_be_shown(self, tmp_path: Path) -> None:
        broken = tmp_path / "sample-1.0-py3-none-any.whl"
        broken.write_bytes(b"PK")
        for path in (broken, tmp_path / "missing-1.0.tar.gz", tmp_path):
            done = run("readme", path)
            assert done.exit_code == 2
            assert done.stderr
            assert not done.stdout
        done = run("readme", broken, "-o", tmp_path / "no" / "page.html")
        assert done.exit_code == 2

    def test_a_file_that_cannot_be_written(self, tmp_path: Path) -> None:
        wheel = Wheel().build().write(tmp_path)
        done = run("readme", wheel, "-o", tmp_path / "no" / "page.html")
        assert done.exit_code == 2
        assert "cannot be written" in done.stderr


def test_marks_are_beside_code() -> None:
    html = view("ü `<pkg>` needs <pkg> and `<pkg>`.\n\n`a\n<pkg>` <pkg>\n", Markup.MARKDOWN)
    assert html is not None
    assert html.count("<code>&lt;pkg&gt;</code>") == 2
    assert html.count('<span class="lost">&lt;pkg&gt;</span>') == 2


def test_marks_do_not_overlap() -> None:
    html = view("<svg><script>alert(1)</script></svg> after", Markup.MARKDOWN)
    assert html == '<p><span class="lost">&lt;svg&gt;</span> after</p>\n'


def test_reports_lead_to_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = Wheel(metadata=readme(MARKDOWN, "text/markdown")).build().write(tmp_path).name
    assert 'href="#readme-0"' in run(name, "--format", "html").stdout
    assert "as PyPI shows it: pkgaudit readme" in run("tree", name).stdout
    Path("my dist").mkdir()
    path = Path(name).rename(Path("my dist", name)).as_posix()
    assert f"pkgaudit readme '{path}' -o" in unescape(run(path, "--format", "html").stdout)
    Wheel(metadata=readme("Text.\n", "text/markdown")).build().write(tmp_path)
    assert "pkgaudit readme" not in run(name, "--format", "html").stdout + run("tree", name).stdout


@pytest.fixture
def browser_page() -> Iterator[BrowserPage]:
    api = need("playwright.sync_api")
    program = find_program("chromium", "chromium-browser", "google-chrome")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.once
def test_in_a_browser(browser_page: BrowserPage, tmp_path: Path) -> None:
    wheel = Wheel(metadata=readme(MARKDOWN, "text/markdown")).build().write(tmp_path)
    file = tmp_path / "page.html"
    run("readme", wheel, "-o", file)
    asked: list[str] = []
    browser_page.route(
        "**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort()
    )
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.goto(file.as_uri())
    assert browser_page.title() == f"{wheel.name} \u00b7 readme"  # no script of the readme ran
    assert asked == [file.as_uri(), "https://www.python.org/logo.png"]
    browser_page.click("main >> text=usage")
    assert browser_page.evaluate("document.querySelector(':target').textContent").startswith("Usage")
    browser_page.click("main >> text=nothing")
    assert browser_page.url.endswith("#user-content-nothing")
    assert browser_page.locator(":target").count() == 0
    assert (
        browser_page.locator(".lost").first.evaluate("each => getComputedStyle(each).textDecorationLine")
        == "line-through"
    )
