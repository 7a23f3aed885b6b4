"""pkgaudit: audits sdists and wheels before they are uploaded.

What a module of rules may use is in `pkgaudit.api`.
"""

__version__ = "0.1.0"
