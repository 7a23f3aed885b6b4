"""FN: file names of distributions, and the tags of wheels.

`rules` compares the file name with what PyPI accepts, with the core metadata, and with the WHEEL file. How
names and tags are parsed is in `_shared.filename` and `_shared.wheel_tags`, because other families need it
too.
"""
