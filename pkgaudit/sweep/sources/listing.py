"""A text file that lists paths and addresses of distributions, one on each line."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote, urldefrag, urlsplit

from pkgaudit.model.distribution import make_distribution
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.folder import wanted_of
from pkgaudit.sweep.wanted import Wanted

_SHA256 = re.compile(r"sha256=([0-9a-f]{64})")


class ListSource:
    """The files of a list; an address may end in ``#sha256=…``. Empty lines, and those with ``#``, are none."""

    def __init__(self, path: str, choice: Choice) -> None:
        self.name = os.path.abspath(path)
        self.access = Access()
        self.notes: list[str] = []
        self._choice = choice

    def files(self) -> Iterator[Wanted]:
        """Yield the files."""
        projects: dict[str, list[Wanted]] = {}
        with open(self.name, encoding="utf-8", errors="surrogateescape") as stream:
            for line in map(str.strip, stream):
                each = self._wanted(line) if line and not line.startswith("#") else None
                if each is not None and self._choice.has_project(each.release[0]):
                    projects.setdefault(each.release[0], []).append(each)
        for _, found in sorted(projects.items()):
            yield from self._choice.of_project(found)

    def _wanted(self, line: str) -> Wanted | None:
        if "://" not in line:
            path = os.path.join(os.path.dirname(self.name), line)
            found = wanted_of(path, self.notes)
        else:
            url, fragment = urldefrag(line)
            match = _SHA256.fullmatch(fragment)
            file = unquote(posixpath.basename(urlsplit(url).path))
            found = Wanted(file, url, match[1] if match else "")
        if found is not None and make_distribution(found.file) is None:
            self.notes.append(f"{found.location}: is not a distribution")
            return None
        return found
