"""The cache of results on members, for one audit."""

from __future__ import annotations

import logging
from pathlib import Path

from pkgaudit.cache.codec import Codec
from pkgaudit.cache.fingerprint import fingerprint
from pkgaudit.cache.store import Store
from pkgaudit.config.config import Config
from pkgaudit.judged import Judged
from pkgaudit.known import Key
from pkgaudit.model.member import Cost
from pkgaudit.plan import Plan

logger = logging.getLogger(__name__)


class Cache:
    """The results on members that earlier runs stored."""

    def __init__(self, folder: Path, plan: Plan, config: Config) -> None:
        """Open the cache in a folder.

        Raises:
            CacheError: the folder or the file cannot be used.
        """
        self.store = Store(folder)
        self._plan = plan
        self._basis = fingerprint(plan, config)
        confidential = [each.name for each in plan.rules.values() if each.confidential]
        self._codec = Codec((each.result for each in plan.summaries), confidential, self._masked)
        self.found = 0
        self.stored = 0

    def _masked(self, text: str) -> str | None:
        try:
            for redaction in self._plan.redactions:
                text = redaction(text)
        except Exception:  # the text may contain a secret; the crash is reported when a report needs it
            return None
        return text

    def get(self, key: Key) -> tuple[Judged, Cost] | None:
        """Return the stored result on a member."""
        hashed = key.hashed(self._basis)
        value = self.store.get(hashed)
        if value is None:
            return None
        try:
            found = self._codec.decode(key.path, value)
        except (ValueError, TypeError, KeyError):  # written by somebody else: the member is judged again
            return None
        self.found += 1
        return found

    def put(self, key: Key, judged: Judged, cost: Cost) -> None:
        """Store the result on a member, unless it may contain a secret or another value than data."""
        value = self._codec.encode(key.path, judged, cost)
        if value is not None:
            self.store.put(key.hashed(self._basis), value)
            self.stored += 1

    def flush(self) -> None:
        """Write the results that were stored since the last call."""
        self.store.flush()

    def close(self) -> None:
        """Write everything and close the file."""
        logger.debug("the cache had %d results and was given %d", self.found, self.stored)
        self.store.close()
