"""BH: the behavior of a distribution's code.

`rules` reports code that a tool encrypted, which PyPI rejects; the marks of these tools are data.
`rules_code` reports what the calls of a module do together, such as running what they decode. Its summary,
`Behavior`, is made in `flows` from the `scopes` of a module and their `calls`; `signs` says which modules
are read. `capabilities` says what a file is able to do. `rules_text` reports text that a reader does not see
as the interpreter does. `rules_update` compares what a release and the one before are able to do.
"""
