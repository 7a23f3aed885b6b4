"""Attestations: a real release, changes of it, and files that are none."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from pkgaudit.manifest.attestations import attestations_of
from pkgaudit.manifest.files import hashed
from tests.programs import need
from tests.support import run

REAL = Path(__file__).parents[2] / "fixtures" / "attestations"
SDIST = "pypi_attestations-0.0.19.tar.gz"
PUBLISH, SLSA = f"{SDIST}.publish.attestation", f"{SDIST}.slsa.attestation"

GATE = "[tool.pkgaudit.gate]\npublisher = 'github:trailofbits/{}/release.yml'\n"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the real release, and its manifest, in which one stands."""
    for name in (SDIST, PUBLISH, SLSA):
        shutil.copy(REAL / name, tmp_path)
    (tmp_path / "SHA256SUMS").write_text(f"{hashed(str(REAL / SDIST)).sha256}  {SDIST}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*arguments: object) -> list[tuple[str, str, str]]:
    """Verify, and return the findings: rule, severity, file."""
    done = run("verify", "SHA256SUMS", "--format", "json", *arguments)
    report = json.loads(done.stdout)
    assert done.exit_code == (1 if report["counts"]["error"] else 0), done.output
    return [(each["code"], each["severity"], each["distribution"]) for each in report["findings"]]


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the statement in an attestation."""
    document = json.loads(path.read_text())
    statement = json.loads(base64.b64decode(document["envelope"]["statement"]))
    change(statement)
    document["envelope"]["statement"] = base64.b64encode(json.dumps(statement).encode()).decode()
    path.write_text(json.dumps(document))


class TestARealRelease:
    def test_it_passes(self, dist: Path) -> None:
        assert found() == []
        shutil.copy(dist / PUBLISH, dist / f"{SDIST}.attestation")  # a former name
        assert found() == []

    def test_it_passes_an_audit(self, dist: Path) -> None:
        report = json.loads(run(SDIST, "--no-config", "--select", "HM", "--format", "json").stdout)
        assert report["findings"] == []
        (dist / PUBLISH).write_text("{}")
        report = json.loads(run(SDIST, "--no-config", "--select", "HM", "--format", "json").stdout)
        assert [each["code"] for each in report["findings"]] == ["HM202"], "also if it was not given"

    def test_a_changed_byte(self, dist: Path) -> None:
        with (dist / SDIST).open("r+b") as stream:
            stream.write(b"\0")
        assert found() == [
            ("HM201", "error", SDIST),
            ("HM202", "error", PUBLISH),
            ("HM202", "error", SLSA),
        ]

    def test_a_renamed_file(self, dist: Path) -> None:
        for name in (SDIST, PUBLISH, SLSA):
            (dist / name).rename(dist / name.replace("0.0.19", "0.0.20"))
        (dist / "SHA256SUMS").write_text((dist / "SHA256SUMS").read_text().replace("0.0.19", "0.0.20"))
        assert [code for code, _, _ in found()] == ["HM202", "HM202"]

    def test_the_attestation_of_another_file(self, dist: Path) -> None:
        wheel = Wheel().build().write(dist)
        (dist / PUBLISH).rename(f"{wheel}.publish.attestation")
        with (dist / "SHA256SUMS").open("a") as stream:
            stream.write(f"{hashed(str(wheel)).sha256}  {wheel.name}\n")
        assert found() == [("HM202", "error", f"{wheel.name}.publish.attestation")]

    def test_an_attestation_without_its_distribution(self, dist: Path) -> None:
        wheel = Wheel().build().write(dist)
        (dist / "SHA256SUMS").write_text(f"{hashed(str(wheel)).sha256}  {wheel.name}\n")
        assert found(wheel.name, PUBLISH) == [("HM202", "warning", PUBLISH)]

    def test_a_name_without_a_distribution(self, dist: Path) -> None:
        name = f"{SDIST}.a.b.attestation"
        (dist / PUBLISH).rename(dist / name)
        done = run("verify", "SHA256SUMS", SDIST, name, "--no-config", "--format", "json")
        [finding] = json.loads(done.stdout)["findings"]
        assert finding["fix"].startswith("name it as its distribution with '.publish.attestation'")

    def test_a_provenance_file_is_no_attestation(self, dist: Path) -> None:
        shutil.copy(REAL / f"{SDIST}.provenance", dist / PUBLISH)
        assert found() == [("HM202", "error", PUBLISH)]


class TestSignatures:
    """With the library, offline, and with an empty home folder."""

    @pytest.fixture(autouse=True)
    def home(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        need("pypi_attestations")
        home = str(tmp_path_factory.mktemp("home"))
        for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
            monkeypatch.setenv(name, home)

    def test_valid(self, dist: Path) -> None:
        (dist / "pyproject.toml").write_text(GATE.format("pypi-attestations"))
        assert found() == []

    def test_another_publisher(self, dist: Path) -> None:
        (dist / "pyproject.toml").write_text(GATE.format("other"))
        done = run("verify", "SHA256SUMS")
        assert done.exit_code == 1
        assert "has no valid signature of the configured publisher" in " ".join(done.stdout.split())
        assert "expected https://github.com/trailofbits/other" in " ".join(done.stdout.split())

    def test_a_home_that_cannot_be_written(self, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (dist / "pyproject.toml").write_text(GATE.format("pypi-attestations"))
        for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
            monkeypatch.setenv(name, str(dist / SDIST))  # a file
        done = run("verify", "SHA256SUMS")
        assert done.exit_code == 2
        assert "the signature cannot be checked (NotADirectoryError)" in " ".join(done.stdout.split())

    def test_a_changed_statement(self, dist: Path) -> None:
        (dist / "pyproject.toml").write_text(GATE.format("pypi-attestations"))
        changed(dist / PUBLISH, lambda statement: statement["subject"][0].update(name=SDIST.upper()))
        assert found() == [("HM202", "error", PUBLISH)]


def test_the_library_is_missing(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)
    assert run("verify", "SHA256SUMS").exit_code == 0, "without a publisher, signatures are not checked"
    (dist / "pyproject.toml").write_text(GATE.format("pypi-attestations"))
    done = run("verify", "SHA256SUMS")
    assert done.exit_code == 2
    assert "install 'pkgaudit[attestations]'" in " ".join(done.stdout.split())


def broken(key: str, value: object) -> Callable[[dict[str, Any]], object]:
    def change(document: dict[str, Any]) -> None:
        *parents, last = key.split(".")
        for each in parents:
            document = document[each]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (broken("version", 2), "has the version 2"),
        (broken("version", True), "has no 'version' that is a number"),
        (broken("envelope", None), "has no 'envelope' that is an object"),
        (broken("envelope.signature", "§"), "has a 'signature' that is not base64"),
        (broken("envelope.statement", "e30="), "whose statement has no '_type'"),
        (broken("envelope.statement", "e30"), "has a 'statement' that is not base64"),
        (broken("verification_material.certificate", None), "has no 'certificate' that is a text"),
        (broken("verification_material.transparency_entries", []), "has no entry of a transparency log"),
    ],
)
def test_malformed_objects(change: Callable[[dict[str, Any]], object], says: str, dist: Path) -> None:
    document = json.loads((dist / PUBLISH).read_text())
    change(document)
    (dist / PUBLISH).write_text(json.dumps(document))
    [made, _] = attestations_of([hashed(SDIST)], {})
    assert made.fault is not None
    assert says in made.fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda made: made["subject"].append(made["subject"][0]), "has a statement with 2 subjects"),
        (lambda made: made.update(subject=[]), "has a statement with 0 subjects"),
        (lambda made: made["subject"][0]["digest"].update(sha256="x"), "has a sha256 that does not have 64"),
        (lambda made: made.update(_type="https://in-toto.io/Statement/v0.1"), "has a statement of the type"),
        (lambda made: made.update(predicate={"a": 1}), "has a predicate, which"),
    ],
)
def test_malformed_statements(change: Callable[[dict[str, Any]], object], says: str, dist: Path) -> None:
    changed(dist / PUBLISH, change)
    [made, _] = attestations_of([hashed(SDIST)], {})
    assert made.fault is not None
    assert says in made.fault


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 10_000, "has values that are nested too deep"),
        (b" " * (5 << 20), "is larger than 4.2 MB"),
    ],
)
def test_files_that_are_no_attestation(content: bytes, says: str, dist: Path) -> None:
    (dist / PUBLISH).write_bytes(content)
    [made, _] = attestations_of([hashed(SDIST)], {})
    assert made.fault is not None
    assert says in made.fault


def test_a_folder_with_the_name_of_an_attestation(dist: Path) -> None:
    (dist / PUBLISH).unlink()
    (dist / PUBLISH).mkdir()
    assert found() == [("HM202", "error", PUBLISH)]


def test_paths_in_other_spellings(dist: Path) -> None:
    given = hashed(str(dist / SDIST))
    for path in (PUBLISH, f"./{PUBLISH}", f"../{dist.name}/{PUBLISH}"):
        assert [each.file for each in attestations_of([given], {path: path})] == [given.path, given.path]


def test_nothing_is_beside_a_file_that_was_only_built_for_the_audit(dist: Path) -> None:
    built = hashed(SDIST)
    (dist / SDIST).unlink()
    assert attestations_of([built], {}) == []
