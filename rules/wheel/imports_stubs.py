"""Stubs and markers of type information, and the modules that they describe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property

from pkgaudit.api import Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.installed import Installed, installation_of
from pkgaudit.rules.wheel.imports import COMPILED, Packages, is_aside, is_importable_name

# Suffixes of modules that a stub may describe: Python, bytecode, Cython (whose source may be in the wheel)
# and extension modules.
_SOURCES = frozenset({"py", "pyc", "pyx", "pyw", *COMPILED})
_OF_OTHERS = re.compile(r"(?i)_?(?:typings|stubs|typeshed|vendor(?:ed)?|third_?party|extern(?:al)?s?)")
"""Folders with stubs for type checkers, or with other projects."""

_DEEPEST = 50
"""Folders above a stub: a bound on hostile paths, as for modules."""

_SHARE = 0.5
"""The share of modules with stubs from which a package counts as typed.

Chosen: below it, as when only an extension module has a stub, the finding is at info level.
"""


@dataclass(frozen=True)
class Unmarked:
    """A package without a marker: its folder, the reason for a marker, and whether the reason is clear."""

    folder: str
    member: str
    why: str
    is_plain: bool


@dataclass
class _Folder:
    """A package at the top level or in a namespace: its number of modules, and its public stubs."""

    modules: int = 0
    stubs: list[str] = field(default_factory=list)


class Types:
    """The type information of a wheel. Folders are relative to site-packages."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._importable = installation_of(wheel).importable
        self.markers = {_above(path) for path in self._importable if path.endswith("/py.typed")}

    @cached_property
    def stubs(self) -> dict[str, Installed]:
        """The stubs of public modules that can be imported, by their installed path."""
        return {path: each for path, each in self._importable.items() if _is_public_stub(path)}

    @cached_property
    def _packages(self) -> set[str]:
        """The outermost folders with an ``__init__``, without tests and examples."""
        found = {_above(path) for path in self._importable if path.rpartition("/")[2].startswith("__init__.")}
        return {
            each
            for each in found - {""}
            if not each.startswith("_")
            and not is_aside(each.replace("/", "."))
            and not any(outer in found for outer in _chain(each))
            and all(map(is_importable_name, each.split("/")))
        }

    def _package_of(self, path: str) -> str | None:
        return next((each for each in _chain(path) if each in self._packages), None)

    def unmarked(self) -> Iterator[Unmarked]:
        """Yield the packages that lack a marker."""
        folders: dict[str, _Folder] = {}
        for path in self._importable:
            package = self._package_of(path)
            if package is None:
                continue
            folder = folders.setdefault(package, _Folder())
            folder.modules += path.lower().rpartition(".")[2] in _SOURCES
            if path in self.stubs:
                folder.stubs.append(path)
        has_stubs = False
        for package, folder in folders.items():
            if not folder.stubs or any(f"{each}/".startswith(f"{package}/") for each in self.markers):
                continue
            has_stubs = True
            many = f"{len(folder.stubs):,} stubs" if len(folder.stubs) > 1 else "a stub"
            plain = f"{package}/__init__.pyi" in folder.stubs or len(folder.stubs) >= folder.modules * _SHARE
            yield Unmarked(package, self._member(package), f"the package has {many}", plain)
        metadata = self._wheel.metadata
        is_called_typed = metadata is not None and "Typing :: Typed" in metadata.all("Classifier")
        has_others = any(path.endswith(("py.typed", "-stubs/__init__.pyi")) for path in self._importable)
        # Packages with stubs are reported above; a marker or a stub package elsewhere explains the
        # classifier.
        if is_called_typed and folders and not has_stubs and not has_others:
            package = min(folders, key=lambda each: (-folders[each].modules, each))
            why = "the classifier 'Typing :: Typed' claims types"
            yield Unmarked(package, self._member(package), why, True)

    def _member(self, package: str) -> str:
        """Return the archive path for the marker of a package."""
        for path, each in self._importable.items():
            if path.startswith(f"{package}/"):
                return each.entry.path[: -len(path)] + f"{package}/py.typed"
        return f"{package}/py.typed"

    def useless_markers(self) -> Iterator[str]:
        """Yield the markers without effect; another rule reports a marker at the root."""
        ends = (*_SOURCES, "pyi")
        folders = {
            folder
            for path in self._importable
            if path.lower().rpartition(".")[2] in ends
            for folder in _chain(path)
        }
        # Nuitka compiles a package into one module: type checkers read the marker in the folder of that name
        # beside the stub. https://typing.python.org/en/latest/spec/distributing.html
        folders |= {path.removesuffix(".pyi") for path in self._importable if path.endswith(".pyi")}
        for path, each in self._importable.items():
            if path.endswith("/py.typed") and _above(path) not in folders:
                yield each.entry.path

    def orphans(self, packages: Packages) -> Iterator[str]:
        """Yield the stubs whose modules are certainly missing."""
        compiled = {
            each
            for path in self._importable
            if path.lower().rpartition(".")[2] in COMPILED
            for each in (path.partition("/")[0],)
        }
        modules = {
            f"{_above(path)}/{path.rpartition('/')[2].partition('.')[0]}"
            for path in self._importable
            if path.lower().rpartition(".")[2] in _SOURCES
        }
        folders = {each for path in self._importable if not path.endswith(".pyi") for each in _chain(path)}
        for path, each in self.stubs.items():
            stem, top = path.removesuffix(".pyi"), path.partition("/")[0]
            # An extension module may create submodules, and a dependency may add modules to a namespace.
            if (
                f"{_above(path)}/{stem.rpartition('/')[2]}" in modules
                or top in compiled
                or packages.is_shared(stem.replace("/", "."))
            ):
                continue
            if stem in folders or (stem.endswith("/__init__") and _above(path) in folders):
                continue
            if not any(found.shifts or found.is_open for found in packages.prefixes(stem.replace("/", "."))):
                yield each.entry.path


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _chain(path: str) -> list[str]:
    """Return the folders above a path, the outermost first."""
    parts = path.split("/")[:-1][:_DEEPEST]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _is_public_stub(path: str) -> bool:
    if not path.endswith(".pyi") or path.count("/") > _DEEPEST:
        return False
    *folders, file = path.split("/")
    names = [*folders, file.removesuffix(".pyi")]
    if not all(map(is_importable_name, names)) or is_aside(".".join(names)):
        return False
    if any(_OF_OTHERS.fullmatch(each) for each in folders):
        return False
    # Private stubs serve other stubs, and often have no module (`_typeshed`).
    return not any(each.startswith("_") and each != "__init__" for each in names)
