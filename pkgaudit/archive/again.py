"""Members of an archive, read again after the audit has discarded their contents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

from pkgaudit.archive.walk import NESTED_MARK, Visit, walk
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, ReadMembers, make_distribution
from pkgaudit.regular import open_regular

MOST_READ = 50
"""The most members of a distribution that a rule reads again. Chosen: more than differ in a real release."""

LARGEST_READ = 3 << 20
"""The largest such member, in bytes. Chosen: larger modules are tables."""


def visits_of(stream: BinaryIO, path: str, limits: Limits, wanted: Collection[str]) -> Iterator[Visit]:
    """Yield the visits of members of an archive, and stop after the last of them."""
    pending = set(wanted)
    distribution = make_distribution(path)
    if not pending or distribution is None:
        return
    outer = {path[: match.start()] for path in pending for match in re.finditer(re.escape(NESTED_MARK), path)}
    for visit in walk(stream, distribution, limits):
        name = visit.member.path
        if name in pending:
            yield visit
        elif name in outer:
            for window in visit.windows():
                window.forget()
        pending.discard(name)
        if not pending:
            return


def reader_of(files: Mapping[str, str], limits: Limits) -> ReadMembers:
    """Return the function with which rules read members of distributions again.

    ``files`` maps the path of a distribution in reports to the path from which it is read. A member that is
    large, or whose content is not the one that was audited, is left out.
    """

    def read(distribution: Distribution, paths: Collection[str]) -> dict[str, bytes]:
        known = distribution.files
        wanted = [path for path in paths if path in known and known[path].size <= LARGEST_READ][:MOST_READ]
        found: dict[str, bytes] = {}
        # The file may have been deleted or replaced since.
        with suppress(OSError), open_regular(files[distribution.path]) as stream:
            for visit in visits_of(stream, distribution.path, limits, wanted):
                for window in visit.windows():
                    window.forget()
                path, data = visit.member.path, visit.data
                if data is not None and hashlib.sha256(data).hexdigest() == known[path].sha256:
                    found[path] = data
        return found

    return read
