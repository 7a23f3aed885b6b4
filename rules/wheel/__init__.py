"""WH: wheels, their installation and their imports.

`rules_dist_info` (WH101, WH121) checks the ``.dist-info`` folder, `rules_layout` (WH102 to WH108, WH114,
WH115) the places of installed files, `rules_imports` (WH109 to WH113) syntax, imports and type information,
`rules_library` (WH116) imports from the standard library of other Pythons, `rules_entry_points` (WH122,
WH123, WH126, WH127) entry points and commands, and `rules_startup` (WH124, WH125) the code that Python runs
at every start.
`modules` summarizes each Python file as a small `Module`, which all checks of imports and syntax use. Start
reading at `rules_dist_info`, then `modules`.
"""
