"""Advisory data: `build` writes one small file from records in OSV form, and `file` reads it in an audit.

`sources` finds the records in folders and zip files, `records` parses them, and `osv` reads their fields.
`spans` calculates with ranges of versions. Start reading at `build`.
"""
