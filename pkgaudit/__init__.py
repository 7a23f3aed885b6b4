"""pkgaudit: audits sdists and wheels before the upload.

`audit` runs an audit from Python. `pkgaudit.api` has the names for rules, `pkgaudit.report` those for report
formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pkgaudit.errors import PkgauditError

if TYPE_CHECKING:
    from pkgaudit.report.result import Result
    from pkgaudit.run import audit

__version__ = "0.1.0"

__all__ = ["PkgauditError", "Result", "__version__", "audit"]


def __getattr__(name: str) -> Any:
    # Imported on first use: the command must start fast, and --version needs neither.
    if name == "audit":
        from pkgaudit.run import audit

        return audit
    if name == "Result":
        from pkgaudit.report.result import Result

        return Result
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
