"""The readmes with findings in the HTML report, as PyPI shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.finding import Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.html_elements import Html, el
from pkgaudit.report.readme_page import readme_frame, shown_readme, shows_readme
from pkgaudit.report.result import Result

_LARGEST = 1_000_000
"""The most characters of a page. Chosen: of 436 readmes of popular projects, the largest makes 600,000."""

_ALL = 4_000_000
"""The most characters of all pages. Chosen: browsers open a report of this size at once."""


@dataclass
class _Readme:
    """A readme with its frame, or with a ``reason`` why the report has none."""

    distribution: Distribution
    anchor: str
    frame: Html | None = None
    reason: str = ""


class Readmes:
    """The readmes with findings: one for the equal ones in the distributions of a project."""

    def __init__(self, result: Result) -> None:
        self._found: dict[tuple[str, bytes, str | None], _Readme] = {}
        self._of: dict[int, _Readme] = {}
        distributions = {each.path: each for each in result.distributions}
        for finding in result.counted:
            distribution = distributions.get(finding.distribution)
            metadata = distribution.metadata if distribution is not None else None
            if distribution and metadata and shows_readme(distribution, finding.location):
                key = (distribution.project, metadata.body, metadata.first("Description-Content-Type"))
                anchor = f"readme-{len(self._found)}"
                readme = self._found.setdefault(key, _Readme(distribution, anchor))
                self._of[id(finding)] = readme
        # A rule does not say the secret that it found, so nothing can find the secret in a readme.
        secret = {
            distributions[place.distribution].project
            for finding in result.findings
            if (rule := result.rule_of(finding)) is None or rule.confidential
            for place in finding.places
            if place.distribution in distributions
        }
        left = _ALL
        for readme in self._found.values():
            if readme.distribution.project in secret:
                readme.reason = "pkgaudit found a secret in the release"
                continue
            readme.frame, readme.reason = _framed(readme.distribution, result, min(_LARGEST, left))
            left -= len(readme.frame or "")

    def link(self, finding: Finding) -> Html | None:
        """Return the way from a finding to its readme."""
        readme = self._of.get(id(finding))
        if readme is None:
            return None
        if readme.frame is not None:
            link = el("a", "The readme as PyPI shows it", href=f"#{readme.anchor}")
            return el("p", link, class_="quiet")
        command = shows_readme(readme.distribution, finding.location)
        why = f". It is not in this report: {readme.reason}."
        return el("p", "To see the readme as PyPI shows it: ", el("code", command), why, class_="quiet")

    def frames(self) -> Iterator[Html]:
        """Yield the frames, each folded."""
        for each in self._found.values():
            if each.frame is not None:
                name = el("summary", el("code", each.distribution.filename))
                yield el("details", name, each.frame, id=each.anchor, class_="readme")


def _framed(distribution: Distribution, result: Result, most: int) -> tuple[Html | None, str]:
    """Return the frame of a readme, or the reason why it is left out."""
    shown = shown_readme(distribution, result.redact)
    if shown.reason:
        return None, shown.reason
    frame = readme_frame(distribution.filename, shown)
    return (frame, "") if len(frame) <= most else (None, "the page is too large")
