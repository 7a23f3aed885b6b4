"""Build the project in a folder, as a maintainer does before an upload."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pkgaudit.errors import PkgauditError

_STEP = re.compile(r"\* |Building (?:source distribution|wheel)")
"""The beginning of a line in which build or uv announces its next step."""

_LAST = 10
"""Number of lines of a failed build that are shown; chosen: a backend explains an error in a few lines."""

_PATHS = (
    "PIP_BUILD_CONSTRAINT",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
    "PIP_FIND_LINKS",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
"""Environment variables that name files for pip; some have several names separated by spaces.

Source: https://pip.pypa.io/en/stable/topics/configuration/#environment-variables
"""


_TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""Environment variables that name the folder for temporary files, in the order in which Python reads them."""


class BuildError(PkgauditError):
    """A project that could not be built; ``lines`` is the whole output of the build."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("the build failed; its last lines are on standard error, or all with --verbose")
        self.lines = list(lines)

    @property
    def last_lines(self) -> list[str]:
        """The last lines of the build, which explain its failure, without tracebacks."""
        steps = [number for number, line in enumerate(self.lines) if _STEP.match(line)]
        found: list[str] = []
        is_trace = False
        for line in self.lines[steps[-1] + 1 if steps else 0 :]:
            if re.match(r"\s*(?:\|\s*)?Traceback \(most recent call last\):", line):
                is_trace = True
            elif is_trace and (line.startswith(" ") or not line):
                continue
            else:
                is_trace = False
                # The exception that build raises when a command fails, and its advice to run it again.
                if line and not line.startswith(("subprocess.CalledProcessError: ", "TIP ")):
                    found.append(line)
        return (found or [line for line in self.lines if line])[-_LAST:]


def build(project: str, folder: Path, say: Callable[[str], None], *, isolation: bool = True) -> list[str]:
    """Build the sdist of a project, and the wheel from that sdist, into ``folder``.

    If uv is installed, it builds projects that use uv; the library build builds all others. ``say`` receives
    a line for each step of the build as it begins. This runs the project's build backend, and so code from
    the given folder; pkgaudit never does that for an archive.

    Returns:
        The paths of the distributions, the sdist first.

    Raises:
        BuildError: the build failed.
    """
    scripts = sysconfig.get_path("scripts")
    # Some backends call programs of this environment, which may not be activated.
    path = os.pathsep.join((scripts, os.environ.get("PATH", os.defpath)))
    uv = shutil.which("uv", path=path)
    if uv is not None and not os.path.isabs(uv):  # Windows also searches the working directory
        uv = None
    source = os.path.abspath(project)
    if uv is not None and _is_of_uv(Path(source)):
        command = [uv, "build", "--color", "never", "--out-dir", str(folder), source]
        if not isolation:
            command += ["--no-build-isolation", "--python", sys.executable]
    else:
        # The command line of the library, because its functions do not build the wheel from the sdist.
        command = [sys.executable, "-m", "build", "--outdir", str(folder), source]
        if not isolation:
            command.insert(3, "--no-isolation")
        elif uv is not None and importlib.util.find_spec("pip") is None:  # an environment that uv made
            command[3:3] = ["--installer", "uv"]
    environment = _environment()
    if not isolation or uv is not None:
        environment["PATH"] = path
    said: list[str] = []
    # Python searches the modules of build and pip in its working directory first, which is often the project,
    # and a project may contain a build.py or a logging.py.
    # If the build is interrupted, its own temporary folders are removed with this one.
    with (
        TemporaryDirectory(prefix="pkgaudit-") as nowhere,
        _started(command, cwd=nowhere, env=environment | dict.fromkeys(_TEMPORARY, nowhere)) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            if _STEP.match(line):
                say(line.rstrip())
    if process.returncode != 0:
        raise BuildError(said)
    made = [str(each) for each in folder.iterdir() if not each.name.startswith(".")]  # uv adds a .gitignore
    return sorted(made, key=lambda path: (path.endswith(".whl"), path))


def _is_of_uv(project: Path) -> bool:
    """Return whether a project uses uv: it has a lock file of uv, settings for uv, or uv's build backend."""
    import tomli

    if (project / "uv.lock").is_file():
        return True
    try:
        settings = tomli.loads((project / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    tool, system = settings.get("tool"), settings.get("build-system")
    backend = system.get("build-backend") if isinstance(system, dict) else None
    return (isinstance(tool, dict) and "uv" in tool) or backend == "uv_build"


def _environment() -> dict[str, str]:
    """Return the environment of a build, which runs in another folder and does not color its output."""
    environment = dict(os.environ)
    for name in _PATHS:
        words = [
            os.path.abspath(word) if os.path.exists(word) else word
            for word in environment.get(name, "").split()
        ]
        if words:
            environment[name] = " ".join(words)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        environment.pop(name, None)
    environment["NO_COLOR"] = "1"
    return environment


@contextmanager
def _started(command: list[str], **how: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program to read its output; if that is interrupted, end the program and its child processes.

    Raises:
        BuildError: the program cannot be started.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
            **how,
        )
    except OSError as error:
        raise BuildError([f"{command[0]} cannot be started: {error.strerror or error}"]) from None
    with process:
        try:
            yield process
        except BaseException:  # Ctrl-C or a signal; Popen would wait for the end of the build
            if os.name == "posix":
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise
