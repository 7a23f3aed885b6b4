"""Find passwords in URLs: SE104. Most URLs with this format are documentation."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from pkgaudit.api import Severity
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.aliases import names_of
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import NONE_RANK, URL_RANK, Secret, digest_of
from pkgaudit.rules.secrets.place import cause_at, is_placeholder, mask, severity_at
from pkgaudit.rules.secrets.proof import entropy

LITERAL = b"://"

_LOGIN = lazy(rb"://([^\s/:@?#\[\]\"'<>`\\]{1,256}):([^\s/@?#\"'<>`\\]{1,512})@([A-Za-z0-9.-]{1,253})")
_SCHEME = lazy(rb"[A-Za-z][A-Za-z0-9+.-]{0,20}\Z")
# Hosts that are reserved by RFC 2606, 6761, 6762 and 8375, usual in private networks, or used in examples:
# nobody outside can use a password for them.
_PRIVATE_HOST = lazy(
    r"(.*\.)?(example(\.[a-z]+){0,2}|test|invalid|localhost|localdomain|local|lan|internal|corp|home\.arpa)"
    r"|.*\b(your|my|some|host|hostname|server|domain)\b.*",
    re.IGNORECASE,
)
# Web services whose URLs contain the password of an account. Other services, such as feeds and tile servers,
# publish URLs with a password on purpose.
_CODE_HOST = lazy(
    r"(.*\.)?(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|visualstudio\.com|pypi\.org"
    r"|jfrog\.io|pkg\.dev|fury\.io|cloudsmith\.io)",
    re.IGNORECASE,
)
# Beginnings of passwords in examples. All 18 hits of detect-secrets' plugin for these URLs, judged by hand,
# had the form `user:pass@`.
_USUAL = lazy(
    r"(user(name)?|admin|root|guest|token|key|pw|pass|name|p[a4]ss?w[o0]rd|hunter|s3cret).*", re.IGNORECASE
)


def find_url_passwords(
    content: Content, starts: Sequence[int], narrow: bytes | None = None
) -> Iterator[Secret]:
    """Yield the passwords in URLs, including harmless ones. ``starts``: the places of ``://``.

    With ``narrow``, a part of the content as ASCII, offsets refer to that part.
    """
    data = content.data if narrow is None else narrow
    for at in starts:
        match = _LOGIN.match(data, at)
        if match is None:
            continue
        if not content.view.member.spend(1):
            return
        start, end = match.span(2)
        user, password, host = (match[group].decode("latin-1") for group in (1, 2, 3))
        if not _is_password(user, password) or not _is_public(host):
            yield Secret(start, end, rank=NONE_RANK)
            continue
        scheme = _SCHEME.search(data, max(0, at - 21), at)
        name = scheme[0].decode() if scheme else ""
        grave = _is_random(password) and _is_of_an_account(name, host)
        message = (
            f"the {f'{name} URL' if name else 'URL'} of {host[:80]} contains a password"
            f"{content.says_where(start)} ({mask(password)}, sha256 {digest_of(password)[:12]})"
        )
        fix = f"change the password at {host[:80]} first, then remove it from the URL"
        worst = Severity.ERROR if grave else Severity.WARNING
        severity = severity_at(content.view, worst, Severity.INFO)
        baseline_hashes = (names_of(password),)
        yield Secret(
            start,
            end,
            "SE104",
            password,
            message,
            fix,
            severity,
            URL_RANK,
            baseline_hashes=baseline_hashes,
            data={"kind": "password in a URL"},
            cause=cause_at(content.view, "passwords in URLs"),
        )


def find_wide_url_passwords(content: Content, starts: Sequence[int]) -> Iterator[Secret]:
    """Yield the passwords in UTF-16 URLs in a binary."""
    for at in starts:
        # 64 bytes before for the scheme, 2400 after for the longest user, password and host.
        low = at % 2 + max(0, (at - 64) // 2 * 2)
        narrow, middle = content.data[low : at + 2400 : 2], (at - low) // 2
        for found in find_url_passwords(content, [middle], narrow):
            yield replace(found, start=low + 2 * found.start, end=low + 2 * found.end)


def _is_password(user: str, password: str) -> bool:
    password = unquote(password)
    if re.match(r"[0-9]{1,5}[,/]", password):
        return False  # the port of the first of several hosts
    return (
        len(password) >= 8
        and any(map(str.isdigit, password))
        and any(map(str.isalpha, password))
        and password.isascii()
        and password.lower() != user.lower()
        and not re.search(r"[{}<>\"`\\|^%]", user + password)
        and not is_placeholder(password)
        and not _USUAL.fullmatch(password)
        and not password.startswith("$")
        and entropy(password) >= 2.75  # eight characters of which two are equal
    )


def _is_of_an_account(scheme: str, host: str) -> bool:
    """Return whether the URL belongs to a database, a server or a code host: others may be public."""
    return scheme.lower() not in ("http", "https") or _CODE_HOST.fullmatch(host) is not None


def _is_random(password: str) -> bool:
    # Chosen, to separate errors from warnings: 3.2 bits are about ten different characters of twelve.
    return len(password) >= 12 and entropy(password) >= 3.2 and sum(map(str.isdigit, password)) >= 2


def _is_public(host: str) -> bool:
    host = host.rstrip(".-")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and _PRIVATE_HOST.fullmatch(host) is None
