"""Addresses of package indexes, and how they are compared."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}
"""The schemes of indexes with their default ports."""

_SETTINGS = Path(__file__).with_name("indexes.json")
"""The only file that names the hosts of PyPI and TestPyPI."""


@dataclass(frozen=True)
class Address:
    """An address in a comparable form: without userinfo, default port, final slash and upper case.

    ``host`` is in lower case and in ASCII (an internationalized name in its ``xn--`` form); an IPv6 address
    has no brackets. ``path`` is empty or begins with a slash. ``has_userinfo`` says whether the text had a
    user name or a password.
    """

    scheme: str
    host: str
    port: int
    path: str
    has_userinfo: bool = False
    final_slash: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address with ``http`` or ``https``.

        Raises:
            ValueError: the text has another form. The message does not quote it, because it may contain a
                password.
        """
        try:
            parts = urlsplit(text.strip())
        except ValueError:  # brackets without an IPv6 address, or a character that normalizes to a slash
            raise ValueError("the host of the address is not valid") from None
        if parts.scheme not in _PORTS:
            raise ValueError("the address does not begin with https:// or http://")
        if "\\" in parts.netloc:  # some uploaders take it for a slash
            raise ValueError("the host of the address is not valid")
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError("the port of the address is not a number from 1 to 65535") from None
        if port == 0:
            raise ValueError("the port of the address is not a number from 1 to 65535")
        if not host or any(each.isspace() for each in parts.netloc):
            raise ValueError("the address has no host")
        try:
            # Python before 3.11.4 accepts any text in brackets.
            is_ip = ":" in host or "[" in parts.netloc
            plain = str(ipaddress.ip_address(host.partition("%")[0])) if is_ip else _ascii(host)
        except ValueError:
            raise ValueError("the host of the address is not valid") from None
        whole = _without_dots(unquote(parts.path))
        path = whole.rstrip("/")
        has_userinfo = "@" in parts.netloc
        slash = "/" if path and whole.endswith("/") else ""
        return cls(parts.scheme, plain, port or _PORTS[parts.scheme], path, has_userinfo, slash)

    def is_within(self, other: Address) -> bool:
        """Return whether this is the other address or below it."""
        mine, others = (self.scheme, self.host, self.port), (other.scheme, other.host, other.port)
        return mine == others and f"{self.path}/".startswith(f"{other.path}/")

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, so nobody else can read the traffic."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}{self.final_slash or ('' if self.path else '/')}"


def _without_dots(path: str) -> str:
    """Return a path without ``.`` and ``..``, as uploaders request it."""
    made: list[str] = []
    for each in path.split("/"):
        if each == "..":
            made = made[: max(1, len(made) - 1)]
        elif each != ".":
            made.append(each)
    return "/".join(made)


def _ascii(host: str) -> str:
    """Return a host name in lower case and in ASCII.

    Raises:
        ValueError: it has no such form.
    """
    name = unquote(host).lower().rstrip(".")
    if any(each in name for each in "/\\@:?#% "):
        raise ValueError(host)
    return name if name.isascii() else name.encode("idna").decode("ascii")


@dataclass(frozen=True)
class Index:
    """A well-known index: ``name`` in settings, ``title`` in messages, ``site`` its host.

    ``upload`` is the address that uploaders send files to, ``former_uploads`` are older ones that uploaders
    replace by it, ``simple`` is its simple API.
    """

    name: str
    title: str
    site: str
    upload: str
    former_uploads: tuple[str, ...]
    simple: str

    def has(self, address: Address) -> bool:
        """Return whether an address belongs to this index."""
        hosts = {Address.parse(each).host for each in (self.upload, *self.former_uploads, self.simple)}
        return address.host in hosts


@cache
def known_indexes() -> dict[str, Index]:
    """Return PyPI and TestPyPI by their names."""
    values = json.loads(_SETTINGS.read_text("utf-8"))["indexes"]
    return {
        each["name"]: Index(**{**each, "former_uploads": tuple(each["former_uploads"])}) for each in values
    }


def index_of(address: Address) -> Index | None:
    """Return the well-known index that an address belongs to, None for any other."""
    return next((each for each in known_indexes().values() if each.has(address)), None)
