"""RM105 to RM108: what readers of the project page on PyPI see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pkgaudit.api import CoreMetadata, Distribution, Location, Problem, SetField, Severity, quoted, rule
from pkgaudit.readme.links import Dead, Wrong, dead_links, wrong_with
from pkgaudit.readme.losses import Change, Loss
from pkgaudit.readme.markup import Markup
from pkgaudit.readme.page import Link
from pkgaudit.rules._shared.fields import at, metadata_of
from pkgaudit.rules.readme.forge import Forge, forge_of
from pkgaudit.rules.readme.rendered import (
    Readme,
    content_type_field,
    markup_of,
    page_of,
    readme_of,
    why_no_page,
)
from pkgaudit.rules.readme.signs import is_mojibake, names_a_file, signs_of

FIRST = 3
"""How many places a message lists; chosen, `data` has more of them."""

MOST = 100
"""How many places `data` lists; chosen: more than a person repairs one by one."""

LONGEST = 1_000
"""The longest change in `data`, whose longer texts are cut, and a change that is cut is useless."""


@rule("RM105", "mismatched-content-type", Severity.WARNING, since="0.1.0")
def mismatched_content_type(distribution: Distribution) -> Iterator[Problem]:
    """The description is in another markup than its content type says, or is only the name of a file.

    The rule reports a text that is declared as reStructuredText or plain text and has two signs of Markdown,
    such as headings, links and fences, and no sign of reStructuredText except titles; and a text that is
    declared as Markdown and has only signs of reStructuredText, such as directives and roles. If PyPI rejects
    the text, RM101 reports it instead. The rule also reports a description that is only the name of a file,
    and one that was read in a wrong encoding.

    ## Why it matters
    PyPI accepts most Markdown as reStructuredText, but shows its `#`, `[` and tables as text. An upload
    cannot be replaced, so the page of this version stays like that.

    ## How to fix it
    Let the build backend derive the type from the extension of the file: `readme = "README.md"` in the
    `[project]` table of pyproject.toml. If setup.cfg or setup.py sets `long_description_content_type`,
    correct the value. In setup.py, read the readme with `Path("README.md").read_text(encoding="utf-8")`; in
    setup.cfg, write `long_description = file: README.md`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    markup = markup_of(metadata) if metadata else None
    if not metadata or not readme or markup is None:
        return
    place = Location(metadata.path, readme.line)
    name = names_a_file(readme.text)
    if name:
        yield Problem(
            f"the description is the name of a file, {quoted(name)}, instead of its content",
            place,
            SetField("Description", f"set the content of {quoted(name)}"),
            key="file name",
            data={"path": name},
        )
        return
    if is_mojibake(readme.text):
        yield Problem(
            "the description was read in a wrong encoding: it is UTF-8 that was read as Windows-1252",
            place,
            SetField("Description", "read the readme as UTF-8"),
            key="encoding",
        )
    field = content_type_field(metadata)
    signs = signs_of(readme.text)
    is_wrong = signs.is_rst if markup is Markup.MARKDOWN else signs.is_markdown
    if field is None or not is_wrong or (markup is Markup.RST and page_of(metadata, readme) is None):
        return
    found, right = (signs.rst, Markup.RST) if markup is Markup.MARKDOWN else (signs.markdown, Markup.MARKDOWN)
    kind = "Markdown" if right is Markup.MARKDOWN else "reStructuredText"
    yield Problem(
        f"Description-Content-Type is {quoted(field.value)}, but the description is {kind} "
        f"(it has {_listed(sorted(found, key=found.__getitem__, reverse=True))})",
        at(metadata, field),
        SetField(
            "Description-Content-Type", f"set {right.value}, or give the readme the extension of {kind}"
        ),
        key="content type",
        data={"value": field.value, "expected": right.value},
    )


