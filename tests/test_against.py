"""A release beside the one before: the complete audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from fixtures.tokens import checked_token
from pkgaudit import audit, execution
from pkgaudit.config.config import parse_config
from pkgaudit.model.capabilities import Capabilities
from pkgaudit.plan import Plan
from pkgaudit.rules.wheel.startup_files import StartFile
from tests.support import registry, run

HOOK = b"import sample.core\n"

TOKEN = checked_token("ghp", "against")


def wheel(folder: Path, version: str, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    made = Wheel(version=version)
    made.files |= {name.replace("_pth", ".pth"): data for name, data in files.items()}
    return made.build().write(folder)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A wheel with a new startup hook."""
    return wheel(tmp_path / "dist", "1.1", sample_pth=HOOK)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder with the wheel of the version before, which has faults."""
    wheel(tmp_path / "old", "1.0", **{".env": b"X=1\n", "tools.py": b"exec('x')\n"})
    return tmp_path / "old"


def report(*arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--no-config", "--select", "RL,BH106,SF1,AR1,CF", "--format", "json")
    return {"status": done.exit_code, **json.loads(done.stdout)}


def codes(made: dict[str, Any]) -> set[str]:
    return {each["code"] for each in made["findings"]}


def test_the_changes_are_reported_and_the_faults_of_the_old_files_are_not(new: Path, old: Path) -> None:
    made = report(new, "--against", old)
    assert codes(made) - codes(report(new)) == {"RL109", "RL110"}
    assert [each["path"] for each in made["distributions"]] == [str(new)]
    assert not made["errors"]


def test_the_configuration_of_a_program_has_the_same_key(new: Path, old: Path) -> None:
    assert "RL110" in {each.code for each in audit(new, {"against": old}).findings}


def test_rules_on_changes_need_an_earlier_release(new: Path) -> None:
    done = run(new, "--no-config", "--select", "RL110")
    assert done.exit_code == 2
    assert "the selected rules compare a release with an earlier one; add --against" in done.output


def test_without_an_earlier_release_nothing_is_prepared(new: Path) -> None:
    plans = [
        Plan.make(registry(), parse_config({"select": ["RL", "BH106"], **more}, "test"))
        for more in ({}, {"against": ["old"]})
    ]
    kept = [plan.kept_summaries & {StartFile, Capabilities} for plan in plans]
    assert kept == [{StartFile}, {StartFile, Capabilities}]
    assert [len(plan.updates) for plan in plans] == [0, 7]


def test_no_rule_runs_on_old_files(old: Path) -> None:
    plan = Plan.make(registry(), parse_config({"against": ["old"]}, "test")).for_old()
    assert not any([plan.views, plan.members, plan.distributions, plan.releases, plan.uploads])
    assert plan.updates
    assert {each.result for each in plan.summaries} == {StartFile, Capabilities}


def test_a_project_without_an_earlier_release_is_noted(new: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    Wheel("other").build().write(tmp_path / "other")
    made = report(new, "--against", tmp_path / "other")
    assert made["skipped"] == [
        {"path": "sample", "reason": "no earlier release to compare it with was given"}
    ]
    assert made["status"] == report(new)["status"]


def test_an_earlier_release_of_the_other_kind_is_noted(new: Path, tmp_path: Path) -> None:
    (tmp_path / "sdist").mkdir()
    Sdist().build().write(tmp_path / "sdist")
    [skipped] = report(new, "--against", tmp_path / "sdist")["skipped"]
    assert (skipped["path"], "so most is not compared" in skipped["reason"]) == ("sample", True)


def test_a_copy_of_the_release_is_no_earlier_one(new: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "copy", "1.1", sample_pth=HOOK)
    made = report(new, "--against", tmp_path / "copy")
    assert [each["path"] for each in made["skipped"]] == ["sample"]
    assert codes(made) == codes(report(new))


@pytest.mark.parametrize("data", [b"", b"PK\3\4", None])
def test_an_old_file_that_cannot_be_read_is_an_error(data: bytes | None, new: Path, old: Path) -> None:
    [file] = old.iterdir()
    file.write_bytes(file.read_bytes()[:-300] if data is None else data)
    made = report(new, "--against", old)
    assert made["status"] == 2
    assert [(each["distribution"], each["message"]) for each in made["errors"]] == [
        (str(file), "cannot be read completely, so no release is compared with it; download it again")
    ]
    assert codes(made) == codes(report(new))


def test_a_missing_path_is_an_error(new: Path, tmp_path: Path) -> None:
    made = report(new, "--against", tmp_path / "missing")
    assert made["status"] == 2
    assert made["errors"][0]["message"].startswith("there is no such file or folder; --against needs")


def test_a_secret_of_an_old_file_is_not_shown(new: Path, tmp_path: Path) -> None:
    made = Wheel(version="1.0")
    made.files["sample/secret.py"] = f"TOKEN = '{TOKEN}'\n".encode()
    made.files[f"sample-1.0.data/scripts/{TOKEN}"] = b"#!python\n"
    (tmp_path / "old").mkdir()
    made.build().write(tmp_path / "old")
    done = run(new, "--no-config", "--against", tmp_path / "old", "--format", "json")
    assert "lacks the command" in done.stdout
    assert TOKEN not in done.stdout


def test_workers_and_a_cache_give_the_same(
    new: Path, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(execution, "WORTH_PARTS", 0)
    expected = report(new, "--against", old)["findings"]
    for more in (["--jobs", "2"], ["--cache"], ["--cache"]):
        assert report(new, "--against", old, *more)["findings"] == expected
