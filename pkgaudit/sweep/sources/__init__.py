"""Where the files of a sweep come from: an index, a folder, or a list.

`open_source` makes the source of an argument; a source yields `Wanted` files, those of a project together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from pkgaudit.errors import PkgauditError
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.wanted import Wanted


class SourceError(PkgauditError):
    """A source cannot be read. The message names it and the reason."""


class Source(Protocol):
    """A source of files. ``name`` is shown and stored; it has no credentials. ``access`` fetches the files.

    ``notes`` are sentences about what could not be read, such as the page of a project; they grow meanwhile.
    """

    name: str
    access: Access
    notes: list[str]

    def files(self) -> Iterator[Wanted]:
        """Yield the files, those of a project one after the other."""


def open_source(argument: str, choice: Choice) -> Source:
    """Return the source of an argument: an address, a folder, or a file with a list.

    Raises:
        SourceError: it is none of them, or cannot be read.
    """
    if "://" in argument:
        from pkgaudit.sweep.sources.index import IndexSource

        return IndexSource(argument, choice)
    if os.path.isdir(argument):
        from pkgaudit.sweep.sources.folder import FolderSource

        return FolderSource(argument, choice)
    if os.path.isfile(argument):
        from pkgaudit.sweep.sources.listing import ListSource

        return ListSource(argument, choice)
    raise SourceError(f"{argument} is no address of an index, and there is no such folder and no such list")
