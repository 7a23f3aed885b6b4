"""Find logins in the URLs of package indexes, and of requirements with a URL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import field
from itertools import islice
from urllib.parse import unquote

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.logins.model import digest_of, is_placeholder, is_weak

MOST = 2000
"""How many URLs with a login are checked per file."""

_REACH = 1000
"""How many bytes before a URL are searched for its purpose."""

_MOST_WORDS = 40
"""How many words before a URL are searched for its purpose: an option may have several. Bounds the time."""

_LOGIN = lazy(
    rb"://([^\s/:@?#\[\]\"'<>`\\]{1,512})(?::([^\s/@?#\"'<>`\\]{0,2048}))?@([A-Za-z0-9._-]{1,253})"
    rb"(?::[0-9]{1,5})?(/[^\s\"'<>`\\,;)\]]{0,300})?"
)
_SCHEME = lazy(rb"(?:[a-z]{2,6}\+)?(?:https?|ssh)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class IndexUrl:
    """A login in the URL of an index: the secret is ``data[start:end]``.

    ``what`` is the host of the index, ``line`` counts from 1. ``weak``: the secret looks like a word, or the
    host has no domain. ``declared``: the URL is in the core metadata, not in documentation.
    """

    what: str
    value: str = field(repr=False)
    start: int
    end: int
    line: int
    weak: bool = False
    declared: bool = False

    @property
    def value_digest(self) -> str:
        """The SHA-256 of the secret in hexadecimal."""
        return digest_of(self.value)


_ASKS = lazy(
    rb"(?:--(?:extra-)?index-url|--default-index|--index|--find-links|--publish-url|--check-url|--repository-url"
    rb"|--pypi-mirror|--upload-url|--extra-index|-[if]|.{0,80}(?:-D|:)?"
    rb"(?:(?<![a-z])(?:default[-_])?(?:extra[-_])?index[-_]?(?:url|server)s?|find[-_]links|dependency[-_]links"
    rb"|publish[-_]url|check[-_]url|channel[-_]alias|pypi[-_]mirror"
    rb"|(?:PIP|UV|PDM|TWINE|POETRY|PIPENV|HATCH|FLIT)_[A-Z0-9_]{0,80}(?:URL|INDEX|MIRROR|LINKS)))"
    rb"(?:=[\w.-]{1,60})?[=:+-]{0,4}",
    re.IGNORECASE | re.DOTALL,
)
"""Text before the URL of an index: an option, a variable, a key of a setting."""
_PASSED = lazy(
    rb"[=:+-]{0,4}|[rbfu]{1,2}|(?:[a-z]{2,6}\+)?https?:.*|[\w.-]{1,60}=", re.IGNORECASE | re.DOTALL
)
"""Text between that and the URL: signs, prefixes of strings, other URLs, the name of the index."""
_BREAK = lazy(rb"[\s\"'`\[\](){},;\\$|]+")
_REFERENCE = lazy(rb"[A-Za-z0-9][\w.-]{0,60}(?:\[[\w., -]{0,60}\])?[ \t]{0,8}@\Z")
_TABLE = lazy(rb"^[ \t]*\[{1,2}([^\]\n]{1,100})\]", re.MULTILINE)
# Tables of indexes: of uv, Poetry, PDM, Pixi, Pipenv (`source`), Poetry's lock files (`package.source`),
# Hatch, `.pypirc` and distutils.
_INDEX_TABLE = lazy(
    r"(?:tool\.)?(?:uv\.)?index|(?:tool\.)?(?:poetry\.|pdm\.|pixi\.)?source|package\.source|pypi"
    r"|repositor(?:y|ies)(?:\..*)?|tool\.hatch\.(?:publish|envs).*|distutils",
    re.IGNORECASE,
)
# Keys of the URL in these tables. Elsewhere, `url` has many other meanings.
_URL_KEY = lazy(
    rb"(?:url|registry|repository|index)[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?[a-z+]{0,9}\Z", re.IGNORECASE
)
_SIMPLE = lazy(rb"/(?:.{0,200}/)?(?:\+?simple|pypi(?:-\w{1,40})?/simple)(?:/.*)?", re.DOTALL)
_REQUIRES = lazy(rb"^Requires-Dist:[^\n]{0,900}\Z", re.MULTILINE)

# Files that are or may be TOML, such as lock files: read by their tables.
_TOML_NAMES = lazy(r".*\.toml|pipfile(?:\.lock)?|.*\.lock", re.IGNORECASE)

# Names that RFC 2606 and RFC 6761 reserve, and names in examples (`pypi.mycompany.com`).
_NO_HOST = lazy(
    r"(.*\.)?(example(\.[a-z]+){0,2}|test|invalid|localhost|localdomain)|.*\bexample\b.*"
    r"|(.*\b)?(your|my|some|domain|foo|bar|company|acme|mycompany|yourcompany)([._-].*)?\.(tld|com|org|net)"
    r"|(your|my|some)[\w-]*\..*|host(name)?|server|domain|index|repo(sitory)?|foo|bar|pypi|registry|url|mirror",
    re.IGNORECASE,
)
# Placeholders for a user or a password in examples and tests, and user names that are not secret
# (`x-oauth-basic` and `oauth2` at GitHub and GitLab, `oauth2accesstoken` at Google).
_USUAL = lazy(
    r"(?:my|the|some|your|user|test|fake|real|secret|super|api|auth|access|private|deploy)?[_-]?"
    r"(?:user(?:name)?|pass(?:word|wd|phrase)?|pwd|pw|token|secret|key|pat|p[a4]ss?w[o0]rd|hunter|s3cret)[0-9!]{0,4}"
    r"|(?-i:[A-Z]{2,}(?:_[A-Z]+)*)|x-oauth-basic|anonymous|oauth2?(?:accesstoken)?|git|foo\w*|bar\w*|baz\w*|abc\w{0,3}|\*+|redacted",
    re.IGNORECASE,
)
# Slots that are filled in elsewhere: variables of shells, CI, Windows and Jinja; `%%` is an escape of
# ConfigParser.
_SLOT = lazy(r"[${}<>|^*`]|%[(A-Z{]|%%|\[")
# A user name that is a token, as GitHub and Gemfury accept it. 16 is chosen: names of people and machines are
# shorter.
_TOKEN = lazy(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.~+=-]{16,}")


def find_index_urls(data: bytes, name: str) -> Iterator[IndexUrl]:
    """Yield the logins in URLs of package indexes; ``data`` is UTF-8 or ASCII, ``name`` the file's name.

    The URL of an index is named by an option, a variable or a setting of a tool that installs or uploads
    packages, ends like the simple API, or follows the ``@`` of a requirement.
    """
    if b"@" not in data or b"://" not in data:
        return
    line, seen = 1, 0
    table = _Tables(data) if _TOML_NAMES.fullmatch(name) else None
    for match in islice(_LOGIN.finditer(data), MOST):
        start, end = match.span(2) if match[2] else match.span(1)
        user, password, host = (match[group] or b"" for group in (1, 2, 3))
        secret = _secret(user.decode("latin-1"), password.decode("latin-1"))
        if secret is None:
            continue
        if secret == user.decode("latin-1"):
            start, end = match.span(1)
        server = host.decode("ascii").rstrip(".-")
        if _is_no_host(server) or not is_index_url(data, match.start(), match.end(), table):
            continue
        line += data.count(b"\n", seen, start)
        seen = start
        plain = unquote(secret)
        # Chosen: a secret with fewer than eight characters, or without a digit, may be an example, so it is
        # only a warning.
        word = is_weak(plain) or len(plain) < 8 or not any(map(str.isdigit, plain))
        yield IndexUrl(
            server[:80],
            secret,
            start,
            end,
            line,
            weak=word or ("." not in server and ":" not in server),
            declared=_REQUIRES.search(data, max(0, start - _REACH), start) is not None,
        )


def is_index_url(data: bytes, start: int, end: int, tables: _Tables | None = None) -> bool:
    """Return whether a URL belongs to an index; ``start`` is at its ``://``, ``end`` after its path."""
    scheme = _SCHEME.search(data, max(0, start - 12), start)
    if scheme is None:
        return False
    path = data[start:end].partition(b"@")[2]
    if _SIMPLE.fullmatch(path[path.find(b"/") :] if b"/" in path else b""):
        return True
    begin = scheme.start()
    before = data[max(0, begin - _REACH) : begin]
    if b"+" in scheme[0] and scheme[0][:4].lower() == b"git+":
        return True  # the form of a requirement
    if _is_asked_for(before):
        return True
    reference = before[-140:].rstrip(b" \t")
    if reference.endswith(b"@") and _REFERENCE.search(reference):
        return True
    # 60 and the other numbers of bytes here only bound the time: keys and references are shorter.
    return tables is not None and _URL_KEY.search(before[-60:]) is not None and tables.is_index(begin)


