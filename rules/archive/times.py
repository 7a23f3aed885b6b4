"""Detect times at which a member cannot have been changed."""

from __future__ import annotations

import datetime
from functools import lru_cache

from pkgaudit.api import Entry

_DAY = 86_400
"""The seconds of one day."""

_1980 = 315_532_800
"""January 1, 1980, the first date that a zip can contain.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.6: the date format of MS-DOS.
"""


@lru_cache(maxsize=8)
def _start_of(day: datetime.date) -> float:
    return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp()


def impossible_time(entry: Entry, is_zip: bool, today: datetime.date) -> str:
    """Return the fault of a member's time, or "".

    A day or two do not matter, because time zones are unknown; the first days of 1970 mean "no time".
    """
    if entry.mtime is None:
        # A zip date without a month and day means "no time".
        return ""
        # Today, and two more days for a zone ahead and a clock that is slightly fast; the latter is chosen.
    if entry.mtime > _start_of(today) + 3 * _DAY:
        return "in the future"
    if is_zip:
        return ""
    # One more day on each side for time zones behind or ahead of UTC.
    if entry.mtime < -_DAY or 2 * _DAY < entry.mtime < _1980 - _DAY:
        return "before 1980"
    return ""
