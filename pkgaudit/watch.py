"""The request for an audit, and the interface that follows its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution


@dataclass(frozen=True)
class Request:
    """The inputs of an audit and the way it runs.

    ``paths`` are distributions, folders of distributions, globs, and project folders, which are built first,
    with ``isolation`` in an isolated environment. With ``empty_ok`` a path may lead to no distribution.
    ``jobs`` is the number of processes, None for one that fits the size of the files.
    """

    paths: Sequence[str]
    jobs: int | None = None
    isolation: bool = True
    empty_ok: bool = False


class Watch:
    """Receives the progress of an audit. The methods of this class do nothing."""

    def say(self, line: str) -> None:
        """Receive a line about the current step, such as one of a build."""

    def build_failed(self, project: str, said: Sequence[str], last: Sequence[str]) -> None:
        """Receive all output lines of a failed build, and the last ones, which explain the failure."""

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        """Begin to audit files; the context yields the function to call with each finished path."""
        return nullcontext(lambda _: None)

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Receive the findings in one distribution or, with None, in several together."""
