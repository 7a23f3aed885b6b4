"""How an index is asked: with the credentials of the user, within limits, and again if it is busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.request import Request

from pkgaudit.online.client import IndexReadError, request, without_login

T = TypeVar("T")

_ATTEMPTS = 4
"""How often a page or a file is requested. Chosen: an index that is busy answers again within seconds."""

_LONGEST_PAUSE = 300.0
"""The most seconds to wait before the next attempt. If an index asks for more, it is not asked again."""

_SLICE = 0.5
"""Seconds between two questions whether the sweep has ended, while it waits."""


@dataclass(frozen=True)
class Access:
    """The way to the pages and files of a source.

    ``simple`` is the address of the index, perhaps with a user name and a password, which are sent only to
    this index; it is never shown or stored. Those in the netrc file of the user are sent to the hosts that it
    names. ``step`` is the most seconds to wait for the next bytes, ``longest`` the most seconds of a
    download, ``largest`` the most bytes of a file. ``haste`` shortens the pauses, for tests.
    """

    simple: str = field(default="", repr=False)
    step: float = 60.0
    longest: float = 3600.0
    largest: int = 8 << 30
    haste: float = 1.0

    def request(self, url: str, accepted: str = "*/*", method: str = "GET") -> Request:
        """Return a request.

        Raises:
            ValueError: the address is not one of http or https.
        """
        return request(url, self.simple or without_login(url), accepted, with_netrc=True, method=method)

    def patiently(self, attempt: Callable[[], T], has_ended: Callable[[], bool] = lambda: False) -> T:
        """Return the result of an attempt, which is repeated while the index is not available.

        Raises:
            IndexReadError: the last attempt failed, or another one would not help.
        """
        for number in range(_ATTEMPTS):
            try:
                return attempt()
            except IndexReadError as error:
                pause = 2.0**number if error.pause is None else error.pause
                is_last = number + 1 == _ATTEMPTS or pause > _LONGEST_PAUSE
                if is_last or not error.is_unavailable or has_ended():
                    raise
                self._wait(pause, has_ended)
        raise AssertionError("unreachable")

    def _wait(self, seconds: float, has_ended: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds * self.haste
        while (left := end - time.monotonic()) > 0 and not has_ended():
            time.sleep(min(left, _SLICE))
