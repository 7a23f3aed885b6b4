"""This repository as others would get it: the files of the working tree that git does not ignore."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hooks import call_hooks
from tests.programs import find_program, need_backend

ROOT = Path(__file__).parents[1]


def copy_worktree(folder: Path) -> Path:
    """Copy them into a folder and return it, so that a build of it leaves nothing in the working tree."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run([find_program("git"), *listing], cwd=ROOT, capture_output=True, check=True)
    for name in done.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build_wheel(folder: Path) -> Path:
    """Build the wheel of a copy of the working tree, and return its folder."""
    need_backend("setuptools")
    (folder / "wheel").mkdir()
    call_hooks(copy_worktree(folder / "source"), "setuptools.build_meta", folder / "wheel", "wheel")
    return folder / "wheel"
