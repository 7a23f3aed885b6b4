"""The command as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.builders import Sdist, Wheel, sample_metadata
from pkgaudit import __version__
from pkgaudit.rule import Registry
from tests.marks import digest
from tests.marks import marks as marks
from tests.support import code_lines, registry, run

ENV = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder with a good sdist and a good wheel."""
    folder = tmp_path / "dist"
    folder.mkdir()
    Sdist().build().write(folder)
    Wheel().build().write(folder)
    return folder


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A wheel with two findings of one error rule."""
    wheel = Wheel()
    wheel.files["sample/.env"] = ENV
    wheel.files["sample/sub/.env"] = ENV.replace(b"horse", b"mule")
    return wheel.build().write(tmp_path)


class TestPaths:
    def test_folder(self, dist: Path) -> None:
        done = run(dist, "--no-config")
        assert done.exit_code == 0
        assert done.stdout.count("nothing found") == 2
        assert done.stdout.rstrip().endswith("PASS")

    @pytest.mark.parametrize("is_reversed", [False, True])
    def test_files_are_in_the_order_of_their_paths(self, dist: Path, is_reversed: bool) -> None:
        files = sorted(dist.iterdir(), reverse=is_reversed)
        report = json.loads(run(*files, "--no-config", "--format", "json").stdout)
        assert [each["path"] for each in report["distributions"]] == [str(file) for file in sorted(files)]

    def test_order_changes_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not the report, nor which findings a baseline accepts."""
        monkeypatch.chdir(tmp_path)
        for folder, version in (("b", "1.0"), ("a", "1.1"), ("c", "1.0")):
            Path(folder).mkdir()
            for built in (Wheel("Sample", version), Sdist("sample", version)):
                built.files["sample/.env"] = ENV
                built.build().write(Path(folder))
        for number, folder in enumerate("abc"):
            clashing = Wheel(f"other-{number}")
            clashing.files["sample/core.py"] = f"x = {number}\n".encode()
            clashing.build().write(Path(folder))
        Path("b/notes.txt").write_text("x")
        given = ["b", "a", "c", "none.whl", "none/*", "./a", "a/*", "c/../b"]
        reports = []
        for paths in (given, given[::-1], sorted(given), sorted(given, key=lambda path: path[::-1])):
            report = json.loads(run(*paths, "--no-config", "--format", "json").stdout)
            reports.append(report)
        assert {"RL101", "RL107"} <= {each["code"] for each in reports[0]["findings"]}
        assert all(each == reports[0] for each in reports)
        run("baseline", "--no-config", "b", "a", "c", "-o", "baseline.json")
        for paths in (["c", "b", "a"], ["a", "c", "b"], [str(Path("b").resolve()), "a", "c"]):
            done = run(*paths, "--no-config", "--baseline", "baseline.json", "--fail-on", "info")
            assert done.exit_code == 0, done.stdout

    def test_unexpanded_glob(self, dist: Path) -> None:
        done = run(f"{dist}/*", "--no-config")
        assert done.exit_code == 0
        assert "2 distributions" in done.stdout

    def test_glob_without_match(self, dist: Path) -> None:
        done = run(f"{dist}/*.none", "--no-config")
        assert done.exit_code == 2
        assert "no file matches" in " ".join(done.stdout.split())

    def test_the_same_file_twice_is_audited_once(self, dist: Path) -> None:
        one = next(dist.iterdir())
        again = f"{one.parent}/../{one.parent.name}/{one.name}"
        assert "2 distributions" in run(dist, f"{dist}/*", again, "--no-config").stdout

    def test_signatures_and_attestations_are_recognized(self, dist: Path) -> None:
        for file in list(dist.iterdir()):
            (dist / f"{file.name}.asc").write_text("x")
            (dist / f"{file.name}.publish.attestation").write_text("{}")
            (dist / f"{file.name}.sigstore.json").write_text("{}")
        (dist / "SHA256SUMS").write_text("x")
        done = run(dist, "--no-config", "--verbose", "--ignore", "HM202")  # which reads attestations
        assert done.exit_code == 0
        assert "7 files skipped" in done.stdout
        assert "SHA256SUMS: not a distribution" in done.stdout
        assert done.stdout.count("signature or attestation") == 6

    def test_folder_without_distributions(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        done = run(tmp_path, "--no-config")
        assert done.exit_code == 2
        assert "contains no distribution" in " ".join(done.stdout.split())
        assert done.stdout.endswith("\nCOULD NOT AUDIT\n")

    def test_missing_file_does_not_stop_the_others(self, dist: Path) -> None:
        done = run("none.whl", dist, "--no-config")
        assert done.exit_code == 2
        assert "not audited: none.whl: there is no such file or folder" in done.stdout
        assert done.stdout.endswith("\nCOULD NOT AUDIT\n")
        assert "2 distributions" in done.stdout

    def test_only_other_files(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        done = run(tmp_path / "notes.txt", "--no-config")
        assert done.exit_code == 2
        assert "nothing to audit: no wheel" in done.stdout

    @pytest.mark.parametrize("name", ["pyproject.toml", "setup.py", "setup.cfg"])
    def test_settings_of_a_project(
        self, name: str, dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / name).write_text("")
        done = run(tmp_path / name, "--no-config")
        assert done.exit_code == 2
        assert f"run 'pkgaudit {tmp_path}'" in " ".join(done.stdout.split())
        monkeypatch.chdir(tmp_path)
        assert "run 'pkgaudit .'" in " ".join(run(name, "--no-config").stdout.split())
        assert "run 'pkgaudit .'" in run(name, dist, "--no-config", "-v").stdout

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no fifos")
    def test_fifo_does_not_block(self, tmp_path: Path, dist: Path) -> None:
        os.mkfifo(tmp_path / "sample-1.0-py3-none-any.whl")
        done = run(tmp_path / "sample-1.0-py3-none-any.whl", dist, "--no-config")
        assert done.exit_code == 2
        assert "cannot be read: it is not a regular file" in done.stdout
        assert "2 distributions" in done.stdout

    @pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no links")
    @pytest.mark.parametrize("how", ["{}", "{}/*"])
    def test_nothing_in_a_folder_is_left_out_silently(self, dist: Path, how: str) -> None:
        (dist / "broken-1.0-py3-none-any.whl").symlink_to("nowhere")
        done = run(how.format(dist), "--no-config")
        assert done.exit_code == 2
        assert "broken-1.0-py3-none-any.whl: cannot be read" in " ".join(done.stdout.split())

    def test_overlong_path(self) -> None:
        done = run("a" * 5000 + ".whl", "--no-config")
        assert done.exit_code == 2

    def test_jobs_give_the_same_report(self, dist: Path, bad: Path) -> None:
        def report(*more: str) -> object:
            return json.loads(run(dist, bad, "--no-config", "--format", "json", *more).stdout)

        assert report("--jobs", "1") == report("--jobs", "3")


class TestExitStatus:
    def test_fail(self, bad: Path) -> None:
        assert run(bad, "--no-config").exit_code == 1

    def test_fail_on(self, bad: Path) -> None:
        severity = "--severity=environment-file=warning"
        assert run(bad, "--no-config", severity).exit_code == 0
        assert run(bad, "--no-config", severity, "--fail-on", "warning").exit_code == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--nonsense"], "No such option"),
            (["--format", "xml"], "'xml' is not one of "),
            (["--select", "SF102", "--profile", "pypi"], "no rule is selected"),
            (["--select", "SF1O2"], "the command line: no rule is called 'SF1O2'"),
            (["--severity", "SF102"], "has no '='"),
            (["--severity", "SF102=fatal"], "'fatal' is not one of"),
            (["--config", "none.toml"], "none.toml: cannot be read"),
            (["--config", "x", "--no-config"], "exclude each other"),
            (["--output", "/nonexistent/report.txt"], "cannot be written"),
        ],
    )
    def test_bad_usage(self, bad: Path, arguments: list[str], said: str) -> None:
        done = run(bad, *arguments)
        assert done.exit_code == 2
        assert said in done.stderr
        assert done.stdout == ""

    def test_no_arguments_show_the_help(self) -> None:
        done = run()
        assert done.exit_code == 2
        assert "PATH..." in done.output


