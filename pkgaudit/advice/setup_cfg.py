"""Reading of setup.cfg."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configparser import RawConfigParser

_LARGEST_SETUP_CFG = 1 << 17
"""Bytes of a setup.cfg that are read: real ones are far smaller; it bounds the time on hostile input."""

_LONGEST_LINE = 1000
"""Bytes of a line up to which it is read: lines with a key are shorter; it bounds the time."""


@lru_cache(maxsize=4)
def read_setup_cfg(data: bytes) -> RawConfigParser:
    """Return the readable part of a setup.cfg; the result is cached, so do not change it."""
    import configparser

    # The time of the parser's regular expressions grows with the square of a line's length.
    lines = (line for line in data[:_LARGEST_SETUP_CFG].splitlines() if len(line) <= _LONGEST_LINE)
    parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"))
    with suppress(configparser.Error):
        parser.read_string(b"\n".join(lines).decode("utf-8", "replace"))
    return parser
