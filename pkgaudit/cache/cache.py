"""The cache of results on members, for one audit."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import NamedTuple

from pkgaudit.cache.codec import Codec
from pkgaudit.cache.fingerprint import fingerprint
from pkgaudit.cache.store import CacheError, Store, cache_folder
from pkgaudit.config.config import Config
from pkgaudit.judged import Judged
from pkgaudit.known import Key
from pkgaudit.model.member import Cost
from pkgaudit.plan import Plan

logger = logging.getLogger(__name__)

_NAMES = (
    *(
        b"password",
        b"passwd",
        b"passphrase",
        b"pwd",
        b"secret",
        b"token",
        b"credential",
        b"_auth",
        b"authorization",
    ),
    *(b"apikey", b"api_key", b"api-key", b"private_key", b"private-key", b"privatekey"),
)
"""Names of secrets, or parts of these."""

_SETS = re.compile(rb"[\w\]\"'.)-]{0,40}[ \t]{0,8}[:=,][ \t]{0,8}[brfu]{0,2}[\"'][^\"'\s]{3}")
"""What follows such a name if a text is assigned to it, in the source of any language."""

_SETS_PLAINLY = re.compile(rb"[\w\]\"'.)-]{0,40}[ \t]{0,8}[:=][ \t]{0,8}[^\s(\[{]{3}")
"""What follows it if any value is assigned to it, as in settings."""

_MOST_NAMES = 1_000
"""Places of a name that are looked at. Chosen: a file with more surely has a secret, or is not written by
hand."""


def may_hold_secret(data: bytes, is_source: bool) -> bool:
    """Return whether a file sets the name of a secret to a value, whether or not a rule takes it for one.

    ``is_source``: it is Python, in which only texts are values of secrets.
    """
    text = data.lower()
    for name in _NAMES:
        at = text.find(name)
        for _ in range(_MOST_NAMES):
            if at < 0:
                break
            end = at + len(name)
            if _SETS.match(text, end) or (not is_source and _SETS_PLAINLY.match(text, end)):
                return True
            at = text.find(name, end)
        else:
            return True
    return False


class Place(NamedTuple):
    """Where the cache of an audit is, and the fingerprint of its rules."""

    folder: Path
    basis: bytes
    was_replaced: bool

    @classmethod
    def of(cls, plan: Plan, config: Config) -> Place:
        """Return the place of the cache of an audit, which can be used.

        Raises:
            CacheError: the cache cannot be used.
        """
        folder = cache_folder()
        try:
            basis = fingerprint(plan, config)
        except Exception as error:  # code of a plug-in that is not in files, or a library without metadata
            raise CacheError(f"the cache is not used, because the rules cannot be read: {error}") from None
        with Store(folder) as store:
            return cls(folder, basis, store.was_replaced)


class Cache:
    """The results on members that earlier runs stored."""

    def __init__(self, place: Place, plan: Plan) -> None:
        """Open the cache at a place.

        Raises:
            CacheError: the folder or the file cannot be used.
        """
        self.store = Store(place.folder)
        self._plan = plan
        self._basis = place.basis
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

    def put(self, key: Key, judged: Judged, cost: Cost, data: bytes) -> None:
        """Store the result on a member, unless it may contain a secret or another value than data.

        ``data`` is the content of the member: summaries may quote it.
        """
        if may_hold_secret(data, key.path.endswith((".py", ".pyi"))):
            return
        value = self._codec.encode(key.path, judged, cost)
        if value is not None:
            self.store.put(key.hashed(self._basis), value)
            self.stored += 1

    def flush(self) -> None:
        """Write the results that were stored since the last call."""
        self.store.flush()

    def close(self) -> None:
        """Write everything and close the file."""
        logger.debug("the cache had results on %d files, and was given %d", self.found, self.stored)
        self.store.close()
