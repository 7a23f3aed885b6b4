"""Shared parts of the rules for stray files: options, test folders, and problems made from hits."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pkgaudit.api import Distribution, Exclude, Location, Problem, Severity, counted, quoted, sized
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import File, Folder, Hit, Patterns, compile_patterns, find, inventory_of
from pkgaudit.rules._shared.test_folders import is_test_folder

SHOWN = 4
"""How many hits of a rule in one distribution are reported one by one; the others are one more problem.

Chosen: enough to see the common cause. A build from a developer's folder has hundreds of hits with one cause.
"""


@dataclass(frozen=True)
class Marks:
    """Base of the options of rules that judge contents: gitignore patterns of further and of allowed paths.

    ``extend`` names files that the rule reports whatever they contain, and ``allow`` names files that belong
    in the archive. Both match paths from the root of the wheel, below the root folder of the sdist, or from
    the root of a nested archive, and ignore case.
    """

    extend: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Compiling the built-in patterns would take a tenth of a short audit, which needs few of them.
        for lines in (self._written(), self.allow):
            if lines:
                compile_patterns(lines).spec  # noqa: B018 - raises if a line is not a pattern

    def hits(
        self,
        distribution: Distribution,
        *,
        marked: Iterable[Folder] = (),
        also: Iterable[File] = (),
        ignore_case: bool = True,
        without: Iterable[str] = (),
    ) -> list[Hit]:
        """Return the matches of the patterns, with ``marked`` and ``also``; ``without`` drops patterns."""
        return find(
            inventory_of(distribution),
            compile_patterns(self._lines(without), ignore_case),
            self.allowed(ignore_case),
            marked,
            also,
        )

    def _lines(self, without: Iterable[str] = ()) -> tuple[str, ...]:
        return self.extend

    def _written(self) -> tuple[str, ...]:
        """Return the user's own patterns of files that the rule reports."""
        return self.extend

    def allowed(self, ignore_case: bool = True) -> Patterns | None:
        """Return the patterns of allowed files, None without patterns."""
        return compile_patterns(self.allow, ignore_case) if self.allow else None

    def extends(self, hit: Hit) -> bool:
        """Return whether the user's own patterns name a hit, so the rule needs no other evidence."""
        if not self.extend:
            return False
        return compile_patterns(self.extend).match(f"{hit.relative}/" if hit.folder else hit.relative)


@dataclass(frozen=True)
class Choice(Marks):
    """Base of the options of rules that select files by their paths.

    ``patterns`` replace the built-in ones, and ``extend`` adds to them.
    """

    patterns: tuple[str, ...] = ()

    def _lines(self, without: Iterable[str] = ()) -> tuple[str, ...]:
        dropped = frozenset(without)
        return (*(line for line in self.patterns if line not in dropped), *self.extend)

    def _written(self) -> tuple[str, ...]:
        return self._lines(without=type(self).patterns)


# Folder names under which real projects keep copies of others: `pip/_vendor`, `setuptools/_vendor`,
# `third_party`, `extern` and `externals`, `_bundled`, `deps`, `packages`. Only folders above a file count.
_VENDORED = re.compile(r"_?vendor.*|_?third[_-]?party|_?extern(?:als?)?|_?bundled|deps|_?packages")
# Files in these folders often show a fault on purpose; templates and cookiecutters contain whole projects.
_EXAMPLES = re.compile(r"docs?|documentation|examples?|demos?|samples|tutorials?|templates?|cookiecutter.*")


def in_tests(hit: Hit) -> bool:
    """Return whether a hit is in a test folder."""
    return any(map(is_test_folder, _above(hit)))


def in_examples(hit: Hit) -> bool:
    """Return whether a hit is in a folder of documentation, examples or templates."""
    return any(_EXAMPLES.fullmatch(each) for each in _above(hit))


_TEMPLATES = re.compile(r".*(?:template|cookiecutter|skeleton|scaffold|boilerplate|archetype|\{\{).*")
"""Folders of files from which programs make new projects."""


