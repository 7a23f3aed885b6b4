"""Offline proofs: what a token shows about itself, without asking anybody."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import string
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def entropy(text: str) -> float:
    """Return the Shannon entropy of the characters, in bits per character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def has_checksum(token: str) -> bool:
    """Whether a GitHub or npm token ends in the checksum of its random part.

    Both are a prefix, an underscore, 30 random characters and the CRC-32 of these in base 62.
    Source: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    """
    random, checksum = token[-36:-6], token[-6:]
    return encode_checksum(random) == checksum


def encode_checksum(random: str) -> str:
    """Return the six characters that GitHub and npm append to the random part of a token."""
    value = zlib.crc32(random.encode("ascii", "replace"))
    digits = ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits


@dataclass(frozen=True)
class Proof:
    """What was shown. ``expires`` is a time in seconds since 1970, None where there is no end."""

    says: str
    expires: float | None = None


def prove_pypi(token: str) -> Proof | None:
    """Decode an API token of PyPI, which is a macaroon; None if it is not one to the last byte.

    Source: https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt and
    https://github.com/pypi/warehouse/tree/main/warehouse/macaroons
    """
    try:
        data = base64.urlsafe_b64decode(token.removeprefix("pypi-") + "=" * (-(len(token) - 5) % 4))
    except (ValueError, binascii.Error):
        return None
    walked = _walk_macaroon(data)
    if walked is None:
        return None
    location, caveats = walked
    site = location.decode("ascii", "replace")
    scopes, expires = [], None
    for caveat in caveats:
        try:
            value = json.loads(caveat)
        except (ValueError, RecursionError):
            continue
        match value:
            case [0, int() | float() as until, *_]:
                expires = float(until)
            case [1, [*projects]] | {"permissions": {"projects": [*projects]}}:
                scopes += [str(each) for each in projects]
    scope = (
        f"for the project {', '.join(scopes)[:80]}" if scopes else "for everything its owner may upload to"
    )
    return Proof(f"it decodes to a token of {site[:40]} {scope}", expires)


def _walk_macaroon(data: bytes) -> tuple[bytes, list[bytes]] | None:
    """Return the location and the caveats of a macaroon in the binary format 2, None if it is not one."""
    if data[:1] != b"\x02":
        return None
    at = 1

    def field(kind: int) -> bytes | None:
        nonlocal at
        if data[at : at + 1] != bytes([kind]):
            return None
        size = shift = 0
        at += 1
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
    if location is None or identifier is None or len(identifier) != 36 or not end():
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
    return (location, caveats) if signature and len(signature) == 32 and at == len(data) else None


_MADE_UP = re.compile(r"example|john doe|1234567890|\bfoo\b|\btest", re.IGNORECASE)


def prove_jwt(token: str) -> Proof | None:
    """Decode a JSON Web Token that opens something: signed, and with an end or a kind that says so.

    A token without either is nearly always a documentation sample or data, and is None here.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(parts[2]) < 20:
        return None
    header, payload = _json_part(parts[0]), _json_part(parts[1])
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        return None
    if payload.get("role") == "anon" or _MADE_UP.search(json.dumps(payload)):
        return None
    issuer = f" of {str(payload['iss'])[:80]}" if payload.get("iss") else ""
    expires = payload.get("exp")
    if isinstance(expires, (int, float)) and not isinstance(expires, bool):
        return Proof(f"it decodes to a signed token{issuer}", float(expires))
    if payload.get("role") == "service_role":
        return Proof(f"it decodes to a token{issuer} for the role service_role, which never expires")
    if payload.get("iss") == "kubernetes/serviceaccount":
        return Proof("it decodes to the token of a Kubernetes service account, which never expires")
    return None


def _json_part(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4)))
    except (ValueError, RecursionError):
        return None


def is_sendgrid(token: str) -> bool:
    """Whether the two parts are base64 of 16 and of 32 bytes: bits beyond these must be zero."""
    _, name, secret = token.split(".")
    return name[-1] in "AQgw" and secret[-1] in "AEIMQUYcgkosw048"


def is_discord(token: str) -> bool:
    """Whether the first part is a user id in base64, which it is in every token of a bot."""
    part = token.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return False
    return decoded.isdigit() and 17 <= len(decoded) <= 20


def is_azure_key(key: str) -> bool:
    """Whether an account key is base64 of 64 bytes."""
    try:
        return len(base64.b64decode(key, validate=True)) == 64
    except (ValueError, binascii.Error):
        return False
