"""The pyproject.toml of an sdist, read once for all rules, with the line of each key."""

from __future__ import annotations

import re
import sys
from dataclasses import field, replace
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

from pkgaudit.api import Location, Sdist, normalize
from pkgaudit.late import dataclass, lazy

LARGEST = 1 << 20
"""The most bytes of a file that are read. The largest real files have a tenth of that."""

_LONGEST = 1000
"""The most characters of a value that is searched in the text: more than in names and paths."""

_MOST_REQUIREMENTS = 100
"""The most build requirements that are read: more than in real files; bounds the time."""

_MOST_SPANS = 20_000
"""The most keys and tables with a recorded place: more than in real files; bounds the time and the memory."""

_BACKENDS = {
    "setuptools": "setuptools",
    "hatchling": "hatchling",
    "flit_core": "flit",
    "flit": "flit",
    "poetry": "poetry",
    "pdm": "pdm",
    "uv_build": "uv",
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
}
"""The backends by the first part of the module in ``build-backend``."""

ALL = frozenset(_BACKENDS.values())
"""The backends with known behavior."""

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """Why a pyproject.toml cannot be read, as the end of a sentence with it as the subject, and where."""

    reason: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class Pyproject:
    """The content of a pyproject.toml.

    ``path`` and ``text`` are those of the file that the author wrote, to which places refer.
    """

    path: str
    text: str = field(repr=False)
    tables: dict[str, Any] = field(repr=False)

    def table(self, *keys: str) -> dict[str, Any]:
        """Return a nested table, or an empty one."""
        found = self.value(*keys)
        return found if isinstance(found, dict) else {}

    def value(self, *keys: str) -> Any:
        """Return the value of a nested key, or None."""
        found: Any = self.tables
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``, or an empty one."""
        return self.table("project")

    @property
    def dynamic(self) -> list[str]:
        """The keys that ``project.dynamic`` lists."""
        return strings(self.project.get("dynamic"))

    @property
    def backend(self) -> str | None:
        """The name of the build backend, None if it is unknown or the project's own.

        By default, setuptools builds (PEP 517).
        """
        system = self.tables.get("build-system", {})
        if not isinstance(system, dict) or "backend-path" in system:
            return None
        named = system.get("build-backend", "setuptools")
        return (
            _BACKENDS.get(re.split(r"[.:]", named, maxsplit=1)[0].strip()) if isinstance(named, str) else None
        )

    def builds_with(self, project: str, version: str) -> bool:
        """Return whether ``build-system.requires`` accepts a version of a project.

        True if it does not name the project or cannot be read: an installer then takes the newest version.
        """
        from packaging.requirements import InvalidRequirement, Requirement

        for each in strings(self.value("build-system", "requires"))[:_MOST_REQUIREMENTS]:
            try:
                requirement = Requirement(each[:_LONGEST])
            except InvalidRequirement:
                continue
            if normalize(requirement.name) == project:
                return requirement.specifier.contains(version, prereleases=True)
        return True

    @cached_property
    def _spans(self) -> dict[Keys, tuple[int, int]]:
        return _spans(self.text)

    def place(self, *keys: str, value: str | None = None) -> Location:
        """Return the place of a key or of the nearest table around it, or of a value in it if it is found."""
        for length in range(len(keys), 0, -1):
            span = self._spans.get(keys[:length])
            if span is None:
                continue
            start, end = span
            for text in (value, *keys[length:][::-1]):
                at = self.text.find(text, start, end) if text and len(text) < _LONGEST else -1
                if at >= 0:
                    start = at
                    break
            return Location(self.path, self.text.count("\n", 0, start) + 1)
        return Location(self.path)


def strings(value: Any) -> list[str]:
    """Return the strings of a list, empty if it is not a list; a string counts as a list of one."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def read_pyproject(sdist: Sdist) -> Pyproject | Unreadable | None:
    """Return the pyproject.toml in the root folder, None if it is missing or was not read."""
    path = sdist.in_root("pyproject.toml")
    if path is None or path in sdist.unread:
        return None
    original = sdist.copies.get(path)
    if original is None:
        return _read(path, sdist.kept[path])
    return _read_with_places_of(path, sdist.kept[path], original, sdist.kept[original])


