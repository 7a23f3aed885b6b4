"""Projects are built as their maintainers do, wherever one stands and whatever is in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from fixtures.projects import write_project
from pkgaudit.inputs import build as building
from pkgaudit.inputs.build import BuildError, build
from tests.programs import need_backend
from tests.support import run

SHADOWS = (
    *("build", "click", "concurrent", "email", "json", "logging", "multiprocessing", "packaging", "pip"),
    *("pyproject_hooks", "rich", "socket", "subprocess", "tempfile", "tomli", "typing", "venv"),
)
"""Names of libraries; many projects have files of some of these names."""

RAISES = "raise SystemExit('a file of the project was imported')\n"


@pytest.fixture(params=["{}.py", "{}/__init__.py"], ids=["modules", "packages"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with files that are named as libraries are."""
    need_backend("flit")
    made = write_project(tmp_path / "project", "flit")
    for name in SHADOWS:
        path = made / request.param.format(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(RAISES)
    return made


def audited(folder: Path, *arguments: str, command: tuple[str, ...] = ("-m", "pkgaudit")) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *command, "--no-config", "--no-isolation", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    )
    assert done.stderr.count("\n") < 20, done.stderr
    lines = [line.replace(f"{folder}{os.sep}", "") for line in done.stdout.splitlines()]
    return done.returncode, "\n".join(re.sub(r", \S+ s$", "", line) for line in lines)


def test_same_verdict_in_the_project_and_elsewhere(project: Path, tmp_path: Path) -> None:
    inside, outside = audited(project, "."), audited(tmp_path, "project")
    assert (inside[0], outside[0]) == (0, 0), inside[1]
    assert inside[1] == outside[1].replace("project/", "./")
    script = (os.path.join(sysconfig.get_path("scripts"), "pkgaudit"),)
    if os.path.exists(script[0]):
        assert audited(project, ".", command=script) == inside


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no such switch")
@pytest.mark.skipif(os.name == "nt", reason="there is no forkserver")
def test_worker_processes_import_nothing_of_the_project(method: str, tmp_path: Path) -> None:
    (tmp_path / "socket.py").write_text(RAISES)
    (tmp_path / "pickle.py").write_text(RAISES)
    for number in range(3):
        (tmp_path / f"{number}").mkdir()
        Wheel().build().write(tmp_path / f"{number}")
    code = (
        "import multiprocessing\n"
        "from pkgaudit.cli import main\n"
        "if __name__ == '__main__':\n"
        f"    multiprocessing.set_start_method({method!r})\n"
        "    main(['--jobs', '2', '--no-config', '*/*.whl'])\n"
    )
    (tmp_path / "script").mkdir()
    (tmp_path / "script/run.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "script/run.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "was imported" not in done.stderr
    assert "3 distributions" in done.stdout


def test_files_that_pip_is_told_of_are_still_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "constraints.txt").write_text("")
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt https://example.org/other.txt")
    monkeypatch.setenv("FORCE_COLOR", "1")
    environment = building._environment()
    assert environment["PIP_CONSTRAINT"] == f"{tmp_path / 'constraints.txt'} https://example.org/other.txt"
    assert "FORCE_COLOR" not in environment


