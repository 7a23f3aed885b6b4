"""Helpers of the rules over core metadata: the conditions in which they are silent, and a remedy."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import CoreMetadata, Distribution, HeaderField, Sdist
from pkgaudit.rules._shared.fields import is_set, metadata_of

REBUILD = "rebuild the distribution with a current build backend, and do not edit the file"


def judged_metadata(distribution: Distribution) -> CoreMetadata | None:
    """Return the core metadata, None if it is not whole: other rules report missing basic fields."""
    metadata = metadata_of(distribution)
    if metadata is None or metadata.stray_line:
        return None
    if metadata.path in distribution.unread:
        return None
    basics = (metadata.first("Metadata-Version"), metadata.name, metadata.version)
    return metadata if all(basics) else None


def set_fields(metadata: CoreMetadata, *names: str) -> Iterator[HeaderField]:
    """Yield the header fields with these names that have a value; for none setuptools wrote ``UNKNOWN``."""
    keys = {name.lower() for name in names}
    for field in metadata.fields:
        if field.key in keys and field.is_utf8 and is_set(field.value.strip()):
            yield field


def is_missing(distribution: Distribution, metadata: CoreMetadata, *names: str) -> bool:
    """Return whether none of the fields has a value or will get one.

    The build of a wheel sets the fields that the sdist lists in Dynamic (PEP 643). A field that is not UTF-8
    counts as set.
    """
    keys = {name.lower() for name in names}
    if any(field.key in keys and is_set(field.value.strip()) for field in metadata.fields):
        return False
    dynamic = {each.lower() for each in metadata.all("Dynamic")} if isinstance(distribution, Sdist) else ()
    return not any(name.lower() in dynamic for name in names)
