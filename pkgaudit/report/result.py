"""The input of all reports, and the lookup of formats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TextIO

from pkgaudit.config.config import Config
from pkgaudit.edits.fixable import is_fixable
from pkgaudit.errors import PkgauditError
from pkgaudit.finding import Failure, Finding, Paste, Severity, Verdict
from pkgaudit.formatting import counted
from pkgaudit.inputs.paths import Skipped
from pkgaudit.inputs.sources import Sources
from pkgaudit.late import entry_points
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.subject import RunSubject
from pkgaudit.pages.site import rule_url
from pkgaudit.rule import Registry, Rule
from pkgaudit.verdict.policy import exit_status

GROUP = "pkgaudit.reports"
"""The entry-point group of output formats: a name, and a function `Report` or a class `LiveReport`."""


@dataclass(frozen=True)
class Style:
    """The style of a report for people: ``width`` in characters, ``verbose`` from -1 (quiet) to 1.

    ``links``: the terminal supports hyperlinks. ``by_rule``: findings are grouped by rule instead of by file.
    ``statistics``: findings are counted by rule.
    """

    color: bool = False
    width: int = 80
    verbose: int = 0
    links: bool = False
    by_rule: bool = False
    statistics: bool = False


@dataclass
class Result:
    """The result of a complete audit. ``findings`` are sorted and include the suppressed ones.

    ``rules`` are the rules that ran, ``registry`` has all rules; ``sources`` maps members to their files in
    the repository. ``pastes`` are the settings that the remedies of all findings write, for each file.
    ``redact`` returns a text of a distribution without secrets; None if it cannot. ``config`` is the
    configuration of the audit.
    """

    verdict: Verdict
    fail_on: Severity
    distributions: list[Distribution] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0
    rules: list[Rule] = field(default_factory=list)
    registry: Registry = field(default_factory=Registry)
    sources: Sources = field(default_factory=Sources)
    pastes: list[Paste] = field(default_factory=list)
    redact: Callable[[str], str | None] = lambda _: None
    config: Config = field(default_factory=Config)

    @cached_property
    def shared(self) -> list[Paste]:
        """The pastes that several findings need, which reports for people show once, after all findings."""
        return [each for each in self.pastes if len(each.fingerprints) > 1]

    @cached_property
    def _shared_files(self) -> dict[str, set[str]]:
        """The files of `shared`, by the fingerprints of findings."""
        found: dict[str, set[str]] = {}
        for paste in self.shared:
            for fingerprint in paste.fingerprints:
                found.setdefault(fingerprint, set()).add(paste.file)
        return found

    def fix_of(self, finding: Finding) -> str | None:
        """Return the remedy of a finding, without the lines to paste if `shared` has them."""
        files = {each.file for each in finding.settings if each.replaces is None}
        if (
            finding.fix is None
            or not files
            or not files <= self._shared_files.get(finding.fingerprint, set())
        ):
            return finding.fix
        head = finding.fix.partition("\n")[0].removesuffix(":")
        return f"{head} (see the lines at the end of this report)"

    @cached_property
    def fixable(self) -> list[Finding]:
        """The findings that count and that ``pkgaudit fix`` knows how to fix."""
        return [each for each in self.counted if is_fixable(each)]

    @property
    def fixable_words(self) -> str:
        """How many findings ``pkgaudit fix`` can fix, empty if none."""
        number = len(self.fixable)
        total = counted(len(self.counted), "finding")
        return f"{number:,} of {total} can be fixed with 'pkgaudit fix'" if number else ""

    @cached_property
    def counted(self) -> list[Finding]:
        """The findings that are not suppressed."""
        return [each for each in self.findings if each.suppressed is None]

    @cached_property
    def _by_path(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in self.counted:
            for path in dict.fromkeys(place.distribution for place in finding.places):
                found.setdefault(path, []).append(finding)
        return found

    @property
    def inputs(self) -> list[str]:
        """The numbers of distributions and files in words; none if the rules are not about distributions."""
        others = [each.subject for each in self.rules if issubclass(each.subject, RunSubject)]
        if not self.distributions and self.rules and len(others) == len(self.rules):
            return []
        files = sum(len(each.files) + len(each.nested) for each in self.distributions)
        return [counted(len(self.distributions), "distribution"), counted(files, "file")]

    @property
    def unparsed(self) -> int:
        """The number of Python files without a syntax tree, which some rules could not judge."""
        return sum(each.unparsed for each in self.distributions)

    @property
    def suppressed(self) -> int:
        """The number of suppressed findings."""
        return len(self.findings) - len(self.counted)

    def suppressed_in(self, path: str) -> int:
        """Return the number of suppressed findings with a place in a distribution."""
        suppressed = (each for each in self.findings if each.suppressed is not None)
        return sum(any(place.distribution == path for place in each.places) for each in suppressed)

    def rule_of(self, finding: Finding) -> Rule | None:
        """Return the rule of a finding, None if it is unknown."""
        return self.registry.rules.get(finding.name)

    def page_of(self, finding: Finding) -> str | None:
        """Return the address of the page of a finding's rule, None for a rule of another package."""
        from pkgaudit.pages.rule_page import is_on_site

        rule = self.rule_of(finding)
        return rule_url(rule.name) if rule is not None and is_on_site(rule) else None

    def of(self, path: str) -> list[Finding]:
        """Return the counted findings with a place in a distribution, whether the first or another place."""
        return self._by_path.get(path, [])

    @property
    def exit_status(self) -> int:
        """The exit status of the command: 0 pass, 1 fail, 2 the audit failed or is incomplete."""
        return exit_status(self.verdict, self.failures)

    @property
    def outcome(self) -> str:
        """The verdict in words for people: an audit that was not done wholly has found out neither."""
        return "could not audit" if self.failures else str(self.verdict)

    def verdict_of(self, path: str) -> Verdict:
        """Return the verdict on a single distribution."""
        failed = any(each.severity >= self.fail_on for each in self.of(path))
        failed = failed or any(each.distribution == path for each in self.failures)
        return Verdict.FAIL if failed else Verdict.PASS


