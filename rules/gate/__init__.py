"""GT: the handover of audited files to the command that uploads them.

These rules visit a `Handover`, which only `pkgaudit gate` makes: `pkgaudit.gate` reads the command line and
the settings of the uploader, and the rules judge what it found. Start reading at `rules`.
"""
