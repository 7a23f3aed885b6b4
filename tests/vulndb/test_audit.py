"""Audits with advisory data: where it comes from, when it is read, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fixtures
from fixtures.samples import requiring, wheel_of
from pkgaudit.config.config import parse_config
from tests.support import registry, run

DATA = Path(fixtures.__file__).parent / "vulndb.json"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return str(wheel_of(requiring("attrs==25.1")).write(tmp_path))


def codes(*arguments: object) -> list[str]:
    made = json.loads(run(*arguments, "--select", "DP104", "--format", "json").stdout)
    return [each["code"] for each in made["findings"]]


def test_the_option_the_variable_the_configuration_and_the_default(
    wheel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert codes(wheel) == []
    assert codes(wheel, "--vulndb", DATA) == ["DP104"]
    monkeypatch.setenv("PKGAUDIT_VULNDB", str(DATA))
    assert codes(wheel) == ["DP104"]
    monkeypatch.delenv("PKGAUDIT_VULNDB")
    default = tmp_path / "data/pkgaudit/vulndb.json.gz"
    default.parent.mkdir(parents=True)
    default.write_bytes(DATA.read_bytes())
    assert codes(wheel) == ["DP104"]
    default.unlink()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/data.json").write_bytes(DATA.read_bytes())
    (tmp_path / "deep/pkgaudit.toml").write_text('vulndb = "data.json"\n')
    assert codes(wheel, "--config", "deep/pkgaudit.toml") == ["DP104"]


def test_data_that_cannot_be_used_ends_the_audit(wheel: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "cut.json").write_bytes(DATA.read_bytes()[:-100])
    for name in ("missing.json", "other.json", "cut.json", Path(wheel).name):
        result = run(wheel, "--vulndb", tmp_path / name)
        assert (result.exit_code, "'pkgaudit vulndb build' writes it" in result.stderr) == (2, True), name


def test_without_dependencies_nothing_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.vulndb.file._document", lambda path: 1 / 0)
    wheel = wheel_of(requiring()).write(tmp_path)
    assert codes(wheel, "--vulndb", DATA, "--no-config") == []


def test_old_data_is_said(wheel: str, tmp_path: Path) -> None:
    def skipped(date: str) -> list[str]:
        document: dict[str, Any] = json.loads(DATA.read_text()) | {"date": date}
        (tmp_path / "dated.json").write_text(json.dumps(document))
        result = run(wheel, "--vulndb", "dated.json", "--select", "DP104", "--format", "json")
        return [each["reason"] for each in json.loads(result.stdout)["skipped"]]

    [said] = skipped("2001-01-01")
    assert "ends on 2001-01-01" in said
    assert skipped("2100-01-01") == []


def test_data_is_a_part_of_the_configuration(tmp_path: Path) -> None:
    one, other = tmp_path / "a.json", tmp_path / "b.json"
    for path in (one, other):
        path.write_text("{}")
    digests = [
        parse_config(table, "x").digest(registry())
        for table in ({}, {"vulndb": str(one)}, {"vulndb": str(other)})
    ]
    assert digests[0] != digests[1] == digests[2]


def test_each_dependency_is_reported_once(tmp_path: Path) -> None:
    metadata = requiring(
        "attrs==25.1; extra == 'a'", "attrs==25.1; extra == 'b'", "attrs==25.1", extras=("a", "b")
    )
    wheel = wheel_of(metadata).write(tmp_path)
    made = run(wheel, "--vulndb", DATA, "--select", "DP104", "--format", "json", "--no-config").stdout
    [finding] = json.loads(made)["findings"]
    assert finding["severity"] == "warning"
    assert finding["data"]["version"] == "25.3"
    assert finding["data"]["vulnerabilities"] == ["CVE-2100-1 GHSA-aaaa-bbbb-cccc PYSEC-2100-1"]
