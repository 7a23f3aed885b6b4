"""The project's checkout under version control, for the rules that compare an sdist with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from pkgaudit.model.distribution import Checkout, Release, normalize

_ABOVE = 3
"""Number of folders above an sdist that are searched: an sdist is in ``dist/`` of its project, or near it."""

_LARGEST = 1 << 20
"""Largest size in bytes of a file that is searched for the project's name; real ones are far smaller."""

_MOST_PROJECTS = 200
"""The projects of a repository that are looked at; chosen, as for the sources of findings."""

_PATIENCE = 30.0
"""Seconds before a call of git is ended; chosen: enough for a large checkout on a slow disk."""

_PATIENCE_FOR_CONTENT = 60.0
"""Seconds before git is ended while it writes the contents of files; chosen: for 500 MB on a slow disk."""

_TABLES = (("project",), ("tool", "poetry"), ("tool", "flit", "metadata"))
"""The tables of pyproject.toml that may contain name and version: the standard one, and two older ones."""

_NAMES = ("name", "dist-name")

_OLDER = (
    ("setup.cfg", r"^{}[ \t]*[=:][ \t]*([\w.!+-]{{1,100}})[ \t]*$"),
    ("setup.py", r"\b{}[ \t]*=[ \t]*[\"']([\w.!+-]{{1,100}})[\"']"),
)
"""The older settings files, each with a pattern for the name or the version."""


def find_checkout(release: Release, projects: Iterable[str]) -> Checkout | None:
    """Return the checkout of a release's project, None without a checkout or without git.

    ``projects`` are the folders to search first: built projects and the working directory. The folders above
    each distribution follow. A folder belongs to the release if its settings have the same project name, and
    no other version.
    """
    versions = [*dict.fromkeys(each.version for each in release.distributions)]
    for folder in folders_of(release, projects):
        if is_version(folder, versions):
            tracked = tracked_files(folder)
            if tracked is not None:
                return Checkout(str(folder), tracked)
    return None


def folders_of(release: Release, projects: Iterable[str]) -> Iterator[Path]:
    """Yield the folders whose settings have the name of a release's project, in the order of `find_checkout`.

    Their version may be another one.
    """
    for folder in dict.fromkeys(_candidates(release, projects)):
        if project_name(folder) == release.project:
            yield folder


def find_project(release: Release, projects: Iterable[str]) -> Path | None:
    """Return the folder of a release's project in a checkout, whatever its version there; None if unknown.

    The folders to search are those of `find_checkout`, and projects in the repository of the working
    directory. A folder of ``projects`` whose settings compute the name belongs to the release too.
    """
    projects = [*projects]
    candidates = [*dict.fromkeys(_candidates(release, projects))]
    found = next((each for each in candidates if project_name(each) == release.project), None)
    given = candidates[: len(projects)]
    if found is None:
        below = (each / path for each in given for path in _settings_below(each))
        found = next((each for each in below if project_name(each) == release.project), None)
    if found is None:
        found = next((each for each in given if project_name(each) is None and _has_settings(each)), None)
    return found


def _settings_below(folder: Path) -> list[str]:
    """Return the folders with a pyproject.toml in the repository of a folder."""
    files = tracked_files(folder, submodules=False, named=("pyproject.toml",)) or ()
    return sorted(each.rpartition("/")[0] for each in files if "/" in each)[:_MOST_PROJECTS]


def _has_settings(folder: Path) -> bool:
    return any((folder / each).is_file() for each in ("pyproject.toml", *(file for file, _ in _OLDER)))


def _candidates(release: Release, projects: Iterable[str]) -> Iterator[Path]:
    for each in projects:
        yield Path(os.path.abspath(each))
    for each in dict.fromkeys(os.path.dirname(os.path.abspath(each.path)) for each in release.distributions):
        folder = Path(each)
        yield from [folder, *folder.parents][:_ABOVE]


def project_name(folder: Path) -> str | None:
    """Return the normalized project name in the settings of a folder, None if they have none."""
    name = _setting(folder, _NAMES)
    return None if name is None else normalize(name)


def is_version(folder: Path, versions: Iterable[str]) -> bool:
    """Return whether the settings in a folder may belong to one of these versions."""
    from packaging.version import Version

    text = _setting(folder, ("version",))
    try:
        return text is None or Version(text) in [Version(each) for each in versions]
    except ValueError:  # not a version, or a number with more digits than Python reads
        return True


def settings_file(folder: Path) -> str:
    """Return the name of the file in a folder that sets the project's name."""
    if _static_setting(_read(folder / "pyproject.toml"), _NAMES) is None:
        for file, pattern in _OLDER:
            if re.search(pattern.format(_NAMES[0]), _read(folder / file), re.MULTILINE):
                return file
    return "pyproject.toml"


def _setting(folder: Path, keys: tuple[str, ...]) -> str | None:
    """Return the value of one of these keys in the settings of a folder, in any of their files."""
    value = _static_setting(_read(folder / "pyproject.toml"), keys)
    for file, pattern in _OLDER:
        text = "" if value is not None else _read(folder / file)
        match = re.search(pattern.format(keys[0]), text, re.MULTILINE)
        value = match[1] if match else value
    return value


