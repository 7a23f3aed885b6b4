"""How much a project lets its distributions have, and how much of it one uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from pkgaudit.config.table import Size, nearest
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import Entry
from pkgaudit.model.kinds import FileKind, kind_of_entry
from pkgaudit.model.patterns import user_patterns

KINDS = {kind.value: kind for kind in FileKind if kind is not FileKind.DIRECTORY}
"""The kinds of files by the words that stand for them in a table."""


@dataclass(frozen=True)
class Budget:
    """What a distribution may have at most; None and what is not named are without a limit.

    ``total`` are the bytes of all files as they are unpacked, ``archive`` those of the distribution itself,
    ``file`` those of any one file, ``files`` how many there may be. ``kinds`` and ``patterns`` are bytes
    for all files of a kind together, and for all that a gitignore pattern matches.
    """

    total: Size | None = None
    archive: Size | None = None
    file: Size | None = None
    files: int | None = None
    kinds: Mapping[str, Size] = field(
        default_factory=dict, metadata={"schema": {"propertyNames": {"enum": list(KINDS)}}}
    )
    patterns: Mapping[str, Size] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("total", "archive", "file", "files"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name}: cannot be negative")
        for name, sizes in (("kinds", self.kinds), ("patterns", self.patterns)):
            for key, value in sizes.items():
                if value < 0:
                    raise ValueError(f"{name}: {key}: cannot be negative")
        for key in self.kinds:
            if key not in KINDS:
                raise ValueError(
                    f"kinds: {key!r} is no kind of file{nearest(key, KINDS)}; there are {', '.join(KINDS)}"
                )
        for pattern in self.patterns:
            _matcher(pattern)


@dataclass(frozen=True)
class Budgets(Budget):
    """A budget for every distribution, and others for those whose file names match a glob.

    In ``distributions`` what a later glob sets counts more, and what it does not set stays.
    """

    distributions: Mapping[str, Budget] = field(default_factory=dict)

    def of(self, distribution: Distribution) -> Budget:
        """Return the budget of one distribution."""
        budget = Budget(**{each.name: getattr(self, each.name) for each in fields(Budget)})
        for glob, other in self.distributions.items():
            if fnmatchcase(distribution.filename.lower(), glob.lower()):
                changed = {name: value for name, value in vars(other).items() if value not in (None, {})}
                for name in ("kinds", "patterns"):
                    changed[name] = {**getattr(budget, name), **getattr(other, name)}
                budget = replace(budget, **changed)
        return budget


class BudgetUsage(NamedTuple):
    """How much of a budget is used: ``name`` says which, as ``total`` or ``kinds.native``.

    ``files`` are those that it is made of, for ``file`` the one that is the largest.
    """

    name: str
    used: int
    limit: int
    files: list[Entry]

    @property
    def is_over(self) -> bool:
        """Whether more is used than there is."""
        return self.used > self.limit

    @property
    def in_bytes(self) -> bool:
        """Whether the numbers are bytes; else they count files."""
        return self.name != "files"


def budget_usages(
    budget: Budget, distribution: Distribution, contents: Mapping[str, FileKind]
) -> Iterator[BudgetUsage]:
    """Yield how much of each limit a distribution uses; ``contents`` are the kinds that contents tell."""
    files = list(distribution.files.values())
    if budget.archive is not None:
        yield BudgetUsage("archive", distribution.size, budget.archive, [])
    if budget.total is not None:
        yield _sum("total", files, budget.total)
    if budget.files is not None:
        yield BudgetUsage("files", len(files), budget.files, files)
    if budget.file is not None and files:
        largest = max(files, key=lambda entry: entry.size)
        yield BudgetUsage("file", largest.size, budget.file, [largest])
    if budget.kinds:
        by_kind: dict[FileKind, list[Entry]] = {}
        for entry in files:
            by_kind.setdefault(contents.get(entry.path) or kind_of_entry(entry), []).append(entry)
        for name, limit in budget.kinds.items():
            yield _sum(f"kinds.{name}", by_kind.get(KINDS[name], []), limit)
    if budget.patterns:
        # As everywhere, a pattern sees the paths below the root folder of an sdist.
        root = getattr(distribution, "root", None)
        skip = len(root) + 1 if root else 0
        paths = [entry.path.replace("\\", "/")[skip:] for entry in files]
        for pattern, limit in budget.patterns.items():
            matches = _matcher(pattern)
            found = [entry for entry, path in zip(files, paths, strict=True) if matches(path)]
            yield _sum(f"patterns.{pattern}", found, limit)


def _sum(name: str, files: Iterable[Entry], limit: int) -> BudgetUsage:
    files = list(files)
    return BudgetUsage(name, sum(entry.size for entry in files), limit, files)


def _matcher(pattern: str) -> Callable[[str], bool]:
    return user_patterns([pattern]).match_file
