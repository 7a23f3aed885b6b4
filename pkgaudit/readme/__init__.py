"""The readme as PyPI shows it: the page, and what PyPI changes or drops.

`rst` and `markdown` render a text within limits, `page` reads the links, images and losses of the result.
"""
