"""AR: the archive itself, whatever is in it.

`rules_structure` (AR10x) reports what the archive readers noted as anomalies: damaged, ambiguous and
hostile zips and tars. `rules_links` (AR111 to AR113) follows links without unpacking, `rules_paths` (AR2xx)
finds names that some systems cannot have, `rules_size` (AR3xx) checks budgets, and `rules_attributes`
(AR4xx) checks modes, times and owners. Start reading at `rules_structure`; the readers are in
`pkgaudit.archive`.
"""
