"""Names of top levels: common names, and the names that belong to a project."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgaudit.api import Wheel, normalize

DEVELOPMENT = frozenset(
    [
        "test",
        "tests",
        "testing",
        "unittests",
        "unit_tests",
        "unit_test",
        "integration_tests",
        "integration_test",
        "functional_tests",
        "e2e",
        "e2e_tests",
        "testdata",
        "test_data",
        "doc",
        "docs",
        "documentation",
        "example",
        "examples",
        "samples",
        "demo",
        "demos",
        "benchmark",
        "benchmarks",
        "tutorial",
        "tutorials",
        "notebook",
        "notebooks",
        "script",
        "scripts",
        "src",
        "source",
        "build",
        "dist",
        "setup",
        "conftest",
        "noxfile",
        "fabfile",
        "venv",
        "env",
        "node_modules",
    ]
)
"""Folders and modules for the development of a project, which a wheel should not install."""

GENERIC = frozenset(
    [
        "util",
        "utils",
        "utilities",
        "helper",
        "helpers",
        "common",
        "core",
        "config",
        "configs",
        "conf",
        "settings",
        "tool",
        "tools",
        "lib",
        "libs",
        "data",
        "app",
        "apps",
        "cli",
        "main",
        "api",
        "models",
        "model",
        "types_",
        "constants",
        "misc",
        "assets",
        "static",
        "templates",
        "resources",
        "internal",
        "manage",
        "tasks",
        "ci",
        "scratch",
        "tmp",
    ]
)
"""Names that many programs give to their parts."""

PREFIX = frozenset({"include", "lib64", "bin", "share", "etc", "man", "libexec"})
"""The folders of an environment; files for them belong in ``.data``."""

# Affixes that projects add to the name of their module: `python-magic`, `PyYAML`, `types-…-stubs`.
_AFFIX = re.compile(r"^(?:python|py)-?|-?(?:python|py|stubs)$")
_LETTERS = re.compile(r"[-_.]+")


def squeezed(name: str) -> str:
    """Return a name in lower case without the separators of its words."""
    return _LETTERS.sub("", name).lower()


def own_names(wheel: Wheel) -> set[str]:
    """Return the names that a project may always use: its own, and those in Import-Name."""
    project = normalize(wheel.name)[:200]
    names = {project, _AFFIX.sub("", project)}
    if wheel.metadata is not None:
        for field in ("Import-Name", "Import-Namespace"):
            for value in wheel.metadata.all(field)[:100]:
                names.add(value.partition(";")[0].strip().partition(".")[0])
    return {squeezed(each) for each in names} - {""}


def is_like(name: str, others: Iterable[str]) -> bool:
    """Return whether a squeezed name contains, is part of, or begins like one of the others."""
    for other in others:
        short, long = sorted((name, other), key=len)
        # 2 and 4 are chosen: two letters are enough at the beginning or end of a name; inside a name, or for
        # an equal beginning, four are needed. If in doubt, the rule is silent.
        if len(short) >= 2 and (long.startswith(short) or long.endswith(short)):
            return True
        if len(short) >= 4 and (short in long or short[:4] == long[:4]):
            return True
    return False
