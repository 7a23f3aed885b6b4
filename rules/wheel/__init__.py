"""WH: wheels, and what happens when they are installed and imported.

`rules_dist_info` (WH101, WH121) checks the ``.dist-info`` folder, `rules_layout` (WH102 to WH108, WH114,
WH115) what is installed where, `rules_imports` (WH109 to WH113) whether it compiles and imports,
`rules_entry_points` (WH122, WH123) its commands, and `rules_startup` (WH124, WH125) what every start of
Python runs. `modules` makes one small `Module` of each Python file; everything about imports and syntax
reads that. Start reading at `rules_dist_info`, then `modules`.
"""
