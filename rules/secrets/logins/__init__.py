"""Files that are meant for credentials, such as ``.pypirc`` and ``.env``, and how each is read.

`formats` is the table of all formats; the other modules read groups of them. `read` and `yaml` parse
hostile files within limits.
"""
