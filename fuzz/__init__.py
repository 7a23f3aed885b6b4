"""Random inputs on which no audit may crash: ``python -m fuzz --seconds 600``.

`mutate` changes the structure of distributions, `check` audits an input and returns its faults, and
`coverage` lets atheris choose the changes by the code that they reach. Each fault found becomes a case of a
rule or a test, with an input that is small and harmless.
"""
