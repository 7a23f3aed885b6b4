"""Entry points of which some installer makes no command: forms of their values, groups and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import Wheel
from pkgaudit.rules._shared.entry_points import SCRIPTS, EntryPoint, EntryPoints
from pkgaudit.rules._shared.installer_words import reaction

_EXTRAS = re.compile(r"\s*[\w-]+(?:=\w+)?(?:,\s*\w+(?:=\w+)?)*\s*")
"""The extras that pip reads behind the object of a command, without their brackets.

pip's own copy of distlib has the expression: https://github.com/pypa/pip/blob/main/src/pip/_vendor/distlib/util.py
"""

_MODULE = re.compile(r"\w+(?:\.\w+)*")
_HYPHENATED = re.compile(r"[\w.]+-[\w.-]*:\w+(?:\.\w+)*")
_COLON = re.compile(r"\s:|:\s")
_SEPARATORS = re.compile(r"[-_.\s]+")


@dataclass(frozen=True, slots=True)
class Form:
    """A fault of a command's value, as the end of "… refers to 'value'", what follows, and the remedy."""

    fault: str
    effect: str
    fix: str


def unusual_form(point: EntryPoint) -> Form | None:
    """Return the fault in the form of a command's value at which an installer stops, or None."""
    value = point.value
    target = point.target
    # Installers write `from module import function` into the script, so it needs a function too.
    if target is None or not target.attributes:
        effect = "installers reject it or create a command that fails"
        if "#" in value:
            effect = reaction("command-with-comment", without="a command that works")
        elif _MODULE.fullmatch(value.strip()):
            effect = reaction("command-without-object", without="a command that works")
        elif _HYPHENATED.fullmatch(value.strip()):
            effect = reaction("command-with-hyphen", without="a command that works")
        return Form(", not to 'module:function'", effect, "write 'module:function'")
    if _COLON.search(value.partition("[")[0]):
        fault = ", with spaces around the colon"
        return Form(fault, reaction("command-with-spaces"), "write 'module:function' without spaces")
    extras = point.extras
    if extras is None or _EXTRAS.fullmatch(extras):
        return None
    row = "command-with-odd-extras" if extras.strip() else "command-with-empty-extras"
    fault = ", with extras in a form that pip cannot read" if extras.strip() else ", with empty brackets"
    return Form(fault, reaction(row), "leave out the brackets and their content, which installers ignore")


@dataclass(frozen=True, slots=True)
class Unread:
    """A group or a file of entry points that nobody looks for: its name, the usual one, and its line."""

    path: str
    name: str
    expected: str
    line: int | None = None


def unread_files(wheel: Wheel) -> Iterator[Unread]:
    """Yield the files whose names resemble entry_points.txt."""
    folder = f"{wheel.dist_info}/"
    for path in wheel.files:
        name = path[len(folder) :]
        # 30 is chosen: longer names do not resemble it.
        if name == "entry_points.txt" or not path.startswith(folder) or len(name) > 30:
            continue
        if _SEPARATORS.sub("", name.lower()) == "entrypointstxt":
            yield Unread(path, name, "entry_points.txt")


def unread_groups(wheel: Wheel, points: EntryPoints) -> Iterator[Unread]:
    """Yield the groups whose names resemble those of commands, or have spaces inside their brackets."""
    path = f"{wheel.dist_info}/entry_points.txt"
    for group, names in points.groups.items():
        if group in SCRIPTS or not names:
            continue
        # 300 is chosen, as a bound: names of groups are short.
        folded = _SEPARATORS.sub("_", group[:300].strip().lower())
        commands = [each for each in SCRIPTS if folded in (each, each.removesuffix("s"))]
        expected = commands[0] if commands else group.strip()
        # A group of spaces has no usual name.
        if expected not in ("", group):
            yield Unread(path, group, expected, points.headers[group])
