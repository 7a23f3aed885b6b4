"""Audits on the workers of a cluster; the findings are those of an audit on this machine."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pkgaudit.child import CREW, ChildError, Step
from pkgaudit.cluster import Cluster, Future, Outcome, outcome_of, rules_here, this_worker
from pkgaudit.config.config import Config
from pkgaudit.finding import Failure
from pkgaudit.inputs.paths import size_of
from pkgaudit.judged import Audit
from pkgaudit.plan import Mode
from pkgaudit.work import Task, Work, plan_of

_MOST = 300
"""The most files that the cluster has at a time."""

_LONGEST = 6 * 3600.0
"""The most seconds of the audit of a file: far more than the largest one needs; a worker must not hang."""

_ATTEMPTS = 2
"""How often a file is audited whose audit does not end."""

_LOST = 6
"""How often a file is audited if no worker is to blame, such as after a restart of the scheduler."""


class Remote:
    """The audits of some files by a cluster; see `Audits`.

    The workers read the files under the same paths.
    """

    def __init__(self, where: str, files: Mapping[str, str], mode: Mode, config: Config) -> None:
        """Connect to the cluster.

        Raises:
            ClusterError: it cannot be used.
        """
        self._cluster = Cluster(where, config, rules_here(config))
        self._mode = mode
        self._config = config
        self._files = files
        self._left = iter(files)
        self._futures: dict[str, Future] = {}
        self._attempts: dict[str, int] = {}

    def __iter__(self) -> Iterator[Audit]:
        return self

    def __next__(self) -> Audit:
        while len(self._futures) < _MOST and (path := next(self._left, None)) is not None:
            self._submit(path)
        path = next(iter(self._futures), None)
        if path is None:
            raise StopIteration
        while True:
            self._cluster.wait(self._futures[path])
            found = outcome_of(self._futures[path])
            if found.value is not None:
                del self._futures[path]
                audit: Audit = pickle.loads(found.value)  # from another process of this audit
                return audit
            if self._attempts[path] >= (_LOST if found.is_lost else _ATTEMPTS):
                del self._futures[path]
                return Audit(path, failures=[Failure(f"could not be audited: {found.reason}", path)])
            self._submit(path, found.worker)

    def _submit(self, path: str, avoid: str = "") -> None:
        file = self._files[path]
        # The absolute path of a given file must not look like that of a file that was built for the audit.
        mode = self._mode._replace(are_copies=not self._mode.was_built(path, file))
        task = Task(path, os.path.abspath(file))
        self._attempts[path] = self._attempts.get(path, 0) + 1
        self._futures[path] = self._cluster.submit(
            audit_there,
            task,
            self._config,
            mode,
            self._cluster.run,
            priority=-size_of(file) / (1 << 20),
            avoid=avoid,
        )

    def close(self) -> None:
        """End the audits that have not ended, and the connection."""
        self._cluster.close([*self._futures.values()])


def audit_there(task: Task, config: Config, mode: Mode, run: str) -> Outcome:
    """Return the audit of a file, pickled, or the reason for a failure, on a worker of Dask."""
    try:
        child = CREW.child(run, make_auditor, (config, mode))
        return Outcome(child.do(task, _LONGEST), worker=this_worker())
    except ChildError as error:
        return Outcome(None, str(error), this_worker())


def make_auditor(config: Config, mode: Mode) -> Callable[[Task, Step], bytes]:
    """Return the function that audits files in a child process."""
    return partial(_audit, Work(plan_of(config, mode), config))


def _audit(work: Work, task: Task, _: Step) -> bytes:
    audit: Any = work.audit(task)
    return pickle.dumps(audit)
