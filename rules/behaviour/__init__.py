"""BH: the behavior of a distribution's code.

`rules` has one rule so far: code that a tool encrypted, which PyPI rejects. The marks of these tools are
data.
"""
