"""pkgaudit: audits sdists and wheels before the upload.

`audit` runs an audit from Python. `pkgaudit.api` has the names for rules, `pkgaudit.report` those for report
formats.
"""

from __future__ import annotations

from pkgaudit.errors import PkgauditError

# `python -m pkgaudit` imports this module before the working directory leaves the import path, so this module
# imports nothing from the standard library: the working directory may have a typing.py.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
