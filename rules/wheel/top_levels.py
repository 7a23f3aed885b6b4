"""The top levels of a wheel: the names that it installs directly into site-packages."""

from __future__ import annotations

import re

from pkgaudit.api import Wheel
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.installed import Installed, installation_of

# Files that the import system finds by the name before the first dot: sources, bytecode, extension modules
# with a tag.
_MODULE = lazy(r"([^\W\d]\w*)((?:\.[^/]*)?)\.(py|pyw|pyc|so|pyd)")
# Libraries that other programs load or link, on Linux, Windows and macOS.
_LIBRARY = lazy(r".+\.(?:so(?:\.[\w.]+)?|dll|dylib|lib|a)", re.IGNORECASE)
# Suffixes of modules: a folder with such a file can be imported.
_CODE = (".py", ".pyw", ".pyc", ".so", ".pyd")
# Folders of auditwheel and delvewheel, of delocate, and of metadata.
_BESIDE = (".libs", ".dylibs", ".data", ".dist-info", ".egg-info")


@dataclass(frozen=True)
class Top:
    """A first component of paths in site-packages.

    ``module`` is the name that imports it, empty if Python cannot import it; ``place`` is its path in the
    archive. A folder counts as a module if it contains a module at any depth.
    """

    name: str
    module: str
    is_folder: bool
    place: str
    files: tuple[Installed, ...]

    @property
    def is_library(self) -> bool:
        """Whether it is a shared library that other programs load."""
        return not self.is_folder and not self.module and _LIBRARY.fullmatch(self.name) is not None

    @property
    def is_beside(self) -> bool:
        """Whether it is a folder that tools put beside packages: for copies of libraries, or metadata."""
        return self.is_folder and self.name.lower().endswith(_BESIDE)


def tops_of(wheel: Wheel) -> list[Top]:
    """Return the top levels of a wheel, in archive order."""
    found = []
    for name, files in installation_of(wheel).top_levels.items():
        # Rules on archives report paths that unpackers read differently.
        if not name or "\\" in name or name.endswith(":"):
            continue
        first = files[0]
        is_folder = "/" in first.path
        module = name if is_folder and any(each.path.endswith(_CODE) for each in files) else ""
        if not is_folder and (match := _MODULE.fullmatch(name)) is not None:
            module = match[1]
        place = first.entry.path[: len(first.entry.path) - len(first.path) + len(name)]
        found.append(Top(name, module, is_folder, place, tuple(files)))
    return found
