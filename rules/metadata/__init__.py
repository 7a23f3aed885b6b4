"""MD: core metadata.

`rules_core` (MD1xx) reports what the specification or PyPI rejects: `header` checks the file, `values`,
`urls` and `addresses` check values as PyPI does, `advice` proposes a valid value. `rules_missing` (MD20x)
reports fields that are absent. `rules_suspicious` (MD21x) reports values that are valid and hardly
intended, with one ``suspicious_*`` helper for each subject. Start reading at `rules_core`.
"""
