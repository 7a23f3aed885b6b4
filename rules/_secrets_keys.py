"""Private keys: a marker is not a key, so the body between the markers is parsed.

A key is written in many ways: as it is, indented or commented out, on one line, in string literals, with
the escapes of JSON, of URLs, of HTML or of mail. All of them are undone before it is decoded.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from pkgaudit.rules._secrets_key_formats import (
    crc24,
    is_der_key,
    is_encrypted_der_key,
    openssh_is_encrypted,
    pgp_is_encrypted,
    putty_is_right,
)
from pkgaudit.rules._secrets_proof import decode_base64

LITERALS = (
    *(b"PRIVATE KEY", b"PRIVATE%20KEY", b"PRIVATE+KEY", b"PRIVATE=20KEY"),
    b"PuTTY-User-Key-File-",
    *(b'"kty"', b'kty\\"', b"'kty'"),
)
"""What stands in every text that has a key."""

LONGEST = 1 << 16
"""Characters; no key is longer."""

_SPACE = r"(?: |%20|\+|=20)"
_BEGIN = re.compile(
    rf"-{{4,5}} ?BEGIN{_SPACE}((?:[A-Z0-9]{{1,20}}{_SPACE}){{0,3}})PRIVATE{_SPACE}KEY({_SPACE}BLOCK)?-{{4,5}}"
)
_JOINT = re.compile(r"""["'`][\s+,.&\\]{0,200}[bBrRuU]{0,2}["'`]""")
_HEADER = re.compile(r"[A-Z][\w-]{0,40}:")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_MARGIN = re.compile(r"(?:[ \t\"'`,;()#>*|-]|//(?= )){1,80}")
_ACCOUNT = re.compile(r"type\\{0,4}[\"']\s{0,4}:\s{0,4}\\{0,4}[\"']service_account")

KINDS = {
    "RSA ": "RSA private key",
    "EC ": "EC private key",
    "DSA ": "DSA private key",
    "": "private key (PKCS #8)",
    "ENCRYPTED ": "private key (PKCS #8)",
    "OPENSSH ": "OpenSSH private key",
    "PGP ": "OpenPGP private key",
}
SERVICE_ACCOUNT = "private key of a Google service account"
WEB_KEY = "private JSON Web Key"


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
    if "PRIVATE" in text:
        yield from _find_armored(text)
    if "PuTTY-User-Key-File-" in text:
        yield from _find_putty(text)
    if "kty" in text:
        yield from _find_web_keys(text)


def _find_armored(text: str) -> Iterator[Key]:
    begins = list(_BEGIN.finditer(text))
    for begin, after in zip_longest(begins, begins[1:]):
        limit = min(begin.end() + LONGEST, after.start() if after else len(text))
        end = text.find("-----END", begin.end(), limit)
        label = re.sub(_SPACE, " ", begin[1])
        if end < 0 or label not in KINDS:
            continue
        parsed = _parse(label, text[begin.end() : end])
        if parsed is None:
            continue
        kind = KINDS[label]
        if label == "" and _ACCOUNT.search(text, max(0, begin.start() - 3000), end + 3000):
            kind = SERVICE_ACCOUNT
        stop = text.find("-----", end + 8, end + 80)
        yield Key(kind, begin.start(), stop + 5 if stop >= 0 else end + 8, *parsed)


_ESCAPES = (
    (re.compile(r"\\{1,8}u000[aAdD]|\\{1,8}[nr]|%0[aAdD]|&#(?:10|13|x0{0,2}[aAdD]);|<br ?/?>"), "\n"),
    (re.compile(r"\\{1,8}u002[bB]|%2[bB]|&#(?:43|x2[bB]);"), "+"),
    (re.compile(r"\\{1,8}u002[fF]|%2[fF]|&#(?:47|x2[fF]);"), "/"),
    (re.compile(r"\\{1,8}u003[dD]|%3[dD]|&#(?:61|x3[dD]);"), "="),
    (re.compile(r"%3[aA]"), ":"),
    (re.compile(r"\\{1,8}t|%20|&nbsp;"), " "),
)


def _unescape(raw: str) -> str:
    """Return a body without what it was escaped with."""
    if "=3D" in raw or raw.count("=\n") + raw.count("=\r\n") > 1:  # mail; padding alone ends one line
        raw = re.sub(r"=\r?\n(?=[A-Za-z0-9+/])", "", raw).replace("=3D", "=").replace("=20", " ")
    if "\\" in raw or "%" in raw or "&" in raw or "<" in raw:
        for pattern, plain in _ESCAPES:
            raw = pattern.sub(plain, raw)
    return _JOINT.sub("\n", raw.replace("\\", ""))


def _parse(label: str, raw: str) -> tuple[bytes, bool] | None:
    """Return the bytes of a body and whether they are encrypted, None if they are not a key."""
    headers, lines, checksum = [], [], None
    for line in _unescape(raw).splitlines():
        margin = _MARGIN.match(line)
        part = (line[margin.end() :] if margin else line).rstrip(" \t\"'`,;()#>|")
        if _HEADER.match(part):
            headers.append(part)
        elif label == "PGP " and re.fullmatch(r"=[A-Za-z0-9+/]{4}", part):
            checksum = part[1:]
            break  # the checksum ends the body
        else:
            lines.append("".join(part.split()))
    data = _decode("".join(lines))
    if data is None:
        return None
    encrypted: bool | None
    if label == "OPENSSH ":
        encrypted = openssh_is_encrypted(data)
    elif label == "PGP ":
        wrong = checksum is not None and base64.b64decode(checksum) != crc24(data)
        encrypted = None if wrong else pgp_is_encrypted(data)
    elif any(each.startswith("Proc-Type:") and "ENCRYPTED" in each for each in headers):
        encrypted = True if len(data) >= 64 and len(data) % 8 == 0 else None
    elif label == "ENCRYPTED ":
        encrypted = True if is_encrypted_der_key(data) else None
    else:
        encrypted = False if is_der_key(data) else None
    return None if encrypted is None else (data, encrypted)


def _decode(body: str) -> bytes | None:
    if not _BASE64.fullmatch(body):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        return None


_PUTTY = re.compile(
    r"PuTTY-User-Key-File-([23]): ?([\w@.-]{1,60})\r?\n"
    r"Encryption: ?([\w-]{1,40})\r?\n"
    r"Comment: ?([^\r\n]{0,500})\r?\n"
    r"Public-Lines: ?[0-9]{1,4}\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}\r?\n){1,400})"
    r"(?:(?:Key-Derivation|Argon2-[\w-]{1,20}): ?[\w-]{1,100}\r?\n){0,6}"
    r"Private-Lines: ?[0-9]{1,4}\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}\r?\n){1,400})"
    r"Private-(MAC|Hash): ?([0-9a-f]{40,64})"
)


def _find_putty(text: str) -> Iterator[Key]:
    for match in _PUTTY.finditer(text):
        version, algorithm, encryption, comment, public_lines, private_lines, code, mac = match.groups()
        public, private = (_decode("".join(each.split())) for each in (public_lines, private_lines))
        if public is None or private is None:
            continue
        if encryption != "none":
            yield Key("PuTTY private key", match.start(), match.end(), private, True)
            continue
        head = [algorithm.encode(), encryption.encode(), comment.encode("utf-8", "surrogatepass")]
        latin = [*head[:2], comment.encode("latin-1", "replace")]
        if code == "Hash" or any(
            putty_is_right(each, public, private, mac, version) for each in (head, latin)
        ):
            yield Key("PuTTY private key", match.start(), match.end(), private, False)


_KTY = re.compile(r"[\"']kty\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"'](RSA|EC|OKP)\\{0,4}[\"']")
_MEMBER = re.compile(
    r"[\"'](d|n|p|q|crv)\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"']([A-Za-z0-9_-]{5,1400})={0,2}\\{0,4}[\"']"
)
_WEB_KEY_REACH = 8192
_CURVE_BYTES = {
    "P-256": 32,
    "secp256k1": 32,
    "P-384": 48,
    "P-521": 66,
    "Ed25519": 32,
    "X25519": 32,
    "Ed448": 57,
    "X448": 56,
}


def _find_web_keys(text: str) -> Iterator[Key]:
    """Yield private keys in JSON (RFC 7517, 7518, 8037): numbers of the right size that fit each other."""
    done = 0
    for kind in _KTY.finditer(text):
        start = text.rfind("{", max(done, kind.start() - _WEB_KEY_REACH), kind.start())
        end = text.find("}", kind.end(), kind.end() + _WEB_KEY_REACH)
        if start < 0 or end < 0:
            continue
        members = {each[1]: each[2] for each in _MEMBER.finditer(text, start, end)}
        secret = decode_base64(members.get("d", ""))
        if not secret:
            continue
        if kind[1] == "RSA":
            n, p, q = (int.from_bytes(decode_base64(members.get(name, "")) or b"", "big") for name in "npq")
            right = n > 1 << 500 and len(secret) * 8 > n.bit_length() // 2 and (not p or p * q == n)
        else:
            right = len(secret) == _CURVE_BYTES.get(members.get("crv", ""))
        if right:
            done = end + 1
            yield Key(WEB_KEY, start, done, secret, False)
