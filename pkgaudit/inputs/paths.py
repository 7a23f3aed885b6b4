"""From what the user typed to the files to audit."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pkgaudit.finding import Failure
from pkgaudit.model.distribution import make_distribution

_SENT_ALONG = (".asc", ".attestation")
"""Endings of those that uploaders know."""

SETTINGS = ("pyproject.toml", "setup.py", "setup.cfg")
"""Files that a project has in its folder; somebody who names one means the project."""

SIDE_FILES = (".asc", ".sig", ".sigstore", ".sigstore.json", ".publish.attestation", ".provenance")
"""Endings of files that stand beside a distribution and speak of it: signatures and attestations."""


@dataclass(frozen=True)
class Skipped:
    """A file that was given and is not audited, and why."""

    path: str
    reason: str


@dataclass
class Inputs:
    """The files to audit in the order of their paths, the project folders to build, and what is left aside.

    ``files`` maps the path under which reports speak of a file to the path it is read from; ``foreign``
    are those files left aside that uploaders do not know, ``settings`` sentences on files that belong to a
    project. ``empty_ok`` says that an argument may lead to
    none.
    """

    files: dict[str, str] = field(default_factory=dict)
    projects: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    empty_ok: bool = False
    _seen: set[str] = field(default_factory=set)

    def add_file(self, path: str) -> None:
        """Sort one file in: a distribution, something beside one, or neither."""
        place = os.path.abspath(path)
        if place in self._seen:
            return
        self._seen.add(place)
        lower = path.lower()
        if lower.endswith(SIDE_FILES):
            self.skipped.append(Skipped(path, "signature or attestation"))
            if not lower.endswith(_SENT_ALONG):
                self.foreign.append(path)
        elif make_distribution(path) is not None:
            self.files[path] = path
        else:
            reason = "not a distribution"
            if os.path.basename(path) in SETTINGS:
                folder = os.path.dirname(path) or os.curdir
                reason += f"; to build the project and audit that, run 'pkgaudit {folder}'"
                self.settings.append(f"{path} is {reason}")
            self.skipped.append(Skipped(path, reason))
            self.foreign.append(path)

    def add_project(self, folder: str) -> None:
        """Add a folder to build, once however often and under whatever names it is given."""
        place = os.path.realpath(folder)
        if place not in self._seen:
            self._seen.add(place)
            self.projects.append(folder)

    def add_empty(self, given: str, reason: str) -> None:
        """Note that an argument led to no file."""
        if self.empty_ok:
            self.skipped.append(Skipped(given, reason))
        else:
            self.failures.append(Failure(reason, given))

    def add_built(self, project: str, file: str) -> None:
        """Add what was built of a project; reports name it by the project, since its folder goes."""
        self.files[os.path.join(project, os.path.basename(file))] = file


def collect(paths: Iterable[str], *, empty_ok: bool = False) -> Inputs:
    """Resolve files, folders and globs (a shell may have left them unexpanded).

    A folder with a ``pyproject.toml`` or ``setup.py`` is a project to build; any other gives the
    distributions directly in it. Nothing found is a failure of that argument, unless ``empty_ok``.
    """
    inputs = Inputs()
    inputs.empty_ok = empty_ok
    files: list[str] = []
    # In whatever order they are given, the same is found and said.
    for given in sorted(set(paths)):
        if os.path.isdir(given):
            files += _look_into(inputs, Path(given))
        elif os.path.lexists(given):
            files.append(given)
        elif glob.has_magic(given):
            found = glob.glob(given, recursive=True)
            if not found:
                inputs.add_empty(given, "nothing matches")
            files += [each for each in found if not os.path.isdir(each)]
        else:
            inputs.add_empty(given, "there is no such file or folder")
    for each in sorted(files):
        inputs.add_file(each)
    return inputs


def _look_into(inputs: Inputs, folder: Path) -> list[str]:
    """Return the files in a folder, of a project none: that is to be built."""
    if (folder / "pyproject.toml").is_file() or (folder / "setup.py").is_file():
        inputs.add_project(str(folder))
        return []
    try:
        found = [str(each) for each in folder.iterdir() if not os.path.isdir(each)]
    except OSError as error:
        inputs.failures.append(Failure(f"cannot be read: {error.strerror or error}", str(folder)))
        return []
    if not any(make_distribution(each) for each in found):
        reason = "holds no distribution (.whl, .tar.gz), nor a pyproject.toml or setup.py to build one"
        inputs.add_empty(str(folder), reason)
    return found
