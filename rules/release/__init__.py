"""RL: the distributions of one release together, and all files that were given to the audit.

These rules visit a `Release`, an `Upload`, or an `Update`: a release with the one before it. `conflicts`
finds wheels of different projects that install the same path. `contents` compares the packages of wheels with
the files of the sdist, which `source` describes; `grave` judges the differences. `agreement` compares the
metadata of all files, the requirements by their effect, which `declared` computes, and `pure` compares the
Python files of wheels. `predecessor` compares two releases. Start reading at `rules`.
"""
