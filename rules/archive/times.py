"""Times that a member cannot have been changed at."""

from __future__ import annotations

import datetime
from functools import lru_cache

from pkgaudit.api import Entry

_DAY = 86_400
"""The seconds of a day."""

_1980 = 315_532_800
"""The first of January 1980, from when on a zip can have times.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.6: the date format of MS-DOS.
"""


@lru_cache(maxsize=8)
def _start_of(day: datetime.date) -> float:
    return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp()


def impossible_time(entry: Entry, is_zip: bool, today: datetime.date) -> str:
    """Return what is wrong with the time of a member, empty if nothing is.

    Zones are unknown, so that a day or two do not matter; the first days of 1970 stand for no time.
    """
    if entry.mtime is None:
        # A zip whose date has no month and no day says that there is none.
        return ""
    # Today, and two days more for a zone ahead and a clock that is a bit fast; the latter is chosen.
    if entry.mtime > _start_of(today) + 3 * _DAY:
        return "in the future"
    if is_zip:
        return ""
    # A day more on each side for zones: times in a zone behind or ahead of that of UTC.
    if entry.mtime < -_DAY or 2 * _DAY < entry.mtime < _1980 - _DAY:
        return "before 1980"
    return ""
