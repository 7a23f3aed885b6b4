"""DP: the projects that a distribution requires.

These rules visit the core metadata of a `Distribution`; wheels and sdists with the same requirement have one
finding. `rules_names` judges names, with the steps of `typos`; `rules_versions` judges versions, and
`rules_needless` dependencies that users do not need. `rules_advisories` visits an `Upload` and compares its
requirements with advisory data; `affected` calculates which versions are affected. Start reading at
`rules_names`.
"""
