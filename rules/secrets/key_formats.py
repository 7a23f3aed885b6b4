"""The structures of private keys, each parsed to its last byte to reject bytes that only begin like a key."""

from __future__ import annotations

import hmac
from hashlib import sha1, sha256

INTEGER, OCTETS, OID, SEQUENCE, PARAMETERS, PUBLIC = 0x02, 0x04, 0x06, 0x30, 0xA0, 0xA1


def der_items(data: bytes, at: int = 0, end: int | None = None) -> list[tuple[int, int, int]] | None:
    """Return the tag, start and end of each value in DER, None if the bytes are not DER to the end."""
    items: list[tuple[int, int, int]] = []
    end = len(data) if end is None else end
    while at < end:
        # A bound on hostile bytes: structures of keys have at most ten values.
        if at + 2 > end or len(items) > 100:
            return None
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            if not 0 < count <= 4 or at + count > end:
                return None
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > end:
            return None
        items.append((tag, at, at + size))
        at += size
    return items


def is_der_key(data: bytes) -> bool:
    """Return whether bytes are a key of RSA (RFC 8017), DSA, EC (RFC 5915) or PKCS #8 (RFC 5958)."""
    return _label(data) is not None


def _label(data: bytes) -> str | None:
    """Return the text before "PRIVATE KEY" in the marker of a key, None if the bytes are not a key."""
    whole = der_items(data)
    if not whole or len(whole) != 1 or whole[0][0] != SEQUENCE:
        return None
    items = der_items(data, *whole[0][1:])
    if not items or items[0][0] != INTEGER or data[items[0][1] : items[0][2]] not in (b"\0", b"\1"):
        return None
    right, label = False, ""
    match [tag for tag, _, _ in items]:
        case [0x02, *numbers] if len(numbers) in (5, 8, 9):
            # A key of more than two primes ends in the list of the other primes. 32 bytes are a modulus of
            # 256 bits: smaller keys are exercises, and any list of numbers would match.
            right = all(tag == INTEGER for tag in numbers[:8]) and items[1][2] - items[1][1] >= 32
            label = "DSA " if len(numbers) == 5 else "RSA "
        case [0x02, 0x04, *rest]:
            known = rest in ([PARAMETERS, PUBLIC], [PARAMETERS], [PUBLIC], [])
            # 16 bytes are a curve of 128 bits; smaller curves (secp112r1 of SEC 2, version 1) are not in use.
            right, label = known and items[1][2] - items[1][1] >= 16, "EC "
        case [0x02, 0x30, 0x04, *rest]:
            inner = der_items(data, *items[1][1:]) or [(0, 0, 0)]
            # 20 bytes are chosen: the smallest inner key, of Ed25519, has 34.
            right = inner[0][0] == OID and len(rest) <= 2 and items[2][2] - items[2][1] >= 20
    return label if right else None


_PKCS = bytes.fromhex("2a864886f70d01")
"""The prefix of the object identifiers for key encryption, which hash functions do not have."""


def der_file_label(data: bytes) -> str | None:
    """Return the label of a key without a marker, None if the bytes are not a key.

    The label of an encrypted key is "ENCRYPTED ". Other data is similar: an SNMP message resembles an EC key,
    a digest with its algorithm an encrypted key.
    """
    if is_encrypted_der_key(data):
        first = _inside(data, 0)
        return "ENCRYPTED " if data[first[0][1] : first[0][2]].startswith(_PKCS) else None
    label = _label(data)
    if label == "EC ":
        version, parameters = _items(data)[0], _inside(data, 2)
        right = data[version[1] : version[2]] == b"\1" and len(parameters) == 1
        return label if right and parameters[0][0] in (OID, SEQUENCE, 0x03) else None
    return None if label == "" and len(_inside(data, 2)) != 1 else label


def _items(data: bytes) -> list[tuple[int, int, int]]:
    """Return the values of a sequence."""
    whole = der_items(data)
    return (der_items(data, *whole[0][1:]) if whole else None) or []


def _inside(data: bytes, number: int) -> list[tuple[int, int, int]]:
    """Return the values inside one value of a sequence."""
    items = _items(data)
    return (der_items(data, *items[number][1:]) if len(items) > number else None) or []


