"""SD: sdists, and the inputs of their builds.

`rules_layout` (SD101 to SD103, SD108) checks the layout. `rules_build_inputs` (SD104 to SD107) checks
``pyproject.toml`` and the files that a build reads: ``pyproject_*`` read the file and check it against the
specifications, ``inputs_*`` find the inputs in the settings of build backends and in ``setup.py`` without
running anything. Start reading at `rules_layout`.
"""
