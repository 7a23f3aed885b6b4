"""The catalogue of tokens: one `Token` for each kind, as data.

`code_hosts` has the complete table `TOKENS`; `cloud` and `services` hold further kinds; `kinds` and
`judges` are what entries are made of.
"""
