"""The readme as PyPI receives it: its text and its content type."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from pkgaudit.api import CoreMetadata, Distribution, HeaderField, Sdist, Severity, quoted
from pkgaudit.late import dataclass
from pkgaudit.readme.markdown import why_not_rendered
from pkgaudit.readme.markup import Markup, markup_named
from pkgaudit.readme.page import Page, markdown_page, rst_page
from pkgaudit.readme.rst import rendered
from pkgaudit.rules._shared.fields import (
    is_set,
)
from pkgaudit.rules._shared.index_words import (
    DATE,
    REFUSED,
    TRIPS,
    UNSENT,
    UNSENT_AND_REFUSED,
)
from pkgaudit.rules._shared.settings import table_of

CONTENT_TYPES = tuple(sorted(each.value for each in Markup))
"""The content types that packaging and PyPI accept."""

MARKDOWN_VARIANTS = ("GFM", "CommonMark")
"""The variants of Markdown in their exact spelling, by the same specification."""


@dataclass(frozen=True)
class Readme:
    """A description and its first line in the metadata file."""

    text: str
    line: int

    def line_of(self, number: int) -> int:
        """Return the line of the file for a line number of docutils, which splits lines at more characters.

        A fault without a line (0) is at the first line.
        """
        lines = re.sub("[\v\f]", " ", self.text).splitlines(keepends=True)
        return self.line + sum(each.endswith("\n") for each in lines[: max(number, 1) - 1])

    def number_at(self, offset: int) -> int:
        """Return the line of the readme for an offset, counted from 1."""
        return self.text.count("\n", 0, offset) + 1

    def line_at(self, offset: int) -> int:
        """Return the line of the metadata file for an offset in the text."""
        return self.line + self.text.count("\n", 0, offset)

    def diff(self, changes: Sequence[tuple[int, str, str]]) -> list[str]:
        """Return changes of the readme in the unified format without context, a text for each line.

        Each change is an offset, the old and the new text.

        https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
        """
        new: dict[int, str] = {}
        lines = self.text.split("\n")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        for start, before, after in sorted(changes, reverse=True):
            at = bisect_right(starts, start) - 1
            line = new.get(at, lines[at])
            column = start - starts[at]
            if line.startswith(before, column):
                new[at] = line[:column] + after + line[column + len(before) :]
        return [f"@@ -{at + 1} +{at + 1} @@\n-{lines[at]}\n+{line}\n" for at, line in sorted(new.items())]


def readme_of(metadata: CoreMetadata) -> Readme | None:
    """Return the description as uploaders send it; None if it is missing or MD102 reports it."""
    headers = [field for field in metadata.fields if field.key == "description"]
    body = metadata.body
    if headers:
        field = headers[0]
        if len(headers) > 1 or body or not field.is_utf8 or not is_set(field.value):
            return None
        return Readme(field.value, _first_line(metadata, field))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return Readme(text, metadata.body_line) if is_set(text) else None


def _first_line(metadata: CoreMetadata, field: HeaderField) -> int:
    """Return the first line of a header field's value, which may be below the line of its name."""
    line = field.line
    # The value begins in the line of the name or in the next one; blank lines before it are hostile or
    # accidental.
    for text in metadata.data.split(b"\n")[line - 1 :][:100]:
        if text.partition(b":")[2].strip() if line == field.line else text.strip():
            return line
        line += 1
    return field.line


def content_type_field(metadata: CoreMetadata) -> HeaderField | None:
    """Return the Description-Content-Type field, or None."""
    return next((field for field in metadata.fields if field.key == "description-content-type"), None)


def content_type_fault(value: str) -> tuple[str, Severity] | None:
    """Return why a content type is rejected and by whom, and the severity; None if it is valid."""
    from email.message import EmailMessage

    if "\n" in value or "\r" in value:
        return f"it is folded over several lines; {TRIPS}", Severity.ERROR
    message = EmailMessage()
    try:
        # More than in real values; it bounds the time on hostile input.
        message["content-type"] = value[:1000]
        header = message["content-type"]
        name, parameters = message.get_content_type().lower(), dict(header.params)
    except MemoryError:
        raise  # says nothing about the value
    except Exception:  # the email package raises various exceptions on malformed parameters
        return f"it is not a valid content type; {UNSENT_AND_REFUSED}", Severity.ERROR
    if name not in CONTENT_TYPES or name not in value.lower():
        return f"it must be one of {', '.join(CONTENT_TYPES)}; {UNSENT_AND_REFUSED}", Severity.ERROR
    charset = parameters.get("charset", "UTF-8")
    if charset != "UTF-8":
        if charset.upper() == "UTF-8":
            return f"its charset is {quoted(charset)}, but must be spelled UTF-8; {REFUSED}", Severity.ERROR
        return f"its charset is {quoted(charset)}, but must be UTF-8; {UNSENT_AND_REFUSED}", Severity.ERROR
    variant = parameters.get("variant", "GFM")
    if name == "text/markdown" and variant not in MARKDOWN_VARIANTS:
        return (
            f"its variant is {quoted(variant)}, but must be GFM or CommonMark; {UNSENT_AND_REFUSED}",
            Severity.ERROR,
        )
    if header.defects:
        return (
            f"its parameters are malformed; with packaging 26.3 {UNSENT}, "
            f"while PyPI still accepted it on {DATE}",
            Severity.WARNING,
        )
    return None


def markup_of(metadata: CoreMetadata) -> Markup | None:
    """Return how PyPI renders the description, None if it rejects the content type.

    Without a content type, it is reStructuredText.
    """
    field = content_type_field(metadata)
    if field is None or not is_set(field.value):
        return Markup.RST
    fault = content_type_fault(field.value)
    if fault is not None and fault[1] is Severity.ERROR:
        return None
    return markup_named(field.value)


def page_of(metadata: CoreMetadata, readme: Readme) -> Page | None:
    """Return the page of a readme on PyPI; None for plain text and for what `why_no_page` explains."""
    markup = markup_of(metadata)
    if markup is Markup.MARKDOWN:
        return markdown_page(readme.text)
    made = rendered(readme.text) if markup is Markup.RST else None
    return rst_page(readme.text, made.html) if made and not made.faults and made.html else None


def why_no_page(metadata: CoreMetadata, readme: Readme) -> str | None:
    """Return why a readme in Markdown is not rendered here; RM101 says it of reStructuredText."""
    return why_not_rendered(readme.text) if markup_of(metadata) is Markup.MARKDOWN else None


_BLANK = 2
"""The most bytes of a file without text: editors write one line end, which has two bytes on Windows."""


def empty_readme(distribution: Distribution) -> str | None:
    """Return the path of the empty readme that the settings of an sdist name, None otherwise."""
    if not isinstance(distribution, Sdist):
        return None
    for table in (table_of(distribution, "project"), table_of(distribution, "tool", "poetry")):
        readme = table.get("readme")
        path = readme.get("file") if isinstance(readme, dict) else readme
        if isinstance(path, str):
            file = distribution.files.get(f"{distribution.root}/{path.removeprefix('./')}")
            if file is not None and file.size <= _BLANK:
                return path
    return None
