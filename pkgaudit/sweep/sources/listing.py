"""Paths and addresses of distributions: those that a text file lists, one on each line, or a single one."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote, urldefrag, urlsplit

from pkgaudit.online.client import without_login
from pkgaudit.online.pages import sha256_in
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.by_project import ByProject
from pkgaudit.sweep.sources.folder import wanted_of
from pkgaudit.sweep.sources.notes import Notes
from pkgaudit.sweep.sources.seen import Seen
from pkgaudit.sweep.wanted import Wanted

_LONGEST = 10_000
"""The most characters of a line; the longest paths and addresses have 4096."""


class ListSource:
    """The files of a list; an address may end in ``#sha256=…``. Lines that begin with ``#`` are comments."""

    pause = 0.0
    skipped = 0

    def __init__(
        self, name: str, lines: Callable[[], Iterable[str]], folder: str, choice: Choice, simple: str = ""
    ) -> None:
        """``lines`` reads the list, whose relative paths begin in ``folder``. ``simple`` may have a login."""
        self.name = name
        self.access = Access(simple)
        self.notes = Notes()
        self._lines = lines
        self._folder = folder
        self._choice = choice
        self._seen = Seen()

    def files(self) -> Iterator[Wanted]:
        """Yield the files."""
        found = ByProject()
        for line in map(str.strip, self._lines()):
            if line and not line.startswith("#"):
                text, name = self._read(line)
                if not found.add(name, text):
                    self.notes.add(f"{text}: is not a distribution")
        for project, texts in found.projects():
            if self._choice.has_project(project):
                wanted = (self._wanted(each) for each in dict.fromkeys(texts))
                files = self._choice.of_project(each for each in wanted if each is not None)
                if self._seen.has_changed(project, files):
                    yield from files

    def again(self, project: str) -> None:
        """Yield the files of a project the next time, even if they have not changed."""
        self._seen.forget(project)

    def _read(self, line: str) -> tuple[str, str]:
        """Return a path or an address without user and password, and the filename."""
        if "://" not in line:
            return os.path.join(self._folder, line), os.path.basename(line)
        try:
            return without_login(line), name_in(line)
        except ValueError:  # brackets without an IPv6 address
            return "an address", ""

    def _wanted(self, text: str) -> Wanted | None:
        if "://" not in text:
            return wanted_of(text, self.notes)
        url, fragment = urldefrag(text)
        return Wanted(name_in(url), url, sha256_in(fragment))


def name_in(url: str) -> str:
    """Return the filename in an address, empty if it is not harmless.

    Raises:
        ValueError: the address is not valid.
    """
    name = unquote(posixpath.basename(urlsplit(url).path))
    return name if is_harmless(name) else ""


def is_harmless(name: str) -> bool:
    """Return whether a filename that somebody else chose names a file in the same folder on every system."""
    return name.isprintable() and not name.startswith(".") and not {*name} & {*"/\\:"}


def lines_of(path: str) -> Iterator[str]:
    """Yield the lines of a list; the rest of a long line is another one."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        while line := stream.readline(_LONGEST):
            yield line
