"""pkgaudit: audits sdists and wheels before they are uploaded.

`audit` audits from Python. Names for rules are in `pkgaudit.api`, those for formats of reports in
`pkgaudit.report`.
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
    # Imported when used: the command must start fast, and --version needs none of it.
    if name == "audit":
        from pkgaudit.run import audit

        return audit
    if name == "Result":
        from pkgaudit.report.result import Result

        return Result
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
