"""What attempts become: the contents of a distribution, causes, findings foreseen, and differences."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.version import Version

from pkgaudit.config.config import ConfigError, parse_config
from pkgaudit.finding import Finding, Location, Severity, Suppression, SuppressionKind
from pkgaudit.model.distribution import Wheel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.tries import Fate, Step, Trial
from pkgaudit.rules.trying.foreseen import foreseen
from pkgaudit.run import without_confirmed
from pkgaudit.trying.attempt import Attempt, Subject, Tools, Trying
from pkgaudit.trying.contents import Contents
from pkgaudit.trying.environments import (
    Choices,
    Environment,
    is_failed_build,
    is_of_machine,
    make_installer,
    reason_in,
    recorded,
)
from pkgaudit.trying.pythons import Python
from pkgaudit.trying.sandbox import Done, Limits, Sandbox, remove_tree
from pkgaudit.trying.sdists import compare
from pkgaudit.trying.session import joined


def contents(*paths: str, left_out: dict[str, str] | None = None) -> Contents:
    listed = {
        "site": "/site",
        "paths": paths,
        "entry_points": [],
        "suffixes": [".py", ".cpython-39.so", ".so"],
    }
    return Contents.of(listed, left_out or {})


class TestContents:
    def test_modules(self) -> None:
        found = contents(
            "sample/__init__.py",
            "sample/core.py",
            "sample/fast.cpython-39.so",
            "sample/_private.py",
            "sample/class.py",
            "sample/2to3.py",
            "sample/tests/__init__.py",
            "sample/tests/test_x.py",
            "sample/data/plan.json",
            "sample/templates/setup.py",
            "sample/__main__.py",
            "single.py",
            "test/__init__.py",
            "../../../bin/sample",
            "sample-1.0.dist-info/METADATA",
        )
        assert [*found.modules] == ["single", "sample", "sample.core", "sample.fast", "test"]
        assert found.mains == {"sample", "single", "test"}
        assert found.data == [("sample", "data/plan.json")]
        assert found.tops == {"sample", "single", "test"}

    def test_a_namespace(self) -> None:
        found = contents("space/one/__init__.py", "space/one/x.py", "space/two.py", "space/one/x.txt")
        assert found.mains == {"space.one", "space.two"}
        assert [*found.modules] == ["space.two", "space.one", "space.one.x"]
        assert found.data == [("space.one", "x.txt")]

    def test_left_out(self) -> None:
        found = contents("a/__init__.py", "a/gui/__init__.py", "a/gui/x.py", left_out={"a.gui*": "a display"})
        assert [*found.modules] == ["a"]
        assert found.left_out == {"a.gui": "a display", "a.gui.x": "a display"}


def attempt(version: str, *trials: Trial, done: tuple[tuple[Step, str], ...] = ()) -> Attempt:
    python = Python("", Version(version))
    subject = Subject("d", "d", Wheel("d", "d"))
    made = Attempt(subject, python, [replace(each, pythons=(python.name,)) for each in trials])
    made.done |= {*done, *((each.step, each.name) for each in trials)}
    return made


def failed(name: str, step: Step = Step.IMPORT, **facts: Any) -> Trial:
    usual: dict[str, Any] = {"kind": "ImportError", "member": "a/b.py", "line": 3, "error": "ImportError: x"}
    facts = usual | facts
    return Trial("d", step, Fate.FAILED, name, **facts)


class TestJoined:
    def test_one_cause_is_one_trial(self) -> None:
        trials = [
            failed("a.b"),
            failed("a", is_main=True),
            failed("console_scripts: a", Step.LOAD),
            failed("a.b.c"),
            failed("a.other", line=9),
        ]
        first, second = joined([attempt("3.9", *trials)])
        assert (first.name, first.is_main) == ("a", True)
        assert first.others == ("a.b", "a.b.c", "console_scripts: a")
        assert second.name == "a.other"

    def test_pythons(self) -> None:
        (made,) = joined(
            [
                attempt("3.13", failed("a", error="ImportError: in other words")),
                attempt("3.9", failed("a")),
                attempt("3.10", done=((Step.IMPORT, "a"),)),
                attempt("3.11"),
            ]
        )
        assert made.pythons == ("CPython 3.9", "CPython 3.13")
        assert made.fine == ("CPython 3.10",)  # with 3.11 it was not tried

    def test_both_options_of_a_command(self) -> None:
        both = [Trial("d", Step.RUN, Fate.EXITED, f"a {each}", status=2) for each in ("--help", "--version")]
        (made,) = joined([attempt("3.9", *both)])
        assert (made.name, made.others) == ("a --help", ("a --version",))


def finding(code: str, member: str | None = "a/b.py", line: int | None = 3, **data: Any) -> Finding:
    where = Location(member, line)
    return Finding(code, code.lower(), Severity.WARNING, "d", where, "said", "do it", code, data=data)


def test_the_time_of_a_wheel_begins_when_it_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel waits for those before it."""
    given = []

    def make(python: Python, environment: Environment, deadline: float) -> Done:
        given.append(deadline - time.monotonic())
        return Done(None, "waiting\n")

    installer: Any = SimpleNamespace(make=make)
    subject = Subject("a-1-py3-none-any.whl", "a-1-py3-none-any.whl", wheel("a-1-py3-none-any.whl"))
    tools = Tools(Sandbox(), installer, Limits(distribution=100.0))
    trying = Trying(subject, Python("python", Version("3.11")), tools, tmp_path / "environment")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 1000)
    made = trying.run()
    assert given == [100]
    assert made.failures == []
    assert ["its time was over" in each.reason for each in made.skipped] == [True]


