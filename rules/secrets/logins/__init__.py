"""Read files that are made for credentials, such as ``.pypirc`` and ``.env``.

`formats` is the table of all formats; the other modules read groups of formats. `read` and `yaml` parse
hostile files within limits.
"""
