"""How much of a distribution may still be read, and the note that says where reading stopped."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from pkgaudit.archive.compressed import Streams
from pkgaudit.archive.raw import Notes, RawMember
from pkgaudit.limits import Limits
from pkgaudit.model.entry import AnomalyKind, DetectionStage
from pkgaudit.model.parsing import Parser, UnparsedError

MOST_NAMES = 64 << 20
"""How long (characters) the names of all members may be together, since the inventory holds them."""

_PER_BYTE = 2
"""Tokens of Python that are parsed for each byte of a distribution; real ones have 1.7 at most."""

MOST_KEPT = 64 << 20
"""How many bytes are kept of one distribution for the rules over the whole."""


class Budget:
    """What may still be read of a distribution. Says once that it is used up, and why."""

    def __init__(self, limits: Limits, packed: int, notes: Notes) -> None:
        self.limits = limits
        self.is_zip = False  # whether the index adds up the sizes too
        self.notes = notes
        self.packed = packed
        self.members = 0
        self.names = 0
        self.kept = 0
        self.total = 0
        self.nested = 0
        self.spent = False
        self.last_note = 0
        self.streams = Streams()
        self._unparsed: set[tuple[AnomalyKind, str]] = set()
        self._parser = Parser(limits.source_tokens, max(limits.tokens, _PER_BYTE * packed))

    def meter(self, raw: RawMember, take: Callable[[int], str | None]) -> Iterator[bytes]:
        """Yield the content of a member as long as ``take`` has nothing against it."""
        for chunk in raw.chunks:
            if reason := take(len(chunk)):
                self.stop(reason, raw.entry.path)
                return
            yield chunk

    def meter_stream(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """Bound what is unpacked of a tar beside its members' content: headers, and data that is skipped."""
        unpacked = 0
        for chunk in stream:
            unpacked += len(chunk)
            limits = self.limits
            if unpacked > 2 * limits.ratio_floor and unpacked > 4 * limits.ratio * self.packed:
                self.stop(f"unpacks to more than {4 * limits.ratio} times its size of {self.packed:,} bytes")
                return
            yield chunk

    def stop(self, reason: str, member: str | None = None) -> None:
        """Note that nothing more is read, and why, unless that was noted before."""
        if not self.spent:
            self.spent = True
            noticed = self.is_zip and self.is_over_ratio
            stage = DetectionStage.OPENING if noticed else DetectionStage.NEVER
            self.notes.add(AnomalyKind.BOMB, f"{reason}; reading stopped there", member, stage=stage)
            self.last_note = len(self.notes.anomalies)

    def take(self, count: int) -> str | None:
        """Count bytes of content; return the reason to stop if they are too many."""
        self.total += count
        limits = self.limits
        if self.total > limits.total_bytes:
            return f"unpacks to more than {limits.total_bytes:,} bytes"
        if self.is_over_ratio:
            return (
                f"unpacks to more than {limits.ratio} times its size of {self.packed:,} bytes "
                f"and to more than {limits.ratio_floor:,} bytes"
            )
        return None

    @property
    def is_over_ratio(self) -> bool:
        """Whether more came out than the packed size allows."""
        limits = self.limits
        return self.total > limits.ratio_floor and self.total > limits.ratio * self.packed

    def charge(self, count: int, member: str) -> None:
        """Count what a zip declares and does not hold, since the index adds up what is declared."""
        if count > 0 and not self.spent and (reason := self.take(count)):
            self.stop(reason, member)

    def take_nested(self, count: int) -> str | None:
        """Count bytes of content of the archives inside; return the reason to stop if they are too many."""
        self.nested += count
        limits = self.limits
        if self.nested > limits.nested_bytes:
            return f"the archives inside unpack to more than {limits.nested_bytes:,} bytes"
        if self.nested > limits.ratio_floor and self.nested > limits.ratio * self.packed:
            return (
                f"the archives inside unpack to more than {limits.ratio} times the size of the distribution "
                f"and to more than {limits.ratio_floor:,} bytes"
            )
        return None

    def take_member(self, name: str) -> bool:
        """Count a member; return whether it may be read."""
        self.members += 1
        self.names += len(name)
        if self.members > self.limits.members:
            self.stop(f"has more than {self.limits.members:,} members")
        if self.names > MOST_NAMES:
            self.stop(f"has member names of more than {MOST_NAMES:,} characters together")
        return not self.spent

    def parse(self, source: str, member: str) -> ast.Module:
        """Return the tree of a source; note that it was not made, unless the source is wrong.

        Raises:
            SyntaxError, ValueError, UnparsedError, MemoryError: as `Parser.parse` does.
        """
        try:
            return self._parser.parse(source)
        except UnparsedError as error:
            kind = AnomalyKind.NOT_PARSED_AS_LARGE if error.is_large else AnomalyKind.NOT_PARSED
            noted = (kind, member)
            if noted not in self._unparsed:
                self._unparsed.add(noted)
                self.notes.add(
                    kind, f"the source {error}; it was not parsed", member, stage=DetectionStage.NEVER
                )
            raise

    def keep(self, count: int, member: str) -> bool:
        """Count bytes of a file that is to be kept; return whether it may be."""
        self.kept += count
        if self.kept > MOST_KEPT:
            self.stop(f"has metadata of more than {MOST_KEPT:,} bytes", member)
        return not self.spent
