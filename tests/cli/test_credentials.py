"""``pkgaudit credentials``: its reports, its options, and that no output has a part of a secret."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fixtures import tokens
from fixtures.homes import Home
from pkgaudit.report.result import formats
from tests.support import MANIFESTS, run

# The places of other systems are tested in tests/inputs/test_machine.py.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the homes have the folders of Linux")

REPORTS = sorted(set(formats()) - MANIFESTS)
"""The formats that need no distribution."""

FOREIGN = re.compile(
    r"(?:TWINE|UV|HATCH|PDM|FLIT|POETRY|MATURIN|PIP|PYPI|XDG)_\w+|NETRC|CI|VIRTUAL_ENV|DBUS\w+"
)
"""Variables of the machine that runs the tests, which would change the results."""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if FOREIGN.fullmatch(each)]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return an empty home with an empty project, which is the working directory, and a good keyring."""
    monkeypatch.setattr("pkgaudit.inputs.machine._is_installed", lambda _: True)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.SecretService.Keyring")
    home = Home(tmp_path / "home")
    home.write("work/sample/pyproject.toml", '[project]\nname = "sample"\n')
    enter(home, monkeypatch)
    return home


def enter(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.project)
    monkeypatch.setenv("HOME", str(home.path))
    monkeypatch.setenv("USERPROFILE", str(home.path))


def credentials(*arguments: object) -> Result:
    return run("credentials", "--no-config", *arguments)


def found(*arguments: object) -> list[tuple[str, str]]:
    report: dict[str, Any] = json.loads(credentials("--format", "json", *arguments).stdout)
    assert report["errors"] == []
    return sorted((each["code"], each["distribution"]) for each in report["findings"])


TOKEN = tokens.pypi_token([[1, ["sample"]]])


class TestReports:
    def test_nothing(self, home: Home) -> None:
        done = credentials()
        assert done.exit_code == 0
        assert re.fullmatch(r"15 rules, [0-9.]+ s\n0 errors, 0 warnings, 0 infos\nPASS\n", done.stdout), (
            done.stdout
        )

    def test_folder_that_was_removed(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = home.path / "gone"
        folder.mkdir()
        monkeypatch.chdir(folder)
        folder.rmdir()
        done = credentials()
        assert done.exit_code == 2
        assert done.stderr == "Error: the working directory: No such file or directory\n"

    def test_keyring_that_cannot_be_told(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pkgaudit.inputs.machine._is_installed", lambda _: False)
        done = credentials("-v")
        assert done.exit_code == 0
        assert "skipped: keyring: the back end of keyring cannot be told: " in done.stdout

    def test_text(self, home: Home) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n", 0o644)
        done = credentials()
        assert done.exit_code == 1
        assert done.stdout.startswith("~/.pypirc\n  error CR102 readable-credential-file\n")
        assert "line 2: the section 'pypi' contains a PyPI token (pypi-…, " in done.stdout
        assert "run: chmod 600 ~/.pypirc" in done.stdout
        assert done.stdout.endswith("1 error, 1 warning, 0 infos\nFAIL\n")

    @pytest.mark.parametrize("name", REPORTS)
    def test_each_format_has_the_finding(self, name: str, home: Home, tmp_path: Path) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        done = credentials("--format", name)
        assert done.exit_code == 0
        assert "CR101" in done.stdout

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("markdown", "`~/.pypirc:2`"),
            ("github", "%0Ain ~/.pypirc:2%0A"),
            ("junit", "  at ~/.pypirc:2\n"),
            ("gitlab", '"begin": 2'),
            ("sarif", '"startLine": 2'),
            ("html", "Pass: 1 finding"),
        ],
    )
    def test_place_in_a_file_that_is_no_distribution(self, name: str, text: str, home: Home) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        assert text in credentials("--format", name).stdout

    def test_options(self, home: Home) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        assert found() == [("CR101", "~/.pypirc")]
        assert credentials("--fail-on", "warning").exit_code == 1
        assert credentials("--severity", "CR101=error").exit_code == 1
        assert found("--ignore", "CR101") == []
        assert found("--ignore", "CR10") == []
        assert found("--select", "CR102") == []
        assert found("--per-distribution-ignores", ".pypirc=CR101") == []
        assert credentials("--select", "SE").exit_code == 2

    def test_selection_for_audits(self, home: Home) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        home.write("work/sample/pkgaudit.toml", 'select = ["SE"]\nfail-on = "warning"\n')
        done = run("credentials")
        assert (done.exit_code, "CR101" in done.stdout) == (1, True)

    def test_configuration(self, home: Home) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        home.write("work/sample/pkgaudit.toml", 'profile = "pypi"\nfail-on = "warning"\n')
        done = run("credentials")
        assert done.exit_code == 1
        assert "CR101" in done.stdout

    def test_credential_files_are_not_overwritten(self, home: Home) -> None:
        path = home.write(".netrc", "")
        done = credentials("-o", f"json={path}")
        assert done.exit_code == 2
        assert "no report may overwrite it" in done.stderr


class TestNoSecretIsShown:
    @pytest.fixture
    def full(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
        home = Home.full(tmp_path)
        for name, value in home.environment().items():
            monkeypatch.setenv(name, value)
        enter(home, monkeypatch)
        return home

    def test_all_rules_find_something(self, full: Home) -> None:
        codes = {code for code, _ in found()}
        # No job of this project has the permission, and the keyring depends on the machine.
        assert codes >= {f"CR{number}" for number in range(101, 116)} - {"CR109", "CR112"}

    def test_no_output_has_eight_characters_of_a_secret(self, full: Home, tmp_path: Path) -> None:
        outputs = [f"{name}={tmp_path / name}" for name in REPORTS]
        options = [part for each in outputs for part in ("-o", each)]
        done = credentials("-vv", "--group-by", "rule", "--statistics", *options)
        texts = [done.stdout, done.stderr, *((tmp_path / name).read_text("utf-8") for name in REPORTS)]
        assert len(full.secrets) > 30
        for secret in full.secrets:
            pieces = {secret[at : at + 8] for at in range(len(secret) - 7)}
            for text in texts:
                assert not [each for each in pieces if each in text]

    def test_crashing_rule(self, full: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        def crash(self: object) -> None:
            raise ValueError(full.secrets)

        monkeypatch.setattr("pkgaudit.rules.credentials.rules_files.damage_of", crash)
        done = credentials("-vv")
        assert done.exit_code == 2
        assert "rule CR115 unreadable-credential-file" in done.stdout
        for secret in full.secrets:
            assert secret[:8] not in done.output.replace("pypi-", "")


class TestCheckout:
    def test_file_of_a_project_without_version_control(self, home: Home) -> None:
        home.write("work/sample/.pypirc", f"[pypi]\npassword = {TOKEN}\n")
        assert found() == [("CR103", ".pypirc")]

    def test_home_is_no_project(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        home.write(".pypirc", f"[pypi]\npassword = {TOKEN}\n")
        monkeypatch.chdir(home.path)
        assert found() == [("CR101", "~/.pypirc")]
