"""The readme as PyPI shows it: the page, and what PyPI changes or drops.

`rst` and `markdown` render a text within limits. `page` reads the targets, links and images of the result,
and `losses` what PyPI dropped from the text. `links` judges the addresses, and `view` marks all of it.
"""
