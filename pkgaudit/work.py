"""The work of one process: auditing files, or judging parts of their members."""

from __future__ import annotations

import logging
import pickle
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.archive.walk import Part
from pkgaudit.config.config import Config
from pkgaudit.engine import audit_distribution, judge_part
from pkgaudit.formatting import inert, printable
from pkgaudit.judged import Audit
from pkgaudit.known import Known
from pkgaudit.plan import Mode, Plan
from pkgaudit.rule import load_registry
from pkgaudit.times import READING, clock

if TYPE_CHECKING:
    from pkgaudit.cache.cache import Cache, Place

logger = logging.getLogger(__name__)

WORTH_PARTS = 1 << 20
"""The packed size, in bytes, from which it may save time to share out the members of one wheel."""


class Task(NamedTuple):
    """What a worker does next: judge a part of the members of a file, or audit it.

    ``known`` has results of other processes on members of the file, pickled.
    """

    path: str
    file: str
    part: Part | None = None
    known: tuple[bytes, ...] = ()


def plan_of(config: Config, mode: Mode) -> Plan:
    """Return the plan of another process, which loads the rules itself: plug-ins may not be picklable."""
    plan = Plan.make(load_registry(), config, mode=mode)
    return plan.for_old() if mode.are_old else plan


class Work:
    """The work of one process."""

    def __init__(self, plan: Plan, config: Config, cache: Place | None = None) -> None:
        self.plan = plan
        self.config = config
        self.cache = None if cache is None else _open(cache, plan, config)
        self.known = Known(cache=self.cache)

    def audit(self, task: Task) -> Audit:
        """Audit a file."""
        if self.cache is None:
            return self._audit(task)
        started = clock()
        key = self.cache.key_of(task.path, task.file)
        audit = self.cache.audit_of(task.path, key)
        if audit is None:
            audit = self._audit(task)
            self.cache.put_audit(audit, key)
        elif self.plan.mode.is_timed:
            audit.seconds = {READING: clock() - started}
        self.cache.flush()
        return audit

    def _audit(self, task: Task) -> Audit:
        self.known.begin(task.path)
        for each in task.known:
            self.known.update(pickle.loads(each))  # from another process of this audit
        audit = audit_distribution(task.path, self.plan, self.config, task.file, self.known)
        audit.forget(self.plan)
        return audit

    def judge(self, task: Task, part: Part) -> bytes:
        """Judge a part of the members of a file, and return the results, pickled."""
        known = Known(cache=self.cache)
        if self.cache is None or not self.cache.has_audit(task.path, task.file):
            judge_part(task.path, self.plan, self.config, task.file, part, known)
        if self.cache is not None:
            self.cache.flush()
        return pickle.dumps(known.results())

    def close(self) -> None:
        """Close the cache."""
        if self.cache is not None:
            self.cache.close()


def _open(place: Place, plan: Plan, config: Config) -> Cache | None:
    """Open the cache; None if that fails, which the main process has said."""
    from pkgaudit.cache.cache import Cache
    from pkgaudit.cache.store import CacheError

    try:
        return Cache(place, plan, config.today)
    except CacheError as error:
        logger.debug("%s", error)
        return None


class _Harmless(logging.Formatter):
    """Formats a record as one line without control characters or CI commands from archives or paths."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return inert(printable(super().format(record)))


def log_to_standard_error() -> None:
    """Make the modules of pkgaudit log to standard error, unless they do already, as in a forked process."""
    top = logging.getLogger("pkgaudit")
    top.setLevel(logging.DEBUG)
    if not top.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(_Harmless("%(name)s: %(message)s"))
        top.addHandler(handler)
