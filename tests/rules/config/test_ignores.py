"""Ignores that do nothing, as a user sees them: where they are said to be, and what silences that in turn."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures import tokens
from fixtures.builders import Sdist, Wheel
from pkgaudit.cli import main
from pkgaudit.config.inline import InlineIgnores
from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.entry import ArchiveKind, Entry, EntryType
from pkgaudit.model.member import Member, Window
from pkgaudit.rules.config.cases.ignores import HASH, IGNORE, both, one, secret
from tests.support import run, run_json

CODES = ("CF101", "CF102", "CF103")


def report(*arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_family(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["findings"] if each["code"] in CODES]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, in which one stands."""
    (tmp_path / "dist").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_comment_in_several_distributions_is_one_finding(project: Path) -> None:
    for each in both(f"x = 1  # {IGNORE}[SE101]\n"):
        each.write(project / "dist")
    [found] = of_family(report("dist", "--no-config"))
    assert (found["member"], found["line"]) == ("sample/core.py", 1)
    assert [each["member"] for each in found["also"]] == ["sample-1.0/src/sample/core.py"]
    assert found["fix"] == "remove the comment"


def test_place_in_the_configuration(project: Path) -> None:
    for each in both("x = 1\n"):
        each.write(project / "dist")
    (project / "pyproject.toml").write_text(
        "[project]\nname = 'sample'\n\n[tool.pkgaudit.per-file-ignores]\n"
        "'sample/core.py' = ['SE101']\n'*.md' = [{ rules = 'SE', until = 2001-02-03 }]\n"
    )
    found = {each["code"]: each for each in of_family(report("dist"))}
    assert found.keys() == {"CF101", "CF102"}
    for code, line in (("CF101", 5), ("CF102", 6)):
        assert project / found[code]["distribution"] == project / "pyproject.toml"
        assert (found[code]["member"], found[code]["line"]) == (None, line)


@pytest.mark.parametrize("pattern", ["src/sample/core.py", "/src/sample/core.py", "sample/gone.py"])
def test_pattern_with_the_source_folder(pattern: str, project: Path) -> None:
    """A wheel has no ``src/``, so a pattern with it never matches there."""
    for each in both("x = 1\n"):
        each.write(project / "dist")
    (project / "pkgaudit.toml").write_text(f"per-file-ignores = {{ '{pattern}' = ['SE101'] }}\n")
    (found,) = of_family(report("dist"))
    assert ("begin its pattern with '**/'" in found["fix"]) == ("src" in pattern)


def test_nothing_is_said_of_the_command_line(project: Path) -> None:
    for each in both("x = 1\n"):
        each.write(project / "dist")
    typed = ("--per-file-ignores", "core.py=SE101", "--allow", HASH, "--per-distribution-ignores", "*=SE102")
    assert of_family(report("dist", "--no-config", *typed)) == []
    (project / "pkgaudit.toml").write_text("per-file-ignores = { 'core.py' = ['SE101'] }\n")
    assert len(of_family(report("dist", *typed))) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), True),
        (("--select", "SE101,CF101"), True),
        (("--select", "CF101"), False),
        (("--ignore", "SE101"), False),
        (("--profile", "pypi", "--extend-select", "CF101"), False),
        (("--secrets", "fast"), False),
        (("--no-inline-ignores",), False),
    ],
)
def test_only_of_rules_that_ran_as_always(project: Path, arguments: tuple[str, ...], said: bool) -> None:
    path = one(f"x = 1  # {IGNORE}[SE101]\n").write(project / "dist")
    assert bool(of_family(report(path, "--no-config", *arguments))) is said


def test_hash_is_not_judged_if_the_command_line_leaves_rules_out(project: Path) -> None:
    for each in both("x = 1\n"):
        each.write(project / "dist")
    (project / "pkgaudit.toml").write_text(f"allow = ['{HASH}']\n")
    assert len(of_family(report("dist"))) == 1
    assert of_family(report("dist", "--ignore", "SE106")) == []
    assert of_family(report("dist/sample-1.0.tar.gz")) == []


