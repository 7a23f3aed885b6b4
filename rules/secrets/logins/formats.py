"""The table of credential files and their readers.

A file is recognized by its name, and by its folder if the name is ambiguous. The name proves nothing: the
file is parsed, and the finding is a value that is neither a variable nor a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

from pkgaudit.rules.secrets.aliases import names_of_all
from pkgaudit.rules.secrets.logins.clouds import (
    find_in_aws,
    find_in_docker,
    find_in_hosts_yml,
    find_in_json,
    find_in_kubeconfig,
    find_in_state,
    find_in_variables,
)
from pkgaudit.rules.secrets.logins.env import find_in_exports
from pkgaudit.rules.secrets.logins.history import HISTORIES, find_in_history
from pkgaudit.rules.secrets.logins.hosts import (
    find_bare_token,
    find_in_git_config,
    find_in_git_credentials,
    find_in_htdigest,
    find_in_htpasswd,
    find_in_netrc,
    find_in_options,
    find_in_pgpass,
    find_in_settings_xml,
)
from pkgaudit.rules.secrets.logins.model import MOST, Credential, Finder, Login, decode
from pkgaudit.rules.secrets.logins.packages import (
    find_in_credentials_toml,
    find_in_encrypted_keyring,
    find_in_gem_credentials,
    find_in_keyring,
    find_in_npmrc,
    find_in_pip,
    find_in_pypirc,
    find_in_python_toml,
    find_in_secrets_toml,
    find_in_yarnrc,
    find_in_yarnrc_yml,
)
from pkgaudit.rules.secrets.logins.stores import find_in_key_file, find_in_store
from pkgaudit.rules.secrets.place import mask

# fmt: off
_FORMATS: tuple[tuple[Finder, tuple[str, ...]], ...] = (
    (find_in_pypirc, (".pypirc", "pypirc", "_pypirc")),
    (find_in_keyring, ("keyring_pass.cfg",)),
    (find_in_encrypted_keyring, ("crypted_pass.cfg",)),
    (find_in_exports, (".envrc",)),
    (find_in_pip, ("pip.conf", "pip.ini", "pip/config")),
    (find_in_python_toml, (
        "uv.toml", "uv/credentials/credentials.toml", "pypoetry/auth.toml", "pypoetry/config.toml",
        "poetry.toml", "pdm.toml", ".pdm.toml", "pdm/config.toml", "hatch/config.toml",
    )),
    (find_in_credentials_toml, ("auth.toml", "credentials.toml")),
    (find_in_secrets_toml, (".cargo/credentials", ".cargo/credentials.toml", ".streamlit/secrets.toml")),
    (find_in_npmrc, (".npmrc",)),
    (find_in_yarnrc, (".yarnrc",)),
    (find_in_yarnrc_yml, (".yarnrc.yml",)),
    (find_in_gem_credentials, (".gem/credentials",)),
    (find_in_netrc, (".netrc", "_netrc")),
    (find_in_git_credentials, (".git-credentials", "git/credentials")),
    (find_in_git_config, (".git/config", ".gitconfig")),
    (find_in_docker, (
        ".dockercfg", ".dockerconfigjson", ".docker/config.json", "containers/auth.json",
        ".composer/auth.json",
    )),
    (find_in_aws, (".aws/credentials", ".aws/config")),
    (find_in_kubeconfig, (
        "kubeconfig", "*.kubeconfig", "kubeconfig.yaml", "kubeconfig.yml", ".kube/config",
    )),
    (find_in_hosts_yml, ("gh/hosts.yml", ".config/hub")),
    (find_in_key_file, ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk")),
    (find_in_htpasswd, (".htpasswd",)),
    (find_in_htdigest, (".htdigest",)),
    (find_in_state, ("*.tfstate", "*.tfstate.backup")),
    (find_in_variables, ("*.tfvars", "*.tfvars.json", ".terraformrc", "terraform.rc")),
    (find_in_json, (
        "credentials.json", "client_secret*.json", "service-account*.json", "service_account*.json",
        "credentials.tfrc.json", "application_default_credentials.json", ".azure/accesstokens.json",
        ".azure/msal_token_cache.json",
    )),
    (find_bare_token, (".vault-token", ".huggingface/token", "huggingface/token")),
    (find_in_pgpass, (".pgpass", "pgpass.conf")),
    (find_in_options, (".my.cnf", ".s3cfg", ".boto", ".databrickscfg", "rclone.conf", ".ossutilconfig")),
    (find_in_settings_xml, (".m2/settings.xml", "nuget.config")),
    (find_in_history, HISTORIES),
)
# fmt: on

# Key stores of PKCS #12, Java and PuTTY, and KeePass databases. Certificates (`.crt`, `.cer`, `.pem`) are
# public, and a PEM key is found by its text under any name.
_STORES = ("*.p12", "*.pfx", "*.jks", "*.jceks", "*.keystore", "*.kdbx", "*.kdb", "*.ppk")

CREDENTIAL_FILES = tuple(
    f"**/{name}" if "/" in name else name
    for name in (*(each for _, names in _FORMATS for each in names), *_STORES)
)
"""The names as gitignore patterns."""

BinaryFinder = Callable[[bytes], Iterator[Credential]]


def _text(find: Finder) -> BinaryFinder:
    return lambda data: find(decode(data))


_EXACT: dict[str, BinaryFinder] = {}
_ENDINGS: dict[str, BinaryFinder] = dict.fromkeys((name[1:] for name in _STORES), find_in_store)
_PARTS: list[tuple[str, str, BinaryFinder]] = []
for _find, _names in _FORMATS:
    for _name in _names:
        _head, _star, _tail = _name.partition("*")
        if not _star:
            _EXACT[_name] = _text(_find)
        elif not _head:
            _ENDINGS[_tail] = _text(_find)
        else:
            _PARTS.append((_head, _tail, _text(_find)))
_LAST = frozenset(name.rpartition("/")[2] for name in _EXACT)
_SUFFIXES = tuple(_ENDINGS)
_HEADS = tuple(head for head, _, _ in _PARTS)


@lru_cache(maxsize=1024)
def format_of(path: str) -> BinaryFinder | None:
    """Return the reader of the file at a path, by its name and folders; None if the format is unknown."""
    path = path.replace("\\", "/").casefold()
    name = path.rpartition("/")[2]
    if name in _LAST:
        *folders, _ = path.split("/")[-3:]
        # The folders tell more than the name.
        for above in range(len(folders), -1, -1):
            known = _EXACT.get("/".join((*folders[len(folders) - above :], name)))
            if known is not None:
                return known
    if name.endswith(_SUFFIXES):
        return next(find for ending, find in _ENDINGS.items() if name.endswith(ending))
    if name.startswith(_HEADS):
        return next(
            (find for head, tail, find in _PARTS if name.startswith(head) and name.endswith(tail)), None
        )
    return None


def find_credentials(path: str, data: bytes) -> Iterator[Credential]:
    """Yield the credentials of the file at a path, up to `MOST`; none if the format is unknown."""
    find = format_of(path)
    if find is not None:
        yield from islice(find(data), MOST)


_USER = re.compile(r"[^\s/(]{1,300}@")
"""The login before the host of a URL: names of registries and sections may be URLs with a login."""


def find_login(path: str, data: bytes) -> Login | None:
    """Return the most serious credential of the file at a path, None if it has none."""
    known: dict[str, Credential] = {}
    for credential in find_credentials(path, data):
        old = known.get(credential.digest)
        if old is None or (old.weak and not credential.weak):
            known[credential.digest] = credential
    if not known:
        return None
    first = min(known.values(), key=lambda each: each.weak)
    is_store = not first.line
    return Login(
        _USER.sub("…@", first.what),
        first.line or None,
        "" if is_store or not first.value else mask(first.value),
        first.digest if first.value else "",
        first.weak,
        sum(bool(each.value) for each in known.values()) - bool(first.value),
        names_of_all(each.value for each in known.values()),
    )