@rule("RM106", "relative-link", Severity.WARNING, since="0.1.0")
def relative_link(distribution: Distribution) -> Iterator[Problem]:
    """An image or a link of the readme has an address that leads nowhere on PyPI.

    The finding is a warning for images with a relative address, for images whose address is a page of GitHub,
    and for links that lack a part (`mailto:`, `https://`). Links with a relative address are reported at info
    level. Links within the page are the subject of RM108.

    ## Why it matters
    PyPI shows the readme without the repository. A relative address is resolved against the address of the
    project page: an image is broken, and a link leads to an error 404.

    ## How to fix it
    Write the complete address, such as `https://raw.githubusercontent.com/OWNER/REPO/HEAD/docs/logo.png` for
    an image and `https://github.com/OWNER/REPO/blob/HEAD/CHANGELOG.md` for a link; with the tag of the
    release in place of `HEAD`, the page of an old release stays as it was. The build can also write the
    addresses, so that the repository keeps relative ones: with hatchling, the plug-in
    hatch-fancy-pypi-readme replaces text; with setuptools, setup.py does; with pdm-backend, pdm_build.py.
    The page on the project page in the documentation of pkgaudit has an example for each.

    ## References
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    - <https://github.com/hynek/hatch-fancy-pypi-readme>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    page = page_of(metadata, readme) if metadata and readme else None
    if not metadata or not readme or page is None:
        return
    forge = forge_of(metadata)
    wrong = [(link, wrong_with(link)) for link in page.links]
    for is_image in (True, False):
        links = [link for link, why in wrong if why is Wrong.RELATIVE and link.is_image is is_image]
        if links:
            yield _relative(links, metadata, readme, forge)
    slips = [(link, why) for link, why in wrong if why not in (None, Wrong.RELATIVE)]
    if slips:
        verb = "leads" if len(slips) == 1 else "lead"
        yield Problem(
            f"{_count(len(slips), 'address')} of the readme {verb} nowhere: "
            + _places(
                readme, [(link.start, f"{quoted(link.address)}, {SLIPS[why]}") for link, why in slips if why]
            ),
            Location(metadata.path, readme.line_at(slips[0][0].start)),
            SetField("Description", "correct the address in the readme"),
            key="slips",
            data=_data(readme, [link for link, _ in slips]),
        )


SLIPS = {
    Wrong.MAIL: "which lacks mailto:",
    Wrong.HOST: "which lacks https://",
    Wrong.QUOTED: "which is in quotes",
    Wrong.WEB_PAGE: "which is a page of GitHub and not an image (?raw=true is missing)",
}
"""What is wrong with an address that is no path."""


def _relative(links: Sequence[Link], metadata: CoreMetadata, readme: Readme, forge: Forge | None) -> Problem:
    first = links[0]
    kind = "image" if first.is_image else "link"
    many = len(links) > 1
    words = ("has a relative address, so it leads nowhere", "have relative addresses, so they lead nowhere")
    if first.is_image:
        words = ("has a relative address, so it is broken", "have relative addresses, so they are broken")
    fix = "write the complete address in the readme"
    data: dict[str, Any] = {**_data(readme, links)}
    if forge:
        urls = [forge.address_of(link.address, is_image=link.is_image) for link in links[:MOST]]
        fix += f": {urls[0]}" + (" (data.diff in the JSON report has the changes)" if many else "")
        data |= {
            "urls": urls,
            "diff": [
                each
                for each in readme.diff(
                    [
                        (link.start, link.address, url)
                        for link, url in zip(links, urls, strict=False)
                        if link.is_address
                    ]
                )
                if len(each) <= LONGEST
            ],
        }
    return Problem(
        f"{_count(len(links), kind)} of the readme {words[many]} on PyPI: "
        + _places(readme, [(link.start, quoted(link.address)) for link in links]),
        Location(metadata.path, readme.line_at(first.start)),
        SetField("Description", fix),
        None if first.is_image else Severity.INFO,
        f"relative {kind}",
        data=data,
    )


@rule("RM107", "lost-content", Severity.WARNING, since="0.1.0")
def lost_content(distribution: Distribution) -> Iterator[Problem]:
    """PyPI does not show a part of the readme, or shows its markup.

    The finding is a warning if words vanish (`pip install <package>` outside code, everything after a comment
    that never ends) or if markup is shown as text (`<iframe>`, front matter). It is at info level for videos
    and drawings (`<video>`, `<svg>`), mathematics and diagrams, which are shown as their source, components
    (`<Tabs>…</Tabs>`), and addresses whose scheme PyPI removes (`ftp:`, `data:`). With `--pedantic`, or if
    the rule is selected by name, it also reports a look that is lost: `<center>`, `style` of an image,
    `open`.

    ## Why it matters
    PyPI keeps only some elements of HTML, without a message. A command from which a word vanished misleads
    its readers, and GitHub shows the same readme differently.

    ## How to fix it
    Put words such as `<package>` into backticks. End each comment with `-->`. Link to a video or a drawing,
    or use an image. Remove front matter, or keep it in a file that is not the readme.

    ## References
    - <https://github.com/pypa/readme_renderer/blob/main/readme_renderer/clean.py>
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    if not metadata or not readme:
        return
    unread = why_no_page(metadata, readme)
    if unread:
        yield Problem(
            f"the description is not rendered here, so links and losses are unknown: {unread}",
            Location(metadata.path, readme.line),
            unjudged=True,
        )
    page = page_of(metadata, readme)
    for change, (message, fix, severity) in CHANGES.items():
        losses = [loss for loss in page.losses if loss.change is change] if page else []
        if losses:
            yield Problem(
                f"{message}: " + _places(readme, [(loss.start, _shown(loss)) for loss in losses]),
                Location(metadata.path, readme.line_at(losses[0].start)),
                SetField("Description", fix),
                severity,
                change.value,
                pedantic=change is Change.LOOK,
                data=_data(readme, losses),
            )


