"""The catalogue of tokens: one `Token` per kind, as data.

`code_hosts` has the complete table `TOKENS`; `cloud` and `services` contain more kinds; `kinds` and `judges`
have the parts of an entry.
"""
