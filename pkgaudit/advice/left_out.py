"""The settings of a project that leave a file out, and take precedence over those that pack it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Literal

from pkgaudit.advice.backend import LARGEST, builder_of, pyproject_of, table_in
from pkgaudit.advice.packed import LONGEST_PATTERN, MOST_PATTERNS, Packed, shown
from pkgaudit.finding import Setting
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Sdist

_Floating = Literal["none", "names", "all"]
"""Which patterns match in any folder: none, those without a slash, or all."""


@dataclass(frozen=True)
class _Key:
    """A list of patterns below ``tool`` in pyproject.toml.

    ``floating``: which patterns match in any folder, unless they begin with a slash. ``for_wheels``: the list
    is not for sdists. Other lists also are for wheels, which are built from the sdist. ``installed``: the
    patterns are for paths in the wheel or in one of its packages, not in the project.
    """

    table: str
    key: str
    floating: _Floating = "none"
    for_wheels: bool = False
    installed: bool = False


_KEYS = {
    "flit": (_Key("flit.sdist", "exclude"),),
    "maturin": (_Key("maturin", "exclude", "names"),),
    "pdm": (_Key("pdm.build", "excludes"),),
    "poetry": (_Key("poetry", "exclude"),),
    "scikit-build-core": (_Key("scikit-build.wheel", "exclude", "names", for_wheels=True, installed=True),),
    "uv": (
        _Key("uv.build-backend", "source-exclude", "all"),
        _Key("uv.build-backend", "wheel-exclude", "all", for_wheels=True),
    ),
}
"""The settings of each backend that win over its settings that include files, from their manuals.

In hatchling, ``artifacts`` wins over ``exclude``, and in scikit-build-core ``sdist.include`` over
``sdist.exclude``.
"""


@dataclass(frozen=True)
class LeftOut:
    """A setting that leaves a file out: a clause that says what to remove, and the change to paste."""

    clause: str
    settings: tuple[Setting, ...] = ()


def left_out(of: Packed) -> LeftOut | None:
    """Return the setting that leaves a file out, None if the known settings do not."""
    sdist = of.distribution if isinstance(of.distribution, Sdist) else of.beside
    builder = builder_of(of.distribution, of.beside)
    if sdist is None:
        return None
    if builder == "setuptools":
        # In an sdist, a later line of MANIFEST.in wins.
        return _in_manifest(of, sdist) if of.in_wheel and not of.is_in_sdist else None
    project = pyproject_of(sdist)
    for key in _KEYS.get(builder or "", ()):
        if (key.for_wheels and not of.in_wheel) or (not key.for_wheels and of.in_wheel and of.is_in_sdist):
            continue
        table = tuple(key.table.split("."))
        values = table_in(project, "tool", *table).get(key.key)
        values = values[:MOST_PATTERNS] if isinstance(values, list) else []
        found = [each for each in values if _leaves_out(each, of, key)]
        if found:
            named = " and ".join(f"'{shown(_pattern(each))}'" for each in found)
            clause = f"in pyproject.toml, remove {named} from `{key.key}` of `[tool.{key.table}]`"
            dropped = Setting("pyproject.toml", tuple(found), ("tool", *table), key.key, drops=True)
            return LeftOut(f"{clause}, which takes precedence", (dropped,))
    return None


def _pattern(value: Any) -> str:
    """Return the pattern of a value, which may be a table with a path; empty if it has none."""
    path = value.get("path") if isinstance(value, dict) else value
    return path if isinstance(path, str) and len(path) <= LONGEST_PATTERN else ""


def _leaves_out(value: Any, of: Packed, key: _Key) -> bool:
    formats = value.get("format") if isinstance(value, dict) else None
    formats = [formats] if isinstance(formats, str) else formats
    if isinstance(formats, list) and not of.in_wheel and "sdist" not in formats:
        return False
    paths = [of.path, of.path.partition("/")[2]] if key.installed else of.sources
    return any(matches(_pattern(value), key.floating, each) for each in paths)


def _in_manifest(of: Packed, sdist: Sdist) -> LeftOut | None:
    path = sdist.in_root("MANIFEST.in")
    text = sdist.kept[path][:LARGEST].decode("utf-8", "replace") if path else ""
    for line in text.split("\n")[:MOST_PATTERNS]:
        if any(matches(*pattern, each) for pattern in _excluded(line) for each in of.sources):
            return LeftOut(f"remove the line '{shown(line.strip())}' from MANIFEST.in")
    return None


def _excluded(line: str) -> Iterator[tuple[str, _Floating]]:
    """Yield the patterns that a line of MANIFEST.in excludes, and which of them match in any folder."""
    command, *words = line[:LONGEST_PATTERN].split() or [""]
    if command in ("prune", "exclude"):
        yield from ((each, "none") for each in words)
    elif command == "global-exclude":
        yield from ((each, "names") for each in words)
    elif command == "recursive-exclude" and words:
        folder = words[0].strip("/")
        start = "**" if folder in (".", "*") else f"{folder}/**"
        yield from ((f"{start}/{each}", "none") for each in words[1:])


def matches(pattern: str, floating: _Floating, path: str) -> bool:
    """Return whether a pattern matches a path or a folder above it.

    The time is bounded: patterns are compared by component, and fnmatch does not backtrack over a star.
    """
    if not pattern or pattern.startswith("!"):
        return False
    wanted = re.sub(r"^\./", "", pattern).rstrip("/").split("/")
    if wanted[0] == "":
        del wanted[0]
    elif floating == "all" or (floating == "names" and len(wanted) == 1):
        wanted = ["**", *wanted]
    reached = {0}
    for name in path.split("/"):
        after: set[int] = set()
        for at in reached:
            is_deep = wanted[at : at + 1] == ["**"]
            if is_deep:
                after.add(at)
                while wanted[at : at + 1] == ["**"] and at + 1 < len(wanted):
                    at += 1
            if at < len(wanted) and (wanted[at] == "**" or fnmatchcase(name, wanted[at])):
                after.add(at + 1)
        if len(wanted) in after:
            return True
        reached = after
    return False
