"""MD: core metadata.

`rules_core` (MD1xx) reports violations of the specification and reasons why PyPI rejects a file: `header`
checks the file, `values`, `urls` and `addresses` check values as PyPI does, `advice` proposes a valid value.
`rules_missing` (MD20x) reports absent fields. `rules_suspicious` (MD21x) reports values that are valid but
probably unintended, with one ``suspicious_*`` helper for each subject. Start reading at `rules_core`.
"""
