"""RL: the distributions of one release together, and all files that were given to the audit.

These rules visit a `Release` or an `Upload`. `conflicts` finds wheels of different projects that install
the same path. `contents` compares the packages of wheels with the files of the sdist, which `source`
describes. Start reading at `rules`.
"""
