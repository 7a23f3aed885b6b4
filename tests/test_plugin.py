"""A third party's package of rules, installed for real: its rule fires, is listed, explained, selectable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from fixtures.builders import Wheel
from tests.programs import need_backend

PLUGIN = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "pkgaudit-jokes"
version = "1.0"

[tool.setuptools]
py-modules = ["pkgaudit_jokes", "pkgaudit_passes"]

[project.entry-points."pkgaudit.rules"]
jokes = "pkgaudit_jokes"

[project.entry-points."pkgaudit.tokens"]
jokes = "pkgaudit_passes:TOKENS"
""",
    "pkgaudit_passes.py": """\
from pkgaudit.api import Candidate, Found, Level, Token


def judge(candidate: Candidate) -> "Found | None":
    if len(set(candidate.token)) < 12:
        return None
    return Found(Level.SHAPE, "the doorman takes it")


TOKENS = [
    Token(
        name="club pass",
        literals=(b"club-pass-",),
        pattern=rb"club-pass-[a-z0-9]{24}",
        revoke="https://example.com/club",
        judge=judge,
    )
]
""",
    "pkgaudit_jokes.py": '''\
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import Problem, Severity, TextFile, rule


@dataclass(frozen=True)
class Options:
    word: str = "knock knock"


@rule("JK101", "stale-joke", Severity.WARNING)
def stale_joke(text: TextFile, options: Options) -> Iterator[Problem]:
    """A file tells a joke that everybody knows.

    ## Why it matters
    Nobody laughs.
    """
    at = text.text.find(options.word)
    if at >= 0:
        yield Problem(f"tells {options.word!r}", text.at(at), "tell another")


@rule("JK201", "new-joke", Severity.WARNING, preview=True)
def new_joke(text: TextFile) -> Iterator[Problem]:
    """A file tells a joke that is about to get stale."""
    at = text.text.find("who is there?")
    if at >= 0:
        yield Problem("tells a joke", text.at(at))
''',
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that sees this one's packages, with the plug-in installed on top."""
    need_backend("setuptools")
    folder = tmp_path_factory.mktemp("plugin")
    for name, text in PLUGIN.items():
        (folder / name).write_text(text)
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # .pth files of the outer environment (an editable pkgaudit) count too, hence addsitedir.
    outer = sysconfig.get_path("purelib")
    (Path(site) / "outer.pth").write_text(f"import site; site.addsitedir({outer!r})\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", str(folder)], check=True)
    return python


def run(python: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pkgaudit", *map(str, arguments)]
    # The working directory is not on the import path; modules in it take the place of installed ones.
    environment = os.environ | {"PYTHONPATH": str(cwd)}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


SEVERAL = """
import json, sys
from click.testing import CliRunner
from pkgaudit.cli import main
done = (CliRunner().invoke(main, arguments, catch_exceptions=False) for arguments in json.load(sys.stdin))
print(json.dumps([(each.exit_code, each.stdout, each.stderr) for each in done]))
"""


class Done(NamedTuple):
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def run_all(python: Path, *commands: Sequence[object], cwd: Path) -> list[Done]:
    """Run several commands one after the other in one process, which imports the rules once."""
    given = json.dumps([[*map(str, each)] for each in commands])
    environment = os.environ | {"PYTHONPATH": str(cwd)}
    command = [str(python), "-c", SEVERAL]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=cwd, env=environment, check=True
    )
    return [Done(*each) for each in json.loads(done.stdout)]


