"""Revisions of pkgaudit, each built and put into a folder of its own, for ``tools.ecosystem``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKING_TREE = "."

_SHOWN_LINES = 30
"""The end of a build's output; the error is in its last lines, and few errors of setuptools are longer."""

_FOREIGN = ("CI", "GIT_", "GITHUB_", "GITLAB_", "PKGAUDIT", "_PKGAUDIT", "PYTHON")
"""What variables begin with that would have git, Python or pkgaudit do other things than it was told.

GIT_DIR is set where git calls a hook, and pkgaudit appends to the file that GITHUB_STEP_SUMMARY names.
"""


class EcosystemError(Exception):
    """The comparison cannot be made; the message says why."""


@dataclass(frozen=True)
class Revision:
    """A revision as it was given, the commit it stands for, and the folder in which it is installed."""

    name: str
    commit: str
    folder: Path


def environment() -> dict[str, str]:
    """Return the environment for other processes, in which hashes and so the order of sets are fixed."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(_FOREIGN)}
    return kept | {"PYTHONHASHSEED": "0"}


def git(root: Path, *arguments: str) -> str:
    """Return what git prints.

    Raises:
        EcosystemError: git is not installed, or fails.
    """
    # A hook of the repository has nothing to do with a checkout that lasts for one build.
    command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
    try:
        status, output, errors = finish(command, root)
    except FileNotFoundError:
        raise EcosystemError("git is not installed") from None
    if status:
        raise EcosystemError(f"git {arguments[0]} fails: {errors.decode(errors='replace').strip()}")
    return output.decode(errors="surrogateescape")


def finish(command: Sequence[str], folder: Path, errors: int = subprocess.PIPE) -> tuple[int, bytes, bytes]:
    """Run a command in a folder and return its status and what it wrote to both streams.

    It is waited for also where this process is told to end. It takes seconds, and the processes that it has
    started itself would go on writing into the folder that is to be removed.
    """
    process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors)
    try:
        output, said = process.communicate()
    except BaseException:
        process.communicate()
        raise
    return process.returncode, output, said or b""


def commit_of(root: Path, name: str) -> str:
    """Return the commit that a revision stands for; the working tree stands for the one it is based on.

    Raises:
        EcosystemError: there is no checkout, or no such revision.
    """
    if not (root / ".git").exists():
        raise EcosystemError(f"{root} is not a git checkout")
    wanted = "HEAD" if name == WORKING_TREE else name
    try:
        # The path before the name says that it is a revision and no option.
        return git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted}^{{commit}}"
        ).strip()
    except EcosystemError:
        raise EcosystemError(f"{name}: git knows no such revision") from None


def install(root: Path, name: str, folder: Path) -> Revision:
    """Build a revision and install it below a folder.

    Raises:
        EcosystemError: it cannot be checked out or built.
    """
    commit = commit_of(root, name)
    folder.mkdir()
    folder = folder.resolve()
    with sources(root, name, commit, folder / "sources") as path:
        wheel = build_wheel(name, path, folder / "wheel")
    # A wheel of pure Python needs no more than to be unpacked, its entry points included. That needs
    # neither pip, which environments made by uv lack, nor a virtual environment, and takes no time.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return Revision(name, commit, folder / "installed")


@contextmanager
def sources(root: Path, name: str, commit: str, folder: Path) -> Iterator[Path]:
    """Check out a revision, or copy the working tree; the folder goes at the end, whatever happens."""
    if name == WORKING_TREE:
        _copy_tree(root, folder)
        yield folder
        return
    try:
        git(root, "worktree", "add", "--detach", "--quiet", str(folder), commit)
        yield folder
    finally:
        _remove_worktree(root, folder)


def _remove_worktree(root: Path, folder: Path) -> None:
    try:
        git(root, "worktree", "remove", "--force", "--force", str(folder))
    except EcosystemError:
        # Git was ended while it made the worktree. What it keeps of it is locked, so it would stay for good.
        shutil.rmtree(folder, ignore_errors=True)
        common = root / git(root, "rev-parse", "--git-common-dir").strip()
        for kept in common.glob("worktrees/*/gitdir"):
            if kept.read_text("utf-8", "surrogateescape").strip() == str(folder / ".git"):
                shutil.rmtree(kept.parent, ignore_errors=True)


def _copy_tree(root: Path, folder: Path) -> None:
    """Copy what git does not ignore, so that a build neither finds old files nor leaves new ones."""
    listing = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listing.split("\0")):
        source = root / name
        # What was deleted is still listed; the folder of a submodule is no file.
        if source.is_symlink() or source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name, follow_symlinks=False)


def build_wheel(name: str, folder: Path, into: Path) -> Path:
    """Build the wheel of a checkout, by the project's own settings, and return its path.

    ``build`` is at hand because pkgaudit depends on it. Without isolation no registry is asked.

    Raises:
        EcosystemError: the build fails.
    """
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(folder)]
    status, output, _ = finish(command, folder.parent, subprocess.STDOUT)
    wheels = sorted(into.glob("*.whl"))
    if status or len(wheels) != 1:
        end = tail(output.decode(errors="replace"))
        raise EcosystemError(f"{name} cannot be built; the output ends with:\n{end}")
    return wheels[0]


def tail(text: str) -> str:
    """Return the last lines of an output."""
    return "\n".join(text.strip().splitlines()[-_SHOWN_LINES:])


def import_path(root: Path, revision: Revision, path: Sequence[str] = sys.path) -> list[str]:
    """Return the folders in which a process that audits with a revision looks for modules.

    The revision comes first, then the dependencies where this process has them. The process has no
    ``site``, so the hooks of editable installs, through which modules of another pkgaudit are found, are
    absent there. The checkout itself is left out.
    """
    absolute = [os.path.abspath(each) for each in path if each]
    return [str(revision.folder), *(each for each in absolute if Path(each).resolve() != root.resolve())]
