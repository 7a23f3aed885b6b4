"""The readme of a distribution as one HTML page, as PyPI shows it, with marks and findings."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from shlex import quote

from pkgaudit import __version__
from pkgaudit.finding import Finding, Location
from pkgaudit.model.distribution import Distribution
from pkgaudit.readme.markdown import RENDERER
from pkgaudit.readme.shown import Masking, Shown, shown
from pkgaudit.readme.tokens import Token, start_tag, tokens
from pkgaudit.report.html_badges import badge
from pkgaudit.report.html_elements import Html, cleaned, el, frame, raw, spans


def shows_readme(distribution: Distribution, location: Location) -> str | None:
    """Return the command that shows the place of a finding on the page; None if it is not in the readme."""
    metadata = distribution.metadata
    if metadata is None or location.member != metadata.path or (location.line or 0) < metadata.body_line:
        return None
    return f"pkgaudit readme {quote(distribution.path)} -o readme.html"


def shown_readme(distribution: Distribution, masked: Masking) -> Shown:
    """Return the readme of a distribution with core metadata, without secrets."""
    metadata = distribution.metadata
    assert metadata is not None
    content_type = metadata.first("Description-Content-Type")
    return shown(metadata.lenient.description or "", content_type, masked)


def style_of_page() -> str:
    """Return the style of the page."""
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    return Path(__file__).with_suffix(".css").read_text("utf-8") + str(HtmlFormatter().get_style_defs("pre"))


def readme_page(name: str, readme: Shown, findings: Sequence[Finding] | None = None) -> str:
    """Return the page of a distribution called ``name``, below a list of findings, if any is given.

    Images are loaded from the web as on PyPI. No script runs, and no other address is read.
    """
    style = style_of_page()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src https: http:; "
        "base-uri 'none'; form-action 'none'"
    )
    header = None if findings is None else _header(name, findings)
    article = el("p", f"{readme.reason}.") if readme.reason else cleaned(readme.html)
    page = el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", http_equiv="Content-Security-Policy", content=policy),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="referrer", content="no-referrer"),
            el("title", f"{name} \u00b7 readme"),
            raw("style", style),
        ),
        el(
            "body",
            header,
            el("main", article),
            el(
                "footer",
                el(
                    "p",
                    f"Rendered by pkgaudit {__version__} as by readme_renderer {RENDERER}, which PyPI uses.",
                ),
            ),
        ),
        lang="en",
    )
    # ASCII is valid in any encoding of standard output.
    return f"<!DOCTYPE html>\n{page}\n".encode("ascii", "xmlcharrefreplace").decode("ascii")


def _header(name: str, findings: Sequence[Finding]) -> Html:
    found = [
        el(
            "li",
            badge(each.severity),
            " ",
            el("b", f"{each.code} "),
            spans(each.message),
            el("p", spans(each.fix)) if each.fix else None,
        )
        for each in findings
    ]
    return el(
        "header",
        el("h1", f"The readme of {name} on PyPI"),
        el("ul", *found) if found else el("p", "pkgaudit found nothing wrong with it."),
    )


def readme_frame(name: str, readme: Shown) -> Html:
    """Return a frame with the page, for a report; it reads no address, and images are words."""
    html = "".join(token.words + _in_frame(token) for token in tokens(readme.html))
    return frame(readme_page(name, Shown(html)), f"The readme of {name} on PyPI")


def _in_frame(token: Token) -> str:
    """Return a tag without addresses, except those of places in the frame."""
    if token.is_end or token.name not in ("a", "img"):
        return token.text
    values = token.values
    address = values.pop("href" if token.name == "a" else "src", "")
    if address.startswith("#"):
        # In a frame of this kind, "#" alone would be a place in the report.
        return start_tag("a", {**values, "href": f"about:srcdoc{address}"})
    values.setdefault("title", address)
    if token.name == "a":
        return start_tag("a", values)
    words = " \u00b7 ".join(filter(None, (values.get("alt"), values["title"])))
    classes = f"image {values.get('class', '')}".strip()
    return f"{start_tag('span', {'class': classes})}{escape(words)}</span>"
