"""Cases of RM105 to RM108: the page of the project."""

from __future__ import annotations

from fixtures.builders import Built, Sdist, Wheel
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO
from rules.readme.cases.readme import RST, readme

MARKDOWN = """\
# sample

[![Tests](https://badges.python.org/sample.svg)](https://www.python.org/sample)

Install it with `pip install <package>`, and see [Usage](#quick-start), the <b>manual</b> and
[the changes](https://www.python.org/changes#top) or write to <sample@python.org>.

## Quick start

| a | b |
|---|---|
| 1 | &lt;c&gt; |

<p align="center"><img src="https://www.python.org/logo.png" width="50%"></p>

```html
<iframe src="x"></iframe> $$x$$
```

It costs $5, and with `$HOME/bin` in `$PATH` less than $6.

<!-- A comment that ends. -->
<details><summary>More</summary>

A footnote[^1].

</details>

[^1]: The note.
"""


def markdown_wheel(body: str, content_type: str = "text/markdown") -> Built:
    return Wheel(metadata=readme(body, content_type)).build()


# RM105


@bad(
    "RM105",
    at=f"{METADATA}:12",
    says="is 'text/x-rst', but the description is Markdown (it has headings with #",
    also=(),
)
def markdown_as_restructuredtext() -> Built:
    return markdown_wheel(
        "# sample\n\nSee [the manual](https://www.python.org/sample) and [more](https://www.python.org).\n",
        "text/x-rst",
    )


@bad("RM105", at=f"{PKG_INFO}:12", says="headings with #")
def markdown_as_plain_text() -> Built:
    return Sdist(metadata=readme("# sample\n\nA sample.\n\n## Usage\n\nText.\n", "text/plain")).build()


@bad("RM105", at=f"{METADATA}:12", says="the description is reStructuredText")
def restructuredtext_as_markdown() -> Built:
    return markdown_wheel(RST)


@bad("RM105", at=f"{METADATA}:14", says="the name of a file, 'README.md'")
def name_of_the_readme() -> Built:
    return markdown_wheel("file: README.md\n")


@bad("RM105", at=f"{METADATA}:14", says="read as Windows-1252")
def wrong_encoding() -> Built:
    text = "# sample\n\nZoë, Jürgen and André wrote it in Genève.\n"
    return markdown_wheel(text.encode().decode("cp1252"))


@good("RM105", "RM106", "RM107", "RM108")
def markdown_as_itself() -> list[Built]:
    """One release has wheel and sdist."""
    return [markdown_wheel(MARKDOWN), Sdist(metadata=readme(MARKDOWN, "text/markdown")).build()]


@good("RM105", "RM106", "RM107", "RM108")
def restructuredtext_as_itself() -> Built:
    return markdown_wheel(RST, "text/x-rst")


@good("RM105")
def plain_text_as_itself() -> Built:
    return markdown_wheel("A sample.\n", "text/plain")


@good("RM105")
def titles_of_restructuredtext() -> Built:
    text = "sample\n======\n\nSee `the site <https://www.python.org>`_.\n\nUsage\n-----\n\n# a comment\n"
    return markdown_wheel(text, "text/x-rst")


@good("RM105")
def titles_of_markdown() -> Built:
    return markdown_wheel("sample\n======\n\nUsage\n-----\n\nText.\n")


@good("RM105")
def title_over_backticks() -> Built:
    return markdown_wheel("sample\n``````\n\nText.\n\nUsage\n~~~~~\n\nText.\n", "text/x-rst")


@good("RM105")
def encodings_as_the_subject() -> Built:
    return markdown_wheel("# sample\n\nIt turns `Ã©` into é, and keeps ü, ß and à.\n")


# RM106


@bad("RM106", at=f"{METADATA}:16", says="2 images of the readme have relative addresses")
def relative_images() -> Built:
    return markdown_wheel('# sample\n\n![logo](docs/logo.png)\n\n<p align="center"><img src="./a.svg"></p>\n')


@bad("RM106", at=f"{METADATA}:16", severity="info", says="1 link of the readme has a relative address")
def relative_link() -> Built:
    return markdown_wheel("# sample\n\nSee [the license](LICENSE).\n")


@bad("RM106", at=f"{PKG_INFO}:17", says="'docs/logo.png' (line 4 of the readme)")
def relative_image_in_restructuredtext() -> Built:
    return Sdist(metadata=readme("sample\n======\n\n.. image:: docs/logo.png\n\nText.\n")).build()


@bad("RM106", at=f"{METADATA}:14", says="'sample@python.org', which lacks mailto:")
def mail_without_a_scheme() -> Built:
    return markdown_wheel("Write to [us](sample@python.org).\n")


@bad("RM106", at=f"{METADATA}:14", says="which lacks https://")
def host_without_a_scheme() -> Built:
    return markdown_wheel("See [the site](www.python.org/sample).\n")


@bad("RM106", at=f"{METADATA}:14", says="which is in quotes")
def address_in_quotes() -> Built:
    return markdown_wheel('See [the site](<"https://www.python.org">).\n')


@bad("RM106", at=f"{METADATA}:14", says="a page of GitHub and not an image")
def page_as_an_image() -> Built:
    return markdown_wheel("![logo](https://github.com/pypa/sample/blob/main/logo.png)\n\nText.\n")


