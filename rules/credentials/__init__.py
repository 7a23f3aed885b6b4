"""CR: the credentials that this machine and this checkout contain for package indexes.

The rules judge a `Machine`, so only the command `pkgaudit credentials` runs them. Start with `accounts`,
which reads all files and variables with the readers of `rules/secrets/logins`; `words` describes a credential
without showing it, `workflows` reads CI workflows, and `damage` finds files that their tools cannot read.
"""
