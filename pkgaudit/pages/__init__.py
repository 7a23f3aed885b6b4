"""The documentation of rules and options, as ``pkgaudit explain`` and the website show it.

`rule_page` writes the page of one rule, `option_docs` describes options, and `site` has the address of the
website. Start reading at `rule_page`.
"""
