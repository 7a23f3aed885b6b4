"""Limits on reading an archive."""

from __future__ import annotations

from dataclasses import dataclass, fields

MIB = 1 << 20
"""Bytes in a mebibyte, the unit of the index's limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on memory and time, which do not depend on the archive.

    ``member-bytes``: a member up to this size (bytes) is kept in memory if it is needed as a whole, such as a
    nested archive; a larger member is read in windows. ``window-bytes``: the size of the windows, and of the
    largest member that is always read as a whole. ``total-bytes``: unpacked bytes read from one distribution.
    ``ratio`` and ``ratio-floor``: reading stops when the unpacked data exceeds both ``ratio-floor`` bytes and
    ``ratio`` times the packed size; PyPI has the same limit (https://docs.pypi.org/archives/).
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
    window_bytes: int = 16 * MIB
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
        for name, size in (("member-bytes", self.member_bytes), ("window-bytes", self.window_bytes)):
            if size < 1:
                raise ValueError(f"{name} must be at least 1")
        if any(getattr(self, each.name) < 0 for each in fields(self)):
            raise ValueError("a limit cannot be negative")
