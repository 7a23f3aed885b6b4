"""The severity of findings in files that only test, show or measure a project."""

from __future__ import annotations

from pkgaudit.api import ArchiveKind, Severity
from pkgaudit.late import lazy

_TEST = lazy(
    r"(?:.*/)?(?:(?:tests?|testing|_tests|examples?|docs?|benchmarks?)/.*"
    r"|test_[^/]*\.py|[^/]*_test\.py|conftest\.py)"
)
"""The path of such a file. Detectors and sandboxes are tested with what they detect."""


def is_aside(path: str, archive: ArchiveKind) -> bool:
    """Return whether a path is that of such a file."""
    return _TEST.fullmatch(path.partition("/")[2] if archive is ArchiveKind.SDIST else path) is not None


def severity_at(path: str, archive: ArchiveKind, usual: Severity) -> Severity | None:
    """Return the severity of a finding at a path, None if it is not reported there.

    In a wheel, it is one level lower in tests; in an sdist, which is not installed, it is the lowest.
    """
    if not is_aside(path, archive):
        return usual
    if archive is ArchiveKind.SDIST:
        return Severity.INFO
    return Severity(usual - 1) if usual > Severity.INFO else None