def _is_asked_for(before: bytes) -> bool:
    """Return whether the words before a URL name an index, with only other URLs in between."""
    for word in islice(reversed(_BREAK.split(before)), _MOST_WORDS):
        if word[:7].lower() in (b"https:/", b"http://"):
            continue
        if _ASKS.fullmatch(word[-200:]):
            return True
        if not _PASSED.fullmatch(word[:400]):
            return False
    return False


class _Tables:
    """The tables of a TOML file, for the decision which of them are indexes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._name = ""
        self._headers = _TABLE.finditer(data)
        self._next = next(self._headers, None)

    def is_index(self, offset: int) -> bool:
        """Return whether an offset is in the table of an index. Offsets must come in ascending order."""
        while self._next is not None and self._next.start() < offset:
            self._name = self._next[1].decode("latin-1").strip()
            self._next = next(self._headers, None)
        # Pipfile.lock is JSON; its `_meta.sources` has the name and the options of an index beside the URL.
        if self._data.startswith(b"{") or not self._name:
            # An entry has less than 400 bytes.
            return b"sources" in self._data[max(0, offset - 400) : offset]
        return (
            _INDEX_TABLE.fullmatch(self._name) is not None
            # `source = { registry = "…" }` of uv.lock
            or b"registry" in self._data[max(0, offset - 20) : offset]
        )


def _secret(user: str, password: str) -> str | None:
    """Return the secret of a login, None for a slot, a usual word, or a login with only a name."""
    if _SLOT.search(user + password):
        return None
    if not password or _USUAL.fullmatch(password[:100]):
        secret = user
        if not _TOKEN.fullmatch(user):
            return None
    else:
        secret = password
    plain = unquote(secret)
    if (
        is_placeholder(plain)
        or _USUAL.fullmatch(plain[:100])
        or plain.lower() == user.lower() != secret.lower()
    ):
        return None
    return secret


def _is_no_host(host: str) -> bool:
    """Return whether a host belongs to documentation or examples, or is the machine itself."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # 253 is the longest host name (RFC 1035).
        return _NO_HOST.fullmatch(host[:253]) is not None
    return address.is_loopback or address.is_unspecified or any(address in each for each in _DOCUMENTATION)


_DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
"""Addresses for examples: https://datatracker.ietf.org/doc/html/rfc5737."""
