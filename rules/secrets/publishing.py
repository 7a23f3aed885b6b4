"""Find passwords and tokens for package indexes in scripts, workflows and settings of any format: SE105.

Uploaders read them from variables, options and tables. These names have no other meaning, so a value that
looks like a real credential is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from pkgaudit.api import Severity
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.assignments import assignment, is_credential
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import SHAPE_RANK, Secret
from pkgaudit.rules.secrets.logins.formats import format_of
from pkgaudit.rules.secrets.logins.model import is_placeholder
from pkgaudit.rules.secrets.logins.variables import UPLOAD_VARIABLES

MOST = 200
"""How many places of a word are checked per file: a bound on hostile files; a real file has a few."""

_STEPS = 10
"""Steps to check a place, see `Member.spend`."""

# The numbers in these expressions bound the time; names and values are shorter.
_VALUE = r"[\"']{0,3}(?P<value>[^\s\"'`,|&<>()}\]]{8,300})"
_GAP = r"[\s\"',=\\`^]"
"""Text between an option and its value, also on a continued line or in a list of strings."""

_ASSIGNED = (
    r"(?:[\"']?\]?[ \t]{0,40}(?:[?:+!]{0,3}=|:|,)[ \t]{0,40}|[\"']?,?\s{1,200}[\"']?value[\"']?:[ \t]{0,40}"
    r"|(?P<blank>[ \t]{1,40}))"
)
_SETS = lazy(rb"\b(?:ENV|setenv|setx|set[ \t]{1,40}-\w{1,9})[ \t]{1,40}\Z", re.IGNORECASE)
"""The commands after which only a blank separates a name from its value."""

_PASSWORD = f"(?:-p{_GAP}{{0,40}}|--password{_GAP}{{1,40}})"
_SETTING = r"[\w.-]{1,60}"
# Commands, and the options or settings after which the password follows.
_COMMANDS = {
    "twine upload": _PASSWORD,
    "uv publish": f"(?:-[tp]{_GAP}{{0,40}}|--(?:token|password){_GAP}{{1,40}})",
    "hatch publish": f"(?:-a{_GAP}{{0,40}}|--auth{_GAP}{{1,40}})",
    "poetry publish": _PASSWORD,
    "pdm publish": f"(?:-P{_GAP}{{0,40}}|--password{_GAP}{{1,40}})",
    "maturin publish": _PASSWORD,
    "maturin upload": _PASSWORD,
    "devpi login": f"--password{_GAP}{{1,40}}",
    "poetry config": (
        rf"(?:pypi-token\.{_SETTING}|http-basic\.{_SETTING}{_GAP}{{1,40}}[^\s\"']{{1,100}}){_GAP}{{1,40}}"
    ),
    "pdm config": rf"repository\.{_SETTING}\.password{_GAP}{{1,40}}",
    "hatch config set": rf"publish\.index\.(?:{_SETTING}\.)?auth{_GAP}{{1,40}}",
}
# The rest of a command: a line with its continuations in any shell, or a list of strings.
_COMMAND_LINE = lazy(rb"(?:[^\n\\`^]|[\\`^](?:[ \t]{0,40}\r?\n)?){1,2000}")
_COMMAND_LIST = lazy(rb"[^()\[\]]{1,2000}")

# Words before the password of an index: a script that writes `.pypirc`, an action, a deployment.
_SETTINGS = {
    ".pypirc": "password",
    "gh-action-pypi-publish": "password",
    "provider: pypi": "password",
}
# Tables of TOML in the settings of Hatch, Poetry, uv, PDM and Cargo, and the keys of passwords.
_TABLES = {
    "publish.index": "auth",
    "[pypi-token]": r"[\w.-]{1,60}",
    "[http-basic": "password",
    "[[credential]]": "(?:password|token)",
    "[repository": "password",
    "[registry": "token",
    "[registries": "token",
}
_NEAR = 600
"""Bytes after a word that are searched for its password: the settings of one job or table."""


# Variables in a shell, a Makefile, YAML, Python, a Dockerfile or the specification of a container.
_OF_VARIABLES = {
    word.encode(): lazy(f"(?P<name>{word}{rest}){_ASSIGNED}{_VALUE}".encode())
    for word, rest in UPLOAD_VARIABLES.items()
}
_OF_COMMANDS = {
    word.replace(" ", blank).encode(): lazy(rf"[\s\"',]{option}{_VALUE}".encode())
    for word, option in _COMMANDS.items()
    for blank in (" ", '", "', "', '")
}
_OF_SETTINGS = {
    word.encode(): lazy(rf"\b{key}[\"']?[ \t]{{0,40}}[:=][ \t]{{0,40}}{_VALUE}".encode())
    for word, key in _SETTINGS.items()
}
_OF_TABLES = {
    word.encode(): lazy(rf"^[ \t]{{0,40}}{key}[ \t]{{0,40}}=[ \t]{{0,40}}{_VALUE}".encode(), re.MULTILINE)
    for word, key in _TABLES.items()
}

LITERALS = (*_OF_VARIABLES, *_OF_COMMANDS, *_OF_SETTINGS, *_OF_TABLES)
"""Texts of which at least one is before every password for an index."""


_FIX = (
    "change the password or revoke the token first, then delete it from the file: use trusted publishing, or "
    "set it in the environment of the upload only"
)


def find_publishing_passwords(content: Content, places: Mapping[bytes, Sequence[int]]) -> Iterator[Secret]:
    """Yield the passwords for indexes; ``places`` are the ascending starts of each of the `LITERALS`."""
    if content.text is None or format_of(content.view.path) is not None:
        return
    for literal, starts in places.items():
        for at in islice(starts, MOST):
            if not content.view.member.spend(_STEPS):
                return
            match = _match(content, literal, at)
            if match is None:
                continue
            start = match.start("value")
            value = content.decode(*match.span("value")).rstrip("\\;")
            if is_credential("password", value) and not is_placeholder(value):
                is_known = literal not in _OF_VARIABLES
                key = (literal if is_known else match["name"]).decode().strip("[]")
                end = start + len(value)
                found = assignment(
                    content, start, end, key, value, Severity.ERROR, SHAPE_RANK, is_known=is_known
                )
                yield replace(found, fix=_FIX)


def _match(content: Content, literal: bytes, at: int) -> re.Match[bytes] | None:
    """Return the match of a password after a literal, None if no password follows."""
    data = content.data
    after = at + len(literal)
    if literal in _OF_VARIABLES:
        match = _OF_VARIABLES[literal].match(data, at)
        if match is not None and match["blank"] is not None and not _SETS.search(data, max(0, at - 60), at):
            return None
        return match
    if literal in _OF_COMMANDS:
        rest = (_COMMAND_LIST if b"," in literal else _COMMAND_LINE).match(data, after)
        return _OF_COMMANDS[literal].search(data, after, rest.end()) if rest is not None else None
    if literal in _OF_SETTINGS:
        # `echo "password = …" >> .pypirc` has the password before the word.
        start = max(data.rfind(b"\n", max(0, at - _NEAR), at), at - _NEAR, 0)
        return _OF_SETTINGS[literal].search(data, start, after + _NEAR)
    if content.view.member.suffix != ".toml":
        return None
    end = data.find(b"\n[", after, after + _NEAR)
    return _OF_TABLES[literal].search(data, after, end if end >= 0 else after + _NEAR)
