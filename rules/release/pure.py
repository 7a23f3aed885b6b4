"""Compare the files of wheels that do not depend on the platform: Python, scripts and startup hooks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from pkgaudit.api import ArchiveKind, PythonFile, Release, Wheel
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.installed import Installed, installation_of
from pkgaudit.rules._shared.startup_lines import SUFFIXES
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.release.conflicts import machines
from pkgaudit.rules.release.contents import BY_BUILDS
from pkgaudit.rules.release.source import Content
from pkgaudit.rules.wheel.startup_files import StartFile

_PYTHON = (".py", ".pyi", ".pyw")
"""Suffixes of modules, stubs, and modules that Windows runs without a console."""

_LARGEST = 4_000
"""The most bytes of a module that may consist of constants only: a few times the size of version files."""

_FOR_DISTRIBUTORS = "_distributor_init.py"
"""The module in which numpy, scipy and scikit-learn load the libraries that a wheel for Windows contains."""

_NAMESPACE = lazy(r"-py\d\.\d{1,2}-nspkg\.pth$")
"""The end of the name of a hook for a namespace, which old versions of setuptools write for each Python."""

_LONGEST_NAME = 255
"""The longest filename of the usual filesystems; bounds the time of the pattern."""


@dataclass(frozen=True)
class Constants:
    """The mark of a module that only assigns constants, such as a version or the settings of a build."""


def read_constants(file: PythonFile) -> Constants | None:
    """Return whether a module consists of assignments of constants and comments."""
    is_candidate = file.member.archive is ArchiveKind.WHEEL and 0 < len(file.data) <= _LARGEST
    if not is_candidate or file.tree is None:
        return None
    return Constants() if all(map(_is_constant, file.tree.body)) else None


def _is_constant(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    harmless = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)
    return all(isinstance(each, harmless) for each in ast.walk(statement.value))


@dataclass
class Differing:
    """A file with other contents in the wheels of one version, or a startup hook that some of them lack.

    ``lone`` is the file in the fewest wheels, of which ``wheel`` is one; ``other`` is another wheel.
    ``is_hook``: it runs code at every start in one of them. ``lacks``: the other wheel does not have it.
    ``is_explained``: whether a wheel has it only depends on its operating system or Python, or its content
    only on the Python.
    """

    path: str
    wheel: Wheel
    other: Wheel
    is_hook: bool = False
    lacks: bool = False
    is_explained: bool = False


@dataclass
class Facts:
    """The facts about files that their sha256 does not show, by the path of the wheel and of the file."""

    contents: Mapping[str, Content]
    starts: Mapping[str, StartFile]
    constants: Mapping[str, Constants]


@dataclass
class _Variants:
    """The contents of one path: by the digest of the text, the first file and the wheels that have it."""

    files: dict[str, Installed] = field(default_factory=dict)
    wheels: dict[str, list[Wheel]] = field(default_factory=dict)


def differing_files(release: Release, facts: Facts) -> Iterator[list[Differing]]:
    """Yield the files that differ between the wheels of each version."""
    groups: dict[tuple[str, str], list[Wheel]] = {}
    for wheel in release.wheels:
        version, tags = parse_version(wheel.version), wheel_tags(wheel)
        # Builds with different local versions are variants, and a later build tag replaces a wheel.
        if version is not None and tags is not None and wheel.is_readable and not wheel.unread:
            groups.setdefault((str(version), tags.build), []).append(wheel)
    for wheels in groups.values():
        if len(wheels) > 1:
            yield list(_differing(wheels, facts))


def _differing(wheels: list[Wheel], facts: Facts) -> Iterator[Differing]:
    places: dict[tuple[bool, str], _Variants] = {}
    for wheel in wheels:
        for each in installation_of(wheel).files:
            digest = _digest(wheel, each, facts)
            if digest is not None:
                variants = places.setdefault((each.is_importable, each.path), _Variants())
                variants.files.setdefault(digest, each)
                variants.wheels.setdefault(digest, []).append(wheel)
    for (_, path), variants in sorted(places.items()):
        is_read = "/" not in path and path.endswith(SUFFIXES)
        if is_read or len(variants.files) > 1:
            yield from _judge(wheels, variants, facts, is_read)


def _digest(wheel: Wheel, file: Installed, facts: Facts) -> str | None:
    """Return the digest of the text of a file, None if it may depend on the platform."""
    content = facts.contents.get(f"{wheel.path}/{file.entry.path}")
    path = file.path
    if not file.is_importable:
        is_script = file.scheme == "scripts" and content is not None and content.is_script
        return content.text if content is not None and is_script else None
    if not path.endswith(_PYTHON) and ("/" in path or not path.endswith(SUFFIXES)):
        return None
    return content.text if content is not None and content.text else file.entry.sha256


def _judge(wheels: list[Wheel], variants: _Variants, facts: Facts, is_read: bool) -> Iterator[Differing]:
    """Yield a file if its contents differ without a usual reason, or if some wheels lack a startup hook."""
    keys = {
        digest: f"{each[0].path}/{variants.files[digest].entry.path}"
        for digest, each in variants.wheels.items()
    }
    is_hook = any((start := facts.starts.get(key)) is not None and start.count for key in keys.values())
    lone, *others = sorted(variants.wheels, key=lambda each: len(variants.wheels[each]))
    path, wheel = variants.files[lone].entry.path, variants.wheels[lone][0]
    if others:
        # multiprocess has other modules for each Python.
        is_of_pythons = _pythons_explain(variants.wheels.values())
        # No pattern excuses a hook, because a module that builds write runs only when it is imported.
        if is_read:
            is_excused = is_of_pythons and path.endswith("-nspkg.pth")
        else:
            is_excused = is_of_pythons or _is_excused(path, variants, keys, facts)
        if not is_excused:
            other = variants.wheels[others[-1]][0]
            yield Differing(path, wheel, other, is_hook, is_explained=is_of_pythons)
        return
    having = {each.path for each in variants.wheels[lone]}
    lacking = [each for each in wheels if each.path not in having]
    if is_hook and lacking and not _NAMESPACE.search(path[-_LONGEST_NAME:]):
        those = variants.wheels[lone]
        is_explained = _systems(those).isdisjoint(_systems(lacking)) or _pythons_explain([those, lacking])
        yield Differing(path, wheel, lacking[0], True, True, is_explained)


def _is_excused(path: str, variants: _Variants, keys: Mapping[str, str], facts: Facts) -> bool:
    """Return whether a module differs for a usual reason.

    No build makes a module use the network or start a process on some platforms only.
    """
    acting = [(content := facts.contents.get(key)) is not None and content.may_act for key in keys.values()]
    if any(acting) and not all(acting):
        return False
    name = path.rpartition("/")[2][:_LONGEST_NAME]
    return (
        name == _FOR_DISTRIBUTORS
        or BY_BUILDS.fullmatch(name) is not None
        or any(not each.entry.size for each in variants.files.values())
        or any((content := facts.contents.get(key)) and content.is_generated for key in keys.values())
        or all(key in facts.constants for key in keys.values())
    )


def _pythons_explain(variants: Iterable[list[Wheel]]) -> bool:
    """Return whether no two variants are in wheels for the same Python."""
    seen: set[str] = set()
    for wheels in variants:
        pythons = {each for tags in map(wheel_tags, wheels) if tags is not None for each in tags.pythons}
        if not seen.isdisjoint(pythons):
            return False
        seen |= pythons
    return True


def _systems(wheels: Iterable[Wheel]) -> set[str]:
    """Return the operating systems of wheels."""
    return {
        machine.partition(" ")[0]
        for tags in map(wheel_tags, wheels)
        if tags is not None
        for machine in machines(tags)
    }
