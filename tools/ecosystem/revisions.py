"""Revisions of pkgaudit, each built and installed into its own folder, for ``tools.ecosystem``."""

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
"""Lines that are shown from the end of a build's output; few errors of setuptools are longer."""

_FOREIGN = ("CI", "GIT_", "GITHUB_", "GITLAB_", "PKGAUDIT", "_PKGAUDIT", "PYTHON")
"""Prefixes of variables that change the behavior of git, Python or pkgaudit.

For example, git sets GIT_DIR for hooks, and pkgaudit appends to the file in GITHUB_STEP_SUMMARY.
"""


class EcosystemError(Exception):
    """The comparison cannot be made; the message contains the reason."""


@dataclass(frozen=True)
class Revision:
    """A revision as given, its commit, and the folder of its installation."""

    name: str
    commit: str
    folder: Path


def environment() -> dict[str, str]:
    """Return the environment for other processes, with fixed hashes and so a fixed order of sets."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(_FOREIGN)}
    return kept | {"PYTHONHASHSEED": "0"}


def git(root: Path, *arguments: str) -> str:
    """Return the output of git.

    Raises:
        EcosystemError: git is not installed, or fails.
    """
    # Hooks of the repository must not run for a temporary checkout.
    command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
    try:
        status, output, errors = finish(command, root)
    except FileNotFoundError:
        raise EcosystemError("git is not installed") from None
    if status:
        raise EcosystemError(f"git {arguments[0]} fails: {errors.decode(errors='replace').strip()}")
    return output.decode(errors="surrogateescape")


def finish(command: Sequence[str], folder: Path, errors: int = subprocess.PIPE) -> tuple[int, bytes, bytes]:
    """Run a command in a folder, and return its status and the output of both streams.

    If this process is told to end, it still waits for the command, which takes seconds: its child processes
    would otherwise write into the folder while it is removed.
    """
    process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors)
    try:
        output, said = process.communicate()
    except BaseException:
        process.communicate()
        raise
    return process.returncode, output, said or b""


def commit_of(root: Path, name: str) -> str:
    """Return the commit of a revision; for the working tree, the commit that it is based on.

    Raises:
        EcosystemError: the folder is not a checkout, or the revision does not exist.
    """
    if not (root / ".git").exists():
        raise EcosystemError(f"{root} is not a git checkout")
    wanted = "HEAD" if name == WORKING_TREE else name
    try:
        # The option before the name makes git read the name as a revision.
        return git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted}^{{commit}}"
        ).strip()
    except EcosystemError:
        raise EcosystemError(f"{name}: unknown revision") from None


def install(root: Path, name: str, folder: Path) -> Revision:
    """Build a revision and install it below a folder.

    Raises:
        EcosystemError: the revision cannot be checked out or built.
    """
    commit = commit_of(root, name)
    folder.mkdir()
    folder = folder.resolve()
    with sources(root, name, commit, folder / "sources") as path:
        wheel = build_wheel(name, path, folder / "wheel")
    # Unpacking is enough to install a wheel of pure Python with its entry points. It is fast, and needs
    # neither pip, which environments made by uv lack, nor a virtual environment.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return Revision(name, commit, folder / "installed")


@contextmanager
def sources(root: Path, name: str, commit: str, folder: Path) -> Iterator[Path]:
    """Check out a revision, or copy the working tree; the folder is always removed at the end."""
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
        # Git was ended while it made the worktree. Its record of the worktree is locked, so remove that here.
        shutil.rmtree(folder, ignore_errors=True)
        common = root / git(root, "rev-parse", "--git-common-dir").strip()
        for kept in common.glob("worktrees/*/gitdir"):
            if kept.read_text("utf-8", "surrogateescape").strip() == str(folder / ".git"):
                shutil.rmtree(kept.parent, ignore_errors=True)


def _copy_tree(root: Path, folder: Path) -> None:
    """Copy all files that git does not ignore: the build must neither find old files nor leave new ones."""
    listing = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listing.split("\0")):
        source = root / name
        # The list contains deleted files, and folders of submodules.
        if source.is_symlink() or source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name, follow_symlinks=False)


def build_wheel(name: str, folder: Path, into: Path) -> Path:
    """Build the wheel of a checkout with the project's own settings, and return its path.

    ``build`` is installed because pkgaudit depends on it. Without isolation, no registry is used.

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
    """Return the import path of a process that audits with a revision.

    The revision comes first, then the folders with the dependencies of this process. The process has no
    ``site``, so it has no hooks of editable installs, which could find modules of another pkgaudit. The
    checkout itself is left out.
    """
    absolute = [os.path.abspath(each) for each in path if each]
    return [str(revision.folder), *(each for each in absolute if Path(each).resolve() != root.resolve())]
