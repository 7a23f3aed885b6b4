"""Find credentials in the settings of package managers and upload tools."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.late import lazy
from pkgaudit.rules.secrets.assignments import is_credential
from pkgaudit.rules.secrets.logins.model import (
    Credential,
    Entry,
    basic_login,
    found,
    from_base64,
    is_placeholder,
    names_credential,
    url_logins,
)
from pkgaudit.rules.secrets.logins.read import read_ini, read_lines, read_toml
from pkgaudit.rules.secrets.logins.yaml import read_yaml


def find_in_pypirc(text: str) -> Iterator[Credential]:
    """Source: https://packaging.python.org/en/latest/specifications/pypirc/."""
    for entry in read_ini(text):
        if entry.key == "password":
            yield from found(entry, f"a password for {entry.path[0][:80] or 'an index'}")
        else:
            yield from url_logins(entry.value, entry.line)


_ESCAPED = re.compile(r"_([0-9A-Fa-f]{2})")


def find_in_keyring(text: str) -> Iterator[Credential]:
    """Read the passwords that keyring stores in plain text, in base64.

    keyrings.alt becomes the keyring of a machine without a desktop as soon as it is installed.
    Source: https://github.com/jaraco/keyrings.alt/blob/main/keyrings/alt/file_base.py.
    """
    for entry in keyring_entries(text):
        password = from_base64(entry.value)
        if password:
            yield from found(entry, f"a password for {entry.path[0][:80]}", password)


def find_in_encrypted_keyring(text: str) -> Iterator[Credential]:
    """Read the passwords that keyring encrypts with a passphrase.

    Source: https://github.com/jaraco/keyrings.alt/blob/main/keyrings/alt/file.py.
    """
    for entry in keyring_entries(text):
        if from_base64(entry.value):
            yield from found(entry, f"an encrypted password for {entry.path[0][:80]}", weak=True)


def keyring_entries(text: str) -> Iterator[Entry]:
    """Yield the values by service and user; the lines of a value in base64 may look like options."""
    service, user, first, parts = "", "", 0, list[str]()
    for entry in (*read_lines(text, indented=True), Entry((), "[]", 0)):
        line = entry.value
        if line[:1].isspace():
            parts.append(line.strip())
            first = first or entry.line
            continue
        if parts and service != "keyring-setting":
            yield Entry((service, user), "".join(parts), first)
        name, sign, value = line.partition("=")
        parts, first = [value.strip()], entry.line if value.strip() else 0
        if line.startswith("["):
            service, parts = _unescaped(line.strip("[] ")), []
        user = _unescaped(name.strip()) if sign else ""


