"""SARIF 2.1.0, for code hosts and viewers.

Specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Support by GitHub:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, TextIO

from pkgaudit import __version__
from pkgaudit.edits.fixable import is_fixable
from pkgaudit.finding import Failure, Finding, Location, Place, Severity, SuppressionKind, Value
from pkgaudit.formatting import counted, printable
from pkgaudit.pages.rule_page import is_on_site
from pkgaudit.pages.site import docs_url, rule_url
from pkgaudit.report.escape import code_block, cut, prose, relative_path, relative_uri, write_json
from pkgaudit.report.result import Result, Style
from pkgaudit.report.sarif_fixes import fixes
from pkgaudit.rule import Rule
from pkgaudit.verdict.policy import exit_status

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

MOST_RESULTS = 25_000
"""The most results that GitHub accepts in one run; it shows the 5,000 worst of them."""

MOST_PLACES = 99
"""The most further places of a result: GitHub shows 100 places in total."""

LONGEST = 4_000
"""The longest message, in characters. Chosen: viewers show a part of it, and hosts accept files of 10 MB."""

_LONGEST_NAME = 1_000
"""The longest description or name, in characters; GitHub shows 1,024 characters of a description."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_SECURITY = {Severity.ERROR: "8.0", Severity.WARNING: "5.0", Severity.INFO: "2.0"}

_LINK = re.compile(r"\[(?=[^\]]*\]\()")
"""The beginning of a link in a message (3.11.6)."""


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the log."""
    write_json(stream, document(result), 1)


def document(result: Result) -> dict[str, Any]:
    """Return the log as JSON values."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_Run(result).run()]}


