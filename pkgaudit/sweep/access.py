"""How files are requested: limits, and the credentials of the user, which are never kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from pkgaudit import __version__

_PATIENCE = 60.0
"""Seconds to wait for the next bytes of an answer; chosen: enough for a slow index behind a proxy."""


@dataclass(frozen=True)
class Access:
    """The way to the files of a source.

    ``user`` and ``password`` are sent to ``host`` only (a host, and a port if it is not the usual one);
    without them, the netrc file of the user is read, as pip does. ``largest`` is the most bytes of a file,
    ``longest`` the most seconds of a download. ``haste`` shortens pauses between attempts, for tests.
    """

    host: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    largest: int = 8 << 30
    longest: float = 3600.0
    haste: float = 1.0

    def client(self) -> httpx.Client:
        """Return a client, to be closed."""
        auth: httpx.Auth | None = None
        if self.user or self.password:
            auth = _OfHost(self.host, self.user, self.password)
        return httpx.Client(
            auth=auth,
            follow_redirects=True,
            timeout=_PATIENCE,
            headers={"User-Agent": f"pkgaudit/{__version__}", "Accept-Encoding": "identity"},
        )


class _OfHost(httpx.Auth):
    """Sends a user and a password to one host; files may be on another one."""

    def __init__(self, host: str, user: str, password: str) -> None:
        self._host = host
        self._basic = httpx.BasicAuth(user, password)

    def auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]  # a generator of httpx
        """Add the credentials to a request to the host."""
        if request.url.netloc.decode("ascii") == self._host and request.url.scheme in ("https", "http"):
            yield from self._basic.auth_flow(request)
        else:
            yield request
