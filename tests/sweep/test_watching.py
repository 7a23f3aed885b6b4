"""New findings are told once, as lines, and files without a verdict are tried again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.finding import Severity
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.executors import Done, Executor
from pkgaudit.sweep.hook import CommandError, Hook
from pkgaudit.sweep.row import ERROR, FAIL, PASS, Row
from pkgaudit.sweep.run import Sweep
from pkgaudit.sweep.sources import open_source
from pkgaudit.sweep.store import Store
from pkgaudit.sweep.wanted import Task
from pkgaudit.sweep.watching import Watching

FINDING = {
    "code": "SE101",
    "name": "secret",
    "severity": "error",
    "member": "a.py",
    "line": 1,
    "message": "'a.py' contains a token",
    "fingerprint": "0" * 32,
    "content": None,
}


class Fake(Executor):
    """Gives each file the prepared verdict and findings, by its name."""

    size = 1

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.audited: list[str] = []

    def submit(self, task: Task, *, isolates: bool = False, avoid: str = "") -> None:
        rows = []
        for each in task.files:
            self.audited.append(each.file)
            row = Row(each.file, *each.release, "sdist", "", 1, each.location, "", PASS, rules="r")
            rows.append(replace(row, **{"sha256": each.file.encode().hex(), **self.rows.get(each.file, {})}))
        self.done.put(Done(task, rows))

    def close(self) -> None:
        pass


class Watched:
    """A watched folder; each round gives the lines that were told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.executor = Fake()
        self.store = Store(str(folder / "store"), writes=True)
        self.lines: list[dict[str, Any]] = []
        source = open_source(str(self.folder), Choice())
        self.watching = Watching(
            self.store, source, lambda: self.store.begin("r", "x"), Severity.WARNING, self.lines.append
        )
        self.sweep = Sweep(self.store, self.executor, "r", self.watching.hear)
        self.is_first = True

    def round(self) -> list[tuple[str, str]]:
        """Return the files and codes, or failures, of the lines of one round."""
        self.lines.clear()
        self.executor.audited.clear()
        self.watching.round(self.sweep, is_first=self.is_first)
        self.is_first = False
        return [(each["file"], each.get("code") or each["failure"]) for each in self.lines]

    def put(self, name: str, **row: Any) -> None:
        (self.folder / name).write_bytes(name.encode())
        self.executor.rows[name] = row


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    with closing(made.store):
        yield made


def test_each_new_finding_is_told_once(watched: Watched) -> None:
    watched.put("a-1.0.tar.gz", verdict=FAIL, findings=[FINDING, FINDING | {"code": "X", "severity": "info"}])
    assert watched.round() == [("a-1.0.tar.gz", "SE101")]
    (line,) = watched.lines
    assert line["project"] == "a"
    assert line["message"] == FINDING["message"]
    assert watched.round() == []
    watched.put("a-1.0.zip", verdict=FAIL, findings=[FINDING])
    # The files of a release are audited together, and nothing is new in the first one.
    assert watched.round() == [("a-1.0.zip", "SE101")]
    assert watched.executor.audited == ["a-1.0.tar.gz", "a-1.0.zip"]
    watched.put("b-1.0.zip")
    assert watched.round() == []
    assert watched.executor.audited == ["b-1.0.zip"]


def test_a_round_without_news_is_no_run(watched: Watched) -> None:
    watched.put("a-1.0.tar.gz")
    for _ in range(3):
        watched.round()
    assert len(watched.store.runs()) == 1


def test_a_file_without_a_verdict_is_tried_again(watched: Watched) -> None:
    failure = {"verdict": ERROR, "failures": ["could not be audited: the index answers 404"], "sha256": ""}
    watched.put("a-1.0.tar.gz", **failure)
    assert watched.round() == [("a-1.0.tar.gz", failure["failures"][0])]
    assert watched.round() == []
    assert watched.executor.audited == ["a-1.0.tar.gz"]
    watched.put("a-1.0.tar.gz", verdict=FAIL, findings=[FINDING])
    assert watched.round() == [("a-1.0.tar.gz", "SE101")]
    watched.round()
    assert watched.executor.audited == []


def test_a_file_that_always_fails_is_given_up(watched: Watched) -> None:
    watched.put("a-1.0.tar.gz", verdict=ERROR, failures=["x"], sha256="")
    audited = 0
    for _ in range(9):
        watched.round()
        audited += len(watched.executor.audited)
    assert audited == 6


class TestHook:
    def run(self, *words: str, lines: int = 1, limit: float = 10) -> list[str]:
        said: list[str] = []
        hook = Hook(" ".join(f"'{each}'" for each in words), said.append, limit)
        for number in range(lines):
            hook.tell({"file": f"$(touch x) {number}"})
        hook.close()
        return said

    def test_lines_on_standard_input(self, tmp_path: Path) -> None:
        script = tmp_path / "hook.py"
        script.write_text(
            "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + repr(sys.argv[2:]) + '\\n')"
        )
        assert self.run(sys.executable, str(script), str(tmp_path / "out"), "$HOME", lines=2) == []
        lines = (tmp_path / "out").read_text().splitlines()
        assert [json.loads(each) for each in lines[::2]] == [{"file": f"$(touch x) {n}"} for n in range(2)]
        assert lines[1::2] == ["['$HOME']"] * 2

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no such command")
    def test_commands_that_fail(self, tmp_path: Path) -> None:
        assert self.run("false") == ["the command of --on-finding ended with status 1"]
        assert self.run("sleep", "9", limit=0.05) == [
            "the command of --on-finding took longer than 0.05 seconds"
        ]
        (said,) = self.run(str(tmp_path / "none"))
        assert said == "the command of --on-finding cannot be run: No such file or directory"

    def test_command_lines_that_are_none(self) -> None:
        for each in ("", "'"):
            with pytest.raises(CommandError, match="--on-finding"):
                Hook(each, print)
