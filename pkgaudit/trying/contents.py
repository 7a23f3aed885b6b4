"""The public modules, data files, entry points and commands of an installed distribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from keyword import iskeyword
from typing import Any

_TESTS = frozenset({"conftest", "test", "tests"})
"""Names of modules and packages that need a test runner, and that nobody imports. Chosen."""

_BYTECODE = (".pyc", ".pyo")


@dataclass(frozen=True)
class EntryPoint:
    """An entry point of the distribution."""

    group: str
    name: str
    value: str

    @property
    def is_command(self) -> bool:
        """Whether installers make a command of it."""
        return self.group in ("console_scripts", "gui_scripts")

    @property
    def target(self) -> str:
        """The module and the object, without extras."""
        return "".join(self.value.partition("[")[0].split())

    @property
    def needs_extra(self) -> bool:
        """Whether it names extras, which were not installed."""
        return "[" in self.value

    @property
    def label(self) -> str:
        """Its group and name."""
        return f"{self.group}: {self.name}"


@dataclass
class Contents:
    """The parts of an installed distribution that others use.

    ``modules`` maps the public modules to their paths, ``mains`` are the import packages: modules without a
    regular package above them. ``data`` are pairs of an import package and the path of a file below it.
    ``left_out`` maps modules to the user's reason to leave them out.
    """

    site: str
    paths: frozenset[str] = frozenset()
    modules: dict[str, str] = field(default_factory=dict)
    mains: set[str] = field(default_factory=set)
    data: list[tuple[str, str]] = field(default_factory=list)
    entry_points: list[EntryPoint] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, listed: Mapping[str, Any], left_out: Mapping[str, str]) -> Contents:
        """Return the contents from the answer of the script `probe`."""
        paths = [each for each in listed["paths"] if not each.startswith(("../", "/")) and "\\" not in each]
        made = cls(listed["site"], frozenset(paths))
        made.entry_points = [EntryPoint(*each) for each in listed["entry_points"]]
        suffixes = sorted(listed["suffixes"], key=len, reverse=True)
        packages = {folder for path in paths if (folder := _package(path, suffixes)) is not None}
        for path in sorted(paths, key=lambda each: (each.count("/"), each)):
            made._add(path, suffixes, packages, left_out)
        return made

    def _add(
        self, path: str, suffixes: Sequence[str], packages: set[str], left_out: Mapping[str, str]
    ) -> None:
        *folders, name = path.split("/")
        if folders and folders[0].endswith((".dist-info", ".data")):
            return
        anchor = _anchor(folders, packages)
        suffix = next((each for each in suffixes if name.endswith(each)), None)
        if suffix is None:
            if anchor is not None and not name.endswith(_BYTECODE):
                main = "/".join(folders[:anchor])
                self.data.append((main.replace("/", "."), path[len(main) + 1 :]))
            return
        parts = [*folders, name[: -len(suffix)]]
        if parts[-1] == "__init__":
            parts.pop()
        # Below a package, a folder without __init__ has templates or scripts, and no modules.
        is_reached = anchor is None or all(
            "/".join(folders[:depth]) in packages for depth in range(anchor, len(folders) + 1)
        )
        if not parts or not is_reached or not _is_public(parts):
            return
        module = ".".join(parts)
        for pattern, reason in left_out.items():
            if fnmatchcase(module, pattern):
                self.left_out[module] = reason
                return
        self.modules.setdefault(module, path)
        if anchor is None or len(parts) == anchor:
            self.mains.add(module)

    @property
    def tops(self) -> set[str]:
        """The first parts of the names of all modules, also of those that are not public."""
        return {each.split("/")[0].partition(".")[0] for each in self.paths if ".dist-info/" not in each}


def _package(path: str, suffixes: Iterable[str]) -> str | None:
    """Return the folder of an ``__init__`` module."""
    folder, _, name = path.rpartition("/")
    return folder if folder and any(name == f"__init__{each}" for each in suffixes) else None


def _anchor(folders: Sequence[str], packages: set[str]) -> int | None:
    """Return the number of folders down to the first regular package, or None."""
    return next(
        (depth for depth in range(1, len(folders) + 1) if "/".join(folders[:depth]) in packages), None
    )


def _is_public(parts: Sequence[str]) -> bool:
    """Return whether a user may import a module: each part is a public name, and it is not a test."""
    return all(
        each.isidentifier() and not iskeyword(each) and not each.startswith("_") for each in parts
    ) and not any(each in _TESTS or each.startswith("test_") for each in parts[1:])
