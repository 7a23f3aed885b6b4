"""Shared parts of the credential formats: entries, credentials, and the recognition of placeholders."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import field
from hashlib import sha256
from itertools import islice

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.aliases import Names

LONGEST = 1 << 22
"""Bytes of a file that are read: 4 MB are more than any login needs. Bounds the time on hostile files."""

MOST = 1000
"""Credentials of a file that are read: a bound on hostile files; a message shows one, and their number."""


@dataclass(frozen=True)
class Entry:
    """A value in a file with its keys (sections, tables, numbers of items) and its line."""

    path: tuple[str, ...]
    value: str = field(repr=False)
    line: int

    @property
    def key(self) -> str:
        """The last key in lower case, empty without keys."""
        return self.path[-1].lower() if self.path else ""


Reader = Callable[[str], Iterator[Entry]]
"""A function that yields the entries of any text, valid or not. It needs linear time and raises nothing."""


@dataclass(frozen=True)
class Credential:
    """A credential. ``weak``: it gives little access (a default password, a private history)."""

    what: str
    value: str = field(repr=False)
    line: int
    weak: bool = False
    key: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of the value in hexadecimal."""
        return digest_of(self.value)


Finder = Callable[[str], Iterator[Credential]]
"""A function that yields the credentials of a text in one format. It needs linear time and raises nothing."""


@dataclass(frozen=True)
class Login:
    """The credentials of a file, without their values: small and safe to keep.

    ``what`` and ``line`` (None: the whole file) describe the most serious credential. ``masked`` is its
    masked value, ``value_digest`` its SHA-256 in hexadecimal, and ``more`` the number of other credentials.
    ``baseline_hashes`` are the digests of each credential in baselines of other tools.
    """

    what: str
    line: int | None
    masked: str = ""
    value_digest: str = ""
    weak: bool = False
    more: int = 0
    baseline_hashes: Names = ()


def digest_of(value: str) -> str:
    """Return the SHA-256 of a value in hexadecimal."""
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


# UTF-32 comes before UTF-16, because the mark of UTF-32-LE begins with that of UTF-16-LE.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> str:
    """Return the text of a file: by its byte order mark, as UTF-16 by its zeros, as UTF-8, else Latin-1.

    Line ends become line feeds.
    """
    data = data[:LONGEST]
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))
    head = data[:256]
    if not bom and len(head) > 3 and b"\0" in head:
        if not any(head[0::2]):
            encoding = "utf-16-be"
        elif not any(head[1::2]):
            encoding = "utf-16-le"
    if encoding:
        text = data[len(bom) :].decode(encoding, "replace")
    else:
        try:
            text = data.decode("utf-8", "strict" if len(data) < LONGEST else "replace")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Variables of shells, CI, configuration tools and vaults; slots; placeholder words; and names of the value
