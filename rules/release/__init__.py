"""RL: the distributions of one release side by side, and everything that was given to the audit together.

These rules visit a `Release` or an `Upload`. `conflicts` finds wheels of different projects that install
the same path. Start reading at `rules`.
"""
