"""The page of a readme: each construct that PyPI keeps, changes or drops, rendered by PyPI's libraries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgaudit.readme.links import Dead, Wrong, dead_links, wrong_with
from pkgaudit.readme.losses import Change
from pkgaudit.readme.markdown import MOST, MOST_IN_A_LINE, RENDERER, html_of, why_not_rendered
from pkgaudit.readme.markup import markup_named
from pkgaudit.readme.page import Page, markdown_page, rst_page
from pkgaudit.readme.rst import rendered
from pkgaudit.readme.tokens import tokens
from pkgaudit.rules._shared.index_words import RENDERER as INDEX
from tests.programs import need

need("comrak")


def page(text: str) -> Page:
    made = markdown_page(text)
    assert made is not None
    return made


def changes(text: str) -> list[str]:
    return [f"{each.change.value}: {each.text}" for each in page(text).losses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Run pip install <package>.", ["vanishes: <package>"]),
        ("<package>", ["vanishes: <package>"]),
        ("<user>:<password>", ["vanishes: <user>", "vanishes: <password>"]),
        ("A List<T> of <your name here>.", ["vanishes: <T>", "vanishes: <your name here>"]),
        ("<Badge kind='x' />", ["vanishes: <Badge kind='x' />"]),
        ("<Tabs>\n\nText.\n\n</Tabs>", ["unwrapped: <Tabs>"]),
        ('<my-element a="x > y">Text</my-element>', ['unwrapped: <my-element a="x > y">']),
        ("<iframe src='x'></iframe>", ["shown: <iframe src='x'>"]),
        ("Text <script>alert(1)</script>", ["shown: <script>"]),
        ("<style>\np { color: red }\n</style>", ["shown: <style>"]),
        ("<TextArea>a</TextArea>", ["shown: <TextArea>"]),
        ("<video src='a.mp4'></video>", ["media: <video src='a.mp4'>"]),
        ("<svg><path d='M0'/><a>text</a></svg> <u>a</u>", ["media: <svg>", "look: <u>"]),
        ("<audio controls>", ["media: <audio controls>"]),
        ("<math><mi>x</mi></math>", ["media: <math>"]),
        ("$$x^2$$", ["source: $$x^2$$"]),
        ("The value $\\alpha$ of $x_{1}$.", ["source: $\\alpha$", "source: $x_{1}$"]),
        ("```mermaid\ngraph TD\n```", ["source: mermaid"]),
        ("```math\nx\n```", ["source: math"]),
        ("[a](ftp://a.org)", ["address: ftp://a.org"]),
        ("<a href='vscode:extension/a'>a</a>", ["address: vscode:extension/a"]),
        ("![a](data:image/png;base64,AAAA)", ["address: data:image/png;base64,AAAA"]),
        ("<center>a</center>", ["look: <center>"]),
        (
            "<img src='https://a.org/b.png' style='width: 1px'>",
            ["look: <img src='https://a.org/b.png' style='width: 1px'>"],
        ),
        ("<details open><summary>a</summary></details>", ["look: <details open>"]),
        ("---\ntitle: a\n---\n\nText.", ["front matter: ---\ntitle: a\n---"]),
        ("Text.\n\n<!-- never\n\n# Lost\n", ["swallowed: <!-- never"]),
        ("<div><!-- never\n\n# Lost\n", ["swallowed: <!-- never"]),
    ],
)
def test_what_is_lost(text: str, expected: list[str]) -> None:
    assert [each[: len(words)] for each, words in zip(changes(text), expected, strict=True)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "`<package>` and ``<b>``, \\<package>, &lt;package&gt;",
        "    <package>\n",
        "```\n<package> <iframe> $$x$$\n```",
        "a < b > c, 1 <2, x<-y, <>, <3",
        "<https://a.org> <me@a.org> <mailto:me@a.org>",
        "<kbd>a</kbd> <sub>b</sub> <p align='center'>c</p> <br/> <BR> <Details></Details>",
        "<picture><img src='https://a.org/b.png'></picture>",
        "<abbr title='x'>a</abbr> <del>b</del> <dl><dt>c</dt><dd>d</dd></dl> <figure></figure>",
        "<header><main><address>a</address></main></header> <time>1</time> <wbr>",
        "<!-- a comment --> <!---->\n\n<!-- two\n\nlines -->\n\nText <!--> a",
        "[//]: # (a comment)\n\nText.",
        "It costs $5 and not $6; use $HOME/bin and $PATH.",
        "`$x_{1}$` and <code>$$x$$</code>",
        "```python title='x'\na\n```",
        "> [!NOTE]\n> Text.\n\n:rocket: [^1]\n\n[^1]: Note.",
        "---\n\nText.\n\n---\n",
        "---\nA title: with a colon\nand more\n---\n",
        "<a href='https://a.org' target='_blank' style='x'>a</a>",
        "[a](http://a.org) [b](//a.org) [c](mailto:a@a.org) [d](HTTPS://a.org)",
    ],
)
def test_what_is_kept(text: str) -> None:
    assert changes(text) == []


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("docs/a.md", Wrong.RELATIVE),
        ("./a.md#b", Wrong.RELATIVE),
        ("../LICENSE", Wrong.RELATIVE),
        ("/docs", Wrong.RELATIVE),
        ("LICENSE", Wrong.RELATIVE),
        ("setup.py", Wrong.RELATIVE),
        ("me@a.org", Wrong.MAIL),
        ("www.a.org", Wrong.HOST),
        ("a.readthedocs.io/en", Wrong.HOST),
        ("github.com/a/b", Wrong.HOST),
        ("example.org/docs", Wrong.HOST),
        ("README.org", Wrong.RELATIVE),
        ("https//a.org", Wrong.HOST),
        ("%22https://a.org%22", Wrong.QUOTED),
        ("https://a.org", None),
        ("mailto:me@a.org", None),
        ("//a.org", None),
        ("#a", None),
        ("?a", None),
        ("", None),
        ("https://github.com/a/b/blob/main/c.md", None),
    ],
)
def test_addresses_of_links(address: str, wrong: Wrong | None) -> None:
    (link,) = page(f'<a href="{address}">a</a>').links
    assert wrong_with(link) is wrong


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("docs/a.png", Wrong.RELATIVE),
        ("https://github.com/a/b/blob/main/c.png", Wrong.WEB_PAGE),
        ("https://github.com/a/b/blob/main/c.png?raw=true", None),
        ("https://github.com/a/b/raw/main/c.png", None),
        ("https://raw.githubusercontent.com/a/b/main/c.png", None),
    ],
)
def test_addresses_of_images(address: str, wrong: Wrong | None) -> None:
    for text in (f"![a]({address})", f"<img src='{address}'>", f"[![a]({address})](https://a.org)"):
        assert wrong in [wrong_with(link) for link in page(text).links if link.is_image]


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("[a](#usage)\n\n# Usage", None),
        ("[a](#usage)\n\nUsage\n=====", None),
        ("[a](#usage-1)\n\n# Usage\n\n# Usage", None),
        ("[a](#Usage)\n\n# Usage", Dead.CASE),
        ("[a](#use)\n\n# Usage", Dead.NOWHERE),
        ("[a](#usage)\n\n<h1>Usage</h1>", Dead.NOWHERE),
        ("[a](#usage)\n\n<a name='usage'></a>", Dead.CHANGED),
        ("[a](#usage)\n\n<h1 id='usage'>Usage</h1>", Dead.CHANGED),
        ("[a](#usage)\n\n<p id='user-content-usage'>Usage</p>", None),
        ("<a href='#usage'>a</a>\n\n# Usage", Dead.RENAMED),
        ('<a href="#usage">a</a>\n\n# Usage', None),
        ("[a](#readme) [b](#)", None),
        ("[a](#top)", Dead.NOWHERE),
        ("[a](#rocket-use)\n\n# :rocket: Use", Dead.SOON),
        ("[a](#-use)\n\n# :rocket: Use", Dead.LATER),
        ("a[^1]\n\n[^1]: b", None),
        ("[![a](https://a.org)](#infra-ann 'Infrastructure')", None),
        ("[a](#caf%C3%A9)\n\n# Café", None),
    ],
)
def test_links_in_the_page(text: str, dead: Dead | None) -> None:
    assert [why for _, _, why in dead_links(page(text))] == ([dead] if dead else [])


def test_places_are_those_of_the_text() -> None:
    text = "[a](b.md) and `b.md`\n\n`c.md` <!-- c.md -->\n\n> - [b](b.md)\n\n[c][1]\n\n<x-y>\n\n[1]: c.md\n"
    made = page(text)
    assert [text[: link.start].count("\n") + 1 for link in made.links] == [1, 5, 11]
    assert [text[loss.start : loss.end] for loss in made.losses] == ["<x-y>"]


PIECES = [
    "# A\n",
    "## :rocket: b\n",
    "c\n=\n",
    "[a](#a)\n",
    "[b](<b c.md>) ![d](d.png)\n",
    "<p align=center>\n",
    "<a id='x' name=y>z</a>\n",
    "\n",
    "- e\n",
    "> f\n",
    "```\ng\n```\n",
    "<h> <!-- i\n",
    "-->\n",
    "|a|b|\n|-|-|\n|c|d|\n",
    "[^1]: j\n",
    "k[^1] <l\n",
    "'\" >\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_ids_and_links_are_those_of_the_renderer(text: str) -> None:
    """The renderer that is installed may be newer than that of the index, so alerts are left out."""
    from readme_renderer.markdown import render

    html = render(text) or ""
    made = page(text)
    ids = set(re.findall(r' id="([^"]*)"', html))
    assert ids in (made.ids, made.later_ids)
    images = [link.address for link in made.links if link.is_image]
    assert images == re.findall(r'<img src="([^"]*)"', html)


@given(st.text(alphabet="<>!-/='\" ab\n", max_size=40))
def test_tokens_are_the_whole_text(text: str) -> None:
    found = tokens(text)
    assert "".join(each.words + each.text for each in found) == text


def test_what_takes_too_long_is_not_rendered() -> None:
    texts = [
        "<b>\n" * (MOST[0][2] + 1),
        "# a\n" * (MOST[1][2] + 1),
        ">" * (MOST_IN_A_LINE + 1),
        "a" * 300_000,
    ]
    for text in texts:
        assert why_not_rendered(text)
        assert markdown_page(text) is None
    assert why_not_rendered("<b>\n# a\n> a | b\n" * 1_000) is None


def test_bounds_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "a@b.org\n\n" * (MOST[2][2] + 1)
    assert why_not_rendered(many) == "it has more than 1,000 e-mail addresses"
    monkeypatch.setattr("pkgaudit.readme.markdown.MOST_ELEMENTS", 40)
    text = "a[^1] b[^1]\n\n[^1]: c\n"
    assert why_not_rendered(text) is None
    assert why_not_rendered(f"{text}\n" + "- a\n" * 9) == "its page has more than 40 tags"


def test_restructuredtext() -> None:
    text = "Title\n=====\n\n.. contents::\n\nA\n-\n\n.. image:: a.png\n\n"
    text += "`b <c.md>`_ `d <#a>`__ `e <ftp://a>`_ `A`_\n"
    made = rst_page(text, rendered(text).html)
    assert [link.address for link in made.links if wrong_with(link)] == ["a.png", "c.md"]
    assert [name for _, name, _ in dead_links(made)] == ["a"]
    assert [(each.change, each.text) for each in made.losses] == [(Change.ADDRESS, "ftp://a")]


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        (None, "RST"),
        ("text/x-rst; charset=UTF-8", "RST"),
        ("Text/Markdown", "MARKDOWN"),
        ("text/plain", "PLAIN"),
    ],
)
def test_markup(content_type: str | None, name: str) -> None:
    made = markup_named(content_type)
    assert made is not None
    assert made.name == name


def test_no_markup() -> None:
    assert markup_named("text/html") is None


def test_the_renderer_of_the_index_is_the_one_that_is_followed() -> None:
    """With 46.0 come alerts and shortcodes, titles stay, and RM101 and RM108 need other words."""
    assert INDEX["readme-renderer"] == RENDERER


def test_the_variant_is_ignored() -> None:
    assert "<table>" in html_of("|a|\n|-|\n|b|\n")


def test_places_are_known_by_their_lines_after_much_searching(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# Title\n\nSee [one](one.md),\n[two](two.md).\n"
    monkeypatch.setattr("pkgaudit.readme.source._MOST_READ", 1)
    markdown_page.cache_clear()
    try:
        starts = [link.start for link in page(text).links]
    finally:
        markdown_page.cache_clear()
    assert starts == [text.index("one.md"), text.index("[two]")]


def test_tags_that_are_shown_are_read_within_bounds() -> None:
    assert changes(f"<iframe {'a' * 100}>") == [f"shown: <iframe {'a' * 100}>"]
    assert changes(f"<iframe {'a' * 3000}>") == []
