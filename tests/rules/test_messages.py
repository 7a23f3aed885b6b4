"""The messages of all cases: sentences with a subject, which the text report does not repeat."""

from __future__ import annotations

import io
import re

import pytest

from fixtures.cases import Case, load_cases
from pkgaudit.finding import Finding, Severity, Verdict
from pkgaudit.formatting import printable, quoted
from pkgaudit.report.result import Result, Style
from pkgaudit.report.text import write
from pkgaudit.rules._shared.fields import FIELDS
from tests.rules.auditing import findings_of

VERB = re.compile(
    r"adds|appears|asks|exceeds|occurs|begins|belongs|brings|can|cannot|claims|comes|contains|declares|defines|depends|"
    r"describes|did|differs|does|ends|excludes|exists|expands|fails|gives|had|has|holds|ignores|"
    r"imports|installs|is|lacks|leads|leaves|lies|lists|looks|makes|matches|may|means|mentions|must|"
    r"names|needs|opens|points|reads|refers|repeats|requests|requires|resolves|reveals|runs|says|"
    r"searches|sets|shows|spells|stands|starts|states|stores|takes|tells|turns|uses|was|were|will|"
    r"would|writes|connects|downloads|sends"
)
"""Verbs with which a message without a subject would begin."""

PROPER = frozenset(each.name for each in FIELDS.values()) | {
    "METADATA",
    "PKG-INFO",
    "PyPI",
    "RECORD",
    "WHEEL",
}
"""Names that begin a message with a capital: fields of the core metadata, files, and PyPI."""

QUOTED = re.compile(r"(?<!\w)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
"""A value in a message, which may contain anything."""

BRITISH = re.compile(
    r"\w*icence\w*|\w+(?:i|l|av|on|gh)our\w*|artef\w+|catalogu\w+|\w+(?:al|an|er|gn|im|or)is(?:e|ed|es|ing|ation)\b",
    re.IGNORECASE,
)
"""Spellings such as "-our" and "-ise"."""

BAD_CASES = [each for each in load_cases() if not each.good]


def faults(message: str) -> list[str]:
    """Return how a message breaks the style page."""
    first = message.split(" ", 1)[0]
    words = QUOTED.sub("''", message)
    found = []
    if VERB.fullmatch(first):
        found.append("it has no subject")
    if first[:1].isupper() and first.rstrip(",:") not in PROPER:
        found.append("it begins with a capital")
    if message.endswith("."):
        found.append("it ends with a full stop")
    if re.search(r"\ban info\b", words):
        found.append("'an info' is not English")
    if british := BRITISH.search(words):
        found.append(f"{british[0]!r} is British")
    return found


def shown(finding: Finding) -> str:
    """Return the line of a finding in the text report, without its place."""
    stream = io.StringIO()
    write(Result(Verdict.FAIL, Severity.ERROR, findings=[finding]), stream, Style(width=100_000))
    (line,) = stream.getvalue().splitlines()[2:3]
    place = printable(str(finding.location))
    if finding.location.member is None:
        return line.strip()
    assert line.startswith(f"    {place}: ")
    return line.removeprefix(f"    {place}: ")


@pytest.mark.parametrize("case", BAD_CASES, ids=lambda case: case.name)
def test_messages(case: Case) -> None:
    for finding in findings_of(case):
        rest = shown(finding)
        member = quoted(finding.location.member or "")
        assert not rest.startswith(f"{member} ") or rest.startswith(f"{member} and ")
        assert faults(finding.message) == [], finding.message
        # A list of paths may contain that of the place.
        assert not rest.startswith((f"the path {printable(member)}", f"the name {printable(member)}"))
        if finding.message.startswith(f"{member} "):
            assert VERB.fullmatch(rest.split(" ", 1)[0]), rest


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("is not listed in RECORD", "it has no subject"),
        ("The file is empty", "it begins with a capital"),
        ("the file is empty.", "it ends with a full stop"),
        ("the file is an info", "'an info' is not English"),
        ("the name is normalised", "'normalised' is British"),
        ("'LICENCE' has no licence", "'licence' is British"),
    ],
)
def test_faults(message: str, fault: str) -> None:
    assert faults(message) == [fault]


def test_no_faults() -> None:
    assert faults("'LICENCE' is not named by any License-File") == []
    assert faults("License-File 'LICENCE' is missing from the archive") == []
