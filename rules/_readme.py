"""The readme as the index gets it: its text, its content type, and how it renders."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

from pkgaudit.api import CoreMetadata, HeaderField, Severity, quoted
from pkgaudit.rules._metadata_fields import INDEX_DATE, is_set

MAX_LENGTH = 256 * 1024
"""Characters of a readme beyond which it is not rendered: docutils takes a time that grows with the square
of some texts, and the largest of real packages have some 180,000."""

MAX_MESSAGES = 20
"""Messages of docutils that are read."""

CONTENT_TYPES = ("text/markdown", "text/plain", "text/x-rst")
MARKDOWN_VARIANTS = ("GFM", "CommonMark")


@dataclass(frozen=True)
class Readme:
    """A description and the line of the metadata file in which it begins."""

    text: str
    line: int


def readme_of(metadata: CoreMetadata) -> Readme | None:
    """Return the description as uploaders send it; None if there is none or MD102 reports what it is."""
    headers = [field for field in metadata.fields if field.key == "description"]
    body = metadata.body
    if headers:
        field = headers[0]
        if len(headers) > 1 or body or not field.is_utf8 or not is_set(field.value):
            return None
        return Readme(field.value, field.line)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return Readme(text, metadata.body_line) if is_set(text) else None


def content_type_field(metadata: CoreMetadata) -> HeaderField | None:
    """Return the Description-Content-Type as it stands, None if there is none."""
    return next((field for field in metadata.fields if field.key == "description-content-type"), None)


def content_type_fault(value: str) -> tuple[str, Severity] | None:
    """Return why a content type is refused and how bad that is, None if it is valid."""
    from email.message import EmailMessage

    if "\n" in value or "\r" in value:
        return "it is folded over several lines, which the index answers with a server error", Severity.ERROR
    message = EmailMessage()
    try:
        message["content-type"] = value[:1000]
        header = message["content-type"]
        name, parameters = message.get_content_type().lower(), dict(header.params)
    except Exception:  # the email package raises several things on malformed parameters
        return "it cannot be read as a content type", Severity.ERROR
    if name not in CONTENT_TYPES or name not in value.lower():
        return f"it must be one of {', '.join(CONTENT_TYPES)}", Severity.ERROR
    charset = parameters.get("charset", "UTF-8")
    if charset != "UTF-8":
        spelling = f", spelled so (the index of {INDEX_DATE})" if charset.upper() == "UTF-8" else ""
        return f"its charset is {quoted(charset)} and must be UTF-8{spelling}", Severity.ERROR
    variant = parameters.get("variant", "GFM")
    if name == "text/markdown" and variant not in MARKDOWN_VARIANTS:
        return f"its variant is {quoted(variant)} and must be GFM or CommonMark", Severity.ERROR
    if header.defects:
        return (
            f"its parameters are malformed; packaging 26.3, and uploaders that use it, refuse it, "
            f"while the index still took it on {INDEX_DATE}",
            Severity.WARNING,
        )
    return None


def is_restructuredtext(metadata: CoreMetadata) -> bool:
    """Return whether the index renders the description as reStructuredText, which is what it does unasked."""
    field = content_type_field(metadata)
    if field is None or not is_set(field.value):
        return True
    return content_type_fault(field.value) is None and field.value.lower().startswith("text/x-rst")


class _EnoughError(Exception):
    """Raised to stop a rendering whose faults are known well enough."""


@lru_cache(maxsize=8)
def rendering_faults(text: str) -> tuple[tuple[int, str], ...] | None:
    """Return what docutils finds wrong with a reStructuredText, as lines and messages, none if it renders.

    The settings are those of the index, which stops at the first warning; here the rendering goes on,
    and an observer takes note. A fault without a line of its own has line 0. None means that the
    text could not be rendered here, which says nothing of it.
    """
    from docutils import nodes  # type: ignore[import-untyped]
    from docutils.core import publish_parts  # type: ignore[import-untyped]
    from docutils.readers import standalone  # type: ignore[import-untyped]
    from docutils.writers.html5_polyglot import Writer  # type: ignore[import-untyped]
    from readme_renderer.clean import clean
    from readme_renderer.rst import SETTINGS, ReadMeHTMLTranslator

    if len(text) > MAX_LENGTH:
        return None
    faults: list[tuple[int, str]] = []

    def observe(message: nodes.system_message) -> None:
        if message["level"] >= SETTINGS["halt_level"]:
            words = message.children[0].astext() if message.children else message.astext()
            faults.append((message.get("line") or 0, words.strip().removesuffix(".")))
            if len(faults) >= MAX_MESSAGES:
                raise _EnoughError

    class Reader(standalone.Reader):  # type: ignore[misc]
        def new_document(self) -> nodes.document:
            document = super().new_document()
            document.reporter.attach_observer(observe)
            return document

    writer = Writer()
    writer.translator_class = ReadMeHTMLTranslator
    settings = {
        **SETTINGS,
        "halt_level": 5,
        "warning_stream": io.StringIO(),
        # A docutils.conf of the folder one stands in must not change the verdict.
        "_disable_config": True,
    }
    is_rendered = False
    try:
        parts = publish_parts(text, reader=Reader(), writer=writer, settings_overrides=settings)
        html = parts.get("docinfo", "") + parts.get("fragment", "")
        is_rendered = bool(html) and clean(html) is not None
    except _EnoughError:
        pass
    except Exception:  # docutils fails in many ways on a text that is made for it
        if not faults:
            return None
    if faults or is_rendered:
        return tuple(faults)
    return ((0, "nothing is left of it when rendered"),)
