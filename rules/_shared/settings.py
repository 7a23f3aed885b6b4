"""The settings of a project as they are in its sdist, for rules that look up a key or two."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pkgaudit.api import Sdist


def settings_of(sdist: Sdist) -> dict[str, Any]:
    """Return pyproject.toml of an sdist, empty where there is none that can be read. Do not change it."""
    path = sdist.in_root("pyproject.toml")
    return {} if path is None or path in sdist.unread else _read(sdist.kept[path])


@lru_cache(maxsize=8)
def _read(data: bytes) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):  # SD104 reports it
        return {}


def table_of(sdist: Sdist, *keys: str) -> dict[str, Any]:
    """Return a table inside tables of pyproject.toml, an empty one where there is none."""
    table: Any = settings_of(sdist)
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


_WRITES_VERSION = re.compile(r"(?<![a-z])(?:scm|vcs|(?:git)?version)")
"""In the names of plugins that take the version from version control, and in those of their tables."""


def names_version_plugin(name: str) -> bool:
    """Return whether a requirement or table is about a plugin as setuptools-scm, hatch-vcs or versioneer."""
    return _WRITES_VERSION.search(name[:200].lower()) is not None  # no real name is longer