def test_fires_and_takes_options(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# knock knock\n# who is there?\n"
    path = wheel.build().write(tmp_path)
    (tmp_path / "good.toml").write_text('[stale-joke]\nword = "who is there"\n')
    (tmp_path / "bad.toml").write_text('[stale-joke]\nwrod = "x"\n')
    plain, good, bad = run_all(
        python,
        (path, "--format", "json"),
        (path, "--config", "good.toml"),
        (path, "--config", "bad.toml"),
        cwd=tmp_path,
    )
    assert plain.returncode == 0, plain.stderr
    found = [each for each in json.loads(plain.stdout)["findings"] if each["code"] == "JK101"]
    assert [(each["member"], each["line"], each["column"], each["fix"]) for each in found] == [
        ("sample/core.py", 6, 3, "tell another")
    ]
    assert "tells 'who is there'" in good.stdout
    assert bad.returncode == 2
    assert "unknown key 'wrod'; did you mean 'word'?" in bad.stderr


def test_is_selectable_and_can_fail(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# knock knock\n"
    path = wheel.build().write(tmp_path)
    selected, ignored = run_all(
        python,
        (path, "--select", "JK", "--fail-on", "warning"),
        (path, "--ignore", "stale-joke", "--fail-on", "warning"),
        cwd=tmp_path,
    )
    assert (selected.returncode, ignored.returncode) == (1, 0)


def test_preview_rule_waits_until_it_is_asked_for(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# who is there?\n"
    path = wheel.build().write(tmp_path)
    (tmp_path / "preview.toml").write_text("preview = true\n")
    fails = {
        (): False,
        ("--extend-select", "JK"): False,
        ("--preview",): True,
        ("--extend-select", "JK201"): True,
        ("--select", "new-joke"): True,
        ("--config", "preview.toml"): True,
        ("--config", "preview.toml", "--no-preview"): False,
    }
    commands = [(path, "--fail-on", "warning", *arguments) for arguments in fails]
    *audits, listed, rules = run_all(
        python, *commands, ["rules"], ["rules", "--format", "json"], cwd=tmp_path
    )
    assert [(each.returncode, "JK201" in each.stdout) for each in audits] == [
        (int(each), each) for each in fails.values()
    ]
    [line] = [each for each in listed.stdout.splitlines() if "JK201" in each]
    assert line.endswith("(preview)")
    assert [each["code"] for each in json.loads(rules.stdout) if each["preview"]] == ["JK201"]


def test_runs_in_worker_processes(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# knock knock\n"
    paths = [wheel.build().write(tmp_path), Wheel("other").build().write(tmp_path)]
    done = run(python, *paths, "--jobs", "2", "--select", "JK", "--format", "json", cwd=tmp_path)
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["JK101"]


def test_kinds_of_tokens_are_added(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"enter('club-pass-" + b"x" * 24 + b"')\n"
    wheel.files["sample/core.py"] += b"enter('club-pass-" + b"0123456789abcdefghijklmn')\n"
    done = run(python, wheel.build().write(tmp_path), "--format", "json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    found = [each for each in json.loads(done.stdout)["findings"] if each["code"] == "SE103"]
    assert [(each["line"], each["column"]) for each in found] == [(7, 8)]
    assert "club pass club-" in found[0]["message"]
    assert "the doorman takes it" in found[0]["message"]
    assert "0123456789abcdefghijklmn" not in done.stdout
    assert "https://example.com/club" in found[0]["fix"]


def test_a_broken_table_of_tokens_is_named(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pkgaudit_passes.py").write_text("TOKENS = ['club']\n")
    done = run(python, Wheel().build().write(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "the tokens of pkgaudit-jokes (pkgaudit_passes:TOKENS): 'club' is not a Token" in done.stderr
    assert "Traceback" not in done.stderr


def test_is_listed_and_explained(python: Path, tmp_path: Path) -> None:
    rules, explained = run_all(python, ["rules", "--format", "json"], ["explain", "stale-joke"], cwd=tmp_path)
    mine = [each for each in json.loads(rules.stdout) if each["code"] == "JK101"]
    assert [(each["name"], each["module"], each["options"]) for each in mine] == [
        ("stale-joke", "pkgaudit_jokes", ["word"])
    ]
    assert "Nobody laughs." in explained.stdout
    assert "word" in explained.stdout


def test_broken_plugin_is_named(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pkgaudit_jokes.py").write_text("raise RuntimeError('bad day')\n")
    done = run(python, "rules", cwd=tmp_path)
    assert done.returncode == 2
    assert "pkgaudit-jokes" in done.stderr
    assert "RuntimeError: bad day" in done.stderr
    assert "Traceback" not in done.stderr
