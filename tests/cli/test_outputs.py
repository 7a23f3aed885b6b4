"""Where reports go, which format is chosen, and what is said while the audit goes on."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from pkgaudit.cli import progress as progress_module
from pkgaudit.cli.progress import progress
from pkgaudit.cli.screen import shows_links
from pkgaudit.report.result import GROUP, LiveReport, Result, formats
from tests.support import MANIFESTS, run

COMMAND = [sys.executable, "-m", "pkgaudit", "--no-config"]


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Return a wheel in which something fails."""
    wheel = Wheel()
    wheel.files["sample/.env"] = b"DATABASE_PASSWORD=rA9vK2mQ7xLp3TzW\n"
    (tmp_path / "dist").mkdir()
    return wheel.build().write(tmp_path / "dist")


class TestFormats:
    def test_all_of_the_manual_are_there(self) -> None:
        assert set(formats()) >= {
            "github",
            "gitlab",
            "html",
            "json",
            "jsonl",
            "junit",
            "markdown",
            "sarif",
            "text",
        }

    def test_all_in_one_run(self, bad: Path, tmp_path: Path) -> None:
        outputs = [f"{name}={tmp_path / name}" for name in formats()]
        done = run(bad, "--no-config", *(part for each in outputs for part in ("--output", each)))
        assert done.exit_code == 1
        assert done.stdout.endswith("FAIL\n"), "standard output still has the text report"
        for name in MANIFESTS:
            assert sha256(bad.read_bytes()).hexdigest() in (tmp_path / name).read_text("utf-8"), name
        for name in set(formats()) - MANIFESTS:
            assert "SF102" in (tmp_path / name).read_text("utf-8"), name

    @pytest.mark.parametrize("name", formats())
    def test_exit_status_is_that_of_the_verdict(self, name: str, bad: Path, tmp_path: Path) -> None:
        (tmp_path / "good").mkdir()
        good = Wheel().build().write(tmp_path / "good")
        assert run(good, "--no-config", "--format", name).exit_code == 0
        assert run(bad, "--no-config", "--format", name).exit_code == 1
        assert run(bad, tmp_path / "none.whl", "--no-config", "--format", name).exit_code == 2

    def test_unknown(self, bad: Path) -> None:
        done = run(bad, "--format", "xml")
        assert done.exit_code == 2
        assert "'xml' is not one of github, gitlab, html" in done.stderr

    @pytest.mark.parametrize("name", ["text", "jsonl"])
    def test_file_that_cannot_be_written(self, name: str, bad: Path, tmp_path: Path) -> None:
        place = tmp_path / "none" / "report"
        done = run(bad, "--no-config", "--output", f"{name}={place}")
        assert done.exit_code == 2
        assert f"{place}: cannot be written: No such file or directory" in done.stderr

    @pytest.mark.parametrize("name", ["text", "jsonl"])
    def test_full_disk(self, name: str, bad: Path) -> None:
        if not os.path.exists("/dev/full"):
            pytest.skip("there is no /dev/full")
        done = run(bad, "--no-config", "--output", f"{name}=/dev/full")
        assert done.exit_code == 2
        assert "/dev/full: cannot be written: No space left on device" in done.stderr

    @pytest.mark.parametrize("name", ["text", "jsonl"])
    def test_reader_that_has_seen_enough(self, name: str, bad: Path) -> None:
        command = [*COMMAND, "--format", name, str(bad)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            said = process.stderr.read()
            assert (process.wait(), said) == (1, b"")


class TestSuffixes:
    @pytest.mark.parametrize(
        ("name", "begins"),
        [
            ("x.html", "<!doctype html>"),
            ("x.HTM", "<!doctype html>"),
            ("x.json", "{"),
            ("x.jsonl", '{"'),
            ("x.ndjson", '{"'),
            ("x.sarif", '{"$schema"'),
            ("x.sarif.json", '{"$schema"'),
            ("x.xml", "<?xml"),
            ("x.md", "## "),
            ("x.txt", "/"),
            ("x", "/"),
        ],
    )
    def test_make_the_format(self, name: str, begins: str, bad: Path, tmp_path: Path) -> None:
        done = run(bad, "--no-config", "--output", tmp_path / name)
        assert (done.exit_code, done.stdout) == (1, "")
        text = "".join((tmp_path / name).read_text("utf-8").lower().split())
        assert text.startswith("".join(begins.lower().split()))

    def test_unless_told_otherwise(self, bad: Path, tmp_path: Path) -> None:
        run(bad, "--no-config", "--output", f"json={tmp_path / 'x.html'}")
        assert json.loads((tmp_path / "x.html").read_text())["verdict"] == "fail"

    @pytest.mark.parametrize(
        ("form", "name"), [("json", "x.html"), ("text", "x.md"), ("sarif", "x.xml"), ("html", "x.JSON")]
    )
    def test_contradiction_is_refused(self, form: str, name: str, bad: Path, tmp_path: Path) -> None:
        done = run(bad, "--no-config", "--format", form, "--output", tmp_path / name)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"'--format {form}' contradicts the suffix of '--output" in done.stderr
        assert not (tmp_path / name).exists()

    @pytest.mark.parametrize(
        ("form", "name"), [("gitlab", "x.json"), ("sarif", "x.json"), ("json", "x.log"), ("json", "x.report")]
    )
    def test_format_that_fits_the_suffix(self, form: str, name: str, bad: Path, tmp_path: Path) -> None:
        assert run(bad, "--no-config", "--format", form, "--output", tmp_path / name).exit_code == 1
        assert (tmp_path / name).exists()

    @pytest.mark.parametrize("name", ["x.pdf", "x.csv", "x.yaml", "x.html.gz"])
    def test_unknown_one_is_refused(self, name: str, bad: Path, tmp_path: Path) -> None:
        done = run(bad, "--no-config", "--output", tmp_path / name)
        assert done.exit_code == 2
        assert f"no format has the suffix '.{name.rpartition('.')[2]}'" in done.stderr
        assert not (tmp_path / name).exists()


class TestWhatIsPrecious:
    """No report takes the place of what the audit reads, under whatever name."""

    @pytest.fixture
    def files(self, bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
        monkeypatch.chdir(tmp_path)
        run("baseline", bad, "--no-config", "-o", "accepted.json")
        Path("own.toml").write_text('fail-on = "error"\n')
        Path("pyproject.toml").write_text('[project]\nname = "x"\n')
        names = {"input": bad, "baseline": Path("accepted.json"), "config": Path("own.toml")}
        return {**names, "settings": Path("pyproject.toml")}

    @pytest.mark.parametrize("what", ["input", "baseline", "config", "settings"])
    @pytest.mark.parametrize("how", ["itself", "link", "hard link", "other path"])
    @pytest.mark.parametrize("form", ["json={}", "jsonl={}", "{}"])
    def test_is_not_overwritten(self, form: str, what: str, how: str, files: dict[str, Path]) -> None:
        target = files[what]
        before = target.read_bytes()
        place = Path("place.json")
        if how == "link":
            place.symlink_to(target)
        elif how == "hard link":
            if what == "settings":
                pytest.skip("it is told by its name, since it is not read")
            place.hardlink_to(target)
        else:
            place = target if how == "itself" else target.parent / "dist" / ".." / target.name
            Path("dist").mkdir(exist_ok=True)
        given = [files["input"], "--config", "own.toml", "--baseline", "accepted.json"]
        output = form.format(place)
        done = run(*given, *(["--format", "json"] if form == "{}" else []), "--output", output)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "no report may overwrite" in done.stderr
        assert target.read_bytes() == before
        if what != "baseline":
            done = run("baseline", files["input"], "--config", "own.toml", "--output", place)
            assert done.exit_code == 2
            assert target.read_bytes() == before

    @pytest.mark.parametrize("command", [[], ["baseline"]])
    def test_hard_link_to_the_settings_of_a_project(self, command: list[str], files: dict[str, Path]) -> None:
        place = Path("place.json")
        place.hardlink_to(files["settings"])
        done = run(*command, ".", "--no-config", "--output", place)
        assert done.exit_code == 2
        assert "is audited itself, and no report may overwrite it" in done.stderr

    def test_baseline_of_another_tool(self, files: dict[str, Path]) -> None:
        place = Path(".secrets.baseline")
        place.write_text('{"results": {}}')
        done = run("baseline", files["input"], "--no-config", "--output", place)
        assert done.exit_code == 2
        assert "is a detect-secrets baseline" in done.stderr
        assert place.read_text() == '{"results": {}}'

    def test_reports_before_stay_where_the_disk_is_full(
        self, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import pkgaudit.whole

        Path("a.json").write_text("old")
        Path("b.jsonl").write_text("old")

        class Full(io.StringIO):
            def flush(self) -> None:
                raise OSError(28, "No space left on device")

        real = pkgaudit.whole._open

        def full(path: Path, mode: str) -> io.TextIOBase:
            real(path, mode).close()
            return Full()

        monkeypatch.setattr(pkgaudit.whole, "_open", full)
        done = run(files["input"], "--no-config", "-o", "json=a.json", "-o", "b.jsonl")
        assert done.exit_code == 2
        assert done.stderr.count("cannot be written: No space left on device") == 2
        assert Path("a.json").read_text() == Path("b.jsonl").read_text() == "old"
        assert not [each for each in os.listdir() if each.endswith(".tmp")]

    def test_nothing_is_left_of_a_report_that_is_broken_off(
        self, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("b.jsonl").write_text("old")

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("pkgaudit.run.audit_other", interrupt)
        assert run(files["input"], "--no-config", "-o", "b.jsonl").exit_code == 130
        assert Path("b.jsonl").read_text() == "old"
        assert not [each for each in os.listdir() if each.endswith(".tmp")]


class TestWhereReportsMayGo:
    def refused(self, *arguments: object) -> str:
        done = run(*arguments, "--no-config")
        assert done.exit_code == 2
        assert done.stdout == "", "nothing was audited yet"
        return " ".join(done.stderr.split())

    @pytest.mark.parametrize("form", ["{}", "json={}", "jsonl={}"])
    def test_not_onto_a_distribution(self, form: str, bad: Path, tmp_path: Path) -> None:
        before = bad.read_bytes()
        said = self.refused(bad, "--output", form.format(bad))
        assert f"{bad}: is the name of a distribution, which no report may overwrite" in said
        (tmp_path / "link.json").symlink_to(bad)
        self.refused(bad, "--output", form.format(tmp_path / "link.json"))
        assert bad.read_bytes() == before

    def test_one_file_takes_one_report(self, bad: Path, tmp_path: Path) -> None:
        outputs = [f"json={tmp_path / 'x'}", f"sarif={tmp_path / 'dist' / '..' / 'x'}"]
        said = self.refused(bad, *(part for each in outputs for part in ("-o", each)))
        assert "only one report can be written to this file" in said
        assert not (tmp_path / "x").exists()
        assert run(bad, "--no-config", "-o", f"json={os.devnull}", "-o", f"sarif={os.devnull}").exit_code == 1

    def test_a_dash_is_standard_output(
        self, bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert run(bad, "--no-config", "-o", "-").stdout.endswith("FAIL\n")
        assert json.loads(run(bad, "--no-config", "-o", "json=-").stdout)["verdict"] == "fail"
        assert "only one report" in self.refused(bad, "-o", "json=-", "-o", "-")
        assert not Path("-").exists()

    def test_a_slip_in_the_format_makes_no_file(
        self, bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert "'srif' is not one of github, gitlab, html" in self.refused(bad, "-o", "srif=x.sarif")
        assert "the file after the equals sign is missing" in self.refused(bad, "-o", "sarif=")
        assert run(bad, "--no-config", "-o", "./a=b").exit_code == 1
        assert Path("a=b").read_text("utf-8").endswith("FAIL\n")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
    @pytest.mark.parametrize("name", ["sarif", "jsonl"])
    def test_one_that_fails_leaves_the_others(self, name: str, bad: Path, tmp_path: Path) -> None:
        place = tmp_path / "x.json"
        done = run(bad, "--no-config", "-o", f"{name}=/dev/full", "-o", f"json={place}")
        assert done.exit_code == 2
        assert done.stderr == "Error: /dev/full: cannot be written: No space left on device\n"
        assert done.stdout.endswith("FAIL\n")
        assert json.loads(place.read_text("utf-8"))["verdict"] == "fail"


class Faulty(LiveReport):
    """A format of another package that fails at the first distribution."""

    def audited(self, *_: object) -> None:
        raise KeyError("hunter2")

    def finish(self, result: Result) -> None:
        raise AssertionError("it failed before")


def broken(*_: object) -> None:
    """Fail as a format of another package may."""
    raise ValueError("hunter2")


class TestFormatsOfOthers:
    @pytest.fixture
    def bring(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
        """Return what adds a format as a package does that is installed."""
        real = metadata.entry_points
        added: list[metadata.EntryPoint] = []

        def points(**wanted: Any) -> metadata.EntryPoints:
            return metadata.EntryPoints([*real(**wanted), *metadata.EntryPoints(added).select(**wanted)])

        monkeypatch.setattr("pkgaudit.report.result.entry_points", points)
        return lambda name, value: added.append(metadata.EntryPoint(name, value, GROUP))

    @pytest.mark.parametrize(("name", "kind"), [("broken", "ValueError"), ("Faulty", "KeyError")])
    def test_one_that_fails(
        self, name: str, kind: str, bring: Callable[[str, str], None], bad: Path, tmp_path: Path
    ) -> None:
        bring("other", f"{__name__}:{name}")
        place = tmp_path / "x.json"
        done = run(bad, "--no-config", "-o", "other=/dev/null", "-o", f"json={place}")
        assert done.exit_code == 2
        said = rf"Error: /dev/null: the format other failed \({kind} at test_outputs\.py:\d+\); "
        assert re.match(said, done.stderr)
        assert "hunter2" not in done.stderr
        assert done.stdout.endswith("FAIL\n")
        assert json.loads(place.read_text("utf-8"))["verdict"] == "fail"

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            (
                "other",
                "tests.nowhere:write",
                "'other' (tests.nowhere:write) cannot be loaded: No module named",
            ),
            ("other", f"{__name__}:COMMAND", "is neither a function nor a LiveReport"),
            ("other", f"{__name__}:Terminal", "is neither a function nor a LiveReport"),
            (
                "text",
                f"{__name__}:broken",
                "2 formats have the name 'text': pkgaudit.report.text:write",
            ),
        ],
    )
    def test_one_that_cannot_be_used(
        self, name: str, value: str, said: str, bring: Callable[[str, str], None], bad: Path
    ) -> None:
        bring(name, value)
        done = run(bad, "--no-config", "--format", name)
        assert done.exit_code == 2
        assert said in done.stderr


class TestChosenFormat:
    def test_in_github_actions(self, bad: Path) -> None:
        assert "::error " in run(bad, "--no-config", env={"GITHUB_ACTIONS": "true"}).stdout

    def test_unless_told_otherwise(self, bad: Path) -> None:
        told = run(bad, "--no-config", "--format", "text", env={"GITHUB_ACTIONS": "true"}).stdout
        assert "::error " not in told
        assert "::error " not in run(bad, "--no-config", env={"GITHUB_ACTIONS": ""}).stdout

    def test_only_what_goes_to_standard_output(self, bad: Path, tmp_path: Path) -> None:
        place = tmp_path / "x.json"
        run(bad, "--no-config", "--output", f"json={place}", env={"GITHUB_ACTIONS": "true"})
        assert json.loads(place.read_text("utf-8"))["verdict"] == "fail"


class TestNothingToAudit:
    @pytest.mark.parametrize("given", ["none", "none/*", "."])
    def test_is_no_pass(self, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert run(given, "--no-config").exit_code == 2

    @pytest.mark.parametrize("given", ["none", "none/*", "."])
    def test_unless_it_may_be(self, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        done = run(given, "--no-config", "--empty-ok", "--verbose")
        assert done.exit_code == 0
        assert f"skipped: {given}: " in done.stdout
        assert done.stdout.endswith("PASS\n")


class TestLinks:
    @pytest.mark.parametrize(
        ("environment", "shown"),
        [
            ({"FORCE_HYPERLINK": "1"}, True),
            ({"FORCE_HYPERLINK": "0", "TERM_PROGRAM": "WezTerm"}, False),
            ({"TERM_PROGRAM": "WezTerm"}, True),
            ({"VTE_VERSION": "7600"}, True),
            ({"VTE_VERSION": "x"}, False),
            ({"TERM": "xterm-256color"}, False),
        ],
    )
    def test_where_the_terminal_shows_them(
        self, environment: dict[str, str], shown: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in (
            "FORCE_HYPERLINK",
            "TERM_PROGRAM",
            "TERM",
            "VTE_VERSION",
            "WT_SESSION",
            "KONSOLE_VERSION",
        ):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert shows_links(Terminal()) is shown

    def test_not_in_a_pipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
        assert not shows_links(io.StringIO())


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class TestProgress:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress_module, "PATIENCE", 0.05)
        monkeypatch.setattr(progress_module, "INTERVAL", 0.05)

    def shown(self, stream: io.StringIO, seconds: float = 0.5) -> str:
        with progress({"dist/a.whl": __file__, "dist/b\x1b.whl": __file__}, stream) as done:
            done("dist/a.whl")
            time.sleep(seconds)
        return stream.getvalue()

    def test_lines_in_a_log(self) -> None:
        first = self.shown(io.StringIO()).splitlines()[0]
        assert first == "1 of 2 files audited after 0 s, now dist/b\\x1b.whl"

    def test_bar_on_a_terminal(self) -> None:
        shown = self.shown(Terminal())
        assert "1/2" in shown
        assert "dist/b\\x1b.whl" in shown

    def test_nothing_for_what_is_quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress_module, "PATIENCE", 60.0)
        monkeypatch.setattr(progress_module, "INTERVAL", 60.0)
        assert self.shown(io.StringIO(), 0) == ""
        assert self.shown(Terminal(), 0) == ""

    def test_stream_that_was_closed(self) -> None:
        stream = io.StringIO()
        with progress({"a": __file__}, stream):
            stream.close()
            time.sleep(0.2)


def test_real_terminal_is_left_as_it_was(bad: Path) -> None:
    """On a real terminal the bar is gone at the end, and the report is all that stays."""
    master, slave = pty.openpty()
    code = (
        "import pkgaudit.cli.progress as p, pkgaudit.cli; p.PATIENCE = 0.0; "
        f"pkgaudit.cli.main(['--no-config', {str(bad)!r}])"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=slave, stderr=slave, stdin=slave) as process:
        os.close(slave)
        said = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
        assert process.wait() == 1
    os.close(master)
    assert b"/1" in said
    assert b"SF102" in said
    assert said.count(b"\x1b[?25l") == said.count(b"\x1b[?25h"), "the cursor is shown again"


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupted(jobs: int, bad: Path, tmp_path: Path) -> None:
    """Ctrl-C ends it at once, all processes of it, without a traceback, and not as a verdict does."""
    built = Wheel().build()
    files = [bad, *(built.write(make_folder(tmp_path / str(number))) for number in range(300))]
    command = [*COMMAND, "--jobs", str(jobs), "--format", "jsonl", *map(str, files)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # A job in the background of a shell is started with the signal ignored, and so is all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, b"interrupted\n")


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_quiet_says_nothing_but_the_report(tmp_path: Path) -> None:
    wheel = Wheel().build().write(tmp_path)
    done = run(wheel, "--no-config", "--quiet")
    assert done.stderr == ""
    assert done.stdout.endswith("PASS\n")


@pytest.mark.parametrize("version", ["1" * 5_000, "\u00b2", "9" * 12])
def test_odd_version_of_a_terminal(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_HYPERLINK", raising=False)
    for name in ("TERM", "TERM_PROGRAM", "WT_SESSION", "KONSOLE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VTE_VERSION", version)
    assert not shows_links(Terminal())
