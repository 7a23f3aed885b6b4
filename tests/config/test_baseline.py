"""Baselines: what is accepted stays accepted, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from pkgaudit.config.baseline import read_baseline
from pkgaudit.config.table import ConfigError
from pkgaudit.rule import Registry
from tests.marks import marks as marks
from tests.support import run

pytestmark = pytest.mark.usefixtures("marks")

PRINT = "0" * 32


def wheel(
    folder: Path, text: str = "key = 'MARK-AAAAAAAA'\n", tag: str = "py3-none-any", version: str = "1.0"
) -> Path:
    made = Wheel(version=version, tag=tag)
    made.files["sample/keys.py"] = text.encode()
    return made.build().write(folder)


def report(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--select", "MK101", "--format", "json").stdout)
    return found


def write(target: Path, *arguments: object) -> None:
    done = run("baseline", *arguments, "--no-config", "--select", "MK101", "--output", target)
    assert done.exit_code == 0, done.output


class TestWrite:
    def test_says_what_is_accepted(self, tmp_path: Path) -> None:
        path = wheel(tmp_path)
        done = run("baseline", path, "--no-config", "--select", "MK101")
        found = report(path, "--no-config")["findings"][0]
        assert json.loads(done.stdout) == {
            "version": 1,
            "findings": [
                {
                    "code": "MK101",
                    "project": "sample",
                    "kind": "wheel",
                    "member": "sample/keys.py",
                    "message": "holds a mark, MARK-A…",
                    "fingerprint": found["fingerprint"],
                }
            ],
        }
        assert done.exit_code == 0

    def test_is_the_same_whatever_the_order(self, tmp_path: Path) -> None:
        paths = [wheel(tmp_path), wheel(tmp_path, tag="cp311-cp311-win32")]
        sdist = Sdist()
        sdist.files["sample/keys.py"] = b"'MARK-AAAAAAAA', 'MARK-BBBBBBBB', 'MARK-AAAAAAAA'"
        paths.append(sdist.build().write(tmp_path))
        write(tmp_path / "a.json", *paths)
        write(tmp_path / "b.json", *reversed(paths))
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
        found = json.loads((tmp_path / "a.json").read_text())["findings"]
        assert [(each["kind"], each["member"]) for each in found] == [("sdist", "sample/keys.py")] * 3 + [
            ("wheel", "sample/keys.py")
        ]

    def test_what_is_suppressed_is_not_in_it(self, tmp_path: Path) -> None:
        path = wheel(tmp_path, "'MARK-AAAAAAAA'  # harmless\n'MARK-BBBBBBBB'  # pkgaudit: ignore[MK101]\n")
        write(tmp_path / "baseline.json", path)
        assert read_baseline(tmp_path / "baseline.json").entries == {}

    def test_nothing_is_written_if_something_was_not_audited(self, tmp_path: Path) -> None:
        target = tmp_path / "baseline.json"
        done = run("baseline", wheel(tmp_path), "none.whl", "--no-config", "-o", target)
        assert done.exit_code == 2
        assert "not audited: none.whl: there is no such file" in done.stderr
        assert not target.exists()

    def test_cannot_be_written(self, tmp_path: Path) -> None:
        done = run("baseline", wheel(tmp_path), "--no-config", "-o", tmp_path / "none" / "x.json")
        assert done.exit_code == 2
        assert "cannot be written" in done.stderr

    def test_names_are_harmless(self, tmp_path: Path) -> None:
        made = Wheel()
        made.files["sample/a\x1b[2J\u202e/keys.py"] = b"MARK-AAAAAAAA"
        done = run("baseline", made.build().write(tmp_path), "--no-config")
        assert done.stdout.isascii()
        assert "\x1b" not in done.stdout


class TestUse:
    def test_by_option(self, tmp_path: Path) -> None:
        path = wheel(tmp_path)
        write(tmp_path / "baseline.json", path)
        done = run(path, "--no-config", "--baseline", tmp_path / "baseline.json", "-v")
        assert done.exit_code == 0
        assert "1 suppressed" in done.stdout
        assert "MK101 mark (baseline)" in done.stdout
        assert "MARK-AAAAAAAA" not in done.output

    def test_by_key_relative_to_the_configuration(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = wheel(tmp_path)
        project = tmp_path / "project"
        (project / "inner").mkdir(parents=True)
        write(project / "accepted.json", path)
        (project / "pkgaudit.toml").write_text('baseline = "accepted.json"\n')
        monkeypatch.chdir(project / "inner")
        assert run(path).exit_code == 0
        assert run(path, "--no-config").exit_code == 1
        assert run(path, "--baseline", "none.json").exit_code == 2

    def test_new_findings_count(self, tmp_path: Path) -> None:
        write(tmp_path / "baseline.json", wheel(tmp_path))
        more = wheel(tmp_path, "'MARK-AAAAAAAA', 'MARK-BBBBBBBB', 'MARK-AAAAAAAA'")
        found = report(more, "--no-config", "--baseline", tmp_path / "baseline.json")
        assert found["suppressed"] == 1
        assert [each["column"] for each in found["findings"]] == [19, 36]

    def test_survives_a_new_version_and_moved_lines(self, tmp_path: Path) -> None:
        write(tmp_path / "baseline.json", wheel(tmp_path))
        moved = wheel(tmp_path, "\n\n# moved\nkey = 'MARK-AAAAAAAA'\n", version="2.0")
        assert run(moved, "--no-config", "--baseline", tmp_path / "baseline.json").exit_code == 0

    def test_every_place_of_a_finding_is_accepted(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files["sample/keys.py"] = b"MARK-AAAAAAAA\nMARK-AAAAAAAA\n"
        paths = [wheel(tmp_path), sdist.build().write(tmp_path)]
        found = report(*paths, "--no-config")["findings"]
        assert [len(each["also"]) for each in found] == [2]
        write(tmp_path / "baseline.json", *paths)
        again = report(*paths, "--no-config", "--baseline", tmp_path / "baseline.json")
        assert (again["verdict"], again["suppressed"]) == ("pass", 1)

    def test_one_place_alone_does_not_accept_the_others(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files["sample/keys.py"] = b"MARK-AAAAAAAA"
        paths = [wheel(tmp_path), sdist.build().write(tmp_path)]
        write(tmp_path / "baseline.json", paths[0])
        again = report(*paths, "--no-config", "--baseline", tmp_path / "baseline.json")
        assert [each["distribution"] for each in again["findings"]] == [str(paths[1])]
        assert [each["verdict"] for each in again["distributions"]] == ["pass", "fail"]

    def test_written_anew_it_does_not_accept_what_it_accepted(self, tmp_path: Path) -> None:
        path = wheel(tmp_path)
        config = tmp_path / "pkgaudit.toml"
        config.write_text('select = ["MK101"]\nbaseline = "baseline.json"\n')
        for _ in range(2):
            target = tmp_path / "baseline.json"
            assert run("baseline", path, "--config", config, "-o", target).exit_code == 0
            assert len(read_baseline(target).entries) == 1

    def test_is_never_read_from_an_archive(self, tmp_path: Path) -> None:
        write(tmp_path / "baseline.json", wheel(tmp_path))
        sdist = Sdist()
        sdist.files["sample/keys.py"] = b"MARK-AAAAAAAA"
        path = sdist.build().write(tmp_path)
        write(tmp_path / "all.json", path)
        sdist.files["baseline.json"] = (tmp_path / "all.json").read_bytes()
        sdist.files["pyproject.toml"] += b'\n[tool.pkgaudit]\nbaseline = "baseline.json"\n'
        assert run(sdist.build().write(tmp_path), "--no-config").exit_code == 1


class TestUpdate:
    """One stands in a project whose configuration names ``accepted.json``."""

    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "pkgaudit.toml").write_text('select = ["MK101"]\nbaseline = "accepted.json"\n')

    def entries(self) -> list[tuple[str, str, str]]:
        found = json.loads(Path("accepted.json").read_text("utf-8"))["findings"]
        return [(each["project"], each["kind"], each["member"]) for each in found]

    def test_keeps_adds_and_drops(self, tmp_path: Path) -> None:
        first = wheel(tmp_path, "'MARK-AAAAAAAA'\n'MARK-BBBBBBBB'\n")
        done = run("baseline", first, "--update")
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.endswith("accepted.json: 2 entries, 2 new, 0 removed\n")
        before = Path("accepted.json").read_bytes()
        done = run("baseline", first, "--update")
        assert done.stderr.endswith("accepted.json: 2 entries, 0 new, 0 removed\n")
        assert Path("accepted.json").read_bytes() == before
        second = wheel(tmp_path, "'MARK-BBBBBBBB'\n'MARK-CCCCCCCC'\n'MARK-DDDDDDDD'\n")
        done = run("baseline", second, "--update")
        assert done.stderr.endswith("accepted.json: 3 entries, 2 new, 1 removed\n")
        assert run(second).exit_code == 0
        assert run(wheel(tmp_path)).exit_code == 1

    def test_keeps_what_cannot_be_judged(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files["sample/keys.py"] = b"MARK-AAAAAAAA"
        other = Wheel("other")
        other.files["other/keys.py"] = b"MARK-AAAAAAAA"
        windows = wheel(tmp_path, "MARK-BBBBBBBB", tag="cp312-cp312-win32")
        sources = sdist.build().write(tmp_path)
        given = [windows, sources, other.build().write(tmp_path)]
        assert run("baseline", *given, "--update").exit_code == 0
        before = self.entries()
        assert len(before) == 3
        clean = wheel(tmp_path, "", tag="cp312-cp312-macosx_11_0_arm64")
        assert "3 entries, 0 new, 0 removed" in run("baseline", clean, "--update").stderr
        assert self.entries() == before
        config = ("--config", tmp_path / "pkgaudit.toml")
        narrowed = run("baseline", wheel(tmp_path, ""), "--update", *config, "--select", "MK102")
        assert ", 1 new, 0 removed" in narrowed.stderr
        pure = wheel(tmp_path, "")
        assert ", 0 new, 1 removed" in run("baseline", pure, sources, "--update").stderr
        assert ("sample", "wheel", "sample/keys.py") not in self.entries()
        assert ("other", "wheel", "other/keys.py") in self.entries()
        assert ("sample", "sdist", "sample/keys.py") in self.entries()

    def test_entries_without_a_project(self, tmp_path: Path) -> None:
        path = wheel(tmp_path)
        assert run("baseline", path, "--update").exit_code == 0
        document = json.loads(Path("accepted.json").read_text("utf-8"))
        for each in document["findings"]:
            del each["project"]
        Path("accepted.json").write_text(json.dumps(document))
        assert run(path).exit_code == 0
        clean = wheel(tmp_path, "")
        assert "0 entries, 0 new, 1 removed" in run("baseline", clean, "--update").stderr

    def test_is_not_harmed_by_a_failure(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = wheel(tmp_path)
        assert run("baseline", path, "--update").exit_code == 0
        before = Path("accepted.json").read_bytes()
        assert run("baseline", wheel(tmp_path, ""), "none.whl", "--update").exit_code == 2

        def fail(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", fail)
        done = run("baseline", wheel(tmp_path, ""), "--update")
        assert done.exit_code == 2
        assert "accepted.json: cannot be written: No space left on device" in done.stderr
        assert Path("accepted.json").read_bytes() == before
        assert sorted(each.name for each in tmp_path.glob("*.tmp")) == []
        assert sorted(each.name for each in tmp_path.glob(".*")) == []

    def test_follows_a_link_and_keeps_the_mode(self, tmp_path: Path) -> None:
        (tmp_path / "audit").mkdir()
        real = tmp_path / "audit" / "real.json"
        real.write_text('{"version": 1, "findings": []}')
        real.chmod(0o640)
        Path("accepted.json").symlink_to(real)
        assert run("baseline", wheel(tmp_path), "--update").exit_code == 0
        assert Path("accepted.json").is_symlink()
        assert len(read_baseline(real).entries) == 1
        assert real.stat().st_mode & 0o777 == 0o640

    def test_which_file(self, tmp_path: Path) -> None:
        path = wheel(tmp_path)
        done = run("baseline", path, "--no-config", "--update")
        assert done.exit_code == 2
        assert "names no baseline; name the one to update with --output" in done.stderr
        assert run("baseline", path, "--no-config", "--update", "-o", "x.json").exit_code == 0
        Path("pkgaudit.toml").write_text('baseline = ["a.json", "b.json"]\n')
        assert "names several baselines" in run("baseline", path, "--update").stderr
        Path("secrets.json").write_text('{"version": "1.5.0", "results": {}}')
        Path("pkgaudit.toml").write_text('baseline = ["secrets.json", "b.json"]\n')
        assert run("baseline", path, "--update").exit_code == 0
        assert Path("b.json").exists()
        done = run("baseline", path, "--update", "--output", "secrets.json")
        assert "is a detect-secrets baseline; update it with detect-secrets" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not a baseline: it is not valid JSON"),
        ("[" * 100_000, "is not a baseline: it is not valid JSON"),
        ("\udcff", "is not a baseline: it is not valid JSON"),
        ("[]", "is not a baseline: it needs 'version' 1"),
        ("{}", "is not a baseline: it needs 'version' 1"),
        ('{"version": 1}', "is not a baseline: it needs 'version' 1 and a list 'findings'"),
        ('{"version": 2, "findings": []}', "is a baseline of version 2, which needs a newer pkgaudit"),
        ('{"version": 1, "findings": [1]}', "finding 1: has no fingerprint of 32 hexadecimal digits"),
        ('{"results": {"a": [1]}}', "is not a baseline of detect-secrets: 'results' has the wrong shape"),
        ('{"results": {"a": {"hashed_secret": "x"}}}', "'results' has the wrong shape"),
        (
            '{"version": 1, "findings": [{"fingerprint": "MARK-AAAAAAAA"}]}',
            "finding 1: has no fingerprint of 32 hexadecimal digits",
        ),
    ],
)
def test_mistakes(tmp_path: Path, content: str, said: str, marks: Registry) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as error:
        read_baseline(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    done = run(wheel(tmp_path), "--no-config", "--baseline", path)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "MARK-AAAAAAAA" not in done.output


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the baseline cannot be read: No such file"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="the baseline cannot be read"):
        read_baseline(tmp_path)


def test_what_else_an_entry_says_is_for_people(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"version": 1, "findings": [{"fingerprint": PRINT, "note": "x"}], "more": 1}))
    assert read_baseline(path).entries.keys() == {PRINT}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_editors_and_shells(tmp_path: Path, encoding: str) -> None:
    """PowerShell writes UTF-16 behind a '>', editors write a byte order mark."""
    path = tmp_path / "accepted.json"
    path.write_text(json.dumps({"version": 1, "findings": [{"fingerprint": PRINT}]}), encoding)
    assert set(read_baseline(path).entries) == {PRINT}


def test_a_file_listed_in_two_spellings(tmp_path: Path) -> None:
    path = tmp_path / ".secrets.baseline"
    secrets = {name: [{"hashed_secret": name}] for name in ("src\\a.py", "src/a.py")}
    path.write_text(json.dumps({"results": secrets}))
    assert read_baseline(path).listed == {"src/a.py": frozenset(secrets)}


def test_wheels_for_platforms_beside_one_for_all(tmp_path: Path) -> None:
    """An entry may be of one of them that was not given."""
    target = tmp_path / "accepted.json"
    first = wheel(tmp_path, tag="cp311-cp311-win32")
    write(target, first)
    paths = [wheel(tmp_path, "x = 1\n"), wheel(tmp_path, "x = 1\n", tag="cp311-cp311-linux_x86_64")]
    write(target, *paths, "--update")
    assert len(read_baseline(target).entries) == 1
    write(target, paths[0], "--update")
    assert len(read_baseline(target).entries) == 0


class TestWhereItGoes:
    def test_standard_output(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        wheel = Wheel().build().write(tmp_path)
        done = run("baseline", wheel, "--no-config", "--output", "-")
        assert json.loads(done.stdout)["version"] == 1
        assert not (tmp_path / "-").exists()

    def test_never_over_a_distribution(self, tmp_path: Path) -> None:
        wheel = Wheel().build().write(tmp_path)
        before = wheel.read_bytes()
        done = run("baseline", wheel, "--no-config", "--output", wheel)
        assert done.exit_code == 2
        assert "is the name of a distribution" in done.stderr
        assert wheel.read_bytes() == before

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        loop = tmp_path / "loop"
        loop.symlink_to(loop)
        done = run("baseline", Wheel().build().write(tmp_path), "--no-config", "--output", loop)
        assert done.exit_code == 0
        assert loop.is_file()
