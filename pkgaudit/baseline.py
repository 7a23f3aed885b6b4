"""Baselines: files that list the findings which were there, and are accepted, when a project began to audit.

A finding is told by its fingerprint; what else a baseline says of it is for people. It is the user's own
file and is never read from an archive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from pkgaudit.engine import without_version
from pkgaudit.finding import Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.table import ConfigError

VERSION = 1

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


def write_baseline(findings: Iterable[Finding], distributions: Iterable[Distribution], stream: TextIO) -> int:
    """Write the findings that count, before they are merged, and return how many entries that makes.

    The same findings give the same bytes, in whatever order and from wherever they come.
    """
    known = {each.path: each for each in distributions}
    entries: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if finding.suppressed is None:
            entry = _entry(finding, known[finding.distribution])
            # The wheels of a release that were built for several platforms have findings in common.
            entries[finding.fingerprint] = min(entry, entries.get(finding.fingerprint, entry), key=_order)
    document = {"version": VERSION, "findings": sorted(entries.values(), key=_order)}
    json.dump(document, stream, indent=2)
    stream.write("\n")
    return len(entries)


def _entry(finding: Finding, distribution: Distribution) -> dict[str, Any]:
    member = finding.location.member
    return {
        "code": finding.code,
        "kind": str(distribution.kind),
        "member": None if member is None else _text(without_version(member, distribution)),
        "message": _text(finding.message),
        "fingerprint": finding.fingerprint,
    }


def _order(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each or "" for each in entry.values())


def _text(text: str) -> str:
    """Replace lone surrogates, which JSON can spell but most readers refuse."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_baseline(path: Path) -> frozenset[str]:
    """Return the fingerprints that a baseline accepts.

    Raises:
        ConfigError: the file cannot be read, or is no baseline.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"{path}: the baseline cannot be read: {reason}; 'pkgaudit baseline' writes one"
        ) from None
    except (ValueError, RecursionError):  # its own words may quote the file
        raise ConfigError(f"{path}: is not a baseline: it is not valid JSON") from None
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version > VERSION:
        raise ConfigError(f"{path}: is a baseline of version {version}, which a newer pkgaudit reads")
    entries = document.get("findings") if version == VERSION else None
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: is not a baseline: it has no version {VERSION} and list of findings")
    return frozenset(
        _fingerprint(each, f"{path}: finding {number}") for number, each in enumerate(entries, 1)
    )


def _fingerprint(entry: Any, where: str) -> str:
    found = entry.get("fingerprint") if isinstance(entry, dict) else None
    if not isinstance(found, str) or not _FINGERPRINT.fullmatch(found):
        raise ConfigError(f"{where}: has no fingerprint of 32 hexadecimal digits")
    return found
