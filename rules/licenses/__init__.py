"""LC: licenses.

`rules_fields` (LC101 to LC103) checks the license fields of the core metadata. `rules_texts` (LC104 to
LC109) compares them with the license files: `files` finds the license files, `phrases` identifies the license
of a text, `stated` decides whether the fields and the texts agree, and `vendored` finds bundled projects.
Start reading at `rules_fields`.
"""
