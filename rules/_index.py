"""What PyPI does with a file: the words that end a message, the same ones in every family."""

from __future__ import annotations

DATE = "2026-08-21"
"""The day whose PyPI the rules mirror. Source: the index software, https://github.com/pypi/warehouse."""

REFUSED = "PyPI refuses it"
"""It answers the upload with an error that says why."""

TRIPS = "PyPI's upload fails on it (HTTP 500) and nothing is stored"
"""It stumbles over the file and answers with a server error."""

ANNOUNCED = "PyPI takes it with a warning by mail, and has announced to refuse it"
"""It accepts the file today."""

UNNOTICED = "PyPI would not notice"
"""It accepts the file, and yet tools read it differently."""
