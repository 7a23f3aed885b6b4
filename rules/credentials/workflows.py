"""Read the steps of CI workflows that upload to PyPI, and the credentials that they use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Union

from pkgaudit.late import dataclass, lazy
from pkgaudit.model.addresses import index_of, known_indexes
from pkgaudit.model.machine import Workflow
from pkgaudit.rules.credentials.accounts import address_of
from pkgaudit.rules.secrets.logins.model import Entry
from pkgaudit.rules.secrets.logins.variables import is_upload_variable
from pkgaudit.rules.secrets.logins.yaml import LONGEST, read_yaml

Node = Union["dict[str, Node]", Entry]


@dataclass(frozen=True)
class Upload:
    """A step that uploads to PyPI or TestPyPI with a stored secret.

    ``tool`` is its action or command; ``is_trusted``: the job may upload without a secret, and needs the
    permission for nothing else. ``line`` is the line of the secret.
    """

    job: str
    tool: str
    line: int
    index: str
    is_trusted: bool


_ACTION = "pypa/gh-action-pypi-publish"
_COMMAND = lazy(
    r"(?<![\w./-])(twine\s+upload|uv\s+publish|hatch\s+publish|poetry\s+publish|pdm\s+publish|flit\s+publish"
    r"|maturin\s+(?:publish|upload))(?![\w-])[^\n]{0,2000}"
)
_CONFIGURES = lazy(
    r"^(?!\s*#)[^\n]*\b(?:(poetry|pdm|hatch)\s+config\b[^\n]*\b(?:pypi-token|http-basic|password|auth)\b"
    r"|(TWINE|UV|HATCH|PDM|FLIT|POETRY|MATURIN)_[A-Z_]*(?:PASSWORD|TOKEN|AUTH)[A-Z_]*=)[^\n]*",
    re.MULTILINE,
)
"""A line of a script that gives the password to an uploader before the command."""
_SILENT = lazy(r"^\s*(?:#|echo\b|printf\b|:\s)|\s--(?:dry-run|help)\b")
"""A line that uploads nothing."""
_TARGET = lazy(
    r"(?:--repository-url|--repository|--publish-url|--index|--repo|-r)[ \t=]+[\"']?([^\s\"']{1,500})"
)
_OF_OTHER_INDEX = lazy(r"UV_INDEX_\w+|POETRY_(?:PYPI_TOKEN|HTTP_BASIC)_(?!(?:TEST)?PYPI(?:_|$))\w+")
"""The variables with the login of a named index, from which a job may only install."""
_SECRET = lazy(r"\$\{\{[^}]{0,200}\bsecrets\s*(?:\.|\[)[^}]{0,200}\}\}")
_NO_SECRET = lazy(r"\bsecrets\.GITHUB_TOKEN\b")
_MINTS = lazy(r"mint-token|id_token|oidc", re.IGNORECASE)
"""Words of a job that gets the token of an upload by itself."""
# A workflow that others call cannot be a trusted publisher of PyPI.
# Source: https://docs.pypi.org/trusted-publishers/troubleshooting/#reusable-workflows-on-github
_REUSABLE = lazy(r"^\s*(?:-\s*)?workflow_call\b|^[\"']?on[\"']?:[^\n]*\bworkflow_call\b", re.MULTILINE)
_OTHER_USES = lazy(
    r".*(?:sigstore|cosign|attest|slsa|aws-|google-github-actions|azure/|vault|codecov|deploy-pages|scorecard"
    r"|crates-io-auth|npm|octo-sts|codspeed|chainctl|jfrog|cloudsmith|infisical|doppler|pulumi|tailscale|depot/"
    r"|claude-code|oidc).*",
    re.IGNORECASE,
)
"""Actions that need `id-token: write` for other purposes."""
_OTHER_COMMANDS = lazy(
    r"\b(?:sigstore|cosign|gh\s+attestation|pypi-attestations|npm\s+publish|jsr\s+publish|ID_TOKEN_REQUEST_\w+)\b"
)
# The variables by which uploaders choose the index.
_URL_SETTINGS = (
    "TWINE_REPOSITORY_URL",
    "TWINE_REPOSITORY",
    "UV_PUBLISH_URL",
    "UV_PUBLISH_INDEX",
    "HATCH_INDEX_REPO",
    "PDM_PUBLISH_REPO",
    "MATURIN_REPOSITORY_URL",
    "MATURIN_REPOSITORY",
    "FLIT_INDEX_URL",
)


@lru_cache(maxsize=256)
def uploads_of(workflow: Workflow) -> tuple[Upload, ...]:
    """Return the steps of a workflow that upload to PyPI with a stored secret."""
    if len(workflow.text) > LONGEST:
        return ()
    root = _tree(workflow.text)
    if workflow.service == "gitlab":
        return tuple(_of_gitlab(root))
    return () if _REUSABLE.search(workflow.text) else tuple(_of_github(root))


def _tree(text: str) -> dict[str, Node]:
    """Return the first document of a YAML text as nested mappings; the keys of lists are numbers."""
    root: dict[str, Node] = {}
    for entry in read_yaml(text):
        number, *keys = entry.path
        if number != "1" or not keys:
            continue
        node = root
        for key in keys[:-1]:
            below = node.setdefault(key, {})
            if isinstance(below, Entry):
                break
            node = below
        else:
            node.setdefault(keys[-1], entry)
    return root


def _below(node: Node | None, *keys: str) -> dict[str, Node]:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Entry) else ""


def _values(node: Node | None) -> dict[str, Entry]:
    return {key: each for key, each in _below(node).items() if isinstance(each, Entry)}


def _is_stored(value: str) -> bool:
    """Return whether a value is a secret of the repository on GitHub."""
    return _SECRET.search(value) is not None and _NO_SECRET.search(value) is None


def _of_github(root: dict[str, Node]) -> Iterator[Upload]:
    jobs = _below(root, "jobs")
    everything = [step for job in jobs.values() for step in _steps(job)]
    calls_others = any("uses" in _below(job) for job in jobs.values())
    for name, job in jobs.items():
        steps, own = _steps(job), _below(job).get("permissions")
        variables = {**_values(root.get("env")), **_values(_below(job).get("env"))}
        configured: dict[str, Entry] = {}
        found = []
        for step in steps:
            configured |= _configured_in(step, variables)
            upload = _upload_of(step, variables, configured)
            found += [] if upload is None else [upload]
        # If the whole workflow has the permission, any of its jobs may be the one that needs it.
        may = _may_identify(own if own is not None else root.get("permissions"))
        is_needed = own is None and calls_others
        is_needed = is_needed or any(map(_needs_identity, steps if own is not None else everything))
        is_needed = is_needed or any(secret is None for _, _, secret in found)
        for tool, index, secret in found:
            if secret is not None and index:
                yield Upload(name, tool, secret.line, index, may and not is_needed)


def _steps(job: Node) -> list[dict[str, Node]]:
    return [each for each in _below(job, "steps").values() if isinstance(each, dict)]


def _may_identify(permissions: Node | None) -> bool:
    """Return whether a job with these permissions may identify itself to PyPI."""
    if isinstance(permissions, Entry):
        return permissions.value.strip() == "write-all"
    return _text(_below(permissions).get("id-token")) == "write"


def _needs_identity(step: Mapping[str, Node]) -> bool:
    uses, run = _text(step.get("uses")), _text(step.get("run"))
    return bool(_OTHER_USES.fullmatch(uses[:200]) or _OTHER_COMMANDS.search(run))


def _configured_in(step: Mapping[str, Node], variables: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the stored secrets that a script gives to uploaders before it calls them, by their names."""
    run = step.get("run")
    if not isinstance(run, Entry):
        return {}
    known = {**variables, **_values(step.get("env"))}
    lines = [(each[1] or each[2], each[0]) for each in _CONFIGURES.finditer(run.value)]
    found = {tool.upper(): _secret_of(run, line, known, _is_stored) for tool, line in lines}
    return {tool: secret for tool, secret in found.items() if secret is not None}


