"""A task costs only the file at fault its verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx", reason="the extra 'sweep' is not installed")

from fixtures.builders import Wheel
from pkgaudit.child import ChildError, Crew
from pkgaudit.config.config import Config, parse_config
from pkgaudit.sweep import work as module
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.auditing import Auditor, Order
from pkgaudit.sweep.row import ERROR, PASS, unaudited
from pkgaudit.sweep.wanted import Task, Wanted, tasks_of
from pkgaudit.sweep.work import Settings, TroubleError, work


class FakeChild:
    """Audits without a process; ``faults`` has the files at which it stops, and ``orders`` what it got."""

    def __init__(self, faults: set[str]) -> None:
        self.faults = faults
        self.orders: list[Order] = []

    def do(self, order: Order, limit: float) -> bytes:
        self.orders.append(order)
        for number, name in enumerate(order.files):
            if name in self.faults:
                raise ChildError("it stopped", number)
        if "the comparison" in self.faults and len(order.files) > 1:
            raise ChildError("it stopped", len(order.files))
        rows = [
            {**unaudited(each, "", "r").in_json(), "verdict": PASS, "failures": []} for each in order.wanted
        ]
        return json.dumps(rows).encode()


class FakeCrew(Crew):
    def __init__(self, *faults: str) -> None:
        super().__init__()
        self.made = FakeChild({*faults})

    def child(self, *_: Any) -> Any:
        return self.made


SETTINGS = Settings(Config(), "r", Access())


@pytest.fixture
def task(tmp_path: Path) -> Task:
    files = []
    for name in ("p-1-py3-none-any.whl", "p-1-py2-none-any.whl", "p-1.tar.gz"):
        (tmp_path / name).write_bytes(name.encode())
        files.append(Wanted(name, str(tmp_path / name)))
    return Task("p", "1", tuple(files))


def verdicts(task: Task, crew: FakeCrew, *, isolates: bool) -> dict[str, str]:
    return {each.file: each.verdict for each in work(task, SETTINGS, isolates=isolates, crew=crew)}


def test_all_files_of_a_version_are_audited_together(task: Task) -> None:
    crew = FakeCrew()
    assert set(verdicts(task, crew, isolates=False).values()) == {PASS}
    assert [len(each.files) for each in crew.made.orders] == [3]


def test_the_first_trouble_is_for_another_worker(task: Task) -> None:
    with pytest.raises(TroubleError, match="it stopped"):
        work(task, SETTINGS, crew=FakeCrew("p-1.tar.gz"))


def test_the_file_at_fault_has_no_verdict_and_the_others_are_compared(task: Task) -> None:
    crew = FakeCrew("p-1-py2-none-any.whl")
    found = work(task, SETTINGS, isolates=True, crew=crew)
    assert {each.file for each in found if each.verdict == ERROR} == {"p-1-py2-none-any.whl"}
    assert [each.failures for each in found if each.failures] == [["could not be audited: it stopped"]]
    assert [len(each.files) for each in crew.made.orders] == [3, 2]


def test_a_comparison_at_fault_is_left_out(task: Task) -> None:
    crew = FakeCrew("the comparison")
    assert set(verdicts(task, crew, isolates=True).values()) == {PASS}
    assert [len(each.files) for each in crew.made.orders] == [3, 1, 1, 1]


def test_a_file_that_the_worker_does_not_have(task: Task) -> None:
    Path(task.files[0].location).unlink()
    found = verdicts(task, FakeCrew(), isolates=True)
    assert found.pop("p-1-py3-none-any.whl") == ERROR
    assert set(found.values()) == {PASS}


def test_equal_copies_of_a_file_are_audited_once(tmp_path: Path) -> None:
    files = []
    for number, content in enumerate((b"a", b"a", b"b")):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / "p-1.tar.gz"
        path.write_bytes(content)
        digest = "a" * 64 if number == 0 else ""
        files.append(Wanted("p-1.tar.gz", str(path), digest))
    crew = FakeCrew()
    original = module._digest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_digest", lambda each: "a" * 64 if each is files[1] else original(each))
        found = work(Task("p", "1", tuple(files)), SETTINGS, crew=crew)
    assert [each.location for each in found] == [each.location for each in files]
    assert len(crew.made.orders) == 2


def test_a_version_is_compared_with_the_one_before(tmp_path: Path) -> None:
    new = Wheel("sample", "1.1").build().write(tmp_path)
    old = Wheel("sample", "1.0").build().write(tmp_path)
    config = replace(Config(), against=(Path(),))
    tasks = [
        task
        for several in tasks_of([Wanted(new.name, str(new)), Wanted(old.name, str(old))], compares=True)
        for task in several
    ]
    assert [[each.file for each in task.earlier] for task in tasks] == [[old.name], []]
    seen = {}

    class Looking(FakeChild):
        def do(self, order: Order, limit: float) -> bytes:
            seen[order.wanted[0].file] = (
                {each.name for each in Path(order.earlier).iterdir()} if order.earlier else set()
            )
            return super().do(order, limit)

    crew = FakeCrew()
    crew.made = Looking(set())
    for task in tasks:
        work(task, Settings(config, "r", Access()), crew=crew)
    assert seen == {new.name: {old.name}, old.name: set()}


def test_the_auditor_tells_each_file_and_refuses_other_rules(tmp_path: Path) -> None:
    from pkgaudit.child import RefusedError
    from pkgaudit.identity import rules_of
    from pkgaudit.rule import load_registry

    config = parse_config({"select": ["MD"]}, "the test")
    path = Wheel("sample", "1.0").build().write(tmp_path)
    wanted = Wanted(path.name, str(path))
    auditor = Auditor(config)
    steps: list[int] = []
    order = Order({wanted.file: str(path)}, (wanted,), rules_of(config, load_registry()))
    (found,) = json.loads(auditor(order, steps.append))
    assert (found["file"], found["project"], found["version"]) == (path.name, "sample", "1.0")
    assert found["verdict"] in (PASS, "fail")
    assert steps == [1]
    with pytest.raises(RefusedError, match="another version of pkgaudit"):
        auditor(Order(order.files, order.wanted, "others"), steps.append)
