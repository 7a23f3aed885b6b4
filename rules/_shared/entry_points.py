"""entry_points.txt as the index reads it: with ``configparser`` of Python 3.14 and "=" as only delimiter.

This module has its own parser, because the verdict must not depend on the Python that runs the audit, and
because ``configparser`` has regular expressions that take quadratic time. Specification:
https://packaging.python.org/en/latest/specifications/entry-points/#file-format
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import field

from pkgaudit.late import dataclass

SCRIPTS = ("console_scripts", "gui_scripts")
"""The groups whose names the index checks."""

_DEFAULTS = "DEFAULT"
"""The section whose options ``configparser`` adds to every other section."""

_NAME = re.compile(r"[\w.-]+")
_ODD = re.compile(r"[^\w.-]")


@dataclass
class Fault:
    """A fault that makes the file unreadable: its kind, its first line and text, and its count."""

    kind: str
    line: int
    text: str
    count: int = 1


@dataclass(frozen=True)
class Target:
    """The target of an entry point: a module, and the attributes that lead from it to the object, if any."""

    module: str
    attributes: tuple[str, ...]


# As in the example parser of the specification, except that spaces around the colon are allowed.
_TARGET = re.compile(r"(?P<module>\w+(?:\.\w+)*)\s*(?::\s*(?P<object>\w+(?:\.\w+)*)?\s*)?(?:\[[^\]]*\]\s*)?")


def read_target(value: str) -> Target | None:
    """Return the target that an entry point's value names, None if it is not ``module:object [extras]``."""
    # More characters than a real target has; the limit bounds the time on hostile input.
    match = _TARGET.fullmatch(value.strip()) if len(value) < 1000 else None
    if match is None:
        return None
    return Target(match["module"], tuple(match["object"].split(".")) if match["object"] else ())


@dataclass(frozen=True)
class EntryPoint:
    """An entry point: its group, name and line, and its value as written."""

    group: str
    name: str
    line: int
    value: str

    @property
    def is_script(self) -> bool:
        """Whether installers create a command for it."""
        return self.group in SCRIPTS

    @property
    def target(self) -> Target | None:
        """The target that its value names, None if the value is not ``module:object [extras]``."""
        return read_target(self.value)

    @property
    def extras(self) -> str | None:
        """The extras behind a `target`, without their brackets; None if there are none."""
        _, bracket, extras = self.value.partition("[")
        return extras.rpartition("]")[0] if bracket else None


@dataclass
class EntryPoints:
    """The groups with their names and the line of each, and one fault of each kind.

    ``values`` maps a group and a name to the first line of the text after the ``=``; ``headers`` has the
    line of each group's first header.
    """

    groups: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    headers: dict[str, int] = field(default_factory=dict)

    def points(self) -> Iterator[EntryPoint]:
        """Yield the entry points in file order."""
        for group, names in self.groups.items():
            for name, line in names.items():
                yield EntryPoint(group, name, line, self.values.get((group, name), ""))

    def scripts(self) -> Iterator[tuple[str, str, int]]:
        """Yield the group, name and line of everything that the index reads as a script."""
        for group in SCRIPTS:
            if group in self.groups:
                for name, line in (self.groups[group] | self.groups.get(_DEFAULTS, {})).items():
                    yield group, name, line

    def _add(self, kind: str, line: int, text: str) -> None:
        if kind in self.faults:
            self.faults[kind].count += 1
        else:
            self.faults[kind] = Fault(kind, line, text)


def is_name(name: str) -> bool:
    """Return whether the index accepts the name of a script.

    A character that the running Python does not know yet passes, because the index's Python may know it.
    """
    return _NAME.fullmatch(name) is not None or (
        name != "" and all(unicodedata.category(found) == "Cn" for found in _ODD.findall(name))
    )


def read_entry_points(text: str) -> EntryPoints:
    """Return the parsed file. The kinds of faults are header, section, option, delimiter and name."""
    found = EntryPoints()
    group: str | None = None
    names: dict[str, int] = {}
    is_open = False  # whether an indented line continues the value above it
    indent = 0
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if not content or content.startswith(("#", ";")):
            continue
        here = len(line) - len(line.lstrip())
        if is_open and here > indent:
            continue
        indent = here
        end = content.rfind("]")
        if content.startswith("[") and end >= 2:
            group, is_open = content[1:end], False
            if group in found.groups and group != _DEFAULTS:
                found._add("section", number, group)
            names = found.groups.setdefault(group, {})
            found.headers.setdefault(group, number)
        elif group is None:
            found._add("header", number, content)
        else:
            name, equals, value = content.partition("=")
            name = name.rstrip()
            if not equals:
                found._add("delimiter", number, content)
                continue
            is_open = name != ""
            if not name:
                found._add("name", number, content)
            elif names.setdefault(name, number) != number:
                found._add("option", number, name)
            else:
                found.values[group, name] = value.strip()
    return found
