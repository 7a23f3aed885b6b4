"""RM: the readme as PyPI will render it.

`rendered` finds the text and its content type, and `rst` renders reStructuredText within limits. Start
reading at `rules`.
"""
