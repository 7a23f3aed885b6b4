"""Detect dependencies in Requires-Dist that installers cannot fulfill, or never install."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.api import CoreMetadata, HeaderField, Severity, normalize, quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.fields import sound_fields
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.library import has, latest
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules.data.loader import existing_projects, reserved_names

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_LONGEST = 500
"""The most characters of a requirement that are read. Chosen: real ones are shorter; it bounds the time."""

_MOST = 1_000
"""The most requirements that are read. Chosen: real projects have a few hundred with all their extras."""

_COMPARISON = re.compile(
    r'(?P<name>[a-z_]+) (?P<operator>[<>=!~]{1,3}) "(?P<value>[^"]{0,100})"'
    r'|"(?P<value2>[^"]{0,100})" (?P<operator2>[<>=!~]{1,3}) (?P<name2>[a-z_]+)'
)
"""A comparison in a marker, in the spelling of ``packaging``, which has one space around operators."""

_ONLY_EXTRA = re.compile(r'extra == "(?P<extra>[^"]{1,100})"')

_VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "sys_platform": {
        "win32": ("windows", "win", "win64", "win32"),
        "darwin": ("darwin", "macos", "macosx", "mac", "osx"),
        "linux": ("linux",),
    },
    "platform_system": {
        "Windows": ("windows", "win", "win64", "win32"),
        "Darwin": ("darwin", "macos", "macosx", "mac", "osx"),
        "Linux": ("linux",),
    },
    "os_name": {
        "nt": ("windows", "win", "win64", "win32", "nt"),
        "posix": ("linux", "darwin", "macos", "macosx", "mac", "osx", "unix", "posix"),
    },
    "implementation_name": {"cpython": ("cpython",), "pypy": ("pypy",)},
    "platform_python_implementation": {"CPython": ("cpython",), "PyPy": ("pypy",)},
}
"""For each variable of markers, its values, and other words that people write for them.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

_MINOR = re.compile(r"[23]\.[0-9]{1,2}\.[0-9]{1,2}")
"""A patch release of Python, which ``python_version`` never is: it is ``3.12``."""

_NEVER_PROJECTS = {
    "python": "the interpreter, which Requires-Python declares",
    "pkg-resources": "a module of setuptools that Debian lists as a project",
}
"""Names that PyPI's users write as dependencies, although no project has them: pip finds no versions."""

_BACKPORTS = {"enum34": "enum", "futures": "concurrent"}
"""Backports whose names are not those of their modules, for Pythons that nobody supports any more."""

_NEWER = {"configparser"}
"""Projects with the module of a newer Python, which are useful on every supported one.

https://github.com/jaraco/configparser
"""


class Fault(NamedTuple):
    """A fault of a requirement, as a sentence and a remedy; ``key`` tells two faults of one project apart."""

    field: HeaderField
    message: str
    remedy: str
    key: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class _Line:
    """A Requires-Dist field."""

    field: HeaderField
    made: Requirement

    @cached_property
    def name(self) -> str:
        return normalize(self.made.name)

    @cached_property
    def text(self) -> str:
        """The field as the subject of a sentence."""
        return f"Requires-Dist {quoted(self.field.value)}"

    @cached_property
    def marker(self) -> str:
        return str(self.made.marker or "")

    @property
    def extra(self) -> str | None:
        """The extra that alone decides about the requirement, "" if nothing does, None if anything else."""
        match = _ONLY_EXTRA.fullmatch(self.marker)
        return normalize(match["extra"]) if match else None if self.marker else ""

    @cached_property
    def comparisons(self) -> list[tuple[str, str, str]]:
        """The names, operators and values of the marker."""
        return [
            (each["name"] or each["name2"], each["operator"] or each["operator2"], value)
            for each in _COMPARISON.finditer(self.marker)
            if (value := each["value"] if each["value"] is not None else each["value2"]) is not None
        ]


def faults(metadata: CoreMetadata) -> Iterator[Fault]:
    """Yield the faults of all requirements in the metadata, in order."""
    yield from _judge_python(metadata)
    lines = list(_read(metadata))
    extras = {normalize(each.strip()) for each in metadata.all("Provides-Extra")}
    for line in lines:
        yield from _judge_marker(line, extras)
        yield from _judge_name(line, metadata)
        if line.name == normalize((metadata.name or "").strip()):
            yield from _judge_own(line, metadata, extras)
        elif _excludes_all([line.made.specifier]):
            yield Fault(
                line.field,
                f"{line.text} excludes every version, so {_outcome(line)}",
                "correct the versions",
                f"none {line.name}",
                _severity(line),
            )
    yield from _judge_pairs(lines)


