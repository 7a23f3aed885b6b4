"""Find credentials of clouds, clusters and container registries."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from pkgaudit.rules.secrets.logins.read import read_assignments, read_ini, read_json
from pkgaudit.rules.secrets.logins.stores import find_in_key_file
from pkgaudit.rules.secrets.logins.yaml import read_yaml

_MARKER = "PRIVATE" + " KEY"


def find_in_aws(text: str) -> Iterator[Credential]:
    """Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html."""
    for entry in read_ini(text, "="):
        if entry.key in ("aws_secret_access_key", "aws_session_token"):
            kind = "secret access key" if "secret" in entry.key else "session token"
            yield from found(entry, f"the {kind} of AWS profile {entry.path[0][:80]}".rstrip())


def find_in_docker(text: str) -> Iterator[Credential]:
    """Yield logins of Docker, Podman and similar tools; ``auth`` is user and password in base64.

    Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores.
    """
    for entry in read_json(text):
        registry = next((each for each in reversed(entry.path[:-1]) if each != "auths"), "")
        where = f" for {registry[:80]}" if registry else ""
        if entry.key == "auth" and not is_placeholder(entry.value):
            yield from found(entry, f"a login{where}", basic_login(entry.value))
        elif entry.key in ("identitytoken", "registrytoken"):
            yield from found(entry, f"a token{where}")
        elif entry.key == "password":
            yield from found(entry, f"a password{where}")


# Fields of AuthInfo and of its auth-provider that contain a credential; fields that end in `-file` or `File`
# name a file.
_KUBE = {
    "token": "a token",
    "id-token": "a token",
    "refresh-token": "a token",
    "access-token": "a token",
    "client-secret": "a client secret",
    "password": "a password",
}


def find_in_kubeconfig(text: str) -> Iterator[Credential]:
    """Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/."""
    for entry in read_yaml(text):
        if entry.key == "client-key-data":
            key = from_base64(entry.value)
            known = list(find_in_key_file(key)) if key and _MARKER in key else []
            for each in known:
                yield Credential("the private key of a cluster user", each.value, entry.line, each.weak)
            # The value is not base64, so it is cut off or damaged. 16 excludes short words in place of a key.
            if not known and len(entry.value) >= 16 and not key:
                yield from found(entry, "a damaged private key of a cluster user", weak=True)
        elif entry.key in _KUBE:
            yield from found(entry, f"{_KUBE[entry.key]} for a cluster")


def find_in_hosts_yml(text: str) -> Iterator[Credential]:
    """Source: https://cli.github.com/manual/gh_auth_login."""
    for entry in read_yaml(text):
        if names_credential(entry.key):
            yield from found(entry, f"a token ({'.'.join(entry.path[1:])[:80]})")


_KEY_ID = re.compile(r"A[KS]IA[0-9A-Z]{16}")


def find_in_state(text: str) -> Iterator[Credential]:
    """Yield credentials in a Terraform state, and the state itself as a weak credential.

    Source: https://developer.hashicorp.com/terraform/language/manage-sensitive-data.
    """
    kinds: dict[tuple[str, ...], str] = {}
    first: Entry | None = None
    for entry in read_json(text):
        if entry.path[:1] == ("resources",):
            if entry.path[2:] == ("type",):
                kinds[entry.path[:2]] = entry.value
                first = first or entry
            is_random = entry.key == "result" and kinds.get(entry.path[:2]) == "random_password"
        else:
            is_random = False
        name = entry.path[-2] if entry.key == "value" and len(entry.path) > 1 else entry.key
        if is_random or (names_credential(name) and not _KEY_ID.fullmatch(entry.value)):
            kind = kinds.get(entry.path[:2], "an output")
            yield from found(entry, f"a credential ({name[:80]} of {kind[:80]})")
        else:
            yield from url_logins(entry.value, entry.line)
    if first is not None:
        yield Credential("the state of a Terraform project", "", first.line, weak=True)


def find_in_variables(text: str) -> Iterator[Credential]:
    """Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files."""
    entries = read_json(text) if text.lstrip()[:1] == "{" else read_assignments(text)
    for entry in entries:
        if names_credential(entry.key) and not _KEY_ID.fullmatch(entry.value):
            yield from found(entry, f"a secret variable ({entry.key[:80]})")
        else:
            yield from url_logins(entry.value, entry.line)


def find_in_json(text: str) -> Iterator[Credential]:
    """Yield service accounts and OAuth clients of Google, tokens of Azure and other credentials in JSON.

    The secret of an installed application is weak because, as Google says, it is not kept secret.
    Sources: https://developers.google.com/workspace/guides/create-credentials and
    https://developers.google.com/identity/protocols/oauth2#installed.
    """
    for entry in read_json(text):
        if not names_credential(entry.key):
            yield from url_logins(entry.value, entry.line)
            continue
        if _MARKER in entry.value:
            for key in find_in_key_file(entry.value):
                yield Credential(f"{key.what} ({entry.key[:80]})", key.value, entry.line, key.weak)
            continue
        weak = entry.key == "client_secret" and "installed" in entry.path
        yield from found(entry, f"a secret ({entry.key[:80]})", weak=weak)
