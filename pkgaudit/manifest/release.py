"""The content of a manifest that is written: the files of a release, and the result of their audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pkgaudit.formatting import printable, quoted
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import ArchiveKind


@dataclass(frozen=True)
class AuditRecord:
    """The result of an audit: ``PASSED``, ``WARNED`` or ``FAILED``, and what it depends on.

    ``configuration`` is the digest of the configuration. ``passed``, ``warned`` and ``failed`` are the codes
    of the rules that ran. ``counts`` has the number of findings that count, by severity. ``data`` has the
    versions of the data sets, by their names.
    """

    result: str
    fail_on: str
    profile: str
    configuration: str
    passed: Sequence[str]
    warned: Sequence[str]
    failed: Sequence[str]
    counts: Mapping[str, int]
    data: Mapping[str, str]


@dataclass(frozen=True)
class Content:
    """The distributions of a manifest, in the order of their names, and the audit, if there was one."""

    distributions: Sequence[Distribution]
    audit: AuditRecord | None = None
    left_out: Sequence[str] = field(default_factory=list)
    """The paths of given files that uploaders do not know."""


def content_of(distributions: Sequence[Distribution], audit: AuditRecord | None = None) -> Content:
    """Return the content of a manifest of these distributions; files in former formats are left out.

    Raises:
        ManifestError: no file is left, a filename has invisible characters, or files of one name differ.
    """
    found: dict[str, Distribution] = {}
    left_out = []
    for each in distributions:
        if each.kind is ArchiveKind.OTHER:
            left_out.append(each.path)
            continue
        # Line ends are escaped; other invisible characters could act on a terminal that shows the manifest.
        if printable(plain := each.filename.replace("\n", "").replace("\r", "")) != plain:
            raise ManifestError(
                f"the filename {quoted(each.filename)} has characters that no manifest may contain; rename it"
            )
        other = found.setdefault(each.filename, each)
        if other.sha256 != each.sha256:
            raise ManifestError(
                f"{other.path} and {each.path} have the same name and different contents; give one of them"
            )
    if not found:
        raise ManifestError("a manifest needs at least one wheel (.whl) or sdist (.tar.gz)")
    return Content([found[name] for name in sorted(found)], audit, left_out)
