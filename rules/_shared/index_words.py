"""What PyPI does with a file: the words that end a message, the same ones in every family; and its limits."""

from __future__ import annotations

from pkgaudit.rules.data.loader import load

_INDEX = load("index")

DATE: str = _INDEX.date
"""The day whose PyPI the rules mirror."""

METADATA_VERSIONS: tuple[str, ...] = tuple(_INDEX.values["metadata_versions"])
"""The metadata versions that PyPI took on `DATE`."""

LARGEST_FILE: int = _INDEX.values["largest_file"]
"""Bytes that a file may have."""

LARGEST_GRANTED: int = _INDEX.values["largest_granted"]
"""Bytes that a file may have in a project which was granted a higher limit: this much at most."""

REFUSED = "PyPI refuses it"
"""It answers the upload with an error that says why."""

TRIPS = "PyPI's upload fails on it (HTTP 500) and nothing is stored"
"""It stumbles over the file and answers with a server error."""

ANNOUNCED_FOR = "2026-02-01"
"""The day from which PyPI said that it would refuse wheels with such a RECORD.

Source: https://blog.pypi.org/posts/2025-08-07-wheel-archive-confusion-attacks/
"""

ANNOUNCED = f"PyPI has announced to refuse it from {ANNOUNCED_FOR}, and took it with a mail on {DATE}"
"""It accepts the file until it does what it said."""

UNNOTICED = "PyPI would not notice"
"""It accepts the file, and yet tools read it differently."""

UNSENT = "uploaders such as twine refuse it"
"""They read the file before they send it; PyPI itself never sees such a fault."""

UNSENT_AND_REFUSED = f"{UNSENT}, and {REFUSED}"
"""PyPI refuses it too if it is sent by other means."""
