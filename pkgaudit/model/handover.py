"""The handover of audited files to the command that uploads them, as the rules of the gate see it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from pkgaudit.model.addresses import Address
from pkgaudit.model.subject import RunSubject


class Reason(enum.Enum):
    """A reason why the gate cannot hand the audited bytes to a command."""

    REBUILDS = "rebuilds"
    """The command builds new files and uploads these."""
    UNAUDITED = "unaudited"
    """An argument names a file that was not audited."""
    UNKNOWN = "unknown"
    """It is not known which files the command reads."""
    UNPICKED = "unpicked"
    """The command would leave out an audited file without an error."""
    SIGNS = "signs"
    """The command writes signatures beside the files, which are read-only."""


@dataclass(frozen=True)
class Refusal:
    """A fault of the command line: why the audited bytes cannot be handed over, and what to do instead.

    ``file`` is the path of the file in question, None for the command itself.
    """

    reason: Reason
    message: str
    fix: str
    file: str | None = None


@dataclass(frozen=True)
class Target:
    """Where the command uploads to.

    ``address`` is None if it cannot be worked out; then ``unknown`` says why. ``source`` is the setting that
    names it, such as ``TWINE_REPOSITORY_URL`` or a file and a key. ``in_command``: an address in the command
    line contains a user name or a password. ``credentials`` is the setting with a user name, a password or a
    token, None if the uploader has none and would ask, or use trusted publishing.
    """

    address: Address | None = None
    source: str = ""
    unknown: str | None = None
    in_command: bool = False
    credentials: str | None = None


@dataclass(frozen=True)
class Handed:
    """An audited file: the path under which it was given, its name, its project and its size and sha256.

    ``is_private``: its metadata has a classifier that begins with ``Private ::``.
    """

    path: str
    name: str
    project: str
    size: int
    sha256: str
    is_private: bool = False


@dataclass
class Handover(RunSubject):
    """The command that the gate would start, and the audited files.

    ``tool`` is the name of the uploader or of the program, ``words`` is the rewritten command line.
    ``handed`` are the audited files that the command gets, ``left_out`` the others. ``sends_attestations``:
    the command line asks the uploader to send attestations. ``allowed`` are the indexes that the user allows,
    empty if any is; ``private_names`` are patterns of projects that must not be public. ``confidential`` are
    the secrets in the command line.
    """

    tool: str
    words: list[str] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    left_out: list[Handed] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    target: Target = field(default_factory=Target)
    sends_attestations: bool = False
    allowed: list[Address] = field(default_factory=list)
    private_names: tuple[str, ...] = ()
    confidential: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The name of the command, and the paths of the files."""
        named = [each.path for each in (*self.handed, *self.left_out)]
        return list(dict.fromkeys([self.tool, *named, *(each.file for each in self.refusals if each.file)]))

    @property
    def secrets(self) -> Iterable[str]:
        """The secrets in the command line."""
        return self.confidential
