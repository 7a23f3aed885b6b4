"""What all uploaders have in common: their command lines, and addresses in their settings."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pkgaudit.gate.arguments import Arguments, Kind, Syntax, Word
from pkgaudit.gate.copies import Copied, Copies
from pkgaudit.gate.handing import Edits
from pkgaudit.gate.settings import SettingsError, Surroundings
from pkgaudit.gate.wrappers import Program
from pkgaudit.model.addresses import Address, known_indexes
from pkgaudit.model.handover import Target


@dataclass
class Call:
    """A command line of an uploader.

    ``words`` are all words of the command, ``common`` the options before the subcommand ``command``,
    ``given`` what follows it. ``defaults`` are arguments that the settings of a project put before those.
    """

    words: Sequence[str]
    command: str
    common: Arguments
    given: Arguments
    surroundings: Surroundings
    opaque: str | None = None
    defaults: Arguments = field(default_factory=Arguments)

    def has(self, option: str) -> bool:
        """Return whether an option is given."""
        return any(each.has(option) for each in (self.defaults, self.common, self.given))

    def value(self, option: str) -> str | None:
        """Return the value of an option that counts, None without one."""
        found = [each.value(option) for each in (self.given, self.common, self.defaults)]
        return next((each for each in found if each is not None), None)

    def setting(self, option: str, variable: str) -> tuple[str, str] | None:
        """Return the value of an option or else of a variable, and which of them it is.

        An option with an empty value hides the variable.
        """
        value = self.value(option)
        if value is not None:
            return (value, f"--{option}") if value else None
        value = self.surroundings.get(variable)
        return (value, variable) if value else None

    def refuse_empty(self, *settings: tuple[str, str]) -> None:
        """Refuse options and variables that are empty; some uploaders stop at them.

        Raises:
            SettingsError: one of these options or variables is empty.
        """
        for option, variable in settings:
            value, source = self.value(option), f"--{option}"
            if value is None:
                value, source = self.surroundings.environ.get(variable), variable
            if value == "":
                raise SettingsError(f"{source} is empty")

    def has_flag(self, option: str, variable: str) -> bool:
        """Return whether an option is given, or a variable set."""
        value = self.surroundings.get(variable)
        return self.has(option) or (value is not None and value.lower() not in _OFF)

    @property
    def unknown_option(self) -> str | None:
        """The first option that is not in the tables of the uploader, None without one."""
        words = (*self.defaults.words, *self.common.words, *self.given.words)
        return next((each.text for each in words if each.kind is Kind.OPTION and not each.option), None)

    @property
    def files(self) -> list[Word]:
        """The arguments, which are the files to upload."""
        return self.given.arguments

    def corrected(self, *, add: str = "", remove: str = "") -> str:
        """Return the command line with or without an option, to paste into a shell."""
        given = (*self.common.words, *self.given.words)
        unwanted = {each.at for each in given if remove and each.option == remove}
        words = [word for at, word in enumerate(self.words[: self.end]) if at not in unwanted]
        return shlex.join([*words, *([add] if add else []), *self.words[self.end :]])

    @property
    def end(self) -> int:
        """Where further options go."""
        ends = [each.at for each in self.given.words if each.kind is Kind.END]
        return ends[0] if ends else len(self.words)


_OFF = frozenset({"0", "false", "f", "no", "n", "off"})
"""The values with which a variable for an option has no effect."""


class Uploader(ABC):
    """A program that uploads distributions.

    ``name`` is the program, ``uploads`` its subcommands that upload. ``common`` are the options before a
    subcommand, ``options`` those after it. ``secrets`` are the options whose values are secret.
    """

    name: ClassVar[str]
    uploads: ClassVar[tuple[str, ...]]
    common: ClassVar[Syntax]
    options: ClassVar[Syntax]
    secrets: ClassVar[tuple[str, ...]] = ("password",)

    def call(self, words: Sequence[str], program: Program) -> Call | None:
        """Return the command line of an upload, None if the program does something else."""
        common = self.common.read(words, program.start, whole=False)
        at = common.rest or program.start
        if at >= len(words) or words[at] not in self.uploads:
            return None
        given = self.options.read(words, at + 1)
        return Call(words, words[at], common, given, program.surroundings, program.opaque)

    @abstractmethod
    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Return the changes of the command line with which it uploads the copies."""

    def target(self, call: Call) -> Target:
        """Return where the command uploads to."""
        if call.opaque:
            return Target(unknown=call.opaque)
        if unknown := call.unknown_option:  # it may name the index
            return Target(unknown=f"pkgaudit does not know the option {unknown.partition('=')[0]}")
        try:
            return self.find_target(call)
        except SettingsError as error:
            return Target(unknown=str(error))

    @abstractmethod
    def find_target(self, call: Call) -> Target:
        """Return where the command uploads to, by its options, the environment and its files.

        Raises:
            SettingsError: a file of settings cannot be read.
        """

    def sends_attestations(self, call: Call, handed: Iterable[Copied]) -> bool:
        """Return whether the command sends attestations, if it gets these files."""
        return False


def target_at(text: str, source: str) -> Target:
    """Return the target with an address from a setting."""
    try:
        address = Address.parse(text)
    except ValueError as error:
        return Target(unknown=f"{source}: {error}", source=source)
    return Target(address, source, credentials=f"the address in {source}" if address.has_userinfo else None)


def default_target(index: str = "pypi", source: str = "the default") -> Target:
    """Return PyPI or another well-known index as the target."""
    return Target(Address.parse(known_indexes()[index].upload), source)


def shown(path: Path, surroundings: Surroundings) -> str:
    """Return a path for messages, with ``~`` for the home folder."""
    try:
        return f"~/{path.relative_to(surroundings.home).as_posix()}"
    except ValueError:
        return str(path)