# instead of the value itself (`your_password`, `github-token`).
_PLACEHOLDER = lazy(
    r"""\$\w+|\$\(.*|\$\{.*|.*\$\{\w.*\}.*|%\(.*|%\w+%|@\w+@|_{2,}\w+_{2,}  # a variable
    |<[^<>]*>|\{\{.*|\{[^{}"]*\}|\[[^\[\]"]*\]  # a slot to fill in
    |pypi-(?:<[^<>]*>|\$\w+)?  # the beginning of every token of PyPI, and a slot or a variable
    |!\w+\s.*|!vault.*|enc\[.*|vault:.*|op://.*|arn:aws:.*|projects/.*/secrets/.*|data\+omitted|file:.*
    |env[:.(].*|os\.environ.*|process\.env.*|secrets\..*|var\.\w+.*|ssm:.*|keyring:.*|/run/secrets/.*
    |.*(?:your[_-]|example|placeholder|change[_-]?(?:me|it|this)|dummy|redacted|replace|xxxx|\.\.\.|\*\*\*|…).*
    |.*(?:insert|enter|paste|fill|add|put|use|set)[_ -](?:your|the|a|here|in)\b.*|.*[_-]here|todo.*|fixme.*
    |(?:(?:my|the|a|an|some|user|your)[_ -]?)?(?:new|real|api|auth|access|github|pypi|npm|private|db)?[_ -]?
     (?:password|passwd|passphrase|passwort|pass|pwd|pw|secret|token|key|username|user|login)(?:[_ -]?value)?
    |(?-i:[a-z]+)(?:[_-](?-i:[a-z]+)){0,4}[_-](?:password|passwd|secret|token|key)
    |(?-i:its?a?secret[a-z]*)
    |none|null|nil|undefined|true|false|yes|no|empty|unset|n/?a|not[_ -]set|\(sensitive(?:\ value)?\)
    |\(known\ after\ apply\)|fake.*|invalid|mock.*|sample.*|not[_-]?(?:a[_-])?(?:real|secret|used)\b.*""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)

# Values from the documentation of Kubernetes and from the specification of OAuth, which examples copy.
_KNOWN = frozenset(
    {
        "1f2d1e2e67df",  # https://kubernetes.io/docs/concepts/configuration/secret/
        "39528$vdg7jb",  # https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/
        "s!b\\*d$zdsb=",
        "gx1fbat3bv",  # https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.3
        "7fjfp0zbr1ktdrbnfvdmiw",  # https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1
    }
)

# fmt: off
# Defaults of databases and tools, and passwords of tutorials: they protect services on a local machine.
_WEAK = frozenset({
    "admin", "administrator", "root", "toor", "test", "tests", "testing", "tester", "test1", "test123",
    "test1234", "guest", "demo", "postgres", "postgresql", "mysql", "mariadb", "mongo", "redis",
    "rabbitmq", "minio", "minioadmin", "1234", "12345", "123456", "1234567", "12345678", "123456789",
    "1234567890", "abc123", "abcd1234", "password1", "password123", "passw0rd", "p@ssw0rd", "p@ssword",
    "pass123", "pass1234", "qwerty", "letmein", "welcome", "hunter2", "foo", "bar", "baz", "foobar",
    "foobarbaz", "secret123", "secret1", "supersecret", "topsecret", "default", "localhost", "vagrant",
    "docker", "admin123", "admin1234", "root123", "user123", "hello", "world", "changeit", "ansible",
    "kafka", "neo4j", "elastic", "jenkins", "nexus", "android",
})
# fmt: on


def is_placeholder(value: str) -> bool:
    """Return whether a value is filled in elsewhere, or is a published example."""
    value = value.strip().strip("\"'`").strip()
    # 512 only bounds the time: in longer values, the words are at the beginning.
    return len(set(value)) < 2 or _PLACEHOLDER.fullmatch(value[:512]) is not None or value.lower() in _KNOWN


def is_weak(value: str) -> bool:
    """Return whether a password is so well known that it most likely protects nothing."""
    # Chosen: three characters are a PIN or a placeholder.
    return len(value) < 4 or value.lower() in _WEAK


# Names that programs give to credentials. `key`, `auth`, `user` and `id` have too many other meanings.
_NAMES = lazy(
    r"(?:.*[_.:-])?(?:password|passwd|passphrase|passwort|pass|pwd|pw|secret|token|credentials?|auth[_-]?key"
    r"|api[_-]?key|access[_-]?key|secret[_-]?access[_-]?key|private[_-]?key|secret[_-]?key|account[_-]?key"
    r"|master[_-]?key|encryption[_-]?key|signing[_-]?key|shared[_-]?key|client[_-]?secret|connection[_-]?string"
    r"|oauth[_-]?token|sas[_-]?url|webhook[_-]?url|smtppass|mfa[_-]?seed|index[_-]?auth"
    r"|poetry_pypi_token_\w+"
    r"|\w*(?:password|secret|token|apikey|secretkey|accesskey|privatekey))"
    r"(?:[_-]?(?:[0-9]{1,2}|plaintext|value|string|base64|b64|pem|openssh|pkcs8|hex|raw|text|prod|dev|staging))?"
)
_SNAKE = lazy(r"([a-z0-9])([A-Z])")


def names_credential(key: str) -> bool:
    """Return whether a key names a credential, not a property of a credential."""
    key = key[:200]
    return _NAMES.fullmatch(_SNAKE.sub(r"\1_\2", key).lower()) is not None


def basic_login(value: str) -> str | None:
    """Return the password of a ``user:password`` in base64, None for other values."""
    text = from_base64(value)
    user, colon, password = text.partition(":") if text else ("", "", "")
    return password if colon and user.isprintable() and password.isprintable() else None


def from_base64(value: str) -> str | None:
    """Return the decoded text of a base64 value, None if it is not base64 of a text."""
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode()
    except (ValueError, binascii.Error):
        return None


_URL = lazy(r"://([^\s/:@?#\"'<>`]{0,256})(?::([^\s/@?#\"'<>`]{0,1024}))?@([A-Za-z0-9._-]{1,253})")
_RANDOM = lazy(r"(?!oauth2accesstoken$)(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.~+/=-]{16,}")
"""A user name that is a token, and not the one that Google's registry wants before a token.

https://docs.cloud.google.com/artifact-registry/docs/python/authentication
"""


def url_logins(text: str, line: int = 1) -> Iterator[Credential]:
    """Yield the passwords in URLs, and user names that are tokens; ``line`` is the first line of the text."""
    seen = 0
    for match in islice(_URL.finditer(text), MOST):
        user, password, host = match[1], match[2] or "", match[3]
        secret = password if password and password != "x-oauth-basic" else user
        if secret is user and not _RANDOM.fullmatch(user):
            continue
        if is_placeholder(secret) or (is_placeholder(user) and _is_slot(user)):
            continue
        line += text.count("\n", seen, match.start(1))
        seen = match.start(1)
        kind = "a password" if secret is password else "a token"
        yield Credential(f"a URL with {kind} for {host[:80]}", secret, line, is_weak(secret))


def _is_slot(user: str) -> bool:
    return user[:1] in "$%{<[" and bool(user)


def found(entry: Entry, what: str, value: str | None = None, weak: bool = False) -> Iterator[Credential]:
    """Yield the value of an entry as a credential unless it is a placeholder."""
    value = entry.value if value is None else value
    if not is_placeholder(value):
        yield Credential(
            what, value, entry.line, weak or is_weak(value), entry.path[-1] if entry.path else ""
        )
