"""The files to audit, from the arguments of the user."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from pkgaudit.finding import Failure
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import make_distribution

ATTESTATION = ".attestation"
"""The ending of attestations of any type."""

_SENT_ALONG = (".asc", ATTESTATION)
"""Endings of side files that uploaders know."""

SETTINGS = ("pyproject.toml", "setup.py", "setup.cfg")
"""Settings files in the folder of a project; a user who names one means the project."""

SIDE_FILES = (".asc", ".sig", ".sigstore", ".sigstore.json", ".attestation", ".provenance")
"""Endings of files that accompany a distribution: signatures and attestations.

An attestation may have any type (``.publish.attestation``, ``.slsa.attestation``): twine and uv recognize it
by its ending. https://docs.pypi.org/attestations/producing-attestations/
"""


@dataclass(frozen=True)
class Skipped:
    """A given file or folder, or a member, that is not audited or not checked by a rule, and the reason."""

    path: str
    reason: str


@dataclass
class Inputs:
    """The files to audit in the order of their paths, the project folders to build, and the skipped files.

    ``files`` maps the path of a file in reports to the path from which it is read. ``foreign`` are the
    skipped files that uploaders do not know, and folders, with a final slash; ``beside`` maps the paths of
    those that they send with a distribution, as ``files`` does. ``settings`` are sentences on settings files
    that were given. ``empty_ok`` allows an argument that leads to no distribution.
    """

    files: dict[str, str] = field(default_factory=dict)
    projects: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    empty_ok: bool = False
    _seen: set[str] = field(default_factory=set)

    @property
    def attestations(self) -> dict[str, str]:
        """The attestations that were given, as ``files``."""
        return {path: file for path, file in self.beside.items() if path.lower().endswith(ATTESTATION)}

    def add_file(self, path: str) -> None:
        """Add a file: a distribution, a file that accompanies one, or a file to skip."""
        place = os.path.abspath(path)
        if place in self._seen:
            return
        self._seen.add(place)
        lower = path.lower()
        if lower.endswith(SIDE_FILES):
            self.skipped.append(Skipped(path, "signature or attestation"))
            if lower.endswith(_SENT_ALONG):
                self.beside[path] = path
            else:
                self.foreign.append(path)
        elif make_distribution(path) is not None:
            self.files[path] = path
        else:
            reason = "not a distribution"
            if os.path.basename(path) in SETTINGS:
                folder = os.path.dirname(path) or os.curdir
                reason += f"; to build and audit its project, run 'pkgaudit {folder}'"
                self.settings.append(f"{path} is {reason}")
            self.skipped.append(Skipped(path, reason))
            self.foreign.append(path)

    def add_folder_beside(self, path: str) -> None:
        """Note a folder beside distributions, which uploaders do not search."""
        path = os.path.join(path, "")
        place = os.path.abspath(path)
        if place in self._seen or os.path.basename(place).startswith("."):  # `*` does not match hidden files
            return
        self._seen.add(place)
        self.skipped.append(Skipped(path, "folder beside distributions"))
        self.foreign.append(path)

    def add_hidden(self) -> None:
        """Note a .gitignore in the folder of distributions, which build programs write and no ``*`` matches.

        In the root of a project, it does not belong to the distributions.
        """
        for folder in sorted(set(map(os.path.dirname, self.files))):
            path = os.path.join(folder, ".gitignore")
            if os.path.isfile(path) and not any(map(os.path.isfile, self._settings_in(folder))):
                place = os.path.abspath(path)
                if place not in self._seen:
                    self._seen.add(place)
                    self.foreign.append(path)

    @staticmethod
    def _settings_in(folder: str) -> list[str]:
        return [os.path.join(folder, name) for name in SETTINGS]

    def add_project(self, folder: str) -> None:
        """Add a folder to build, once even if it is given several times or by several names."""
        place = os.path.realpath(folder)
        if place not in self._seen:
            self._seen.add(place)
            self.projects.append(folder)

    def add_empty(self, given: str, reason: str) -> None:
        """Note that an argument leads to no distribution."""
        if self.empty_ok:
            self.skipped.append(Skipped(given, reason))
        else:
            self.failures.append(Failure(reason, given))

    def add_built(self, project: str, file: str) -> None:
        """Add a built file; reports name it by the project, because its temporary folder is removed."""
        self.files[os.path.join(project, os.path.basename(file))] = file


def collect(paths: Iterable[str], *, empty_ok: bool = False) -> Inputs:
    """Resolve files, folders and globs (a shell may have left them unexpanded).

    A folder with a ``pyproject.toml`` or ``setup.py`` is a project to build; any other folder means the
    distributions directly in it. A folder that a glob matches beside distributions is skipped, because
    uploaders do not search it; this includes globs that the shell has expanded. An argument that leads to no
    distribution is a failure, unless ``empty_ok``.
    """
    inputs = Inputs()
    inputs.empty_ok = empty_ok
    paths = list(paths)
    beside = _matched_beside(paths)
    files: list[str] = []
    # The result must not depend on the order of the arguments.
    for given in sorted(set(paths)):
        if given in beside:
            inputs.add_folder_beside(given)
        elif os.path.isdir(given):
            files += _look_into(inputs, Path(given))
        elif os.path.lexists(given):
            files.append(given)
        elif glob.has_magic(given):
            found = sorted(glob.glob(given, recursive=True))
            if not found:
                inputs.add_empty(given, "no file matches")
            has_distribution = any(map(_is_distribution, found))
            for each in found:
                if not os.path.isdir(each):
                    files.append(each)
                elif has_distribution and "**" not in given:
                    inputs.add_folder_beside(each)
        else:
            inputs.add_empty(given, "there is no such file or folder")
    for each in sorted(files):
        inputs.add_file(each)
    inputs.add_hidden()
    return inputs


def _is_distribution(path: str) -> bool:
    return make_distribution(path) is not None and os.path.isfile(path)


def _matched_beside(paths: list[str]) -> set[str]:
    """Return the folders that a shell has matched by ``FOLDER/*`` beside distributions.

    They look like folders that the user named, so this requires that every entry of FOLDER was given.
    """
    siblings: dict[str, list[str]] = {}
    for path in paths:
        siblings.setdefault(os.path.dirname(path.rstrip("/\\")), []).append(path)
    found: set[str] = set()
    for parent, given in siblings.items():
        folders = {path for path in given if os.path.isdir(path)}
        if not folders or not any(map(_is_distribution, given)):
            continue
        # Shells sort by the rules of the language or by bytes. In another order, the user named the folders.
        if given not in (sorted(given), sorted(given, key=str.casefold)):
            continue
        with suppress(OSError):
            there = {name for name in os.listdir(parent or ".") if not name.startswith(".")}
            if there <= {os.path.basename(path.rstrip("/\\")) for path in given}:
                found |= folders
    return found


def _look_into(inputs: Inputs, folder: Path) -> list[str]:
    """Return the files in a folder, or add it as a project to build and return no files."""
    if (folder / "pyproject.toml").is_file() or (folder / "setup.py").is_file():
        inputs.add_project(str(folder))
        return []
    try:
        there = sorted(map(str, folder.iterdir()))
    except OSError as error:
        inputs.failures.append(Failure(f"cannot be read: {error.strerror or error}", str(folder)))
        return []
    found = [each for each in there if not os.path.isdir(each)]
    if any(map(make_distribution, found)):
        for each in there:
            if os.path.isdir(each):
                inputs.add_folder_beside(each)
    else:
        reason = "contains no distribution (.whl, .tar.gz), and no pyproject.toml or setup.py to build one"
        inputs.add_empty(str(folder), reason)
    return found


def size_of(file: str) -> int:
    """Return the size of a file in bytes, 0 if it cannot be read."""
    try:
        return os.stat(file).st_size
    except OSError:
        return 0
