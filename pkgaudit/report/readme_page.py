"""The readme of a distribution as one HTML page, as PyPI shows it, with marks and findings."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from shlex import quote

from pkgaudit import __version__
from pkgaudit.finding import Finding, Location
from pkgaudit.model.distribution import Distribution
from pkgaudit.readme.markdown import RENDERER
from pkgaudit.report.html_badges import badge
from pkgaudit.report.html_elements import cleaned, el, raw, spans


def shows_readme(distribution: Distribution, location: Location) -> str | None:
    """Return the command that shows the place of a finding on the page; None if it is not in the readme."""
    metadata = distribution.metadata
    if metadata is None or location.member != metadata.path or (location.line or 0) < metadata.body_line:
        return None
    return f"pkgaudit readme {quote(distribution.path)} -o readme.html"


def readme_page(name: str, html: str | None, findings: Sequence[Finding]) -> str:
    """Return the page of a distribution called ``name``; ``html`` is cleaned, or None if PyPI rejects it.

    Images are loaded from the web as on PyPI. No script runs, and no other address is read.
    """
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    style = Path(__file__).with_suffix(".css").read_text("utf-8") + HtmlFormatter().get_style_defs("pre")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src https: http:; "
        "base-uri 'none'; form-action 'none'"
    )
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
    article = el("p", "PyPI does not show this readme.") if html is None else cleaned(html)
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
            el(
                "header",
                el("h1", f"The readme of {name} on PyPI"),
                el("ul", *found) if found else el("p", "pkgaudit found nothing wrong with it."),
            ),
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