class TestSwitches:
    def test_select(self, bad: Path) -> None:
        assert run(bad, "--no-config", "--select", "AR,MD105").exit_code == 0
        assert run(bad, "--no-config", "--select", "environment-file").exit_code == 1

    def test_ignore(self, bad: Path) -> None:
        done = run(bad, "--no-config", "--ignore", "SF102")
        assert done.exit_code == 0
        assert "nothing found" in done.stdout

    def test_per_file_ignore_is_counted(self, bad: Path) -> None:
        done = run(bad, "--no-config", "--per-file-ignores", "sub/=SF102", "-v")
        assert done.exit_code == 1
        assert "1 suppressed" in done.stdout
        assert "suppressed: " in done.stdout
        [line] = [line for line in done.stdout.splitlines() if line.startswith("suppressed: ")]
        assert "sample/sub/.env" in line
        assert line.endswith(" SF102 environment-file (per-file-ignores)")

    def test_per_distribution_ignore(self, bad: Path) -> None:
        done = run(bad, "--no-config", "--per-distribution-ignores", "*.whl=SF102")
        assert done.exit_code == 0
        assert "2 suppressed" in done.stdout

    def test_profile_pypi_asks_only_what_the_index_asks(self, bad: Path) -> None:
        assert run(bad, "--no-config", "--profile", "pypi").exit_code == 0

    def test_configuration_is_that_of_the_working_directory(
        self, bad: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.pkgaudit]\nignore = ["SF102"]\n')
        monkeypatch.chdir(tmp_path)
        assert run(bad).exit_code == 0
        assert run(bad, "--no-config").exit_code == 1
        assert run(bad, "--select", "SF102").exit_code == 1

    def test_archive_never_configures_the_audit(self, tmp_path: Path) -> None:
        sdist = Sdist()
        sdist.files["pyproject.toml"] += b'\n[tool.pkgaudit]\nignore = ["ALL"]\n'
        sdist.files["pkgaudit.toml"] = b'ignore = ["ALL"]\n'
        sdist.files[".env"] = ENV
        assert run(sdist.build().write(tmp_path)).exit_code == 1

    def test_quiet(self, bad: Path, dist: Path) -> None:
        done = run(bad, dist, "--no-config", "--quiet")
        assert "nothing found" not in done.stdout
        assert "SF102" in done.stdout
        assert done.stdout.rstrip().endswith("FAIL")

    def test_output_file(self, bad: Path, tmp_path: Path) -> None:
        done = run(bad, "--no-config", "--output", tmp_path / "report.txt")
        assert done.stdout == ""
        assert (tmp_path / "report.txt").read_text().rstrip().endswith("FAIL")

    def test_several_outputs(self, bad: Path, tmp_path: Path) -> None:
        done = run(bad, "--no-config", "--output", f"json={tmp_path / 'report.json'}")
        assert done.stdout.rstrip().endswith("FAIL")
        assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "fail"


