"""The fields of core metadata, and helpers of the rules over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from pkgaudit.api import CoreMetadata, Distribution, HeaderField, Location, Problem, SetField
from pkgaudit.late import dataclass

MOST = 50
"""How many problems of a rule are reported one by one. Chosen: a file with more is broken as a whole."""


@dataclass(frozen=True)
class Field:
    """A field of core metadata.

    ``raw`` is its key in ``packaging``, ``since`` the metadata version that added it, ``repeats``
    whether it may occur more than once.
    """

    name: str
    raw: str
    since: str = "1.0"
    repeats: bool = False


_ALL = (
    Field("Metadata-Version", "metadata_version"),
    Field("Name", "name"),
    Field("Version", "version"),
    Field("Platform", "platforms", repeats=True),
    Field("Summary", "summary"),
    Field("Description", "description"),
    Field("Keywords", "keywords"),
    Field("Home-page", "home_page"),
    Field("Author", "author"),
    Field("Author-email", "author_email"),
    Field("License", "license"),
    Field("Supported-Platform", "supported_platforms", "1.1", repeats=True),
    Field("Download-URL", "download_url", "1.1"),
    Field("Classifier", "classifiers", "1.1", repeats=True),
    Field("Requires", "requires", "1.1", repeats=True),
    Field("Provides", "provides", "1.1", repeats=True),
    Field("Obsoletes", "obsoletes", "1.1", repeats=True),
    Field("Maintainer", "maintainer", "1.2"),
    Field("Maintainer-email", "maintainer_email", "1.2"),
    Field("Requires-Dist", "requires_dist", "1.2", repeats=True),
    Field("Provides-Dist", "provides_dist", "1.2", repeats=True),
    Field("Obsoletes-Dist", "obsoletes_dist", "1.2", repeats=True),
    Field("Requires-Python", "requires_python", "1.2"),
    Field("Requires-External", "requires_external", "1.2", repeats=True),
    Field("Project-URL", "project_urls", "1.2", repeats=True),
    Field("Description-Content-Type", "description_content_type", "2.1"),
    Field("Provides-Extra", "provides_extra", "2.1", repeats=True),
    Field("Dynamic", "dynamic", "2.2", repeats=True),
    Field("License-Expression", "license_expression", "2.4"),
    Field("License-File", "license_files", "2.4", repeats=True),
    Field("Import-Name", "import_names", "2.5", repeats=True),
    Field("Import-Namespace", "import_namespaces", "2.5", repeats=True),
)

FIELDS = {field.name.lower(): field for field in _ALL}
"""The fields by lower-case name (https://packaging.python.org/specifications/core-metadata/)."""


def set_field(
    field: HeaderField, first: str, right: Iterable[str] | None = None, *, is_guess: bool = False
) -> SetField:
    """Return the remedy to change a known field where it is set.

    ``right`` are the values to set instead, None if the user has to decide; see `SetField`.
    """
    values = None if right is None else tuple(right)
    return SetField(FIELDS[field.key].name, first, field.value, right=values, is_guess=is_guess)


def at_most(problems: Iterable[Problem], path: str) -> Iterator[Problem]:
    """Yield up to `MOST` problems, and one more that stands for the rest."""
    problems = iter(problems)
    yield from islice(problems, MOST)
    if next(problems, None):
        message = f"the core metadata has more than {MOST} problems of this kind; the others are not listed"
        yield Problem(message, Location(path), data={"limit": MOST})


def metadata_of(distribution: Distribution) -> CoreMetadata | None:
    """Return the core metadata, None if it is missing or cannot be read; MD102 reports the latter."""
    metadata = distribution.metadata
    if metadata is None or metadata.has_bom or metadata.is_cut or not metadata.fields:
        return None
    return metadata


def is_set(value: str) -> bool:
    """Return whether PyPI keeps a value: it drops ``UNKNOWN`` and empty values."""
    return bool(value) and value.strip() != "UNKNOWN"


def declared_version(metadata: CoreMetadata) -> str:
    """Return the Metadata-Version, 1.0 if it is missing."""
    return metadata.first("Metadata-Version") or "1.0"


@lru_cache(maxsize=128)
def is_at_least(version: str, since: str) -> bool:
    """Return whether a metadata version is ``since`` or later; one that is not a number counts as later."""
    try:
        return _numbers(version) >= _numbers(since)
    except ValueError:
        return True


def _numbers(version: str) -> tuple[int, ...]:
    # int() takes quadratic time on long numbers; a metadata version has three or four characters.
    return tuple(int(part) for part in version[:20].split("."))


def is_sent(field: HeaderField, version: str) -> bool:
    """Return whether an uploader sends the field.

    Build backends wrote License-File before metadata version 2.4 added it; uploaders drop such a field.
    """
    return field.key != "license-file" or is_at_least(version, "2.4")


def sound_fields(metadata: CoreMetadata) -> Iterator[HeaderField]:
    """Yield the header fields whose values can be checked.

    Other rules report the fields left out: those that are unknown, not UTF-8 or repeated although
    they may occur only once (MD102), and those newer than the declared version (MD103).
    """
    version = declared_version(metadata)
    counts = Counter(field.key for field in metadata.fields)
    for field in metadata.fields:
        known = FIELDS.get(field.key)
        if (
            known
            and field.is_utf8
            and (known.repeats or counts[field.key] == 1)
            and is_at_least(version, known.since)
        ):
            yield field


def is_seen(metadata: CoreMetadata, field: HeaderField) -> bool:
    """Return whether PyPI keeps a field.

    PyPI drops ``UNKNOWN``, and an empty value unless the field has another value that PyPI keeps.
    Uploaders send a Project-URL as a label, a comma and a URL, which is neither.
    """
    if field.value or field.key == "project-url":
        return is_set(field.value) or field.key == "project-url"
    values = (each.value for each in metadata.fields if each.key == field.key)
    return len(list(islice((value for value in values if is_set(value) or not value), 2))) > 1


def values_of(metadata: CoreMetadata, *keys: str) -> Iterator[HeaderField]:
    """Yield the sound fields with these lower-case names that PyPI keeps."""
    for field in sound_fields(metadata):
        if field.key in keys and is_seen(metadata, field):
            yield field


def at(metadata: CoreMetadata, field: HeaderField) -> Location:
    """Return the location of a header field."""
    return Location(metadata.path, field.line)


def data_of(field: HeaderField) -> dict[str, str | int]:
    """Return the data of a problem with a field: its name, in the specification's spelling, and its value."""
    known = FIELDS.get(field.key)
    return {"field": known.name if known else field.name, "value": field.value}
