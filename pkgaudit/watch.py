"""How an audit is asked for, and who is told how it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution


@dataclass(frozen=True)
class Request:
    """What is to be audited, and how the work is done.

    ``paths`` are distributions, folders of them, globs and project folders, which are built first, in an
    isolated environment if ``isolation``. With ``empty_ok`` a path may lead to nothing. ``jobs`` is the
    number of processes, None for one that fits the size of the files.
    """

    paths: Sequence[str]
    jobs: int | None = None
    isolation: bool = True
    empty_ok: bool = False


class Watch:
    """Is told how an audit goes on. This one does nothing."""

    def say(self, line: str) -> None:
        """Take a line on what is being done, as a step of a build."""

    def build_failed(self, project: str, said: Sequence[str], last: Sequence[str]) -> None:
        """Take all lines that a build said that failed, and the last ones, which say why."""

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        """Begin to audit files; the context gives the function to call with each that is done."""
        return nullcontext(lambda _: None)

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Take what was found in one distribution, or, with None, in several together."""
