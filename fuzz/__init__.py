"""Inputs made at random, against which nothing may crash: ``python -m fuzz --seconds 600``.

`mutate` changes distributions in their structure, `check` says what must hold of any input, `coverage` lets
atheris choose the changes by what they reach. What they find becomes a case of a rule or a test, made small
and harmless.
"""
