"""What counts as a stray file, beyond the cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pkgaudit
from fixtures import logins
from fixtures.builders import Sdist, Wheel
from fixtures.samples import sdist, wheel
from pkgaudit.config.config import ConfigError, parse_config
from pkgaudit.rules.stray.pattern_rules import Marks
from tests.support import audit, registry


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (rule.name, key)
        for rule in registry()
        if rule.options and issubclass(rule.options, Marks)
        for key in ("extend", "allow")
    ],
)
def test_every_rule_takes_patterns(rule: str, key: str) -> None:
    parse_config({rule: {key: ["*.x"]}}, "test").validate(registry())


def test_bad_pattern_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\[tool-cache\]"):
        parse_config({"tool-cache": {"extend": ["!"]}}, "test").validate(registry())


@pytest.mark.parametrize(
    ("rule", "code", "name"),
    [
        ("tool-cache", "SF201", ".mycache"),
        ("bytecode", "SF104", "x.bytecode"),
        ("build-leftover", "SF206", "libx.a"),
        ("own-artifact", "SF106", "other-1.0-py3-none-any.whl"),
        ("agent-file", "SF205", "NOTES.agent"),
    ],
)
def test_patterns_of_the_user_count(rule: str, code: str, name: str, tmp_path: Path) -> None:
    table: dict[str, Any] = {rule: {"extend": [name]}, "select": [code]}
    (finding,) = audit(tmp_path, wheel({f"sample/{name}": b"x\n"}), table)
    assert finding.location.member == f"sample/{name}"


def test_patterns_can_be_replaced(tmp_path: Path) -> None:
    table = {"tool-cache": {"patterns": [".mine/"]}, "select": ["SF201"]}
    found = audit(tmp_path, sdist({".mine/x": b"x\n", ".tox/y": b"y\n"}), table)
    assert [finding.location.member for finding in found] == ["sample-1.0/.mine"]


def test_folder_is_one_finding_with_its_size(tmp_path: Path) -> None:
    files = {f".git/objects/{number:02}": b"x" * 1000 for number in range(500)}
    (finding,) = audit(tmp_path, sdist(files), {"select": ["SF"]})
    assert finding.message == "'sample-1.0/.git' belongs to version control (500 files, 500.0 kB)"
    assert finding.fix is not None
    assert finding.fix.endswith("prune .git")


def test_environment_is_one_finding(tmp_path: Path) -> None:
    files = {
        ".venv/pyvenv.cfg": b"home = /usr/bin\n",
        ".venv/lib/python3.11/site-packages/pip-26.0.dist-info/INSTALLER": b"pip\n",
        ".venv/lib/python3.11/site-packages/env/bin/activate": b"#\n",
    }
    (finding,) = audit(tmp_path, sdist(files), {"select": ["SF105"]})
    assert finding.location.member == "sample-1.0/.venv"


def test_credential_is_masked_and_identified(tmp_path: Path) -> None:
    text = f"[pypi]\nusername = a\npassword = {logins.PASSWORD}\n".encode()
    (finding,) = audit(tmp_path, sdist({".pypirc": text}), {"select": ["SF101"]})
    assert finding.message == "'sample-1.0/.pypirc' contains a password for pypi (line 3, x6V…VW)"
    (moved,) = audit(tmp_path, sdist({".pypirc": b"# mine\n" + text}), {"select": ["SF101"]})
    assert moved.fingerprint == finding.fingerprint


@pytest.mark.parametrize(
    ("folder", "severity"),
    [("demo", "error"), ("src/demo", "error"), ("demo/tests", "warning"), ("examples", "warning")],
)
def test_the_package_of_a_project_called_demo_is_no_example(
    folder: str, severity: str, tmp_path: Path
) -> None:
    text = f"[pypi]\nusername = a\npassword = {logins.PASSWORD}\n".encode()
    for made in (Wheel("demo"), Sdist("demo")):
        made.files[f"{folder}/.pypirc"] = text
        if isinstance(made, Wheel) and folder == "src/demo":
            continue
        (finding,) = audit(tmp_path, made.build(), {"select": ["SF101"]})
        assert str(finding.severity) == severity


@pytest.mark.parametrize(
    ("path", "severity"), [("home", "warning"), ("tests/home", "info"), ("docs", "info")]
)
def test_history_without_a_credential_is_milder(path: str, severity: str, tmp_path: Path) -> None:
    (finding,) = audit(tmp_path, sdist({f"{path}/.bash_history": b"ls\n"}), {"select": ["SF101"]})
    assert str(finding.severity) == severity


def test_folder_that_is_called_like_a_store_is_none(tmp_path: Path) -> None:
    files = {"sample/x.keystore/readme": b"x\n", "sample/.kube/config/x": b"x\n"}
    assert audit(tmp_path, wheel(files), {"select": ["SF101"]}) == []


def test_replaced_patterns_count_by_name_where_no_format_is_known(tmp_path: Path) -> None:
    table = {"credential-file": {"patterns": ["*.login", "*.p12"]}, "select": ["SF101"]}
    found = audit(tmp_path, wheel({"sample/x.login": b"x\n", "sample/x.p12": b"x\n"}), table)
    assert [each.location.member for each in found] == ["sample/x.login"]


@pytest.mark.parametrize(
    ("path", "text", "first"),
    [
        (".env", f"DB_PASSWORD={logins.PASSWORD}", "revoke the credentials in the file"),
        (".env", "DATABASE=postgres://db/sample", "revoke every password, token and key in the file"),
        (".env", "PORT=8000", "keep"),
        ("tests/test_apps/.env", "FOO=env", "keep"),
        ("tests/test_apps/.env", f"DB_PASSWORD={logins.PASSWORD}", "revoke the credentials in the file"),
    ],
)
def test_nothing_is_to_be_revoked_where_nothing_is_secret(
    path: str, text: str, first: str, tmp_path: Path
) -> None:
    found = audit(tmp_path, sdist({path: f"{text}\n".encode()}), {"select": ["SF102"]})
    assert [str(each.fix).startswith(first) for each in found] == [True], found


def test_one_finding_for_files_of_one_cause(tmp_path: Path) -> None:
    made = Wheel()
    made.files |= {f"sample/{name}": b"x\n" for name in ("CLAUDE.md", "AGENTS.md", "tox.ini", ".flake8")}
    result = pkgaudit.audit(made.build().write(tmp_path), {"select": ["SF205", "SF208"]})
    assert [(each.code, len(each.places)) for each in result.findings] == [("SF205", 2), ("SF208", 2)]
    for each in result.findings:
        assert "it is one of 2 files for" in each.message
        assert each.fix is not None
        assert all(f"exclude {place.location.member}" in each.fix for place in each.places)


@pytest.mark.parametrize("name", ["pointer-file", "disguised-binary"])
def test_rules_on_contents_take_no_patterns_of_their_own(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown key 'patterns'"):
        parse_config({name: {"patterns": ["*.bin"]}}, "test").validate(registry())
