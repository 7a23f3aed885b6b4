"""The limits on the reading of an archive."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 1 << 20
"""Bytes in a mebibyte, the unit in which PyPI also states its limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds on memory and time, which no archive can change.

    ``member-bytes``: size in bytes up to which a member is read into memory whole; a larger one is read in
    windows of this size. ``total-bytes``: unpacked bytes read from one distribution. ``ratio`` and
    ``ratio-floor``: reading stops when the unpacked bytes exceed both ``ratio-floor`` and ``ratio`` times
    the packed size, a limit that PyPI sets too (https://docs.pypi.org/archives/). ``members``: members read
    from one distribution, including those of nested archives. ``source-tokens``: number of tokens up to
    which a Python source is parsed, estimated before parsing. ``tokens``: number of tokens up to which the
    sources of one distribution are parsed, or two for each byte of its file if that is more. ``depth``:
    levels of nested archives that are read. ``nested-bytes``: unpacked bytes read from all nested archives
    of one distribution.
    """

    # Chosen, except ratio and ratio-floor: more than real distributions need, in reasonable memory and time.
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
