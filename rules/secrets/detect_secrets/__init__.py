"""The second layer of the secret scan: the plugins of detect-secrets, on lines that can match.

`layer` is the entry point. `prefilter` finds the lines with expressions that `derive` makes from those of the
plugins (`table` stores them), `plugins` calls the plugins, and `transform` rewrites configuration files as
detect-secrets does.
"""
