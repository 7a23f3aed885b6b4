"""SF: files that should not be in the distribution, or that are missing from it.

`rules_leaks` (SF101 to SF106) reports files that leak data or break something, `rules_clutter` (SF201 to
SF206) files that only clutter. `rules_contents` (SF107, SF110) and `rules_dumps` (SF207, SF208) decide by
content, `rules_pointers` (SF112) finds pointers to missing files, `rules_checkout` (SF108, SF109, SF111)
compares an sdist with version control, and `rules_required` (SF209, SF210) applies the user's own lists.
`pattern_rules` has the options that most of them share. Start reading at `rules_clutter`.
"""
