"""CF: the choices of the user, checked against what the audit found.

`rules` reports ignores that suppress nothing, ignores that expired, and stale entries of baselines. These
rules run last, over `pkgaudit.api.Ignores`, and are silent unless the audit proves that an ignore is
unused.
"""
