"""Limits on reading an archive."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 1 << 20
"""Bytes in a mebibyte, the unit of the index's limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on memory and time, which do not depend on the archive.

    ``member-bytes``: a member up to this size (bytes) is kept in memory as a whole; a larger member is read
    in windows of this size. ``total-bytes``: unpacked bytes read from one distribution. ``ratio`` and
    ``ratio-floor``: reading stops when the unpacked data exceeds both ``ratio-floor`` bytes and ``ratio``
    times the packed size; PyPI has the same limit (https://docs.pypi.org/archives/).
    ``members``: members read from one distribution, nested ones included. ``members-floor``: reading also
    stops at more members than this, unless the file has 50 bytes for each. ``source-tokens``: a Python source
    with more tokens, as estimated in advance, is not parsed. ``tokens``: the maximum number of
    tokens in all parsed sources of a distribution, or two per byte of its file, whichever is larger.
    ``steps``: the maximum number of places in all files of a distribution that are checked closely, such as
    possible secrets, paths, and entries of tables in native binaries, or one for four bytes of its file,
    whichever is larger. ``depth``: levels of nested archives that are read. ``nested-bytes``: unpacked bytes
    read from all nested archives of one distribution.
    """

    # Chosen, except ratio and ratio-floor: more than real distributions need, within usual memory and time.
    member_bytes: int = 64 * MIB
    total_bytes: int = 16 * 1024 * MIB
    ratio: int = 50
    ratio_floor: int = 64 * MIB
    members: int = 200_000
    members_floor: int = 20_000
    source_tokens: int = 250_000
    tokens: int = 2_000_000
    steps: int = 200_000
    depth: int = 3
    nested_bytes: int = 512 * MIB

    def __post_init__(self) -> None:
        if self.member_bytes < 1:
            raise ValueError("member-bytes must be at least 1")
        if any(getattr(self, each.name) < 0 for each in fields(self)):
            raise ValueError("a limit cannot be negative")
