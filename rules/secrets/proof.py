"""Offline proofs: facts that a token reveals about itself, without any request."""

from __future__ import annotations

import base64
import binascii
import enum
import json
import math
import re
import string
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.checksums import crc, in_digits

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def entropy(text: Sequence[object]) -> float:
    """Return the Shannon entropy of the characters, in bits per character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def has_checksum(token: str) -> bool:
    """Return whether a GitHub or npm token ends in the checksum of its random part.

    Both have a prefix, an underscore, 30 random characters and the CRC-32 of these characters in base 62.
    Source: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    """
    random, checksum = token[-36:-6], token[-6:]
    return encode_checksum(random) == checksum


def encode_checksum(random: str) -> str:
    """Return the six characters that GitHub and npm append to the random part of a token."""
    return in_digits(crc(random), BASE62, 6)


@dataclass(frozen=True)
class Proof:
    """The result of a proof.

    ``expires`` is a time in seconds since 1970, None if the token never expires. ``size`` is the number of
    characters that belong to the token if more text followed it. ``doubt``: the token could be made up.
    """

    says: str
    expires: float | None = None
    size: int = 0
    doubt: bool = False


def decode_base64(text: str) -> bytes | None:
    """Return the bytes in base64 of either alphabet, with or without padding; None if it is not base64."""
    body = text.rstrip("=")
    try:
        data = body.translate(_URL_SAFE_DIGITS) + "=" * (-len(body) % 4)
        return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        return None


_URL_SAFE_DIGITS = str.maketrans("-_", "+/")


def _json(data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _shown(value: object, size: int = 80) -> str:
    """Return text from a token in printable form, cut to a size."""
    return "".join(c if c.isprintable() else "?" for c in str(value)[:size])


def _seconds(value: object) -> float | None:
    """Return a time in seconds since 1970, None if it is not a time. Some issuers count milliseconds."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 1e17:
        return None
    # 1e11 milliseconds end in 1973; 1e11 seconds end in the year 5138.
    return value / 1000 if value >= 1e11 else float(value)


