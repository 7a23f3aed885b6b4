"""The files of an index, by the pages of its Simple API.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO
from urllib.parse import urldefrag

from pkgaudit.formatting import quoted
from pkgaudit.model.addresses import Address
from pkgaudit.model.index_answers import IndexFile, IndexPage
from pkgaudit.online.client import (
    Bounds,
    Head,
    IndexReadError,
    Page,
    UnchangedError,
    page_url,
    receive,
    without_login,
)
from pkgaudit.online.connections import Opener
from pkgaudit.online.pages import ACCEPTED, parse_page, parse_projects
from pkgaudit.sweep.access import Access
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.listing import is_harmless
from pkgaudit.sweep.sources.notes import Notes
from pkgaudit.sweep.sources.seen import Known, Seen
from pkgaudit.sweep.wanted import Wanted

_PAGE = Bounds(step=60.0, whole=300.0, size=96 << 20)
"""The limits on the page of a project; chosen: the largest on PyPI has 20 megabytes."""

_LIST = Bounds(step=60.0, whole=900.0, size=1 << 30)
"""The limits on the list of all projects; chosen: that of PyPI has 40 megabytes."""

_PART = 1 << 16
"""Bytes of the list that are parsed at once."""

_AT_A_TIME = 4
"""Requests for pages at a time, as `--online` makes them."""

_AHEAD = 8
"""Pages that are read before their files are audited."""

_MOST_FAILED = 20
"""After so many pages in a row that were requested in vain, the index is not asked for the others."""

_SERIALS = ("X-PyPI-Last-Serial", "X-Devpi-Serial")
"""Headers with a number that grows with each change of the index."""


class IndexSource:
    """The files of an index. The second call of `files`, and later ones, yield those of changed pages."""

    def __init__(
        self, simple: str, choice: Choice, *, metadata: bool = False, access: Access | None = None
    ) -> None:
        """``simple`` is the checked address. ``metadata``: only the core metadata of wheels are wanted."""
        self.name = without_login(simple)
        self.access = access or Access(simple)
        self.notes = Notes()
        self.pause = 0.0
        self.skipped = 0
        self._simple = simple
        self._choice = choice
        self._metadata = metadata
        self._serial = ""
        self._seen = Seen()
        self._list: _List | None = None

    def files(self) -> Iterator[Wanted]:
        """Yield the files of all wanted projects whose pages have changed since the last call."""
        self.pause = 0.0
        self.skipped = failed = 0
        with Opener() as open_:
            reader = _Reader(self.access, open_)
            try:
                # It is read before the pages: a change meanwhile is noticed the next time.
                serial = self._current_serial(reader)
                if serial and serial == self._serial:
                    return
                given = ((each, None) for each in self._choice.names)
                names = given if self._choice.names else self._names(reader)
                for name, page in _ahead(self._read, names, reader):
                    if isinstance(page, IndexReadError):
                        failed = failed + 1 if page.is_unavailable else 0
                        self._note(page)
                        serial = ""
                        if failed >= _MOST_FAILED:
                            self.notes.add(f"{self.name}: the index does not answer; no other page was read")
                            return
                    elif page is not None:
                        failed = 0
                        for each in self._wanted(name, page):
                            if self._metadata and not each.metadata:
                                self.skipped += 1
                            else:
                                yield each
            except IndexReadError as error:
                self._note(error)
                serial = ""
            self._serial = serial

    def again(self, project: str) -> None:
        """Yield the files of a project the next time, even if they have not changed."""
        self._seen.forget(project)
        self._serial = ""

    def _note(self, error: IndexReadError) -> None:
        self.notes.add(str(error))
        self.pause = max(self.pause, error.pause or 0.0)

    def _current_serial(self, reader: _Reader) -> str:
        """Return the serial of the index, empty if it has none."""
        try:
            head = reader.read(page_url(self._simple, ""), _LIST, bytearray(), method="HEAD")
        except IndexReadError as error:
            if error.is_unavailable:
                raise
            return ""  # some indexes have no list, or answer only to GET
        return next((head.headers[each] for each in _SERIALS if each in head.headers), "") if head else ""

    def _names(self, reader: _Reader) -> Iterator[tuple[str, int | None]]:
        """Yield the wanted projects on the list of all, with their serials."""
        url = page_url(self._simple, "")
        known = self._list.known if self._list else Known()
        stream: IO[bytes] = TemporaryFile(prefix="pkgaudit-")  # noqa: SIM115  # it is read again later
        try:
            head = reader.read(url, _LIST, stream, known.conditions)
        except UnchangedError:
            stream.close()
        except BaseException:  # also Ctrl-C; nobody else closes the file
            stream.close()
            raise
        else:
            if self._list is not None:
                self._list.stream.close()
            if head is None:
                stream.close()
                self._list = None
                raise IndexReadError(
                    f"{self.name}: the index has no list of its projects; check the address, or name them "
                    "with --project"
                )
            self._list = _List(stream, head.kind, _known_of(head))
        assert self._list is not None
        try:
            for name, serial in self._list.projects():
                if self._choice.has_project(name):
                    yield name, serial
        except ValueError as error:
            raise IndexReadError(f"{self.name}: {error}; check the address") from None

    def _read(self, name: str, serial: int | None, reader: _Reader) -> IndexPage | IndexReadError | None:
        """Return the page of a project; None if it has not changed, or the index does not have it."""
        known = self._seen.get(name)
        if serial is not None and serial == known.serial:
            return None
        url = page_url(self._simple, name)
        data = bytearray()

        try:
            head = reader.read(url, _PAGE, data, known.conditions)
            if head is None:
                if self._choice.names:
                    return IndexReadError(f"{without_login(url)}: the index has no such project")
                return None  # it was deleted after the list was read
            digest = hashlib.sha256(data).hexdigest()
            if digest == known.digest:
                return None
            with reader.parsing:  # a large page needs much memory while it is parsed
                page = parse_page(Page(head.kind, bytes(data), head.url), name)
        except UnchangedError:
            return None
        except IndexReadError as error:
            return error
        except ValueError as error:
            # The error of a parser may quote the page.
            reason = str(error) if type(error) is ValueError else "it is not valid"
            return IndexReadError(f"{without_login(url)}: is not a page of the simple API: {reason}")
        self._seen.put(name, _known_of(head, serial, digest))
        return page

    def _wanted(self, name: str, page: IndexPage) -> list[Wanted]:
        """Return the wanted files of a project."""
        found: dict[tuple[str, str], Wanted] = {}
        for each in page.files:
            wanted = self._file(each)
            if wanted is None:
                page_name = without_login(page_url(self._simple, name))
                self.notes.add(f"{page_name}: {quoted(each.name)} has no valid name or no valid address")
            elif wanted.release[0]:
                found[wanted.file, wanted.sha256 or wanted.location] = wanted
        # The names of old sdists may be read as those of other projects.
        return self._choice.of_project(sorted(found.values(), key=lambda each: each.release[0]))

    def _file(self, file: IndexFile) -> Wanted | None:
        try:
            url = urldefrag(without_login(file.url)).url
            Address.parse(url)
        except ValueError:
            return None
        if not is_harmless(file.name):
            return None
        uploaded = file.uploaded.strftime("%Y-%m-%dT%H:%M:%SZ") if file.uploaded else ""
        metadata = ""
        if self._metadata and file.has_metadata and file.sha256 and file.name.lower().endswith(".whl"):
            metadata = f"{url}.metadata#sha256={file.metadata_sha256}"
        # An index without hashes may state something else that changes with the content.
        stamp = f"{file.size} {uploaded}" if file.size is not None and uploaded else ""
        return Wanted(file.name, url, file.sha256, file.size, uploaded, metadata, stamp)


class _Reader:
    """Reads pages over the same connections, from several threads."""

    def __init__(self, access: Access, open_: Opener) -> None:
        self.parsing = threading.Lock()
        self._access = access
        self._open = open_

    def read(
        self,
        url: str,
        bounds: Bounds,
        target: bytearray | IO[bytes],
        conditions: Mapping[str, str] = MappingProxyType({}),
        method: str = "GET",
    ) -> Head | None:
        """Read a page into a buffer or a file, as `receive`, several times if the index is not available."""

        def attempt() -> Head | None:
            asked = self._access.request(url, ACCEPTED, method)
            for name, value in {**conditions, "Accept-Encoding": "gzip"}.items():
                asked.add_header(name, value)
            if isinstance(target, bytearray):
                target.clear()
                return receive(asked, bounds, self._open, target.extend)
            target.seek(0)
            target.truncate()
            return receive(asked, bounds, self._open, target.write)

        return self._access.patiently(attempt)


@dataclass(frozen=True)
class _List:
    """The list of all projects, in a temporary file."""

    stream: IO[bytes]
    kind: str
    known: Known

    def projects(self) -> Iterator[tuple[str, int | None]]:
        """Yield the normalized names with their serials.

        Raises:
            ValueError: it is not such a list.
        """
        self.stream.seek(0)
        yield from parse_projects(iter(lambda: self.stream.read(_PART), b""), self.kind)


def _known_of(head: Head, serial: int | None = None, digest: str = "") -> Known:
    return Known(serial, head.headers.get("ETag", ""), head.headers.get("Last-Modified", ""), digest)


_Answer = IndexPage | IndexReadError | None


def _ahead(
    read: Callable[[str, int | None, _Reader], _Answer],
    names: Iterable[tuple[str, int | None]],
    reader: _Reader,
) -> Iterator[tuple[str, _Answer]]:
    """Yield the names with their pages, in order; some pages are read before they are wanted."""
    todo: SimpleQueue[tuple[str, int | None, SimpleQueue[_Answer | Exception]] | None] = SimpleQueue()

    def work() -> None:
        while (item := todo.get()) is not None:
            name, serial, result = item
            try:
                result.put(read(name, serial, reader))
            except Exception as error:  # raised again in the thread that asks
                result.put(error)

    # They do not keep the program alive: one may wait for an answer.
    for _ in range(_AT_A_TIME):
        threading.Thread(target=work, daemon=True).start()
    waiting: deque[tuple[str, SimpleQueue[_Answer | Exception]]] = deque()

    def first() -> tuple[str, _Answer]:
        name, result = waiting.popleft()
        answer = result.get()
        if isinstance(answer, Exception) and not isinstance(answer, IndexReadError):
            raise answer
        return name, answer

    try:
        for name, serial in names:
            result: SimpleQueue[_Answer | Exception] = SimpleQueue()
            todo.put((name, serial, result))
            waiting.append((name, result))
            if len(waiting) == _AHEAD:
                yield first()
        while waiting:
            yield first()
    finally:
        for _ in range(_AT_A_TIME):
            todo.put(None)
