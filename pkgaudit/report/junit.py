"""JUnit XML, which CI systems show as tests: a suite for each distribution, a case for each rule family.

The format has no standard; Jenkins, GitLab and Azure Pipelines read this form: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TextIO
from xml.etree import ElementTree as ET

from pkgaudit import __version__
from pkgaudit.finding import Failure, Finding
from pkgaudit.formatting import counted, printable
from pkgaudit.model.distribution import Distribution
from pkgaudit.pages.rule_page import family_of
from pkgaudit.report.escape import cut, relative_path, shown_place
from pkgaudit.report.result import Result, Style

_LONGEST = 4_000
"""The longest text, in characters. Chosen: readers show it in a pane, and some store no more."""

_LONGEST_NAME = 300
"""The longest name, in characters. Chosen: lists of tests show one name per line."""


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report in ASCII, which is valid in any encoding of the stream."""
    root = document(result)
    ET.indent(root)
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
    stream.write(ET.tostring(root, encoding="us-ascii").decode("ascii") + "\n")


def document(result: Result) -> ET.Element:
    """Return the report as XML; characters that are invalid in XML are escaped."""
    made = _Suites(result)
    root = ET.Element("testsuites", name="pkgaudit")
    for distribution in result.distributions:
        root.append(made.suite(distribution.path))
    audited = {each.path for each in result.distributions}
    others = [each.distribution for each in result.counted]
    others += [each.distribution or "" for each in result.failures]
    for path in dict.fromkeys(path for path in others if path not in audited):
        root.append(made.suite(path))
    if result.skipped or result.unparsed:
        root.append(made.skipped())
    for kind in _KINDS:
        root.set(kind, str(sum(int(each.get(kind, "0")) for each in root)))
    return root


_KINDS = ("tests", "failures", "errors", "skipped")
"""The counts of suites: https://github.com/testmoapp/junitxml"""


class _Suites:
    def __init__(self, result: Result) -> None:
        self.result = result
        self.distributions = {each.path: each for each in result.distributions}

    @cached_property
    def about(self) -> dict[str, str]:
        """The subjects of the families of the rules that ran."""
        rules = sorted(self.result.rules, key=lambda each: each.code)
        return {rule.family: family_of(rule)[0] for rule in rules}

    def families_of(self, distribution: Distribution) -> list[str]:
        """Return the families of the rules that checked a distribution."""
        ran = {
            rule.family
            for rule in self.result.rules
            if not issubclass(rule.subject, Distribution) or isinstance(distribution, rule.subject)
        }
        return [family for family in self.about if family in ran]

    def suite(self, path: str) -> ET.Element:
        """Return the suite of a distribution, or of another given file; "" means the whole audit."""
        name = cut(printable(relative_path(path)), _LONGEST_NAME) if path else "pkgaudit"
        suite = ET.Element("testsuite", name=name)
        distribution = self.distributions.get(path)
        properties = {"pkgaudit": __version__}
        if distribution is not None:
            properties["sha256"] = distribution.sha256
            properties["verdict"] = str(self.result.verdict_of(path))
        listed = ET.SubElement(suite, "properties")
        for key, value in properties.items():
            ET.SubElement(listed, "property", name=key, value=value)
        failures = [each for each in self.result.failures if (each.distribution or "") == path]
        if failures:
            _failed(suite, name, failures)
        by_family: dict[str, list[Finding]] = {}
        if distribution is not None:
            by_family = {family: [] for family in self.families_of(distribution)}
        for finding in self.result.of(path):
            by_family.setdefault(finding.code[:2], []).append(finding)
        for family, findings in by_family.items():
            self.case(suite, name, family, findings)
        return _totaled(suite)

    def case(self, suite: ET.Element, name: str, family: str, findings: list[Finding]) -> None:
        """Add the case of a family: it fails with the failing findings, and lists the others."""
        about = self.about.get(family, "")
        title = f"{family} {about}".strip()
        case = ET.SubElement(suite, "testcase", classname=f"pkgaudit.{family}", name=f"{name}: {title}")
        worst = [each for each in findings if each.severity >= self.result.fail_on]
        if worst:
            first = worst[0]
            more = f" (and {counted(len(worst) - 1, 'more finding')})" if len(worst) > 1 else ""
            message = cut(printable(first.message), _LONGEST) + more
            failure = ET.SubElement(case, "failure", type=f"{first.code} {first.name}", message=message)
            failure.text = self.listed(worst)
        others = [each for each in findings if each.severity < self.result.fail_on]
        if others:
            ET.SubElement(case, "system-out").text = self.listed(others)

    def listed(self, findings: Iterable[Finding]) -> str:
        return "\n\n".join("\n".join(self.lines(each)) for each in findings)

    def lines(self, finding: Finding) -> Iterable[str]:
        """Yield the lines of a finding, all printable."""
        yield f"{finding.severity} {finding.code} {finding.name}"
        yield cut(printable(finding.message), _LONGEST)
        for place in finding.places:
            yield f"  at {cut(printable(shown_place(place)), _LONGEST)}"
        if finding.excerpt is not None:
            yield from (f"  > {printable(line)}" for line in finding.excerpt.lines)
        head, *rest = cut(finding.fix, _LONGEST).splitlines() if finding.fix else [""]
        if head:
            yield f"fix: {printable(head)}"
        yield from (f"     {printable(line)}" for line in rest)
        page = self.result.page_of(finding)
        if page is not None:
            yield page

    def skipped(self) -> ET.Element:
        """Return the suite of files that were given but not audited, or not completely."""
        suite = ET.Element("testsuite", name="not audited")
        for each in self.result.skipped:
            name = cut(printable(relative_path(each.path)), _LONGEST_NAME)
            case = ET.SubElement(suite, "testcase", classname="pkgaudit", name=name)
            ET.SubElement(case, "skipped", message=printable(each.reason))
        for distribution in self.result.distributions:
            if distribution.unparsed:
                name = cut(printable(relative_path(distribution.path)), _LONGEST_NAME)
                case = ET.SubElement(suite, "testcase", classname="pkgaudit", name=name)
                said = f"{counted(distribution.unparsed, 'Python file')} not parsed"
                ET.SubElement(case, "skipped", message=said)
        return _totaled(suite)


def _failed(suite: ET.Element, name: str, failures: list[Failure]) -> None:
    """Add a case with the failures of the audit."""
    texts = [
        cut(printable(": ".join(filter(None, [each.member, each.message]))), _LONGEST) for each in failures
    ]
    case = ET.SubElement(suite, "testcase", classname="pkgaudit", name=f"{name}: audit")
    ET.SubElement(case, "error", type="not audited", message=texts[0]).text = "\n".join(texts)


def _totaled(suite: ET.Element) -> ET.Element:
    counts = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    for kind, path in {**counts, "skipped": "testcase/skipped"}.items():
        suite.set(kind, str(len(suite.findall(path))))
    return suite
