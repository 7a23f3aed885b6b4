"""Judge the files that a source lacks, or has with another text: hooks and abilities make them an error."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import field

from pkgaudit.api import (
    ArchiveKind,
    Entry,
    EntryType,
    Member,
    PythonFile,
    Release,
    Window,
    normalize,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.calls import KINDS, does
from pkgaudit.rules.behaviour.calls import kinds_in
from pkgaudit.rules.release.contents import Difference, Odd
from pkgaudit.rules.release.source import Content, Source
from pkgaudit.rules.wheel.startup_files import StartFile
from pkgaudit.rules.wheel.startup_hooks import may_run

_NAMESPACE = re.compile(
    rb"(?:import sys, ?types, ?os;(?:has_mfs = sys\.version_info > \(3, 5\);)?p = os\.path\.join\("
    rb"sys\._getframe\(1\)\.f_locals\['sitedir'\], \*\([\w', ]+\)\);[\w.,;:=()\[\]' ]+\r?\n?)+"
)
"""The lines of a `-nspkg.pth` file, which setuptools writes for `namespace_packages`.

They contain names, brackets and constants, but no text with code.
"""

_HARMFUL = re.compile(rb"\b(?:exec|eval|compile|system|popen|subprocess|socket|urllib|base64)\b")
"""Names that no such line contains."""

_LARGEST_LINE = 10_000
"""The longest line of such a file; bounds the time of the pattern."""


_FIRST = ("__init__.py", "__main__.py")
"""The modules of a package that run before others."""

_MOST_CONSTANTS = 10
"""The assignments that a build writes into a module with the version; chosen: also a commit and a date."""


@dataclass
class Judgment:
    """The files that count, those that are grave first, and what these do, as predicates.

    ``unread`` is the number of files with words of such calls that were not read.
    """

    paths: list[str]
    unread: int = 0
    hooks: dict[str, str] = field(default_factory=dict)
    able: dict[str, str] = field(default_factory=dict)

    @property
    def grave(self) -> dict[str, str]:
        """What the grave files do."""
        return {**self.hooks, **self.able}


@dataclass
class Facts:
    """The facts about files that their sha256 does not show, by the path of the archive and of the file."""

    contents: Mapping[str, Content]
    starts: Mapping[str, StartFile]


def judge(release: Release, difference: Difference, files: Mapping[str, Odd], facts: Facts) -> Judgment:
    """Read files again that differ from the source, and judge what they do that the source's files do not.

    The bound on the files that are read cannot hide a file behind many harmless ones, because those with a
    word of such a call come first.
    """

    def is_silent(path: str) -> bool:
        content = facts.contents.get(f"{difference.distribution.path}/{path}")
        return content is None or not content.may_act

    def order(path: str) -> tuple[bool, bool, bool, int, str]:
        installed = files[path].installed
        is_inner = installed.rpartition("/")[2] not in _FIRST
        return not may_run(installed), is_silent(path), is_inner, installed.count("/"), path

    paths = sorted(files, key=order)
    here = release.read(difference.distribution, paths)
    there = difference.source.read(place for path in here if (place := files[path].place) is not None)
    judged = Judgment([], unread=sum(not is_silent(path) for path in paths if path not in here))
    for path in paths:
        odd, data = files[path], here.get(path)
        if may_run(odd.installed):
            if _is_written_by_build(odd, data, difference.source):
                continue
            start = facts.starts.get(f"{difference.distribution.path}/{path}")
            # A module of `site` runs, and so may a file that was not read.
            if start is None or start.count:
                judged.hooks[path] = "runs at every start of Python"
        elif data is not None:
            old = there.get(odd.place) if odd.place is not None else b""
            # A file of the source that cannot be read may have the same calls.
            file = _module(path, data)
            if difference.distribution.version.encode() in data and _is_of_constants(file):
                continue
            new = _kinds_in(file) - _kinds_in(_module(path, old)) if old is not None else frozenset()
            if new:
                judged.able[path] = " and ".join(does(kind) for kind in KINDS if kind in new)
        judged.paths.append(path)
    judged.paths.sort(key=lambda path: path not in judged.grave)
    return judged


def _is_written_by_build(odd: Odd, data: bytes | None, source: Source) -> bool:
    """Return whether the build writes a hook: for a namespace, or because a program of the build names it."""
    if odd.place is not None:
        return False
    name = odd.installed
    if name.endswith("-nspkg.pth") and data is not None and len(data) < _LARGEST_LINE:
        return _NAMESPACE.fullmatch(data) is not None and _HARMFUL.search(data) is None
    stem, dot, suffix = name.rpartition(".")
    scripts = [path for path in source.files if "/" not in path and path.endswith(".py")]
    texts = [
        source.exclusions.settings,
        *(each.decode("utf-8", "replace") for each in source.read(scripts).values()),
    ]
    for text in texts:
        if name in text:
            return True
        # The name of the project proves nothing, because each settings file contains it.
        is_other = normalize(stem) != source.sdist.project
        if is_other and f"{dot}{suffix}" in text and re.search(rf"[\"']{re.escape(stem)}[\"']", text):
            return True
    return False


def _module(path: str, data: bytes) -> PythonFile:
    """Return a module or a script, whatever its name."""
    name = path if path.endswith(tuple(PythonFile.SUFFIXES)) else f"{path}.py"
    return PythonFile(Member(Entry(name, EntryType.FILE), ArchiveKind.WHEEL), Window(data))


def _is_of_constants(file: PythonFile) -> bool:
    """Return whether a module only assigns constants, as those with the version that builds write."""
    body = [] if file.tree is None else file.tree.body
    return 0 < len(body) <= _MOST_CONSTANTS and all(
        isinstance(each, (ast.Assign, ast.AnnAssign, ast.Expr)) and isinstance(each.value, ast.Constant)
        for each in body
    )


def _kinds_in(file: PythonFile) -> frozenset[str]:
    """Return the kinds of calls of a module or script; a file that is not Python has none."""
    return frozenset() if file.tree is None else kinds_in(file.tree)