def heading_of(paste: Paste, result: Result) -> str:
    """Return what is said above a paste: what to do with it, and of which project if there are several."""
    projects = {each.project for each in result.shared}
    of = f" of {paste.project}" if len(projects) > 1 else ""
    several = f"the fixes of {len(paste.fingerprints):,} findings"
    if not paste.file:
        return f"Run{of}, for {several}:"
    # Later lines of MANIFEST.in win.
    place = "at the end of" if paste.file == "MANIFEST.in" else "to"
    return f"Add {place} {paste.file}{of}, for {several}:"


class FormatError(PkgauditError):
    """A format cannot be used. The message names it."""


Report = Callable[[Result, TextIO, Style], None]
"""A format: writes the result to a text stream."""


class LiveReport(ABC):
    """A format that is written during the audit. Its entry point is the class itself."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self.stream = stream
        self.style = style

    @abstractmethod
    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Write the findings in one distribution, not merged: each has one place.

        ``distribution`` is None if the file could not be read, and for findings on several distributions.
        """

    @abstractmethod
    def finish(self, result: Result) -> None:
        """Write the part that is known only at the end."""


def formats() -> list[str]:
    """Return the names of all installed formats."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load_format(name: str) -> Report | type[LiveReport]:
    """Return the format with a name.

    Raises:
        FormatError: no package or several packages have such a format, or it cannot be used.
    """
    found = sorted({point.value: point for point in entry_points(group=GROUP, name=name)}.items())
    if len(found) != 1:
        named = f": {', '.join(value for value, _ in found)}" if found else ""
        raise FormatError(f"{len(found) or 'no'} formats have the name {name!r}{named}")
    value, point = found[0]
    try:
        report: Report | type[LiveReport] = point.load()
    except Exception as error:  # a module of another package may raise anything
        raise FormatError(f"the format {name!r} ({value}) cannot be loaded: {error}") from None
    if not callable(report) or (isinstance(report, type) and not issubclass(report, LiveReport)):
        raise FormatError(f"the format {name!r} ({value}) is neither a function nor a LiveReport")
    return report
