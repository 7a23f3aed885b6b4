"""What runs pkgaudit for others: the action of GitHub, the component of GitLab, the image; run as there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.builders import Sdist, Wheel
from pkgaudit import __version__
from tests.programs import check_schema, find_program, need
from tests.worktree import ROOT, build_wheel, copy_worktree

run_once = pytest.mark.once
BIN = Path(sys.executable).parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HEADER, COMPONENT = yaml.safe_load_all((ROOT / "templates/audit.yml").read_text("utf-8"))


def check(*command: object) -> None:
    program = find_program(str(command[0]), folder=BIN)
    done = subprocess.run([program, *map(str, command[1:])], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository, as a runner has it after fetching the action."""
    return copy_worktree(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of our own wheel, for those who install pkgaudit by its name."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python whose new environments have pip and the dependencies of pkgaudit.

    uv takes them from its cache; the module venv and pip take five seconds longer. The tests of the image and
    of a version for the action install with these.
    """
    need("uv")
    program = tmp_path_factory.mktemp("python") / "python"
    real, uv = shlex.quote(sys.executable), f"{shlex.quote(sys.executable)} -m uv"
    program.write_text(
        "#!/bin/sh -e\n"
        f'if [ "$1 $2" != "-m venv" ]; then exec {real} "$@"; fi\n'
        f'{uv} venv -q --seed --python {real} "$3"\n'
        f'{uv} pip install -q --python "$3" -r {shlex.quote(str(ROOT / "pyproject.toml"))}\n'
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with good distributions in ``dist`` and a bad one in ``bad ones``."""
    for name in ("dist", "bad ones"):
        (tmp_path / name).mkdir()
    Sdist().build().write(tmp_path / "dist")
    Wheel().build().write(tmp_path / "dist")
    bad = Wheel()
    bad.files["sample/.env"] = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
    bad.build().write(tmp_path / "bad ones")
    return tmp_path


@run_once
def test_what_is_installed_has_all_files_of_the_packages(source: Path, wheel: Path) -> None:
    """An action, a hook and an image install it; in the working tree no missing file is missed."""
    (built,) = wheel.iterdir()
    packed = {*zipfile.ZipFile(built).namelist()}
    files = [*(source / "pkgaudit").rglob("*"), *(source / "rules").rglob("*")]
    names = {each.relative_to(source).as_posix() for each in files if each.is_file()}
    left = re.compile("/(__pycache__|cases)/")  # cases are for the tests
    own = {re.sub("^rules/", "pkgaudit/rules/", name) for name in names if not left.search(name)}
    assert own - packed == set()


# The action.


@dataclass
class Step:
    """What a step of the action did."""

    status: int
    log: str
    errors: str
    outputs: dict[str, str]
    summary: str


@dataclass
class Runner:
    """What a runner of GitHub does for a composite action, as far as this one asks for it."""

    source: Path
    workspace: Path
    temp: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, step: str, inputs: dict[str, str], steps: dict[str, dict[str, str]]) -> Step:
        definition = next(each for each in ACTION["runs"]["steps"] if each["id"] == step)
        assert definition["shell"] == "bash"
        values: dict[str, str] = {name: each["default"] for name, each in ACTION["inputs"].items()} | inputs

        def expand(text: str) -> str:
            def value(match: re.Match[str]) -> str:
                words = match[1].split(".")
                if words[0] == "inputs":
                    return values[words[1]]
                assert words[::2] == ["steps", "outputs"], match[1]
                return steps[words[1]][words[3]]

            return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)

        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")
        files = {name: self.temp / name for name in names}
        for file in files.values():
            file.write_text("")
        script = self.temp / "step.sh"
        script.write_text(definition["run"])
        env = (
            {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
            | {name: str(file) for name, file in files.items()}
            | {"GITHUB_ACTIONS": "true", "CI": "true", "RUNNER_TEMP": str(self.temp)}
            | {"GITHUB_ACTION_PATH": str(self.source), "GITHUB_WORKSPACE": str(self.workspace)}
            | self.env
            | {name: expand(value) for name, value in definition["env"].items()}
        )
        command = [shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.workspace, env=env, capture_output=True, text=True, check=False
        )
        assert (
            files["GITHUB_ENV"].read_text() == files["GITHUB_PATH"].read_text() == ""
        )  # the job stays as it is
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        summary = files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        return Step(done.returncode, done.stdout, done.stderr, outputs, summary)


@pytest.fixture(scope="module")
def installed(source: Path, python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run the first step, which installs pkgaudit from the source of the action, and return its outputs."""
    temp = tmp_path_factory.mktemp("temp")
    done = Runner(source, source, temp).run("install", {"python": str(python)}, {})
    assert done.status == 0, done
    return done.outputs


Audit = Callable[..., Step]


@pytest.fixture
def audit(
    project: Path, source: Path, installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Audit:
    """Run the second step on the project."""

    def audit(**inputs: str) -> Step:
        Path(installed["folder"], "pkgaudit.sarif").unlink(missing_ok=True)
        runner = Runner(source, project, tmp_path_factory.mktemp("temp"))
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        return runner.run("audit", named, {"install": installed})

    return audit


class TestAction:
    def test_it_is_valid(self) -> None:
        status, output = check_schema("github-actions", ROOT / "action.yml")
        assert status == 0, output

    def test_zizmor_finds_nothing(self, tmp_path: Path) -> None:
        shutil.copy(ROOT / "action.yml", tmp_path)
        check("zizmor", "--offline", "--pedantic", "--no-progress", tmp_path / "action.yml")

    def test_no_expression_is_read_by_a_shell(self) -> None:
        assert not [each["id"] for each in ACTION["runs"]["steps"] if "${{" in each.get("run", "")]

    def test_its_outputs_are_those_of_its_steps(self) -> None:
        values = {each["value"] for each in ACTION["outputs"].values()}
        assert values == {f"${{{{ steps.audit.outputs.{name} }}}}" for name in ACTION["outputs"]}


@run_once
class TestActionRun:
    def test_a_good_release_passes(self, audit: Audit) -> None:
        done = audit()
        assert (done.status, done.outputs["verdict"]) == (0, "pass"), done
        assert json.loads(Path(done.outputs["sarif-file"]).read_text("utf-8"))["version"] == "2.1.0"

    def test_a_bad_release_fails_with_annotations_and_a_summary(self, audit: Audit) -> None:
        done = audit(paths="bad ones")
        assert (done.status, done.outputs["verdict"]) == (1, "fail"), done
        assert re.search(r"^::error .*SF102", done.log, re.MULTILINE)
        assert "SF102" in done.summary
        (report,) = json.loads(Path(done.outputs["sarif-file"]).read_text("utf-8"))["runs"]
        assert [each["ruleId"] for each in report["results"]] == ["SF102"]

    def test_nothing_to_audit_is_no_pass(self, audit: Audit) -> None:
        done = audit(paths="wheelhouse/")
        assert (done.status, done.outputs["verdict"]) == (2, "incomplete")

    def test_each_line_of_an_input_is_an_argument(self, audit: Audit) -> None:
        done = audit(paths="dist/*.whl\r\n\nbad ones/\n", format="json", args="--ignore=SF102\n--pedantic\n")
        assert done.status == 0, done
        report = json.loads(done.log)
        assert [Path(each["path"]).parent.name for each in report["distributions"]] == ["bad ones", "dist"]

    def test_fail_on_moves_the_bar(self, audit: Audit) -> None:
        quiet = audit(paths="bad ones", args="--severity=SF102=warning")
        assert (quiet.status, quiet.outputs["verdict"]) == (0, "pass"), quiet
        assert audit(paths="bad ones", args="--severity=SF102=warning", fail_on="warning").status == 1

    @pytest.mark.parametrize(
        "value", ["$(touch pwned)", "`touch pwned`", '"; touch pwned #', "--output=pwned"]
    )
    def test_nothing_of_an_input_is_run(self, audit: Audit, project: Path, value: str) -> None:
        done = audit(paths=value, args="" if value.startswith("-") else value, fail_on=value)
        assert done.status == 2
        assert not (project / "pwned").exists()

    def test_a_version_is_taken_from_the_index(
        self, source: Path, wheel: Path, python: Path, tmp_path: Path
    ) -> None:
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel), "PIP_NO_DEPS": "1"}
        runner = Runner(source / "nowhere", tmp_path, tmp_path, index)
        done = runner.run("install", {"python": str(python), "version": __version__}, {})
        assert done.status == 0, done
        assert list(Path(done.outputs["folder"]).rglob(f"pkgaudit-{__version__}.dist-info"))

    @pytest.mark.parametrize("version", ["latest", "--index-url=x", "; touch pwned"])
    def test_what_is_no_version_is_refused(self, source: Path, tmp_path: Path, version: str) -> None:
        inputs = {"python": sys.executable, "version": version}
        done = Runner(source, tmp_path, tmp_path).run("install", inputs, {})
        assert done.status == 2
        assert "::error::'version'" in done.log

    def test_an_old_python_is_refused(self, source: Path, tmp_path: Path) -> None:
        old = tmp_path / "old"
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
        for python in (old, tmp_path / "none there"):
            done = Runner(source, tmp_path, tmp_path).run("install", {"python": str(python)}, {})
            assert done.status == 2
            assert "::error::pkgaudit needs Python 3.10" in done.log


# The component.


def component(inputs: dict[str, str]) -> dict[str, Any]:
    """Return the jobs of the component as GitLab makes them of the inputs: within each string, as text."""
    given = {name: each["default"] for name, each in HEADER["spec"]["inputs"].items()} | inputs

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {fill(key): fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(each) for each in value]
        if isinstance(value, str):
            return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda match: given[match[1]], value)
        return value

    jobs: dict[str, Any] = fill(COMPONENT)
    return jobs


class TestComponent:
    @pytest.mark.parametrize("text", [HEADER, component({})], ids=["spec", "jobs"])
    def test_it_is_valid(self, text: Any, tmp_path: Path) -> None:
        file = tmp_path / "component.yml"
        file.write_text(yaml.safe_dump(text))
        status, output = check_schema("gitlab-ci", file)
        assert status == 0, output

    def test_inputs_are_read_by_no_shell(self) -> None:
        (job,) = COMPONENT.values()
        assert "$[[" not in "".join(job["script"])

    @run_once
    def test_it_leaves_the_reports_that_it_names(self, project: Path, wheel: Path, python: Path) -> None:
        inputs = {"version": __version__, "paths": "dist/*.whl\nbad ones/\n", "args": "--ignore=MD\n"}
        (job,) = component(inputs).values()
        links = " ".join(filter(None, [str(wheel), os.environ.get("PIP_FIND_LINKS")]))
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        env = os.environ | job["variables"] | {"PATH": path, "PIP_FIND_LINKS": links, "TMPDIR": str(project)}
        command = ["sh", "-e", "-c", "\n".join(job["script"])]
        done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "SF102" in done.stdout
        assert "2 distributions" in done.stdout
        reports = job["artifacts"]["reports"]
        found = json.loads((project / reports["codequality"]).read_text("utf-8"))
        assert [each for each in found if each["check_name"].startswith("SF102")]
        assert "SF102" in (project / reports["junit"]).read_text("utf-8")
        for name in job["artifacts"]["paths"]:
            assert "SF102" in (project / name).read_text("utf-8")


# The image.


INSTRUCTIONS = [
    line.split(None, 1)
    for line in (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "").splitlines()
    if line and not line.startswith("#")
]


def instructions(name: str) -> list[str]:
    return [value for key, value in INSTRUCTIONS if key == name]


def in_context(path: str) -> bool:
    """Whether a file is sent to the engine: the last pattern that matches it, or a folder of it, decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!")
        parts = path.split("/")
        folders = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        if pattern.startswith("**/"):
            hit = any(fnmatchcase(part, pattern[3:]) for part in parts)
        else:
            depth = pattern.count("/") + 1
            hit = any(fnmatchcase(folder, pattern) for folder in folders if folder.count("/") + 1 == depth)
        if hit and line and not line.startswith("#"):
            sent = line.startswith("!")
    return sent


class TestImage:
    def test_hadolint_finds_nothing(self) -> None:
        check("hadolint", ROOT / "Dockerfile")

    def test_the_base_is_pinned_and_the_user_has_no_rights(self) -> None:
        (base,) = instructions("ARG")
        assert re.fullmatch(r"PYTHON=python:[\w.-]+@sha256:[0-9a-f]{64}", base)
        assert {each.split()[0] for each in instructions("FROM")} == {"${PYTHON}"}
        assert instructions("USER") == ["10001:10001"]
        assert json.loads(instructions("ENTRYPOINT")[0]) == ["pkgaudit"]

    @run_once
    def test_what_it_runs_installs_a_pkgaudit_that_works(self, source: Path, project: Path) -> None:
        context, target = project / "context", project / "opt"
        for file in source.rglob("*"):
            name = file.relative_to(source).as_posix()
            if file.is_file() and in_context(name):
                (context / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, context / name)
        sent = {each.name for each in context.iterdir()}
        assert sent == {"LICENSE", "README.md", "pkgaudit", "pyproject.toml", "rules"}
        (command,) = instructions("RUN")
        script = command.replace("/opt/pkgaudit", str(target))
        env = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        shell = ["sh", "-c", script]
        done = subprocess.run(shell, cwd=context, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not list(target.rglob("site-packages/pip"))
        program = target / "bin/pkgaudit"
        audits = [
            subprocess.run([program, each], cwd=project, capture_output=True, text=True, check=False)
            for each in ("dist/", "bad ones/")
        ]
        assert [each.returncode for each in audits] == [0, 1], audits