@good("RM106")
def whole_addresses() -> Built:
    return markdown_wheel(
        "![logo](https://github.com/pypa/sample/blob/main/logo.png?raw=true) [a](//www.python.org)\n"
    )


@good("RM106")
def addresses_in_code() -> Built:
    return markdown_wheel("Write `[a](b.md)`:\n\n    ![a](b.png)\n\n```\n![a](b.png)\n```\n")


# RM107


@bad("RM107", at=f"{METADATA}:16", says="'<package>' (line 3 of the readme)")
def word_in_angle_brackets() -> Built:
    return markdown_wheel("# sample\n\nRun pip install <package> first.\n")


@bad("RM107", at=f"{METADATA}:14", says="shows HTML of the readme as text")
def frame() -> Built:
    return markdown_wheel('<iframe src="https://www.python.org"></iframe>\n\nText.\n')


@bad("RM107", at=f"{METADATA}:16", says="never ends")
def comment_that_never_ends() -> Built:
    return markdown_wheel("# sample\n\n<!-- a comment\n\nText.\n")


@bad("RM107", at=f"{METADATA}:14", says="settings at the beginning")
def front_matter() -> Built:
    return markdown_wheel("---\ntitle: sample\ntags:\n  - a\n---\n\nText.\n")


@bad("RM107", at=f"{METADATA}:14", severity="info", says="removes unknown tags")
def component() -> Built:
    return markdown_wheel("<Tabs>\n\nText.\n\n</Tabs>\n")


@bad("RM107", at=f"{METADATA}:14", severity="info", says="'<svg")
def drawing() -> Built:
    return markdown_wheel('<svg width="1"><path d="M0 0"/><text>a</text></svg>\n\nText.\n')


@bad("RM107", at=f"{METADATA}:16", severity="info", says="as its source")
def mathematics() -> Built:
    return markdown_wheel("Text.\n\n$\\frac{1}{2}$ and $$x$$\n")


@bad("RM107", at=f"{METADATA}:15", severity="info", says="'mermaid'")
def diagram() -> Built:
    return markdown_wheel("Text.\n```mermaid\ngraph TD\n```\n")


@bad("RM107", at=f"{METADATA}:14", severity="info", says="'ftp://www.python.org/a'")
def scheme_that_nobody_keeps() -> Built:
    return markdown_wheel("See [a](ftp://www.python.org/a).\n")


@bad("RM107", at=f"{METADATA}:14", severity="info", says="removes an address")
def scheme_in_restructuredtext() -> Built:
    return markdown_wheel("See `a <ftp://www.python.org/a>`_.\n", "text/x-rst")


@bad("RM107", at=f"{METADATA}:14", severity="info", says="'<center>'", config={"pedantic": True})
def centered() -> Built:
    return markdown_wheel("<center>Text.</center>\n")


@good("RM107")
def look_where_nobody_is_pedantic() -> Built:
    return markdown_wheel(
        '<center><u>Text.</u></center>\n\n<img src="https://a.python.org" style="width: 1px">\n'
    )


@good("RM107")
def signs_that_are_shown() -> Built:
    return markdown_wheel(
        "a < b and c > d, \\<package> and &lt;package&gt;, <br>, `List<T>`, <https://www.python.org>\n"
    )


# RM108


@bad(
    "RM108",
    at=f"{METADATA}:16",
    severity="info",
    says="#usage, whose target is HTML that PyPI does not prefix",
)
def name_in_html() -> Built:
    return markdown_wheel('# sample\n\n[Usage](#usage)\n\n<a name="usage"></a>\n## How to use it\n')


@bad("RM108", at=f"{METADATA}:14", severity="info", says="#Usage, which must be in lower case")
def capital_letter() -> Built:
    return markdown_wheel("[Usage](#Usage)\n\n## Usage\n")


@bad(
    "RM108",
    at=f"{METADATA}:14",
    severity="info",
    says="2 links within the readme have no target on PyPI: #use, which",
)
def renamed_heading() -> Built:
    return markdown_wheel("[Usage](#use) [back](#back-to-top)\n\n## Usage\n")


@bad(
    "RM108",
    at=f"{METADATA}:14",
    severity="info",
    says="loses its target with readme_renderer 46.0: #rocket-start",
)
def emoji_in_a_heading() -> Built:
    return markdown_wheel("[Start](#rocket-start)\n\n## :rocket: Start\n")


@bad("RM108", at=f"{METADATA}:14", severity="info", says="#usage, whose title has another id on PyPI")
def address_in_restructuredtext() -> Built:
    return markdown_wheel("See `Usage <#usage>`__.\n\nUsage\n=====\n\nText.\n", "text/x-rst")


@good("RM108")
def links_that_work() -> Built:
    return markdown_wheel(
        "[a](#über-uns-) [b](#a-1) [c](#%C3%BCber-uns-) [d](#x) [e](#readme) [f][f]\n\n## Über uns ✨\n\n"
        '## a\n\n## a\n\n<h2 id="user-content-x">x</h2>\n\n[f]: #a\n\n'
        '[![](https://www.python.org/b.png)](#code-ann "Code")\n'
    )


@good("RM108")
def links_that_docutils_makes() -> Built:
    text = ".. contents::\n\nUsage\n=====\n\nSee `Usage`_ and [1]_.\n\n.. [1] Note.\n"
    return markdown_wheel(text, "text/x-rst")