def in_templates(hit: Hit) -> bool:
    """Return whether a hit is in a folder from which a program makes new projects."""
    return any(_TEMPLATES.fullmatch(each) for each in _above(hit))


def is_vendored(hit: Hit) -> bool:
    """Return whether a hit is in a folder of vendored projects."""
    return any(_VENDORED.fullmatch(each) for each in _above(hit))


_DEEPEST = 64
"""How many folders above a hit are checked: a bound on hostile paths, far more than honest paths have."""


def _above(hit: Hit) -> list[str]:
    start = hit.folder or hit.files[0].folder
    folders = [*(() if hit.folder else (start,)), *islice(start.above(), _DEEPEST)]
    # A project may be called `demo` or `test-utils`, and so is its import package.
    return [each.name.casefold() for each in folders if not each.is_own]


def amount(hit: Hit) -> str:
    """Return the number and the size of the files in a hit, as ``3 files, 1.2 MB``."""
    return f"{counted(len(hit.files), 'file')}, {sized(hit.size)}"


def sentence(path: str, predicate: str, hit: Hit) -> str:
    """Return the message on a hit: its path, the predicate and, for a folder, the amount of its files."""
    message = f"{quoted(path)} {predicate}"
    return message if hit.folder is None else f"{message} ({amount(hit)})"


def data_of(hit: Hit) -> dict[str, str | int]:
    """Return the values in the message on a hit: its path and, for a folder, the amount of its files."""
    if hit.folder is None:
        return {"path": hit.path}
    path = hit.path if hit.files else hit.folder.path
    return {"path": path, "files": len(hit.files), "size": hit.size}


Judge = Callable[[Hit], Severity | None]


REVOKE = "revoke the credentials in the file if it was ever uploaded"
CHECK = "revoke every password, token and key in the file if it was ever uploaded"
DELETE = "delete it before building, or build from a fresh clone"
"""The first step of a remedy: for credentials, for possible credentials, and for files that tools write."""


def problems(
    hits: Iterable[Hit],
    predicate: str,
    judge: Judge,
    *,
    first: str | None = None,
    fold: bool = True,
    place: Callable[[Hit], Location] | None = None,
    cause: str | None = None,
) -> Iterator[Problem]:
    """Yield a problem for each hit, with the severity that ``judge`` returns; None means no problem.

    ``predicate`` completes the sentence that begins with the path of the hit. After the first few hits of a
    severity, the others are one problem at the folder that contains them all; with a ``cause``, all hits are
    one finding instead, whose remedy covers each of them.
    """
    by_severity: dict[Severity, list[Hit]] = {}
    for hit in hits:
        severity = judge(hit)
        if severity is not None:
            by_severity.setdefault(severity, []).append(hit)
    for severity, found in by_severity.items():
        rest = found[SHOWN - 1 :] if fold and cause is None and len(found) > SHOWN else []
        for hit in found[: len(found) - len(rest)]:
            location = place(hit) if place else Location(hit.path)
            yield Problem(
                sentence(hit.path, predicate, hit),
                location,
                Exclude(hit.path, first),
                severity,
                key=hit.name,
                data=data_of(hit),
                cause=cause,
            )
        if rest:
            yield _folded(rest, predicate, severity)


def _folded(rest: list[Hit], predicate: str, severity: Severity) -> Problem:
    files = sum(len(hit.files) for hit in rest)
    names = ", ".join(quoted(hit.relative) for hit in rest[:3])  # chosen: as many as fit into a line
    total = f"{counted(files, 'file')}, {sized(sum(hit.size for hit in rest))}"
    try:
        folder = os.path.commonpath([hit.path for hit in rest])
    except ValueError:  # absolute and relative paths, as in a hostile archive
        folder = ""
    return Problem(
        f"each of {len(rest):,} more paths {predicate}: {names}{' …' if len(rest) > 3 else ''} ({total})",
        Location(folder or None),
        "leave all of them out in the same way",
        severity,
        key="more",
        data={
            "count": len(rest),
            "files": files,
            "size": sum(hit.size for hit in rest),
            "paths": [hit.path for hit in rest],
        },
    )
