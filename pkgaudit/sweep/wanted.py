"""The files that a sweep audits, before anything of them is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby

from pkgaudit.model.distribution import make_distribution, normalize


@lru_cache(1024)
def _canonical(version: str) -> str:
    """Return the normalized form of a version; files of a release share it."""
    from packaging.utils import canonicalize_version

    return canonicalize_version(version, strip_trailing_zero=False)


@dataclass(frozen=True)
class Wanted:
    """A file of a source.

    ``file`` is its name, ``location`` its path, or its address without user and password. ``sha256`` and
    ``size`` (in bytes) are those that the source states, empty and None if it states none. ``uploaded`` is
    the time of the upload in the form of ISO 8601, or empty. ``metadata`` is the address of the file with
    only the core metadata, or empty. ``stamp`` changes when a file on disk changes, so that it is hashed only
    once.
    """

    file: str
    location: str
    sha256: str = ""
    size: int | None = None
    uploaded: str = ""
    metadata: str = ""
    stamp: str = ""

    @cached_property
    def release(self) -> tuple[str, str]:
        """The normalized name of the project, and the version, as the filename states them."""
        distribution = make_distribution(self.file)
        if distribution is None:
            return "", ""
        # Not its name and version, which look for metadata that it does not have yet.
        project, version = distribution.filename_project
        return normalize(project), _canonical(version)

    @property
    def is_local(self) -> bool:
        """Whether it is a file on disk, not an address."""
        return "://" not in self.location


@dataclass(frozen=True)
class Task:
    """The files of one version of a project, which are audited together; the rules compare them.

    ``earlier`` are the files of the version before, if the rules compare with it.
    """

    project: str
    version: str
    files: tuple[Wanted, ...]
    earlier: tuple[Wanted, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all files whose size is known."""
        return sum(each.size or 0 for each in self.files)

    def alone(self) -> Iterator[Task]:
        """Yield a task for each file."""
        for each in self.files:
            yield replace(self, files=(each,))


def tasks_of(files: Iterable[Wanted], *, compares: bool = False) -> Iterator[list[Task]]:
    """Yield the tasks of each project; the files of a project follow each other.

    ``compares``: a task also has the files of the version before, if the source has them.
    """
    for project, group in groupby(files, lambda each: each.release[0]):
        versions: dict[str, tuple[Wanted, ...]] = {}
        for each in group:
            versions[each.release[1]] = *versions.get(each.release[1], ()), each
        before = _before(versions) if compares else {}
        yield [
            Task(project, version, found, versions.get(before.get(version, ""), ()))
            for version, found in versions.items()
        ]


def _before(versions: Iterable[str]) -> dict[str, str]:
    """Return the version before each version that is not the first one."""
    from packaging.version import InvalidVersion, Version

    from pkgaudit.inputs.against import predecessor_of

    valid = {}
    for each in versions:
        with suppress(InvalidVersion, ValueError):  # thousands of digits are a ValueError
            valid[Version(each)] = each
    found = {}
    for new, name in valid.items():
        earlier = predecessor_of(new, (each for each in valid if each < new))
        if earlier is not None:
            found[name] = valid[earlier]
    return found