def _upload_of(
    step: Mapping[str, Node], variables: Mapping[str, Entry], configured: Mapping[str, Entry]
) -> tuple[str, str, Entry | None] | None:
    """Return the tool of a step that uploads, its index, and its secret; None for any other step.

    ``configured`` are the secrets that the job has given to uploaders before, by their names. The index is
    empty if it is neither PyPI nor TestPyPI, and the secret None if the step uses no stored one.
    """
    uses, given = _text(step.get("uses")), _values(step.get("with"))
    if uses.lower().startswith(f"{_ACTION}@"):
        urls = [given[each].value for each in ("repository-url", "repository_url") if each in given]
        password = given.get("password")
        is_stored = password is not None and _is_stored(password.value)
        return _ACTION, _index_of(urls), password if is_stored else None
    run = _maturin_in(uses, given) or step.get("run")
    command = _command_in(run.value) if isinstance(run, Entry) else None
    if not isinstance(run, Entry) or command is None or _MINTS.search(run.value):
        return None
    known = {**variables, **_values(step.get("env"))}
    secret = _secret_of(run, command[0], known, _is_stored)
    secret = secret or configured.get(command[0].split()[0].upper())
    return " ".join(command[1].split()), _index_in(command[0], known), secret


def _maturin_in(uses: str, given: Mapping[str, Entry]) -> Entry | None:
    """Return the command line of an action that calls maturin, None for another action.

    Source: https://github.com/PyO3/maturin-action.
    """
    command = given.get("command")
    if command is None or not uses.lower().startswith("pyo3/maturin-action@"):
        return None
    arguments = _text(given.get("args")).split()
    return Entry(command.path, " ".join(["maturin", command.value, *arguments]), command.line)


