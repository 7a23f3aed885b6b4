"""Private keys: a marker is not a key, so the body between the markers is parsed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

LONGEST = 1 << 16
"""Characters; no key is longer."""

_BEGIN = re.compile(r"-{4,5} ?BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY( BLOCK)?-{4,5}")
_PUTTY = re.compile(r"PuTTY-User-Key-File-[0-9]{1,2}: ?([\w-]{1,40})")
_PUTTY_BODY = re.compile(r"Private-Lines: ?([0-9]{1,4})\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}\r?\n){1,2000})")
_JOINT = re.compile(r"""["'`][\s+,.\\]*[bBrRuU]{0,2}["'`]""")
_HEADER = re.compile(r"[A-Z][\w-]{0,40}:")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

KINDS = {
    "RSA ": "RSA private key",
    "EC ": "EC private key",
    "DSA ": "DSA private key",
    "": "private key (PKCS #8)",
    "ENCRYPTED ": "private key (PKCS #8)",
    "OPENSSH ": "OpenSSH private key",
    "PGP ": "OpenPGP private key",
}


@dataclass(frozen=True)
class Key:
    """A private key from ``start`` to ``end`` in the text; ``data`` is its decoded body."""

    kind: str
    start: int
    end: int
    data: bytes
    encrypted: bool


def find_keys(text: str) -> Iterator[Key]:
    """Yield the private keys whose body parses, in linear time."""
    if "PRIVATE KEY" in text:
        begins = list(_BEGIN.finditer(text))
        for begin, after in zip_longest(begins, begins[1:]):
            limit = min(begin.end() + LONGEST, after.start() if after else len(text))
            end = text.find("-----END", begin.end(), limit)
            label = begin[1]
            if end < 0 or label not in KINDS:
                continue
            parsed = _parse(label, text[begin.end() : end])
            if parsed is not None:
                stop = text.find("-----", end + 8, end + 80)
                yield Key(KINDS[label], begin.start(), stop + 5 if stop >= 0 else end + 8, *parsed)
    for begin in _PUTTY.finditer(text) if "PuTTY-User-Key-File-" in text else ():
        head = text[begin.end() : begin.end() + LONGEST]
        body = _PUTTY_BODY.search(head)
        data = _decode("".join(body[2].split())) if body else None
        if body and data:
            encrypted = "Encryption: none" not in head[: body.start()]
            yield Key("PuTTY private key", begin.start(), begin.end() + body.end(), data, encrypted)


def _parse(label: str, raw: str) -> tuple[bytes, bool] | None:
    """Return the bytes of a body and whether they are encrypted, None if they are not a key."""
    headers, lines = [], []
    text = raw.replace("\\n", "\n").replace("\\r", "\n").replace("\\t", " ").replace("\\", "")
    for line in _JOINT.sub("\n", text).splitlines():
        part = line.strip(" \t\"'`,;()#>")  # what strings, comments and quoting put around a line
        if _HEADER.match(part):
            headers.append(part)
        elif label == "PGP " and re.fullmatch(r"=[A-Za-z0-9+/]{4}", part):
            break  # the checksum ends the body
        else:
            lines.append("".join(part.split()))
    data = _decode("".join(lines))
    if data is None:
        return None
    if label == "OPENSSH ":
        return _parse_openssh(data)
    if label == "PGP ":
        return _parse_pgp(data)
    if any(each.startswith("Proc-Type:") and "ENCRYPTED" in each for each in headers):
        return (data, True) if len(data) >= 64 and len(data) % 8 == 0 else None
    inside = _sequence(data)
    if inside is None:
        return None
    if label == "ENCRYPTED ":
        return (data, True) if inside[:1] == b"\x30" else None
    # All others begin with a version, a small integer.
    return (data, False) if inside[:2] == b"\x02\x01" and inside[2:3] <= b"\x01" else None


def _decode(body: str) -> bytes | None:
    if not _BASE64.fullmatch(body):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        return None


def _sequence(data: bytes) -> bytes | None:
    """Return the content of the DER SEQUENCE that the bytes are as a whole, None if they are not."""
    if len(data) < 32 or data[0] != 0x30:
        return None
    size, at = data[1], 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    return data[at:] if len(data) - at == size else None


_OPENSSH = b"openssh-key-v1\0"


def _parse_openssh(data: bytes) -> tuple[bytes, bool] | None:
    """Walk the fields to the end: cipher, key derivation and its options, public keys, the private part."""
    if not data.startswith(_OPENSSH):
        return None
    at, fields, left = len(_OPENSSH), [], 3
    while left and at < len(data):
        size = _number(data, at, 4)
        fields.append(data[at + 4 : at + 4 + size])
        at += 4 + size
        left -= 1
        if len(fields) == 3:
            left = min(_number(data, at, 4), 100) + 1
            at += 4
    if left or at != len(data) or len(fields) < 5:
        return None
    return data, fields[0] != b"none"


_PUBLIC_NUMBERS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4, 18: 1, 19: 1, 22: 1}
"""How many numbers the public part of an OpenPGP key has, by algorithm (RFC 9580, section 9.1)."""

_PUBLIC_BYTES = {25: 32, 26: 56, 27: 32, 28: 57}
"""The size of the public part of the newer algorithms."""


def _parse_pgp(data: bytes) -> tuple[bytes, bool] | None:
    """Read the first packet, which must be a secret key; after its public part stands how it is encrypted."""
    if len(data) < 64 or not data[0] & 0x80:
        return None
    if data[0] & 0x40:
        tag, at = data[0] & 0x3F, 2 if data[1] < 192 else 3 if data[1] < 224 else 6
    else:
        tag, at = data[0] >> 2 & 0x0F, 1 + (1, 2, 4, 0)[data[0] & 3]
    if tag not in (5, 7) or data[at] not in (3, 4, 5, 6):
        return None
    algorithm = data[at + 5]
    if data[at] != 4 or algorithm not in {**_PUBLIC_NUMBERS, **_PUBLIC_BYTES}:
        return data, False
    at += 6 + _PUBLIC_BYTES.get(algorithm, 0)
    if algorithm in (18, 19, 22):
        at += 1 + _number(data, at, 1)  # the name of the curve
    for _ in range(_PUBLIC_NUMBERS.get(algorithm, 0)):
        at += 2 + (_number(data, at, 2) + 7) // 8
    if algorithm == 18:
        at += 1 + _number(data, at, 1)  # how the shared secret is wrapped
    return data, _number(data, at, 1) != 0


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")
