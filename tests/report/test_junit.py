"""JUnit XML, read by a consumer of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.finding import Severity
from tests.programs import need
from tests.report.consumers import Recorder, record


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    wheel.files["sample/x.pyc"] = b"x"
    paths = [wheel.build().write(tmp_path), Sdist().build().write(tmp_path)]
    Path("notes.txt").write_text("")
    return record(*paths, "notes.txt", "gone.whl")


def suites(recorded: Recorder) -> dict[str, Any]:
    made = need("junitparser").JUnitXml.fromstring(recorded.text("junit").encode())
    assert made.tests == sum(suite.tests for suite in made)
    assert made.failures == sum(suite.failures for suite in made)
    for suite in made:
        assert suite.tests == len(list(suite))
    return {suite.name: suite for suite in made}


def cases(suite: Any) -> dict[str, Any]:
    return {case.classname: case for case in suite}


def test_a_case_for_each_family(recorded: Recorder) -> None:
    found = suites(recorded)
    wheel, sdist = cases(found["sample-1.0-py3-none-any.whl"]), cases(found["sample-1.0.tar.gz"])
    assert all(case.is_passed for case in sdist.values())
    assert {name for name, case in wheel.items() if not case.is_passed} == {"pkgaudit.SF"}
    families = {f"pkgaudit.{rule.family}" for rule in recorded.result.rules}
    assert set(wheel) | set(sdist) == families
    assert set(wheel) != set(sdist)  # some look at wheels alone, others at sdists
    names = [case.name for suite in found.values() for case in suite]
    assert len(set(names)) == len(names)


def test_failures_and_what_is_below_the_bar(recorded: Recorder) -> None:
    case = cases(suites(recorded)["sample-1.0-py3-none-any.whl"])["pkgaudit.SF"]
    [failure] = case.result
    assert isinstance(failure, need("junitparser").Failure)
    assert failure.type == "SF102 environment-file"
    assert "SF104" not in failure.text
    assert "at sample-1.0-py3-none-any.whl: sample/.env:1" in failure.text
    assert "fix: " in failure.text
    assert case.system_out.startswith("warning SF104 bytecode\n")


def test_the_bar_is_that_of_the_audit(recorded: Recorder) -> None:
    recorded.result.fail_on = Severity.INFO
    case = cases(suites(recorded)["sample-1.0-py3-none-any.whl"])["pkgaudit.SF"]
    assert "SF104" in case.result[0].text
    assert case.system_out is None


def test_what_could_not_be_audited(recorded: Recorder) -> None:
    found = suites(recorded)
    [case] = found["gone.whl"]
    assert isinstance(case.result[0], need("junitparser").Error)
    assert case.result[0].message == "there is no such file or folder"
    [case] = found["not audited"]
    assert case.is_skipped
    assert case.name == "notes.txt"


def test_files_that_are_no_distributions(recorded: Recorder) -> None:
    [case] = suites(recorded)["notes.txt"]
    assert case.is_passed
    assert "RL106" in case.system_out


def test_it_is_xml_and_ascii(recorded: Recorder) -> None:
    text = recorded.text("junit")
    assert text.isascii()
    root = ET.fromstring(text)
    assert root.find("testsuite/properties/property[@name='sha256']") is not None
