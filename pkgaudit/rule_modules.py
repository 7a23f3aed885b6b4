"""The modules of a package with rules: ``rules`` and those whose names begin with ``rules_``."""

from __future__ import annotations

from collections.abc import Iterable
from pkgutil import iter_modules

GROUP = "pkgaudit.rules"
"""The entry-point group of rules: each entry point names a module with rules, or a package of them."""


def rule_modules(package: str, folders: Iterable[str]) -> list[str]:
    """Return the full names of the modules with rules in the folders of a package, sorted.

    Other modules of the package are helpers and are not imported.
    """
    stems = (module.name for module in iter_modules(folders))
    return sorted(f"{package}.{stem}" for stem in stems if stem == "rules" or stem.startswith("rules_"))
