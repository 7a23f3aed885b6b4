"""What the CPU time of an audit was needed for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit import times
from pkgaudit.times import FINISHING, STARTING, Times, rows
from tests.support import run


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [0.0]
    monkeypatch.setattr(times, "clock", lambda: seconds[0])
    return seconds


def test_inner_time_counts_once(now: list[float]) -> None:
    spent = Times()
    with spent.of("outer"):
        now[0] += 1
        with spent.of("inner"):
            now[0] += 4
        with spent.of("inner"):
            now[0] += 1
    with spent.of("outer"):
        now[0] += 2
    assert spent.seconds == {"outer": 3.0, "inner": 5.0}


def test_time_of_a_crash_counts(now: list[float]) -> None:
    spent = Times()

    def crash() -> None:
        with spent.of("crash"):
            now[0] += 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert spent.seconds == {"crash": 1.0}


def test_rows_are_groups_with_the_longest_first() -> None:
    seconds = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "c": 0.5}]
    found = rows(seconds, lambda name: name.translate({ord("a"): "x", ord("c"): "x"}), 0.25, 8.0)
    assert found == [(STARTING, 0.25), ("x", 4.5), ("b", 2.0), (FINISHING, 1.25)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_command(jobs: int, tmp_path: Path) -> None:
    """The rows add up to the total, and the rules are named by their families."""
    files = [Wheel(f"sample{each}").build().write(tmp_path) for each in range(3)]
    said = run(*files, "--no-config", "--timing", "--jobs", jobs).stderr.splitlines()
    assert said[0].startswith("CPU time: ")
    table = [(line[11:], float(line[:7])) for line in said[1:]]
    assert {"starting", "reading, unpacking and hashing", "parsing Python", "WH rules", "SE rules"} <= {
        name for name, _ in table
    }
    assert abs(sum(seconds for _, seconds in table) - float(said[0].split()[2])) < 0.005 * len(said)
    assert run(*files, "--no-config", "--jobs", jobs).stderr == ""
