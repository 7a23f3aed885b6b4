"""The files in site-packages that every start of Python reads: ``.pth``, and ``.start`` since Python 3.15.

They are read as ``site`` does it: https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import BinaryFile, Entry, Member, Wheel
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules.wheel.startup_code import Code, Danger, read_code

SUFFIXES = (".pth", ".start")

LONGEST = 1_000
"""Characters of a line that runs code; no honest one is as long, while that of litellm 1.82.8 had 34 kB."""

_LARGEST = 1 << 20
"""Bytes of such a file that are read: a bound on hostile files. A larger one is an error."""

_MOST_LINES = 2_000
"""Lines that run code, each of which is parsed: a bound on hostile files. More of them are an error."""

_MOST_NAMES = 50
"""Names of modules and paths that are kept of a file. One that runs code with more of them is an error."""

_CALLABLE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SITE = re.compile(r"(?:.*/)?(?:site|dist)-packages/([^/]+)", re.IGNORECASE)
# A drive, the root of Unix, of a drive or of a share, and a home folder.
_DRIVE = re.compile(r"[A-Za-z]:|[\\/]|~")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that runs something, or adds a path: its number and its text, cut."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class StartFile:
    """What a ``.pth`` or ``.start`` file says.

    ``worst`` is why it cannot be let pass, ``danger`` what it calls; ``modules`` are those that its lines
    import, ``uses`` what they call, and ``outside`` is the first path that is absolute or leads out.
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


def read_start_file(file: BinaryFile) -> StartFile | None:
    """Return what a file says, None if it is no such file."""
    name = file.member.name
    if file.window.offset or file.member.is_nested or not name.endswith(SUFFIXES):
        return None
    data = file.data[:_LARGEST]
    try:
        text, is_text = data.decode("utf-8-sig"), b"\0" not in data
    except UnicodeDecodeError:
        text, is_text = data.decode("latin-1"), False
    if is_text and len(file.data) > _LARGEST:
        return StartFile(worst=(1, "is too long to be read"), count=1)
    return _read_start(text, is_text) if name.endswith(".start") else _read_pth(text, is_text, file.member)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are no comments; more ends of lines count than editors show."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def _read_pth(text: str, is_text: bool, member: Member) -> StartFile:
    runs: list[Line] = []
    paths: list[str] = []
    outside: Line | None = None
    worst: tuple[int, str] | None = None
    whole = Code()
    count = 0
    for number, line in _lines(text):
        # `site` runs a line only if it begins so; one with blanks before it is a path.
        if not line.startswith(("import ", "import\t")):
            path = line.rstrip()
            if len(paths) < _MOST_NAMES:
                paths.append(path[:200])
            if outside is None and _leads_out(path):
                outside = Line(number, path[:200])
            continue
        count += 1
        if len(runs) < 5:
            runs.append(Line(number, line[:200]))
        if worst is not None:
            continue
        if len(line) > LONGEST:
            worst = number, f"has a line of {len(line):,} characters that it runs"
            continue
        if count > _MOST_LINES:
            worst = number, f"has more than {_MOST_LINES:,} lines that it runs"
            continue
        code = read_code(line, member)
        if code.error is not None:
            worst = number, f"runs a line that is no Python ({code.error[:80]})"
            continue
        if whole.danger is None and code.danger is not None:
            whole.danger = Danger(code.danger.kind, code.danger.name, number)
        whole.modules.update(code.modules)
        whole.uses.update(code.uses)
        if max(len(whole.modules), len(whole.uses)) > _MOST_NAMES:
            worst = number, f"imports or calls more than {_MOST_NAMES} modules and functions"
    # `site` decodes by the locale if UTF-8 fails, so that the lines may still run.
    if count and not is_text and worst is None:
        worst = runs[0].number, "runs code and is no text"
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
    )


def _read_start(text: str, is_text: bool) -> StartFile:
    runs: list[Line] = []
    worst: tuple[int, str] | None = None
    count = 0
    if not is_text:
        return StartFile(worst=(1, "is not UTF-8"), count=1, is_text=False)
    for number, line in _lines(text):
        entry = line.strip()
        if entry.startswith("#"):
            continue
        count += 1
        if len(entry) > LONGEST or not _CALLABLE.fullmatch(entry):
            if worst is None:
                worst = number, f"has a line that is no 'package.module:callable': {entry[:80]!r}"
        elif len(runs) < _MOST_NAMES:
            runs.append(Line(number, entry))
    return StartFile(tuple(runs), count, worst=worst)


def _leads_out(path: str) -> bool:
    """Return whether a path is absolute, on Unix or on Windows, or leads out of site-packages."""
    if _DRIVE.match(path):
        return True
    depth = 0
    for part in re.split(r"[\\/]", path):
        # `a/../..` leads out too, so that the depth counts, not the beginning.
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def at_the_root(wheel: Wheel) -> dict[str, Entry]:
    """Return the files of a wheel directly in site-packages, and in a folder of that name in its data.

    They are given by their path in the archive.
    """
    found = {}
    for each in installation_of(wheel).files:
        in_data = each.scheme == "data" and _SITE.fullmatch(each.path)
        if in_data or (each.is_importable and "/" not in each.path):
            found[each.entry.path] = each.entry
    return found
