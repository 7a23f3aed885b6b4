"""The limits on reading one distribution, and the anomaly that reports where reading stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pkgaudit.archive.compressed import Streams
from pkgaudit.archive.raw import Notes, RawMember
from pkgaudit.formatting import quoted
from pkgaudit.limits import Limits
from pkgaudit.model.entry import AnomalyKind, DetectionStage
from pkgaudit.model.member import Cost
from pkgaudit.model.parsing import Parsed, Parser, UnparsedError

MOST_NAMES = 64 << 20
"""Largest total length (characters) of all member names, because the inventory keeps them in memory."""

_PER_BYTE = 2
"""Python tokens that are parsed for each byte of a distribution; real distributions have at most 1.7."""

_BYTES_PER_MEMBER = 50
"""Bytes of a distribution that each member may need above the floor; real distributions have at least 470."""

_BYTES_PER_STEP = 4
"""Bytes of a distribution for each step; 300 real distributions have at least 14."""

MOST_KEPT = 64 << 20
"""Largest number of bytes of one distribution that are kept for rules on the whole distribution."""


class Budget:
    """The remaining budget for reading a distribution. It notes once that it is exhausted, and why."""

    def __init__(self, limits: Limits, packed: int, notes: Notes) -> None:
        self.limits = limits
        self.is_zip = False  # whether the index also adds up the sizes
        self.notes = notes
        self.packed = packed
        self.most_members = min(limits.members, max(limits.members_floor, packed // _BYTES_PER_MEMBER))
        self.members = 0
        self.names = 0
        self.kept = 0
        self.total = 0
        self.nested = 0
        self.most_steps = max(limits.steps, packed // _BYTES_PER_STEP)
        self.steps = 0
        self.spent = False
        self.last_note = 0
        self.streams = Streams()
        self.parse_seconds = 0.0
        self._refused = 0
        """Sources that were not parsed, each time; two members of an archive may have the same path."""
        self._unparsed: set[tuple[AnomalyKind, str]] = set()
        self._parser = Parser(limits.source_tokens, max(limits.tokens, _PER_BYTE * packed))

    def meter(self, raw: RawMember, take: Callable[[int], str | None]) -> Iterator[bytes]:
        """Yield the content of a member until ``take`` returns a reason to stop."""
        for chunk in raw.chunks:
            if reason := take(len(chunk)):
                self.stop(reason, raw.entry.path)
                return
            yield chunk

    def meter_stream(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """Yield an unpacked tar, and limit its size: headers and skipped data are not members' content."""
        unpacked = 0
        for chunk in stream:
            unpacked += len(chunk)
            limits = self.limits
            if unpacked > 2 * limits.ratio_floor and unpacked > 4 * limits.ratio * self.packed:
                ratio = 4 * limits.ratio
                self.stop(f"the archive unpacks to more than {ratio} times its size of {self.packed:,} bytes")
                return
            yield chunk

    def stop(self, reason: str, member: str | None = None) -> None:
        """Stop reading, and note the reason if reading has not stopped before."""
        if not self.spent:
            self.spent = True
            noticed = self.is_zip and self.is_over_ratio
            stage = DetectionStage.OPENING if noticed else DetectionStage.NEVER
            self.notes.add(AnomalyKind.BOMB, f"{reason}; reading stopped there", member, stage=stage)
            self.last_note = len(self.notes.anomalies)

    def take(self, count: int) -> str | None:
        """Count bytes of content; return the reason to stop if there are too many."""
        self.total += count
        limits = self.limits
        if self.total > limits.total_bytes:
            return f"the archive unpacks to more than {limits.total_bytes:,} bytes"
        if self.is_over_ratio:
            return (
                f"the archive unpacks to more than {limits.ratio} times its size of {self.packed:,} bytes "
                f"and to more than {limits.ratio_floor:,} bytes"
            )
        return None

    @property
    def is_over_ratio(self) -> bool:
        """Whether the unpacked size is too large for the packed size."""
        limits = self.limits
        return self.total > limits.ratio_floor and self.total > limits.ratio * self.packed

    def charge(self, count: int, member: str) -> None:
        """Count bytes that a zip declares but does not contain, because the index adds up declared sizes."""
        if count > 0 and not self.spent and (reason := self.take(count)):
            self.stop(reason, member)

    def take_nested(self, count: int) -> str | None:
        """Count bytes of content of nested archives; return the reason to stop if there are too many."""
        self.nested += count
        limits = self.limits
        if self.nested > limits.nested_bytes:
            return f"the nested archives unpack to more than {limits.nested_bytes:,} bytes"
        if self.nested > limits.ratio_floor and self.nested > limits.ratio * self.packed:
            return (
                f"the nested archives unpack to more than {limits.ratio} times the size of the distribution "
                f"and to more than {limits.ratio_floor:,} bytes"
            )
        return None

    def take_member(self, name: str) -> bool:
        """Count a member; return whether it may be read."""
        self.members += 1
        self.names += len(name)
        if self.members > self.most_members:
            self.stop(f"the archive has more than {self.most_members:,} members")
        if self.names > MOST_NAMES:
            self.stop(f"the names of the members have more than {MOST_NAMES:,} characters in total")
        return not self.spent

    def parse(self, source: str, member: str) -> Parsed:
        """Return the tree of a source, and note a source that is too large or too deep.

        Raises:
            SyntaxError, ValueError, UnparsedError, MemoryError: see `Parser.read`.
        """
        started = time.thread_time()
        try:
            return self._parser.read(source)
        except UnparsedError as error:
            self._refused += 1
            kind = AnomalyKind.NOT_PARSED_AS_LARGE if error.is_large else AnomalyKind.NOT_PARSED
            noted = (kind, member)
            if noted not in self._unparsed:
                self._unparsed.add(noted)
                self.notes.add(
                    kind, f"{quoted(member)} {error}; it was not parsed", member, stage=DetectionStage.NEVER
                )
            raise
        finally:
            self.parse_seconds += time.thread_time() - started

    def spend(self, steps: int, member: str) -> bool:
        """Count places of a member to check; return whether they may be checked."""
        self.steps += steps
        if self.steps > self.most_steps:
            self.stop(f"the files of the archive have more than {self.most_steps:,} places to check", member)
        return self.steps <= self.most_steps

    @property
    def cost(self) -> Cost:
        """All work so far on the contents of members."""
        return Cost(self._parser.most - self._parser.left, self.steps, self._refused)

    def repeat(self, cost: Cost) -> bool:
        """Count work that was done for another distribution; return False, and count nothing, if it might be
        refused here.
        """
        # No source weighs more than `source_tokens`, so none was refused anywhere in between.
        if (
            self._parser.left - cost.weight < self.limits.source_tokens
            or self.steps + cost.steps > self.most_steps
        ):
            return False
        self._parser.left -= cost.weight
        self.steps += cost.steps
        return True

    def keep(self, count: int, member: str) -> bool:
        """Count the bytes of a file to keep; return whether it may be kept."""
        self.kept += count
        if self.kept > MOST_KEPT:
            self.stop(f"the archive has more than {MOST_KEPT:,} bytes of metadata", member)
        return not self.spent
