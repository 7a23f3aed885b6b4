"""How PyPI renders reStructuredText, and bounds of it, of which docutils has none.

They count what is done and never look at a clock, so that a readme has the same verdict on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes  # type: ignore[import-untyped]

MAX_LENGTH = 256 * 1024
"""Characters of a readme beyond which it is not rendered. The largest of 1,000 packages have 180,000."""

MAX_WORK = 100_000
"""Units of work beyond which rendering is given up, of some 50 microseconds each. The readmes of 1,000
packages need 10,000 at most.

Each line that a state machine of docutils looks at is a unit, in nested blocks and cells once more, and so is
each node of the document, whether it is parsed, made or copied.
"""

EACH = 20
"""Units of an operation whose time grows with the square of its number, as targets in a chain do.

Chosen: so the number of them is bounded at 5,000, while a thousand of them leave most of the work for lines.
"""

COUNTED = {
    "note_source": 1,
    "note_explicit_target": EACH,
    "note_implicit_target": EACH,
    "note_anonymous_target": EACH,
    "note_pending": EACH,
}
"""Methods that docutils calls on a document: for each line, each target, and what is left for later."""

OF_INDEX = {"doctitle_xform": True, "sectsubtitle_xform": True, "initial_header_level": 2}
"""Settings of readme_renderer 45.0, which PyPI runs: it lifts a lone title out of the text, so that of titles
alone nothing is left. Version 46.0 leaves them in. Source: https://github.com/pypa/readme_renderer
"""

MAX_MESSAGES = 20
"""Messages of docutils that are read; chosen: the first is quoted, of the others the lines are named."""


class _EnoughError(Exception):
    """Raised to stop a rendering whose faults are known well enough."""


class _Work:
    """Counts the work that a rendering does."""

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
        """Have a document say what is done with it."""
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
    """The definitions of substitutions: each use copies one, and they may use one another."""

    def __init__(self, work: _Work) -> None:
        super().__init__()
        self.work = work

    def __getitem__(self, name: str) -> Any:
        definition = super().__getitem__(name)
        parts = sum(1 for _ in definition.findall())
        # A unit is a line, of which 50 characters of text are the least; chosen.
        self.work.spend(EACH + parts + len(definition.astext()) // 50)
        return definition


@lru_cache(maxsize=8)
def rendering_faults(text: str) -> tuple[tuple[int, str], ...] | None:
    """Return what docutils finds wrong with a reStructuredText, as lines and messages, none if it renders.

    The settings are those of PyPI, which stops at the first warning; here the rendering goes on, and
    an observer takes note. A fault without a line of its own has line 0. None means that the text
    could not be rendered here, which says nothing of it.
    """
    from docutils.core import publish_parts  # type: ignore[import-untyped]
    from docutils.readers import standalone  # type: ignore[import-untyped]
    from docutils.writers.html5_polyglot import Writer  # type: ignore[import-untyped]
    from readme_renderer.clean import clean
    from readme_renderer.rst import SETTINGS, ReadMeHTMLTranslator

    if len(text) > MAX_LENGTH:
        return None
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
        "halt_level": 5,  # above all levels that docutils has, so that the rendering goes on
        "warning_stream": io.StringIO(),
        # A docutils.conf of the folder one stands in must not change the verdict.
        "_disable_config": True,
    }
    is_rendered = False
    try:
        with work.counting_nodes():
            parts = publish_parts(text, reader=Reader(), writer=writer, settings_overrides=settings)
        html = parts.get("docinfo", "") + parts.get("fragment", "")
        is_rendered = bool(html) and clean(html) is not None
    except _EnoughError:
        pass
    except Exception:  # docutils fails in many ways on a text that is made for it
        if not faults:
            return None
    if work.is_too_much and not faults:
        return None
    if faults or is_rendered:
        return tuple(faults)
    return ((0, "nothing is left of it when rendered"),)


def why_not_rendered(text: str) -> str:
    """Return why a text was not rendered here."""
    if len(text) > MAX_LENGTH:
        return f"it has {len(text):,} characters, more than {MAX_LENGTH:,}"
    return "docutils fails on it, or would take too long"