@pytest.fixture
def marked(tmp_path: Path) -> list[Path]:
    """A wheel and an sdist of one project with a mark in common, and one more in the sdist."""
    wheel, sdist = Wheel(), Sdist()
    wheel.files["sample/core.py"] += b"key = 'MARK-AAAAAAAA'\n"
    sdist.files["sample/core.py"] += b"key = 'MARK-AAAAAAAA'\n"
    sdist.files["sample/tests/data.txt"] = b"MARK-AAAAAAAA\nMARK-BBBBBBBB\n"
    return [wheel.build().write(tmp_path), sdist.build().write(tmp_path)]


@pytest.mark.usefixtures("marks")
class TestSameInSeveralPlaces:
    def test_is_one_finding(self, marked: list[Path]) -> None:
        done = run(*marked, "--no-config", "--select", "MK101")
        wheel, sdist = marked
        lines = " ".join(done.stdout.split())
        assert "sample/core.py:6:8: holds a mark, MARK-A…" in lines
        assert f"also at {sdist}:" in lines
        assert f"see also {wheel} above" in lines
        assert "1 error, 1 warning, 0 infos" in done.stdout
        assert done.exit_code == 1
        assert "AAAAAAAA" not in done.output

    def test_fails_all_the_distributions_it_is_in(self, marked: list[Path]) -> None:
        report = json.loads(run(*marked, "--no-config", "--select", "MK101", "--format", "json").stdout)
        assert [each["verdict"] for each in report["distributions"]] == ["fail", "fail"]
        [first, other] = report["findings"]
        assert (first["distribution"], first["member"], first["line"]) == (
            str(marked[0]),
            "sample/core.py",
            6,
        )
        assert [(each["distribution"], each["member"], each["line"]) for each in first["also"]] == [
            (str(marked[1]), "sample-1.0/sample/core.py", 6),
            (str(marked[1]), "sample-1.0/sample/tests/data.txt", 1),
        ]
        assert first["content"] == digest("MARK-AAAAAAAA")[:16]
        assert (other["severity"], other["also"]) == ("warning", [])
        assert "AAAAAAAA" not in json.dumps(report)

    def test_place_that_is_ignored_is_left_out(self, marked: list[Path]) -> None:
        arguments = [
            "--no-config",
            "--select",
            "MK101",
            "--per-file-ignores",
            "tests/=MK",
            "--format",
            "json",
        ]
        report = json.loads(run(*marked, *arguments).stdout)
        assert [len(each["also"]) for each in report["findings"]] == [1]
        assert report["suppressed"] == 2

    def test_projects_are_told_apart(self, tmp_path: Path) -> None:
        wheels = [Wheel(), Wheel("other")]
        for wheel in wheels:
            wheel.files["data.txt"] = b"MARK-AAAAAAAA"
        paths = [wheel.build().write(tmp_path) for wheel in wheels]
        report = json.loads(run(*paths, "--no-config", "--select", "MK101", "--format", "json").stdout)
        assert len(report["findings"]) == 2


