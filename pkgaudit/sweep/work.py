"""One task on the machine that audits it: the files are fetched, audited in a child process, and judged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pkgaudit.child import CREW, ChildError, Crew
from pkgaudit.config.config import Config
from pkgaudit.report.escape import whole
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.auditing import Auditor, Order
from pkgaudit.sweep.fetch import contents
from pkgaudit.sweep.row import ERROR, Row, unaudited
from pkgaudit.sweep.wanted import Task, Wanted

_TOGETHER = 1_000
"""The most files that are audited together. Chosen: the largest releases on PyPI have some hundred."""


@dataclass(frozen=True)
class Settings:
    """Everything that a worker needs to know besides the task.

    ``sweep`` identifies the run, whose children end with it. ``limit`` is the most seconds for a file,
    ``memory`` the most bytes that a process may allocate, None for no limit.
    """

    config: Config
    rules: str
    access: Access
    limit: float = 600.0
    memory: int | None = None
    sweep: str = ""


class TroubleError(Exception):
    """A task should be tried elsewhere. The message is the reason."""


def work(task: Task, settings: Settings, *, isolates: bool = False, crew: Crew = CREW) -> list[Row]:
    """Return the rows of the files of a task.

    ``isolates``: if the audit does not end well, the file at fault has no verdict, and the others are audited
    without it.

    Raises:
        TroubleError: the audit did not end well, and may elsewhere.
    """
    rows: list[Row] = []
    for several in _by_name(task.files):
        known = {(each.file, each.sha256): each for each in rows if each.verdict != ERROR}
        files = []
        for each in several:
            same = known.get((each.file, _digest(each))) if known else None
            if same is None:
                files.append(each)
            else:
                rows.append(replace(same, location=whole(each.location), uploaded=each.uploaded))
        left = iter(files)
        while some := list(islice(left, _TOGETHER)):
            rows += _Part(task, settings, crew).rows(some, isolates)
    return rows


class _Part:
    """Some files of a task, which are audited together."""

    def __init__(self, task: Task, settings: Settings, crew: Crew) -> None:
        self._task = task
        self._settings = settings
        self._crew = crew

    def rows(self, files: Sequence[Wanted], isolates: bool) -> list[Row]:
        settings = self._settings
        with self._contents(files) as (paths, reasons), self._earlier() as earlier:
            found = [self._unaudited(each, reasons[each.file]) for each in files if each.file in reasons]
            there = tuple(each for each in files if each.file in paths)
            given = {each.file: paths[each.file] for each in there}
            order = Order(given, there, settings.rules, earlier)
            if there:
                found += self._isolated(order) if isolates else self._tried(order)
        return found

    def _tried(self, order: Order) -> list[Row]:
        try:
            return self._audit(order)
        except ChildError as error:
            raise TroubleError(str(error)) from None

    def _isolated(self, order: Order) -> list[Row]:
        """Return the rows of an order; each file that cannot be audited is left out of the next attempt."""
        found: list[Row] = []
        while order.wanted:
            try:
                return found + self._audit(order)
            except ChildError as error:
                if len(order.wanted) > 1 and error.steps >= len(order.wanted):
                    # All files were audited; the comparison of them with each other or earlier ones failed.
                    alone = [replace(_of(order, [each]), earlier="") for each in order.wanted]
                    return found + [row for each in alone for row in self._isolated(each)]
                at_fault = min(error.steps, len(order.wanted) - 1)
                found.append(self._unaudited(order.wanted[at_fault], str(error)))
                order = _of(order, [*order.wanted[:at_fault], *order.wanted[at_fault + 1 :]])
        return found

    def _audit(self, order: Order) -> list[Row]:
        settings = self._settings
        child = self._crew.child(settings.sweep, Auditor, (settings.config,), settings.memory)
        return [Row.parse(each) for each in json.loads(child.do(order, settings.limit))]

    def _unaudited(self, wanted: Wanted, reason: str) -> Row:
        return unaudited(wanted, reason, self._settings.rules)

    def _contents(
        self, files: Sequence[Wanted]
    ) -> AbstractContextManager[tuple[dict[str, str], dict[str, str]]]:
        return contents(files, self._settings.access, lambda: self._crew.has_ended(self._settings.sweep))

    @contextmanager
    def _earlier(self) -> Iterator[str]:
        """Provide a folder with the files of the release before, an empty text if there are none."""
        if not self._task.earlier:
            yield ""
            return
        with (
            self._contents(self._task.earlier) as (paths, _),
            TemporaryDirectory(prefix="pkgaudit-") as folder,
        ):
            for name, path in paths.items():
                _place(path, Path(folder, name))
            yield folder if paths else ""


def _of(order: Order, wanted: Sequence[Wanted]) -> Order:
    return replace(order, files={each.file: order.files[each.file] for each in wanted}, wanted=tuple(wanted))


def _by_name(files: Iterable[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    """Yield the files, those with a name that another one has after the others."""
    left = list(files)
    while left:
        some: Mapping[str, Wanted] = {each.file: each for each in reversed(left)}
        yield tuple(some.values())
        left = [each for each in left if some[each.file] is not each]


def _digest(wanted: Wanted) -> str:
    """Return the sha256 of a file, empty if it is unknown before the file is fetched."""
    if wanted.sha256 or not wanted.is_local:
        return wanted.sha256
    digest = hashlib.sha256()
    try:
        with open(wanted.location, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:  # its row gives the reason
        return ""
    return digest.hexdigest()


def _place(path: str, place: Path) -> None:
    """Show a file under its own name, without a copy if the system allows that."""
    try:
        place.symlink_to(os.path.abspath(path))
    except OSError:  # Windows without the right to make links
        shutil.copyfile(path, place)
