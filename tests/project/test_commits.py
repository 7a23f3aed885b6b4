"""The subjects of commits: short, and in the imperative."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.programs import find_program
from tests.worktree import ROOT

pytestmark = pytest.mark.once

SINCE = "8f31e8f"
"""The first commit after which all subjects are like this."""

LONGEST = 72
_MOOD = re.compile(
    r"(?:Add|Allow|Bump|Chang|Correct|Delete|Fix|Implement|Improv|Mak|Mov|Refactor|Remov|Renam|Replac|Update|Us)"
    r"(?:e?d|e?s|ing)\b|(?:A|An|The|This)\b"
)


def faults(subject: str) -> list[str]:
    found = {
        f"is longer than {LONGEST} characters": len(subject) > LONGEST,
        "ends in a period": subject.endswith("."),
        "does not begin with a capital letter": not subject[:1].isupper(),
        "does not begin with a verb in the imperative": _MOOD.match(subject),
    }
    return [fault for fault, is_there in found.items() if is_there]


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [find_program("git"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)


def subjects() -> list[str]:
    """Return the subjects since that commit, without merges and what bots write, which nobody words."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout")
    if git("merge-base", "--is-ancestor", SINCE, "HEAD").returncode:
        pytest.skip(f"the history does not reach back to {SINCE}, as in a shallow clone")
    done = git("log", "--no-merges", "--format=%an%x09%s", f"{SINCE}..HEAD")
    lines = [line.split("\t", 1) for line in done.stdout.splitlines()]
    return [subject for author, subject in lines if not author.endswith("[bot]")]


def test_subjects_are_short_and_imperative() -> None:
    found = {subject: faults(subject) for subject in subjects()}
    assert found
    assert {subject: wrong for subject, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("subject", "fault"),
    [
        ("Read" + " a file" * 10, "is longer"),
        ("Read a file.", "ends in a period"),
        ("read a file", "does not begin with a capital"),
        ("", "does not begin with a capital"),
        *((f"{word} a file", "does not begin with a verb") for word in ("Added", "Adds", "Adding", "Fixed")),
        *((f"{word} a file", "does not begin with a verb") for word in ("Fixes", "Used", "Moves", "Renamed")),
        ("The file is read", "does not begin with a verb"),
    ],
)
def test_faults_are_noticed(subject: str, fault: str) -> None:
    (found,) = faults(subject)
    assert found.startswith(fault)


@pytest.mark.parametrize("subject", ["Add a rule", "Fix it", "Address a warning", "Theme the site", "Use uv"])
def test_the_imperative_is_let_pass(subject: str) -> None:
    assert faults(subject) == []
