"""RL: the distributions of one release together, and all files that were given to the audit.

These rules visit a `Release` or an `Upload`. `conflicts` finds wheels of different projects that install
the same path. `contents` compares the packages of wheels with those of the sdist, `source`. Start reading at
`rules`.
"""