class _Run:
    def __init__(self, result: Result) -> None:
        self.result = result
        self.artifacts: list[dict[str, Any]] = []
        self.numbers: dict[str, int] = {}
        self.distributions = {each.path: each for each in result.distributions}
        self.rules: list[dict[str, Any]] = []
        self.rule_numbers: dict[tuple[str, str], int] = {}
        self.seen: Counter[str] = Counter()

    def run(self) -> dict[str, Any]:
        # All rules that ran, because hosts list them; the help texts only for rules with findings.
        found = {each.name for each in self.result.findings}
        for rule in sorted(self.result.rules, key=lambda each: (each.code, each.name)):
            self.add_rule(rule.code, rule.name, rule.severity, rule, with_help=rule.name in found)
        for distribution in self.result.distributions:
            self.distribution(distribution.path)
        # Counted findings first, so the limit cuts the least important ones.
        findings = sorted(self.result.findings, key=lambda each: each.suppressed is not None)
        results = [self.finding(each) for each in findings[:MOST_RESULTS]]
        invocation: dict[str, Any] = {
            "executionSuccessful": not self.result.failures,
            "exitCode": exit_status(self.result.verdict, self.result.failures),
        }
        notifications = list(self.notifications(len(findings)))
        if notifications:
            invocation["toolExecutionNotifications"] = notifications
        return {
            "tool": {"driver": self.driver()},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "artifacts": self.artifacts,
            "results": results,
            "properties": {"verdict": str(self.result.verdict), "failOn": str(self.result.fail_on)},
        }

    def driver(self) -> dict[str, Any]:
        return {
            "name": "pkgaudit",
            "version": __version__,
            "semanticVersion": __version__,
            "informationUri": docs_url(),
            "rules": self.rules,
        }

    def add_rule(
        self, code: str, name: str, severity: Severity, rule: Rule | None, *, with_help: bool = True
    ) -> int:
        """Return the number of a rule."""
        if (code, name) not in self.rule_numbers:
            self.rule_numbers[code, name] = len(self.rules)
            made = {"id": code, "name": name}
            self.rules.append(made | (_described(rule, with_help) if rule else _unknown(severity)))
        return self.rule_numbers[code, name]

    def artifact(self, made: dict[str, Any]) -> int:
        """Return the number of a file; equal entries share a number, because no two may be equal."""
        key = json.dumps(made)
        if key not in self.numbers:
            self.numbers[key] = len(self.artifacts)
            self.artifacts.append(made)
        return self.numbers[key]

    def distribution(self, path: str) -> tuple[str, int]:
        """Return the reference and the number of a distribution, or of another given file."""
        uri = relative_uri(relative_path(path))
        made: dict[str, Any] = {"location": {"uri": uri}, "roles": ["analysisTarget"]}
        known = self.distributions.get(path)
        if known is not None and known.sha256:
            made |= {"length": known.size, "hashes": {"sha-256": known.sha256}}
        return uri, self.artifact(made)

    def member(self, place: Place, path: str) -> tuple[str, int]:
        """Return the reference and the number of a member, which is nested in its distribution."""
        uri = relative_uri(path)
        made: dict[str, Any] = {
            "location": {"uri": uri},
            "parentIndex": self.distribution(place.distribution)[1],
        }
        distribution = self.distributions.get(place.distribution)
        entry = distribution.by_path.get(path) if distribution else None
        if entry is not None and entry.sha256:
            made |= {"length": entry.size, "hashes": {"sha-256": entry.sha256}}
        return uri, self.artifact(made)

    def finding(self, finding: Finding) -> dict[str, Any]:
        index = self.add_rule(finding.code, finding.name, finding.severity, self.result.rule_of(finding))
        number = self.seen[finding.fingerprint] = self.seen[finding.fingerprint] + 1
        made: dict[str, Any] = {
            "ruleId": self.rules[index]["id"],
            "ruleIndex": index,
            "level": LEVELS[finding.severity],
            "message": _message(finding),
            "locations": [self.first_location(finding)],
            "partialFingerprints": {
                "pkgaudit/v1": finding.fingerprint,
                # GitHub identifies alerts by this; by default it would use the line in the repository.
                "primaryLocationLineHash": f"{finding.fingerprint[:16]}:{number}",
            },
        }
        places = [*([finding.place] if finding.location.member else []), *finding.also][: MOST_PLACES + 1]
        related = [self.related(each, finding, number) for number, each in enumerate(places, 1)]
        if related:
            made["relatedLocations"] = related
        if finding.data:
            made["properties"] = {"data": {key: _value(value) for key, value in finding.data.items()}}
        if is_fixable(finding):
            made.setdefault("properties", {})["fixable"] = True
        if finding.suppressed is not None:
            made["suppressions"] = [_suppression(finding)]
        elif found := fixes(finding, self.result):
            made["fixes"] = found
        return made

    def first_location(self, finding: Finding) -> dict[str, Any]:
        """Return the location where a code host shows a finding: the file in the repository if known."""
        place = finding.place
        source = self.result.sources.of(place)
        if source is None:
            uri, index = self.distribution(place.distribution)
            physical: dict[str, Any] = {"artifactLocation": {"uri": uri, "index": index}}
            if place.location.member is None and place.location.line is not None:
                physical |= _regions(place.location, finding)
        else:
            uri = relative_uri(source.path)
            index = self.artifact({"location": {"uri": uri}})
            physical = {"artifactLocation": {"uri": uri, "index": index}}
            if source.line is not None:
                column = place.location.column
                physical |= _regions(Location(None, source.line, column), finding)
        return {"physicalLocation": physical, "logicalLocations": [self.logical(place)]}

    def related(self, place: Place, finding: Finding, number: int) -> dict[str, Any]:
        """Return the location of a place in a distribution."""
        path = place.location.member
        uri, index = self.distribution(place.distribution) if path is None else self.member(place, path)
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri, "index": index}}
        if place.location.line is not None:
            physical |= _regions(place.location, finding if place == finding.place else None)
        where = f"in {relative_path(place.distribution)}"
        return {
            "id": number,
            "message": {"text": _text(where)},
            "physicalLocation": physical,
            "logicalLocations": [self.logical(place)],
        }

    def logical(self, place: Place) -> dict[str, Any]:
        distribution, member = self.distributions.get(place.distribution), place.location.member
        top = distribution.filename if distribution is not None else relative_path(place.distribution)
        if member is None:
            return {"fullyQualifiedName": _name(top), "kind": "package"}
        return {
            "name": _name(member.rpartition("/")[2] or member),
            "fullyQualifiedName": _name(f"{top}/{member}"),
            "kind": "member",
        }

    def notifications(self, findings: int) -> Iterable[dict[str, Any]]:
        """Yield the failures, the skipped and unparsed files, and the number of omitted findings."""
        for failure in self.result.failures:
            yield self.failure(failure)
        for distribution in self.result.distributions:
            if distribution.unparsed:
                files = counted(distribution.unparsed, "Python file")
                text = f"{relative_path(distribution.path)} has {files} that could not be parsed"
                yield {"level": "note", "message": {"text": _text(text)}}
        for each in self.result.skipped:
            text = f"{relative_path(each.path)} is not audited: {each.reason}"
            yield {"level": "note", "message": {"text": _text(text)}}
        if findings > MOST_RESULTS:
            text = f"{counted(findings - MOST_RESULTS, 'more finding')}: a run has at most {MOST_RESULTS:,}"
            yield {"level": "warning", "message": {"text": text}}

    def failure(self, failure: Failure) -> dict[str, Any]:
        made: dict[str, Any] = {"level": "error", "message": {"text": _text(failure.message)}}
        if failure.distribution is not None:
            place = Place(failure.distribution, Location(failure.member))
            uri, index = self.distribution(failure.distribution)
            made["locations"] = [
                {
                    "physicalLocation": {"artifactLocation": {"uri": uri, "index": index}},
                    "logicalLocations": [self.logical(place)],
                }
            ]
        return made


