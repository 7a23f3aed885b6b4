"""Waits for new files of a source, and audits them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NoReturn

from pkgaudit.finding import Severity
from pkgaudit.sweep.row import ERROR, Row
from pkgaudit.sweep.run import Sweep
from pkgaudit.sweep.sources import Source
from pkgaudit.sweep.store import Store

_ATTEMPTS = 5
"""How often the files of a project without a verdict are tried again. Chosen: a new file may be on its page
before all servers of an index have it."""

_MOST = 100_000
"""The most projects of which failures are counted."""

_FILE = ("file", "project", "version", "sha256", "location", "uploaded", "audited")
"""The fields of a row that each line has."""

Line = dict[str, Any]


class Watching:
    """Audits the files of a source again and again, as far as they have changed."""

    def __init__(
        self,
        store: Store,
        source: Source,
        begin: Callable[[], None],
        level: Severity,
        tell: Callable[[Line], None],
    ) -> None:
        """``begin`` begins a run of the store; ``tell`` gets a line for each new finding of this level."""
        self._store = store
        self._source = source
        self._begin = begin
        self._level = level
        self._tell = tell
        self._failed: Counter[str] = Counter()

    def round(self, sweep: Sweep, *, is_first: bool) -> bool:
        """Audit the files that have changed, and return whether there are any."""
        files = self._source.files()
        first = next(files, None)
        if first is None and not is_first:
            return False
        self._begin()
        sweep.run(chain([] if first is None else [first], files))
        self._store.end(is_first and not self._source.notes.count)
        return True

    def forever(self, sweep: Sweep, every: float, after: Callable[[bool], object]) -> NoReturn:
        """Audit until a signal ends it: a round every so many seconds, after which ``after`` is called.

        A pause is at least as long as the round before, so a slow index is read half of the time.
        """
        is_first = True
        while True:
            began = time.monotonic()
            after(self.round(sweep, is_first=is_first))
            is_first = False
            took = time.monotonic() - began
            time.sleep(max(every - took, took, self._source.pause))

    def hear(self, rows: list[Row]) -> None:
        """Tell the new findings of stored rows, and have files without a verdict tried again."""
        for line in lines_of(rows, self._store, self._level):
            self._tell(line)
        failed = {each.project for each in rows if each.verdict == ERROR}
        for project in failed:
            if self._failed[project] < _ATTEMPTS and len(self._failed) < _MOST:
                self._failed[project] += 1
                self._source.again(project)
        for project in {each.project for each in rows} - failed:
            self._failed.pop(project, None)


def lines_of(rows: Iterable[Row], store: Store, level: Severity) -> Iterable[Line]:
    """Yield a line for each new finding with at least this severity, and for each failure of an audit.

    The files of a release are audited together, so there are rows in which nothing is new.
    """
    for row in rows:
        gained = store.news_of(row.file)
        values = row.in_json()
        about = {key: values[key] for key in _FILE}
        for finding in row.findings:
            if finding["code"] in gained and Severity.parse(finding["severity"]) >= level:
                yield about | finding
        if ERROR in gained:
            for failure in row.failures:
                yield about | {"failure": failure}
