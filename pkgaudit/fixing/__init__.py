"""Remedies as edits of the project's own files, and ``pkgaudit fix``, which applies them.

Start with `edits`, which changes texts, then `project`, which copies a project, and `fix`, which does the rest.
"""
