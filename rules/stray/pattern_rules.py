"""What the rules for stray files share: their options, the folders of tests, and how hits become problems."""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pkgaudit.api import Distribution, Exclude, Location, Problem, Severity, counted, quoted, sized
from pkgaudit.rules._shared.patterns import File, Folder, Hit, Patterns, compile_patterns, find, inventory_of
from pkgaudit.rules._shared.test_folders import is_test_folder

SHOWN = 4
"""How many hits of a rule in one distribution are said one by one; the rest is one more problem.

Chosen: enough to see what they have in common. A build from a developer's folder has hundreds, with one
cause.
"""


@dataclass(frozen=True)
class Choice:
    """Base of the options: which paths a rule is about.

    ``patterns`` are gitignore patterns and replace the built-in ones, ``extend`` adds to them,
    ``allow`` names what belongs there. They see a path from the root of the wheel, below the root
    folder of the sdist, or from the root of an archive inside, and do not care about case.
    """

    patterns: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Compiled together, as `hits` takes them: line by line it was most of the time of a short audit.
        for lines in ((*self.patterns, *self.extend), self.allow):
            compile_patterns(lines).spec  # noqa: B018 - raises for what is not a pattern

    def hits(
        self,
        distribution: Distribution,
        *,
        marked: Iterable[Folder] = (),
        also: Iterable[File] = (),
        ignore_case: bool = True,
        without: Iterable[str] = (),
    ) -> list[Hit]:
        """Return what the patterns match, and what is marked besides; ``without`` drops built-in patterns."""
        dropped = frozenset(without)
        lines = (*(line for line in self.patterns if line not in dropped), *self.extend)
        return find(
            inventory_of(distribution),
            compile_patterns(lines, ignore_case),
            self.allowed(ignore_case),
            marked,
            also,
        )

    def allowed(self, ignore_case: bool = True) -> Patterns | None:
        """Return the patterns of what belongs there, None if there are none."""
        return compile_patterns(self.allow, ignore_case) if self.allow else None

    def extends(self, hit: Hit) -> bool:
        """Return whether the user's own patterns name a hit, so that nothing else need speak against it."""
        if not self.extend:
            return False
        return compile_patterns(self.extend).match(f"{hit.relative}/" if hit.folder else hit.relative)


# Folder names under which real projects keep copies of others: `pip/_vendor`, `setuptools/_vendor`,
# `third_party`, `extern` and `externals`, `_bundled`, `deps`, `packages`. Only folders above a file count.
_VENDORED = re.compile(r"_?vendor.*|_?third[_-]?party|_?extern(?:als?)?|_?bundled|deps|_?packages")
# What is a fault elsewhere is often shown on purpose there; templates and cookiecutters have whole projects
# in them.
_EXAMPLES = re.compile(r"docs?|documentation|examples?|demos?|samples|tutorials?|templates?|cookiecutter.*")


def in_tests(hit: Hit) -> bool:
    """Return whether a hit is in a folder of tests or of their data."""
    return any(map(is_test_folder, _above(hit)))


def in_examples(hit: Hit) -> bool:
    """Return whether a hit is in a folder of documentation, examples or templates."""
    return any(_EXAMPLES.fullmatch(each) for each in _above(hit))


def is_vendored(hit: Hit) -> bool:
    """Return whether a hit is in a folder of other projects' sources that are meant to be there."""
    return any(_VENDORED.fullmatch(each) for each in _above(hit))


_DEEPEST = 64
"""How many folders above a hit are looked at: a bound on hostile paths, far deeper than honest ones."""


def _above(hit: Hit) -> list[str]:
    start = hit.folder or hit.files[0].folder
    folders = [each.name.casefold() for each in islice(start.above(), _DEEPEST)]
    return folders if hit.folder else [start.name.casefold(), *folders]


def amount(hit: Hit) -> str:
    """Return how much there is in a hit, as ``3 files, 1.2 MB``."""
    return f"{counted(len(hit.files), 'file')}, {sized(hit.size)}"


def shown(hit: Hit) -> str:
    """Return the name of a hit as messages have it, a folder with its slash and what is in it."""
    return quoted(hit.name) if hit.folder is None else f"{quoted(hit.name + '/')} ({amount(hit)})"


def data_of(hit: Hit) -> dict[str, str | int]:
    """Return the values that messages name of a hit: its path, and what is in it if it is a folder."""
    if hit.folder is None:
        return {"path": hit.path}
    path = hit.path if hit.files else hit.folder.path
    return {"path": path, "files": len(hit.files), "size": hit.size}


Judge = Callable[[Hit], Severity | None]


REVOKE = "revoke what it holds if it was ever uploaded"
CHECK = "revoke every password, token and key in it if it was ever uploaded"
DELETE = "delete it before building, or build from a fresh clone"
"""What comes first: for what holds secrets, for what may, and for what is of no use or comes back."""


def problems(
    hits: Iterable[Hit],
    what: str,
    judge: Judge,
    *,
    first: str | None = None,
    fold: bool = True,
    place: Callable[[Hit], Location] | None = None,
) -> Iterator[Problem]:
    """Yield a problem for each hit, of the severity that ``judge`` says, None being no problem.

    What comes after the first few of a severity is one problem at the folder that holds it all.
    """
    by_severity: dict[Severity, list[Hit]] = {}
    for hit in hits:
        severity = judge(hit)
        if severity is not None:
            by_severity.setdefault(severity, []).append(hit)
    for severity, found in by_severity.items():
        rest = found[SHOWN - 1 :] if fold and len(found) > SHOWN else []
        for hit in found[: len(found) - len(rest)]:
            location = place(hit) if place else Location(hit.path)
            yield Problem(
                f"{shown(hit)} {what}",
                location,
                Exclude(hit.path, first),
                severity,
                key=hit.name,
                data=data_of(hit),
            )
        if rest:
            yield _folded(rest, what, severity)


def _folded(rest: list[Hit], what: str, severity: Severity) -> Problem:
    files = sum(len(hit.files) for hit in rest)
    names = ", ".join(quoted(hit.relative) for hit in rest[:3])  # chosen: as many as fit into a line
    total = f"{counted(files, 'file')}, {sized(sum(hit.size for hit in rest))}"
    try:
        folder = os.path.commonpath([hit.path for hit in rest])
    except ValueError:  # absolute paths beside relative ones, as a hostile archive may have
        folder = ""
    return Problem(
        f"{len(rest):,} more like these, with {names} … ({total}): each {what}",
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