def day_of(seconds: float) -> str:
    """Return the date of a time in seconds since 1970, as 2027-01-02."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return "the far future"


# PyPI


class Scope(enum.Enum):
    """What a token of PyPI allows, as far as it says itself."""

    ACCOUNT = "all projects of its owner"
    LIMITED = "some projects or a time"
    UNKNOWN = "not told by the token"


@dataclass(frozen=True)
class IndexToken:
    """A token of PyPI or of an index with the same software: ``site`` is the host that it is for.

    ``projects`` are the names that it is limited to, ``ids`` the number of projects that it names by their
    identifiers, ``user`` the identifier of its owner. ``expires`` is a time in seconds since 1970, ``size``
    the number of characters that belong to the token if more text followed it.
    """

    site: str
    scope: Scope
    projects: tuple[str, ...]
    ids: int
    user: str
    expires: float | None
    size: int


def read_index_token(token: str, whole: bool = True) -> IndexToken | None:
    """Decode an API token of PyPI, a macaroon; None if the bytes are not a macaroon to the end.

    Unless ``whole``, more text may follow the token: its structure shows where it ends. All caveats apply
    together, so an account-wide token that its owner has narrowed down is limited. PyPI also keeps the
    caveats itself: a token without any is not unlimited, and neither is one with an unknown caveat, which
    PyPI rejects.
    Source: https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt and
    https://github.com/pypi/warehouse/tree/main/warehouse/macaroons
    """
    body = token.removeprefix("pypi-")
    data = decode_base64(body[:-1] if not whole and len(body) % 4 == 1 else body)
    walked = _walk_macaroon(data) if data is not None else None
    if data is None or walked is None or (whole and walked[0] != len(data)):
        return None
    end, location, caveats = walked
    projects: list[str] = []
    counts: list[int] = []
    scopes: set[Scope] = set()
    user, expires = "", None
    for caveat in caveats:
        scope = Scope.LIMITED
        match _json(caveat):
            case [0, int() | float() as until, *_] | {"exp": int() | float() as until}:
                expires = until if expires is None else min(expires, until)
            case [1, [*names]] | {"permissions": {"projects": [*names]}}:
                projects += map(_shown, names)
            case [2, [*identifiers]] | {"project_ids": [*identifiers]}:
                counts.append(len(identifiers))
            case [3, str() as number]:
                user, scope = _shown(number, 36), Scope.ACCOUNT
            case {"permissions": "user"}:
                scope = Scope.ACCOUNT
            case [4, *_]:
                pass  # the workflow that trusted publishing issued it for
            case _:
                scope = Scope.UNKNOWN
        scopes.add(scope)
    weakest = next((each for each in (Scope.UNKNOWN, Scope.LIMITED, Scope.ACCOUNT) if each in scopes), None)
    return IndexToken(
        _shown(location.decode("ascii", "replace"), 40),
        weakest or Scope.UNKNOWN,
        tuple(projects),
        min(counts, default=0),
        user,
        _seconds(expires),
        len(token) - len(body) + -(-end * 4 // 3),
    )


def prove_pypi(token: str, whole: bool = True) -> Proof | None:
    """Decode an API token of PyPI; None if it is not one. ``whole`` is as in `read_index_token`."""
    read = read_index_token(token, whole)
    if read is None:
        return None
    user = f" (user {read.user})" if read.user else ""
    if read.projects:
        scope = f"for the project {', '.join(read.projects)[:80]}{user}"
    elif read.ids:
        scope = f"for {read.ids} project{'s' * (read.ids != 1)}{user}"
    elif read.scope is Scope.ACCOUNT:
        scope = f"for all projects of its owner{user}"
    else:
        scope = f"that does not name its projects{user}"
    return Proof(f"it decodes to a token of {read.site} {scope}", read.expires, read.size)


_UUID = lazy(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _walk_macaroon(data: bytes) -> tuple[int, bytes, list[bytes]] | None:
    """Return the end, location and caveats of a macaroon in binary format 2, None if it is not one."""
    if data[:1] != b"\x02":
        return None
    at = 1

    def field(kind: int) -> bytes | None:
        nonlocal at
        if data[at : at + 1] != bytes([kind]):
            return None
        size = shift = 0
        at += 1
        # Four bytes with seven bits each: fields of a token are far smaller than 256 MB.
        while at < len(data) and shift < 28:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        value = data[at : at + size]
        at += size
        return value if len(value) == size else None

    def end() -> bool:
        nonlocal at
        at += 1
        return data[at - 1 : at] == b"\0"

    location, identifier = field(1), field(2)
    if location is None or identifier is None or not _UUID.fullmatch(identifier) or not end():
        return None
    caveats = []
    while data[at : at + 1] == b"\x02":
        caveat = field(2)
        if caveat is None or not end():
            return None
        caveats.append(caveat)
    if not end():
        return None
    signature = field(6)
    # The signature is an HMAC-SHA-256.
    return (at, location, caveats) if signature and len(signature) == 32 else None


# JSON Web Tokens

_SIGNATURE_SIZES = {
    "HS256": (43,),
    "HS384": (64,),
    "HS512": (86,),
    "ES256": (86,),
    "ES256K": (86,),
    "ES384": (128,),
    "ES512": (176,),
    "EDDSA": (86, 152),
    **{f"{kind}{size}": (171, 342, 512, 683, 1366) for kind in ("RS", "PS") for size in (256, 384, 512)},
}
"""Characters of a signature by algorithm (RFC 7518, 8037, 8812); RSA signatures are as long as the key."""

# The payload on jwt.io (`John Doe`, `1234567890`), and secrets in the documentation of libraries.
_MADE_UP = lazy(r"john doe|jane doe|1234567890|my[-_ ]?secret|\"(foo|bar)\"", re.IGNORECASE)
# Words that only raise a doubt: a real token may be for the host `test.example.com`.
_LIKE_AN_EXAMPLE = lazy(r"(?<![a-z])(?:example|test|foo|dummy|sample|localhost)", re.IGNORECASE)
_END_OF_TIME = 9_000_000_000
"""Seconds since 1970: the year 2255. Only tokens of tests expire so late."""


def prove_jwt(token: str, whole: bool = True) -> Proof | None:
    """Decode a JSON Web Token that gives access: signed, with an expiry or of a known kind.

    A token without either is nearly always a documentation sample or data: the result is None. Unless
    ``whole``, more text may follow: the algorithm determines the length of the signature.
    """
    parts = token.split(".")
    # The shortest signature of a known algorithm has 43 characters, see above; 20 is chosen for others.
    if len(parts) != 3 or len(parts[2]) < 20:
        return None
    header, payload = _json(decode_base64(parts[0])), _json(decode_base64(parts[1]))
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        return None
    size = _signature_size(algorithm, len(parts[2]), whole)
    if not size or decode_base64(parts[2][:size]) is None:
        return None
    says = _opens(payload)
    expires = _seconds(payload.get("exp"))
    if says is None or (expires or 0) >= _END_OF_TIME:
        return None
    doubt = _LIKE_AN_EXAMPLE.search(json.dumps(payload)) is not None
    return Proof(says, expires, len(parts[0]) + len(parts[1]) + 2 + size, doubt)


_MORE = 64
"""How many unrelated characters may follow a signature in a binary."""


def _signature_size(algorithm: str, size: int, whole: bool) -> int:
    """Return the length of a signature at the beginning of ``size`` characters, 0 if it is cut off."""
    sizes = _SIGNATURE_SIZES.get(algorithm.upper())
    if sizes is None:
        return size if size % 4 != 1 else 0
    if whole:
        return size if size in sizes else 0
    return max((each for each in sizes if 0 <= size - each < _MORE), default=0)


def _opens(payload: dict[Any, Any]) -> str | None:
    """Return the description of a token by its payload; None if it gives no access or is an example."""
    role = payload.get("role")
    if role == "anon" or _MADE_UP.search(json.dumps(payload)):
        return None
    issuer = payload.get("iss")
    if role == "service_role":
        return "it decodes to a signed token for the role service_role, which has all permissions"
    if issuer == "kubernetes/serviceaccount":
        return "it decodes to a Kubernetes service account token"
    if _seconds(payload.get("exp")) is None:
        return None
    return f"it decodes to a signed token of {_shown(issuer)}" if issuer else "it decodes to a signed token"


# Others


def prove_sentry(token: str) -> Proof | None:
    """Decode an organization token of Sentry: a prefix, JSON in base64, and 32 random bytes.

    Source: https://github.com/getsentry/sentry/blob/master/src/sentry/utils/security/orgauthtoken_token.py
    """
    _, payload, secret = token.split("_", 2)
    known = _json(decode_base64(payload))
    if not isinstance(known, dict) or not {"iat", "url", "org"} <= set(known):
        return None
    # 43 random characters have more than 4.5 bits each; words and runs have less than 4.
    if decode_base64(secret) is None or entropy(secret) < 4:
        return None
    return Proof(f"it decodes to a token of the organization {_shown(known['org'], 40)}")


def prove_json(token: str, keys: frozenset[str], what: str) -> Proof | None:
    """Decode a token that consists of a prefix and of JSON with some keys in base64; ``what`` describes it.

    Source: https://developer.1password.com/docs/service-accounts/security/ and
    https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/
    """
    prefix, _, body = token.partition("_")
    for size in range(len(body), max(0, len(body) - 4), -1):  # in a binary, other bytes may follow
        known = _json(decode_base64(body[:size]))
        if isinstance(known, dict) and keys <= set(known):
            return Proof(f"it decodes to {what}", size=len(prefix) + 1 + size)
    return None


def prove_jfrog(token: str) -> Proof | None:
    """Decode a reference token of JFrog: a mark, a version, the expiry and random text in base64."""
    match (decode_base64(token) or b"").split(b":"):
        # 20 characters and 3 bits are chosen: they exclude cut-off tokens and runs.
        case [b"reftkn", b"01", end, random] if end.isdigit() and len(random) >= 20 and entropy(random) > 3:
            return Proof("it decodes to a reference token", float(end) or None)
    return None


def prove_bedrock(token: str) -> Proof | None:
    """Decode a long-term key of Amazon Bedrock: a name with the account, and a secret, in base64."""
    match (decode_base64(token[4:]) or b"").split(b":"):
        # 20 is chosen: it excludes cut-off keys.
        case [name, secret] if (found := re.fullmatch(rb"[\w-]{5,60}-at-([0-9]{12})", name)) and len(
            secret
        ) >= 20:
            return Proof(f"it decodes to a key of the account {found[1].decode()}")
    return None


def is_sendgrid(token: str) -> bool:
    """Return whether the two parts are 16 and 32 bytes in base64: the bits beyond must be zero."""
    _, name, secret = token.split(".")
    return name[-1] in "AQgw" and secret[-1] in "AEIMQUYcgkosw048"


def is_discord(token: str) -> bool:
    """Return whether the first part is a user ID in base64, as in every bot token."""
    decoded = decode_base64(token.partition(".")[0]) or b""
    # Snowflakes: milliseconds since 2015, shifted by 22 bits. They have 17 digits since January 2015, and at
    # most 20 in 64 bits.
    return decoded.isdigit() and 17 <= len(decoded) <= 20


def is_azure_key(key: str) -> bool:
    """Return whether an account key is 64 bytes in base64."""
    # https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage: 512 bits
    return len(decode_base64(key) or b"") == 64


def aws_account(key_id: str) -> str | None:
    """Return the account of an access key ID, None if the ID contains no account.

    The 16 characters are base32; the first bits contain the account number.
    """
    try:
        data = base64.b32decode(key_id[4:])
    except (ValueError, binascii.Error):
        return None
    account = (int.from_bytes(data[:6], "big") & 0x7FFFFFFFFF80) >> 7
    # Account numbers have twelve digits.
    return f"{account:012}" if account < 10**12 else None
