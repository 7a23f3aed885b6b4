"""Nothing that the command quotes acts where it is shown, whatever option or subcommand it comes through."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click
import pytest

from fixtures.builders import Wheel
from pkgaudit.cli import COMMANDS, main
from tests.report.consumers import Commands
from tests.support import run

ROOT = Path(__file__).parents[2]

HOSTILE = "a\x1b[31m\n::error::forged\r##[error]forged##vso[task.forged]1\u202e\x9bforged"
"""What no line may show as it is: escapes, line ends, and commands to several CI systems."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="files cannot have such names everywhere")


def check(text: str, in_github: bool = False) -> None:
    """See that nothing in a text acts; reports for GitHub have commands of their own."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert not [each for each in Commands(text).done if "forged" in f"{each.name} {each.properties}"]
    assert not re.search(r"##\w*\[", text)
    assert in_github or not re.search(r"^\s*::", text, re.MULTILINE)


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    """Yield all options that take a value, and arguments, of all subcommands."""
    for name in ("audit", *COMMANDS):
        command = main.get_command(click.Context(main), name)
        assert command is not None
        for each in command.params:
            if not (isinstance(each, click.Option) and each.is_flag):
                yield name, each


def given(parameter: click.Parameter, value: str) -> list[str]:
    return [f"{parameter.opts[0]}={value}"] if isinstance(parameter, click.Option) else ["--", value]


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A wheel in the folder where one stands."""
    monkeypatch.chdir(tmp_path)
    return Wheel().build().write(tmp_path).name


@pytest.mark.parametrize(
    ("name", "parameter"), [pytest.param(*each, id=f"{each[0]} {each[1].opts[0]}") for each in parameters()]
)
@pytest.mark.parametrize("value", [HOSTILE, f"{HOSTILE}={HOSTILE}", f"json={HOSTILE}/x", f"*={HOSTILE}"])
def test_every_option_and_argument(name: str, parameter: click.Parameter, value: str, wheel: str) -> None:
    needed = [wheel] if name in ("audit", "tree", "baseline") else []
    if isinstance(parameter, click.Argument):
        needed = []
    done = run(name, *needed, *given(parameter, value), env={"GITHUB_ACTIONS": ""})
    check(done.stdout)
    check(done.stderr)


@pytest.mark.parametrize("arguments", [[f"--{HOSTILE}"], [HOSTILE], ["explain", "-" + HOSTILE]])
def test_what_is_no_option(arguments: list[str], wheel: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    check(done.output)


KEY = json.dumps(HOSTILE)


@pytest.mark.parametrize(
    "config",
    [
        f"{KEY} = 1",
        f"[{KEY}]\nx = 1",
        f"severity.{KEY} = 'error'",
        f"severity.SF102 = {KEY}",
        f"select = [{KEY}]",
        f"ignore = [{{ rules = {KEY} }}]",
        f"per-file-ignores.{KEY} = ['NONE']",
        f"per-file-ignores.{KEY} = 1",
        f"over-budget.{KEY} = 1",
        f"over-budget.archive = {KEY}",
        f"secrets.level = {KEY}",
        f"limits.{KEY} = 1",
        f"profile = {KEY}",
        f"fail-on = {KEY}",
        f"baseline = {KEY}",
        f"allow = [{{ hash = {KEY} }}]",
        f"x = {KEY}{KEY}",
        "\x9b ::error::forged",
    ],
)
@pytest.mark.parametrize("command", [[], ["tree"], ["baseline"]], ids=["audit", "tree", "baseline"])
def test_configuration(command: list[str], config: str, wheel: str) -> None:
    Path("pkgaudit.toml").write_text(config, "utf-8")
    done = run(*command, wheel, env={"GITHUB_ACTIONS": ""})
    check(done.stdout)
    check(done.stderr)
    assert done.exit_code == 2 or "per-file-ignores" in config or command == ["baseline"]
    check(run("init").stderr)


@linux
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-vv"],
        ["--format", "json"],
        ["--format", "github"],
        ["--jobs", "2", "-vv"],
        ["tree"],
        ["tree", "--format", "json"],
        ["baseline"],
        ["baseline", "-o", "-"],
        ["baseline", "-o", "{}/made.json"],
        ["--baseline", "{}/none.json"],
        ["--config", "{}/none.toml"],
        ["--config", "{}/bad.toml"],
        ["-o", "json={}/made.json"],
        ["-o", "json={}"],
        ["-o", "json={}/none/none"],
    ],
    ids=" ".join,
)
def test_names_of_files(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(HOSTILE.replace("/", "-"))
    folder.mkdir()
    (folder / "bad.toml").write_text("x = ")
    made = Wheel()
    made.files[f"sample/{HOSTILE}/.env"] = b"DATABASE_PASSWORD=rA9vK2mQ7xLp3TzW\n"
    made.build().write(folder)
    (folder / "copy").mkdir()
    made.build().write(folder / "copy")
    given = [each.format(folder) for each in arguments] + [
        str(folder),
        str(folder / "copy"),
        f"{folder}/none.whl",
    ]
    if "--jobs" in arguments:  # the only one that needs a process; its workers write to standard error too
        command = [sys.executable, "-m", "pkgaudit", *given]
        environment = {**os.environ, "GITHUB_ACTIONS": ""}
        process = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
        stdout, stderr = process.stdout, process.stderr
    else:
        done = run(*given, env={"GITHUB_ACTIONS": ""})
        stdout, stderr = done.stdout, done.stderr
    check(stderr)
    check(stdout, "github" in arguments)
    if stdout.startswith("{"):
        json.loads(stdout)


@linux
def test_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(HOSTILE.replace("/", "-"))
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "failing"\nbackend-path = ["."]\n'
    )
    said = f"* {HOSTILE}\n  ::error::forged\n"
    (folder / "failing.py").write_text(
        f"def build_sdist(*_):\n    print({said!r})\n    raise OSError({HOSTILE!r})\n"
    )
    for arguments in ([], ["-v"], ["tree"], ["baseline"], ["init", "--print"], ["init"]):
        done = run(*arguments, folder, *([] if "init" in arguments else ["--no-isolation"]))
        check(done.stdout)
        check(done.stderr)
        assert "forged" in done.output or "--print" in arguments


