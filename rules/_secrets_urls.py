"""Passwords in URLs: SE104. detect-secrets has the shape, most of what it finds is documentation."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote

from pkgaudit.api import Severity, TextFile
from pkgaudit.rules._secrets_found import Secret
from pkgaudit.rules._secrets_place import is_placeholder, mask, milder
from pkgaudit.rules._secrets_plugins import Content, Gate, Plugin, is_filtered
from pkgaudit.rules._secrets_proof import entropy

BASIC_AUTH = Plugin(
    "basic_auth",
    "BasicAuthDetector",
    (Gate((b"://",), re.compile(rb"://[^:/?#\[\]@!$&'()*+,;=\s]+:[^:/?#\[\]@!$&'()*+,;=\s]+@")),),
)

_HOST = re.compile(r"[A-Za-z0-9.-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}$")
_PRIVATE_HOST = re.compile(
    r"(.*\.)?(example(\.[a-z]+){0,2}|test|invalid|localhost|localdomain|local|lan|internal|corp|home\.arpa)"
    r"|.*\b(your|my|some|host|hostname|server|domain)\b.*",
    re.IGNORECASE,
)
_CODE_HOST = re.compile(
    r"(.*\.)?(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|visualstudio\.com|pypi\.org"
    r"|jfrog\.io|pkg\.dev|fury\.io|cloudsmith\.io)",
    re.IGNORECASE,
)
_USUAL = re.compile(
    r"(user(name)?|admin|root|guest|token|key|pw|pass|name|p[a4]ss?w[o0]rd|hunter|s3cret).*", re.IGNORECASE
)


def find_url_passwords(view: TextFile, content: Content) -> Iterator[Secret]:
    """Yield the passwords in URLs, those known to be none included."""
    if BASIC_AUTH.may_find(content):
        yield from _find(view)


def _find(view: TextFile) -> Iterator[Secret]:
    text = view.text
    for match in BASIC_AUTH.find(text):
        start, end = match.span(1)
        user, password = text[match.start() + 3 : start - 1], match[1]
        host = _HOST.match(text, match.end())
        if not host or not _is_password(user, password) or not _is_public(host[0]):
            yield Secret(start, end)
            continue
        scheme = _SCHEME.search(text, max(0, match.start() - 21), match.start())
        grave = _is_random(password) and _is_of_an_account(scheme[0] if scheme else "", host[0])
        severity = milder(view, Severity.INFO, None if grave else Severity.WARNING)
        message = (
            f"the {scheme[0] if scheme else ''} URL of {host[0][:80]} has a password in it ({mask(password)})"
        )
        fix = f"change the password at {host[0][:80]} first, then remove it from the URL"
        yield Secret(start, end, "SE104", password, message, fix, severity)


def _is_password(user: str, password: str) -> bool:
    password = unquote(password)
    return (
        len(password) >= 8
        and any(map(str.isdigit, password))
        and any(map(str.isalpha, password))
        and password.isascii()
        and password.lower() != user.lower()
        and not re.search(r"[{}<>\"`\\|^%]", user + password)
        and not is_placeholder(password)
        and not _USUAL.fullmatch(password)
        and entropy(password) >= 2.75
        and not is_filtered(password)
    )


def _is_of_an_account(scheme: str, host: str) -> bool:
    """Whether the URL opens a database, a server or a code host: others are also published on purpose."""
    return scheme.lower() not in ("http", "https") or _CODE_HOST.fullmatch(host) is not None


def _is_random(password: str) -> bool:
    return len(password) >= 12 and entropy(password) >= 3.2 and sum(map(str.isdigit, password)) >= 2


def _is_public(host: str) -> bool:
    host = host.rstrip(".-")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and _PRIVATE_HOST.fullmatch(host) is None
