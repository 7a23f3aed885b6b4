"""Paths that the options of a rule allow, and lists of paths in its messages."""

from __future__ import annotations

from pkgaudit.api import quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import compile_patterns


@dataclass(frozen=True)
class Allowed:
    """Base of the options: ``allow`` lists gitignore patterns of allowed paths, below the root folder
    of an sdist, or in a wheel.
    """

    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in self.allow:
            compile_patterns((line,)).spec  # noqa: B018 - raises if the line is not a pattern

    def allows(self, path: str) -> bool:
        """Return whether a path below the root folder is allowed."""
        return bool(self.allow) and compile_patterns(self.allow).match(path)


def listed(names: list[str]) -> str:
    """Return the first names for a message, quoted."""
    # Chosen: three names fit into a line and are enough as examples. `data` has all of them.
    return f"{', '.join(map(quoted, names[:3]))}{' …' if len(names) > 3 else ''}"
