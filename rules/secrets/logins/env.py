"""Read environment files as dotenv does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from pkgaudit.late import dataclass, lazy
from pkgaudit.rules.secrets.assignments import is_credential
from pkgaudit.rules.secrets.logins.model import (
    Credential,
    Entry,
    decode,
    digest_of,
    found,
    is_placeholder,
    names_credential,
    url_logins,
)
from pkgaudit.rules.secrets.logins.read import MOST_ENTRIES
from pkgaudit.rules.secrets.logins.variables import is_upload_variable
from pkgaudit.rules.secrets.place import mask

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Templates, which are meant to be shared, and other files with the same beginning (`.env.py`, `.env.d.ts`),
# are excluded.
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


def is_environment_file(name: str) -> bool:
    """Return whether a lower-case name is that of an environment file."""
    return name.startswith(".env") and _spec().match_file(name)


@cache
def _spec() -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(ENVIRONMENT_FILES)


@dataclass(frozen=True)
class Settings:
    """The most important variable of an environment file: its name, line and masked value.

    ``variable`` is None if all variables are harmless, and empty if the file does not consist of assignments.
    ``value_digest`` is the SHA-256 of a value that is a credential by its name or format.
    """

    variable: str | None
    line: int | None = None
    masked: str = ""
    value_digest: str = ""


# The grammar of python-dotenv; 65536 and the other numbers only bound the time.
_ASSIGNMENT = lazy(
    r"^[ \t]{0,80}(?:export[ \t]{1,80})?([A-Za-z_][\w.-]{0,200})[ \t]{0,80}=[ \t]{0,80}"
    r"(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|'([^']*)'|`([^`]*)`|([^\n]{0,65536}))",
    re.MULTILINE | re.DOTALL,
)


def read_environment(text: str, *, is_script: bool = False) -> Iterator[Entry]:
    """Yield the variables of a file as python-dotenv reads them; quoted values may have several lines.

    In a script of a shell (``is_script``), text in backticks is a command, which is yielded as ``$(…)``.

    Source: https://github.com/theskumar/python-dotenv#file-format.
    """
    # An unclosed quote makes the expression read to the end of the text. This happens at most once per kind
    # of quote, because a second one would have closed the first.
    line, seen = 1, 0
    for match in islice(_ASSIGNMENT.finditer(text), MOST_ENTRIES):
        line += text.count("\n", seen, match.start(1))
        seen = match.start(1)
        value = next((each for each in match.groups()[1:4] if each is not None), None)
        if value is None:
            value = re.split(r"\s#", match[5] or "", maxsplit=1)[0].strip().strip("\"'`")
            value = "" if value.startswith("#") else value
        elif is_script and (match[4] is not None or (match[2] or "").startswith("`")):
            value = f"$({value})"
        yield Entry((match[1],), value, line)


def find_in_exports(text: str) -> Iterator[Credential]:
    """Read the variables that direnv sets. The file is a script that many projects publish.

    Source: https://direnv.net/man/direnv-stdlib.1.html.
    """
    for entry in read_environment(text, is_script=True):
        name, value = entry.path[0], entry.value
        if names_credential(name):
            # Defaults for a local database are meant to be shared; the password of an index has no default.
            if is_upload_variable(name) or is_credential("password", value):
                yield from found(entry, f"a secret ({name[:80]})")
        else:
            yield from url_logins(value[:4096], entry.line)


# Public variables for the interpreter, a tool or the browser.
_HARMLESS_NAME = lazy(
    r"PYTHON[A-Z]*|(?:\w+_)?(?:ENV|ENVIRONMENT|DEBUG|PORT|HOST|LOG_?LEVEL|LOCALE|LANG|TZ)|NODE_OPTIONS"
    r"|(?:REACT_APP|VITE|NEXT_PUBLIC|NUXT_PUBLIC|PUBLIC|GATSBY|VUE_APP|EXPO_PUBLIC|STORYBOOK)_\w+"
    r"|GENERATE_SOURCEMAP|BROWSER|FLASK_APP|DJANGO_SETTINGS_MODULE|COMPOSE_\w+|DJANGO_ALLOWED_HOSTS",
    re.IGNORECASE,
)
# Numbers, switches, local addresses and names of stages give no access.
_HARMLESS_VALUE = lazy(
    r"|[\d.,]{1,12}|true|false|yes|no|on|off|none|null|localhost(?::\d+)?|127\.0\.0\.1(?::\d+)?|0\.0\.0\.0(?::\d+)?"
    r"|https?://(?:localhost|127\.0\.0\.1)(?::\d+)?(?:/[\w/.-]*)?|dev|development|prod|production|test|testing|staging"
    r"|debug|info|warning|error",
    re.IGNORECASE,
)


def judge_settings(data: bytes) -> Settings:
    """Return what an environment file sets. A file that does not consist of assignments is not harmless."""
    text = decode(data)
    first: Entry | None = None
    covered = 0
    for entry in read_environment(text):
        covered += entry.value.count("\n") + 1
        name = entry.path[0]
        if _HARMLESS_NAME.fullmatch(name) or _HARMLESS_VALUE.fullmatch(entry.value[:200]):
            continue
        if is_placeholder(entry.value):
            continue
        if names_credential(name):
            return Settings(name, entry.line, mask(entry.value), digest_of(entry.value))
        login = next(url_logins(entry.value[:4096]), None) if "@" in entry.value else None
        if login is not None:
            return Settings(name, entry.line, mask(login.value), login.digest)
        first = first or entry
    if first is not None:
        return Settings(first.path[0], first.line)
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return Settings(None if len(lines) <= covered else "")
