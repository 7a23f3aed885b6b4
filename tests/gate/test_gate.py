"""The command ``gate``: statuses, last lines, reports, secrets and bad input."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fixtures.builders import Metadata, Wheel, sample_metadata
from pkgaudit.gate.copies import Copies
from tests.gate.conftest import Release, last_line
from tests.programs import need
from tests.support import run

posix = pytest.mark.skipif(os.name == "nt", reason="scripts start otherwise there")

WHEEL, SDIST = "sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"


@pytest.fixture
def script(release: Release) -> str:
    """Return a script that notes its arguments in a file, and exits with STATUS."""
    path = release.root / "upload.sh"
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> arguments\nexit ${STATUS:-0}\n')
    path.chmod(0o755)
    return "./upload.sh"


def arguments(release: Release) -> list[str] | None:
    """Return the arguments with which the script was started, None if it was not."""
    path = release.root / "arguments"
    return path.read_text().splitlines() if path.exists() else None


def gate(release: Release, config: str, *words: object, **more: Any) -> Result:
    """Run the gate with a configuration of its own."""
    (release.root / "gate.toml").write_text(config)
    command = ["gate", "--config", "gate.toml", *more.pop("options", ()), *release.files(), "--", *words]
    return run(*command, **more)


@posix
@pytest.mark.parametrize("status", [0, 1, 2, 143])
def test_status_of_the_command(status: int, release: Release, script: str) -> None:
    result = release.gate(script, "{files}", env={"STATUS": str(status)})
    assert result.exit_code == status
    assert result.stderr.endswith(f"\n\npkgaudit gate: upload.sh exited with status {status}\n")
    assert [os.path.basename(each) for each in arguments(release) or ()] == [WHEEL, SDIST]
    assert not any(os.path.exists(each) for each in arguments(release) or ())


@posix
def test_line_on_the_upload(release: Release, script: str) -> None:
    env = {"TWINE_REPOSITORY_URL": "https://me:correct-horse@packages.example.com:443/Path/"}
    result = release.gate(
        "twine",
        "upload",
        f"dist/{WHEEL}",
        options=("--dry-run",),
        env={**env, "PATH": path_with(release, "twine")},
    )
    digest = release.hashes[WHEEL][:12]
    assert (
        f"twine gets {WHEEL} (sha256 {digest}…), for https://packages.example.com/Path/, from "
        "TWINE_REPOSITORY_URL; no configuration limits the index\n"
    ) in result.stderr
    assert "correct-horse" not in result.output


def path_with(release: Release, *names: str) -> str:
    """Return a search path with programs of these names, which fail."""
    folder = release.root / "bin"
    folder.mkdir(exist_ok=True)
    for each in names:
        (folder / each).write_text("#!/bin/sh\nexit 9\n")
        (folder / each).chmod(0o755)
    return os.pathsep.join((str(folder), os.environ["PATH"]))


@posix
def test_dry_run(release: Release, script: str) -> None:
    result = release.gate(script, "--token", "correct-horse", f"dist/{SDIST}", options=("--dry-run",))
    assert result.exit_code == 0
    assert result.stdout.startswith("./upload.sh --token '****' /")
    assert result.stdout.endswith(f"/{SDIST}\n")
    assert arguments(release) is None
    assert last_line(result) == "pkgaudit gate: not started: upload.sh would be started without --dry-run"


@posix
def test_failed_audit(release: Release, script: str) -> None:
    Wheel(files={"sample/.env": b"DATABASE_PASSWORD=correct-horse-battery\n"}).build().write(
        release.root / "dist"
    )
    for options in ((), ("--dry-run",)):
        result = release.gate(script, "{files}", options=options)
        assert result.exit_code == 1
        assert last_line(result) == "pkgaudit gate: not started: the audit failed"
    assert arguments(release) is None


@posix
def test_incomplete_audit(release: Release, script: str) -> None:
    (release.root / "dist" / SDIST).write_bytes(b"no archive")
    result = run("gate", "--no-config", *release.files(), "dist/missing.whl", "--", script, "{files}")
    assert result.exit_code == 2
    assert last_line(result) == "pkgaudit gate: not started: the audit is incomplete"
    assert arguments(release) is None


@posix
def test_changed_copy(release: Release, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Copies, "changed", lambda copies: copies.files)
    result = release.gate(script, "{files}")
    assert result.exit_code == 2
    assert last_line(result).startswith(
        "pkgaudit gate: not started: dist/sample-1.0-py3-none-any.whl: its private copy"
    )
    assert arguments(release) is None


BAD_COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "missing": (("no-such-program", "x"), "no-such-program: is not a command"),
    "missing path": (("./none.sh", "x"), "./none.sh: is not a command"),
    "folder": (("./dist", "x"), "./dist: is a folder"),
    "not executable": (("./pyproject.toml", "x"), "./pyproject.toml: is not executable"),
    "variable": (("TWINE_PASSWORD=correct-horse", "x"), "TWINE_PASSWORD=…: only a shell sets variables so"),
    "nothing": ((), "the command after '--' is missing"),
}


@posix
@pytest.mark.parametrize(("words", "said"), BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_command_that_cannot_start(words: tuple[str, ...], said: str, release: Release) -> None:
    result = release.gate(*words)
    assert result.exit_code == 2
    assert last_line(result).startswith(f"pkgaudit gate: not started: {said}")
    assert "correct-horse" not in result.output


@posix
def test_working_folder_that_is_gone(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = run("gate", "--no-config", release.root / "dist" / WHEEL, "--", sys.executable, "{files}")
    assert result.exit_code == 2
    assert last_line(result).startswith("pkgaudit gate: not started: the working folder no longer exists")


@posix
def test_script_without_interpreter(release: Release, script: str) -> None:
    Path(script).write_bytes(b"\0\0\0")
    result = release.gate(script, "{files}")
    assert result.exit_code == 2
    assert last_line(result) == "pkgaudit gate: not started: Exec format error"


def test_no_dashes(release: Release) -> None:
    result = run("gate", "--no-config", *release.files())
    assert result.exit_code == 2
    assert last_line(result).startswith(
        "pkgaudit gate: not started: '--' and the command are missing: pkgaudit gate"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--nothing",), "No such option"),
        ((), "Missing argument 'FILE...'"),
    ],
)
def test_wrong_arguments(options: tuple[str, ...], said: str) -> None:
    result = run("gate", *options, "--", sys.executable)
    assert result.exit_code == 2
    assert last_line(result).startswith(f"pkgaudit gate: not started: {said}")


def test_project(release: Release) -> None:
    result = run("gate", "--no-config", ".", "--", sys.executable, "{files}")
    assert result.exit_code == 2
    assert ".: is a project; build it first, and give the files in its dist folder" in last_line(result)


@pytest.mark.parametrize("given", ["pyproject.toml", "nothing/*"])
def test_no_distribution(given: str, release: Release) -> None:
    result = run("gate", "--no-config", given, "--", sys.executable, "{files}")
    assert result.exit_code == 2
    assert last_line(result).startswith("pkgaudit gate: not started: ")


@posix
def test_folder_of_distributions(release: Release, script: str) -> None:
    result = run("gate", "--no-config", "dist", f"dist/{WHEEL}", "--", script, "{files}")
    assert result.exit_code == 0
    assert [os.path.basename(each) for each in arguments(release) or ()] == [WHEEL, SDIST]


@posix
def test_pipe_among_the_files(release: Release, script: str) -> None:
    os.mkfifo(release.root / "dist" / "other-1.0.tar.gz")
    result = release.gate(script, "{files}")
    assert result.exit_code == 2
    assert "other-1.0.tar.gz: is not a regular file" in last_line(result)


def test_name_that_is_too_long(release: Release) -> None:
    result = run("gate", "--no-config", f"{'a' * 300}.whl", "--", sys.executable, "{files}")
    assert result.exit_code == 2
    assert last_line(result) == "pkgaudit gate: not started: the audit is incomplete"


@posix
@pytest.mark.parametrize(
    "text", ["exec <&- >&- 2>&-", "sleep 4 >/dev/null 2>&1 &"], ids=["closes its streams", "leaves a child"]
)
def test_command_that(text: str, release: Release, script: str) -> None:
    Path(script).write_text(f"#!/bin/sh\n{text}\nexit 3\n")
    began = time.monotonic()
    assert release.gate(script, "{files}").exit_code == 3
    assert time.monotonic() - began < 3


@posix
def test_arguments_after_two_dashes_of_the_command(release: Release, script: str) -> None:
    assert release.gate(script, "-x", "--", f"dist/{WHEEL}", "--").exit_code == 0
    found = arguments(release) or []
    assert found[:2] == ["-x", "--"]
    assert found[2].endswith(f"/{WHEEL}")
    assert found[3:] == ["--"]


def report_of(release: Release, *words: object, **more: Any) -> tuple[Result, Any]:
    result = release.gate(*words, options=("--report", "gate.json", *more.pop("options", ())), **more)
    found = json.loads((release.root / "gate.json").read_text("utf-8"))
    schema = json.loads((files("pkgaudit.report") / "report.schema.json").read_text("utf-8"))
    need("jsonschema").validate(found, schema)
    return result, found


@posix
def test_report(release: Release, script: str) -> None:
    result, found = report_of(release, script, f"dist/{WHEEL}", env={"STATUS": "7"})
    assert result.exit_code == 7
    gate = found["gate"]
    assert (gate["started"], gate["command_status"]) == (True, 7)
    assert gate["target"] == {
        "address": None,
        "source": None,
        "unknown": "upload.sh is not an uploader that pkgaudit knows",
    }
    assert [(each["path"], each["sha256"]) for each in gate["files"]] == [
        (f"dist/{WHEEL}", release.hashes[WHEEL])
    ]
    assert [each["code"] for each in found["findings"]] == ["GT106"]
    assert "confirmed" in gate


@posix
def test_report_of_a_refusal(release: Release) -> None:
    result, found = report_of(release, "flit", "publish", env={"PATH": path_with(release, "flit")})
    assert result.exit_code == 1
    assert (found["gate"]["started"], found["gate"]["command_status"]) == (False, None)
    assert [each["code"] for each in found["findings"]] == ["GT101"]


def test_report_over_a_distribution(release: Release) -> None:
    before = release.hashes
    result = release.gate(sys.executable, "{files}", options=("--report", f"dist/{WHEEL}"))
    assert result.exit_code == 2
    assert release.hashes == before


@posix
@pytest.mark.parametrize("report", ["none/gate.json", "upload.sh/gate.json"])
def test_report_in_no_folder(report: str, release: Release, script: str) -> None:
    result = release.gate(script, "{files}", options=("--report", report))
    assert result.exit_code == 2
    assert f"not started: {report}: cannot be written" in last_line(result)
    assert arguments(release) is None


def test_report_that_cannot_be_written(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pkgaudit.whole.write_whole", fail)
    result = release.gate(sys.executable, "-c", "pass", "{files}", options=("--report", "gate.json"))
    assert result.exit_code == 0
    assert "gate.json: cannot be written" in result.stderr


@posix
def test_report_of_an_earlier_run(release: Release, script: str) -> None:
    os.mkfifo(release.root / "dist" / "other-1.0.tar.gz")
    (release.root / "gate.json").write_text("{}")
    result = release.gate(script, "{files}", options=("--report", "gate.json"))
    assert result.exit_code == 2
    assert not (release.root / "gate.json").exists()


@posix
@pytest.mark.parametrize("report", ["upload.sh", "settings", f"dist/{WHEEL}.asc", "bin/twine"])
def test_report_over_a_file_that_is_read(report: str, release: Release, script: str) -> None:
    env = {"PATH": path_with(release, "twine")}
    for name in ("settings", f"dist/{WHEEL}.asc"):
        (release.root / name).write_text("content")
    before = (release.root / report).read_text()
    command = ["twine"] if report.startswith("bin") else [script, "settings"]
    for option in (("--report", report), ("-o", f"json={report}")):
        result = release.gate(*command, "{files}", options=option, env=env)
        assert result.exit_code == 2
        assert "and no report may overwrite it" in last_line(result)
        assert (release.root / report).read_text() == before


@posix
@pytest.mark.parametrize(
    "words",
    [
        ("twine", "upload", "-p", "correct-horse", "dist/*"),
        ("twine", "upload", "-p", "correct-horse", "missing.whl"),
        ("twine", "upload", "--repository-url", "https://me:correct-horse@example.com/", "dist/*"),
        ("pdm", "publish", "-P", "correct-horse"),
        ("pdm", "publish", "--no-build", "-r", "me:correct-horse@example.com"),
        ("env", "TWINE_PASSWORD=correct-horse", "twine", "upload", "dist/*"),
        ("twine", "check", "--token", "correct-horse", "--strict"),
    ],
)
def test_secrets_are_never_shown(words: tuple[str, ...], release: Release) -> None:
    env = {"PATH": path_with(release, "twine", "pdm"), "UV_PUBLISH_TOKEN": "correct-horse-too"}
    options = ("-vv", "--dry-run", "--format", "json", "--output", "html=x.html")
    result, found = report_of(release, *words, options=options, env=env)
    assert "correct-horse" not in result.output
    assert "correct-horse" not in json.dumps(found)
    assert "correct-horse" not in (release.root / "x.html").read_text("utf-8")


GUARDED = (
    '[gate]\nrepositories = ["testpypi", "https://packages.example.com/team/"]\nprivate-names = ["samp*"]\n'
)


def guarded(
    release: Release, config: str, *words: str, env: Mapping[str, str] | None = None, **more: Any
) -> Result:
    tools = ("twine", "uv", "hatch", "pdm", "poetry", "maturin")
    return gate(release, config, *words, env={"PATH": path_with(release, *tools), **(env or {})}, **more)


@posix
def test_index_that_is_not_allowed(release: Release) -> None:
    """A forgotten variable wins over the name in the command."""
    env = {"TWINE_REPOSITORY_URL": "https://upload.pypi.org/legacy/"}
    result = guarded(release, GUARDED, "twine", "upload", "-r", "testpypi", "dist/*", env=env)
    assert result.exit_code == 1
    refused = "refused: twine uploads to https://upload.pypi.org/legacy/, from TWINE_REPOSITORY_URL"
    assert f"{refused}, which wins over --repository testpypi" in last_line(result)


@posix
def test_guards_with_other_rules_selected(release: Release) -> None:
    for options in (("--select", "SE101"), ("--profile", "pypi"), ("--profile", "private")):
        result = guarded(release, GUARDED, "uv", "publish", options=options)
        assert result.exit_code == 1
        assert "refused: uv uploads to https://upload.pypi.org/legacy" in last_line(result)


@posix
@pytest.mark.parametrize("options", [(), ("--select", "SE101"), ("--profile", "pypi")])
def test_guards_are_no_part_of_the_configuration_of_an_audit(
    options: tuple[str, ...], release: Release
) -> None:
    audited = run(*release.files(), "--no-config", *options, "-o", "in-toto=release.json")
    assert audited.exit_code == 0
    result = release.gate(
        sys.executable, "-c", "pass", "{files}", options=("--manifest", "release.json", *options)
    )
    assert result.exit_code == 0
    assert "HM201" not in result.output


@posix
def test_guard_that_is_ignored(release: Release) -> None:
    result = guarded(
        release, GUARDED, "uv", "publish", options=("--ignore", "GT107,GT110", "--select", "SE101")
    )
    assert result.exit_code == 9


@posix
def test_refusal_cannot_be_ignored(release: Release) -> None:
    result = guarded(release, "", "pdm", "publish", options=("--ignore", "GT"))
    assert result.exit_code == 1
    assert last_line(result).endswith("; use 'pdm publish --no-build'")


@posix
def test_allowed_index(release: Release) -> None:
    config = GUARDED.replace("samp*", "other")
    env = {"UV_PUBLISH_URL": "https://PACKAGES.example.com:443/team/prod/"}
    result = guarded(release, config, "uv", "publish", env=env)
    assert result.exit_code == 9
    assert ", from UV_PUBLISH_URL\n" in result.stderr


@posix
def test_private_name(release: Release) -> None:
    result = guarded(release, GUARDED, "twine", "upload", "-r", "testpypi", "dist/*")
    assert "would be uploaded to TestPyPI, from --repository, but its project matches 'samp*'" in last_line(
        result
    )


@posix
def test_private_name_in_the_metadata(release: Release) -> None:
    """Uploaders send the name in the metadata, whatever the file is called."""
    for each in (release.root / "dist").iterdir():
        each.rename(each.with_name(each.name.replace("sample", "other")))
    result = guarded(
        release, GUARDED, "twine", "upload", "-r", "testpypi", "dist/*", options=("--select", "SE101")
    )
    assert result.exit_code == 1
    assert "but its project matches 'samp*'" in last_line(result)


@posix
@pytest.mark.parametrize("profile", ["default", "private"])
def test_private_classifier(profile: str, release: Release) -> None:
    for each in (release.root / "dist").iterdir():
        each.unlink()
    Wheel(metadata=private()).build().write(release.root / "dist")
    options = ("--profile", profile, "--select", "SE101")
    result = guarded(release, "", "uv", "publish", options=options)
    assert result.exit_code == 1
    assert "has a classifier 'Private ::'" in last_line(result)
    env = {"UV_PUBLISH_URL": "https://packages.example.com/"}
    assert guarded(release, "", "uv", "publish", options=options, env=env).exit_code == 9


def private() -> Metadata:
    made = sample_metadata()
    made.add("Classifier", "Private :: Do Not Upload")
    return made


@posix
def test_no_config_drops_the_guards(release: Release) -> None:
    (release.root / "pyproject.toml").write_text("[tool.pkgaudit.gate]\nrepositories = ['testpypi']\n")
    env = {"PATH": path_with(release, "uv")}
    result = run("gate", *release.files(), "--", "uv", "publish", env=env)
    assert result.exit_code == 1
    result = run("gate", "--no-config", *release.files(), "--", "uv", "publish", env=env)
    assert result.exit_code == 9
    assert "; no configuration limits the index\n" in result.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("repository = []", "unknown key 'repository'"),
        ("repositories = 'pypi'", "repositories"),
        ("repositories = ['packages.example.com']", "is neither pypi or testpypi nor an address"),
        ("repositories = ['https://packages.example.com:0/']", "the port of the address is not a number"),
        ("repositories = ['https://me:correct-horse@x:y/']", "an entry is neither"),
        ("repositories = ['ftp://packages.example.com/']", "does not begin with https:// or http://"),
        ("publisher = 'owner/name'", "publisher must have the form github:owner/name/workflow.yml"),
    ],
)
def test_bad_configuration(table: str, said: str, release: Release) -> None:
    result = gate(release, f"[gate]\n{table}\n", sys.executable, "{files}")
    assert result.exit_code == 2
    assert said in result.stderr
    assert "correct-horse" not in result.stderr
    assert last_line(result).startswith("pkgaudit gate: not started: gate.toml")


@posix
def test_confirmation_that_is_interrupted(
    release: Release, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pkgaudit.cli.gate.confirm", interrupt)
    options = ("--confirm", "http://127.0.0.1:9/simple/", "--report", "gate.json")
    result = release.gate(script, "{files}", options=options)
    assert result.exit_code == 130
    assert last_line(result) == "pkgaudit gate: upload.sh exited with status 0, then: interrupted"
    found = json.loads((release.root / "gate.json").read_text("utf-8"))["gate"]
    assert (found["started"], found["command_status"], found["confirmed"]) == (True, 0, None)
