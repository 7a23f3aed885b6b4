"""Find private keys: a marker is not a key, so the body between the markers is parsed.

A key may be written in many ways: unchanged, indented or commented out, on one line, in string literals, with
the escapes of JSON, URLs, HTML or mail. All of this is undone before the key is decoded.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import zip_longest

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.key_formats import (
    crc24,
    der_file_label,
    is_der_key,
    is_encrypted_der_key,
    openssh_is_encrypted,
    pgp_is_encrypted,
    putty_is_right,
)
from pkgaudit.rules.secrets.proof import decode_base64

_ENCODED = "LS0tLS1C" + "RUdJTi"
"""The beginning of a key with its markers in base64."""

LITERALS = (
    *(b"PRIVATE KEY", b"PRIVATE%20KEY", b"PRIVATE+KEY", b"PRIVATE=20KEY"),
    b"PuTTY-User-Key-File-",
    *(b'"kty"', b'kty\\"', b"'kty'"),
    _ENCODED.encode(),
)
"""Every text with a key contains one of these."""

LONGEST = 1 << 16
"""Characters of the longest key."""

LONGEST_FILE = 20_000
"""Bytes of the longest key in a DER file."""

_SPACE = r"(?: |%20|\+|=20)"
_BEGIN = lazy(
    rf"-{{4,5}} ?BEGIN{_SPACE}((?:[A-Z0-9]{{1,20}}{_SPACE}){{0,3}})PRIVATE{_SPACE}KEY({_SPACE}BLOCK)?-{{4,5}}"
)
_JOINT = lazy(r"""["'`][\s+,.&\\]{0,200}[bBrRuU]{0,2}["'`]""")
_HEADER = lazy(r"[A-Z][\w-]{0,40}:")
_BASE64 = lazy(r"[A-Za-z0-9+/]+={0,2}")
# Characters that comments, string literals, lists and quotations put before a line of a key.
_MARGIN = lazy(r"(?:[ \t\"'`,;()#>*|-]|//(?= )){1,80}")
_ACCOUNT = lazy(r"type\\{0,4}[\"']\s{0,4}:\s{0,4}\\{0,4}[\"']service_account")

# By the labels of RFC 7468, OpenSSL, OpenSSH and OpenPGP. Other labels (`X25519`, `ANY`) have no known
# format.
KINDS = {
    "RSA ": "RSA private key",
    "EC ": "EC private key",
    "DSA ": "DSA private key",
    "": "PKCS #8 private key",
    "ENCRYPTED ": "PKCS #8 private key",
    "OPENSSH ": "OpenSSH private key",
    "PGP ": "OpenPGP private key",
}
SERVICE_ACCOUNT = "Google service account private key"
WEB_KEY = "private JSON Web Key"


@dataclass(frozen=True)
class Key:
    """A private key from ``start`` to ``end`` in the text; ``data`` is its decoded body.

    ``label`` is the kind in its first line, None without a marker.
    """

    kind: str
    start: int
    end: int
    data: bytes
    encrypted: bool
    label: str | None = None


def find_keys(text: str) -> Iterator[Key]:
    """Yield the private keys whose body parses, in linear time."""
    if "PRIVATE" in text:
        yield from _find_armored(text)
    if _ENCODED in text:
        yield from _find_encoded(text)
    if "PuTTY-User-Key-File-" in text:
        yield from _find_putty(text)
    if "kty" in text:
        yield from _find_web_keys(text)


def find_der_key(data: bytes) -> Key | None:
    """Return the private key in DER that consists of all the bytes, None if they are not a key."""
    if data[:1] != b"\x30" or len(data) > LONGEST_FILE:
        return None
    label = der_file_label(data)
    return None if label is None else Key(KINDS[label], 0, len(data), data, label == "ENCRYPTED ")


def _find_armored(text: str) -> Iterator[Key]:
    begins = list(_BEGIN.finditer(text))
    for begin, after in zip_longest(begins, begins[1:]):
        limit = min(begin.end() + LONGEST, after.start() if after else len(text))
        end = text.find("-----END", begin.end(), limit)
        label = re.sub(_SPACE, " ", begin[1])
        if end < 0 or label not in KINDS:
            continue
        body = text[begin.end() : end]
        parsed = _parse(label, body) or _parse_difference(label, body)
        if parsed is None:
            continue
        kind = KINDS[label]
        # 3000: the members of a service account are close together in one object.
        if label == "" and _ACCOUNT.search(text, max(0, begin.start() - 3000), end + 3000):
            kind = SERVICE_ACCOUNT
        stop = text.find("-----", end + 8, end + 80)
        yield Key(kind, begin.start(), stop + 5 if stop >= 0 else end + 8, *parsed, label)


# Base64 over several lines, whose ends may be escaped repeatedly; 1000 and 80 only bound the time.
_RUN = lazy(
    r"[A-Za-z0-9+/]+(?:(?:\r?\n|\r|\\{1,4}n|\\{1,4}r\\{1,4}n)[ \t]{0,80}[A-Za-z0-9+/]{1,1000}"
    r"(?=={0,2}(?:[\s\"'\\]|\Z)))*"
)
_BREAK = lazy(r"\\+[rn]|\s+")


def _find_encoded(text: str) -> Iterator[Key]:
    """Yield the keys that are encoded in base64 together with their markers, on one line or several."""
    at = text.find(_ENCODED)
    while at >= 0:
        run = _RUN.match(text, at, at + LONGEST)
        end = run.end() if run else at + len(_ENCODED)
        body = _BREAK.sub("", text[at:end])
        plain = (_decode(body[: len(body) // 4 * 4]) or b"") + (_decode(_padded(body)) or b"")
        padding = 2 if text.startswith("==", end) else text.startswith("=", end)
        if b"PRIVATE" in plain:
            for key in _find_armored(plain.decode("latin-1")):
                yield Key(key.kind, at, end + padding, key.data, key.encrypted)
        at = text.find(_ENCODED, end)


def _padded(body: str) -> str:
    """Return the incomplete last group of base64 characters, padded."""
    rest = body[len(body) // 4 * 4 :]
    return rest + "=" * (-len(rest) % 4)


def _parse_difference(label: str, body: str) -> tuple[bytes, bool] | None:
    """Parse a body in which each line begins with the mark of a diff."""
    for text in (body, _unescape(body)):
        plain = _without_marks(text)
        parsed = None if plain is None else _parse(label, plain)
        if parsed is not None:
            return parsed
    return None


def _without_marks(text: str) -> str | None:
    """Return lines without the mark at the beginning of all but the first, None if a line has no mark.

    The mark is also a character of base64.
    """
    first, *lines = text.splitlines() or [""]
    marked = [line for line in lines if line.strip() and not _HEADER.match(line)]
    for mark in "+-":
        if marked and all(line[0] == mark for line in marked):
            return "\n".join([first, *(line.removeprefix(mark) for line in lines)])
    return None


# Line ends, `+`, `/`, `=`, colons and blanks as JSON, JavaScript, URLs and HTML escape them. JSON inside JSON
# doubles the backslashes: eight of them for three levels.
_ESCAPES = (
    (lazy(r"\\{1,8}u000[aAdD]|\\{1,8}[nr]|%0[aAdD]|&#(?:10|13|x0{0,2}[aAdD]);|<br ?/?>"), "\n"),
    (lazy(r"\\{1,8}u002[bB]|%2[bB]|&#(?:43|x2[bB]);"), "+"),
    (lazy(r"\\{1,8}u002[fF]|%2[fF]|&#(?:47|x2[fF]);"), "/"),
    (lazy(r"\\{1,8}u003[dD]|%3[dD]|&#(?:61|x3[dD]);"), "="),
    (lazy(r"%3[aA]"), ":"),
    (lazy(r"\\{1,8}t|%20|&nbsp;"), " "),
)


def _unescape(raw: str) -> str:
    """Return a body without escapes."""
    if "=3D" in raw or raw.count("=\n") + raw.count("=\r\n") > 1:  # mail; padding ends only one line
        raw = re.sub(r"=\r?\n(?=[A-Za-z0-9+/])", "", raw).replace("=3D", "=").replace("=20", " ")
    if "\\" in raw or "%" in raw or "&" in raw or "<" in raw:
        for pattern, plain in _ESCAPES:
            raw = pattern.sub(plain, raw)
    return _JOINT.sub("\n", raw.replace("\\", ""))


def _parse(label: str, raw: str) -> tuple[bytes, bool] | None:
    """Return the bytes of a body and whether the key is encrypted, None if they are not a key."""
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
        # RFC 1421: the encrypted data consists of whole blocks of 8 or 16 bytes; even a small EC key has more
        # than 64.
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


# Versions 2 and 3 of the format: https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html
_PUTTY = lazy(
    r"PuTTY-User-Key-File-([23]): ?([\w@.-]{1,60})\r?\n"
    r"Encryption: ?([\w-]{1,40})\r?\n"
    r"Comment: ?([^\r\n]{0,500})\r?\n"
    r"Public-Lines: ?[0-9]{1,4}\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}\r?\n){1,400})"
    r"(?:(?:Key-Derivation|Argon2-[\w-]{1,20}): ?[\w-]{1,100}\r?\n){0,6}"
    r"Private-Lines: ?[0-9]{1,4}\r?\n((?:[A-Za-z0-9+/]{1,80}={0,2}\r?\n){1,400})"
    r"Private-(MAC|Hash): ?([0-9a-f]{40,64})"
)


_PUTTY_BEGIN = lazy(r"PuTTY-User-Key-File-[23]")
# 40 digits are SHA-1 (version 2), 64 are SHA-256 (version 3).
_PUTTY_END = lazy(r"Private-(?:MAC|Hash)(?::|%3[aA])(?: |%20|\+)?[0-9a-f]{40,64}")


def _find_putty(text: str) -> Iterator[Key]:
    begins = [begin.start() for begin in _PUTTY_BEGIN.finditer(text)]
    for start, after in zip_longest(begins, begins[1:], fillvalue=len(text)):
        last = _PUTTY_END.search(text, start, min(start + LONGEST, after))
        if last is None:
            continue
        raw, end = text[start : last.end()], last.end()
        match = _PUTTY.match(raw) or _PUTTY.match(_plain_lines(raw))
        if match is None and (unmarked := _without_marks(raw)):
            match = _PUTTY.match(unmarked) or _PUTTY.match(_plain_lines(unmarked))
        if match is None:
            continue
        version, algorithm, encryption, comment, public_lines, private_lines, code, mac = match.groups()
        public, private = (_decode("".join(each.split())) for each in (public_lines, private_lines))
        if public is None or private is None:
            continue
        if encryption != "none":
            yield Key("PuTTY private key", start, end, private, True)
            continue
        head = [algorithm.encode(), encryption.encode(), comment.encode("utf-8", "surrogatepass")]
        latin = [*head[:2], comment.encode("latin-1", "replace")]
        if code == "Hash" or any(
            putty_is_right(each, public, private, mac, version) for each in (head, latin)
        ):
            yield Key("PuTTY private key", start, end, private, False)


def _plain_lines(raw: str) -> str:
    """Return the lines of a text without escapes and without the characters around them."""
    lines = []
    for line in _unescape(raw).splitlines():
        margin = _MARGIN.match(line)
        lines.append((line[margin.end() :] if margin else line).rstrip(" \t\"'`,;()#>|"))
    return "\n".join(filter(None, lines))


# The types of RFC 7518 and RFC 8037 that have private parts; `oct` is a shared secret without a structure.
_KTY = lazy(r"[\"']kty\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"'](RSA|EC|OKP)\\{0,4}[\"']")
# A number of 8192 bits has less than 1400 characters; the shortest curve name has 5.
_MEMBER = lazy(
    r"[\"'](d|n|p|q|crv)\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"']([A-Za-z0-9_-]{5,1400})={0,2}\\{0,4}[\"']"
)
_WEB_KEY_REACH = 8192
"""Characters between the braces of a key and its type: an RSA key of 8192 bits has about 6,200 in total."""

# Bytes of the private number by curve: RFC 7518, section 6.2.2, RFC 8037 and RFC 8812.
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
    """Yield private keys in JSON (RFC 7517, 7518, 8037) whose numbers have the right size and match."""
    done = near = opens = closes = 0
    for kind in _KTY.finditer(text):
        if kind.start() < done:
            continue  # in braces that were already checked
        opens = max(text.rfind("{", near, kind.start()), opens if opens >= done else -1)
        near = kind.start()
        if closes < kind.end():
            closes = text.find("}", kind.end())
            if closes < 0:
                return
        if opens < max(done, kind.start() - _WEB_KEY_REACH) or closes >= kind.end() + _WEB_KEY_REACH:
            continue
        inner = text.find("{", kind.end(), closes)
        start, done = opens, (inner if inner >= 0 else closes + 1)
        members = {each[1]: each[2] for each in _MEMBER.finditer(text, start, done)}
        secret = decode_base64(members.get("d", ""))
        if not secret:
            continue
        if kind[1] == "RSA":
            n, p, q = (int.from_bytes(decode_base64(members.get(name, "")) or b"", "big") for name in "npq")
            # Chosen: the smallest keys that libraries generate have 512 bits.
            right = n > 1 << 500 and len(secret) * 8 > n.bit_length() // 2 and (not p or p * q == n)
        else:
            right = len(secret) == _CURVE_BYTES.get(members.get("crv", ""))
        if right:
            yield Key(WEB_KEY, start, done, secret, False)
