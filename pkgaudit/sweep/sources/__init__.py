"""Where the files of a sweep come from: an index, a folder, or a list.

`open_source` makes the source of an argument; a source yields `Wanted` files, those of a project together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Protocol

from pkgaudit.errors import PkgauditError
from pkgaudit.model.distribution import make_distribution
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.notes import Notes
from pkgaudit.sweep.wanted import Wanted


class SourceError(PkgauditError):
    """A source cannot be read. The message names it and the reason."""


class Source(Protocol):
    """A source of files. ``name`` is shown and stored; it has no credentials. ``access`` fetches the files.

    ``notes`` are sentences about pages and files that could not be read; they grow meanwhile.
    ``pause`` is the number of seconds that the index asks to wait before it is read again, ``skipped`` the
    number of files without separate core metadata, if only these are wanted.
    """

    name: str
    access: Access
    notes: Notes
    pause: float
    skipped: int

    def files(self) -> Iterator[Wanted]:
        """Yield the files, those of a project one after the other.

        Later calls leave out projects whose files have not changed since the last call.
        """

    def again(self, project: str) -> None:
        """Yield the files of a project the next time, even if they have not changed."""


def open_source(argument: str, choice: Choice, *, metadata: bool = False) -> Source:
    """Return the source of an argument: an address, a folder, a file with a list, or one distribution.

    ``metadata``: only the core metadata of wheels are wanted.

    Raises:
        IndexReadError: the address cannot be used.
        SourceError: the argument has another form.
    """
    from pkgaudit.online.client import check_address, without_login
    from pkgaudit.sweep.sources.folder import FolderSource
    from pkgaudit.sweep.sources.index import IndexSource
    from pkgaudit.sweep.sources.listing import ListSource, lines_of, name_in

    is_address = "://" in argument
    if is_address:
        check_address(argument, "SOURCE")
        if make_distribution(name_in(argument)) is None:
            return IndexSource(argument, choice, metadata=metadata)
    if metadata:
        raise SourceError("--metadata-only needs an index, which has files with only the core metadata")
    if is_address:
        return ListSource(without_login(argument), lambda: [argument], "", choice, argument)
    path = os.path.abspath(argument)
    if os.path.isdir(path):
        return FolderSource(path, choice)
    if not os.path.isfile(path):
        raise SourceError(f"{argument} is not the address of an index, and no such folder or file exists")
    if make_distribution(path) is not None:
        return ListSource(path, lambda: [path], "", choice)
    return ListSource(path, partial(lines_of, path), os.path.dirname(path), choice)
