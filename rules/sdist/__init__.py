"""SD: sdists, and what they need to be built.

`rules_layout` (SD101 to SD103, SD108) checks the layout. `rules_build_inputs` (SD104 to SD107) checks
``pyproject.toml`` and the files that a build reads: ``pyproject_*`` read and judge the file by the
specifications, ``inputs_*`` find the inputs that settings of build backends and ``setup.py`` name, without
running anything. Start reading at `rules_layout`.
"""
