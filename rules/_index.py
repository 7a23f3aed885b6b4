"""What PyPI does with a file: the words that end a message, the same ones in every family; and its limits."""

from __future__ import annotations

from pkgaudit.rules._data import load

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

ANNOUNCED = "PyPI takes it with a warning by mail, and has announced to refuse it"
"""It accepts the file today."""

UNNOTICED = "PyPI would not notice"
"""It accepts the file, and yet tools read it differently."""

UNSENT = "uploaders such as twine refuse it"
"""They read the file before they send it; PyPI itself never sees such a fault."""

UNSENT_AND_REFUSED = f"{UNSENT}, and {REFUSED}"
"""PyPI refuses it too if it is sent by other means."""
