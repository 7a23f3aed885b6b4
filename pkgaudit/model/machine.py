"""The credentials of this machine and of this checkout, as plain data."""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from pkgaudit.late import dataclass, lazy
from pkgaudit.model.subject import RunSubject

ENVIRONMENT = "environment"
"""The name in reports of the variables that this process was started with."""

KEYRING = "keyring"
"""The name in reports of the store of passwords that the library keyring would use."""


class Store(enum.Enum):
    """The kind of a file that may contain credentials of package indexes."""

    PYPIRC = ".pypirc"
    NETRC = ".netrc"
    PIP = "configuration of pip"
    UV = "configuration of uv"
    UV_CREDENTIALS = "credentials of uv"
    POETRY = "configuration of Poetry"
    PDM = "configuration of PDM"
    HATCH = "configuration of Hatch"
    KEYRING = "keyring in a file"
    PROJECT = "pyproject.toml"
    VARIABLES = "environment file"


@dataclass(frozen=True)
class StoredFile:
    """A file that may contain credentials. Its text has line feeds only.

    ``path`` is shown to users. A file that cannot be read has no ``text``, and ``reason`` says why, as a
    predicate. ``mode`` are the permission bits if the system has them; ``is_foreign``: it belongs to another
    account, which is not the administrator. ``in_checkout``: it is in the project; ``is_ignored``: version
    control ignores it, None if git cannot tell. ``folders`` are its folders in the project.
    """

    path: str
    store: Store
    text: str | None = field(default=None, repr=False)
    reason: str = ""
    mode: int | None = None
    is_foreign: bool = False
    in_checkout: bool = False
    is_ignored: bool | None = False
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """A file that describes the jobs of a CI service: ``service`` is ``github`` or ``gitlab``."""

    path: str
    service: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Keyring:
    """The back end that the library keyring would use here, unless that cannot be told.

    ``backend`` is the dotted name of its class, and ``reason`` says why it is the one.
    """

    backend: str | None = None
    reason: str = ""


@dataclass
class Machine(RunSubject):
    """Everything on this machine that uploaders and installers may take credentials from.

    ``variables`` are the environment variables of uploaders and installers, ``locked`` the paths of
    requirements files with hashes, ``now`` the time in seconds since 1970.
    """

    stored: list[StoredFile] = field(default_factory=list)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    workflows: list[Workflow] = field(default_factory=list)
    keyring: Keyring = field(default_factory=Keyring)
    locked: list[str] = field(default_factory=list)
    in_ci: bool = False
    now: float = field(default_factory=time.time)

    @property
    def files(self) -> list[str]:
        """The paths of the files that were found, and the names of the environment and of the keyring."""
        named = [*(each.path for each in self.stored), *(each.path for each in self.workflows)]
        return list(dict.fromkeys((*named, ENVIRONMENT, KEYRING)))

    @property
    def secrets(self) -> Iterable[str]:
        """Every text in these files and variables that may be a secret, whether it is one or not."""
        for file in self.stored:
            text = file.text or ""
            yield from _logins_in(text)
            for line in text.splitlines():
                # Nearly all of pyproject.toml is public, and messages may name the same words.
                if file.store is not Store.PROJECT or _SECRET_NAME.search(line):
                    yield from _words_in(line)
        for name, value in self.variables.items():
            yield from _logins_in(value)
            if _SECRET_NAME.search(name):
                yield from _words_in(value)


_URL = lazy(r"[a-z][a-z+.-]{1,20}://(?:([^\s/@\"'<>]{1,4096})@)?([^\s\"'<>]{0,4096})", re.IGNORECASE)
_WORD = lazy(r"[^\s\"'`=]{8,}")
_NAME = lazy(
    r"\[.*\]?|(?:[\w-]+\.)+[A-Za-z]{2,24}(?::[0-9]{1,5})?|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?"
)
"""A section, or the name or address of a host: messages name them."""
_SECRET_NAME = lazy(r"pass|token|auth|secret|key|cred", re.IGNORECASE)
"""A part of the name of a variable or setting that may contain a secret, and no path."""


def _logins_in(text: str) -> Iterator[str]:
    """Yield the user names and passwords in the addresses of a text."""
    for match in _URL.finditer(text):
        if match[1]:
            yield from match[1].split(":")


def _words_in(text: str) -> Iterator[str]:
    """Yield the words of a text, without addresses and names."""
    for match in _WORD.finditer(_URL.sub(" ", text)):
        if not _NAME.fullmatch(match[0]):
            yield match[0]
