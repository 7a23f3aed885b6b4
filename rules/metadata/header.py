"""Report malformed metadata files, before any value is checked."""

from __future__ import annotations

import codecs
import difflib
import re
from collections import Counter
from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Location, Problem, SetField, Severity, quoted
from pkgaudit.rules._shared.fields import (
    FIELDS,
    at,
    data_of,
    declared_version,
    is_at_least,
    is_sent,
    set_field,
)
from pkgaudit.rules._shared.index_words import (
    METADATA_VERSIONS,
    UNNOTICED,
    UNSENT,
)
from pkgaudit.rules._shared.metadata_problems import REBUILD

# No field has more than four words in its name (Description-Content-Type has three).
_FIELD_LINE = re.compile(rb"([A-Za-z]+(?:-[A-Za-z]+){0,3}): *\S")

FEWEST = 3
"""The fewest consecutive lines of the description that count as a piece of the header if all are fields.

Chosen: a readme may contain one or two such lines, for example "License: MIT" and "Author: …" at its end.
"""

MAX_BODY = 1_000_000
"""The bytes of the description that are searched for a piece of the header.

The largest readme of 1,000 packages has 180,000 characters; it bounds the time on hostile input.
"""


def malformations(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield the problems of the file as a whole, or else those of its header and body."""
    here = Location(metadata.path, 1)
    if not metadata.data.strip():
        yield Problem(
            f"{quoted(metadata.path)} is empty; {UNSENT}", Location(metadata.path), REBUILD, key="empty"
        )
    elif metadata.has_bom:
        yield Problem(
            f"{quoted(metadata.path)} begins with a byte order mark, which hides the Metadata-Version "
            f"in the first line; {UNSENT}",
            here,
            "save the file as UTF-8 without a byte order mark",
            key="bom",
        )
    elif not metadata.fields:
        kind = (
            "UTF-16" if metadata.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "no header"
        )
        yield Problem(
            f"{quoted(metadata.path)} does not begin with a header field ({kind}), so it has no "
            f"Metadata-Version; {UNSENT}",
            here,
            REBUILD,
            key="no header",
        )
    elif metadata.is_cut:
        yield Problem(
            f"{quoted(metadata.path)} has more than {len(metadata.fields):,} header fields; the others were "
            "not read",
            here,
            REBUILD,
            key="cut",
            data={"limit": len(metadata.fields)},
        )
    else:
        yield from _header(metadata)
        yield from _body(metadata)
        if not metadata.stray_line:
            yield from _broken_off(metadata)


def _header(metadata: CoreMetadata) -> Iterator[Problem]:
    version = declared_version(metadata)
    is_newer = not is_at_least(METADATA_VERSIONS[-1], version)
    seen: Counter[str] = Counter()
    for field in metadata.fields:
        if not is_sent(field, version):
            continue
        seen[field.key] += 1
        known = FIELDS.get(field.key)
        if known is None:
            # If the version is newer than our data, it may define the field; MD103 reports the version.
            if seen[field.key] == 1 and not is_newer:
                yield Problem(
                    f"{quoted(field.name)} is not a field of core metadata{_nearest(field.key)}; {UNSENT}",
                    at(metadata, field),
                    "remove the field, or move its text to the description",
                    key=f"unknown {field.key}",
                    data={"field": field.name},
                )
        elif not field.is_utf8:
            yield Problem(
                f"{known.name} {quoted(field.value)} is not UTF-8; {UNSENT}",
                at(metadata, field),
                set_field(field, "save the value as UTF-8"),
                key=f"encoding {field.key}",
                data=data_of(field),
            )
        elif seen[field.key] == 2 and not known.repeats:
            yield Problem(
                f"{known.name} occurs a second time, with {quoted(field.value)}, but may only occur once; "
                f"{UNSENT}",
                at(metadata, field),
                set_field(field, "keep only one of them"),
                key=f"repeated {field.key}",
                data=data_of(field),
            )
        if (
            field.key == "metadata-version"
            and seen[field.key] == 1
            and b"Metadata-Version" not in metadata.data
        ):
            yield Problem(
                f"Metadata-Version is spelled {quoted(field.name)}, but uploaders require the exact name; "
                f"{UNSENT}",
                at(metadata, field),
                "spell the name Metadata-Version",
                key="spelling of metadata-version",
                data={"actual": field.name, "expected": "Metadata-Version"},
            )
    if metadata.stray_line:
        yield _stray_line(metadata, metadata.stray_line)


def _stray_line(metadata: CoreMetadata, number: int) -> Problem:
    line = metadata.body.splitlines()[0].decode("utf-8", "replace")
    is_whole = all(metadata.first(name) for name in ("Metadata-Version", "Name", "Version"))
    return Problem(
        f"the line {quoted(line)} is neither a header field nor a continuation line, so readers treat it "
        f"and the rest of the file as the description; {UNNOTICED if is_whole else UNSENT}",
        Location(metadata.path, number),
        "indent the second and later lines of a value; a blank line ends the header",
        Severity.WARNING if is_whole else None,
        "stray line",
        data={"value": line},
    )


def _body(metadata: CoreMetadata) -> Iterator[Problem]:
    body = metadata.body
    try:
        body.decode()
    except UnicodeDecodeError as error:
        line = metadata.body_line + body.count(b"\n", 0, error.start)
        yield Problem(
            f"the description is not UTF-8 (byte 0x{body[error.start]:02x}); {UNSENT}",
            Location(metadata.path, line),
            SetField("Description", "save the readme as UTF-8"),
            key="encoding body",
            data={"field": "Description", "value": f"0x{body[error.start]:02x}"},
        )
        return
    header = next((field for field in metadata.fields if field.key == "description"), None)
    if header and body and header.is_utf8:
        yield Problem(
            f"the description occurs twice, in the header ({quoted(header.value)}) and below it; {UNSENT}",
            at(metadata, header),
            "keep only the description below the header",
            key="two descriptions",
            data=data_of(header),
        )


def _broken_off(metadata: CoreMetadata) -> Iterator[Problem]:
    """Yield a problem if a blank line splits the header, so the rest becomes part of the description."""
    in_header = {field.key for field in metadata.fields}
    first, start, count = b"", 0, 0
    kinds: set[str] = set()
    for number, line in enumerate(metadata.body[:MAX_BODY].split(b"\n"), metadata.body_line):
        match = _FIELD_LINE.match(line)
        key = match[1].lower().decode() if match else ""
        if key not in FIELDS or key in in_header:
            count = 0
            continue
        if not count:
            first, start, kinds = line, number, set()
        count += 1
        kinds.add(key)
        if count >= FEWEST and len(kinds) > 1:
            text = first.decode("utf-8", "replace").strip()
            yield Problem(
                f"a blank line in a value ends the header too early, so readers treat {quoted(text)} and "
                f"the fields below it as the description; {UNNOTICED}",
                Location(metadata.path, start),
                "indent the second and later lines of a value, including blank ones",
                Severity.WARNING,
                "broken off",
                data={"value": text},
            )
            return


def _nearest(key: str) -> str:
    # 80 is longer than any field name, because difflib takes quadratic time. The cutoff is chosen: it allows
    # one wrong letter, but does not match another field of the same family.
    found = difflib.get_close_matches(key[:80], FIELDS, n=1, cutoff=0.75)
    return f" (did you mean {FIELDS[found[0]].name}?)" if found else ""
