"""The gate audits copies as if they were the given files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from tests.support import run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("more", [(), ("--cache",)])
def test_a_copy_is_not_a_file_that_was_built_for_the_audit(more: tuple[str, ...]) -> None:
    wheel = Wheel(tag="cp311-cp311-linux_x86_64").build().write(Path())
    assert run(wheel, "--no-config", *more).exit_code == 1
    done = run("gate", wheel, "--no-config", *more, "--dry-run", "--", "true", "{files}")
    assert done.exit_code == 1
    assert "not started: the audit failed" in done.stderr


def test_a_manifest_after_a_run_with_a_cache_has_all_digests() -> None:
    wheel = Wheel().build().write(Path())
    found = []
    for more in ([], ["-o", "manifest=one.json"], ["-o", "manifest=two.json"]):
        assert run(wheel, "--no-config", "--cache", *more).exit_code == 0
    for name in ("one.json", "two.json"):
        (file,) = json.loads(Path(name).read_text())["files"]
        found.append(file["blake2b_256"])
    assert len(found[0]) == 64
    assert found[0] == found[1]


class TestSelection:
    """A selection of rules on distributions does not switch off the guards."""

    COMMAND = ("twine", "upload", "--repository-url", "http://packages.example.com/", "dist/*")

    @pytest.fixture(autouse=True)
    def twine(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "dist").mkdir()
        Wheel().build().write(folder / "dist")
        program = folder / "bin" / "twine"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    @pytest.mark.parametrize("more", [["--select", "SE"], ["--profile", "pypi"], ["--ignore", "GT"]])
    def test_guards_run(self, more: list[str]) -> None:
        done = run("gate", "dist/*", "--no-config", *more, "--", *self.COMMAND)
        assert done.exit_code == 1
        assert "refused: twine uploads to http://packages.example.com/ without encryption" in done.stderr

    def test_a_guard_that_is_ignored_by_name_does_not(self) -> None:
        done = run("gate", "dist/*", "--no-config", "--ignore", "GT108", "--", *self.COMMAND)
        assert (done.exit_code, done.stderr.endswith("twine exited with status 0\n")) == (0, True)
