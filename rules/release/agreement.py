"""Compare what the distributions of one version require."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packaging.utils import canonicalize_version

from pkgaudit.api import CoreMetadata, Distribution, Release, Sdist, normalize
from pkgaudit.rules._shared.fields import declared_version, is_at_least
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.requires_python import read_requires_python

PROJECTS, PYTHON = "Requires-Dist", "Requires-Python"
"""The fields that resolvers read from one distribution of a version, and take as true for all."""

_PROMISE = "2.2"
"""The metadata version from which the fields that an sdist does not list in Dynamic are those of its wheels.

https://packaging.python.org/en/latest/specifications/core-metadata/#dynamic-multiple-use
"""

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,200})")
"""The name of a project at the start of a requirement."""


class Difference(NamedTuple):
    """What two distributions of one version require differently.

    ``lone`` differs from most distributions, of which ``other`` is one, or from the one that requires more.
    For Requires-Dist, the values are normalized names of projects. Their versions and markers are not
    compared, because build backends write the same condition in several ways.
    """

    field: str
    lone: Distribution
    other: Distribution
    lacks: list[str]
    adds: list[str]


def disagreements(release: Release) -> Iterator[Difference]:
    """Yield a difference for each field, and each value that is not that of most distributions."""
    for distributions in _by_version(release.distributions):
        for field in (PROJECTS, PYTHON):
            yield from _compare(field, distributions)


def _by_version(distributions: Iterable[Distribution]) -> Iterator[list[tuple[Distribution, CoreMetadata]]]:
    groups: dict[str, list[tuple[Distribution, CoreMetadata]]] = {}
    for each in distributions:
        version, metadata = parse_version(each.version), judged_metadata(each)
        if version is not None and metadata is not None:
            # Builds with different local versions are variants, which may need different projects.
            groups.setdefault(str(version), []).append((each, metadata))
    yield from groups.values()


def _compare(field: str, distributions: list[tuple[Distribution, CoreMetadata]]) -> Iterator[Difference]:
    found: dict[frozenset[str], list[Distribution]] = {}
    for distribution, metadata in distributions:
        if is_final(distribution, metadata, field):
            found.setdefault(_values(field, metadata), []).append(distribution)
    if len(found) < 2:
        return
    usual = max(found, key=lambda each: (len(found[each]), len(each)))
    for values, those in found.items():
        if values != usual:
            lacks, adds = sorted(usual - values), sorted(values - usual)
            yield Difference(field, those[0], found[usual][0], lacks, adds)


def is_final(distribution: Distribution, metadata: CoreMetadata, field: str) -> bool:
    """Return whether a field is the same in every build: a wheel's is, an sdist's only if it says so."""
    if not isinstance(distribution, Sdist):
        return True
    dynamic = {each.strip().lower() for each in metadata.all("Dynamic")}
    return is_at_least(declared_version(metadata), _PROMISE) and field.lower() not in dynamic


def _values(field: str, metadata: CoreMetadata) -> frozenset[str]:
    values = metadata.all(field)
    if field == PROJECTS:
        return frozenset(normalize(match[1]) for each in values if (match := _NAME.match(each)))
    required = read_requires_python(values[0]) if values else None
    if required is None:
        return frozenset()
    # 3.8 and 3.8.0 are one version, except after ~=.
    plain = (
        f"{each.operator}{canonicalize_version(each.version, strip_trailing_zero=each.operator != '~=')}"
        for each in required.specifiers
    )
    return frozenset({",".join(sorted(plain))})
