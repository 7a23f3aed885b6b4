"""The built-in rules: one package for each family of codes, installed as ``pkgaudit.rules``.

In each family the modules `rules` and ``rules_*`` hold rules; the others are helpers of that family. The
registry imports the former through one entry point for each family. `_shared` holds what several families
use, `data` holds what ages. ``cases`` are the packages that test a family; the wheel does not contain them.
"""
