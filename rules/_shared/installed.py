"""Where the members of a wheel are installed.

Specification: https://packaging.python.org/specifications/binary-distribution-format/
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pkgaudit.api import Entry, Wheel
from pkgaudit.rules._shared.cache import Latest

SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""The folders of ``.data`` that installers know (https://docs.python.org/3/library/sysconfig.html#installation-paths)."""

IMPORTABLE = frozenset({"purelib", "platlib"})
"""The schemes whose folder is on the path of imports: site-packages."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A file of a wheel at the place where installers put it.

    ``scheme`` is one of `SCHEMES`, or the name of a folder of ``.data`` that is none; of what is outside
    ``.data`` it is purelib or platlib as WHEEL says. ``path`` is the path below the scheme's folder.
    """

    scheme: str
    path: str
    entry: Entry

    @property
    def is_importable(self) -> bool:
        """Whether it goes to site-packages."""
        return self.scheme in IMPORTABLE


class Installation:
    """All files of a wheel at their places; what is in the ``.dist-info`` folder is left aside."""

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
        """What goes to site-packages, by its path there."""
        return {each.path: each for each in self.files if each.is_importable}

    @cached_property
    def top_levels(self) -> dict[str, list[Installed]]:
        """What goes to site-packages, by the first component of its path there."""
        found: dict[str, list[Installed]] = {}
        for path, each in self.importable.items():
            found.setdefault(path.partition("/")[0], []).append(each)
        return found


def _is_pure(wheel: Wheel) -> bool:
    data = wheel.kept[wheel.wheel_path] if wheel.wheel_path else b""
    # WHEEL has its few fields before the tags, of which there may be many.
    return b"root-is-purelib: true" in data[:4096].lower()


_latest = Latest[Wheel, Installation]()


def installation_of(wheel: Wheel) -> Installation:
    """Return where the files of a wheel go, worked out once for all rules that ask one after the other."""
    return _latest.of(wheel, lambda: Installation(wheel))
