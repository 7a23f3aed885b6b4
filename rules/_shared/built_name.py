"""The original name of a distribution, derived from its content."""

from __future__ import annotations

import re
from math import prod

from pkgaudit.api import Distribution, Sdist, Wheel, make_distribution
from pkgaudit.rules._shared.filename import escaped, fault, parse_version, parts
from pkgaudit.rules._shared.wheel_tags import inner_tags

_PLAIN = re.compile(r"[A-Za-z0-9_.+!-]+")
"""A name that a shell reads without quotes, so a command may contain it."""


def built_stem(distribution: Distribution) -> str | None:
    """Return ``name-version`` as the root folder or the dist-info folder spells it.

    None if the folder contradicts the core metadata, or cannot be part of a filename.
    """
    metadata = distribution.metadata
    if metadata is None or not metadata.name or not metadata.version:
        return None
    version = parse_version(metadata.version)
    if isinstance(distribution, Wheel):
        folder = distribution.dist_info or ""
        stem = folder[: -len(".dist-info")]
        name, _, spelt = stem.partition("-")
        agrees = name == escaped(metadata.name) and version is not None and parse_version(spelt) == version
    else:
        stem = (distribution.root if isinstance(distribution, Sdist) else None) or ""
        agrees = version is not None and stem == f"{escaped(metadata.name)}-{version}"
    # Filenames have at most 255 bytes, suffix included; no build can have written a longer one.
    return stem if agrees and len(stem) < 250 and _PLAIN.fullmatch(stem) else None


def built_tags(wheel: Wheel) -> str | None:
    """Return the tags of WHEEL, compressed as ``wheel`` does, after the build number if WHEEL has one."""
    inside = inner_tags(wheel)
    parts = [tag.split("-") for tag in inside.tags] if inside else []
    if inside is None or not parts or any(len(each) != 3 for each in parts):
        return None
    sets = [sorted({each[place] for each in parts}) for place in range(3)]
    if prod(map(len, sets)) != len(parts):
        return None  # no filename can express exactly these tags
    return "-".join([*([inside.build] if inside.build else []), *map(".".join, sets)])


def built_name(distribution: Distribution) -> str | None:
    """Return the original filename, None if the content does not determine a valid one."""
    stem = built_stem(distribution)
    if stem is None:
        return None
    if isinstance(distribution, Wheel):
        tags = built_tags(distribution)
        if tags is None:
            return None
        filename = f"{stem}-{tags}.whl"
    else:
        filename = f"{stem}.tar.gz"
    made = make_distribution(filename)
    return filename if made is not None and _PLAIN.fullmatch(filename) and fault(made) is None else None


def is_renamed(distribution: Distribution) -> bool:
    """Return whether the filename spells the name or the version differently from the content."""
    stem = built_stem(distribution)
    return stem is not None and stem != "-".join(distribution.filename_project)


def is_refused_for_its_name(distribution: Distribution) -> bool:
    """Return whether a file was renamed, and FN102 or FN103 reports it as an error."""
    found, metadata = parts(distribution), distribution.metadata
    if found is None or metadata is None or not is_renamed(distribution):
        return False
    if not isinstance(distribution, Wheel):
        return True
    spells_project = found.name == escaped(metadata.name or "")
    return not spells_project or parse_version(found.version) != parse_version(metadata.version or "")
