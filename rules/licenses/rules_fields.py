"""LC101 to LC103: the license fields of the core metadata."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    CoreMetadata,
    Distribution,
    EntryType,
    HeaderField,
    Location,
    Problem,
    Sdist,
    SetField,
    Severity,
    Wheel,
    quoted,
    rule,
)
from pkgaudit.rules._shared.fields import (
    at,
    at_most,
    data_of,
    declared_version,
    is_at_least,
    is_set,
    metadata_of,
    set_field,
    values_of,
)
from pkgaudit.rules._shared.index_words import REFUSED
from pkgaudit.rules._shared.record import read_record
from pkgaudit.rules._shared.settings import table_of
from pkgaudit.rules._shared.strict_metadata import invalid


@rule("LC101", "missing-license-file", Severity.ERROR, index=True, since="0.1.0")
def missing_license_file(distribution: Distribution) -> Iterator[Problem]:
    """A license file that the metadata names is missing from the archive.

    This is a warning if the metadata version is below 2.4, which does not have the field: build
    backends wrote it anyway, and uploaders drop it.

    ## Why it matters
    Most licenses require that every copy includes their text. PyPI looks for each `License-File` in
    the `licenses/` folder of a wheel's dist-info folder, and in the root folder of an sdist, and
    rejects the distribution if one is missing.

    ## How to fix it
    List the files in `license-files` of the `[project]` table of pyproject.toml, and let the build
    backend pack them. If they are generated, or are in a parent folder, create or copy them in the
    project's folder before the build. If the wheel's RECORD lists the file, it was removed after the
    build.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-file>
    - <https://peps.python.org/pep-0639/>
    """
    metadata = metadata_of(distribution)
    if metadata and distribution.is_readable:
        yield from at_most(_missing_license_files(distribution, metadata), metadata.path)


def _missing_license_files(distribution: Distribution, metadata: CoreMetadata) -> Iterator[Problem]:
    is_new = is_at_least(declared_version(metadata), "2.4")
    # In a zip the name of a folder ends in a slash; in a tar it looks like that of a file.
    names = {
        each.path
        for each in distribution.entries
        if isinstance(distribution, Sdist) or each.type is not EntryType.DIRECTORY
    }
    for field in metadata.fields:
        if field.key != "license-file" or not field.is_utf8 or not is_set(field.value):
            continue
        if invalid("license-file", field.value):
            continue  # MD104 reports it
        wanted = _license_path(distribution, field)
        if wanted is None or wanted in names:
            continue
        if is_new:
            was_there = _is_recorded(distribution, wanted)
            lost = ", which RECORD lists, so it was removed after the build" if was_there else ""
            yield Problem(
                f"License-File {quoted(field.value)} is missing from the archive: PyPI expects "
                f"{quoted(wanted)}{lost}; {REFUSED}",
                at(metadata, field),
                "rebuild the wheel, and do not remove files from it afterwards"
                if was_there
                else set_field(field, "name a file that exists when the distribution is built"),
                key=field.value,
                data=data_of(field) | {"path": wanted},
            )
        elif not _is_anywhere(distribution, field.value):
            yield Problem(
                f"License-File {quoted(field.value)} is missing from the archive",
                at(metadata, field),
                set_field(field, "name a file that exists when the distribution is built"),
                Severity.WARNING,
                field.value,
                data=data_of(field),
            )


def _license_path(distribution: Distribution, field: HeaderField) -> str | None:
    """Return the path that metadata 2.4 requires for a license file, None if it cannot be determined."""
    if isinstance(distribution, Wheel) and distribution.dist_info:
        return f"{distribution.dist_info}/licenses/{field.value}"
    if isinstance(distribution, Sdist) and distribution.root:
        return f"{distribution.root}/{field.value}"
    return None


def _is_recorded(distribution: Distribution, path: str) -> bool:
    """Return whether RECORD lists a file, so the built wheel contained it."""
    if not isinstance(distribution, Wheel):
        return False
    record = distribution.record_path
    if record is None or record in distribution.unread:
        return False
    return any(row.path == path for row in read_record(distribution.kept[record]).rows)


def _is_anywhere(distribution: Distribution, path: str) -> bool:
    name = path.rpartition("/")[2]
    return any(each.rpartition("/")[2] == name for each in distribution.files)


@rule("LC102", "conflicting-license-fields", Severity.ERROR, index=True, since="0.1.0")
def conflicting_license_fields(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has both License and License-Expression.

    ## Why it matters
    License-Expression replaces License, and the two may contradict each other. PyPI rejects a file
    that has both.

    ## How to fix it
    Set `license = "MIT"` (an SPDX expression) in the `[project]` table of pyproject.toml, and remove
    `license` from setup.py, setup.cfg or the backend's own table.

    ## References
    - <https://peps.python.org/pep-0639/#deprecate-license-field>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression>
    """
    metadata = metadata_of(distribution)
    if metadata is None:
        return
    expression = next(values_of(metadata, "license-expression"), None)
    text = next(values_of(metadata, "license"), None)
    if expression and text:
        yield Problem(
            f"both License {quoted(text.value)} and License-Expression {quoted(expression.value)} are set; "
            f"{REFUSED}",
            at(metadata, text),
            set_field(text, "keep the SPDX expression and remove the other field"),
            key="both",
            data={"licenses": [text.value, expression.value]},
        )


@rule("LC103", "missing-license", Severity.WARNING, since="0.1.0")
def missing_license(distribution: Distribution) -> Iterator[Problem]:
    """The metadata does not state the license of the project.

    It has no License-Expression, no License, no license classifier and no License-File.

    ## Why it matters
    Without a license, nobody may use, change or redistribute the code, and the tools of companies and
    Linux distributions exclude the project.

    ## How to fix it
    Create the file `LICENSE`, and set `license = "MIT"` (an SPDX expression) and
    `license-files = ["LICENSE"]` in the `[project]` table of pyproject.toml.

    ## References
    - <https://packaging.python.org/en/latest/guides/licensing-examples-and-user-scenarios/>
    - <https://peps.python.org/pep-0639/>
    """
    metadata = metadata_of(distribution)
    if metadata is None or metadata.stray_line:
        return
    stated = [
        *metadata.all("License-Expression"),
        *metadata.all("License-File"),
        *metadata.all("License"),
        *(each for each in metadata.all("Classifier") if each.startswith("License ::")),
    ]
    if not any(is_set(each) for each in stated):
        # Only the table [project] has license-files, without which uv_build packs no license file.
        has_key = not isinstance(distribution, Sdist) or bool(table_of(distribution, "project"))
        named = ", name it in `license-files`," if has_key else ","
        yield Problem(
            "the core metadata does not state a license: it has no License-Expression, License, License-File "
            "or license classifier",
            Location(metadata.path),
            SetField(
                "License-Expression",
                f"put the license into a file LICENSE{named} and state it as an SPDX expression such as MIT",
            ),
        )
