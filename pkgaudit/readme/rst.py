"""Render reStructuredText as PyPI does, within bounds that docutils lacks.

The bounds count operations and never read a clock, so a readme has the same verdict on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pkgaudit.late import dataclass

if TYPE_CHECKING:
    from docutils import nodes  # type: ignore[import-untyped]

MAX_LENGTH = 256 * 1024
"""The most characters of a readme that is rendered. The largest of 1,000 packages have 180,000."""

MAX_WORK = 100_000
"""The most units of work of about 50 microseconds each, after which rendering stops. The readmes of 1,000
packages need at most 10,000.

A unit is one line that a docutils state machine reads; nested blocks and cells are read again. Each
node of the document that is parsed, made or copied is a unit too.
"""

EACH = 20
"""The units of an operation whose time grows quadratically with its number, for example targets in a chain.

Chosen: it limits their number to 5,000, while a thousand of them leave most of the work for lines.
"""

COUNTED = {
    "note_source": 1,
    "note_explicit_target": EACH,
    "note_implicit_target": EACH,
    "note_anonymous_target": EACH,
    "note_pending": EACH,
}
"""The methods that docutils calls on a document for each line, each target and each pending operation."""

OF_INDEX = {"doctitle_xform": True, "sectsubtitle_xform": True, "initial_header_level": 2}
"""Settings of readme_renderer 45.0, which PyPI uses: it moves a lone title out of the text, so nothing
remains of a text with only titles. Version 46.0 keeps them. Source: https://github.com/pypa/readme_renderer
"""

NOTHING_LEFT = "nothing is left of it when rendered"
ONLY_TITLES = "it has only titles, which readme_renderer on PyPI moves out of the text, so nothing is left"
"""The messages for a text that renders to nothing."""

MAX_MESSAGES = 20
"""The most docutils messages that are read; chosen: a finding quotes the first and lists the other lines."""


class _EnoughError(Exception):
    """Raised to stop a rendering when its faults are known."""


class _Work:
    """Counts the work of a rendering."""

    def __init__(self) -> None:
        self.done = 0

    @property
    def is_too_much(self) -> bool:
        return self.done > MAX_WORK

    def spend(self, units: int) -> None:
        self.done += units
        if self.is_too_much:
            raise _EnoughError

    def watch(self, document: nodes.document) -> None:
        """Make a document report each operation."""
        for name, units in COUNTED.items():
            setattr(document, name, self._counting(getattr(document, name), units))
        document.substitution_defs = _Substitutions(self)

    @contextmanager
    def counting_nodes(self) -> Iterator[None]:
        """Count every node that is put into another one meanwhile, a unit each.

        Transforms make and copy nodes without a line being read: a list of contents has some for each title.
        docutils has no hook for it, so that its method is replaced for the time of one rendering.
        """
        from docutils import nodes

        usual = nodes.Element.setup_child

        def setup_child(element: Any, child: Any) -> None:
            self.spend(1)
            usual(element, child)

        nodes.Element.setup_child = setup_child
        try:
            yield
        finally:
            nodes.Element.setup_child = usual

    def _counting(self, note: Callable[..., Any], units: int) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            self.spend(units)
            return note(*arguments, **named)

        return counting


class _Substitutions(dict[str, Any]):
    """Substitution definitions: each use copies a definition, and definitions may be nested."""

    def __init__(self, work: _Work) -> None:
        super().__init__()
        self.work = work

    def __getitem__(self, name: str) -> Any:
        definition = super().__getitem__(name)
        parts = sum(1 for _ in definition.findall())
        # A unit is a line with at least 50 characters of text; chosen.
        self.work.spend(EACH + parts + len(definition.astext()) // 50)
        return definition


@dataclass(frozen=True)
class Rendered:
    """A rendering: its faults as lines and messages, empty if PyPI accepts it; and its cleaned HTML.

    A fault without a line has line 0. ``faults`` is None if the text could not be rendered here, so the
    result on PyPI is unknown. ``html`` is complete only without faults.
    """

    faults: tuple[tuple[int, str], ...] | None
    html: str = ""


def rendering_faults(text: str) -> tuple[tuple[int, str], ...] | None:
    """Return the faults of a text in reStructuredText; see `Rendered`."""
    return rendered(text).faults


@lru_cache(maxsize=8)
def rendered(text: str) -> Rendered:
    """Return reStructuredText as HTML, and the warnings of docutils.

    The settings are PyPI's. PyPI stops at the first warning; here rendering continues, and an observer
    collects the warnings.
    """
    from docutils.core import publish_parts  # type: ignore[import-untyped]
    from docutils.readers import standalone  # type: ignore[import-untyped]
    from docutils.writers.html5_polyglot import Writer  # type: ignore[import-untyped]
    from readme_renderer.clean import clean
    from readme_renderer.rst import SETTINGS, ReadMeHTMLTranslator

    if len(text) > MAX_LENGTH:
        return Rendered(None)
    faults: list[tuple[int, str]] = []
    work = _Work()

    def observe(message: nodes.system_message) -> None:
        if message["level"] >= SETTINGS["halt_level"]:
            words = message.children[0].astext() if message.children else message.astext()
            faults.append((message.get("line") or 0, " ".join(words.split()).removesuffix(".")))
            if len(faults) >= MAX_MESSAGES:
                raise _EnoughError

    class Reader(standalone.Reader):  # type: ignore[misc]
        def new_document(self) -> nodes.document:
            document = super().new_document()
            document.reporter.attach_observer(observe)
            work.watch(document)
            return document

    writer = Writer()
    writer.translator_class = ReadMeHTMLTranslator
    settings = {
        **SETTINGS,
        **OF_INDEX,
        "halt_level": 5,  # above all levels of docutils, so rendering continues
        "warning_stream": io.StringIO(),
        # A docutils.conf in the current folder must not change the verdict.
        "_disable_config": True,
    }
    parts: dict[str, str] = {}
    html: str | None = None
    try:
        with work.counting_nodes():
            parts = publish_parts(text, reader=Reader(), writer=writer, settings_overrides=settings)
        made = parts.get("docinfo", "") + parts.get("fragment", "")
        html = clean(made) if made else None
    except _EnoughError:
        pass
    except MemoryError:
        if not faults:
            raise  # the result is unknown, and the audit must not pass because this machine is too small
    except Exception:  # docutils fails in many ways on hostile text
        if not faults:
            return Rendered(None)
    if work.is_too_much and not faults:
        return Rendered(None)
    if not faults and html is None:
        faults.append((0, ONLY_TITLES if parts.get("title") else NOTHING_LEFT))
    return Rendered(tuple(faults), html or "")


def why_not_rendered(text: str) -> str:
    """Return why a text was not rendered here."""
    if len(text) > MAX_LENGTH:
        return f"it has {len(text):,} characters, more than {MAX_LENGTH:,}"
    return "docutils fails on it, or would take too long"
