"""A third party's package of rules, installed for real: its rule fires, is listed, explained, selectable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

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


def test_fires_and_takes_options(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# knock knock\n# who is there?\n"
    path = wheel.build().write(tmp_path)
    done = run(python, path, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = [each for each in json.loads(done.stdout)["findings"] if each["code"] == "JK101"]
    assert [(each["member"], each["line"], each["column"], each["fix"]) for each in found] == [
        ("sample/core.py", 6, 3, "tell another")
    ]
    (tmp_path / "pkgaudit.toml").write_text('[stale-joke]\nword = "who is there"\n')
    assert "tells 'who is there'" in run(python, path, cwd=tmp_path).stdout
    (tmp_path / "pkgaudit.toml").write_text('[stale-joke]\nwrod = "x"\n')
    done = run(python, path, cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown key 'wrod'; did you mean 'word'?" in done.stderr


def test_is_selectable_and_can_fail(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# knock knock\n"
    path = wheel.build().write(tmp_path)
    assert run(python, path, "--select", "JK", "--fail-on", "warning", cwd=tmp_path).returncode == 1
    assert run(python, path, "--ignore", "stale-joke", "--fail-on", "warning", cwd=tmp_path).returncode == 0


def test_preview_rule_waits_until_it_is_asked_for(python: Path, tmp_path: Path) -> None:
    wheel = Wheel()
    wheel.files["sample/core.py"] += b"# who is there?\n"
    path = wheel.build().write(tmp_path)

    def fails(*arguments: str) -> bool:
        done = run(python, path, "--fail-on", "warning", *arguments, cwd=tmp_path)
        assert done.returncode in (0, 1), done.stderr
        return "JK201" in done.stdout and done.returncode == 1

    assert not fails()
    assert not fails("--extend-select", "JK")
    assert fails("--preview")
    assert fails("--extend-select", "JK201")
    assert fails("--select", "new-joke")
    (tmp_path / "pkgaudit.toml").write_text("preview = true\n")
    assert fails()
    assert not fails("--no-preview")
    [line] = [each for each in run(python, "rules", cwd=tmp_path).stdout.splitlines() if "JK201" in each]
    assert line.endswith("(preview)")
    rules = json.loads(run(python, "rules", "--format", "json", cwd=tmp_path).stdout)
    assert [each["code"] for each in rules if each["preview"]] == ["JK201"]


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
    rules = json.loads(run(python, "rules", "--format", "json", cwd=tmp_path).stdout)
    mine = [each for each in rules if each["code"] == "JK101"]
    assert [(each["name"], each["module"], each["options"]) for each in mine] == [
        ("stale-joke", "pkgaudit_jokes", ["word"])
    ]
    explained = run(python, "explain", "stale-joke", cwd=tmp_path).stdout
    assert "Nobody laughs." in explained
    assert "word" in explained


def test_broken_plugin_is_named(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pkgaudit_jokes.py").write_text("raise RuntimeError('bad day')\n")
    done = run(python, "rules", cwd=tmp_path)
    assert done.returncode == 2
    assert "pkgaudit-jokes" in done.stderr
    assert "RuntimeError: bad day" in done.stderr
    assert "Traceback" not in done.stderr
