"""The files of earlier releases with which new ones are compared, chosen by their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from pkgaudit.finding import Failure
from pkgaudit.inputs.paths import Skipped, collect
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import UnreadFile, make_distribution, normalize

if TYPE_CHECKING:
    from packaging.version import Version

    Versions = dict[str, dict[Version, list[str]]]
    """The paths of distributions by project and version."""

_REMEDY = "; --against needs distributions of an earlier release, or a folder with them"


@dataclass
class Predecessors:
    """The files of the chosen releases by project, and the reasons why a project or a path has none."""

    files: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def paths(self) -> dict[str, str]:
        """All chosen files, as `Inputs.files`."""
        return {path: path for paths in self.files.values() for path in paths}

    def add_missing(self, project: str) -> None:
        """Note that no earlier release of a project was given."""
        self.files.pop(project, None)
        reason = "no earlier release to compare it with was given"
        self.skipped.append(Skipped(project, reason))

    def add_other_kind(self, project: str) -> None:
        """Note that most of a project is not compared."""
        reason = "the earlier release has no file of the same kind (wheel or sdist), so most is not compared"
        self.skipped.append(Skipped(project, reason))


def find_predecessors(against: Iterable[str | os.PathLike[str]], new: Mapping[str, str]) -> Predecessors:
    """Choose the predecessor of each project among the files ``against`` and in the folders there.

    ``new`` are the audited files as in `Inputs.files`; a release is not its own predecessor. The
    predecessor is the highest version below the new one, of a final release the highest final one. Without
    any, it is an equal version, or the lowest of higher ones, which a rule reports. Other projects are
    ignored.
    """
    found = Predecessors()
    given = {os.path.realpath(path) for each in new.items() for path in each}
    earlier = [path for path in _files(against, found.failures) if os.path.realpath(path) not in given]
    old = _by_version(earlier)
    for project, versions in _by_version(new).items():
        chosen = predecessor_of(max(versions), old.get(project, {}))
        if chosen is not None:
            found.files[project] = old[project][chosen]
        elif not found.failures:
            found.add_missing(project)
    return found


def _files(against: Iterable[str | os.PathLike[str]], failures: list[Failure]) -> list[str]:
    files: dict[str, None] = {}
    for each in dict.fromkeys(os.fspath(path) for path in against):
        inputs = collect([each])
        files.update(dict.fromkeys(inputs.files))
        if inputs.projects:
            failures.append(Failure(f"is a project, not an earlier release{_REMEDY}", each))
        elif inputs.failures:
            reason = inputs.failures[0].message.partition(" (")[0]
            failures.append(Failure(f"{reason}{_REMEDY}", each))
        elif not inputs.files:
            failures.append(Failure(f"is not a distribution{_REMEDY}", each))
    return list(files)


def _by_version(paths: Iterable[str]) -> Versions:
    """Return the wheels and sdists by the project and the public version in their filenames."""
    from packaging.version import InvalidVersion, Version

    found: Versions = {}
    for path in paths:
        distribution = make_distribution(path)
        if distribution is None or isinstance(distribution, UnreadFile):
            continue
        name, text = distribution.filename_project
        try:
            # Builds with different local versions are variants of one version.
            version = Version(Version(text).public)
        except (InvalidVersion, ValueError):  # thousands of digits are a ValueError
            continue
        found.setdefault(normalize(name), {}).setdefault(version, []).append(path)
    return found


def predecessor_of(new: Version, old: Iterable[Version]) -> Version | None:
    """Return the version to compare a new one with, None without one."""
    versions = sorted(old)
    below = [each for each in versions if each < new]
    final = [each for each in below if not each.is_prerelease]
    if below:
        return (final if final and not new.is_prerelease else below)[-1]
    return versions[0] if versions else None
