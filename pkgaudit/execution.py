"""Runs audits in this process, or in the worker processes of `pkgaudit.workers`."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from pkgaudit.config.config import Config
from pkgaudit.formatting import counted
from pkgaudit.inputs.paths import size_of
from pkgaudit.judged import Audit
from pkgaudit.known import project_of
from pkgaudit.plan import Plan
from pkgaudit.work import WORTH_PARTS, Task, Work

if TYPE_CHECKING:
    from pkgaudit.cache.cache import Place

logger = logging.getLogger(__name__)

WORTH_PROCESSES = 8 << 20
"""The packed size, in bytes, from which worker processes save more time than they cost."""


class Audits(Protocol):
    """An iterator over the audits of some files, in order, each as soon as it is done.

    If it is closed early, such as by a signal, it ends its worker processes at once.
    """

    def __iter__(self) -> Iterator[Audit]: ...
    def __next__(self) -> Audit: ...
    def close(self) -> None: ...


def choose_jobs(files: Collection[str], jobs: int | None) -> int:
    """Return the number of processes: ``jobs`` if given, else a number that fits the amount of work."""
    sizes = {file: size_of(file) for file in files}
    if jobs is None:
        jobs = (os.cpu_count() or 1) if sum(sizes.values()) >= WORTH_PROCESSES else 1
    if not any(size >= WORTH_PARTS for size in sizes.values()):
        # One process audits the small files of a project.
        jobs = min(jobs, len(set(map(project_of, files))))
    if jobs > 1:
        import multiprocessing  # an audit in this process does without it

        if multiprocessing.current_process().daemon:  # daemons may not start processes
            return 1
    return max(1, jobs)


def audit_all(
    files: Mapping[str, str],
    plan: Plan,
    config: Config,
    jobs: int | None = None,
    cache: Place | None = None,
    cluster: str | None = None,
) -> Audits:
    """Audit files and return an iterator over the audits, in the order of the files; close it when done.

    ``files`` maps the name of each file in reports to the path of its content. ``cache`` is the folder of the
    cache, if there is one. Worker processes have started when this function returns; without workers, the
    iterator audits each file in turn. If no worker can be started, all files are audited in this process.
    ``cluster`` is the address of a cluster, whose workers audit all files without a cache.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    if cluster is not None:
        from pkgaudit.remote import Remote

        return Remote(cluster, files, plan.mode, config)
    jobs = choose_jobs(files.values(), jobs)
    logger.debug("%s in %s", counted(len(files), "file"), counted(jobs, "process", "processes"))
    if jobs > 1:
        from pkgaudit.workers import Crew, start

        workers = start(config, jobs, cache, plan.mode)
        if workers:
            return Crew(files, workers)
    return _each(files, Work(plan, config, cache))


def _each(files: Mapping[str, str], work: Work) -> Generator[Audit, None, None]:
    try:
        for path, file in files.items():
            yield work.audit(Task(path, file))
    finally:
        work.close()
