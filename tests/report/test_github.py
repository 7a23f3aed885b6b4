"""The log of a GitHub Actions job, as the runner reads it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pkgaudit.finding import Failure, Location, Severity
from pkgaudit.report.github import MOST, commands, write
from pkgaudit.report.result import Result, Style
from tests.report.consumers import Commands
from tests.report.findings import InRepository, finding, result


@pytest.fixture(autouse=True)
def no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def log(made: Result) -> Commands:
    stream = io.StringIO()
    write(made, stream, Style())
    return Commands(stream.getvalue())


def test_annotation_in_the_repository() -> None:
    one = finding(location=Location("a,b:c%.py", 7, 3), message="50% of it\nis: bad, really", fix="mend\nit")
    [command] = log(result(one, sources=InRepository())).done
    assert command.name == "error"
    assert command.properties == {
        "file": "src/a,b:c%.py",
        "line": "7",
        "col": "3",
        "title": "SF102 environment-file",
    }
    assert command.message == "50% of it\\nis: bad, really\nin dist/x.whl: a,b:c%.py:7:3\nfix: mend\nit"


def test_annotation_of_what_is_not_in_the_repository() -> None:
    [command] = log(result(finding())).done
    assert command.properties == {"title": "SF102 environment-file"}
    assert "in dist/x.whl: x/.env:1" in command.message


def test_the_report_for_people_is_no_command() -> None:
    found = log(result(finding(message="::error::forged")))
    assert [each.message.splitlines()[0] for each in found.done] == ["::error::forged"]
    assert "FAIL" in found.inert


def test_worst_first() -> None:
    levels = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    findings = [finding(number, severity=level) for number, level in enumerate(levels)]
    done = log(result(*findings, failures=[Failure("broken", "y.whl")])).done
    assert [each.name for each in done] == ["error", "error", "warning", "notice"]
    assert done[0].message == "y.whl: broken"


@pytest.mark.parametrize(
    ("errors", "infos", "shown", "more"),
    [
        (MOST, MOST, MOST * 2, 0),
        (MOST + 1, 0, MOST, 1),
        (MOST, MOST + 1, MOST * 2 - 1, 2),
        (MOST + 5, MOST, MOST * 2 - 1, 6),
        (MOST + 5, MOST - 1, MOST * 2 - 1, 5),
    ],
)
def test_one_line_sums_up_the_rest(errors: int, infos: int, shown: int, more: int) -> None:
    levels = [Severity.ERROR] * errors + [Severity.INFO] * infos
    made = result(*(finding(number, severity=level) for number, level in enumerate(levels)))
    done = Commands("\n".join(commands(made))).done
    about = [each for each in done if each.properties["title"] == "pkgaudit"]
    assert len(done) - len(about) == shown
    assert [each.message.split(" ")[0] for each in about] == ([str(more)] if more else [])
    for name in ("error", "warning", "notice"):
        assert sum(each.name == name for each in done) <= MOST


def test_summary_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    log(result(finding()))
    text = summary.read_text("utf-8")
    assert text.startswith("before\n## ")
    assert "problem 0" in text


def test_summary_begins_on_a_line_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for before in ("", "built \u2713", "built\n"):
        summary.write_text(before, "utf-8")
        log(result(finding()))
        assert summary.read_text("utf-8").startswith(f"{before.strip()}\n## " if before else "## ")


def test_summary_stays_below_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * 1_000_000)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    log(result(*(finding(number, message="much " * 100) for number in range(300))))
    assert 1_000_000 < summary.stat().st_size <= 1 << 20
    assert "more findings" in summary.read_text("utf-8")[-300:]
    size = summary.stat().st_size
    log(result(*map(finding, range(500))))
    log(result(*map(finding, range(500))))
    assert size < summary.stat().st_size <= 1 << 20


def test_summary_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "summary.md"))
    assert log(result(finding())).done
    assert "cannot be written" in capsys.readouterr().err
