"""The built-in rules: one package for each family of codes, installed as ``pkgaudit.rules``.

In each family the modules `rules` and ``rules_*`` contain rules; the others are helpers of that family. The
registry imports the former through one entry point for each family. `_shared` contains helpers of several
families, `data` contains data that ages. ``cases`` are the packages that test a family; the wheel does not
contain them.
"""
