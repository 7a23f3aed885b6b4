"""FN: filenames of distributions, and the tags of wheels.

`rules` compares the filename with PyPI's conditions, with the core metadata and with the WHEEL file.
`_shared.filename` and `_shared.wheel_tags` parse names and tags, because other families need them too.
"""
