"""The documentation of rules and options, as ``pkgaudit explain`` and the website show it.

`rule_page` makes the page of one rule, `option_docs` describes options, and `site` holds the address of the
website. Start reading at `rule_page`.
"""
