"""The choices of the user: the configuration file, ignores, baselines and inline comments.

`config` reads ``[tool.pkgaudit]`` into a `Config`; `table` converts TOML values to typed ones; `ignores`,
`baseline` and `inline` are the three ways to accept a finding; `schema` describes the keys as JSON Schema;
`init` writes a first configuration. Start reading at `config`.
"""
