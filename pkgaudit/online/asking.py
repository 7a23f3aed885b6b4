"""Asks an index for the pages of projects: several at a time, each once, within a total time."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from pkgaudit.model.addresses import Address, known_indexes
from pkgaudit.model.distribution import Release, normalize
from pkgaudit.model.index_answers import IndexPage, PrivateNames, requiring
from pkgaudit.online.client import (
    JSON,
    Bounds,
    IndexReadError,
    Page,
    read_page,
    without_login,
)
from pkgaudit.online.connections import Opener
from pkgaudit.online.pages import parse_page


@dataclass(frozen=True)
class Limits:
    """The limits on all requests: those on each, requests at a time, seconds in all, and projects."""

    each: Bounds
    at_a_time: int
    seconds: float
    projects: int


LIMITS = Limits(Bounds(step=10.0, whole=10.0, size=32 << 20), at_a_time=4, seconds=60.0, projects=500)
"""Chosen: an index answers in less than a second; the largest page of a project on PyPI has 20 megabytes; few
releases have 100 dependencies."""


def projects_of(releases: list[Release], private: PrivateNames) -> list[str]:
    """Return the normalized names of the given projects, and of those that they require without an extra.

    Private names are left out.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    names = {each.project for each in releases if each.project}
    for distribution in requiring(releases):
        metadata = distribution.metadata
        for value in metadata.all("Requires-Dist") if metadata is not None else ():
            try:
                made = Requirement(value)
            except (InvalidRequirement, ValueError, RecursionError):  # the rules report it
                continue
            if made.url is None and "extra" not in str(made.marker or ""):
                names.add(normalize(made.name))
    return sorted(each for each in names if not private.has(each))


def ask(
    simple: str, projects: list[str], limits: Limits = LIMITS
) -> tuple[dict[str, IndexPage | None], list[str]]:
    """Return the pages of projects, None for those that the index does not have, and what went wrong.

    ``simple`` is the checked address of the simple API.
    """
    shown = without_login(simple)
    pages: dict[str, IndexPage | None] = {}
    faults: list[str] = []
    asked = projects[: limits.projects]
    if asked != projects:
        faults.append(f"{shown}: was asked about {limits.projects} of {len(projects)} projects only")
    run = _Asking(simple, asked, limits)
    for name, answer in run.answers():
        if isinstance(answer, IndexReadError):
            faults.append(str(answer))
        else:
            pages[name] = answer
    faults.sort()
    if run.is_late:
        faults.append(f"{shown}: the index did not answer all requests within {limits.seconds:.0f} seconds")
    return pages, faults


def is_doubtful(simple: str, pages: Mapping[str, IndexPage | None], own: Collection[str]) -> bool:
    """Return whether an address is probably not that of a simple API: it has no project, and no dependency.

    ``own`` are the given projects, which may be new. The addresses of well-known indexes are not doubtful.
    """
    address = Address.parse(simple)
    is_known = any(address == Address.parse(each.simple) for each in known_indexes().values())
    return not is_known and not any(pages.values()) and not pages.keys() <= set(own)


def _parsed(page: Page, name: str) -> IndexPage:
    """Return the content of a page.

    Raises:
        IndexReadError: it is not a page in JSON, or not that of the project.
    """
    shown = without_login(page.url)
    if page.kind != JSON:
        raise IndexReadError(f"{shown}: the index has no JSON form of its pages")
    try:
        return parse_page(page, name)
    except ValueError as error:
        # The error of a parser may quote the page.
        reason = str(error) if type(error) is ValueError else "the JSON is not valid"
        raise IndexReadError(f"{shown}: is not a page of the simple API: {reason}") from None


class _Asking:
    """Requests in threads, which do not keep the program alive: one may wait for a name to be resolved."""

    def __init__(self, simple: str, projects: Iterable[str], limits: Limits) -> None:
        self._simple = simple
        self._limits = limits
        self._open = Opener()
        self._todo: SimpleQueue[str] = SimpleQueue()
        for each in projects:
            self._todo.put(each)
        self._done: SimpleQueue[tuple[str, IndexPage | Exception | None] | None] = SimpleQueue()
        self._stop = threading.Event()
        self._parsing = threading.Lock()
        self.is_late = False

    def answers(self) -> Iterator[tuple[str, IndexPage | IndexReadError | None]]:
        """Yield the answers as they arrive."""
        end = time.monotonic() + self._limits.seconds
        running = self._limits.at_a_time
        for _ in range(running):
            threading.Thread(target=self._work, daemon=True).start()
        while running:
            try:
                answer = self._done.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                self._stop.set()
                self.is_late = True
                return
            if answer is None:
                running -= 1
                continue
            name, page = answer
            if isinstance(page, Exception) and not isinstance(page, IndexReadError):
                raise page
            yield name, page

    def _work(self) -> None:
        """Request one page after the other."""
        while not self._stop.is_set():
            try:
                name = self._todo.get_nowait()
            except Empty:
                break
            answer: IndexPage | Exception | None
            try:
                answer = self._page(name)
            except IndexReadError as error:
                answer = error
                if error.is_unavailable:
                    self._stop.set()
            except Exception as error:  # raised again in the thread that asks
                answer = error
                self._stop.set()
            self._done.put((name, answer))
        self._done.put(None)

    def _page(self, name: str) -> IndexPage | None:
        page = read_page(self._simple, name, JSON, self._limits.each, self._open)
        if page is None:
            return None
        with self._parsing:  # a large page needs much memory while it is parsed
            return _parsed(page, name)
