"""TR: what happened when the distributions were installed and run.

These rules visit `Tries`, which only `pkgaudit try` makes: `pkgaudit.trying` installs and runs, and the rules
judge what happened. Start reading at `rules`; `words` says it.
"""
