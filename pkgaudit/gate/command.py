"""Prepares the command that uploads a release: its program, the files that it gets, and where they go."""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pkgaudit.config.gate import GateSettings
from pkgaudit.gate.arguments import Kind
from pkgaudit.gate.copies import Copied, Copies
from pkgaudit.gate.handing import DIST, FILES, Edits, fill_in
from pkgaudit.gate.settings import SettingsError, Surroundings
from pkgaudit.gate.uploaders import UPLOADERS, Call, Uploader
from pkgaudit.gate.wrappers import Program, find_program
from pkgaudit.model.distribution import make_distribution, normalize
from pkgaudit.model.handover import Handed, Handover, Reason, Target

_USERINFO = re.compile(r"(?:(?<=://)[^/@\s]+|(?<![^\s'\"])[^/@\s:]+:[^/@\s]+)(?=@)")

_SECRET_NAME = r"[\w-]*(?:password|passwd|passphrase|token|secret|auth|key)"

_ASSIGNED_SECRET = re.compile(rf"{_SECRET_NAME}=(.+)", re.IGNORECASE | re.DOTALL)

_TOKEN = re.compile(r"pypi-[\w-]{16,}")

_SECRET_OPTION = re.compile(rf"--?{_SECRET_NAME}", re.IGNORECASE)

_RUNS_SCRIPT = re.compile(r"-[a-z]*c|/[ck]|-command", re.IGNORECASE)
"""Options of shells that are followed by a script."""

_PLACES = (DIST, FILES)

_WITH_VALUE = re.compile(r"(--?[\w-]+=|[A-Za-z_]\w*=)(.*)", re.DOTALL)

_WORDS_OF_SCRIPT = re.compile(r"[^\s'\"=:;&|()<>@,`]+")

_VALUED = ("-o", "+o", "-O", "+O", "--rcfile", "--init-file")
"""Options of shells that are followed by a value."""

_READERS = frozenset({"xargs", "parallel"})
"""Programs that add words of their standard input to a command line."""

# Programs that run a script of their command line, in which the gate cannot replace files.
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "cmd", "powershell", "pwsh"})

MASK = "****"
"""Stands for a secret on a command line that is shown."""