def test_only_the_door_writes() -> None:
    """Modules of the command write by its functions; reports get the stream that they write to."""
    writing = re.compile(r"\becho\b|\bprint\b|\bsecho\b|\bwrite\b|stderr|stdout")
    allowed = {
        "door.py": {"print", "stderr", "stdout", "write"},
        # A report is handed standard output, and whether that is a terminal decides how it looks.
        "outputs.py": {"stdout", "write"},
        "__init__.py": {"stdout"},
        "ending.py": {"stderr", "stdout"},  # they are flushed before a signal ends the process
        "confirming.py": {"stderr", "write"},  # the report that the command writes after an upload
        "gate.py": {"stderr"},  # where its reports go, because the command owns standard output
        # The bar and its lines, which it makes harmless.
        "progress.py": {"write"},
        "watching.py": {"stderr"},
        # Whether standard output is a terminal, and how wide; the settings of the project are written.
        "fix.py": {"stdout", "write"},
        # Trees, as reports; the text of a configuration; and pages, which are printed to a string.
        "tree.py": {"write"},
        "explain.py": {"print"},
        "sweep_reports.py": {"write"},  # the reports of a sweep, to standard output or a file
        "init.py": {"write"},
    }
    for path in sorted((ROOT / "pkgaudit/cli").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        names |= {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
        found = {name for name in names if writing.fullmatch(name)}
        assert found <= allowed.get(path.name, set()), path


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
class TestFullDevice:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["rules"],
            ["rules", "--format", "json"],
            ["explain", "SF102"],
            ["explain", "SF102", "--format", "markdown"],
            ["schema"],
            ["completion", "bash"],
            ["init", "--print"],
            ["baseline", "-o", "-"],
            ["tree"],
            ["tree", "--format", "json"],
            ["--version"],
            ["--version", "--verbose"],
            ["--help"],
            ["rules", "--help"],
            [],
        ],
        ids=" ".join,
    )
    @pytest.mark.parametrize("place", ["/dev/full", None], ids=["full", "closed"])
    def test_standard_output(
        self,
        arguments: list[str],
        place: str | None,
        wheel: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        given = [*arguments, wheel] if arguments[:1] in ([], ["tree"], ["baseline"]) else arguments
        # At its end, the context flushes the stream, as the interpreter does at exit; this must not fail.
        with open(place, "w") if place else nullcontext() as stream:
            monkeypatch.setattr("sys.stdout", stream)  # Python sets it to None if it is closed
            with pytest.raises(SystemExit) as ended:
                main(given)
        if "--help" in arguments and place is None:
            return
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert "Error: " in said
        assert "standard output" in said or "No space left" in said

    @pytest.mark.parametrize("where", [">/dev/full", ">&-"])
    def test_standard_output_of_a_process(self, where: str) -> None:
        done = self.run(["rules"], where)
        assert done.returncode == 2
        assert re.fullmatch("Error: standard output (is closed|cannot be written: .*)\n", done.stderr)

    @pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
    def test_standard_error(self, where: str, wheel: str) -> None:
        assert self.run([wheel, "--no-config", "-vv"], where).returncode == 0
        assert self.run(["none.whl", "--no-config", "--nonsense"], where).returncode == 2

    def test_reader_that_has_seen_enough(self) -> None:
        done = self.run(["rules", "--format", "json"], "| head -1")
        assert done.stderr == ""

    @staticmethod
    def run(arguments: list[str], where: str) -> subprocess.CompletedProcess[str]:
        command = " ".join([sys.executable, "-m", "pkgaudit", *arguments, where])
        return subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True)
