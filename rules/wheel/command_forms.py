"""Entry points of which some installer makes no command: forms of their values, groups and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from pkgaudit.api import Wheel
from pkgaudit.late import dataclass
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

_TABLES = {
    "project.scripts": "console_scripts",
    "project.gui-scripts": "gui_scripts",
    "tool.poetry.scripts": "console_scripts",
}
"""Tables of pyproject.toml with commands: build backends write them as these groups."""

_FILES = frozenset(
    f"entry{points}{suffix}" for points in ("point", "points") for suffix in ("txt", "text", "ini", "cfg", "")
)
"""Names without separators of files that somebody took for entry_points.txt."""

_ALIKE = 0.9
"""The share of equal letters from which a group counts as misspelled.

Chosen: a name with one wrong, missing or additional letter is above it.
"""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Unread:
    """A group or a file of entry points that nobody looks for: its name, the usual one, and its line.

    ``is_vague``: another program may look for a group with this name.
    """

    path: str
    name: str
    expected: str
    line: int | None = None
    is_vague: bool = False


def unread_files(wheel: Wheel) -> Iterator[Unread]:
    """Yield the files whose names resemble entry_points.txt."""
    folder = f"{wheel.dist_info}/"
    for path in wheel.files:
        name = path[len(folder) :]
        # 30 is chosen: longer names do not resemble it.
        if name == "entry_points.txt" or not path.startswith(folder) or len(name) > 30:
            continue
        if _SEPARATORS.sub("", name.lower()) in _FILES:
            yield Unread(path, name, "entry_points.txt")


def unread_groups(wheel: Wheel, points: EntryPoints) -> Iterator[Unread]:
    """Yield the groups whose names resemble those of commands, or have spaces inside their brackets."""
    path = f"{wheel.dist_info}/entry_points.txt"
    for group, names in points.groups.items():
        if group in SCRIPTS or not names:
            continue
        expected = _group_meant(group) or group.strip()
        # A group of spaces has no usual name.
        if expected not in ("", group):
            yield Unread(path, group, expected, points.headers[group])
        elif _may_be_commands(points, group):
            yield Unread(path, group, SCRIPTS[0], points.headers[group], is_vague=True)


def _group_meant(group: str) -> str | None:
    """Return the group of commands that the name of a group resembles."""
    # 50 is chosen: longer names do not resemble one; bounds the time of the comparison.
    name = group.strip().lower() if len(group) < 50 else ""
    word = _SEPARATORS.sub("", name)
    for each in SCRIPTS:
        plain = each.replace("_", "")
        if word in (plain, plain.removesuffix("s")):
            return each
        # Other programs may have a group such as `ui_scripts`, but nobody leaves out the first letter.
        is_near = word[:1] == plain[:1] and abs(len(word) - len(plain)) < 2
        if is_near and SequenceMatcher(None, word, plain, autojunk=False).ratio() >= _ALIKE:
            return each
    return _TABLES.get(name)


def _may_be_commands(points: EntryPoints, group: str) -> bool:
    """Return whether a group ``scripts`` seems to have the commands of a wheel without any."""
    if group.lower() not in ("script", "scripts") or not points.groups.keys().isdisjoint(SCRIPTS):
        return False
    targets = [each.target for each in points.points() if each.group == group]
    return all(each is not None and each.attributes for each in targets)
