"""How much of an archive is read before reading stops."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 1 << 20
"""Bytes in a mebibyte, in which the index states its limits too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds on memory and time that an archive cannot move.

    ``member-bytes``: a member up to this size (bytes) is held in memory whole; a larger one is read in
    windows of this size. ``total-bytes``: unpacked bytes read of one distribution. ``ratio`` and
    ``ratio-floor``: reading stops when more than ``ratio-floor`` bytes came out and they are more than
    ``ratio`` times the packed size, the limit that the index sets too (https://docs.pypi.org/archives/).
    ``members``: members read of one distribution, nested ones included. ``source-tokens``: tokens of one
    Python source beyond which it is not parsed, as estimated before it is parsed. ``tokens``: those of
    all sources of one distribution that are parsed, or two for each byte of its file if that is more.
    ``depth``: how deep archives inside archives are followed. ``nested-bytes``: unpacked bytes read of
    all archives inside one distribution.
    """

    # Chosen, but for ratio and ratio-floor: more than real distributions need, as memory and time allow.
    member_bytes: int = 64 * MIB
    total_bytes: int = 16 * 1024 * MIB
    ratio: int = 50
    ratio_floor: int = 64 * MIB
    members: int = 200_000
    source_tokens: int = 250_000
    tokens: int = 2_000_000
    depth: int = 3
    nested_bytes: int = 512 * MIB

    def __post_init__(self) -> None:
        if self.member_bytes < 1:
            raise ValueError("member-bytes must be at least 1")
        if any(getattr(self, each.name) < 0 for each in fields(self)):
            raise ValueError("a limit cannot be negative")