def _static_setting(text: str, keys: tuple[str, ...]) -> str | None:
    import tomli

    try:
        settings = tomli.loads(text)
    except (ValueError, RecursionError):
        return None
    for table in _TABLES:
        value: Any = settings
        for key in table:
            value = value.get(key) if isinstance(value, dict) else None
        for key in keys:
            if isinstance(value, dict) and isinstance(value.get(key), str):
                return str(value[key])
    return None


def _read(path: Path) -> str:
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text("utf-8-sig")
    return ""


def tracked_files(
    folder: Path, *, submodules: bool = True, named: Iterable[str] = ()
) -> frozenset[str] | None:
    """Return the tracked files of a folder that exist, None if git does not track the folder or git fails.

    The paths are relative to the folder and have forward slashes. With ``named``, return only the files with
    one of these names, in any folder.
    """
    listing = ["ls-files", "-z", "--cached"] + ["--recurse-submodules"] * submodules
    done = run_git(folder, *listing, "--", *(f":(glob)**/{each}" for each in named))
    if done is None:
        return None
    # git writes bytes on Unix, and UTF-8 on Windows, where fsdecode also reads UTF-8.
    paths = [os.fsdecode(each) for each in done.split(b"\0") if each]
    return frozenset(path for path in paths if os.path.lexists(folder / path)) or None


def prefix_of(folder: Path) -> str | None:
    """Return the path of a folder relative to the top of its repository, with a final slash unless empty.

    None means that git does not track the folder, or that git fails.
    """
    done = run_git(folder, "rev-parse", "--show-prefix")
    return None if done is None else os.fsdecode(done.removesuffix(b"\n"))


def ignored_files(folder: Path, paths: Iterable[str]) -> frozenset[str] | None:
    """Return which of these files in a folder git ignores, none that it tracks; None if git fails."""
    listing = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard")
    done = run_git(folder, *listing, "--", *(f":(literal){each}" for each in paths))
    return None if done is None else frozenset(os.fsdecode(each) for each in done.split(b"\0") if each)


def tags_of(folder: Path) -> list[str] | None:
    """Return the full names of the tags, None if git fails."""
    done = run_git(folder, "for-each-ref", "--format=%(refname)", "refs/tags/")
    return None if done is None else os.fsdecode(done).split("\n")[:-1]


def resolve(folder: Path, rev: str) -> str | None:
    """Return the hash of the commit of a revision, None if git does not find it."""
    # No name of a revision begins with a hyphen, but options do.
    if rev.startswith("-") or not rev.isprintable():
        return None
    done = run_git(folder, "rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
    name = b"" if done is None else done.strip()
    return name.decode() if re.fullmatch(rb"[0-9a-f]{40,64}", name) else None


def is_shallow(folder: Path) -> bool:
    """Return whether a checkout is a shallow clone, which lacks older commits and usually tags."""
    return run_git(folder, "rev-parse", "--is-shallow-repository") == b"true\n"


@contextmanager
def git_output(folder: Path, *arguments: str, given: bytes = b"") -> Iterator[BinaryIO]:
    """Provide the output of git in a folder as a stream, for outputs that may be large.

    ``given`` is the standard input. The output must be read to its end.

    Raises:
        OSError: git is not installed, fails, or takes too long.
    """
    call = _safe_call()
    if call is None:
        raise FileNotFoundError("git is not installed")
    command, environment = call
    with TemporaryFile() as source:  # a pipe could fill while nobody reads the output
        source.write(given)
        source.seek(0)
        with subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            timer = threading.Timer(_PATIENCE_FOR_CONTENT, process.kill)
            timer.start()
            try:
                assert process.stdout is not None
                yield cast(BinaryIO, process.stdout)
                if process.wait():
                    raise OSError("git has failed, or was ended because it took too long")
            finally:
                timer.cancel()
                process.kill()


def run_git(
    folder: Path, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
) -> bytes | None:
    """Return the output of git in a folder, None if git fails or is not installed.

    git runs no program that the repository names and sends nothing. ``env`` are further variables.
    """
    call = _safe_call()
    if call is None:
        return None
    command, environment = call
    environment |= env or {}
    try:
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            input=stdin or b"",
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else done.stdout


def _safe_call() -> tuple[list[str], dict[str, str]] | None:
    """Return the command and the environment with which git runs no other program, None without git."""
    git = shutil.which("git")
    if git is None or not os.path.isabs(git):  # Windows also searches the working directory
        return None
    # Do not run programs that the settings of the repository name.
    safe = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never"]
    # Variables that git exports to hooks may name another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # Do not fetch, prompt or write, and show the objects themselves, not those that replace them.
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    # Git before 2.45 does not know the first of these. It would fetch missing objects of a partial clone by a
    # program that the repository may name, so no protocol is allowed here.
    # Source: https://git-scm.com/docs/git#Documentation/git.txt-GITALLOWPROTOCOL
    environment["GIT_ALLOW_PROTOCOL"] = "no-protocol"
    return [git, *safe], environment