CHANGES = {
    Change.VANISHES: (
        "words in angle brackets vanish from the readme on PyPI, because it takes them for HTML",
        "put the words into backticks, or write `&lt;` in place of the first sign",
        Severity.WARNING,
    ),
    Change.SHOWN: (
        "PyPI shows HTML of the readme as text",
        "remove it, or link to the content",
        Severity.WARNING,
    ),
    Change.SWALLOWED: (
        "a comment or tag of the readme never ends, and PyPI shows nothing after it",
        "end it with --> or >",
        Severity.WARNING,
    ),
    Change.FRONT_MATTER: (
        "PyPI shows the settings at the beginning of the readme as a heading",
        "remove them from the readme, or set a readme without them",
        Severity.WARNING,
    ),
    Change.UNWRAPPED: (
        "PyPI removes unknown tags from the readme and shows the text in them",
        "write it in Markdown, or put the tags into backticks if readers should see them",
        Severity.INFO,
    ),
    Change.MEDIA: (
        "PyPI removes a video, drawing or object from the readme",
        "link to it, or use an image",
        Severity.INFO,
    ),
    Change.SOURCE: (
        "PyPI shows mathematics or a diagram of the readme as its source",
        "use an image",
        Severity.INFO,
    ),
    Change.ADDRESS: (
        "PyPI removes an address from the readme, because it keeps only http, https and mailto",
        "use an address with https",
        Severity.INFO,
    ),
    Change.LOOK: (
        "PyPI drops the look of a part of the readme",
        "of an image, PyPI keeps align, width and height; use these",
        Severity.INFO,
    ),
}
"""For each change the message, the remedy and the severity, in the order in which they are reported."""


def _shown(loss: Loss) -> str:
    # A comment may be long, and its beginning is enough to find it; chosen.
    return quoted(" ".join(loss.text[:200].split())[:60])