class TestForeseen:
    @pytest.mark.parametrize(
        ("trial", "expected", "agrees"),
        [
            (failed("a"), finding("WH110"), True),
            (failed("a"), finding("WH110", line=4), False),
            (failed("a", missing="lost"), finding("WH111", "a/c.py", 9, module="lost"), True),
            (failed("a"), finding("WH105"), False),
            (failed("console_scripts: run", Step.LOAD), finding("WH122", "e", 1, name="run"), True),
            (failed("run --help", Step.RUN, member=None), finding("WH122", "e", 1, name="run"), True),
            (failed("console_scripts: run", Step.LOAD), finding("WH122", "e", 1, name="other"), False),
            (failed("a"), replace(finding("WH110"), distribution="other"), False),
        ],
    )
    def test_what_a_trial_confirms(self, trial: Trial, expected: Finding, agrees: bool) -> None:
        found = [*foreseen(trial, [expected])]
        assert [each.code for each in found] == ([expected.code] if agrees else [])

    def test_a_confirmed_finding_is_not_repeated(self) -> None:
        static = finding("WH110")
        trial = replace(finding("TR103"), confirms=("WH110",))
        assert without_confirmed([static, trial]) == [trial]
        elsewhere = replace(static, distribution="other")
        assert without_confirmed([elsewhere, trial]) == [elsewhere, trial]
        ignored = replace(trial, suppressed=Suppression(SuppressionKind.IGNORE))
        assert without_confirmed([static, ignored]) == [static, ignored]


def wheel(name: str, *paths: str, metadata: str = "Name: a\nVersion: 1\n") -> Wheel:
    files = [*paths, "a-1.dist-info/METADATA", "a-1.dist-info/RECORD", "a-1.dist-info/WHEEL"]
    entries = [Entry(each, EntryType.FILE) for each in files]
    return Wheel(name, name, entries=entries, kept={"a-1.dist-info/METADATA": metadata.encode()})


class TestCompare:
    def test_equal_but_for_repairs(self) -> None:
        built = wheel("a-1-cp39-cp39-linux_x86_64.whl", "a/x.cpython-39-x86_64-linux-gnu.so")
        given = wheel("a-1-cp39-cp39-manylinux2014_x86_64.whl", "a/x.abi3.so", "a.libs/libz.so")
        assert list(compare(built, given)) == []

    def test_differences(self) -> None:
        built = wheel("a-1-py3-none-any.whl", "a/x.py", metadata="Name: a\nVersion: 1\nRequires-Dist: b\n")
        given = wheel(
            "a-1-py2.py3-none-any.whl", "a/y.py", metadata="Name: A\nVersion: 1\nRequires-Dist: c >1\n"
        )
        assert list(compare(built, given)) == [
            "'a/y.py' is missing",
            "'a/x.py' is additional",
            "Requires-Dist: 'c>1' is missing",
            "Requires-Dist: 'b' is additional",
        ]

    def test_tags(self) -> None:
        differences = compare(wheel("a-1-py3-none-any.whl"), wheel("a-1-cp39-cp39-win_amd64.whl"))
        assert list(differences) == ["the tags are py3-none-any, not cp39-cp39-win_amd64"]