def _unescaped(name: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def find_in_pip(text: str) -> Iterator[Credential]:
    """Source: https://pip.pypa.io/en/stable/topics/configuration/."""
    for entry in read_ini(text):
        if entry.key.replace("_", "-") in ("proxy", "client-cert"):
            yield from url_logins(entry.value, entry.line)
        elif "@" in entry.value:
            # The reader treats the colon of a URL on a continuation line as a separator.
            yield from url_logins(f"{entry.path[-1]}:{entry.value}", entry.line)


def find_in_python_toml(text: str) -> Iterator[Credential]:
    """Read settings and credential stores of uv, Poetry, PDM and Hatch.

    Sources: https://docs.astral.sh/uv/concepts/authentication/,
    https://python-poetry.org/docs/repositories/#configuring-credentials,
    https://pdm-project.org/latest/usage/config/ and https://hatch.pypa.io/latest/config/hatch/.
    """
    for entry in read_toml(text):
        tables = tuple(each.lower() for each in entry.path[:-1])
        is_auth = entry.key == "auth" and "publish.index" in ".".join(tables)
        if is_auth or entry.key in ("password", "token") or "pypi-token" in "".join(tables):
            where = tables[-1] if tables and not tables[-1].isdigit() else ""
            name = entry.key if "pypi-token" in tables[-1:] else where.rpartition(".")[2]
            yield from found(
                entry,
                f"{'a password' if entry.key == 'password' else 'a token'} for {name[:80] or 'an index'}",
            )
        else:
            yield from url_logins(entry.value, entry.line)


# Tables of Poetry, uv and Cargo.
_UPLOAD_TABLE = lazy(r"(?:http-basic|registries)\b.*|pypi-token|\[?credential(?:\.[0-9]+)?|registry")


def find_in_credentials_toml(text: str) -> Iterator[Credential]:
    """Read a file called like a credential store, outside of its usual folder.

    A credential in a table of Poetry, uv or Cargo is certain, a value that looks like one elsewhere is weak.
    """
    for entry in read_toml(text):
        table = ".".join(entry.path[:-1]).lower()
        is_name = names_credential(entry.key) or table == "pypi-token"
        if is_name and _UPLOAD_TABLE.fullmatch(table):
            yield from found(entry, f"a credential ({'.'.join(entry.path)[:80]})")
        elif is_name and is_credential("password", entry.value):
            yield from found(entry, f"a secret ({'.'.join(entry.path)[:80]})", weak=True)
        else:
            yield from url_logins(entry.value, entry.line)


def find_in_secrets_toml(text: str) -> Iterator[Credential]:
    """Read tables of secrets (Streamlit) and of tokens (Cargo).

    Sources: https://docs.streamlit.io/develop/concepts/connections/secrets-management and
    https://doc.rust-lang.org/cargo/reference/config.html#credentials.
    """
    for entry in read_toml(text):
        if names_credential(entry.key):
            yield from found(entry, f"a secret ({'.'.join(entry.path)[:80]})")
        else:
            yield from url_logins(entry.value, entry.line)


def find_in_npmrc(text: str) -> Iterator[Credential]:
    """Source: https://docs.npmjs.com/cli/configuring-npm/npmrc#auth-related-configuration."""
    for entry in read_ini(text, "=", nested=False):
        yield from _npm(entry, entry.path[-1])


def _npm(entry: Entry, key: str) -> Iterator[Credential]:
    registry, _, name = key.rpartition(":")
    name = name.lower()
    host = f" for {registry.strip('/')[:80]}" if registry else ""
    if name == "_authtoken":
        yield from found(entry, f"a token{host}")
    elif name in ("_auth", "_password"):
        if is_placeholder(entry.value):
            return
        decoded = basic_login(entry.value) if name == "_auth" else from_base64(entry.value)
        yield from found(entry, f"a password{host}", decoded)
    elif name not in ("email", "username"):
        yield from url_logins(entry.value, entry.line)


def find_in_yarnrc(text: str) -> Iterator[Credential]:
    """Read settings of Yarn 1: a key and a value separated by a space.

    Source: https://classic.yarnpkg.com/lang/en/docs/yarnrc/.
    """
    for entry in read_lines(text):
        if entry.value.startswith("#"):
            continue
        key, _, value = entry.value.partition('" ' if entry.value.startswith('"') else " ")
        if not value:
            key, _, value = entry.value.partition("=")
        yield from _npm(Entry((), value.strip().strip('"'), entry.line), key.strip('" '))


def find_in_yarnrc_yml(text: str) -> Iterator[Credential]:
    """Source: https://yarnpkg.com/configuration/yarnrc."""
    for entry in read_yaml(text):
        if entry.key == "npmauthtoken":
            yield from found(entry, "a token for a registry")
        elif entry.key == "npmauthident":
            decoded = basic_login(entry.value)
            yield from found(
                entry, "a password for a registry", decoded or entry.value.partition(":")[2] or None
            )
        else:
            yield from url_logins(entry.value, entry.line)


def find_in_gem_credentials(text: str) -> Iterator[Credential]:
    """Source: https://guides.rubygems.org/api-key-scopes/."""
    for entry in read_ini(text, nested=False):
        yield from found(
            Entry((entry.key,), entry.value.removeprefix("rubygems_api_key:").strip(), entry.line),
            "a key for a gem server",
        )
