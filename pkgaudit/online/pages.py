"""Reads the pages of an index: in JSON (PEP 691, 700, 714, 740 and 792), or in HTML with the same data."""

from __future__ import annotations

import codecs
import datetime
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from pkgaudit.model.distribution import normalize
from pkgaudit.model.index_answers import IndexFile, IndexPage
from pkgaudit.online.client import JSON, Page

ACCEPTED = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
"""The content types of pages in both forms."""

_SHA256 = re.compile(r"(?:sha256[=:])?([0-9a-f]{64})", re.IGNORECASE)

_LONGEST = 200
"""The longest status and reason that are kept, in characters. Chosen: an index writes a few words."""

_PART = 1 << 16
"""Bytes that a parser gets at once. A tag is much shorter; the parser may need quadratic time for one that
does not end."""

_PROJECTS = re.compile(r'"projects"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def parse_page(page: Page, project: str) -> IndexPage:
    """Return the page of a project; a file without a name is left out.

    Raises:
        ValueError: it is not the page of this project in a known version of the format.
    """
    if not page.kind.endswith("json"):
        return IndexPage(tuple(_in_html(page)))
    try:
        content = json.loads(page.data)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("the page is not an object")
    version, name, files = (
        _table(content, "meta").get("api-version"),
        content.get("name"),
        content.get("files"),
    )
    # Some indexes leave them out.
    if version is not None and not (isinstance(version, str) and version.partition(".")[0] == "1"):
        raise ValueError("the version of the format is not known")
    if name is not None and not (isinstance(name, str) and normalize(name) == project):
        raise ValueError("the page is that of another project")
    if not isinstance(files, list):
        raise ValueError("the page has no files")
    status = _table(content, "project-status")
    return IndexPage(
        tuple(_in_json(files, page.url)), _text(status, "status") or "active", _text(status, "reason")
    )


def _in_json(files: list[Any], base: str) -> Iterator[IndexFile]:
    for each in files:
        if not isinstance(each, dict) or not isinstance(each.get("filename"), str):
            continue
        size = each.get("size")
        # "core-metadata" is the newer name of the key.
        metadata = each.get("core-metadata", each.get("dist-info-metadata"))
        yield IndexFile(
            each["filename"],
            _joined(base, each.get("url")),
            sha256_in(_table(each, "hashes").get("sha256")),
            # The value is true or the reason, which may be empty.
            each.get("yanked", False) not in (False, None),
            _time(each.get("upload-time")),
            bool(each.get("provenance")),
            size if type(size) is int and size >= 0 else None,
            bool(metadata),
            sha256_in(metadata.get("sha256")) if isinstance(metadata, dict) else "",
        )


def _in_html(page: Page) -> Iterator[IndexFile]:
    links = _Links()
    for each in links.read(page.data[at : at + _PART] for at in range(0, len(page.data), _PART)):
        url, fragment = urldefrag(_joined(_joined(page.url, links.base) or page.url, each["href"]))
        # Its name is also known if the address is not valid.
        name = unquote(posixpath.basename(urlsplit(url).path if url else each["href"].partition("#")[0]))
        if not name:
            continue
        metadata = each.get("data-core-metadata", each.get("data-dist-info-metadata", "false"))
        yield IndexFile(
            name,
            url,
            sha256_in(fragment) if fragment.startswith("sha256=") else "",
            "data-yanked" in each,
            has_provenance=bool(each.get("data-provenance")),
            has_metadata=metadata.lower() != "false",
            metadata_sha256=sha256_in(metadata),
        )


def parse_projects(parts: Iterable[bytes], kind: str) -> Iterator[tuple[str, int | None]]:
    """Yield the normalized names on the list of all projects, and their serials, None if it has none.

    The list comes in parts of some kilobytes, and never is in memory as a whole.

    Raises:
        ValueError: it is not such a list.
    """
    if kind.endswith("json"):
        for each in _projects_in(parts):
            name = each.get("name") if isinstance(each, dict) else None
            if isinstance(name, str) and _is_name(normalize(name)):
                serial = each.get("_last-serial")
                yield normalize(name), serial if type(serial) is int else None
        return
    for link in _Links().read(parts):
        # The text of a link is the name in another spelling, which pip does not read either.
        name = unquote(posixpath.basename(link["href"].partition("#")[0].partition("?")[0].rstrip("/")))
        if _is_name(normalize(name)):
            yield normalize(name), None


def _is_name(name: str) -> bool:
    """Return whether a text may be a normalized name, and nothing that an address could lead elsewhere."""
    return name.replace("-", "").isalnum()


def _projects_in(parts: Iterable[bytes]) -> Iterator[Any]:
    """Yield the items of the list ``projects`` in JSON."""
    decoder, scanner = codecs.getincrementaldecoder("utf-8")("replace"), json.JSONDecoder()
    text, has_begun = "", False
    for part in parts:
        text += decoder.decode(part)
        at = 0
        if not has_begun:
            found = _PROJECTS.search(text)
            if found is None:
                text = text[-_PART:]
                continue
            has_begun, at = True, found.end()
        while True:
            at = _end_of(_BETWEEN, text, at)
            if text[at : at + 1] == "]":
                return
            try:
                item, end = scanner.raw_decode(text, at)
            except (ValueError, RecursionError):  # it continues in the next part
                break
            yield item
            at = end
        text = text[at:]
        if len(text) > 2 * _PART:
            break
    raise ValueError("the list of projects is not valid or not complete")


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


class _Links(HTMLParser):
    """Collects the attributes of links, and the address from which they start, if the page names one."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[dict[str, str]] = []
        self.base = ""

    def read(self, parts: Iterable[bytes]) -> Iterator[dict[str, str]]:
        """Yield the attributes of the links in a text that comes in parts.

        Raises:
            ValueError: it is not HTML.
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for part in parts:
            try:
                self.feed(decoder.decode(part))
            except AssertionError:  # HTMLParser raises it for some declarations
                raise ValueError("the HTML is not valid") from None
            if len(self.rawdata) > 2 * _PART:
                raise ValueError("the HTML has a tag that does not end")
            found, self._found = self._found, []
            yield from found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link."""
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and found.get("href"):
            self._found.append(found)
        elif tag == "base":
            self.base = self.base or found.get("href", "")


def sha256_in(value: Any) -> str:
    """Return a sha256 in lower case, also after the name of the algorithm; empty for anything else."""
    found = _SHA256.fullmatch(value) if isinstance(value, str) else None
    return found[1].lower() if found else ""


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
