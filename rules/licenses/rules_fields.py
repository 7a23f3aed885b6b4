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
from pkgaudit.rules._shared.strict_metadata import invalid


@rule("LC101", "missing-license-file", Severity.ERROR, index=True, since="0.1.0")
def missing_license_file(distribution: Distribution) -> Iterator[Problem]:
    """A license file that the metadata names is not in the archive.

    A warning where the metadata version is below 2.4: it had no such field, builders wrote it all the
    same, and uploaders drop it.

    ## Why it matters
    Most licenses ask that their text comes with every copy. PyPI looks for each `License-File` in
    the `licenses/` folder of a wheel's dist-info, and from the root folder of an sdist, and refuses
    the file where one is missing.

    ## How to fix it
    Name the files in `license-files` of the `[project]` table of pyproject.toml and let the build
    backend pack them. Where they are generated, or in a parent folder, see that they exist in the
    project's folder when it is built. If RECORD of the wheel lists the file, it was taken out afterwards.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-file>
    - <https://peps.python.org/pep-0639/>
    """
    metadata = metadata_of(distribution)
    if metadata and distribution.is_readable:
        yield from at_most(_missing_license_files(distribution, metadata), metadata.path)


def _missing_license_files(distribution: Distribution, metadata: CoreMetadata) -> Iterator[Problem]:
    is_new = is_at_least(declared_version(metadata), "2.4")
    # The name of a folder ends in a slash in a zip, and is no other than a file's in a tar.
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
            lost = ", and RECORD lists it: it was taken out after the build" if was_there else ""
            yield Problem(
                f"License-File {quoted(field.value)} is not in the archive, where PyPI looks for "
                f"{quoted(wanted)}{lost}; {REFUSED}",
                at(metadata, field),
                "build the wheel again, and take no file out of it afterwards"
                if was_there
                else set_field(field, "name a file that exists when the distribution is built"),
                key=field.value,
                data=data_of(field) | {"path": wanted},
            )
        elif not _is_anywhere(distribution, field.value):
            yield Problem(
                f"License-File {quoted(field.value)} is nowhere in the archive",
                at(metadata, field),
                set_field(field, "name a file that exists when the distribution is built"),
                Severity.WARNING,
                field.value,
                data=data_of(field),
            )


def _license_path(distribution: Distribution, field: HeaderField) -> str | None:
    """Return where a license file must be since metadata 2.4, None where that cannot be told."""
    if isinstance(distribution, Wheel) and distribution.dist_info:
        return f"{distribution.dist_info}/licenses/{field.value}"
    if isinstance(distribution, Sdist) and distribution.root:
        return f"{distribution.root}/{field.value}"
    return None


def _is_recorded(distribution: Distribution, path: str) -> bool:
    """Return whether RECORD lists a file, which therefore was in the wheel when it was built."""
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
    License-Expression replaces License; two statements of the license may differ. PyPI refuses a
    file that has both.

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
            f"License {quoted(text.value)} stands beside License-Expression {quoted(expression.value)}; "
            f"{REFUSED}",
            at(metadata, text),
            set_field(text, "keep the SPDX expression and remove the other statement"),
            key="both",
            data={"licenses": [text.value, expression.value]},
        )


@rule("LC103", "missing-license", Severity.WARNING, since="0.1.0")
def missing_license(distribution: Distribution) -> Iterator[Problem]:
    """Nothing in the metadata says under which license the project is.

    Neither License-Expression nor License, nor a license classifier, nor a License-File.

    ## Why it matters
    Without a license nobody is allowed to use, change or pass on the code, and companies' and
    distributions' tools leave the project out.

    ## How to fix it
    Set `license = "MIT"` (an SPDX expression) and `license-files = ["LICENSE"]` in the `[project]`
    table of pyproject.toml.

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
        yield Problem(
            "the core metadata names no licence: no License-Expression, License, License-File "
            "nor licence classifier",
            Location(metadata.path),
            SetField("License-Expression", "state the licence as an SPDX expression such as MIT"),
        )