def test_hash_that_is_needed(project: Path) -> None:
    for each in both(f"{secret()}\n"):
        each.write(project / "dist")
    [leak] = [each for each in run_json("dist")["findings"] if each["code"] == "SE101"]
    (project / "pkgaudit.toml").write_text(f"allow = ['{leak['content']}']\n")
    found = report("dist")
    assert found["suppressed"] == 1
    assert of_family(found) == []


def test_what_two_ignores_silence_needs_both(project: Path) -> None:
    for each in both(f"{secret()}  # {IGNORE}[SE101] made up\n"):
        each.write(project / "dist")
    (project / "pkgaudit.toml").write_text(
        "per-file-ignores = { 'core.py' = ['SE101'] }\nper-distribution-ignores = { '*' = ['SE101'] }\n"
    )
    assert of_family(report("dist")) == []


def test_counts_in_the_verdict_and_can_be_ignored(project: Path) -> None:
    path = one(f"x = 1  # {IGNORE}[SE101]\n").write(project / "dist")
    mild = ("--no-config", "--select", "CF,SE101")
    assert run(path, *mild).exit_code == 0
    assert run(path, *mild, "--fail-on", "info").exit_code == 1
    assert run(path, *mild, "--severity", "CF101=error").exit_code == 1
    silent = report(path, *mild, "--severity", "CF101=error", "--per-file-ignores", "core.py=CF101")
    assert (silent["verdict"], silent["suppressed"]) == ("pass", 1)
    path = one(f"x = 1  # {IGNORE}[SE101, CF101]\n").write(project / "dist")
    again = report(path, *mild)
    assert (again["suppressed"], again["findings"]) == (1, [])


def test_expired_ones_have_no_effect(project: Path) -> None:
    path = one(f"{secret()}\n").write(project / "dist")
    (project / "pkgaudit.toml").write_text(
        "per-file-ignores = { 'core.py' = { rules = 'SE101', until = 2001-02-03 } }\n"
    )
    found = report(path)
    assert {each["code"] for each in found["findings"]} >= {"SE101", "CF102"}
    assert found["verdict"] == "fail"
    [expired] = of_family(found)
    assert expired["severity"] == "warning"


def test_wheels_of_other_platforms_prove_nothing(project: Path) -> None:
    sdist = Sdist()
    sdist.build().write(project / "dist")
    windows = Wheel(tag="cp312-cp312-win32").build().write(project / "dist")
    (project / "pkgaudit.toml").write_text(
        f"allow = ['{HASH}']\nper-distribution-ignores = {{ '*-macosx_*.whl' = ['SE101'] }}\n"
        "per-file-ignores = { '*.dylib' = ['NB101'] }\n"
    )
    assert of_family(report("dist")) == []
    Wheel().build().write(project / "dist")
    assert of_family(report("dist")) == []
    windows.unlink()
    assert len(of_family(report("dist"))) == 2  # nothing here tells whether there are wheels for macOS


def test_reason_is_shown(project: Path) -> None:
    path = one(f"{secret()}  # {IGNORE}[SE101] \x1b[31mmade up\x1b[0m\n").write(project / "dist")
    done = run(path, "--no-config", "--verbose")
    assert done.exit_code == 0
    assert "SE101 verified-token (" in done.stdout
    assert "made up" in done.stdout
    assert "\x1b" not in done.stdout


def test_reason_with_a_token_in_it(project: Path) -> None:
    token = tokens.pypi_token()
    path = one(f"x = '{token}'  # {IGNORE}[SE101] once {token} was it\n").write(project / "dist")
    done = run(path, "--no-config", "--verbose")
    assert "once" in done.stdout
    assert token[8:40] not in done.stdout


@pytest.mark.parametrize(
    ("name", "line", "is_comment"),
    [
        ("a.py", "x = 1  # {}", True),
        ("a.pyi", "# fmt: off, {}", True),
        ("a.py", "# write `# {}`", False),
        ("a.py", "x = '# {}'", False),
        ("a.py", "'''\n# {}\n'''", False),
        ("a.c", "int a; /* {} */", True),
        ("a.c", 'char *a = "/* {} */";', False),
        ("a.toml", "a = 1 # {}", True),
        ("a.yml", "a: 'x # {}'", False),
        ("a.ini", "; {}", True),
        ("a.sql", "-- {}", True),
        ("Makefile", "all: # {}", True),
        ("a.md", "text <!-- {} -->", True),
        ("a.md", "`<!-- {} -->`", False),
        ("a.md", "```\n<!-- {} -->\n```\n", False),
        ("a.md", "write # {}", False),
        ("METADATA", "<!-- {} -->", True),
        ("a.rst", ".. {}", True),
        ("a.rst", "    .. {}", False),
        ("a.html", "<!-- {} -->", True),
        ("a.txt", "# {}", False),
        ("a.ipynb", '"# {}"', False),
        ("a.patch", "+x = 1  # {}", False),
    ],
)
def test_what_is_a_comment(name: str, line: str, is_comment: bool) -> None:
    distribution = make_distribution("sample-1.0-py3-none-any.whl")
    assert distribution
    text = line.format(f"{IGNORE}[SE101, x] because -->")
    member = Member(Entry(name, EntryType.FILE), ArchiveKind.WHEEL)
    InlineIgnores(distribution, lambda text: text).look(member, Window(text.encode()))
    [found] = distribution.inline_ignores
    assert found.words == ("SE101", "x")
    assert found.reason == "because"
    assert found.is_comment is is_comment


def test_hostile_texts_are_quick() -> None:
    distribution = make_distribution("sample-1.0.tar.gz")
    assert distribution
    look = InlineIgnores(distribution, lambda text: text)
    for name, text in (
        ("a.py", f"# {IGNORE}[" * 100_000),
        ("b.py", f"# {IGNORE}[a]\n" * 100_000),
        ("c.py", "(" * 200_000 + f"# {IGNORE}[a]"),
        ("d.md", f"```\n<!-- {IGNORE}[a]\n" * 50_000),
        ("e.css", f"{' ' * 200_000}{IGNORE}[{','.join('abc' for _ in range(100))}]"),
        ("f.py", f"'''\n{IGNORE}[a]\n" * 50_000),
    ):
        member = Member(Entry(name, EntryType.FILE), ArchiveKind.SDIST)
        look.look(member, Window(text.encode()))
    assert len(distribution.inline_ignores) == 5_000
    assert distribution.more_ignores > 100_000


def test_every_rule_has_its_own_page_of_help() -> None:
    for code in CODES:
        assert main.name is not None
        assert code in run("explain", code).stdout


@pytest.mark.parametrize(
    "word", [tokens.random_text("word", 20), tokens.random_text("w", 60, "abcdefgh"), "correct horse"]
)
def test_words_that_are_no_rules_may_be_secrets(project: Path, word: str) -> None:
    one(f"x = 1  # {IGNORE}[{word}, wrong-name]\n").write(project / "dist")
    [found] = of_family(report("dist", "--no-config"))
    assert word[:8] not in json.dumps(found)
    assert f"'{word[:4]}…' and 'wrong-name', which are not rules" in found["message"]


def test_reason_with_a_token_at_its_end(project: Path) -> None:
    """The words of a reason are cut, and a token that is cut is known for none."""
    token = tokens.checked_token("ghp")
    one(f"x = '{token}'  # {IGNORE}[SE101] {'word ' * 33}{token}\n").write(project / "dist")
    done = run("dist", "--no-config", "-v", "--format", "json")
    assert "word word" in done.stdout
    assert token[:12] not in done.stdout


def test_brackets_that_never_close_cost_no_more_than_one_look(project: Path) -> None:
    member = Member(Entry("a.cfg", EntryType.FILE), ArchiveKind.WHEEL)
    distribution = make_distribution("sample-1.0-py3-none-any.whl")
    assert distribution is not None
    started = time.process_time()
    InlineIgnores(distribution, lambda text: text).look(member, Window(f"{IGNORE}[".encode() * 300_000))
    assert time.process_time() - started < 1.5
    assert distribution.inline_ignores == []
