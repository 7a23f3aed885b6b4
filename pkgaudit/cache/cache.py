"""The cache of results on members and on complete distributions, for one audit."""

from __future__ import annotations

import datetime
import hashlib
import logging
from pathlib import Path
from typing import NamedTuple

import msgspec

from pkgaudit.archive.raw import CHUNK
from pkgaudit.cache.audits import AuditCodec
from pkgaudit.cache.codec import Codec, Kinds
from pkgaudit.cache.fingerprint import Fingerprints
from pkgaudit.cache.secret_names import may_hold_secret
from pkgaudit.cache.store import CacheError, Store, cache_folder
from pkgaudit.config.config import Config
from pkgaudit.judged import Audit, Judged
from pkgaudit.known import Key
from pkgaudit.model.member import Cost
from pkgaudit.plan import Plan
from pkgaudit.regular import open_regular

logger = logging.getLogger(__name__)

# The errors of msgspec are a ValueError only since 0.21.
_UNREADABLE = (ValueError, TypeError, KeyError, msgspec.MsgspecError)


class Place(NamedTuple):
    """Where the cache of an audit is, and the fingerprints of its rules."""

    folder: Path
    basis: Fingerprints
    was_replaced: bool

    @classmethod
    def of(cls, plan: Plan, config: Config) -> Place:
        """Return the place of the cache of an audit, which can be used.

        Raises:
            CacheError: the cache cannot be used.
        """
        folder = cache_folder()
        try:
            basis = Fingerprints.of(plan, config)
        except Exception as error:  # code of a plug-in that is not in files, or a library without metadata
            raise CacheError(f"the cache is not used, because the rules cannot be read: {error}") from None
        with Store(folder) as store:
            return cls(folder, basis, store.was_replaced)


class Cache:
    """The results on members and distributions that earlier runs stored."""

    def __init__(self, place: Place, plan: Plan, today: datetime.date) -> None:
        """Open the cache at a place.

        Raises:
            CacheError: the folder or the file cannot be used.
        """
        self.store = Store(place.folder)
        self._plan = plan
        self._basis = place.basis
        self._today = today
        confidential = {each.name for each in plan.rules.values() if each.confidential}
        kinds = Kinds(each.result for each in plan.summaries)
        self._codec = Codec(kinds, confidential, self._masked)
        self._audits = AuditCodec(kinds, plan.rules.keys() - confidential, self._masked)
        self.found = 0
        self.stored = 0
        self.found_audits = 0

    def _masked(self, text: str) -> str | None:
        try:
            for redaction in self._plan.redactions:
                text = redaction(text)
        except Exception:  # the text may contain a secret; the crash is reported when a report needs it
            return None
        return text

    def get(self, key: Key) -> tuple[Judged, Cost] | None:
        """Return the stored result on a member."""
        hashed = key.hashed(self._basis.members)
        value = self.store.get(hashed)
        if value is None:
            return None
        try:
            found = self._codec.decode(key.path, value)
        except _UNREADABLE:  # written by somebody else: the member is judged again
            return None
        self.found += 1
        return found

    def put(self, key: Key, judged: Judged, cost: Cost, data: bytes) -> None:
        """Store the result on a member, unless it may contain a secret or another value than data.

        ``data`` is the content of the member: problems and summaries may quote it.
        """
        if (judged.problems or judged.summaries) and may_hold_secret(data, key.path):
            return
        value = self._codec.encode(key.path, judged, cost)
        if value is not None:
            self.store.put(key.hashed(self._basis.members), value)
            self.stored += 1

    def key_of(self, path: str, file: str) -> bytes | None:
        """Return the key of the audit of a file, None if the file cannot be read.

        ``path`` is that in reports. The day, on which the audit also depends, is no part of the key, so that
        a later audit replaces it.
        """
        digest = hashlib.sha256()
        try:
            with open_regular(file) as stream:
                while block := stream.read(CHUNK):
                    digest.update(block)
        except OSError:  # the audit reports it
            return None
        return self._key(path, self._plan.mode.was_built(path, file), digest.hexdigest())

    def _key(self, path: str, was_built: bool, sha256: str) -> bytes:
        text = f"{path}\0{was_built}\0{sha256}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._basis.distributions, digest_size=32).digest()

    def audit_of(self, path: str, key: bytes | None) -> Audit | None:
        """Return the stored audit of the distribution at a path, as `Audit.forget` leaves it."""
        value = None if key is None else self.store.get(key)
        if value is None:
            return None
        try:
            audit = self._audits.decode(path, value)
        except _UNREADABLE:  # written by somebody else
            return None
        if audit.distribution is None or audit.distribution.today != self._today:
            return None
        self.found_audits += 1
        return audit

    def has_audit(self, path: str, file: str) -> bool:
        """Return whether the audit of a file is stored."""
        return self.audit_of(path, self.key_of(path, file)) is not None

    def put_audit(self, audit: Audit, key: bytes | None) -> None:
        """Store an audit, unless a secret may be in it, or the file has changed since its key was made."""
        found = audit.distribution
        if key is None or found is None or self._key(found.path, found.was_built, found.sha256) != key:
            return
        value = self._audits.encode(audit)
        if value is not None:
            self.store.put(key, value)

    def flush(self) -> None:
        """Write the results that were stored since the last call."""
        self.store.flush()

    def close(self) -> None:
        """Write everything and close the file."""
        logger.debug(
            "the cache had audits of %d distributions and results on %d files, and was given %d results",
            self.found_audits,
            self.found,
            self.stored,
        )
        self.store.close()
