"""Detect dependencies in Requires-Dist that installers cannot fulfill, or never install."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pkgaudit.api import CoreMetadata, HeaderField, Severity, normalize, quoted
from pkgaudit.rules._shared.fields import sound_fields
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.requirements import Line, excludes_all, read_lines
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules.data.loader import existing_projects, reserved_names

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


class Fault(NamedTuple):
    """A fault of a requirement, as a sentence and a remedy; ``key`` tells two faults of one project apart."""

    field: HeaderField
    message: str
    remedy: str
    key: str
    severity: Severity = Severity.WARNING


def faults(metadata: CoreMetadata) -> Iterator[Fault]:
    """Yield the faults of all requirements in the metadata, in order."""
    yield from _judge_python(metadata)
    extras = {normalize(each.strip()) for each in metadata.all("Provides-Extra")}
    for line in read_lines(metadata):
        yield from _judge_marker(line, extras)
        yield from _judge_name(line)
        if line.is_own:
            yield from _judge_own_extras(line, extras)


def _judge_python(metadata: CoreMetadata) -> Iterator[Fault]:
    field = next((each for each in sound_fields(metadata) if each.key == "requires-python"), None)
    pythons = read_requires_python(field.value) if field else None
    if field is not None and pythons is not None and excludes_all([pythons.specifiers]):
        yield Fault(
            field,
            f"Requires-Python {quoted(field.value)} excludes every Python, so no installer can install the "
            "release",
            "correct the versions",
            "python",
            Severity.ERROR,
        )


def _judge_marker(line: Line, extras: set[str]) -> Iterator[Fault]:
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


def _judge_name(line: Line) -> Iterator[Fault]:
    if line.name == "python":
        yield Fault(
            line.field,
            f"Requires-Dist names {quoted(line.made.name)}, the interpreter, which Requires-Python declares; "
            f"PyPI has no such project, so {line.outcome}",
            "remove the dependency",
            f"name {line.name}",
        )
    elif not line.marker and line.name in reserved_names() - existing_projects():
        yield Fault(
            line.field,
            f"Requires-Dist names the module {quoted(line.made.name)} of the standard library; PyPI has no "
            "project of this name, so pip cannot install the release",
            "remove the dependency, or require a backport for the Pythons without the module",
            f"name {line.name}",
        )


def _judge_own_extras(line: Line, extras: set[str]) -> Iterator[Fault]:
    for extra in sorted(line.made.extras):
        if normalize(extra) not in extras:
            yield Fault(
                line.field,
                f"{line.text} requires the extra {quoted(extra)} of the project "
                "itself, which no Provides-Extra declares, so no installer installs anything for it",
                "declare the extra, or correct its name",
                f"extra {normalize(extra)}",
            )
