"""Remedies as edits of the project's own files, which change nothing else in them.

Start with `plan`, which joins the settings of findings; `toml`, `setup_cfg` and `lines` edit one kind of file
each.
"""