def _judge_python(metadata: CoreMetadata) -> Iterator[Fault]:
    field = next((each for each in sound_fields(metadata) if each.key == "requires-python"), None)
    pythons = read_requires_python(field.value) if field else None
    if field is not None and pythons is not None and _excludes_all([pythons.specifiers]):
        yield Fault(
            field,
            f"Requires-Python {quoted(field.value)} excludes every Python, so no installer can install the "
            "release",
            "correct the versions",
            "python",
            Severity.ERROR,
        )


def _read(metadata: CoreMetadata) -> Iterator[_Line]:
    """Yield the valid requirements; MD104 and MD111 report the others."""
    from packaging.requirements import InvalidRequirement, Requirement

    fields = [each for each in sound_fields(metadata) if each.key == "requires-dist"]
    for field in fields[:_MOST]:
        if len(field.value) > _LONGEST:
            continue
        try:
            made = Requirement(field.value)
        except (InvalidRequirement, ValueError, RecursionError):  # deep markers exceed the stack
            continue
        if made.url is None:
            yield _Line(field, made)


def _outcome(line: _Line) -> str:
    if line.extra == "":
        return "no installer can install the release"
    if line.extra:
        return f"no installer can install the extra {quoted(line.extra)}"
    return "no installer can install the release where the marker applies"


def _severity(line: _Line) -> Severity:
    return Severity.ERROR if line.extra == "" else Severity.WARNING


def _judge_marker(line: _Line, extras: set[str]) -> Iterator[Fault]:
    for name, operator, value in line.comparisons:
        if name == "extra":
            if operator == "==" and normalize(value) not in extras:
                yield Fault(
                    line.field,
                    f"{line.text} belongs to the extra {quoted(value)}, which no Provides-Extra declares, so "
                    "no installer installs the dependency",
                    "declare the extra, or correct its name",
                    f"extra {normalize(value)}",
                )
            continue
        found = _judge_comparison(name, operator, value)
        if found is not None:
            yield Fault(
                line.field,
                f"{quoted(f'{name} {operator} {value!r}')} in the marker of {line.text} {found[0]}",
                f"write {name if found[1] else 'python_full_version'} {operator} {quoted(found[1] or value)}",
                f"marker {name} {value}",
            )


def _judge_comparison(name: str, operator: str, value: str) -> tuple[str, str | None] | None:
    """Return the fault of a comparison and the value to write, None if it has no fault.

    The value is None if it is right, but for ``python_full_version``.
    """
    never = "never" if operator == "==" else "always"
    if operator in ("==", "!="):
        right = _right_value(name, value)
        if right is not None:
            return f"is {never} true, because the variable has the value {quoted(right)}", right
        if name == "python_version" and _MINOR.fullmatch(value):
            return f"is {never} true, because the variable has no patch release", None
    elif (
        name in ("python_version", "python_full_version")
        and operator in ("<", "<=", ">", ">=")
        and parse_version(value) is None
    ):
        return "compares with text that is not a version, so installers compare letters", value.strip(". ")
    return None


def _right_value(name: str, value: str) -> str | None:
    """Return the value that was probably meant, None if the value can occur or is unknown."""
    known = _VALUES.get(name, {})
    if value in known:
        return None
    return next((right for right, words in known.items() if value.casefold() in words), None)


def _judge_name(line: _Line, metadata: CoreMetadata) -> Iterator[Fault]:
    name = line.name
    if name in _NEVER_PROJECTS:
        yield Fault(
            line.field,
            f"Requires-Dist names {quoted(line.made.name)}, {_NEVER_PROJECTS[name]}; PyPI has no such "
            f"project, so {_outcome(line)}",
            "remove the dependency",
            f"name {name}",
        )
        return
    module = _BACKPORTS.get(name, line.made.name)
    requires = metadata.first("Requires-Python") or ""
    if line.made.marker or name in _NEWER or not (name in _BACKPORTS or name in reserved_names()):
        return
    if not _is_in_every_library(module, requires):
        return
    if name in existing_projects() or name in _BACKPORTS:
        yield Fault(
            line.field,
            f"Requires-Dist names {quoted(line.made.name)}, a project for older Pythons; every Python that "
            f"Requires-Python allows has the module {quoted(module)} in its standard library",
            "remove the dependency",
            f"name {name}",
        )
    else:
        yield Fault(
            line.field,
            f"Requires-Dist names the module {quoted(module)} of the standard library; PyPI has no project "
            "of this name, so pip cannot install the release",
            "remove the dependency",
            f"name {name}",
        )


