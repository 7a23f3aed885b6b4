"""Recognize key stores and private-key files by content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from pkgaudit.rules.secrets.keys import find_keys
from pkgaudit.rules.secrets.logins.model import LONGEST, Credential, decode

_KEY_BAGS = (
    bytes.fromhex("060b2a864886f70d010c0a0101"),
    bytes.fromhex("060b2a864886f70d010c0a0102"),
)
"""The object identifiers of a key and of an encrypted key in PKCS #12 (RFC 7292, appendix D)."""


def find_in_store(data: bytes) -> Iterator[Credential]:
    """Yield the private keys or passwords of a key store, nothing if it only contains certificates.

    Sources: https://datatracker.ietf.org/doc/html/rfc7292 (PKCS #12),
    https://github.com/openjdk/jdk/blob/master/src/java.base/share/classes/sun/security/provider/JavaKeyStore.java
    and https://keepass.info/help/kb/kdbx.html.
    """
    data = data[:LONGEST]
    what, weak = "", False
    if _is_pkcs12(data):
        what = "a private key (PKCS #12)" if _has_key_bag(data) else ""
    elif data[:4] in (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"):
        what, weak = _java(data)
    elif data[:4] == b"\x03\xd9\xa2\x9a" and data[4:8] in (
        b"\x65\xfb\x4b\xb5",
        b"\x66\xfb\x4b\xb5",
        b"\x67\xfb\x4b\xb5",
    ):
        what = "a KeePass database"
    else:
        yield from find_in_key_file(decode(data))
    if what:
        # The content of the store cannot be read, so the store itself is the credential.
        yield Credential(what, sha256(data).hexdigest(), 0, weak)


def _is_pkcs12(data: bytes) -> bool:
    """Return whether the bytes are a SEQUENCE that begins with version 3 and a content type."""
    # 0x30 is the tag of a SEQUENCE; every store has more than 16 bytes.
    if len(data) < 16 or data[0] != 0x30:
        return False
    # Above 0x80, the length is in that many more bytes (X.690, section 8.1.3).
    head = 2 + (data[1] & 0x7F if data[1] > 0x80 else 0)
    return data[head : head + 3] == b"\x02\x01\x03" and data[head + 3 : head + 4] == b"\x30"


def _has_key_bag(data: bytes) -> bool:
    # In a constructed string, an identifier may be split: in doubt, the file has a key.
    return any(each in data for each in _KEY_BAGS) or b"\x24\x80" in data[:200]


_MOST_ENTRIES = 10_000
"""Entries of a store that are read: a bound on hostile files. The store of the usual CAs has about 150."""


def _java(data: bytes) -> tuple[str, bool]:
    """Return the content of a Java key store, empty if it is valid and only has trusted certificates."""
    magic, version, count, at = data[:4], _number(data, 4), _number(data, 8), 12
    if version not in (1, 2) or not count:
        return "", False
    trusted = 0
    for _ in range(min(count, _MOST_ENTRIES)):
        tag = _number(data, at)
        size = int.from_bytes(data[at + 4 : at + 6], "big")
        alias = data[at + 6 : at + 6 + size]
        at += 6 + size + 8
        if tag in (1, 3) and (tag == 1 or magic == b"\xce\xce\xce\xce"):
            # The debug key of Android's tools has a well-known password.
            weak = alias.lower() == b"androiddebugkey"
            return "a private key (Java key store)" if tag == 1 else "a secret key (Java key store)", weak
        if tag != 2:
            break
        if version == 2:
            at += 2 + int.from_bytes(data[at : at + 2], "big")
        at += 4 + _number(data, at)
        if at > len(data):
            break
        trusted += 1
    whole = trusted == min(count, _MOST_ENTRIES)
    return ("", False) if whole or trusted else ("a damaged Java key store", True)


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


_MARKER = re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE" + r" KEY-----\s{0,9}(\S{40,})")
_HEADED = re.compile(r"PuTTY-User-" + r"Key-File-[0-9]{1,2}:")


def find_in_key_file(text: str) -> Iterator[Credential]:
    """Yield the private keys of a text, else a damaged key that still has its marker and a line."""
    known = False
    for key in find_keys(text):
        known = True
        line = text.count("\n", 0, key.start) + 1
        yield Credential(
            f"an {'encrypted' if key.encrypted else 'unencrypted'} {key.kind}",
            key.data.hex(),
            line,
            weak=key.encrypted,
        )
        if not key.encrypted:
            return
    if known:
        return
    marker = _MARKER.search(text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        yield Credential("a damaged private key", marker[2], line)
        return
    putty = _HEADED.search(text)
    body = re.search(r"Private-Lines: ?[0-9]{1,4}\s{1,4}(\S{40,})", text) if putty else None
    if putty and body:
        yield Credential("a damaged PuTTY private key", body[1], text.count("\n", 0, putty.start()) + 1)
