"""What files that are meant for credentials hold: told by their text, since many of them hold none."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1 << 18
"""How many bytes of a file are looked at."""


CREDENTIAL_FILES = (
    ".pypirc",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pip.conf",
    "pip.ini",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    "**/.docker/config.json",
    "**/.aws/credentials",
    "kubeconfig",
    "**/.kube/config",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_ecdsa_sk",
    "id_ed25519_sk",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    ".htpasswd",
    "credentials.json",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
    "*.tfstate",
    "*.tfvars",
    ".vault-token",
    ".terraformrc",
    "terraform.rc",
    ".pgpass",
    ".my.cnf",
)

ENVIRONMENT_FILES = (
    ".env",
    ".env.*",
    *(
        f"!.env*.{word}"
        for word in (
            "example",
            "sample",
            "template",
            "tmpl",
            "tpl",
            "dist",
            "defaults",
            "schema",
            "test",
            "tests",
        )
    ),
    *(f"!.env.{word}.*" for word in ("example", "sample", "template", "dist", "test")),
    *(f"!.env.{suffix}" for suffix in ("py", "js", "ts", "d.ts", "md", "rst", "j2", "jinja", "jinja2", "in")),
)


@dataclass(frozen=True)
class Login:
    """The first credential of a file: what it is and its line."""

    what: str
    line: int


@dataclass(frozen=True)
class Settings:
    """An environment file: the name of the first variable that tells something, None if all are harmless."""

    variable: str | None


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode(), re.MULTILINE | re.IGNORECASE)


_URL = (
    "a URL with a password",
    _pattern(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,256}:([^\s/@\"']{1,256})@"),
)
_JSON_SECRET = (
    "a secret",
    _pattern(
        r'"(?:client_secret|private_key|refresh_token|access_token|secret|password|api_key)"\s{0,20}:'
        r'\s{0,20}"([^"]{1,4096})"'
    ),
)
_PASSWORD = ("a password", _pattern(r"^[ \t]*password[ \t]*[=:][ \t]*([^\s#]{1,512})"))
_KUBERNETES = (
    "a client key or token",
    _pattern(r"^[ \t-]*(?:client-key-data|token|id-token|password)[ \t]*:[ \t]*([^\s#]{1,8192})"),
)
_AWS = ("a secret access key", _pattern(r"^[ \t]*aws_secret_access_key[ \t]*=[ \t]*([^\s#]{1,256})"))
_NPM = ("a token", _pattern(r"^[^\s#;=]{0,512}(?:_authToken|_auth|_password)[ \t]*=[ \t]*([^\s#]{1,2048})"))
_YARN = ("a token", _pattern(r"^[ \t]*[\"']?npmAuth(?:Token|Ident)[\"']?[ \t]*:[ \t]*([^\s#]{1,2048})"))
_DOCKER = (
    "a registry login",
    _pattern(r'"(?:auth|identitytoken|registrytoken)"\s{0,20}:\s{0,20}"([^"]{1,8192})"'),
)
_PRIVATE_KEY = (
    "a private key",
    _pattern(r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----|PuTTY-User-Key-File)"),
)
_TERRAFORM = (
    "a secret variable",
    _pattern(
        r'^[ \t]*"?[\w-]{0,80}?(?:password|passwd|secret|token|access_key|api_key|private_key|credential)'
        r'[\w-]{0,80}"?[ \t]*=[ \t]*"([^"\n]{1,4096})"'
    ),
)
_STATE = ("the state of an infrastructure", _pattern(r'("resources")\s{0,40}:\s{0,40}\[\s{0,40}\{'))
_TOKEN = ("a token", _pattern(r'^[ \t]*token[ \t]*=[ \t]*"([^"\n]{1,512})"'))
_BARE = ("a token", re.compile(rb"\A\s{0,64}(\S{8,4096})\s{0,64}\Z"))
_NETRC = ("a password", _pattern(r"\bpassword[ \t]+([^\s#]{1,512})"))
_PGPASS = (
    "a password",
    _pattern(r"^[^#:\n][^:\n]{0,256}:[^:\n]{0,32}:[^:\n]{0,256}:[^:\n]{0,256}:([^\s]{1,512})"),
)
_HTPASSWD = ("a password hash", _pattern(r"^[^:#\s]{1,256}:([^\s:]{8,512})"))

_Sign = tuple[str, re.Pattern[bytes]]

_SIGNS: dict[str, tuple[_Sign, ...]] = {
    ".pypirc": (_PASSWORD, _URL),
    ".netrc": (_NETRC,),
    "_netrc": (_NETRC,),
    ".npmrc": (_NPM, _URL),
    ".yarnrc": (_NPM, _URL),
    ".yarnrc.yml": (_YARN, _URL),
    "pip.conf": (_URL,),
    "pip.ini": (_URL,),
    ".git-credentials": (_URL,),
    ".dockercfg": (_DOCKER,),
    ".dockerconfigjson": (_DOCKER,),
    "config.json": (_DOCKER,),
    "credentials": (_AWS,),
    "kubeconfig": (_KUBERNETES,),
    "config": (_KUBERNETES,),
    ".htpasswd": (_HTPASSWD,),
    ".vault-token": (_BARE,),
    ".terraformrc": (_TOKEN,),
    "terraform.rc": (_TOKEN,),
    ".pgpass": (_PGPASS,),
    ".my.cnf": (_PASSWORD,),
}

_ENDINGS: tuple[tuple[str, tuple[_Sign, ...]], ...] = (
    (".tfstate", (_STATE,)),
    (".tfvars", (_TERRAFORM, _URL)),
    (".json", (_JSON_SECRET,)),
)

_KEY_NAMES = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk")

_JSON_NAMES = re.compile(r"credentials\.json|client_secrets?[^/]*\.json|service[_-]?account[^/]*\.json")


def signs_of(name: str) -> tuple[_Sign, ...] | None:
    """Return what tells a credential in a file of that (casefolded) name; None if the name alone does."""
    found = _SIGNS.get(name)
    if found is not None:
        return found
    if name in _KEY_NAMES:
        return (_PRIVATE_KEY,)
    if name.endswith((".tfstate", ".tfvars")) or _JSON_NAMES.fullmatch(name):
        return next(signs for ending, signs in _ENDINGS if name.endswith(ending))
    return None


def find_login(name: str, data: bytes) -> Login | None:
    """Return the first credential of a file that is called ``name``, None if it holds none."""
    for what, pattern in signs_of(name) or ():
        for match in pattern.finditer(data[:LONGEST]):
            if not is_placeholder(match[1].decode("latin-1")):
                return Login(what, data.count(b"\n", 0, match.start(1)) + 1)
    return None


_PLACEHOLDER = re.compile(
    r"""\$[{(].*|\$\w+|%\(.*|%\w+%|<.*|\{.*|\[.*   # a variable or a slot to fill in
    |.*(?:your[_-]|example|placeholder|change[_-]?me|dummy|redacted|replace|xxxx|\.\.\.|\*\*\*).*
    |(?:my[_-]?)?(?:password|passwd|pass|secret|token|key|none|null|true|false|user)
    |env:.*""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Return whether a value stands for one that is filled in elsewhere."""
    value = value.strip().strip("\"'")
    return len(set(value)) < 2 or bool(_PLACEHOLDER.fullmatch(value))


_ASSIGNMENT = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,200})[ \t]*=[ \t]*(.{0,4096})", re.MULTILINE
)

# Variables that tell the interpreter, a tool or the browser something and are meant to be seen.
_HARMLESS_NAME = re.compile(
    r"PYTHON[A-Z]*|(?:\w+_)?(?:ENV|ENVIRONMENT|DEBUG|PORT|HOST|LOG_?LEVEL|LOCALE|LANG|TZ)|NODE_OPTIONS"
    r"|(?:REACT_APP|VITE|NEXT_PUBLIC|NUXT_PUBLIC|PUBLIC|GATSBY|VUE_APP|EXPO_PUBLIC|STORYBOOK)_\w+"
    r"|GENERATE_SOURCEMAP|BROWSER|FLASK_APP|DJANGO_SETTINGS_MODULE|COMPOSE_\w+|DJANGO_ALLOWED_HOSTS",
    re.IGNORECASE,
)
_HARMLESS_VALUE = re.compile(
    r"|[\d.,]{1,12}|true|false|yes|no|on|off|none|null|localhost(?::\d+)?|127\.0\.0\.1(?::\d+)?|0\.0\.0\.0(?::\d+)?"
    r"|https?://(?:localhost|127\.0\.0\.1)(?::\d+)?(?:/[\w/.-]*)?|dev|development|prod|production|test|testing|staging"
    r"|debug|info|warning|error",
    re.IGNORECASE,
)


def judge_settings(data: bytes) -> Settings:
    """Return what an environment file tells. What does not read as assignments is not harmless."""
    text = data[:LONGEST].decode("utf-8", "replace").replace("\r", "\n")
    assignments = _ASSIGNMENT.findall(text)
    for name, value in assignments:
        value = value.partition(" #")[0].strip().strip("\"'")
        harmless = _HARMLESS_NAME.fullmatch(name) or _HARMLESS_VALUE.fullmatch(value) or is_placeholder(value)
        if not harmless:
            return Settings(name)
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return Settings(None if len(lines) <= len(assignments) else "")
