"""The name that a file had when it was built, as what is inside tells it."""

from __future__ import annotations

import re
from math import prod

from pkgaudit.api import Distribution, Sdist, Wheel, make_distribution
from pkgaudit.rules._shared.filename import escaped, fault, parse_version, parts
from pkgaudit.rules._shared.wheel_tags import inner_tags

_PLAIN = re.compile(r"[A-Za-z0-9_.+!-]+")
"""A name that may be shown in a command: no shell needs quotes for it."""


def built_stem(distribution: Distribution) -> str | None:
    """Return ``name-version`` as the root folder or the dist-info folder has it.

    None if that is not what the core metadata says, so that it tells nothing, or cannot be in a file name.
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
    # Names of files have 255 bytes at most, the suffix included; a longer one cannot have been built.
    return stem if agrees and len(stem) < 250 and _PLAIN.fullmatch(stem) else None


def built_tags(wheel: Wheel) -> str | None:
    """Return the tags, after the build number if there is one, as ``wheel`` compresses those of WHEEL."""
    inside = inner_tags(wheel)
    parts = [tag.split("-") for tag in inside.tags] if inside else []
    if inside is None or not parts or any(len(each) != 3 for each in parts):
        return None
    sets = [sorted({each[place] for each in parts}) for place in range(3)]
    if prod(map(len, sets)) != len(parts):
        return None  # no file name stands for just these
    return "-".join([*([inside.build] if inside.build else []), *map(".".join, sets)])


def built_name(distribution: Distribution) -> str | None:
    """Return the file name that the build gave, None if what is inside does not tell a valid one."""
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
    """Return whether the file name spells name or version in another way than all that is inside."""
    stem = built_stem(distribution)
    return stem is not None and stem != "-".join(distribution.filename_project)


def is_refused_for_its_name(distribution: Distribution) -> bool:
    """Return whether a file was renamed, and FN102 or FN103 tells so as an error."""
    found, metadata = parts(distribution), distribution.metadata
    if found is None or metadata is None or not is_renamed(distribution):
        return False
    if not isinstance(distribution, Wheel):
        return True
    spells_project = found.name == escaped(metadata.name or "")
    return not spells_project or parse_version(found.version) != parse_version(metadata.version or "")
