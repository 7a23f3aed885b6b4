"""Messages for exceeded budgets, and the folder with most files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pkgaudit.api import Distribution, Location, Problem, counted, quoted, sized
from pkgaudit.model.budgets import BudgetUsage

SHOWN = 8
"""The number of too large files that are reported one by one; one more problem covers the rest. Chosen."""

_DEEPEST = 8
"""The number of folders of a path that are counted; chosen: deeper folders are too small to advise on.

It also bounds the time, because each path counts once for each of its folders.
"""

_NAMES = {
    "total": "the unpacked files have {}",
    "archive": "the distribution has {}",
    "files": "the distribution has {}",
}
"""The subject and verb for each sum, by the name of its budget in the configuration."""


def over(use: BudgetUsage, distribution: Distribution) -> Iterator[Problem]:
    """Yield the problems for an exceeded budget."""
    if use.name == "file":
        yield from _large_files(use, distribution)
        return
    group, _, name = use.name.partition(".")
    used = sized(use.used) if use.in_bytes else counted(use.used, "file")
    if group == "kinds":
        subject = f"the {name} files have {used}"
    elif group == "patterns":
        subject = f"the files that match {quoted(name)} have {used}"
    else:
        subject = _NAMES[group].format(used)
    limit = sized(use.limit) if use.in_bytes else f"{use.limit:,}"
    if use.in_bytes and limit == used:  # the difference is too small to show in the unit
        used, limit = f"{use.used:,} bytes", f"{use.limit:,}"
        subject = f"{subject} ({used})"
    largest = sorted(use.files, key=lambda entry: (-entry.size, entry.path))[:3] if use.in_bytes else []
    biggest = ", ".join(f"{quoted(entry.path)} ({sized(entry.size)})" for entry in largest)
    excess = sized(use.used - use.limit) if use.in_bytes else counted(use.used - use.limit, "file")
    yield Problem(
        f"{subject}, but the budget is {limit}{f'; the largest: {biggest}' if biggest else ''}",
        fix=f"leave out {excess} ('pkgaudit tree --sort size' shows the largest files), "
        f"or raise {_setting(use.name)}",
        key=use.name,
        data={
            "field": use.name,
            "size" if use.in_bytes else "count": use.used,
            "limit": int(use.limit),
            **({"paths": [entry.path for entry in largest]} if largest else {}),
        },
    )


def _setting(name: str) -> str:
    group, _, key = name.partition(".")
    where = f".{group}" if key else ""
    return f"`{key or group}` of `[tool.pkgaudit.over-budget{where}]`"


def _large_files(use: BudgetUsage, distribution: Distribution) -> Iterator[Problem]:
    found = [entry for entry in distribution.files.values() if entry.size > use.limit]
    rest = found[SHOWN - 1 :] if len(found) > SHOWN else []
    limit = sized(use.limit)
    for entry in found[: len(found) - len(rest)]:
        name = entry.path.rpartition("/")[2]
        size = sized(entry.size)
        yield Problem(
            f"{quoted(entry.path)} has {size if size != limit else counted(entry.size, 'byte')}, "
            f"but the budget for one file is {limit}",
            Location(entry.path),
            f"leave the file out or make it smaller, or raise {_setting('file')}",
            key="file",
            data={"name": name, "size": entry.size, "limit": int(use.limit)},
        )
    if rest:
        total = sum(entry.size for entry in rest)
        yield Problem(
            f"{len(rest):,} more files ({sized(total)}) are larger than {limit}, the budget for one file",
            fix=f"leave the files out or make them smaller, or raise {_setting('file')}",
            key="more",
            data={
                "count": len(rest),
                "size": total,
                "limit": int(use.limit),
                "paths": [e.path for e in rest],
            },
        )


def most_populated(paths: Iterable[str]) -> tuple[str, int]:
    """Return the deepest folder with at least half of the files, and their number; "" and 0 without one.

    A folder that contains all files, such as the root of an sdist, is ignored.
    """
    counts: Counter[str] = Counter()
    number = 0
    for path in paths:
        number += 1
        parts = path.split("/", _DEEPEST + 1)[:-1][:_DEEPEST]
        for depth in range(1, len(parts) + 1):
            counts["/".join(parts[:depth])] += 1
    half = [folder for folder, count in counts.items() if number <= 2 * count < 2 * number]
    deepest = max(half, key=lambda folder: folder.count("/"), default="")
    return (deepest, counts[deepest]) if half else ("", 0)
