"""CF: the user's configuration, checked against the findings of the audit.

`rules` reports ignores that suppress nothing, ignores that expired, and stale entries of baselines. These
rules run last, over `pkgaudit.api.Ignores`, and are silent unless the audit proves that an ignore is
unused.
"""
