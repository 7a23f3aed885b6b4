"""Audits in several processes: what each process does, and what happens if one of them ends."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit import engine, execution, work, workers
from pkgaudit.config.config import Config
from pkgaudit.execution import audit_all, choose_jobs
from pkgaudit.judged import Audit
from pkgaudit.plan import Plan
from pkgaudit.work import Task
from tests.support import registry

forked = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="workers do not inherit the changes of a test"
)


def wheels(folder: Path, *names: str, tags: int = 1) -> dict[str, str]:
    made = {}
    for name in names:
        for number in range(tags):
            wheel = Wheel(name, tag=f"cp3{number}-cp3{number}-win32")
            wheel.files[f"{name}/own.py"] = f"import os{number}\n".encode()
            path = str(wheel.build().write(folder))
            made[path] = path
    return made


def audited(files: Mapping[str, str], jobs: int) -> dict[str, Audit]:
    with closing(audit_all(files, Plan.make(registry(), Config()), Config(), jobs)) as audits:
        return {each.path: each for each in audits}


@pytest.mark.parametrize(("jobs", "worth_parts"), [(2, 0), (3, 0), (2, 1 << 20)])
def test_results_are_those_of_one_process(
    jobs: int, worth_parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = wheels(tmp_path, "one", "two", tags=2)
    large = Wheel("large")
    for number in range(40):
        large.files[f"large/m{number}.py"] = os.urandom(300).hex().join("''").encode()
    path = str(large.build().write(tmp_path))
    expected = audited({**files, path: path}, 1)
    for module in (execution, workers):
        monkeypatch.setattr(module, "WORTH_PARTS", worth_parts)
    monkeypatch.setattr(execution, "WORTH_PROCESSES", 0)
    found = audited({**files, path: path}, jobs)
    assert list(found) == list(expected)
    assert [each.findings for each in found.values()] == [each.findings for each in expected.values()]
    assert [each.distribution for each in found.values()] == [each.distribution for each in expected.values()]


class Recorded:
    """The tasks that a crew gives to its workers, without processes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str], jobs: int) -> None:
        self.tasks: dict[int, list[Task]] = {}
        real = workers.Crew._give

        def give(crew: workers.Crew, worker: workers._Worker) -> None:
            real(crew, worker)
            if worker.task is not None:
                mine = self.tasks.setdefault(id(worker), [])
                if not mine or mine[-1] is not worker.task:
                    mine.append(worker.task)

        monkeypatch.setattr(workers.Crew, "_give", give)
        self.audits = audited(files, jobs)


def test_files_of_a_project_go_to_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = wheels(tmp_path, "one", "two", tags=3)
    given = Recorded(monkeypatch, files, 2)
    first = [[Path(task.path).name.partition("-")[0] for task in tasks[:2]] for tasks in given.tasks.values()]
    assert sorted(first) == [["one", "one"], ["two", "two"]]
    assert set(given.audits) == set(files)


def test_large_files_of_a_project_go_to_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (execution, workers):
        monkeypatch.setattr(module, "WORTH_PARTS", 0)
    monkeypatch.setattr(workers, "_split", lambda files, jobs: {})
    files = wheels(tmp_path, "one", tags=4)
    given = Recorded(monkeypatch, files, 2)
    assert len(given.tasks) == 2
    assert Counter(task.path for tasks in given.tasks.values() for task in tasks) == Counter(list(files))


def test_small_files_of_a_project_go_to_one_process(tmp_path: Path) -> None:
    assert choose_jobs(wheels(tmp_path, "one", tags=4).values(), 3) == 1
    assert choose_jobs(wheels(tmp_path, "one", "two", tags=4).values(), 3) == 2


def ending(name: str) -> Callable[..., Audit]:
    real = engine.audit_distribution

    def audit(path: str, *given: object) -> Audit:
        if Path(path).name.startswith(name):
            os._exit(1)
        return real(path, *given)  # type: ignore[arg-type]  # passed on unchanged

    return audit


@forked
def test_one_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is reported, and the others are audited nevertheless."""
    files = wheels(tmp_path, "bad", "one", "two")
    monkeypatch.setattr(work, "audit_distribution", ending("bad"))
    found = {Path(path).name.partition("-")[0]: audit for path, audit in audited(files, 2).items()}
    assert ["died" in each.message for each in found["bad"].failures] == [True]
    assert found["one"].failures == found["two"].failures == []
    assert found["one"].distribution is not None


@forked
def test_all_processes_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = wheels(tmp_path, "bad", "bad2", "one")
    monkeypatch.setattr(work, "audit_distribution", ending("bad"))
    found = audited(files, 2)
    assert set(found) == set(files)
    assert all("try --jobs 1" in each.message for audit in found.values() for each in audit.failures)


@forked
def test_process_ends_with_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that ends one process must not end the next one."""
    files = wheels(tmp_path, "bad", "one")
    monkeypatch.setattr(workers, "_split", lambda files, jobs: {each: 4 for each in files if "bad" in each})
    monkeypatch.setattr(work, "judge_part", lambda *given: given[-2].number or os._exit(1))
    found = {Path(path).name.partition("-")[0]: audit for path, audit in audited(files, 3).items()}
    assert ["died" in each.message for each in found["bad"].failures] == [True]
    assert not found["one"].failures
    assert found["one"].distribution is not None


@forked
def test_result_that_cannot_be_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.audit_distribution

    def audit(path: str, *given: object) -> Audit:
        made = real(path, *given)  # type: ignore[arg-type]  # passed on unchanged
        made.skipped = [sys]  # type: ignore[list-item]  # no process can send a module
        return made

    monkeypatch.setattr(work, "audit_distribution", audit)
    found = audited(wheels(tmp_path, "one", "two"), 2)
    assert all("(TypeError)" in audit.failures[0].message for audit in found.values())


def test_only_a_file_at_another_path_was_built(tmp_path: Path) -> None:
    wheel = str(Wheel(tag="cp311-cp311-linux_x86_64").build().write(tmp_path))
    built = os.path.join("project", os.path.basename(wheel))
    found = audited({wheel: wheel, built: wheel}, 1)
    given, made = (found[each].distribution for each in (wheel, built))
    assert given is not None
    assert not given.was_built
    assert made is not None
    assert made.was_built
