"""Writes the JSON manifest. Its schema is ``manifest.schema.json`` beside this module."""

from __future__ import annotations

from typing import Any

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pkgaudit import __version__
from pkgaudit.manifest.reading_json import VERSION
from pkgaudit.manifest.release import AuditRecord, Content
from pkgaudit.manifest.values import dumps
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import ArchiveKind


def text(content: Content, *, with_members: bool = False) -> str:
    """Return the document, with ``with_members`` also the hashes of all members."""
    made = {
        "version": VERSION,
        "tool": {"name": "pkgaudit", "version": __version__},
        "files": [_file(each, with_members) for each in content.distributions],
        "audit": None if content.audit is None else _audit(content.audit),
    }
    return dumps(made)


def _file(each: Distribution, with_members: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": each.filename,
        "size": each.size,
        "sha256": each.sha256,
        "blake2b_256": each.blake2b_256,
        "project": _whole(each.project),
        "version": _whole(each.version),
        "kind": each.kind.value,
        "tags": _tags(each),
    }
    if with_members:
        made["members"] = [
            {"path": _whole(entry.path), "size": entry.size, "sha256": entry.sha256}
            for entry in each.entries
            if entry.is_file and entry.sha256
        ]
    return made


def _tags(distribution: Distribution) -> list[str]:
    """Return the compatibility tags in the filename of a wheel, one by one."""
    if distribution.kind is not ArchiveKind.WHEEL:
        return []
    try:
        return sorted(map(str, parse_wheel_filename(distribution.filename)[3]))
    except InvalidWheelFilename:  # a finding of an audit
        return []


def _audit(audit: AuditRecord) -> dict[str, Any]:
    return {
        "result": audit.result,
        "fail_on": audit.fail_on,
        "profile": audit.profile,
        "configuration": audit.configuration,
        "counts": dict(audit.counts),
        "passed": list(audit.passed),
        "warned": list(audit.warned),
        "failed": list(audit.failed),
        "data": dict(audit.data),
    }


def _whole(text: str) -> str:
    """Return a text with lone surrogates, which most readers of JSON reject, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
