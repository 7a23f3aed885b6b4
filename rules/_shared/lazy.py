"""Regular expressions that are compiled when a rule first needs them.

Python takes up to four milliseconds to compile a pattern, and most audits need few of the patterns. So
modules with large or rarely needed patterns compile them late, and short audits, such as those of hooks, are
faster.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast


def lazy(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a stand-in for the compiled pattern that compiles it on first use."""
    return cast("re.Pattern[AnyStr]", Lazy(source, flags))


class Lazy(Generic[AnyStr]):
    """Has the attributes and methods of a compiled pattern, but is not an instance of its class."""

    def __init__(self, source: AnyStr, flags: int) -> None:
        self._source: AnyStr = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the compiled pattern, and keep it, so the next use takes no extra time."""
        value = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, value)
        return value