def is_encrypted_der_key(data: bytes) -> bool:
    """Return whether bytes are an encrypted PKCS #8 key: the algorithm, then the encrypted key."""
    whole = der_items(data)
    if not whole or len(whole) != 1 or whole[0][0] != SEQUENCE:
        return False
    items = der_items(data, *whole[0][1:])
    if not items or [tag for tag, _, _ in items] != [SEQUENCE, OCTETS]:
        return False
    inner = der_items(data, *items[0][1:]) or [(0, 0, 0)]
    # Chosen: 24 bytes are three DES blocks, and every encrypted key has more.
    return inner[0][0] == OID and items[1][2] - items[1][1] >= 24


_OPENSSH = b"openssh-key-v1\0"


def openssh_is_encrypted(data: bytes) -> bool | None:
    """Return whether an OpenSSH key is encrypted, None if the bytes are not a key.

    The parts are the cipher, the key derivation and its options, the public keys, and the private part, which
    begins with the same number twice.
    Source: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
    """
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
    # 32 bytes: the two check numbers, the algorithm's name and a key are longer together.
    if left or at != len(data) or len(fields) < 5 or len(fields[-1]) < 32:
        return None
    if fields[0] != b"none":
        return True
    private = fields[-1]
    # After the two check numbers comes the size of the algorithm's name, which is below 256.
    return False if private[:4] == private[4:8] and private[8:11] == b"\0\0\0" else None


def putty_is_right(head: list[bytes], public: bytes, private: bytes, mac: str, version: str) -> bool:
    """Return whether the message authentication code of an unencrypted PuTTY key is correct.

    ``head``: the algorithm, the encryption, and the comment.
    Source: https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html
    """
    message = b"".join(len(each).to_bytes(4, "big") + each for each in (*head, public, private))
    if version == "2":
        key = sha1(b"putty-private-key-file-mac-key", usedforsecurity=False).digest()
        return hmac.new(key, message, "sha1").hexdigest() == mac.lower()
    return hmac.new(b"", message, sha256).hexdigest() == mac.lower()


def crc24(data: bytes) -> bytes:
    """Return the checksum of an OpenPGP armor (RFC 9580, section 6.1.1)."""
    value = 0xB704CE
    for byte in data:
        value ^= byte << 16
        for _ in range(8):
            value <<= 1
            if value & 0x1000000:
                value ^= 0x1864CFB
    return value.to_bytes(3, "big")


_PUBLIC_NUMBERS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4, 18: 1, 19: 1, 22: 1}
"""Numbers in the public part of an OpenPGP key, by algorithm (RFC 9580, section 9.1)."""

_PUBLIC_BYTES = {25: 32, 26: 56, 27: 32, 28: 57}
"""The size of the public part of the newer algorithms."""


def pgp_is_encrypted(data: bytes) -> bool | None:
    """Return whether the secret key at the beginning of an OpenPGP message is encrypted, None without a key.

    The encryption follows the public part of the key; more packets may follow the key.
    """
    # 64 bytes: the packet of the smallest key (Ed25519) has more.
    if len(data) < 64 or not data[0] & 0x80:
        return None
    if data[0] & 0x40:
        tag, first = data[0] & 0x3F, data[1]
        size, at = first, 2
        # Lengths with five, two and one bytes: RFC 9580, section 4.2.1.
        if first == 255:
            size, at = _number(data, 2, 4), 6
        elif 192 <= first < 224:  # as there
            size, at = (first - 192 << 8) + data[2] + 192, 3
    else:
        tag, width = data[0] >> 2 & 0x0F, (1, 2, 4, 0)[data[0] & 3]
        size, at = _number(data, 1, width) if width else len(data) - 1, 1 + width
    # Tags of a secret key and subkey, and the known versions; a shorter packet cannot contain the numbers.
    if tag not in (5, 7) or data[at] not in (3, 4, 5, 6) or at + size > len(data) or size < 40:
        return None
    algorithm = data[at + 5]
    if data[at] != 4 or algorithm not in {**_PUBLIC_NUMBERS, **_PUBLIC_BYTES}:
        return False
    at += 6 + _PUBLIC_BYTES.get(algorithm, 0)
    # 18 is ECDH, 19 ECDSA, 22 EdDSA: https://www.rfc-editor.org/rfc/rfc9580#section-9.1
    if algorithm in (18, 19, 22):
        at += 1 + _number(data, at, 1)  # the name of the curve
    for _ in range(_PUBLIC_NUMBERS.get(algorithm, 0)):
        at += 2 + (_number(data, at, 2) + 7) // 8
    if algorithm == 18:  # ECDH, as above
        at += 1 + _number(data, at, 1)  # the parameters for wrapping the shared secret
    return _number(data, at, 1) != 0


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")
