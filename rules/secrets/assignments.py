"""Decide which values of settings are passwords, and which random strings are data: for SE105 and SE106."""

from __future__ import annotations

import re

from pkgaudit.api import Severity, quoted
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.aliases import names_of
from pkgaudit.rules.secrets.catalogue.judges import looks_random
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import WEAK_RANK, Secret, digest_of
from pkgaudit.rules.secrets.place import is_placeholder, mask, severity_at
from pkgaudit.rules.secrets.proof import entropy

_NO_CREDENTIAL = lazy(
    r"file|path|dir|names?|ids?|refs?|arn|ur[li]|env|var|variable|hash(ed)?|digest|type|kind|length|size|policy"
    r"|version|label|hint|field|prompt|help|text|title|description|message|error|expiry|expires|age|count"
    r"|manager|provider|store|template|pattern|regex|format|mode|min|max|enabled|required|reset|class|backend|used|changed|date|time|at|encoder|encoding|algorithm|rounds|rule|rules|\d+"
)
"""Last words of keys whose values describe a credential but do not contain it."""


def is_credential(key: str, value: str) -> bool:
    """Return whether a value is a password rather than a reference, a name, a text or an example."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower().split("_")
    if key.startswith("::"):  # the last part of a type name, to which a table assigns a value
        return False
    # None of 36 hits of detect-secrets' keyword plugin in 61 popular distributions, judged by hand, was a
    # credential: they were fixtures, examples, identifiers and texts. Hence these conditions, whose limits
    # are chosen: passwords have at least 8 characters (NIST SP 800-63B), and values of more than 200
    # characters are texts or certificates.
    if _NO_CREDENTIAL.fullmatch(words[-1]) or not 8 <= len(value) <= 200 or not value.isascii():
        return False
    if re.search(r"[\s{}<>()\[\]|]|\$[A-Z_({]|%[(s]|://|^[$!&*/.~@%]|::", value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if re.match(r"(?:sha\d+|md5|bcrypt|argon2\w*|pbkdf2\w*|scrypt)[:$_-]", value, re.IGNORECASE):
        return False  # a hash
    if is_placeholder(value) or re.fullmatch(r"[a-z]+([-_./:][a-z0-9]+)+", value.lower()):
        return False
    kinds = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
    variety = sum(any(map(kind, value)) for kind in kinds)
    # 3.0 bits are eight different characters. A short value with only two kinds (`word2word`) is a name.
    return entropy(value) >= (3.0 if variety >= 3 else 3.3) and (variety >= 3 or len(value) >= 16)


# Hexadecimal digits of MD5, SHA-1, 192-bit digests, SHA-224, SHA-256, SHA-384 and SHA-512. Of 10,324 hits of
# detect-secrets' hexadecimal plugin in 61 popular distributions, 5,970 had 64 digits, 1,967 had 32, and 1,130
# had 40.
_DIGEST_SIZES = frozenset({32, 40, 48, 56, 64, 96, 128})
_NO_SECRET = lazy(
    r"(?:.*[_.-])?(?:sha\d*|md5|digest|hash|checksum|integrity|rev|revision|commit|ref|etag|image|id|uuid|guid|version"
    r"|signature|fingerprint|secure|public[_.-]?key|nonce|salt|seed|cursor)",
    re.IGNORECASE,
)
"""Names of values that look random but are public."""


def is_data(value: str, key: str) -> bool:
    """Return whether a random string is a digest, an ID, a name or similar data rather than a secret."""
    # Chosen: a key of 128 bits has 22 characters in base64, and encoded data has more than 200.
    if not 16 <= len(value) <= 200 or _NO_SECRET.fullmatch(key):
        return True
    if re.fullmatch(r"[0-9a-fA-F]+", value):
        return len(value) in _DIGEST_SIZES or value.isdigit()
    if is_placeholder(value) or re.fullmatch(r"[A-Za-z]+([_-][A-Za-z0-9]+)+", value):
        return True
    kinds = (str.islower, str.isupper, str.isdigit)
    return re.match(r"(sha|md)[0-9]+-", value) is not None or not all(any(map(kind, value)) for kind in kinds)


FIX = "change the password or key first, then read it from the environment instead"
"""The remedy for a password in a file."""


def assignment(
    content: Content,
    start: int,
    end: int,
    key: str,
    value: str,
    severity: Severity = Severity.WARNING,
    rank: int = WEAK_RANK,
    *,
    is_known: bool = False,
) -> Secret:
    """Return the finding for a value that is a credential by the name to which it is set.

    ``is_known``: the name is not a text of the file.
    """
    # The text before the value may itself be a token and is then not shown; names are shorter than 60.
    is_name = is_known or (0 < len(key) <= 60 and not looks_random(key[-40:], 62))
    name = quoted(key) if is_name else "a key"
    return Secret(
        start,
        end,
        "SE105",
        value,
        f"{name} is set to a value that looks like a real credential "
        f"({mask(value)}, sha256 {digest_of(value)[:12]})",
        FIX,
        severity_at(content.view, severity, Severity.INFO),
        rank,
        baseline_hashes=(names_of(value),),
        data={"key": key} if is_name else {},
    )