def test_temporary_files_of_an_interrupted_build_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal that ends a build leaves it no time to remove them."""
    code = "import tempfile; tempfile.mkdtemp(); print('* begun', flush=True)"
    start = building._started
    monkeypatch.setattr(building, "_started", lambda _, **how: start([sys.executable, "-c", code], **how))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(str(tmp_path), tmp_path, interrupt)
    assert os.listdir(tmp_path / "temporary") == []


class TestWhichProgramBuilds:
    @pytest.fixture
    def commands(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """The commands that would be started; none is."""
        made: list[list[str]] = []

        def refuse(command: list[str], **_: object) -> None:
            made.append(command)
            raise OSError(2, "No such file or directory")

        monkeypatch.setattr(subprocess, "Popen", refuse)
        return made

    def built(self, project: Path, isolation: bool = True) -> None:
        with pytest.raises(BuildError):
            build(str(project), project, lambda _: None, isolation=isolation)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("uv.lock", ""),
            ("pyproject.toml", "[tool.uv]\npackage = true\n"),
            ("pyproject.toml", '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n'),
        ],
    )
    def test_uv_for_its_projects(
        self,
        name: str,
        text: str,
        commands: list[list[str]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(shutil, "which", lambda *_, **__: "/opt/bin/uv")
        self.built(tmp_path)
        self.built(tmp_path, isolation=False)
        assert commands[0][:2] == commands[1][:2] == ["/opt/bin/uv", "build"]
        assert "--no-build-isolation" not in commands[0]
        assert "--no-build-isolation" in commands[1]
        monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
        self.built(tmp_path)
        assert commands[2][:3] == [sys.executable, "-m", "build"]

    @pytest.mark.parametrize("text", ["", "no TOML", "tool = 1\nbuild-system = 2\n"])
    def test_build_for_others(
        self, text: str, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "pyproject.toml").write_text(text)
        monkeypatch.setattr(shutil, "which", lambda *_, **__: "/opt/bin/uv")
        self.built(tmp_path)
        assert commands[0] == [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(tmp_path)]

    def test_uv_fills_an_environment_without_pip(
        self, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As that of ``uvx pkgaudit``."""
        monkeypatch.setattr(shutil, "which", lambda *_, **__: "/opt/bin/uv")
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        self.built(tmp_path)
        assert commands[0][:5] == [sys.executable, "-m", "build", "--installer", "uv"]

    def test_not_a_program_of_the_project(
        self, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On Windows the folder in which one stands is looked at first."""
        (tmp_path / "uv.lock").write_text("")
        monkeypatch.setattr(shutil, "which", lambda *_, **__: ".\\uv.exe")
        self.built(tmp_path)
        assert commands[0][0] == sys.executable


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A project whose backend fails, with more lines before it than are shown."""
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "failing"\nbackend-path = ["."]\n'
    )
    (tmp_path / "failing.py").write_text(
        "def build_sdist(*_):\n"
        "    for number in range(30):\n"
        "        print('compiling', number)\n"
        "    raise RuntimeError('the \\x1b[31mreadme\\x1b[0m ##[error] is missing')\n"
    )
    return tmp_path


def test_failed_build_shows_what_the_backend_says(failing: Path) -> None:
    done = run(failing, "--no-config", "--no-isolation")
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert "compiling 29" in done.stderr
    assert "compiling 5\n" not in done.stderr
    assert "RuntimeError: the \\x1b[31mreadme\\x1b[0m #\\x23[error] is missing" in done.stderr
    assert "for all, run the command with --verbose" in done.stderr


def test_failed_build_shows_all_if_asked(failing: Path) -> None:
    done = run(failing, "--no-config", "--no-isolation", "-v")
    assert "Traceback" in done.stderr
    assert "compiling 0\n" in done.stderr
    assert "--verbose" not in done.stderr


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(
            [
                "* Installing packages in isolated environment:",
                "  - nowhere",
                "< ERROR: No matching distribution found for nowhere",
                "",
                "Traceback (most recent call last):",
                '  File "build/__main__.py", line 1, in main',
                "    run()",
                "subprocess.CalledProcessError: Command '[]' returned non-zero exit status 1.",
                "",
                "ERROR Command '[]' returned non-zero exit status 1.",
            ],
            [
                "  - nowhere",
                "< ERROR: No matching distribution found for nowhere",
                "ERROR Command '[]' returned non-zero exit status 1.",
            ],
            id="pip",
        ),
        pytest.param(
            [
                "Building source distribution...",
                "Traceback (most recent call last):",
                '  File "<string>", line 11, in <module>',
                "ValueError: one",
                "",
                "During handling of the above exception, another exception occurred:",
                "",
                "Traceback (most recent call last):",
                '  File "<string>", line 12, in <module>',
                "    x()",
                "OSError: two",
                "error: Failed to build `x`",
                "  cause: The build backend returned an error",
            ],
            [
                "ValueError: one",
                "During handling of the above exception, another exception occurred:",
                "OSError: two",
                "error: Failed to build `x`",
                "  cause: The build backend returned an error",
            ],
            id="uv",
        ),
        pytest.param(["* Building sdist..."], ["* Building sdist..."], id="nothing"),
        pytest.param(
            [str(number) for number in range(99)], [str(number) for number in range(89, 99)], id="long"
        ),
        pytest.param([], [], id="silent"),
    ],
)
def test_last_lines(said: list[str], shown: list[str]) -> None:
    assert BuildError(said).last_lines == shown
