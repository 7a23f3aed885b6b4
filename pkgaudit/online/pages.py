"""Reads the page of a project in JSON (PEP 691, 700, 740 and 792)."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from pkgaudit.model.distribution import normalize
from pkgaudit.model.index_answers import IndexFile, IndexPage

_SHA256 = re.compile(r"[0-9a-f]{64}")

_LONGEST = 200
"""The longest status and reason that are kept, in characters. Chosen: an index writes a few words."""


def parse_page(data: bytes, project: str, base: str) -> IndexPage:
    """Return the page of a project with the address ``base``; a file without a name is left out.

    Raises:
        ValueError: it is not the page of this project in a known version of the format.
    """
    try:
        page = json.loads(data)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(page, dict):
        raise ValueError("the page is not an object")
    version, name, files = _table(page, "meta").get("api-version"), page.get("name"), page.get("files")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise ValueError("the version of the format is not known")
    if not isinstance(name, str) or normalize(name) != project:
        raise ValueError("the page is that of another project")
    if not isinstance(files, list):
        raise ValueError("the page has no files")
    status = _table(page, "project-status")
    return IndexPage(tuple(_files(files, base)), _text(status, "status") or "active", _text(status, "reason"))


def _files(files: list[Any], base: str) -> Iterator[IndexFile]:
    for each in files:
        if not isinstance(each, dict) or not isinstance(each.get("filename"), str):
            continue
        sha256 = _table(each, "hashes").get("sha256")
        yield IndexFile(
            each["filename"],
            _joined(base, each.get("url")),
            sha256.lower() if isinstance(sha256, str) and _SHA256.fullmatch(sha256.lower()) else "",
            # The value is true or the reason, which may be empty.
            each.get("yanked", False) not in (False, None),
            _time(each.get("upload-time")),
            bool(each.get("provenance")),
        )


def _joined(base: str, url: Any) -> str:
    """Return the address of a file, empty if it is missing or invalid."""
    try:
        return urljoin(base, url) if isinstance(url, str) else ""
    except ValueError:  # brackets without an IPv6 address
        return ""


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    return value[:_LONGEST] if isinstance(value, str) else ""


def _time(value: Any) -> datetime.datetime | None:
    """Return a time, which must be in UTC: ``2026-11-30T12:00:00.000000Z``."""
    if not isinstance(value, str) or not value.endswith("Z"):
        return None
    try:
        # Python 3.10 reads neither "Z" nor fractions with other than three or six digits.
        time = datetime.datetime.fromisoformat(value[:-1].partition(".")[0])
    except ValueError:
        return None
    return time.replace(tzinfo=datetime.timezone.utc)
