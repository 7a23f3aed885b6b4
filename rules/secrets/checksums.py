"""Checksums that issuers put into their tokens, each with its published source.

A correct checksum shows that the issuer's own software made a token: only one of hundreds of millions of
random texts would pass. The functions need only the token, and no key.
"""

from __future__ import annotations

import base64
import binascii
import string
import zlib
from collections.abc import Iterable

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BASE36 = string.digits + string.ascii_lowercase


def crc(text: str) -> int:
    """Return the CRC-32 of a text; a character beyond ASCII counts as a question mark."""
    return zlib.crc32(text.encode("ascii", "replace"))


def in_digits(value: int, alphabet: str, size: int) -> str:
    """Return a number in the digits of an alphabet, padded to a size with its zero."""
    digits = ""
    while value or len(digits) < size:
        value, digit = divmod(value, len(alphabet))
        digits = alphabet[digit] + digits
    return digits


def has_vercel_checksum(token: str) -> bool:
    """Return whether a token of Vercel ends in the CRC-32 of its 50 random characters, in base 62.

    Source: https://vercel.com/changelog/new-token-formats-and-secret-scanning
    """
    return in_digits(crc(token[4:-6]), _BASE62, 6) == token[-6:]


def has_gitlab_checksum(token: str) -> bool:
    """Return whether a routable token of GitLab ends in the CRC-32 of the text before it, in base 36.

    Source:
    https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/
    """
    return in_digits(crc(token[:-7]), _BASE36, 7) == token[-7:]


def has_grafana_checksum(token: str) -> bool:
    """Return whether a service account token of Grafana ends in the little-endian CRC-32 of the text before.

    Source: https://github.com/grafana/grafana/tree/main/pkg/components/satokengen
    """
    body, _, checksum = token.rpartition("_")
    return crc(body).to_bytes(4, "little").hex() == checksum


def has_cloudflare_checksum(token: str) -> bool:
    """Return whether a token of Cloudflare ends in the hexadecimal CRC-32 of the text before it.

    Cloudflare publishes the use of CRC-32 but not its input: the random part and the whole text are tried.
    Source: https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
    """
    body, checksum = token[:-8], token[-8:]
    return any(f"{crc(each):08x}" == checksum for each in (body, body.partition("_")[2]))


def has_zuplo_checksum(token: str) -> bool:
    """Return whether a key of Zuplo ends in the CRC-32 of its random part, in hexadecimal.

    Source: https://zuplo.com/docs/articles/api-key-leak-detection
    """
    _, body, checksum = token.split("_")
    return f"{crc(body):08x}" == checksum.lower()


_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# Alphabet and generators of BIP 173.
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _bech32_polymod(values: Iterable[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            if top >> bit & 1:
                remainder ^= generator
    return remainder


def _bech32_prefix(prefix: str) -> list[int]:
    return [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)]


def has_bech32_checksum(text: str) -> bool:
    """Return whether a text in bech32 ends in its own checksum.

    Source: https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
    """
    prefix, _, data = text.lower().rpartition("1")
    if not prefix or len(data) < 6 or set(data) - set(_BECH32):
        return False
    return _bech32_polymod([*_bech32_prefix(prefix), *map(_BECH32.index, data)]) == 1


def bech32(prefix: str, values: Iterable[int]) -> str:
    """Return five-bit numbers in bech32, with the checksum."""
    data = list(values)
    rest = _bech32_polymod([*_bech32_prefix(prefix), *data, *[0] * 6]) ^ 1
    checksum = [rest >> 5 * (5 - i) & 31 for i in range(6)]
    return f"{prefix}1{''.join(_BECH32[each] for each in data + checksum)}"


def marvin32(data: bytes, seed: int) -> int:
    """Return the 32 bits of Marvin, the checksum that Microsoft's services use.

    Source: https://github.com/microsoft/SymCrypt/blob/main/lib/marvin32.c; the tests repeat its self-test.
    """
    low, high = seed & 0xFFFFFFFF, seed >> 32

    def rotate(value: int, by: int) -> int:
        return (value << by | value >> 32 - by) & 0xFFFFFFFF

    def mix(low: int, high: int) -> tuple[int, int]:
        high ^= low
        low = (rotate(low, 20) + high) & 0xFFFFFFFF
        high = rotate(high, 9) ^ low
        low = (rotate(low, 27) + high) & 0xFFFFFFFF
        return low, rotate(high, 19)

    padded = data + b"\x80" + bytes(-(len(data) + 1) % 4)
    for at in range(0, len(padded), 4):
        low, high = mix((low + int.from_bytes(padded[at : at + 4], "little")) & 0xFFFFFFFF, high)
    low, high = mix(low, high)
    return low ^ high


AZURE_SEEDS = {
    "+ASt": ("Azure Storage", (0x44656661756C7430,)),
    "+ASb": ("Azure Service Bus", (0x53656E6430303030, 0x4D616E6167653030, 0x4C697374656E3030)),
    "+AEh": ("Azure Event Hubs", (0x53656E6430303030, 0x4D616E6167653030, 0x4C697374656E3030)),
    "+ARm": ("Azure Relay", (0x53656E6430303030, 0x4D616E6167653030, 0x4C697374656E3030)),
    "+ABa": ("Azure Batch", (0x4162416363743030,)),
    "+ACR": ("Azure Container Registry", (0x41435244666C7430,)),
    "ACDb": ("Azure Cosmos DB", (0x4D617374524F3030, 0x4D61737452573030)),
    "AzCa": ("Azure Cache for Redis", (0x4163636573733030,)),
    "AIoT": ("Azure IoT", (0x496F544875623030, 0x4470734B65793030, 0x4465766963653030)),
}
"""The service and the seeds of the checksum (one for each use), by the signature in a key.

Source: https://github.com/microsoft/security-utilities (IdentifiableMetadata), as of 2026-11.
"""


def azure_service(key: str) -> str | None:
    """Return the service of an Azure access key, by its signature and checksum; None without either.

    The last four bytes are the checksum of the bytes before; the four characters before it are the signature.
    """
    service, seeds = AZURE_SEEDS.get(key.rstrip("=")[-10:-6], ("", ()))
    if not seeds:
        return None
    try:
        data = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        return None
    checksum = int.from_bytes(data[-4:], "little")
    return service if any(marvin32(data[:-4], seed) == checksum for seed in seeds) else None


_ENTRA = string.ascii_lowercase + string.ascii_uppercase + "1234567890.-_~"
# "AadPwd00" in ASCII, from IdentifiableMetadata; see encode_entra_checksum.
_ENTRA_SEED = 0x4161645077643030


def encode_entra_checksum(body: str) -> str:
    """Return the last three characters of a newer client secret of Entra: the beginning of its checksum.

    Source: https://github.com/microsoft/security-utilities (IdentifiableMetadata), as of 2026-11.
    """
    return in_digits(marvin32(body.encode("latin-1", "replace"), _ENTRA_SEED), _ENTRA, 1)[:3]


def has_entra_checksum(secret: str) -> bool:
    """Return whether a client secret of Entra ends in the checksum of newer secrets."""
    return secret[3:6] == "8Q~" and encode_entra_checksum(secret[:-3]) == secret[-3:]
