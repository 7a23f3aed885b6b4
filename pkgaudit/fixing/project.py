"""A project on the disk: its settings, and clean copies of it in which builds run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pkgaudit.edits.errors import FixError
from pkgaudit.inputs.checkout import run_git
from pkgaudit.whole import WholeFile

_CACHES = (
    "__pycache__",
    ".eggs",
    ".hypothesis",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
)
"""Folders that tools write and never need; ``*.egg-info`` and virtual environments are left out too."""

_WHO = ("-c", "user.name=pkgaudit", "-c", "user.email=pkgaudit@localhost", "-c", "commit.gpgsign=false")
"""The author of commits in copies, because git needs one, and no signatures."""


class Project:
    """The folder of a project, and the repository around it if git knows one.

    ``top`` is the top of the repository, None without git. ``prefix`` is the path of the folder from there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        found = run_git(self.folder, "rev-parse", "--show-toplevel")
        self.top = None if found is None else Path(os.path.realpath(os.fsdecode(found.removesuffix(b"\n"))))
        self.prefix = "." if self.top is None else os.path.relpath(self.folder, self.top)
        if self.top is not None and self.prefix != "." and not self._is_known():
            self.top, self.prefix = None, "."  # such as a project that the repository around it ignores

    def _is_known(self) -> bool:
        ignored = run_git(self.folder, "check-ignore", "-q", ".")
        return ignored is None

    def path_of(self, file: str) -> Path:
        """Return the real path of a settings file, which may be a link.

        Raises:
            FixError: it is outside of the project, or not a regular file.
        """
        path = Path(os.path.realpath(self.folder / file))
        if not path.is_relative_to(self.folder):
            raise FixError(f"{file} is a link to a file outside of the project, {path}")
        if path.exists() and not path.is_file():
            raise FixError(f"{file} is not a regular file")
        return path

    def read(self, file: str) -> str | None:
        """Return the text of a settings file, None if it does not exist.

        Raises:
            FixError: it cannot be read.
        """
        path = self.path_of(file)
        try:
            return path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FixError(f"{file} cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise FixError(f"{file} is not UTF-8") from None

    def stale(self, packed: Collection[str]) -> dict[str, list[str]]:
        """Return the files that only an old SOURCES.txt of setuptools names, by the path of that file.

        ``packed`` are the files in the sdist of a clean copy, where no SOURCES.txt of an earlier build is.
        """
        found = {}
        for path in sorted((*self.folder.glob("*.egg-info"), *self.folder.glob("src/*.egg-info"))):
            try:
                lines = (path / "SOURCES.txt").read_text("utf-8").splitlines()
            except (OSError, ValueError):
                continue  # there is none, or it cannot be read, which setuptools then cannot either
            own = path.relative_to(self.folder).as_posix()
            names = [
                each
                for each in lines
                if each not in packed and not each.startswith(f"{own}/") and (self.folder / each).is_file()
            ]
            if names:
                found[f"{own}/SOURCES.txt"] = names
        return found

    def uncommitted(self, files: Iterable[str]) -> dict[str, str]:
        """Return the files with changes that git does not have, each with a word on its state."""
        found: dict[str, str] = {}
        if self.top is None:
            return found
        without_filters = list(_without_filters(self.folder))
        for file in files:
            for path in {self.folder / file, self.path_of(file)}:
                name = os.path.relpath(path, self.folder)
                status = run_git(
                    self.folder,
                    *without_filters,
                    "status",
                    "--porcelain",
                    "-z",
                    "--ignored",
                    "--untracked-files=all",
                    "--",
                    name,
                )
                if status is None:
                    raise FixError(f"git cannot say whether {file} has uncommitted changes")
                if status:
                    states = {b"??": "is untracked", b"!!": "is ignored by git"}
                    found[file] = states.get(status[:2], "has uncommitted changes")
        return found

    def write(self, before: Mapping[str, str | None], after: Mapping[str, str]) -> None:
        """Write all files, or none: each is written beside its place first, and all are then renamed.

        Raises:
            FixError: a file has another text than ``before`` by now, or cannot be written.
        """
        made: list[tuple[Path, WholeFile]] = []
        kept: list[Path] = []
        old: dict[Path, bytes | None] = {}
        try:
            for file, text in after.items():
                path = self.path_of(file)
                if self.read(file) != before[file]:
                    raise FixError(f"{file} has changed meanwhile")
                if path.exists() and not os.access(path, os.W_OK):
                    raise FixError(f"{file} cannot be written: it is read-only")
                old[path] = path.read_bytes() if path.exists() else None
                made.append((path, WholeFile(path)))
                made[-1][1].stream.write(text)
                made[-1][1].stream.flush()
            for path, each in made:
                kept.append(path)
                each.keep()
        except BaseException as error:  # also on Ctrl-C: the files that were renamed get their old text back
            for path in kept:
                _restore(path, old[path])
            if isinstance(error, OSError):
                raise FixError(f"{error.filename}: cannot be written: {error.strerror or error}") from None
            raise
        finally:
            for _, each in made:
                each.discard()

    def copy(self, into: Path) -> Copy:
        """Copy the project: with git all files that it tracks or does not ignore, else all but caches.

        Backends that ask git for the version or for the files get a repository with the same history.

        Raises:
            FixError: a file cannot be copied.
        """
        top = self.folder if self.top is None else self.top
        into.mkdir(parents=True, exist_ok=True)
        for path in self._files() if self.top is not None else _files_without_git(top):
            try:
                _copy(top, path, into)
            except FileNotFoundError:
                continue  # it is gone since the folder was listed
            except (OSError, shutil.Error) as error:
                raise FixError(
                    f"{path}: cannot be copied: {getattr(error, 'strerror', None) or error}"
                ) from None
        has_git = self.top is not None and _copy_history(self.top, into)
        if self.top is not None and not has_git:
            shutil.rmtree(into / ".git", ignore_errors=True)
        return Copy(into / self.prefix, self, has_git)

    def _files(self) -> Iterator[str]:
        assert self.top is not None
        for options in (["--cached", "--recurse-submodules"], ["--others", "--exclude-standard"]):
            listed = run_git(self.top, "ls-files", "-z", *options)
            if listed is None:
                raise FixError(f"git cannot list the files of {self.top}")
            yield from dict.fromkeys(os.fsdecode(each) for each in listed.split(b"\0") if each)


def _without_filters(folder: Path) -> Iterator[str]:
    """Yield options with which git runs none of the programs that its settings name as filters of files.

    A file for which git needs such a filter may count as changed.
    """
    named = run_git(folder, "config", "-z", "--name-only", "--get-regexp", r"^filter\.") or b""
    drivers = {each.rpartition(b".")[0] for each in named.split(b"\0") if each}
    for driver in sorted(map(os.fsdecode, drivers)):
        for setting in ("clean=", "process=", "required=false"):
            yield from ("-c", f"{driver}.{setting}")


class Copy:
    """A clean copy of a project, in ``folder``."""

    def __init__(self, folder: Path, project: Project, has_git: bool) -> None:
        self.folder = folder
        self._project = project
        self._has_git = has_git

    def write(self, texts: Mapping[str, str]) -> None:
        """Write settings files, and commit them with the tags of the last commit, which give the version."""
        names = []
        for file, text in texts.items():
            name = self._project.path_of(file).relative_to(self._project.folder)
            (self.folder / name).write_bytes(text.encode("utf-8"))
            names.append(str(name))
        if self._has_git:
            _commit(self.folder, names)


def _restore(path: Path, data: bytes | None) -> None:
    with suppress(OSError):  # nothing more can be done, and the reason of the failure is reported
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(data)


def _files_without_git(top: Path) -> Iterator[str]:
    for folder, names, files in os.walk(top):
        here = os.path.relpath(folder, top)
        links = [each for each in names if os.path.islink(os.path.join(folder, each))]
        names[:] = [
            each
            for each in names
            if each not in (*_CACHES, *links)
            and not each.endswith(".egg-info")
            and not os.path.exists(os.path.join(folder, each, "pyvenv.cfg"))
        ]
        yield from (os.path.normpath(os.path.join(here, each)) for each in (*files, *links))


def _copy(top: Path, path: str, into: Path) -> None:
    """Copy a file; a link within the tree leads to the copy of its target."""
    source, target = top / path, into / path
    if not source.is_symlink() and source.exists() and not source.is_file():
        return  # such as a repository in the folder, which git lists as a folder, or a socket
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        link = os.readlink(source)
        real = Path(os.path.realpath(source))
        if os.path.isabs(link) and real.is_relative_to(top):
            link = os.path.relpath(into / real.relative_to(top), target.parent)
        os.symlink(link, target)
    else:
        shutil.copy2(source, target)


def _copy_history(source: Path, top: Path) -> bool:
    """Make a repository with the objects, tags and index of another one; return whether that was possible."""

    def ask(*arguments: str) -> str | None:
        said = run_git(source, *arguments)
        return None if said is None else os.fsdecode(said.removesuffix(b"\n"))

    def place(name: str) -> Path:
        return source / (ask("rev-parse", "--git-path", name) or name)

    form = ask("rev-parse", "--show-object-format") or "sha1"
    refs = run_git(source, "for-each-ref", "--format=create %(refname) %(objectname)")
    made = run_git(top, "init", "-q", "--template=", f"--object-format={form}")
    if made is None or refs is None:
        return False
    git = top / ".git"
    try:
        (git / "objects/info").mkdir(parents=True, exist_ok=True)
        (git / "objects/info/alternates").write_bytes(os.fsencode(os.path.realpath(place("objects"))) + b"\n")
        for name in ("shallow", "index"):
            if place(name).exists():
                shutil.copyfile(place(name), git / name)
    except OSError:
        return False
    branch, head = ask("symbolic-ref", "-q", "HEAD"), ask("rev-parse", "-q", "--verify", "HEAD")
    if run_git(top, "update-ref", "--stdin", stdin=refs) is None:
        return False
    if branch is not None:
        done = run_git(top, "symbolic-ref", "HEAD", branch)
    else:
        done = run_git(top, "update-ref", "--no-deref", "HEAD", head or "")
    # Backends compare the files with the index by their times, which a copy does not keep.
    run_git(top, "update-index", "-q", "--refresh")
    return done is not None


def _commit(folder: Path, names: list[str]) -> None:
    """Commit files of a copy; if git fails, the build shows whether the backend needs the commit."""
    head = run_git(folder, "rev-parse", "-q", "--verify", "HEAD")
    tags = run_git(folder, "tag", "--points-at", "HEAD") if head else None
    date = run_git(folder, "log", "-1", "--format=%cI") if head else None
    run_git(folder, "add", "-f", "--", *names)
    tree = run_git(folder, "write-tree")
    if tree is None:
        return
    when = date.decode().strip() if date else "2020-02-02T00:00:00Z"
    made = run_git(
        folder,
        *_WHO,
        "commit-tree",
        tree.decode().strip(),
        *(["-p", head.decode().strip()] if head else []),
        "-m",
        "Edit the settings",
        env={"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
    )
    if made is None:
        return
    new = made.decode().strip()
    run_git(folder, "update-ref", "HEAD", new)
    for tag in (tags or b"").split():
        run_git(folder, "update-ref", f"refs/tags/{os.fsdecode(tag)}", new)