@lru_cache(maxsize=8)
def _read_with_places_of(path: str, data: bytes, original: str, text: bytes) -> Pyproject | Unreadable | None:
    """Return the content of a file, with the places of the keys in the file that it was generated from."""
    found, written = _read(path, data), _read(original, text)
    if isinstance(found, Pyproject) and isinstance(written, Pyproject):
        return replace(found, path=original, text=written.text)
    return found


@lru_cache(maxsize=8)
def _read(path: str, data: bytes) -> Pyproject | Unreadable | None:
    if len(data) > LARGEST:
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        return Unreadable("begins with a byte order mark, which Python's TOML readers reject", 1)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Unreadable("is UTF-16, but TOML must be UTF-8", 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Unreadable("is not UTF-8, as TOML must be", data.count(b"\n", 0, error.start) + 1)
    tables = _parse(text)
    return tables if isinstance(tables, Unreadable) else Pyproject(path, text.replace("\r\n", "\n"), tables)


def _parse(text: str) -> dict[str, Any] | Unreadable:
    import tomli

    try:
        tables: dict[str, Any] = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        said = re.sub(r" \(at .*", "", str(error), flags=re.DOTALL)
        line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
        if line is None and (match := re.search(r"at line (\d{1,9}), column (\d{1,9})", str(error))):
            line, column = int(match[1]), int(match[2])
        # The message may quote a key of any length; the length is chosen.
        return Unreadable(f"is not TOML: {said[:1].lower()}{said[1:200]}", line, column)
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        return Unreadable(f"is not readable TOML ({type(error).__name__})")
    return _read_by_python(text) or tables


def _read_by_python(text: str) -> Unreadable | None:
    """Return why the reader of this Python fails; in 3.11 to 3.14 it only supports TOML 1.0.

    Pip and most backends use this reader. Python 3.10 has none, so TOML 1.1 is not reported there.
    """
    if sys.version_info < (3, 11):
        return None
    try:
        import_module("tomllib").loads(text)
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        match = re.search(r"at line (\d{1,9}), column (\d{1,9})", str(error))
        line, column = (int(match[1]), int(match[2])) if match else (None, None)
        return Unreadable("needs TOML 1.1, which Python's own reader supports from 3.15 on", line, column)
    return None


# A line scanner is enough to find a key, because the text has already been parsed. The numbers bound the time
# of a regular expression on hostile input; real keys are far shorter.
_SIMPLE = r"(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[A-Za-z0-9_-]{1,200})"
_DOTTED = rf"{_SIMPLE}(?:[ \t]{{0,9}}\.[ \t]{{0,9}}{_SIMPLE}){{0,20}}"
_LINE = lazy(
    rf"[ \t]{{0,99}}(?:(?P<open>\[\[?)[ \t]{{0,9}}(?P<table>{_DOTTED})|(?P<key>{_DOTTED})[ \t]{{0,99}}=)"
)
_PART = lazy(_SIMPLE)
# Tokens that end a value, and strings and comments, which may contain such a character without ending it.
_TOKEN = lazy(r"\"\"\"|'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|[\[\]{}]|\n")


def _spans(text: str) -> dict[Keys, tuple[int, int]]:
    """Return the start and end of each key with its value; for a repeated table those of the first."""
    spans: dict[Keys, tuple[int, int]] = {}
    table: Keys = ()
    at = 0
    while at < len(text) and len(spans) < _MOST_SPANS:
        match = _LINE.match(text, at)
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if match is None:
            at = end + 1
            continue
        keys = tuple(part.strip("\"'") for part in _PART.findall(match["table"] or match["key"]))
        if match["open"]:
            table = keys
            spans.setdefault(table, (at, end))
        else:
            end = _end_of_value(text, match.end())
            for length in range(1, len(keys) + 1):
                spans.setdefault((*table, *keys[:length]), (at, end))
        at = end + 1
    return spans


def _end_of_value(text: str, at: int) -> int:
    depth = 0
    while (token := _TOKEN.search(text, at)) is not None:
        at = token.end()
        said = token[0]
        if said in ('"""', "'''"):
            close = text.find(said, at)
            at = len(text) if close < 0 else close + 3
        elif said in "[{":
            depth += 1
        elif said in "]}":
            depth -= 1
        elif said == "\n" and depth <= 0:
            return token.start()
    return len(text)
