"""The environments in which markers are evaluated: systems, machines, interpreters and Pythons that exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from pkgaudit.rules._shared.library import latest
from pkgaudit.rules._shared.requires_python import read_requires_python

if TYPE_CHECKING:
    from packaging.markers import Marker

_SYSTEMS = (
    ("linux", "Linux", "posix", ("x86_64", "aarch64")),
    ("darwin", "Darwin", "posix", ("arm64", "x86_64")),
    ("win32", "Windows", "nt", ("AMD64", "ARM64")),
    ("emscripten", "Emscripten", "posix", ("wasm32",)),
)
"""Systems as ``sys_platform``, ``platform_system`` and ``os_name`` with their machines, all from Python's
documentation of ``sys.platform`` and ``platform.uname``."""

_INTERPRETERS = (("cpython", "CPython"), ("pypy", "PyPy"))
"""Interpreters as ``implementation_name`` and ``platform_python_implementation``."""

_OLD = ((2, 7), (3, 4), (3, 5), (3, 6), (3, 7), (3, 8))
"""Pythons that count only if Requires-Python allows them."""

_FIRST = 9
"""The minor version of the oldest Python that counts without Requires-Python. Chosen: older ones are rare."""

_PATCHES = (0, 40)
"""The patch releases that a marker is tried with: the first, and one after the last."""

_EXTRA = re.compile(r'\bextra == "([^"]{1,100})"|"([^"]{1,100})" == extra\b')

_MOST_EXTRAS = 10
"""The most extras of a marker that are tried. Chosen: real markers name one or two; it bounds the time."""

LONGEST = 200
"""The most characters of a marker that is evaluated. Chosen: most real ones are shorter."""

_MOST = 250
"""The most environments in which markers are evaluated. Chosen: more than real markers need; with `LONGEST`,
it bounds the time on hostile metadata."""


class Where(NamedTuple):
    """A limit on environments; an empty set does not limit them.

    ``systems`` are values of ``sys_platform``, and ``interpreters`` values of ``implementation_name``.
    """

    pythons: frozenset[tuple[int, int]] = frozenset()
    systems: frozenset[str] = frozenset()
    interpreters: frozenset[str] = frozenset()


ANYWHERE = Where()
"""All environments."""


@lru_cache(maxsize=64)
def allowed_pythons(requires_python: str) -> tuple[tuple[int, int], ...]:
    """Return the known minor versions that a Requires-Python allows; without it, those since 3.9."""
    required = read_requires_python(requires_python)
    recent = [(3, minor) for minor in range(_FIRST, latest()[1] + 1)]
    if required is None:
        return tuple(recent)
    return tuple(each for each in (*_OLD, *recent) if required.allows(*each))


@lru_cache(maxsize=256)
def can_hold(requires_python: str, *markers: str, python: tuple[int, int] | None = None) -> bool:
    """Return whether all markers are true in some environment with an allowed Python, or with ``python``.

    Markers that are empty are true, and those that are too long are false. The environment has one extra, or
    none.
    """
    given = [each for each in markers if each]
    if any(len(each) > LONGEST for each in given):
        return False
    where = Where(frozenset({python})) if python else ANYWHERE
    return not given or any(all(each) for each in truths(requires_python, given, where))


def truths(requires_python: str, markers: Collection[str], where: Where = ANYWHERE) -> Iterator[list[bool]]:
    """Yield whether each marker is true, for every environment with an allowed Python.

    Markers that are empty are true; none may be longer than `LONGEST`.
    """
    for environment in islice(_environments(requires_python, " ".join(markers), where), _MOST):
        yield [not each or _is_true(each, environment) for each in markers]


# The requirements of a release have few markers, which are compared with each other.
@lru_cache(maxsize=2048)
def _is_true(marker: str, environment: tuple[tuple[str, str], ...]) -> bool:
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    try:
        return _made(marker).evaluate(dict(environment))
    except (UndefinedComparison, UndefinedEnvironmentName):  # no installer can evaluate such a marker
        return False


@lru_cache(maxsize=64)
def _made(marker: str) -> Marker:
    from packaging.markers import Marker

    return Marker(marker)


def _environments(requires_python: str, text: str, where: Where) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield environments that differ in the variables that occur in the text of markers."""
    pythons = tuple(sorted(where.pythons)) or allowed_pythons(requires_python) or (latest(),)
    systems = [each for each in _SYSTEMS if not where.systems or each[0] in where.systems]
    has_machine, has_patch = "platform_machine" in text, "python_full" in text
    places = [
        (*names, machine)
        for *names, machines in (systems if "platform" in text or "os_name" in text else systems[:1])
        for machine in machines[: None if has_machine else 1]
    ]
    interpreters = [
        each for each in _INTERPRETERS if not where.interpreters or each[0] in where.interpreters
    ][: None if "implementation" in text else 1]
    patches = _PATCHES if has_patch else _PATCHES[:1]
    extras = ["", *(one or other for one, other in _EXTRA.findall(text)[:_MOST_EXTRAS])]
    for system, interpreter, version, patch, extra in product(
        places, interpreters, pythons if "python" in text else pythons[:1], patches, extras
    ):
        full = f"{version[0]}.{version[1]}.{patch}"
        yield (
            ("sys_platform", system[0]),
            ("platform_system", system[1]),
            ("os_name", system[2]),
            ("platform_machine", system[3]),
            ("platform_release", ""),
            ("platform_version", ""),
            ("implementation_name", interpreter[0]),
            ("platform_python_implementation", interpreter[1]),
            ("implementation_version", full),
            ("python_version", f"{version[0]}.{version[1]}"),
            ("python_full_version", full),
            ("extra", extra),
        )
