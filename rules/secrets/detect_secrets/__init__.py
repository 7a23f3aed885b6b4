"""The second layer of the secret scan: the plugins of detect-secrets, on lines that can match.

`layer` is the entrance. `prefilter` finds the lines by expressions that `derive` made from the plugins' own
(`table` keeps them), `plugins` calls the plugins, and `transform` rewrites configuration files as
detect-secrets does.
"""
