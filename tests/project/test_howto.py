"""What the pages of ``docs/howto`` give people to paste is valid, and pkgaudit knows its command lines."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import tomli
import yaml

from fixtures.builders import Sdist, Wheel, sample_sources
from fixtures.projects import write_files
from pkgaudit import __version__
from pkgaudit.config.config import parse_config
from tests.howto import PAGES, Snippet, commands, read_page, snippets
from tests.programs import check_schema, find_program, need
from tests.support import run
from tests.worktree import ROOT

run_once = pytest.mark.once
BIN = Path(sys.executable).parent
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@python.org", "-c", "commit.gpgsign=false")


def is_valid(name: str, text: str, folder: Path) -> None:
    """Validate a text with a schema."""
    file = folder / "snippet.yml"
    file.write_text(text, "utf-8")
    # The schema of Azure has patterns that are no regular expressions of Unicode.
    assert check_schema(name, "--regex-variant", "nonunicode", file) == (0, "ok -- validation done\n")


def named(identifier: Snippet) -> str:
    return f"{Path(identifier.page).stem}-{identifier.file or identifier.language}"


def yaml_of(*pages: str) -> list[Snippet]:
    return [each for each in snippets() if each.language == "yaml" and Path(each.page).stem in pages]


def of_gate(kind: type[object]) -> list[Snippet]:
    """Return the snippets on the page of the gate: lists are steps for GitHub, tables for GitLab."""
    return [each for each in yaml_of("gate") if isinstance(yaml.safe_load(each.text), kind)]


class TestSnippets:
    def test_each_has_a_language_that_is_checked_here(self) -> None:
        assert {each.language for each in snippets()} == {"sh", "yaml", "ini", "python", "groovy", "toml"}
        pages = {Path(each.page).stem for each in snippets() if each.language == "yaml"}
        assert pages == {"azure", "cibuildwheel", "gate", "github", "gitlab", "pre-commit"}

    @pytest.mark.parametrize("snippet", [*yaml_of("github", "cibuildwheel"), *of_gate(list)], ids=named)
    def test_github(self, snippet: Snippet, tmp_path: Path) -> None:
        text = snippet.text
        if not snippet.file:  # some steps of a job
            job = {"runs-on": "ubuntu-latest", "steps": yaml.safe_load(text)}
            text = yaml.safe_dump({"on": "push", "jobs": {"job": job}})
        is_valid("github-workflows", text, tmp_path)

    def test_github_workflows_have_nothing_that_zizmor_would_change(self, tmp_path: Path) -> None:
        # Tags instead of hashes, which the page speaks of, since a hash in a text goes stale unseen.
        rules = {"unpinned-uses": {"config": {"policies": {"*": "ref-pin"}}}}
        (tmp_path / "zizmor.yml").write_text(yaml.safe_dump({"rules": rules}))
        folder = tmp_path / ".github/workflows"
        folder.mkdir(parents=True)
        workflows = [each for each in yaml_of("github", "cibuildwheel") if each.file]
        assert len(workflows) == 3
        for number, each in enumerate(workflows):
            (folder / f"{number}.yml").write_text(each.text, "utf-8")
        options = ["--offline", "--pedantic", "--no-progress", "--config", "zizmor.yml", ".github"]
        command = [find_program("zizmor", folder=BIN), *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_what_is_audited_is_what_is_published(self) -> None:
        releases = [each for each in yaml_of("github", "cibuildwheel") if each.file.endswith("/release.yml")]
        assert len(releases) == 2
        for each in releases:
            jobs = yaml.safe_load(each.text)["jobs"]
            audited, published = (
                [step["with"] for step in jobs[name]["steps"] if "download-artifact" in step.get("uses", "")]
                for name in ("audit", "publish")
            )
            assert audited == published != []
            assert jobs["publish"]["needs"] == "audit"
            assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]

    @pytest.mark.parametrize("snippet", [*yaml_of("gitlab"), *of_gate(dict)], ids=named)
    def test_gitlab(self, snippet: Snippet, tmp_path: Path) -> None:
        is_valid("gitlab-ci", snippet.text, tmp_path)

    @pytest.mark.parametrize("snippet", yaml_of("azure"), ids=named)
    def test_azure(self, snippet: Snippet, tmp_path: Path) -> None:
        is_valid("azure-pipelines", snippet.text, tmp_path)

    @pytest.mark.parametrize("snippet", yaml_of("pre-commit"), ids=named)
    def test_pre_commit(self, snippet: Snippet, tmp_path: Path) -> None:
        need("pre_commit")
        file = tmp_path / "config.yaml"
        file.write_text(snippet.text)
        command = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")  # unknown keys are warned of
        known = {each["id"] for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        used = {hook["id"] for repo in yaml.safe_load(snippet.text)["repos"] for hook in repo["hooks"]}
        assert used <= known

    def test_jenkins(self) -> None:
        """Jenkins validates itself, on a server; here the syntax of Groovy is checked."""
        tree_sitter, groovy = need("tree_sitter"), need("tree_sitter_groovy")
        parser = tree_sitter.Parser(tree_sitter.Language(groovy.language()))
        (snippet,) = [each for each in snippets() if each.language == "groovy"]
        assert not parser.parse(snippet.text.encode()).root_node.has_error
        assert parser.parse(snippet.text.replace("}", "", 1).encode()).root_node.has_error

    def test_toml(self) -> None:
        for each in snippets():
            if each.language == "toml":
                parse_config(tomli.loads(each.text)["tool"]["pkgaudit"], each.page)

    def test_python(self) -> None:
        for each in snippets():
            if each.language == "python":
                ast.parse(each.text)

    def test_versions_are_that_of_this_repository(self) -> None:
        text = "".join(page.read_text("utf-8") for page in PAGES)
        shown = re.findall(
            r"pkgaudit(?:/audit)?(?:@v?|==)(\d[\w.]*)|rev: v(\S+)|version: \"(\d+\.\d+\.\d+)\"", text
        )
        assert len(shown) > 8
        assert {version for each in shown for version in each if version} == {__version__}


def table(page: str, header: str) -> dict[str, str]:
    """Return the first two columns of the table with a header."""
    rows = (ROOT / "docs/howto" / page).read_text("utf-8").split(f"| {header} |", 1)[1].split("\n\n", 1)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:3]] for line in rows.splitlines()[2:]]
    return {name.strip("`"): value for name, value in cells}


def test_the_tables_show_all_inputs_and_outputs() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    component = next(yaml.safe_load_all((ROOT / "templates/audit.yml").read_text("utf-8")))
    for page, inputs in (("github.md", action["inputs"]), ("gitlab.md", component["spec"]["inputs"])):
        shown = table(page, "input")
        assert list(shown) == list(inputs)
        for name, value in inputs.items():
            assert not value["default"] or shown[name] == f"`{value['default']}`"
    assert list(table("github.md", "output")) == list(action["outputs"])


# The command lines.


def own_commands() -> list[tuple[str, tuple[str, ...]]]:
    """Return the lines that run pkgaudit, on these pages and in the README."""
    found = [(page, words) for page, words in commands() if Path(words[0]).name == "pkgaudit"]
    for each in read_page(ROOT / "README.md"):
        for line in each.text.splitlines():
            if line.startswith("$ pkgaudit ") or (each.language == "sh" and line.startswith("pkgaudit ")):
                found.append(("README.md", tuple(shlex.split(line.removeprefix("$ ")))))
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with distributions where the pages have them."""
    folder = tmp_path_factory.mktemp("built")
    for name in ("dist", "distributions", "old"):
        (folder / name).mkdir()
    for name in ("dist", "distributions"):
        Sdist().build().write(folder / name)
        Wheel().build().write(folder / name)
    Sdist(version="0.9").build().write(folder / "old")
    Wheel(version="0.9").build().write(folder / "old")
    programs = folder / "bin"
    programs.mkdir()
    for name in ("hatch", "pdm", "poetry", "twine", "uv"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    (folder / "publish.sh").write_text("#!/bin/sh\nexit 1\n")
    (folder / "publish.sh").chmod(0o755)
    (folder / "pyproject.toml").write_text('[project]\nname = "sample"\n')
    write_files(folder, sample_sources())
    for arguments in (
        ["init", "-q"],
        ["add", "sample", "pyproject.toml"],
        ["commit", "-qm", "1.0"],
        ["tag", "v1.0"],
    ):
        subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True)
    record = {
        "id": "PYSEC-2100-1",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "attrs"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}],
            }
        ],
    }
    write_files(folder, {"advisory-database/PYSEC-2100-1.json": json.dumps(record).encode()})
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(folder / "advisory-database/PYSEC-2100-1.json", "PYSEC-2100-1.json")
    made = run("vulndb", "build", str(folder / "all.zip"), "--output", str(folder / "vulndb.json.gz"))
    assert made.exit_code == 0, made.output
    return folder


@pytest.mark.parametrize(
    ("page", "words"), own_commands(), ids=[f"{page}-{' '.join(words)}" for page, words in own_commands()]
)
def test_each_command_line_of_pkgaudit_audits(
    page: str, words: tuple[str, ...], built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("PATH", f"{built / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if not (built / "SHA256SUMS").exists():
        assert run("manifest", "dist", "--output", "SHA256SUMS").exit_code == 0
    if words[1] == "fix":  # tests/project/test_recorded.py runs it
        return
    line = [word.replace("$(Pipeline.Workspace)", ".").replace("{posargs:.}", "dist/") for word in words[1:]]
    if line[0] == "gate":  # tests/project/test_howto_run.py runs the uploaders
        line.insert(1, "--dry-run")
    done = run(*line)
    assert done.exit_code == 0, done.output
    for name, value in pairwise(line):
        if name == "--output":
            assert (built / value.partition("=")[2]).stat().st_size