@rule("RM108", "dead-in-page-link", Severity.INFO, since="0.1.0")
def dead_in_page_link(distribution: Distribution) -> Iterator[Problem]:
    """A link within the readme leads to a heading or anchor that the page on PyPI does not have.

    The rule renders the readme as PyPI does and compares the links with the targets of the result. Links of
    all-contributors and `#readme` are not reported.

    ## Why it matters
    PyPI gives an id to each heading in Markdown: `user-content-` and the text in lower case, with hyphens. It
    also writes `user-content-` before the targets of links, but not before ids that the author wrote in
    HTML, and it removes names. So a link to `<a name="usage">`, or with a capital letter, works on GitHub and
    not on PyPI. The next version of PyPI's renderer gives a heading with `:rocket:` another id.

    ## How to fix it
    Link to the heading itself: `#quick-start` for `## Quick start`. For a target in HTML, write
    `id="user-content-usage"` and link to `#usage`. In reStructuredText, write `` `Quick start`_ `` in place
    of an address with `#`.

    ## References
    - <https://github.com/pypa/readme_renderer/blob/main/readme_renderer/markdown.py>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    page = page_of(metadata, readme) if metadata and readme else None
    if not metadata or not readme or page is None:
        return
    dead = dead_links(page)
    for is_later in (False, True):
        links = [each for each in dead if (each[2] is Dead.SOON) is is_later]
        if links:
            many = len(links) > 1
            fault = f"{'have' if many else 'has'} no target on PyPI"
            if is_later:
                fault = f"{'lose their targets' if many else 'loses its target'} with readme_renderer 46.0"
            yield Problem(
                f"{_count(len(links), 'link')} within the readme {fault}: "
                + _places(readme, [(link.start, f"#{name}{REASONS[why]}") for link, name, why in links]),
                Location(metadata.path, readme.line_at(links[0][0].start)),
                SetField("Description", TITLE if markup_of(metadata) is Markup.RST else HEADING),
                key="later" if is_later else "in-page links",
                data=_data(readme, [link for link, _, _ in links]),
            )


HEADING = "link to the heading in Markdown, by its text in lower case, with hyphens for blanks"
"""The remedy for a link within a page in Markdown."""

TITLE = "write the title in backticks and an underscore in place of the address, as in `Usage`_"
"""The remedy for a link within a page in reStructuredText."""

REASONS = {
    Dead.CHANGED: ", whose target is HTML that PyPI does not prefix, or whose name it removes",
    Dead.CASE: ", which must be in lower case",
    Dead.NOWHERE: ", which no heading has",
    Dead.RENAMED: ", whose title has another id on PyPI",
    Dead.LATER: ", which exists only with readme_renderer 46.0",
    Dead.SOON: "",
}
"""Why a link has no target."""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("es" if noun.endswith("s") else "s") * (number > 1)


def _listed(names: Sequence[str]) -> str:
    words = [PLURALS[name] for name in names if name in PLURALS][:FIRST]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


PLURALS = {
    "fence": "fences",
    "heading": "headings with #",
    "link": "links in [](…)",
    "table": "tables",
    "tag": "HTML",
    "directive": "directives",
    "target": "targets",
    "reference": "references",
    "role": "roles",
    "block": "blocks after ::",
    "title": "underlined titles",
}
"""The words for each sign."""


def _places(readme: Readme, places: Sequence[tuple[int, str]]) -> str:
    """Return the first places, each with its line in the readme, and how many more there are."""
    shown = [f"{words} (line {readme.number_at(start)} of the readme)" for start, words in places[:FIRST]]
    more = len(places) - FIRST
    return ", ".join(shown) + (f", and {more} more" if more > 0 else "")


def _data(readme: Readme, places: Sequence[Link | Loss]) -> dict[str, list[str] | list[int]]:
    some = places[:MOST]
    values = [
        each.address if isinstance(each, Link) else re.sub(r"\s+", " ", each.text)[:200] for each in some
    ]
    return {"values": values, "lines": [readme.line_at(each.start) for each in some]}
