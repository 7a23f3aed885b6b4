"""Prepares the command that uploads a release: its program, the files that it gets, and where they go."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.copies import Copied, Copies
from pkgaudit.gate.handing import DIST, FILES, Edits, copy_of, fill_in
from pkgaudit.gate.settings import SettingsError, Surroundings
from pkgaudit.gate.uploaders import UPLOADERS, Call, Uploader
from pkgaudit.gate.wrappers import Program, find_program
from pkgaudit.model.distribution import make_distribution, normalize
from pkgaudit.model.handover import Handed, Handover, Reason, Target

_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")

_RUNS_SCRIPT = re.compile(r"-[a-z]*c|/[ck]|-command", re.IGNORECASE)
"""Options of shells that are followed by a script."""

# Programs that run a script of their command line, in which the gate cannot replace files.
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "cmd", "powershell", "pwsh"})

MASK = "****"
"""Stands for a secret on a command line that is shown."""


@dataclass
class Prepared:
    """A command that may be started: ``words`` with the copies, and ``handover`` as the rules see it.

    ``shown`` are the words without secrets.
    """

    handover: Handover
    shown: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """The command line to start."""
        return self.handover.words


def prepare(words: Sequence[str], copies: Copies, settings: GateSettings, here: Surroundings) -> Prepared:
    """Rewrite a command line for the private copies.

    The refusals, the target and the files are in the handover, which the rules of the gate judge. No command
    is started, and no network is used.
    """
    filled = fill_in(words, copies)
    program = find_program(filled, here)
    uploader = UPLOADERS.get(program.name)
    call, unknown = _call_of(uploader, filled, program)
    if uploader is not None and call is not None:
        edits = uploader.hand_over(call, copies)
        target = uploader.target(call)
        made = edits.applied(filled, call.end if edits.added and _are_options(edits) else None)
        secrets = [value for name in uploader.secrets for value in _all_values(call, name)]
        attestations = uploader.sends_attestations(call)
    else:
        edits = _of_unknown(filled, program, copies, words)
        target = Target(unknown=unknown or f"{program.name} is not an uploader that pkgaudit knows")
        made, secrets, attestations = edits.applied(filled), [], False
    secrets += [found for word in filled for found in _USERINFO.findall(word)]
    handover = Handover(
        tool=program.name,
        words=made,
        handed=[_handed(each) for each in copies.files if each in edits.handed],
        left_out=[_handed(each) for each in copies.files if each not in edits.handed and not edits.refusals],
        refusals=edits.refusals,
        target=target,
        sends_attestations=attestations,
        allowed=settings.addresses,
        private_names=settings.private_names,
        confidential=secrets,
    )
    return Prepared(handover, [masked(each, secrets) for each in made])


def masked(word: str, secrets: Sequence[str]) -> str:
    """Return a word of a command line without secrets."""
    for each in sorted(secrets, key=len, reverse=True):
        word = word.replace(each, MASK)
    return word


def _call_of(
    uploader: Uploader | None, words: Sequence[str], program: Program
) -> tuple[Call | None, str | None]:
    """Return the call of an uploader, or why its settings cannot be read."""
    if uploader is None:
        return None, None
    try:
        return uploader.call(words, program), None
    except SettingsError as error:
        return None, str(error)


def _all_values(call: Call, option: str) -> list[str]:
    return [value for each in (call.common, call.given) for value in each.values(option) if value]


def _are_options(edits: Edits) -> bool:
    return edits.added[0].startswith("-")


def _handed(copy: Copied) -> Handed:
    made = make_distribution(copy.given)
    project = "" if made is None else normalize(made.filename_project[0])
    return Handed(copy.given, copy.name, project, copy.size, copy.sha256)


def _of_unknown(words: Sequence[str], program: Program, copies: Copies, given: Sequence[str]) -> Edits:
    """Replace the audited files on the command line of a program that is not an uploader.

    ``words`` have no places left, ``given`` is the command line with them.
    """
    edits = Edits()
    hint = f"write {DIST} where the command takes a folder, or {FILES} where it takes files"
    for at in range(program.start, len(words)):
        word = words[at]
        option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
        path = os.path.join(program.surroundings.folder, value)
        if not value or (option and not equals) or value.startswith("-"):
            continue
        if glob.has_magic(value) and not os.path.lexists(path):
            edits.add_pattern(at, word, path, copies)
        elif os.path.isdir(path):
            if any(os.path.dirname(each.real) == os.path.realpath(path) for each in copies.files):
                message = f"{value!r} is the folder of the audited files, and not their private copies"
                edits.refuse(Reason.UNAUDITED, message, hint, value)
        elif (copy := copy_of(path, copies)) is not None:
            edits.replaced[at] = [f"{option}{equals}{each}" for each in edits.hand([copy])]
        elif make_distribution(path) is not None and os.path.lexists(path):
            edits.refuse_unaudited(value, value)
    has_places = any(DIST in each or FILES in each for each in given)
    if has_places:
        edits.hand(copies.files)
    if program.name in _SHELLS and not _is_safe_script(given, copies):
        message = f"it is not known which files the script of {program.name} reads"
        edits.refuse(Reason.UNKNOWN, message, hint)
    elif not has_places and not edits.handed and not edits.refusals:
        message = f"{program.name} is not known, and no argument names an audited file"
        edits.refuse(Reason.UNKNOWN, message, hint)
    return edits


def _is_safe_script(words: Sequence[str], copies: Copies) -> bool:
    """Return whether a script on the command line of a shell names the copies, and no original."""
    at = next((at for at, word in enumerate(words) if _RUNS_SCRIPT.fullmatch(word)), None)
    if at is None or at + 1 >= len(words):
        return True
    script = words[at + 1]
    names = (os.path.basename(each.given) for each in copies.files)
    return (DIST in script or FILES in script) and not any(name in script for name in names)
