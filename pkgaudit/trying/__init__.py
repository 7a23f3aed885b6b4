"""Installs and runs the distributions of a release once, for ``pkgaudit try``.

This is the only package that runs code of an archive. Nothing of an audit imports it. `session` is the
whole; `pythons` finds the interpreters, `environments` makes an environment for each wheel and Python,
`sandbox` limits the code in it, and `probe` is the script that runs there.
"""