def _is_in_every_library(module: str, requires_python: str) -> bool:
    """Return whether every Python that Requires-Python allows, and that is known, has a module."""
    required = read_requires_python(requires_python)
    newest = latest()
    # 3.6 is the oldest Python of which the data knows the library.
    minors = [minor for minor in range(6, newest[1] + 1) if required is None or required.allows(3, minor)]
    is_old = required is None or any(required.allows(*each) for each in ((2, 7), (3, 4), (3, 5)))
    return bool(minors) and not is_old and all(has(module, (3, minor)) for minor in minors)


def _judge_own(line: _Line, metadata: CoreMetadata, extras: set[str]) -> Iterator[Fault]:
    version = parse_version(metadata.version or "")
    if version is not None and not line.made.specifier.contains(version, prereleases=True):
        yield Fault(
            line.field,
            f"{line.text} requires another version of the project itself, so {_outcome(line)}",
            "remove the dependency, or its version",
            "own",
            _severity(line),
        )
        return
    for extra in sorted(line.made.extras):
        if normalize(extra) not in extras:
            yield Fault(
                line.field,
                f"{line.text} requires the extra {quoted(extra)} of the project "
                "itself, which no Provides-Extra declares, so no installer installs anything for it",
                "declare the extra, or correct its name",
                f"extra {normalize(extra)}",
            )
    if not line.marker and not line.made.extras:
        yield Fault(
            line.field,
            f"{line.text} names the project itself",
            "remove the dependency",
            "own",
            Severity.INFO,
        )


def _judge_pairs(lines: list[_Line]) -> Iterator[Fault]:
    """Yield a fault for requirements of one project that exclude each other wherever they apply together."""
    always: dict[str, list[_Line]] = {}
    by_marker: dict[tuple[str, str], list[_Line]] = {}
    for line in lines:
        if not _excludes_all([line.made.specifier]):
            if line.marker:
                by_marker.setdefault((line.name, line.marker), []).append(line)
            else:
                always.setdefault(line.name, []).append(line)
    groups = [*always.values()]
    for (name, _), found in by_marker.items():
        if len(found) > 1 or (found[0].extra and name in always):
            groups.append([*always.get(name, ()), *found])
    for group in groups:
        if len(group) > 1 and _excludes_all(each.made.specifier for each in group):
            first, last = group[0], group[-1]
            yield Fault(
                last.field,
                f"{first.text} and {quoted(last.field.value)} exclude each other, so {_outcome(last)}",
                "correct the versions",
                f"pair {last.name} {last.marker}",
                _severity(last),
            )


def _excludes_all(sets: Iterable[SpecifierSet]) -> bool:
    """Return whether no version is in all sets, judged by the versions at their bounds and beside them.

    Every range between two bounds begins at a bound or beside it, except the range before all of them.
    """
    specifiers = [each for every in sets for each in every]
    if len(specifiers) < 2 or any(each.operator == "===" for each in specifiers):
        return False
    bounds = [each for spec in specifiers if (each := parse_version(spec.version.removesuffix(".*")))]
    if len(bounds) != len(specifiers):
        return False
    tried = {"0", "0.dev0"}
    for bound in bounds:
        tried |= {str(bound), *_beside(bound)}
    return not any(all(each.contains(version, prereleases=True) for each in specifiers) for version in tried)


def _beside(bound: Version) -> Iterator[str]:
    """Yield versions right before and after a bound, before any other bound that people write."""
    release = (f"{bound.epoch}!" if bound.epoch else "") + ".".join(map(str, bound.release))
    yield from (release, f"{release}.dev0", f"{release}.0.0.1")
    if bound.dev is None and bound.post is None:
        yield f"{bound.public}.dev0"
    # The first version that `!=1.4.*` allows again is 1.5, and the one between two post-releases is a third.
    yield re.sub(r"[0-9]+$", lambda last: str(int(last[0]) + 1), bound.public)
