"""What a setup.cfg holds."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configparser import RawConfigParser

_LARGEST_SETUP_CFG = 1 << 17
"""Bytes of a setup.cfg that are read: many times what real ones have; it bounds the time on hostile input."""

_LONGEST_LINE = 1000
"""Bytes of a line in it that are read: more than a line with a key has; it bounds the time."""


@lru_cache(maxsize=4)
def read_setup_cfg(data: bytes) -> RawConfigParser:
    """Return what a setup.cfg holds, as far as it can be read; it is shared, so do not change it."""
    import configparser

    # Its expressions take a time that grows with the square of a line's length.
    lines = (line for line in data[:_LARGEST_SETUP_CFG].splitlines() if len(line) <= _LONGEST_LINE)
    parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"))
    with suppress(configparser.Error):
        parser.read_string(b"\n".join(lines).decode("utf-8", "replace"))
    return parser
