"""Builds the project in a folder, as a maintainer would before an upload."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from pkgaudit.errors import PkgauditError


class BuildError(PkgauditError):
    """A project that could not be built; ``output`` is all that the build said."""

    def __init__(self, output: str) -> None:
        super().__init__("building it failed; what the build said is on standard error")
        self.output = output


def build(project: str, folder: Path, say: Callable[[str], None], *, isolation: bool = True) -> list[str]:
    """Build the sdist of a project, and the wheel from that sdist, into ``folder``.

    ``say`` gets the steps of the build, a line each, as they begin. This runs the project's own
    build backend, hence code of the folder one names; that is never done for an archive.

    Returns:
        The paths of the distributions, the sdist first.

    Raises:
        BuildError: the build failed.
    """
    # The library's command line rather than its functions: it alone builds the wheel from the sdist.
    command = [sys.executable, "-m", "build", "--outdir", str(folder), project]
    environment = dict(os.environ)
    if not isolation:
        command.insert(3, "--no-isolation")
        # Some backends call programs of this environment, which need not be an activated one.
        scripts = sysconfig.get_path("scripts")
        environment["PATH"] = os.pathsep.join((scripts, environment.get("PATH", os.defpath)))
    said: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="backslashreplace",
        env=environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("* "):
                say(line.rstrip())
    if process.returncode != 0:
        raise BuildError("\n".join(said))
    return sorted((str(each) for each in folder.iterdir()), key=lambda path: path.endswith(".whl"))
