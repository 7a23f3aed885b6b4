"""SF108 against git itself, and SF109 with a checkout."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, sample_sources, sdist_sources
from pkgaudit.config.config import Config, parse_config
from pkgaudit.engine import audit_distribution, audit_release
from pkgaudit.finding import Finding
from pkgaudit.model.distribution import Checkout, Release
from pkgaudit.plan import Plan
from pkgaudit.rules._shared.gitignore import GitIgnore
from tests.support import registry

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def split(names: str) -> list[str]:
    return names.split("|")


# Names and parts of patterns that mean something to git, and those that look as if they did.
NAMES = split("a|b|ab|a.py|b.txt|foo|foo.log|build|é|-x|[x]|a]|!neg|#c|..x|**|*|A.PY|x y|sp |a\\b")
PARTS = split(
    "*|**|?|a|b|foo|/|/|build|.py|.log|[ab]|[!a]|[^b]|[a-c]|[[:alpha:]]|[]a]|[a|\\|\\*|\\!|\\#|é|x|!|#|[a/b]"
    "|[[:foo:]]|-|[\\]]|[a-]|[-a]|[!]]|**/|/**|/**/| |\\ "
)


def make_tree(rnd: random.Random) -> list[str]:
    made = {"/".join(rnd.choices(NAMES, k=rnd.randint(1, 4))) for _ in range(rnd.randint(4, 25))}
    return sorted(path for path in made if not any(other.startswith(f"{path}/") for other in made))


def make_pattern(rnd: random.Random) -> str:
    kind = rnd.random()
    if kind < 0.35:
        made = "".join(rnd.choices(PARTS, k=rnd.randint(1, 6)))
    elif kind < 0.7:
        made = "/".join(rnd.choices([*NAMES, "**", "*.py", "?", "a*", "*o*"], k=rnd.randint(1, 3)))
        made = rnd.choice(["", "", "/"]) + made + rnd.choice(["", "", "/"])
    else:
        made = rnd.choice(NAMES) + rnd.choice(["", "/", "*", " ", "  ", "\\ "])
    return rnd.choice(["", "", "", "!"]) + made + rnd.choice(["", "", "", "\r"])


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "core.ignorecase=false", "-c", "user.name=A", "-c", "user.email=a@b", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def ignored_by_git(folder: Path, paths: list[str]) -> set[str]:
    out = git(folder, "check-ignore", "--no-index", "--stdin", "-z", stdin="\0".join(paths).encode() + b"\0")
    return {each.decode() for each in out.split(b"\0") if each}


@needs_git
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot have these names")
@pytest.mark.parametrize("seed", range(6))
def test_patterns_mean_what_git_says(seed: int, tmp_path: Path) -> None:
    rnd = random.Random(seed)
    for number in range(25):
        top = tmp_path / str(number)
        paths = make_tree(rnd)
        for path in paths:
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text("x")
        folders = {path.rpartition("/")[0] for path in paths}
        files = {"": b""} | {folder: b"" for folder in sorted(folders) if rnd.random() < 0.4}
        for folder in files:
            data = "\n".join(make_pattern(rnd) for _ in range(rnd.randint(1, 6))).encode()
            files[folder] = (
                rnd.choice([b"", b"", b"\xef\xbb\xbf"]) + data + rnd.choice([b"", b"\n", b"\n \n"])
            )
            (top / folder / ".gitignore").write_bytes(files[folder])
        git(top, "init", "-q")
        ignore = GitIgnore(files)
        assert {path for path in paths if ignore.ignoring(path)} == ignored_by_git(top, paths), files


@needs_git
def test_the_patterns_of_a_real_project(tmp_path: Path) -> None:
    """Those of this project, on paths of all kinds."""
    data = (Path(__file__).parents[3] / ".gitignore").read_bytes()
    (tmp_path / ".gitignore").write_bytes(data)
    git(tmp_path, "init", "-q")
    rnd = random.Random(1)
    words = {word.strip("/*!") for word in data.decode().split()} | {"src", "a.py", "docs", "x.log"}
    paths = ["/".join(rnd.choices(sorted(words - {""}), k=rnd.randint(1, 3))) for _ in range(500)]
    ignore = GitIgnore({"": data})
    assert {path for path in paths if ignore.ignoring(path)} == ignored_by_git(tmp_path, paths)


@pytest.mark.once
def test_patterns_made_to_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    made = (b"*a" * 200 + b"b", b"**/" * 200 + b"x", b"[" * 3000, b"?" * 3000, b"a/**/" * 200 + b"y")
    lines = b"\n".join(made * 20)
    ignore = GitIgnore({"": lines, "a": lines})
    for path in ("a" * 4000, "a/" * 1000 + "a", "x" * 100_000):
        assert ignore.ignoring(path) is None
    monkeypatch.setattr("pkgaudit.rules._shared.gitignore._MOST_STEPS", 500_000)
    many = GitIgnore({"": b"*x*y\n" * 20_000})
    assert not any(many.ignoring(f"f/{number}") for number in range(20_000))
    assert many.is_exhausted


def test_too_many_patterns_in_all_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkgaudit.rules._shared.gitignore._MOST_LINES_TOGETHER", 3)
    sdist = Sdist()
    sdist.files |= {"a/.gitignore": b"a\nb\n", "b/.gitignore": b"a\nb\n"}
    plan = Plan.make(registry(), Config())
    audit = audit_distribution(str(sdist.build().write(tmp_path)), plan, Config())
    assert ["too many patterns" in each.reason for each in audit.skipped] == [True]


class TestWithACheckout:
    """SF109: the sample sdist, and what git is said to track."""

    tracked = frozenset({*sdist_sources(), *sample_sources()})

    def found(
        self, folder: Path, sdist: Sdist, tracked: frozenset[str], table: dict[str, Any] | None = None
    ) -> list[Finding]:
        path = sdist.build().write(folder)
        config = parse_config({"select": ["SF108", "SF109"], **(table or {})}, "test")
        plan = Plan.make(registry(), config)
        single = audit_distribution(str(path), plan, config)
        assert single.distribution is not None
        release = Release("sample", [single.distribution], Checkout(str(folder), tracked))
        together = audit_release(release, [single], plan)
        assert not single.failures + together.failures
        self.skipped = together.skipped
        return [*single.findings, *together.findings]

    def sdist(self, **files: bytes) -> Sdist:
        made = Sdist()
        made.files |= files
        return made

    def test_all_is_tracked(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, Sdist(), self.tracked) == []

    def test_manifest_in_is_committed(self, tmp_path: Path) -> None:
        """Without MANIFEST.in, the sdist would have other files."""
        (finding,) = self.found(tmp_path, self.sdist(**{"MANIFEST.in": b"graft sample\n"}), self.tracked)
        assert finding.fix == "commit it, because it steers the build"
        sdist = self.sdist(**{"MANIFEST.in": b"graft sample\n", "notes.txt": b"x\n"})
        (finding,) = self.found(tmp_path, sdist, self.tracked)
        assert (finding.fix or "").endswith("exclude notes.txt")

    def test_untracked_files(self, tmp_path: Path) -> None:
        sdist = self.sdist(**{"notes.txt": b"x\n", "sample/draft.py": b"x = 1\n", "sample/b.py": b"x = 2\n"})
        sdist.files |= {"sample/table.json": b"{}\n", "todo.txt": b"x\n", "src/new/a.json": b"{}\n"}
        loose, code = sorted(
            self.found(tmp_path, sdist, self.tracked), key=lambda each: len(each.settings) == 0
        )
        assert (loose.name, str(loose.severity)) == ("not-in-vcs", "warning")
        assert str(loose.location) == "sample-1.0/notes.txt"
        assert loose.message == (
            "the sdist contains 2 files that git does not track: 'notes.txt', 'todo.txt'"
        )
        assert (loose.fix or "").endswith("exclude notes.txt\nexclude todo.txt")
        assert code.message.startswith("the sdist contains 4 files of code or data that git does not track: ")
        assert code.data["paths"] == [
            f"sample-1.0/{each}"
            for each in ("sample/draft.py", "sample/b.py", "sample/table.json", "src/new/a.json")
        ]
        assert (code.fix, code.settings) == (
            "commit what the project needs, such as a new module, and delete the rest",
            (),
        )

    def test_what_builds_make_is_excused(self, tmp_path: Path) -> None:
        sdist = self.sdist(
            **{
                "setup.cfg": b"[egg_info]\n",
                "src/sample.egg-info/SOURCES.txt": b"x\n",
                "sample/_version.py": b'version = "1.0"\n',
                "sample/tables.py": b"# This file is generated by a script. Do not edit.\n",
                "sample/static/app.js": b"1\n",
                "sample/locale/de/LC_MESSAGES/a.mo": b"x",
                "CHANGES": b"1.0\n",
                "moved/sample/extra.py": b"x = 1\n",
                "copied/sample/core.py": sample_sources()["sample/core.py"],
                "linked/far/away.py": b"x = 1\n",
            }
        )
        assert self.found(tmp_path, sdist, self.tracked | {"lib/sample/extra.py", "linked"}) == []

    def test_a_changed_copy_is_no_moved_file(self, tmp_path: Path) -> None:
        (finding,) = self.found(tmp_path, self.sdist(**{"old/sample/core.py": b"x = 0\n"}), self.tracked)
        assert (finding.name, finding.location.member) == ("not-in-vcs", "sample-1.0/old/sample/core.py")

    def test_the_place_is_spelt_as_in_the_sdist(self, tmp_path: Path) -> None:
        name = "no\u0308tes x.txt"
        (finding,) = self.found(tmp_path, self.sdist(**{name: b"x\n"}), self.tracked)
        assert finding.location.member == f"sample-1.0/{name}"

    def test_what_the_settings_say_is_written(self, tmp_path: Path) -> None:
        sdist = self.sdist(**{"sample/_tag.py": b"x = 1\n"})
        sdist.files["pyproject.toml"] += b'\n[tool.setuptools_scm]\nversion_file = "sample/_tag.py"\n'
        assert self.found(tmp_path, sdist, self.tracked) == []

    def test_what_is_ignored_is_said_once(self, tmp_path: Path) -> None:
        sdist = self.sdist(**{".gitignore": b"notes.txt\n", "notes.txt": b"x\n"})
        (finding,) = self.found(tmp_path, sdist, self.tracked)
        assert finding.code == "SF108"

    def test_what_other_rules_know_is_theirs(self, tmp_path: Path) -> None:
        sdist = self.sdist(**{".env": b"A=1\n", ".DS_Store": b"x"})
        assert self.found(tmp_path, sdist, self.tracked) == []

    def test_allowed(self, tmp_path: Path) -> None:
        table = {"not-in-vcs": {"allow": ["notes.*"]}, "missing-from-sdist": {"allow": ["sample/_dev.py"]}}
        sdist = self.sdist(**{"notes.txt": b"x\n"})
        assert self.found(tmp_path, sdist, self.tracked | {"sample/_dev.py"}, table) == []

    def test_another_state(self, tmp_path: Path) -> None:
        sdist = self.sdist(**{f"sample/m{number}.py": b"x = %d\n" % number for number in range(20)})
        assert self.found(tmp_path, sdist, self.tracked | {"sample/gone.py"}) == []
        (skipped,) = self.skipped
        assert "seems to be in another state" in skipped.reason

    @pytest.mark.parametrize(
        ("path", "settings", "is_missing"),
        [
            ("src/other/__init__.py", b"", True),
            ("src/other/__init__.py", b'\n[tool.setuptools]\nx = "other"\n', False),
            ("src/other/main.py", b"", False),
            ("src/examples/__init__.py", b"", False),
            ("lib/other/__init__.py", b"", False),
            ("other/__init__.py", b"", False),
        ],
    )
    def test_second_package(self, path: str, settings: bytes, is_missing: bool, tmp_path: Path) -> None:
        files = {**sdist_sources(), **{f"src/{name}": data for name, data in sample_sources().items()}}
        files["pyproject.toml"] += settings
        findings = self.found(tmp_path, Sdist(files=files), frozenset({*files, path}))
        assert [each.data["paths"] for each in findings] == [[f"sample-1.0/{path}"]] * is_missing

    def test_missing(self, tmp_path: Path) -> None:
        left_out = {
            "tests/test_a.py",
            "docs/index.md",
            ".github/a.yml",
            "tox.ini",
            "sample/tests/a.py",
            "tool.py",
        }
        tracked = self.tracked | left_out | {"sample/lost.py", "sample/sub/x.pyx", "NOTICE"}
        (finding,) = self.found(tmp_path, Sdist(), tracked)
        assert (finding.name, str(finding.severity)) == ("missing-from-sdist", "info")
        assert (
            finding.message
            == "the sdist lacks 3 files that git tracks: 'NOTICE', 'sample/lost.py', 'sample/sub/x.pyx'"
        )
        assert "NOTICE" in str(finding.fix)
