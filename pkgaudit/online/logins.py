"""User names and passwords in the netrc file of the user."""

from __future__ import annotations

import netrc
import os
from pathlib import Path
from urllib.parse import quote


def netrc_login(host: str, user: str = "") -> tuple[str, str] | None:
    """Return the quoted user name and password for a host, None if the file has none, or none for the user.

    The entry ``default`` does not count: it would send a password to any host that a page names.
    """
    given = os.environ.get("NETRC")
    for path in [given] if given else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            found = netrc.netrc(str(path)).hosts.get(host)
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):  # pip goes on without it, too
            continue
        if found is not None and user in ("", quote(found[0], safe="")):
            return quote(found[0], safe=""), quote(found[2] or "", safe="")
    return None
