"""Read Kubernetes Secret manifests, whose base64 values everybody can decode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from pkgaudit.late import lazy
from pkgaudit.rules.secrets.logins.formats import find_credentials
from pkgaudit.rules.secrets.logins.model import (
    MOST,
    Credential,
    Entry,
    decode,
    from_base64,
    is_placeholder,
    is_weak,
    url_logins,
)
from pkgaudit.rules.secrets.logins.stores import find_in_key_file
from pkgaudit.rules.secrets.logins.yaml import read_yaml

# Keys of Secrets with values that accompany a password: names, addresses, certificates and public keys.
_HARMLESS_KEY = lazy(
    r"(?:.*[_.-])?(?:user(?:[_-]?names?)?|login|host(?:name)?|port|name|namespace|database|db(?:[_-]?name)?|endpoint"
    r"|region|email|server|type|scheme|driver|bucket|domain|ca|ca\.crt|tls\.crt|cert(?:ificate)?|crt|pub|public[_-]?key"
    r"|project|project[_-]?id|client[_-]?id|tenant[_-]?id|enabled|debug|path|version|environment|env|org(?:anization)?)"
    r"|id|.*(?:[_-]id|\.crt|\.pub|\.cert)",
    re.IGNORECASE,
)
# Numbers, switches, local addresses and paths give no access.
_HARMLESS_VALUE = lazy(
    r"[\d.,:]{1,12}|true|false|yes|no|on|off|localhost\S{0,100}|/[\w./-]{0,200}", re.IGNORECASE
)
_MARKER = "PRIVATE" + " KEY"
_KIND = re.compile(r"kind[\"']?\s*:(?:\s*\*|[\s\S]{0,300}?\bSecret\b)")
"""A key with the kind Secret, or an alias for it. Chosen: a comment before it is shorter."""


def find_manifest_secrets(data: bytes) -> Iterator[Credential]:
    """Yield the values of the Secret manifests of a YAML or JSON file, decoded, with their keys and lines.

    Template slots, placeholders, certificates and addresses are left out.
    Source: https://kubernetes.io/docs/concepts/configuration/secret/.
    """
    # UTF-16 has zeros between the letters.
    if (b"kind" not in data or b"Secret" not in data) and b"\0" not in data[:256]:
        return
    text = decode(data)
    if "Secret" in text and _KIND.search(text):
        yield from islice(_find(read_yaml(text)), MOST)


def _find(entries: Iterable[Entry]) -> Iterator[Credential]:
    values: dict[tuple[str, ...], list[Entry]] = {}
    secrets: dict[tuple[str, ...], None] = {}
    for entry in entries:
        if len(entry.path) > 1 and entry.path[-1] == "kind" and entry.value == "Secret":
            secrets[entry.path[:-1]] = None
        elif len(entry.path) > 2 and entry.path[-2] in ("data", "stringData"):
            values.setdefault(entry.path[:-2], []).append(entry)
    for manifest in secrets:
        for entry in values.get(manifest, ()):
            yield from _judge(entry, entry.path[-2] == "data")


def _judge(entry: Entry, encoded: bool) -> Iterator[Credential]:
    key = entry.path[-1]
    if is_placeholder(entry.value):
        return
    value = from_base64(entry.value) if encoded else entry.value
    if value is None:
        # Binary data, or not base64 because of a template or damage.
        if re.fullmatch(r"[A-Za-z0-9+/\s]{24,}={0,2}", entry.value) and not _HARMLESS_KEY.fullmatch(
            key[:200]
        ):
            yield Credential(f"a value ({key[:80]})", entry.value, entry.line, weak=True, key=key)
        return
    value = value.strip()
    if not value or is_placeholder(value) or _HARMLESS_VALUE.fullmatch(value):
        return
    if _MARKER in value:
        for found in find_in_key_file(value):
            yield Credential(found.what, found.value, entry.line, found.weak, key)
        return
    inner = list(islice(find_credentials(key, value.encode("utf-8", "replace")), MOST))
    if inner or key.lower() in (".dockerconfigjson", ".dockercfg"):
        for found in inner:
            yield Credential(found.what, found.value, entry.line, found.weak, key)
        return
    logins = list(url_logins(value[:4096]))
    if logins:
        for found in logins:
            yield Credential(found.what, found.value, entry.line, found.weak, key)
    elif "\n" not in value and "://" not in value and not _HARMLESS_KEY.fullmatch(key[:200]):
        yield Credential(f"a secret ({key[:80]})", value, entry.line, is_weak(value), key)
