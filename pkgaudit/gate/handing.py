"""Replaces the files on a command line by the private copies, and refuses all others."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pkgaudit.gate.arguments import Word
from pkgaudit.gate.copies import Copied, Copies, is_sent_along
from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.handover import Reason, Refusal

DIST, FILES = "{dist}", "{files}"
"""What stands on a command line for the private folder, and for the audited files in it."""


_NAME_A_FILE = "name a file that was audited, or join the value to its option with '='"


@dataclass
class Edits:
    """Changes of a command line: new words for positions, words at its end, and why it is refused.

    ``handed`` are the copies that the command gets, in order.
    """

    replaced: dict[int, list[str]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    handed: dict[Copied, None] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def applied(self, words: Sequence[str], end: int) -> list[str]:
        """Return the command line with the changes; new words come before the position ``end``."""
        made = [self.replaced.get(at, [word]) for at, word in enumerate(words)]
        return [word for part in (*made[:end], self.added, *made[end:]) for word in part]

    @property
    def adds_options(self) -> bool:
        """Whether the new words are options, not files."""
        return any(each.startswith("-") for each in self.added[:1])

    def refuse(self, reason: Reason, message: str, fix: str, file: str | None = None) -> None:
        """Add a reason to refuse the command."""
        self.refusals.append(Refusal(reason, message, fix, file))

    def refuse_unaudited(self, file: str, given: str) -> None:
        """Refuse because of a distribution that was not audited, which an argument names or matches."""
        name = os.path.basename(file)
        through = "" if file == given else f" through {given!r}"
        message = f"{name} was not audited, and the command would upload it{through}"
        fix = f"name {file} before '--' too, or leave it out of the command"
        self.refuse(Reason.UNAUDITED, message, fix, file)

    def refuse_formats(self, tool: str, copies: Copies) -> None:
        """Refuse sdists in older formats, which uploaders skip, or stop at after they sent other files."""
        files = set(copies.files)
        for each in self.handed:
            if each in files and not each.name.endswith((".whl", ".tar.gz")):
                self.refuse(
                    Reason.UNPICKED,
                    f"{tool} does not upload {each.name}, which is neither a wheel nor a .tar.gz",
                    "build the sdist as .tar.gz, or leave the file out of the command",
                    each.given,
                )

    def add_pattern(self, at: int, given: str, pattern: str, copies: Copies) -> None:
        """Replace a pattern by the copies of the files that it matches."""
        matched = [each for each in sorted(glob.glob(pattern, recursive=True)) if not os.path.isdir(each)]
        self.replaced[at] = self.copies_of(matched, given, copies)
        if not self.replaced[at] and not self.refusals:
            message = f"{given!r} matches no audited file"
            self.refuse(Reason.UNAUDITED, message, "name the audited files", given)

    def copies_of(self, paths: Iterable[str], given: str, copies: Copies) -> list[str]:
        """Return the copies of files that an argument matches; distributions without a copy are refused."""
        found: list[Copied] = []
        for path in paths:
            copy = copies.at(path)
            if copy is not None:
                found.append(copy)
            elif make_distribution(path) is not None:
                self.refuse_unaudited(path, given)
        return self.hand(found)

    def hand(self, copies: Iterable[Copied]) -> list[str]:
        """Note copies as handed over and return their paths."""
        found = list(copies)
        self.handed.update(dict.fromkeys(found))
        return [each.path for each in found]


def replace_files(
    words: Iterable[Word], copies: Copies, *folders: Path, takes_folders: bool = False
) -> Edits:
    """Replace arguments that are files, patterns or, if the command accepts them, folders.

    Relative paths start from the first of the folders with such a file. An audited file becomes its copy, and
    a pattern the copies of the audited files that it matches. Everything else that the command might upload
    is refused.
    """
    edits = Edits()
    for word in words:
        places = [os.path.join(each, word.text) for each in folders]
        path = next((each for each in places if os.path.lexists(each) or glob.glob(each)), places[0])
        if os.path.isdir(path):
            inside = sorted(os.path.join(path, each) for each in os.listdir(path))
            if takes_folders:
                edits.replaced[word.at] = edits.copies_of(inside, word.text, copies)
            elif any(map(make_distribution, inside)):
                message = f"{word.text!r} is a folder, and the command accepts files"
                edits.refuse(Reason.UNAUDITED, message, "name the audited files, such as dist/*", word.text)
            else:  # a shell found it beside the distributions
                edits.replaced[word.at] = []
        elif os.path.lexists(path):
            copy = copies.at(path)
            if copy is not None:
                edits.replaced[word.at] = edits.hand([copy])
            elif make_distribution(path) is not None or is_sent_along(path):
                edits.refuse_unaudited(word.text, word.text)
            else:  # no uploader sends it, and some would stop
                edits.replaced[word.at] = []
        elif glob.has_magic(word.text):
            edits.add_pattern(word.at, word.text, path, copies)
        else:
            message = f"{word.text!r} names no file"
            edits.refuse(Reason.UNAUDITED, message, _NAME_A_FILE, word.text)
    return edits


def fill_in(words: Sequence[str], copies: Copies) -> list[str]:
    """Return a command line with the paths that ``{dist}`` and ``{files}`` stand for."""
    paths = [each.path for each in copies.files]
    joined = shlex.join(paths)
    made: list[str] = []
    for word in words:
        if word == FILES:
            made += paths
        else:
            made.append(word.replace(DIST, str(copies.folder)).replace(FILES, joined))
    return made
