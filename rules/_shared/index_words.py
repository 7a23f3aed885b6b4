"""How PyPI treats a file: the words that end a message, the same in every family; and PyPI's limits."""

from __future__ import annotations

from pkgaudit.rules.data.loader import load

_INDEX = load("index")

DATE: str = _INDEX.date
"""The day whose PyPI the rules mirror."""

METADATA_VERSIONS: tuple[str, ...] = tuple(_INDEX.values["metadata_versions"])
"""The metadata versions that PyPI accepted on `DATE`."""

LARGEST_FILE: int = _INDEX.values["largest_file"]
"""The largest file that PyPI accepts, in bytes."""

LARGEST_GRANTED: int = _INDEX.values["largest_granted"]
"""The largest file, in bytes, that PyPI accepts for a project with a raised limit."""

RENDERER: dict[str, str] = _INDEX.values["renderer"]
"""The libraries that render readmes on PyPI, and their versions on `DATE`."""

REFUSED = "PyPI rejects the file"
"""PyPI answers the upload with an error that gives the reason."""

TRIPS = "the upload fails with HTTP 500 and PyPI stores nothing"
"""PyPI answers the upload with a server error."""

ANNOUNCED_FOR = "2026-02-01"
"""The day from which PyPI announced that it will reject wheels with such a RECORD.

Source: https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/
"""

ANNOUNCED = (
    f"PyPI announced that it will reject such files from {ANNOUNCED_FOR}, but still accepted them on {DATE} "
    "with a warning e-mail"
)
"""PyPI accepts the file until the announcement takes effect."""

UNNOTICED = "PyPI does not check this"
"""PyPI accepts the file, although tools read it differently."""

UNSENT = "uploaders such as twine reject the file"
"""Uploaders read the file before they send it, so PyPI never sees such a fault."""

UNSENT_AND_REFUSED = f"{UNSENT}, and {REFUSED}"
"""PyPI rejects the file too if it is sent by other means."""