def test_extras() -> None:
    metadata = 'Name: a\nRequires-Dist: PyYAML; extra == "files"\nRequires-Dist: b\nRequires-Dist: !\n'
    subject = Subject("a", "a-1-py3-none-any.whl", wheel("a-1-py3-none-any.whl", metadata=metadata))
    assert subject.extra_of("yaml") == "files"
    assert subject.extra_of("other.yaml") is None
    assert subject.requirements == ["b", "!"]


@pytest.mark.parametrize(
    ("output", "machine", "build"),
    [
        ("error: Failed to fetch: `https://…`\n  cause: error sending request", True, False),
        ("ERROR: No matching distribution found for b>=2", False, False),
        ("error: Failed to build `b==1`", False, True),
    ],
)
def test_why_an_installer_failed(output: str, machine: bool, build: bool) -> None:
    done = Done(1, output)
    assert (is_of_machine(done), is_failed_build(done)) == (machine, build)
    assert is_of_machine(Done(None, ""))


def test_the_reason_of_an_installer() -> None:
    said = "error: No solution found\n  cause: Because b\n         is missing.\n\nhint: try\n"
    assert reason_in(said) == "Because b is missing."
    assert reason_in("x\nERROR: No matching distribution\n\n") == "No matching distribution"
    assert reason_in("") == ""


def test_code_gets_no_variables_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PUBLISH_TOKEN", "secret")
    monkeypatch.setenv("DISPLAY", ":0")
    variables = Environment(tmp_path).variables()
    assert not {"UV_PUBLISH_TOKEN", "DISPLAY", "PYTHONPATH"} & set(variables)
    assert {variables[name] for name in ("HOME", "TMPDIR")} == {str(tmp_path / "home"), str(tmp_path / "tmp")}


def test_folders_without_permissions_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "c").touch()
    (folder / "link").symlink_to(tmp_path)
    (folder / "b").chmod(0)
    folder.chmod(stat.S_IRUSR)
    remove_tree(folder)
    assert not folder.exists()
    assert tmp_path.exists()


def test_only_regular_lists_of_files_are_read(tmp_path: Path) -> None:
    """The code may replace any of them."""
    environment = Environment(tmp_path)
    for name in ("a-1", "b-1", "c-1"):
        (environment.root / f"{name}.dist-info").mkdir(parents=True)
    (environment.root / "a-1.dist-info/RECORD").write_text("a.py,,\n\n")
    os.mkfifo(environment.root / "b-1.dist-info/RECORD")
    (environment.root / "c-1.dist-info/RECORD").symlink_to(os.devnull)
    assert recorded(environment) == {"a.py"}


def test_what_code_has_left_is_uninstalled_in_its_namespace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox()
    seen: list[list[str]] = []

    def start(command: list[str], **_: Any) -> Done:
        seen.append(command)
        return Done(0, "")

    monkeypatch.setattr(sandbox, "confined", lambda command, _: ["confined", *command])
    monkeypatch.setattr(sandbox, "run", start)
    for uv in (None, "/uv"):
        installer = make_installer(sandbox, Choices(), tmp_path, uv)
        installer.check(Environment(tmp_path), 1)
        installer.uninstall(Environment(tmp_path), "a", 1)
    assert [each[0] for each in seen] == ["confined"] * 4


class TestSettings:
    def test_all(self) -> None:
        table = {"leave-out": {"a.*": "why"}, "module-seconds": 5, "memory": "1 GiB"}
        settings = parse_config({"try": table}, "c").trying
        assert (settings.leave_out, settings.module_seconds, settings.memory) == ({"a.*": "why"}, 5, 1 << 30)
        assert settings.wheel_seconds == 240

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ({"leave-out": {"a": " "}}, "leave-out: 'a' needs a reason"),
            ({"wheel-seconds": 0}, "wheel-seconds must be positive"),
            ({"leave": {}}, "unknown key 'leave'"),
        ],
    )
    def test_wrong(self, table: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            parse_config({"try": table}, "c")
