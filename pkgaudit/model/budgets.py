"""The size budgets of a project, and how much of a budget a distribution uses."""

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
"""The kinds of files by their keys in a table."""


@dataclass(frozen=True)
class Budget:
    """The limits for a distribution; None, and a missing key, mean no limit.

    ``total`` is the unpacked size of all files in bytes, ``archive`` the size of the distribution itself,
    ``file`` that of the largest file, ``files`` the number of files. ``kinds`` and ``patterns`` limit the
    total size of all files of a kind, and of all files that a gitignore pattern matches.
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
                    f"kinds: {key!r} is not a kind of file{nearest(key, KINDS)}; kinds are {', '.join(KINDS)}"
                )
        for pattern in self.patterns:
            _matcher(pattern)


@dataclass(frozen=True)
class Budgets(Budget):
    """A budget for every distribution, and further budgets for filenames that match a glob.

    In ``distributions``, a later glob overrides the limits that it sets, and keeps all others.
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
    """The use of one limit; ``name`` is the limit, such as ``total`` or ``kinds.native``.

    ``files`` are the counted files; for ``file`` this is the largest file.
    """

    name: str
    used: int
    limit: int
    files: list[Entry]

    @property
    def is_over(self) -> bool:
        """Whether the use exceeds the limit."""
        return self.used > self.limit

    @property
    def in_bytes(self) -> bool:
        """Whether the numbers are bytes; otherwise they count files."""
        return self.name != "files"


def budget_usages(
    budget: Budget, distribution: Distribution, contents: Mapping[str, FileKind]
) -> Iterator[BudgetUsage]:
    """Yield the use of each limit by a distribution; ``contents`` are the kinds determined by content."""
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
        # As everywhere, patterns match paths relative to the root folder of an sdist.
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