def _described(rule: Rule, with_help: bool) -> dict[str, Any]:
    """Return the descriptor of a rule, with its whole docstring or only the first line as help."""
    text = rule.documentation
    first, *rest = re.split(r"^#+ .*$", text, maxsplit=2, flags=re.MULTILINE)
    full = " ".join(" ".join((first, *rest[:1])).split())
    tags = ["packaging", rule.family, *(["security", "secrets"] if rule.confidential else [])]
    properties: dict[str, Any] = {
        "tags": tags,
        "precision": "high",
        "problem.severity": _PROBLEMS[rule.severity],
    }
    if rule.confidential:
        properties["security-severity"] = _SECURITY[rule.severity]
    former_names = [each for each in rule.formerly if each.islower()]
    # A bare code may now belong to another rule.
    former_ids = [each for each in rule.formerly if "/" in each]
    properties |= {"since": rule.since} if rule.since else {}
    made: dict[str, Any] = {
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": cut(full, _LONGEST_NAME)},
        "help": {"text": text, "markdown": text} if with_help else {"text": f"{rule.summary}."},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }
    made |= {"deprecatedIds": former_ids} if former_ids else {}
    made |= {"deprecatedNames": former_names} if former_names else {}
    return made | {"helpUri": rule_url(rule.name)} if is_on_site(rule) else made


def _unknown(severity: Severity) -> dict[str, Any]:
    return {"defaultConfiguration": {"level": LEVELS[severity]}}


def _message(finding: Finding) -> dict[str, str]:
    """Return the message and the remedy, without links and markup."""
    text, markdown = _text(finding.message), prose(cut(finding.message, LONGEST))
    if finding.fix:
        head, *rest = cut(finding.fix, LONGEST).splitlines()
        text += "\n".join((f"\nFix: {_text(head)}", *map(_text, rest)))
        markdown += f"\n\n**Fix:** {prose(head)}" + (f"\n\n{code_block(rest)}" if rest else "")
    return {"text": text, "markdown": markdown}


def _regions(location: Location, finding: Finding | None) -> dict[str, Any]:
    """Return the region of a location, and its line with the excerpt as the snippet."""
    line: dict[str, Any] = {"startLine": location.line}
    shown = dict(line)
    if finding is not None and finding.excerpt is not None:
        shown["snippet"] = {"text": "\n".join(map(printable, finding.excerpt.lines))}
    if location.column is None:
        return {"region": shown}
    region = {"region": line | {"startColumn": location.column}}
    return region if shown == line else region | {"contextRegion": shown}


def _suppression(finding: Finding) -> dict[str, Any]:
    assert finding.suppressed is not None
    kind = "inSource" if finding.suppressed.by is SuppressionKind.INLINE else "external"
    return {"kind": kind, "status": "accepted", "justification": _text(str(finding.suppressed))}


def _value(value: Value) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(each) for each in value]
    return printable(cut(value, LONGEST)) if isinstance(value, str) else value


def _text(text: str) -> str:
    return _LINK.sub(r"\\[", printable(cut(text, LONGEST)))


def _name(text: str) -> str:
    return printable(cut(text, _LONGEST_NAME))
