"""LC: licenses.

`rules_fields` (LC101 to LC103) checks the license fields of the core metadata. `rules_texts` (LC104 to
LC108) compares them with the license files: `files` says which members are license files, `phrases` which
license a text is, `stated` whether both can be true, and `vendored` looks at bundled projects. Start
reading at `rules_fields`.
"""
