"""``pkgaudit manifest``, ``pkgaudit verify`` and audits with manifests, as a user runs them."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import pkgaudit.manifest.document
from fixtures.builders import Sdist, Wheel
from pkgaudit.cli.manifest import command
from pkgaudit.manifest.files import hashed
from pkgaudit.manifest.reading import read_manifest
from pkgaudit.regular import open_regular
from pkgaudit.report.result import formats
from tests.programs import need
from tests.support import MANIFESTS, run

SCHEMA = Path(pkgaudit.manifest.document.__file__).with_name("manifest.schema.json")
WHEEL, SDIST = "sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"
FORMS = ("sha256sum", "requirements", "json", "in-toto")


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder ``dist`` with a good release; one stands above it."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for each in (Wheel().build(), Sdist().build()):
        each.write(folder)
    monkeypatch.chdir(tmp_path)
    return folder


def written(form: str, *arguments: object) -> str:
    done = run("manifest", "dist", "--no-config", "--format", form, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def verified(*arguments: object, status: int = 1) -> list[str]:
    """Verify without a configuration, and return the messages of the findings."""
    done = run("verify", *arguments, "--no-config", "--format", "json")
    assert done.exit_code == status, done.output
    return [each["message"] for each in json.loads(done.stdout)["findings"]]


def with_environment_file() -> Wheel:
    """Return a wheel in which an error is found."""
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=rA9vK2mQ7xLp3TzW\n"
    return wheel


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestWriting:
    def test_checksums_are_the_default(self, dist: Path) -> None:
        done = run("manifest", "dist", "--no-config")
        assert done.stdout == f"{sha256(dist / WHEEL)}  {WHEEL}\n{sha256(dist / SDIST)}  {SDIST}\n"

    @pytest.mark.skipif(os.name == "nt", reason="such filenames do not exist on Windows")
    def test_odd_names(self, dist: Path) -> None:
        odd = (dist / WHEEL).rename(dist / "a\\b\n.whl")
        assert written("sha256sum").startswith(f"\\{sha256(odd)}  a\\\\b\\n.whl\n")
        odd.rename(dist / "a\x1b[31m.whl")
        done = run("manifest", "dist", "--no-config")
        assert done.exit_code == 2
        assert "has characters that no manifest may contain" in done.stderr

    def test_bytes_do_not_depend_on_the_encoding_of_the_system(
        self, dist: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = "café-1.0-py3-none-any.whl"
        (dist / WHEEL).rename(dist / name)
        made = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(made, "ascii", newline="\r\n"))
        command.main(["dist", "--no-config"], standalone_mode=False)
        assert made.getvalue() == b"".join(
            f"{sha256(dist / each)}  {each}\n".encode() for each in (name, SDIST)
        )

    def test_requirements(self, dist: Path) -> None:
        wheel = Wheel()
        assert wheel.metadata is not None
        wheel.metadata.add("Requires-Dist", "Other_Project>=1 ; python_version > '3'")
        wheel.metadata.add("Requires-Dist", "unneeded ; extra == 'x'")
        wheel.build().write(dist)
        lines = written("requirements").splitlines()
        assert [each for each in lines if each.startswith("# sample")] == ["# sample requires: other-project"]
        assert "#   pip install --require-hashes --no-deps -r FILE" in lines
        assert lines[-3:] == [
            "sample==1.0 \\",
            f"    --hash=sha256:{sha256(dist / WHEEL)} \\",
            f"    --hash=sha256:{sha256(dist / SDIST)}",
        ]

    def test_json(self, dist: Path) -> None:
        made = json.loads(written("json"))
        need("jsonschema").validate(made, json.loads(SCHEMA.read_text()))
        wheel = made["files"][0]
        content = (dist / WHEEL).read_bytes()
        assert wheel == {
            "name": WHEEL,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "blake2b_256": hashlib.blake2b(content, digest_size=32).hexdigest(),
            "project": "sample",
            "version": "1.0",
            "kind": "wheel",
            "tags": ["py3-none-any"],
        }
        assert made["audit"] is None

    def test_members(self, dist: Path) -> None:
        made = json.loads(written("json", "--members"))
        need("jsonschema").validate(made, json.loads(SCHEMA.read_text()))
        core = Wheel().files["sample/core.py"]
        [member] = [each for each in made["files"][0]["members"] if each["path"] == "sample/core.py"]
        assert member == {
            "path": "sample/core.py",
            "size": len(core),
            "sha256": hashlib.sha256(core).hexdigest(),
        }
        assert run("manifest", "dist", "--members").exit_code == 2

    @pytest.mark.parametrize(
        ("result", "code"), [("PASSED", "SE101"), ("FAILED", "SF102"), ("WARNED", "RL106")]
    )
    def test_in_toto(self, result: str, code: str, dist: Path) -> None:
        if result == "FAILED":
            with_environment_file().build().write(dist)
        elif result == "WARNED":
            (dist / "notes.txt").write_text("x")
        made = json.loads(written("in-toto"))
        assert {each["name"]: each["digest"]["sha256"] for each in made["subject"]} == {
            name: sha256(dist / name) for name in (WHEEL, SDIST)
        }
        predicate = made["predicate"]
        assert predicate.keys() == {"result", "configuration", "passedTests", "warnedTests", "failedTests"}
        assert predicate["result"] == result
        [configuration] = predicate["configuration"]
        assert configuration.keys() == {"name", "digest", "annotations"}
        assert configuration["annotations"]["profile"] == "default"
        where = {"FAILED": "failedTests", "WARNED": "warnedTests"}.get(result, "passedTests")
        assert code in predicate[where]

    def test_the_same_release_gives_the_same_bytes(self, dist: Path) -> None:
        for form in FORMS:
            assert written(form) == written(form)

    def test_other_files_are_left_out_and_named(self, dist: Path) -> None:
        (dist / "notes.txt").write_text("x")
        (dist / f"{WHEEL}.asc").write_text("x")
        (dist / "sample-1.0.egg").write_text("x")
        done = run("manifest", "dist", "--no-config")
        assert len(done.stdout.splitlines()) == 2
        assert [line for line in done.stderr.splitlines() if "notes.txt" in line]
        assert [line for line in done.stderr.splitlines() if ".asc" in line]
        assert [line for line in done.stderr.splitlines() if ".egg" in line]

    @pytest.mark.parametrize("form", FORMS)
    def test_unreadable_files(self, form: str, dist: Path) -> None:
        (dist / WHEEL).write_bytes(b"PK\x03\x04")
        done = run("manifest", "dist", "--no-config", "--format", form, "-o", "made")
        assert done.exit_code == 2
        assert f"no manifest is written: {Path('dist', WHEEL)}" in done.stderr
        assert not Path("made").exists()

    @pytest.mark.parametrize(
        ("paths", "says"),
        [
            (["missing.whl"], "there is no such file"),
            (["empty"], "contains no distribution"),
            (["project"], "is a project; build it"),
            (["dist", "copy"], "have the same name and different contents"),
        ],
    )
    def test_what_is_no_release(self, paths: list[str], says: str, dist: Path) -> None:
        Path("empty").mkdir()
        Path("project").mkdir()
        Path("project/pyproject.toml").write_text("")
        Path("copy").mkdir()
        wheel = Wheel()
        wheel.files["sample/more.py"] = b"x = 1\n"
        wheel.build().write(Path("copy"))
        done = run("manifest", *paths, "--no-config")
        assert (done.exit_code, done.stdout) == (2, "")
        assert says in done.stderr

    def test_several_versions_of_a_project(self, dist: Path) -> None:
        Wheel(version="0.9").build().write(dist)
        assert len(written("sha256sum").splitlines()) == 3
        done = run("manifest", "dist", "--no-config", "--format", "requirements")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "are different versions of sample" in done.stderr

    @pytest.mark.parametrize("name", [WHEEL, "pyproject.toml", f"{WHEEL}.attestation", "none/SUMS", "dist"])
    def test_files_that_are_never_overwritten(self, name: str, dist: Path) -> None:
        for arguments in (("manifest", "dist", "-o", name), ("dist", "-o", f"in-toto={name}")):
            assert run(*arguments, "--no-config").exit_code == 2
        assert not list(Path().glob("*attestation"))


class TestDuringAnAudit:
    def test_all_manifests_in_one_reading(self, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        alone = {form: written(form) for form in FORMS}
        opened: list[str] = []

        def watched(path: str) -> BinaryIO:
            opened.append(path)
            return open_regular(path)

        monkeypatch.setattr("pkgaudit.engine.open_regular", watched)
        outputs = [f"-o{name}={name}" for name in ("sha256sum", "requirements", "manifest", "in-toto")]
        assert run("dist", "--no-config", *outputs).exit_code == 0
        assert sorted(map(os.path.basename, opened)) == [WHEEL, SDIST]
        made = json.loads(Path("manifest").read_text())
        need("jsonschema").validate(made, json.loads(SCHEMA.read_text()))
        assert made.pop("audit")["result"] == "PASSED"
        assert made == {key: value for key, value in json.loads(alone["json"]).items() if key != "audit"}
        for name in ("sha256sum", "requirements", "in-toto"):
            assert Path(name).read_text() == alone[name]

    def test_with_processes(self, dist: Path) -> None:
        assert run("dist", "--no-config", "--jobs", 2, "-omanifest=one").exit_code == 0
        assert run("dist", "--no-config", "--jobs", 1, "-omanifest=two").exit_code == 0
        assert Path("one").read_text() == Path("two").read_text()

    def test_blake2b_is_computed_only_for_the_json_manifest(
        self, dist: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise AssertionError("not needed")

        monkeypatch.setattr("hashlib.blake2b", fail)
        assert run("dist", "--no-config", "-o", "in-toto=statement").exit_code == 0

    def test_an_incomplete_audit_writes_none_and_keeps_the_former_one(self, dist: Path) -> None:
        Path("SUMS").write_text("former")
        done = run("dist", "missing.whl", "--no-config", "-o", "sha256sum=SUMS")
        assert done.exit_code == 2
        assert "SUMS: no manifest is written, because the audit is incomplete: missing.whl" in done.stderr
        assert Path("SUMS").read_text() == "former"

    def test_comparison(self, dist: Path) -> None:
        Path("SUMS").write_text(written("sha256sum"))
        assert run("dist", "--no-config", "--manifest", "SUMS").exit_code == 0
        with (dist / SDIST).open("ab") as stream:
            stream.write(b"\0")
        for options in (("--manifest", "SUMS"), ("--manifest", "SUMS", "--select", "SE101")):
            done = run("dist", "--no-config", *options)
            assert done.exit_code == 1
            assert "has changed" in done.stdout

    def test_several_manifests(self, dist: Path) -> None:
        for form in FORMS:
            Path(form).write_text(written(form))
        given = [part for form in FORMS for part in ("--manifest", form)]
        assert run("dist", "--no-config", *given).exit_code == 0

    def test_a_manifest_is_not_overwritten(self, dist: Path) -> None:
        Path("SUMS").write_text(former := written("sha256sum"))
        assert run("dist", "--no-config", "--manifest", "SUMS", "-o", "html=SUMS").exit_code == 2
        assert Path("SUMS").read_text() == former

    def test_a_manifest_that_cannot_be_used(self, dist: Path) -> None:
        Path("SUMS").write_text("?\n")
        done = run("dist", "--no-config", "--manifest", "SUMS")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "SUMS: line 1" in done.stderr


def change_a_byte(dist: Path) -> None:
    with (dist / WHEEL).open("r+b") as stream:
        stream.seek(30)
        stream.write(b"\xff")


def add_a_file(dist: Path) -> None:
    shutil.copy(dist / WHEEL, dist / "added-1.0-py3-none-any.whl")


def remove_a_file(dist: Path) -> None:
    (dist / SDIST).unlink()


def build_the_next_release(dist: Path) -> None:
    for path in dist.iterdir():
        path.unlink()
    for each in (Wheel(version="1.1").build(), Sdist(version="1.1").build()):
        each.write(dist)


class TestTwoJobs:
    """The audit writes a manifest; the job that publishes gets it and the files through a folder."""

    @pytest.fixture(params=["sha256sum", "requirements", "manifest", "in-toto"])
    def manifest(self, request: pytest.FixtureRequest, dist: Path) -> str:
        assert run("dist", "--no-config", "-o", f"{request.param}=release").exit_code == 0
        return "release"

    def test_the_honest_release_passes(self, manifest: str, dist: Path) -> None:
        assert verified(manifest, "dist", status=0) == []
        assert verified(manifest, dist / WHEEL, dist / SDIST, status=0) == []

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (change_a_byte, "has changed"),
            (remove_a_file, "missing"),
            (add_a_file, "is not listed"),
            (build_the_next_release, "is not listed"),
        ],
    )
    def test_every_change_is_caught(
        self, change: Callable[[Path], None], says: str, manifest: str, dist: Path
    ) -> None:
        change(dist)
        assert any(says in each for each in verified(manifest, "dist"))

    def test_the_files_beside_the_manifest(self, manifest: str, dist: Path) -> None:
        Path(manifest).rename(dist / manifest)
        assert verified(dist / manifest, status=0) == []
        change_a_byte(dist)
        [message] = verified(dist / manifest)
        assert "has changed" in message


class TestVerifying:
    def test_attestations_and_the_manifest_are_no_unlisted_files(self, dist: Path) -> None:
        (dist / "SHA256SUMS").write_text(written("sha256sum"))
        (dist / f"{WHEEL}.asc").write_text("x")
        assert verified(dist / "SHA256SUMS", "dist", status=0) == []

    def test_listed_files_that_are_no_distributions(self, dist: Path) -> None:
        (dist / "sbom.json").write_text("{}")
        text = written("sha256sum") + f"{sha256(dist / 'sbom.json')}  sbom.json\n"
        (dist / "SHA256SUMS").write_text(text)
        assert verified(dist / "SHA256SUMS", status=0) == []
        (dist / "sbom.json").write_text("{ }")
        assert len(verified(dist / "SHA256SUMS")) == len(verified(dist / "SHA256SUMS", "dist")) == 1
        (dist / "sbom.json").unlink()
        assert len(verified(dist / "SHA256SUMS", "dist")) == 1
        assert run("dist", "--no-config", "--manifest", dist / "SHA256SUMS").exit_code == 0

    @pytest.mark.parametrize("name", sorted(set(formats()) - MANIFESTS))
    def test_every_format_shows_the_findings(self, name: str, dist: Path) -> None:
        Path("SUMS").write_text(written("sha256sum"))
        change_a_byte(dist)
        done = run("verify", "SUMS", "dist", "--no-config", "--format", name)
        assert done.exit_code == 1
        assert "HM201" in done.stdout

    def test_files_in_a_folder_below(self, dist: Path) -> None:
        Path("SUMS").write_text("".join(f"{sha256(dist / name)}  dist/{name}\n" for name in (WHEEL, SDIST)))
        assert verified("SUMS", status=0) == []
        change_a_byte(dist)
        assert len(verified("SUMS")) == 1

    def test_a_full_lock(self, dist: Path) -> None:
        lock = written("requirements") + f"dependency==2.0 --hash=sha256:{'a' * 64}\n"
        Path("lock.txt").write_text(lock)
        assert verified("lock.txt", "dist", status=0) == []

    def test_a_copy_under_another_name_is_not_the_missing_file(self, dist: Path) -> None:
        Path("lock.txt").write_text(written("requirements"))
        shutil.copy(dist / WHEEL, dist / "sample-1.0-py2-none-any.whl")
        (dist / SDIST).unlink()
        [message] = verified("lock.txt", "dist")
        assert message.startswith("1 file of sample 1.0 is missing")

    def test_a_hash_that_is_listed_twice_is_no_missing_file(self, dist: Path) -> None:
        lines = written("requirements").splitlines()
        Path("lock.txt").write_text("\n".join((*lines, f"    --hash=sha256:{sha256(dist / WHEEL)}")))
        Path("lock.txt").write_text(Path("lock.txt").read_text().replace("\n    --", " --").replace("\\", ""))
        assert verified("lock.txt", "dist", status=0) == []

    def test_a_failed_audit(self, dist: Path) -> None:
        with_environment_file().build().write(dist)
        assert run("dist", "--no-config", "-omanifest=a.json", "-oin-toto=b.json").exit_code == 1
        for name in ("a.json", "b.json"):
            assert verified(name, "dist") == [f"'{name}' contains the result of an audit that failed"]

    def test_another_configuration(self, dist: Path) -> None:
        Path("statement").write_text(written("in-toto", "--ignore", "RL105"))
        [message] = verified("statement", "dist", status=0)
        assert "another configuration" in message
        assert verified("statement", "dist", "--ignore", "RL105", status=0) == []

    @pytest.mark.parametrize("options", [("--select", "SE"), ("--profile", "pypi"), ("--ignore", "HM")])
    def test_the_rules_run_whatever_is_selected(self, options: tuple[str, ...], dist: Path) -> None:
        Path("SUMS").write_text(written("sha256sum"))
        change_a_byte(dist)
        assert len(verified("SUMS", "dist", *options)) == 1

    def test_an_envelope_is_compared_and_its_signatures_are_skipped(self, dist: Path) -> None:
        payload = base64.b64encode(written("in-toto").encode()).decode()
        envelope: dict[str, Any] = {"payloadType": "application/vnd.in-toto+json", "payload": payload}
        Path("signed").write_text(json.dumps({**envelope, "signatures": [{"sig": "a"}, {"sig": "b"}]}))
        done = run("verify", "signed", "dist", "--no-config", "--format", "json")
        assert done.exit_code == 0
        [skipped] = json.loads(done.stdout)["skipped"]
        assert "2 signatures of its envelope are not checked" in skipped["reason"]

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["missing"], "missing: cannot be read"),
            (["SUMS", "none.whl"], "there is no such file"),
            (["SUMS", "project"], "is a project; give its built files"),
            (["lock.txt"], "none of the files that it lists is in its folder"),
        ],
    )
    def test_what_cannot_be_compared(self, arguments: list[str], says: str, dist: Path) -> None:
        Path("SUMS").write_text(written("sha256sum"))
        Path("lock.txt").write_text(written("requirements"))
        Path("project").mkdir()
        Path("project/setup.py").write_text("")
        done = run("verify", *arguments, "--no-config")
        assert done.exit_code == 2
        assert says in " ".join(done.output.split())

    def test_a_folder_that_cannot_be_listed(self, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (dist / "lock.txt").write_text(written("requirements"))

        def listdir(path: str = ".", listed: Callable[[str], list[str]] = os.listdir) -> list[str]:
            if path == str(dist):
                raise PermissionError(errno.EACCES, "Permission denied")
            return listed(path)

        monkeypatch.setattr("os.listdir", listdir)
        done = run("verify", dist / "lock.txt", "--no-config")
        assert done.exit_code == 2
        assert "cannot be listed: Permission denied; give the files" in " ".join(done.output.split())

    def test_a_file_that_cannot_be_read(self, dist: Path) -> None:
        (dist / "SUMS").write_text(written("sha256sum"))
        (dist / WHEEL).unlink()
        (dist / WHEEL).mkdir()
        done = run("verify", dist / "SUMS", "--no-config")
        assert done.exit_code == 2
        assert "it is not a regular file" in " ".join(done.output.split())


def test_a_large_file_is_read_in_blocks_and_once(tmp_path: Path) -> None:
    path = tmp_path / "large.whl"
    path.write_bytes(b"x" * 3_000_000)
    made = hashed(str(path))
    assert (made.size, made.sha256) == (3_000_000, sha256(path))


def test_what_is_written_is_read(dist: Path) -> None:
    for form in FORMS:
        Path(form).write_text(written(form))
        digests = {digest for each in read_manifest(form).entries for digest in each.sha256}
        assert digests == {sha256(dist / name) for name in (WHEEL, SDIST)}
