"""The files that a build script of meson or CMake needs."""

from __future__ import annotations

import posixpath

from pkgaudit.late import dataclass

ROOT = "/\0"
"""The root folder of the sdist as an absolute path that no script can have."""

MOST = 2_000
"""The most values of a list and variables that are kept: more than in real scripts."""

MOST_USES = 10_000
"""The most uses of all scripts that are kept: scipy has 2,100."""

LONGEST = 300
"""The most characters of a path that is kept: more than in real ones; bounds the time."""


@dataclass(frozen=True)
class Use:
    """A file that a command needs: the name in the script, the path below the root folder, and the place.

    ``script`` is the path of the build script in which the name is written. ``is_certain`` is
    false if an earlier command may have made the file.
    """

    command: str
    named: str
    path: str
    script: str
    line: int
    may_be_folder: bool = False
    is_certain: bool = True


def plain_path(folder: str, path: str) -> str | None:
    """Return a path below the root folder that a script in a folder names, None if it is elsewhere."""
    plain = posixpath.normpath(posixpath.join(ROOT, folder, path))
    if not f"{plain}/".startswith(f"{ROOT}/") or len(path) > LONGEST or not path:
        return None
    return plain[len(ROOT) + 1 :]
