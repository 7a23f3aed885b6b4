"""Check URLs as PyPI does: as URI references of RFC 3986, leniently.

PyPI normalizes a URL first, which drops an invalid host and percent-encodes characters that are not allowed
in a path, so it rejects only few faults (https://github.com/pypi/warehouse, ``utils/http.py``).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

_URI = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):)?(?://(?P<authority>[^\\/?#]*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"
)
# User, host and port as in rfc3986 2.0, which PyPI uses: a name, an IPv6 address with a zone, or
# IPvFuture.
_AUTHORITY = re.compile(
    r"(?:(?:[\w.~\-!$&'()*+,;=:]|%[0-9A-Fa-f]{2})+@)?"
    r"(?P<host>(?:[\w.~\-!$&'()*+,;=]|%[0-9A-Fa-f]{2})*|"
    r"\[[0-9A-Fa-f:.]+(?:%(?:25)?(?:[\w.~\-]|%[0-9A-Fa-f]{2})+)?\]|\[v[0-9A-Fa-f]+\.[\w.~\-!$&'()*+,;=:]+\])"
    r"(?::(?P<port>[0-9]{1,5})?)?",
    re.ASCII,
)
MAX_AUTHORITY = 10_000
"""The most characters of user, host and port that are checked: many times the length of a real name."""

_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


def url_fault(url: str) -> str | None:
    """Return why PyPI rejects a URL, None if PyPI accepts it."""
    match = _URI.match(url)
    scheme = (match["scheme"] or "").lower() if match else ""
    if match is None or not scheme:
        return "it does not start with https:// or http://"
    if scheme not in ("http", "https"):
        return "its scheme is neither https nor http"
    for part in ("path", "query"):
        text = match[part] or ""
        if "[" in text or "]" in text:
            text = _without_dots(text) if part == "path" else text
        if "[" in text or "]" in text:
            return f"its {part} has a square bracket, which must be encoded as %5B or %5D"
    # An invalid authority is dropped, so PyPI accepts the URL whatever its port.
    authority = _AUTHORITY.fullmatch((match["authority"] or "")[:MAX_AUTHORITY])
    # Ports have 16 bits (RFC 9293).
    if authority and authority["port"] and int(authority["port"]) > 65535 and _is_host(authority["host"]):
        return "its port is greater than 65535"
    return None


def _without_dots(path: str) -> str:
    """Return a path after each ``..`` has removed the segment before it."""
    left: list[str] = []
    for segment in path.split("/"):
        if segment != "..":
            left += [segment] if segment != "." else []
        elif left:
            left.pop()
    return "/".join(left)


def _is_host(host: str) -> bool:
    if host.startswith("[v"):
        return True
    if host.startswith("["):
        try:
            IPv6Address(host[1:-1].partition("%")[0])
        except ValueError:
            return False
    return not _IPV4.fullmatch(host) or all(int(byte) <= 255 for byte in host.split("."))  # 8 bits each