@dataclass
class Prepared:
    """A command that may be started, with the copies in its arguments, as the rules see it."""

    handover: Handover

    @property
    def words(self) -> list[str]:
        """The command line to start."""
        return self.handover.words

    @property
    def shown(self) -> str:
        """The command line without secrets, as a line for a shell."""
        return shlex.join(masked(each, self.handover.confidential) for each in self.words)

    @property
    def refusal(self) -> str | None:
        """The first reason to refuse the command, with the remedy; None without one."""
        found = next(iter(self.handover.refusals), None)
        return None if found is None else f"{found.message}; {found.fix}"


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
        edits = _edits_of(uploader, call, copies)
        target = uploader.target(call)
        made = edits.applied(filled, call.end if edits.adds_options else len(filled))
        attestations = uploader.sends_attestations(call, edits.handed)
        _check_values(edits, call, copies)
        if not edits.refusals and edits.handed.keys().isdisjoint(copies.files):
            # Without files, some uploaders would send whatever is in dist.
            message = f"the command of {program.name} names no audited file"
            edits.refuse(Reason.UNAUDITED, message, "name the audited files, such as dist/*")
    else:
        what = f"this command of {program.name}" if uploader else program.name
        target = Target(unknown=unknown or f"{what} is not an uploader that pkgaudit knows")
        edits = _unreadable(unknown) if unknown else _of_unknown(filled, program, copies, words)
        made = edits.applied(filled, len(filled))
        attestations = False
    secrets = list(_secrets_of(filled, here))

    def shown(text: str) -> str:
        text = text.replace(str(copies.folder), DIST)  # which also works when it is pasted
        # Settings may contain an address with a password, where a name or no password is expected.
        return masked(text, [*secrets, *_USERINFO.findall(text)])

    # Reports only mask random texts, but passwords may be words.
    refusals = [replace(each, message=shown(each.message), fix=shown(each.fix)) for each in edits.refusals]
    target = replace(
        target,
        source=shown(target.source),
        unknown=target.unknown and shown(target.unknown),
        in_command=any(map(_USERINFO.search, filled)),
    )
    handover = Handover(
        tool=program.name,
        words=made,
        handed=[_handed(each) for each in copies.files if each in edits.handed],
        left_out=[_handed(each) for each in copies.files if each not in edits.handed and not edits.refusals],
        refusals=refusals,
        target=target,
        sends_attestations=attestations,
        allowed=settings.addresses,
        private_names=settings.private_names,
        confidential=secrets,
    )
    return Prepared(handover)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, in the forms that `shlex.quote` and `repr` give them."""
    forms = {form for each in secrets for form in (each, each.replace("'", "'\"'\"'"), repr(each)[1:-1])}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _secrets_of(words: Sequence[str], here: Surroundings) -> Iterator[str]:
    """Yield the secrets on a command line, and on those in its words, which may be scripts."""
    calls = list(_calls(words, here))
    for uploader, call in calls:
        for name in uploader.secrets:
            yield from (value for part in (call.common, call.given) for value in part.values(name) if value)
    if not calls:  # the names of options say which values are secret
        for option, value in pairwise(words):
            if _SECRET_OPTION.fullmatch(option) and value[:1] != "-":
                yield value
    for word in words:
        yield from _USERINFO.findall(word)
        yield from _TOKEN.findall(word)
        if assigned := _ASSIGNED_SECRET.fullmatch(word):
            yield assigned[1]
        parts = [each.strip("'\";") for each in word.split()]
        if len(parts) > 1:
            yield from _secrets_of(parts, here)


def _calls(words: Sequence[str], here: Surroundings, start: int = 0) -> Iterator[tuple[Uploader, Call]]:
    """Yield the uploads that a command line may start: every word may be a program."""
    for at in range(start, len(words)):
        program = find_program(words, here, at)
        uploader = UPLOADERS.get(program.name)
        call, _ = _call_of(uploader, words, program)
        if uploader is not None and call is not None:
            yield uploader, call


def _edits_of(uploader: Uploader, call: Call, copies: Copies) -> Edits:
    """Return the changes for an uploader, or a refusal if its settings cannot be read."""
    try:
        return uploader.hand_over(call, copies)
    except SettingsError as error:
        return _unreadable(str(error))


def _unreadable(reason: str) -> Edits:
    edits = Edits()
    edits.refuse(Reason.UNKNOWN, reason, "correct the file")
    return edits


def _check_values(edits: Edits, call: Call, copies: Copies) -> None:
    """Refuse an option that takes a file for its value, because a variable for the value is not set."""
    wrong = [f"{call.given.incomplete} has no value"] if call.given.incomplete else []
    for word in call.given.words:
        if word.kind is Kind.VALUE and copies.at(os.path.join(call.surroundings.folder, word.text)):
            wrong.append(f"the value of --{word.option} is an audited file")
    for message in wrong:
        edits.refuse(Reason.UNKNOWN, message, "give the value, or remove the option")


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
        option, value = _split(word)
        path = os.path.join(program.surroundings.folder, value)
        if not value or value.startswith("-"):
            continue
        if glob.has_magic(value) and any(map(make_distribution, glob.glob(path))):
            if option:
                edits.refuse(
                    Reason.UNKNOWN, f"{word!r} is a pattern, which {program.name} would expand", hint
                )
            edits.add_pattern(at, word, path, copies)
        elif os.path.isdir(path):
            if any(os.path.dirname(each.real) == os.path.realpath(path) for each in copies.files):
                message = f"{value!r} is the folder of the audited files, and not their private copies"
                edits.refuse(Reason.UNAUDITED, message, hint, value)
        elif (copy := copies.at(path)) is not None:
            edits.replaced[at] = [f"{option}{each}" for each in edits.hand([copy])]
        elif make_distribution(path) is not None and os.path.lexists(path):
            edits.refuse_unaudited(value, value)
    has_places = any(place in each for each in given for place in _PLACES)
    if has_places:
        edits.hand(copies.files)
    _check_started(edits, program, copies, given)
    script = _script(program, given)
    replaced = {words[at] for at in edits.replaced}
    for word in given[program.start :]:
        is_script = word == script
        names_originals = word not in replaced and _names_originals(word, program, copies, is_script)
        if is_script and (names_originals or not any(each in word for each in _PLACES)):
            message = f"it is not known which files the script of {program.name} reads"
            edits.refuse(Reason.UNKNOWN, message, f"write {DIST} or {FILES} for the copies in the script")
        elif names_originals:
            message = f"{word!r} names audited files instead of their private copies"
            edits.refuse(Reason.UNKNOWN, message, f"write {DIST} or {FILES} for the copies")
    gets_none = edits.handed.keys().isdisjoint(copies.files)
    if script is None and not has_places and gets_none and not edits.refusals:
        what = f"this command of {program.name}" if program.name in UPLOADERS else program.name
        message = f"{what} is not known, and no argument names an audited file"
        edits.refuse(Reason.UNKNOWN, message, hint)
    return edits


def _check_started(edits: Edits, program: Program, copies: Copies, given: Sequence[str]) -> None:
    """Refuse what a program adds to the command line, and uploads that it starts without the copies."""
    if program.name in _READERS:
        message = f"{program.name} adds files that it reads to the command line"
        edits.refuse(Reason.UNKNOWN, message, f"start the uploader without {program.name}")
    for uploader, call in _calls(given, program.surroundings, program.start):
        found = _edits_of(uploader, call, copies)
        edits.refusals += [each for each in found.refusals if each.reason in (Reason.REBUILDS, Reason.SIGNS)]
        place = found.added[0] if found.added else None
        # What hand_over adds is missing, unless it is an option that was given.
        if place is not None and (not found.adds_options or call.value(place.lstrip("-")) is None):
            message = f"{uploader.name} would find its files itself, because {program.name} is not known"
            edits.refuse(
                Reason.UNKNOWN,
                message,
                f"write {f'{place} {DIST}' if found.adds_options else FILES} at the end of its command",
            )


def _split(word: str) -> tuple[str, str]:
    """Return the beginning of a word like ``--file=X`` or ``FILE=X``, and the rest."""
    found = _WITH_VALUE.fullmatch(word)
    return (found[1], found[2]) if found else ("", word)


def _script(program: Program, words: Sequence[str]) -> str | None:
    """Return the script on the command line of a shell, None without one."""
    if program.name not in _SHELLS:
        return None
    at = program.start
    while at + 1 < len(words) and words[at][:1] in ("-", "+", "/"):
        if _RUNS_SCRIPT.fullmatch(words[at]):
            return words[at + 1]
        at += 2 if words[at] in _VALUED else 1
    return None


def _names_originals(text: str, program: Program, copies: Copies, is_script: bool) -> bool:
    """Return whether a word names an audited file instead of its copy, or a pattern for it, or its folder.

    A single name is that of a folder only in a script, because other words may be sentences.
    """
    folders = {os.path.dirname(each.real) for each in copies.files}
    for part in _WORDS_OF_SCRIPT.findall(text):
        for name in (part, part[2:]) if part.startswith("-") else (part,):
            path = os.path.join(program.surroundings.folder, name)
            found = glob.glob(path) if glob.has_magic(name) else [path]
            if any(copies.at(each) for each in found):
                return True
            if (is_script or "/" in name) and any(os.path.realpath(each) in folders for each in found):
                return True
    return False
