"""The folders that the members of a wheel are installed into.

Specification: https://packaging.python.org/specifications/binary-distribution-format/
"""

from __future__ import annotations

from functools import cached_property

from pkgaudit.api import Entry, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.cache import Latest

SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""The folders of ``.data`` that installers know (https://docs.python.org/3/library/sysconfig.html#installation-paths)."""

IMPORTABLE = frozenset({"purelib", "platlib"})
"""The schemes whose folder is on the import path (site-packages)."""


@dataclass(frozen=True)
class Installed:
    """A file of a wheel at the path that installers give it.

    ``scheme`` is one of `SCHEMES`, or the name of another folder in ``.data``; a file outside ``.data`` has
    purelib or platlib, depending on WHEEL. ``path`` is the path below the scheme's folder.
    """

    scheme: str
    path: str
    entry: Entry

    @property
    def is_importable(self) -> bool:
        """Whether it is installed into site-packages."""
        return self.scheme in IMPORTABLE


class Installation:
    """All files of a wheel at their installed paths, without those in the ``.dist-info`` folder."""

    def __init__(self, wheel: Wheel) -> None:
        data = f"{wheel.data_directory}/" if wheel.data_directory else None
        info = f"{wheel.dist_info}/" if wheel.dist_info else None
        root = "purelib" if _is_pure(wheel) else "platlib"
        self.files: list[Installed] = []
        for path, entry in wheel.files.items():
            if info is not None and path.startswith(info):
                continue
            if data is not None and path.startswith(data):
                scheme, _, rest = path[len(data) :].partition("/")
                self.files.append(Installed(scheme, rest, entry))
            else:
                self.files.append(Installed(root, path, entry))

    @cached_property
    def importable(self) -> dict[str, Installed]:
        """The files installed into site-packages, by their path there."""
        return {each.path: each for each in self.files if each.is_importable}

    @cached_property
    def top_levels(self) -> dict[str, list[Installed]]:
        """The files installed into site-packages, by the first component of their path there."""
        found: dict[str, list[Installed]] = {}
        for path, each in self.importable.items():
            found.setdefault(path.partition("/")[0], []).append(each)
        return found


def _is_pure(wheel: Wheel) -> bool:
    data = wheel.kept[wheel.wheel_path] if wheel.wheel_path else b""
    # WHEEL has its few other fields before the tags, which may be many.
    return b"root-is-purelib: true" in data[:4096].lower()


_latest = Latest[Wheel, Installation]()


def installation_of(wheel: Wheel) -> Installation:
    """Return the installed paths of a wheel's files, computed once for consecutive rules."""
    return _latest.of(wheel, lambda: Installation(wheel))
