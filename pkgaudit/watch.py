"""The request for an audit, and the observer of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution


@dataclass(frozen=True)
class Request:
    """The inputs of an audit, and how to process them.

    ``paths`` are distributions, folders with distributions, globs and project folders, which are built first,
    in an isolated environment if ``isolation``. With ``empty_ok``, a path may match nothing. ``jobs`` is the
    number of processes; None chooses it by the size of the files. ``manifests`` are release manifests to
    compare the files with. ``wants_blake2b``: a report needs the BLAKE2b digests of the files.
    ``wants_capabilities``: the reports show the capabilities of the distributions. ``git`` is the revision of
    the project to compare with, or ``auto`` for the tag of the version. ``cluster`` is the address of a
    cluster whose workers audit the files, None for this machine.
    """

    paths: Sequence[str]
    jobs: int | None = None
    isolation: bool = True
    empty_ok: bool = False
    manifests: Sequence[str] = ()
    wants_blake2b: bool = False
    wants_capabilities: bool = False
    git: str | None = None
    cluster: str | None = None


class Watch:
    """Observes the progress of an audit. This base class does nothing."""

    wants_times = False
    """Whether `spent` is called."""

    def spent(self, rows: Sequence[tuple[str, float]]) -> None:
        """Receive the CPU time of the audit in seconds, by what it was needed for."""

    def say(self, line: str) -> None:
        """Receive a line about the current step, such as a step of a build."""

    def build_failed(self, project: str, said: Sequence[str], last: Sequence[str]) -> None:
        """Receive all lines of the output of a failed build, and the last ones, which give the reason."""

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        """Begin to audit files; the context provides a function to call with each finished file."""
        return nullcontext(lambda _: None)

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Receive the findings in one distribution or, with None, in several together."""
