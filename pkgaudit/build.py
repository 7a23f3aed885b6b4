"""Builds the project in a folder, as a maintainer would before an upload."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


class BuildError(Exception):
    """A project that could not be built; the build's own output, already shown, says why."""


def build(project: str, folder: Path, *, isolation: bool = True) -> list[str]:
    """Build the sdist of a project, and the wheel from that sdist, into ``folder``.

    The build's output goes to standard error. This runs the project's own build backend, hence
    code of the folder one names, which is never done for an archive.

    Returns:
        The paths of the distributions, the sdist first.

    Raises:
        BuildError: the build failed.
    """
    command = [sys.executable, "-m", "build", "--outdir", str(folder), project]
    if not isolation:
        command.insert(3, "--no-isolation")
    # The library's command line rather than its functions: it alone builds the wheel from the sdist.
    done = subprocess.run(command, stdout=sys.stderr.fileno(), stderr=sys.stderr.fileno(), check=False)
    if done.returncode != 0:
        raise BuildError(f"building it failed with exit status {done.returncode}; see the output above")
    return sorted(str(each) for each in folder.iterdir())