@pytest.mark.usefixtures("marks")
class TestAllow:
    def test_by_a_comment(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files["sample/core.py"] += b"key = 'MARK-AAAAAAAA'  # harmless\n"
        path = wheel.build().write(tmp_path)
        done = run(path, "--no-config", "-v")
        assert done.exit_code == 0
        assert "1 suppressed" in done.stdout
        assert "MK101 mark (harmless)" in done.stdout
        assert run(path, "--no-config", "--no-inline-ignores").exit_code == 1

    def test_by_hash(self, marked: list[Path]) -> None:
        one, other = digest("MARK-AAAAAAAA")[:16], digest("MARK-BBBBBBBB")[:12].upper()
        done = run(*marked, "--no-config", "--select", "MK101", "--allow", one, "-v")
        assert done.exit_code == 0
        assert "1 suppressed" in done.stdout
        assert "MK101 mark (allow)" in done.stdout
        assert done.stdout.count("also at") == 2
        done = run(*marked, "--no-config", "--select", "MK101", "--allow", one, "--allow", other)
        assert "2 suppressed" in done.stdout
        assert run(*marked, "--no-config", "--select", "MK101", "--allow", other).exit_code == 1

    def test_by_hash_in_the_configuration(self, marked: list[Path], tmp_path: Path) -> None:
        config = tmp_path / "pkgaudit.toml"
        table = f'{{ hash = "{digest("MARK-AAAAAAAA")[:12]}", reason = "made up", until = %s }}'
        config.write_text(f'select = ["MK101"]\nallow = [{table % "2999-12-31"}]\n')
        done = run(*marked, "--config", config, "-v")
        assert done.exit_code == 0
        assert "MK101 mark (made up)" in done.stdout
        config.write_text(f'select = ["MK101"]\nallow = [{table % "2001-12-31"}]\n')
        assert run(*marked, "--config", config).exit_code == 1

    def test_the_hash_is_shown(self, marked: list[Path]) -> None:
        assert f"content: {digest('MARK-AAAAAAAA')[:16]}" in run(*marked, "--no-config", "-v").stdout

    def test_mistake(self, marked: list[Path]) -> None:
        done = run(*marked, "--no-config", "--allow", "MARK-AAAAAAAA")
        assert done.exit_code == 2
        assert "the command line: allow: entry 1: a hash has 12 to 64 hexadecimal digits" in done.stderr
        assert "AAAAAAAA" not in done.output


@pytest.mark.usefixtures("marks")
class TestSecretsLevel:
    def said(self, *arguments: object) -> str:
        report = json.loads(run(*arguments, "--select", "MK102", "--format", "json").stdout)
        return str(report["findings"][0]["message"])

    def test_is_laid_over_the_configuration(self, marked: list[Path], tmp_path: Path) -> None:
        config = tmp_path / "pkgaudit.toml"
        config.write_text('[secrets]\nlevel = "fast"\n')
        assert self.said(marked[0], "--no-config") == "the level is default"
        assert self.said(marked[0], "--config", config) == "the level is fast"
        assert self.said(marked[0], "--config", config, "--secrets", "thorough") == "the level is thorough"

    def test_mistakes(self, marked: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "'slow' is not one of" in run(marked[0], "--no-config", "--secrets", "slow").stderr
        config = tmp_path / "pkgaudit.toml"
        config.write_text('[secrets]\nlevel = "slow"\n')
        assert "[secrets]: level: 'slow' is none of" in run(marked[0], "--config", config).stderr
        monkeypatch.setattr("pkgaudit.rule.load_registry", Registry)
        done = run(marked[0], "--no-config", "--secrets", "fast")
        assert done.exit_code == 2
        assert "--secrets: no installed rule has the option 'level'" in done.stderr

    def test_is_listed_with_its_table(self) -> None:
        rules = json.loads(run("rules", "--format", "json").stdout)
        assert [(each["code"], each["table"], each["options"]) for each in rules] == [
            ("MK101", "secrets", ["level"]),
            ("MK102", "secrets", ["level"]),
        ]
        text = run("explain", "MK101").stdout
        assert "[tool.pkgaudit.secrets]" in text
        assert 'level (default "default")' in text


class TestStandardOutput:
    def status(self, arguments: list[str], redirect: str) -> int:
        command = " ".join([sys.executable, "-m", "pkgaudit", "--no-config", *arguments, redirect])
        done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True)
        assert "Traceback" not in done.stderr
        return done.returncode

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
    def test_closed(self, dist: Path) -> None:
        assert self.status([str(dist)], ">&-") == 2

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
    @pytest.mark.parametrize("format_name", ["text", "json"])
    def test_full(self, dist: Path, format_name: str) -> None:
        assert self.status([str(dist), "--format", format_name], ">/dev/full") == 2


class TestSubcommands:
    def test_version(self) -> None:
        done = run("--version")
        assert (done.exit_code, done.stdout) == (0, f"pkgaudit {__version__}\n")

    def test_module(self) -> None:
        command = [sys.executable, "-m", "pkgaudit", "--version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == f"pkgaudit {__version__}\n"

    @pytest.mark.parametrize("name", ["--help", "-h"])
    def test_help_names_everything(self, name: str) -> None:
        text = run(name).stdout
        for word in ("--select", "--profile", "--no-isolation", "--output", "--version", "explain", "rules"):
            assert word in text

    def test_help_of_an_audit_is_the_same_wherever_it_is_asked_for(self, dist: Path) -> None:
        assert "--per-file-ignores" in run(dist, "--help").stdout

    def test_rules(self) -> None:
        lines = run("rules").stdout.splitlines()
        assert [line[:5] for line in lines[:-2]] == [rule.code for rule in registry()]
        assert all(rule.summary in line for rule, line in zip(registry(), lines, strict=False))

    def test_rules_as_json(self) -> None:
        rules = json.loads(run("rules", "--format", "json").stdout)
        assert {rule["code"]: rule["name"] for rule in rules} == {rule.code: rule.name for rule in registry()}

    @pytest.mark.parametrize("selector", ["SF102", "sf102", "environment-file"])
    def test_explain(self, selector: str) -> None:
        text = run("explain", selector).stdout
        assert "SF102 environment-file" in text
        assert "How to fix it" in text
        assert "\x1b" not in text
        code = code_lines(run("explain", selector, "--format", "markdown").stdout)
        assert max(len(line) for line in text.splitlines() if line.strip() not in code) <= 80

    @pytest.mark.parametrize("rule", ["RL116", "WH117", "SF102"])  # two have code in lists
    def test_explain_keeps_the_lines_of_code(self, rule: str) -> None:
        page = run("explain", rule, "--format", "markdown").stdout
        code = {line for line in code_lines(page) if len(line) > 72}
        assert code
        assert code <= {line.strip() for line in run("explain", rule).stdout.splitlines()}

    def test_explain_a_family(self) -> None:
        text = run("explain", "HM1").stdout
        assert "HM101" in text
        assert "HM106" in text

    def test_explain_unknown(self) -> None:
        done = run("explain", "enviroment-file")
        assert done.exit_code == 2
        assert "did you mean 'environment-file'?; 'pkgaudit rules' lists all rules" in done.stderr

    @pytest.mark.parametrize("word", ["frobnicate", "asdf", "hello"])
    def test_explain_nonsense(self, word: str) -> None:
        assert f"no rule is called {word!r}; 'pkgaudit rules'" in run("explain", word).stderr

    @pytest.mark.parametrize("name", [[], ["audit"]])
    def test_usage_is_as_typed(self, name: list[str]) -> None:
        done = run(*name, "a.whl", "--no-such-option")
        typed = " ".join(["main", *name])  # the name of the function stands for the program
        usage, hint, *_ = done.stderr.splitlines()
        assert usage == f"Usage: {typed} [OPTIONS] PATH..."
        assert hint.startswith(f"Try '{typed} -")  # click before 8.3 names the short option

    @pytest.mark.parametrize(
        ("word", "said"),
        [
            ("secrets", "rules on secrets have codes that start with SE: "),
            ("secret", "SE101 "),
            ("Licenses", "rules on licenses have codes that start with LC: "),
            ("wheel", "WH101 "),
            ("readme", "RM101 unrenderable-readme"),
            ("notebook", "no rule is called 'notebook'"),
            ("environment", "in their names: SF102 environment-file"),
        ],
    )
    def test_explain_what_is_no_rule_but_several(self, word: str, said: str) -> None:
        done = run("explain", word)
        assert done.exit_code == 2
        assert said in done.stderr

    def test_a_path_called_as_a_subcommand(self, dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        dist.rename(dist.parent / "rules")
        monkeypatch.chdir(dist.parent)
        assert "2 distributions" in run("./rules", "--no-config").stdout


def test_counts_findings_as_the_audit_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel and the sdist have the same fault in the core metadata, which an audit shows once."""
    monkeypatch.chdir(tmp_path)
    Path("pkgaudit.toml").write_text('select = ["MD203"]\n')
    metadata = sample_metadata()
    metadata.set("Project-URL")
    paths = [kind(metadata=metadata).build().write(tmp_path) for kind in (Wheel, Sdist)]
    done = run("baseline", *paths, "-o", "known.json")
    assert done.stderr.endswith("known.json: 1 finding accepted in 2 entries\n")
    assert "; 1 suppressed" in run(*paths, "--baseline", "known.json").stdout