def _command_in(run: str) -> re.Match[str] | None:
    """Return the first command of a script that uploads."""
    lines = re.sub(r"\\\n", "  ", run).split("\n")
    return next(
        (match for each in lines if not _SILENT.search(each) and (match := _COMMAND.search(each))), None
    )


def _index_of(urls: list[str]) -> str:
    """Return the title of the index that the first of these names or addresses means; PyPI without any."""
    indexes = known_indexes()
    if not urls:
        return indexes["pypi"].title
    address = address_of(urls[0]) if "://" in urls[0] else None
    index = indexes.get(urls[0].lower()) or (None if address is None else index_of(address))
    return "" if index is None else index.title


def _index_in(command: str, known: Mapping[str, Entry]) -> str:
    """Return the title of the index that a command uploads to."""
    named = _TARGET.findall(command)[:1]
    return _index_of([*named, *(known[each].value for each in _URL_SETTINGS if each in known)])


def _secret_of(
    run: Entry, command: str, known: Mapping[str, Entry], is_secret: Callable[[str], bool]
) -> Entry | None:
    """Return the secret that a command uses: in its arguments, or in a variable."""
    if is_secret(command):
        return Entry(run.path, "", run.line)
    tool = command.split()[0].upper()
    for name, entry in known.items():
        # Uploaders read their own variables, and the command may name any other.
        is_read = is_upload_variable(name) and name.startswith(tool) and not _OF_OTHER_INDEX.fullmatch(name)
        is_named = re.search(rf"\$\{{?{re.escape(name)}\b", command) is not None
        if (is_read or is_named) and is_secret(entry.value):
            return entry
    return None


_GITLAB_WORDS = frozenset({"default", "include", "stages", "variables", "workflow", "spec", "image", "cache"})
"""Keys of GitLab's settings beside jobs."""

# The token of the job is for GitLab's own registry, and an ID token only proves an identity.
_VARIABLE = lazy(r"\$\{?(?!CI_JOB_TOKEN\b)(?!\w*ID_TOKEN\b)[A-Za-z_]\w{0,200}\}?")
_OPTION = lazy(r"(?:-p|-t|-a|-P|--password|--token|--auth)[ \t=]+[\"']?(\$[\w{}]{1,200})")


_ASSIGNED = lazy(r"(?<![\w$-])([A-Z][A-Z0-9_]{2,60})=[\"']?(\$\{?\w{1,200}\}?)")
"""A variable that a script sets to another one, for one command or for all later ones."""


def _is_variable(value: str) -> bool:
    """Return whether a value, or the password among the options of a command, is a variable of GitLab."""
    option = _OPTION.search(value)
    return _VARIABLE.fullmatch(option[1] if option else value.strip()) is not None


def _of_gitlab(root: dict[str, Node]) -> Iterator[Upload]:
    for name, job in root.items():
        if name in _GITLAB_WORDS or not isinstance(job, dict):
            continue
        variables = {**_values(root.get("variables")), **_values(job.get("variables"))}
        script = [
            each
            for key in ("before_script", "script")
            for each in _lines(job.get(key) or _below(root, "default").get(key))
        ]
        if any(_MINTS.search(each.value) for each in script):
            continue
        tokens = _below(job, "id_tokens") or _below(root, "default", "id_tokens")
        audiences = [aud.value for each in tokens.values() for aud in _lines(_below(each).get("aud"))]
        for line in script:
            assigned = _ASSIGNED.finditer(line.value)
            known = {**variables, **{each[1]: Entry(line.path, each[2], line.line) for each in assigned}}
            command = _command_in(line.value)
            if command is None:  # what it sets is for all later commands
                variables = known
                continue
            index = _index_in(command[0], known)
            secret = _secret_of(line, command[0], known, _is_variable) if index else None
            if secret is not None:
                tool = " ".join(command[1].split())
                is_trusted = not {"pypi", "testpypi"}.isdisjoint(audiences)
                yield Upload(name, tool, secret.line, index, is_trusted)


def _lines(node: Node | None) -> list[Entry]:
    """Return the commands of a script, which is a text or a list of texts."""
    if isinstance(node, Entry):
        return [node]
    return [each for each in _below(node).values() if isinstance(each, Entry)]
