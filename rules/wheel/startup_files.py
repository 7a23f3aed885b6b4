"""The files in site-packages that Python reads at every start: ``.pth``, and ``.start`` since Python 3.15.

This module reads them as ``site`` does: https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pkgaudit.api import BinaryFile, Entry, Member, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.startup_lines import code_of, is_read, lines_of, text_of
from pkgaudit.rules.wheel.startup_code import Code, Danger, read_code

_STEPS = 7
"""Steps to read a line of code, see `Member.spend`."""

LONGEST = 1_000
"""The longest line of code in characters; no honest line is longer, and that of litellm 1.82.8 had 34 kB."""

_LARGEST = 1 << 20
"""The largest such file, in bytes: a bound on hostile files. A larger file is an error."""

_MOST_LINES = 2_000
"""Lines of code that are parsed: a bound on hostile files. More lines are an error."""

_MOST_NAMES = 50
"""Names of modules, and paths, that are kept from a file. A file with more that runs code is an error."""

_CALLABLE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SITE = re.compile(r"(?:.*/)?(?:site|dist)-packages/([^/]+)", re.IGNORECASE)
# A drive letter; the root on Unix, of a drive or of a share; a home folder.
_DRIVE = re.compile(r"[A-Za-z]:|[\\/]|~")


@dataclass(frozen=True)
class Line:
    """A line that runs code or adds a path: its number and its text, cut."""

    number: int
    text: str


@dataclass(frozen=True)
class StartFile:
    """The content of a ``.pth`` or ``.start`` file.

    ``worst`` is the line and the predicate of a fault that makes the file an error; ``danger`` is its first
    dangerous call. ``modules`` are the modules that its lines import, ``uses`` the names that they call, and
    ``outside`` is the first path that is absolute or leads out of site-packages. ``is_indented``: blanks
    precede each of its lines of code, so only Python 3.15 and later run them.
    """

    runs: tuple[Line, ...] = ()
    count: int = 0
    paths: tuple[str, ...] = ()
    outside: Line | None = None
    worst: tuple[int, str] | None = None
    danger: Danger | None = None
    modules: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    is_text: bool = True
    is_indented: bool = False


def read_start_file(file: BinaryFile) -> StartFile | None:
    """Return the content of a ``.pth`` or ``.start`` file, None for a later window.

    It is also None for a hidden ``.start`` file, which no Python reads.
    """
    name = file.member.name
    if file.window.offset or not is_read(name):
        return None
    text, is_text = text_of(file.data[:_LARGEST])
    if is_text and len(file.data) > _LARGEST:
        return StartFile(worst=(1, "is too large to be read"), count=1)
    return _read_start(text, is_text) if name.endswith(".start") else _read_pth(text, is_text, file.member)


def _read_pth(text: str, is_text: bool, member: Member) -> StartFile:
    runs: list[Line] = []
    paths: list[str] = []
    outside: Line | None = None
    worst: tuple[int, str] | None = None
    whole = Code()
    is_indented = True
    count = 0
    for number, line in lines_of(text):
        code_line = code_of(".pth", line)
        if code_line is None:
            path = line.rstrip()
            if len(paths) < _MOST_NAMES:
                paths.append(path[:200])
            if outside is None and _leads_out(path):
                outside = Line(number, path[:200])
            continue
        count += 1
        is_indented = is_indented and line[0].isspace()
        if len(runs) < 5:
            runs.append(Line(number, code_line[:200]))
        if worst is not None:
            continue
        if len(line) > LONGEST:
            worst = number, f"runs a line of {len(line):,} characters"
            continue
        if count > _MOST_LINES:
            worst = number, f"runs more than {_MOST_LINES:,} lines"
            continue
        if not member.spend(_STEPS):
            break
        code = read_code(code_line, member)
        if code.error is not None:
            worst = number, f"runs a line that is not valid Python ({code.error[:80]})"
            continue
        if whole.danger is None and code.danger is not None:
            whole.danger = Danger(code.danger.kind, code.danger.name, number)
        whole.modules.update(code.modules)
        whole.uses.update(code.uses)
        if max(len(whole.modules), len(whole.uses)) > _MOST_NAMES:
            worst = number, f"imports or calls more than {_MOST_NAMES} modules and functions"
    # `site` decodes by the locale if UTF-8 fails, so the lines may still run.
    if count and not is_text and worst is None:
        worst = runs[0].number, "runs code but is not text"
    return StartFile(
        tuple(runs),
        count,
        tuple(paths),
        outside,
        worst,
        whole.danger,
        tuple(whole.modules)[:_MOST_NAMES],
        tuple(whole.uses)[:_MOST_NAMES],
        is_text,
        is_indented and count > 0,
    )


def _read_start(text: str, is_text: bool) -> StartFile:
    runs: list[Line] = []
    worst: tuple[int, str] | None = None
    count = 0
    if not is_text:
        return StartFile(worst=(1, "is not UTF-8"), count=1, is_text=False)
    for number, line in lines_of(text):
        entry = code_of(".start", line)
        if entry is None:
            continue
        count += 1
        if len(entry) > LONGEST or not _CALLABLE.fullmatch(entry):
            if worst is None:
                worst = number, f"has a line that is not 'package.module:callable': {entry[:80]!r}"
        elif len(runs) < _MOST_NAMES:
            runs.append(Line(number, entry))
    return StartFile(tuple(runs), count, worst=worst)


def _leads_out(path: str) -> bool:
    """Return whether a path is absolute, on Unix or on Windows, or leads out of site-packages."""
    if _DRIVE.match(path):
        return True
    depth = 0
    for part in re.split(r"[\\/]", path):
        # `a/../..` leads out too, so the depth counts, not the beginning.
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def adds_folders(wheel: Wheel, files: Mapping[str, StartFile]) -> bool:
    """Return whether a ``.pth`` file of a wheel adds folders to the import path."""
    found = map(files.get, at_the_root(wheel)) if files else ()
    return any(each is not None and each.paths for each in found)


def at_the_root(wheel: Wheel) -> dict[str, Entry]:
    """Return the files of a wheel directly in site-packages, by their path in the archive.

    This includes files in a ``site-packages`` folder of its data.
    """
    found = {}
    for each in installation_of(wheel).files:
        in_data = each.scheme == "data" and _SITE.fullmatch(each.path)
        if in_data or (each.is_importable and "/" not in each.path):
            found[each.entry.path] = each.entry
    return found
