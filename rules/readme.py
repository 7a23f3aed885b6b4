"""RM: the readme as the index will render it."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Distribution, Location, Problem, Severity, quoted, rule
from pkgaudit.rules._metadata_fields import at, is_set, metadata_of, sound_fields
from pkgaudit.rules._readme import (
    MAX_LENGTH,
    content_type_fault,
    content_type_field,
    is_restructuredtext,
    readme_of,
    rendering_faults,
)


@rule("RM101", "unrenderable-readme", Severity.ERROR, index=True)
def unrenderable_readme(distribution: Distribution) -> Iterator[Problem]:
    """The readme cannot be rendered as the index does it.

    Only reStructuredText can fail, and a description without a content type is taken as such.

    ## Why it matters
    PyPI renders the description while it takes the upload, stops at the first warning of docutils,
    and refuses the file. Directives of Sphinx, `include`, `raw` and a title underlined too short are
    the usual causes. A description of blank lines alone, without a content type, is refused too.

    ## How to fix it
    Mend the readme at the line given; `twine check` shows the same fault. If it is Markdown, say so:
    `readme = "README.md"` in pyproject.toml sets the content type by the file's extension.

    ## References
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    if not metadata or not readme or not is_restructuredtext(metadata):
        return
    declared = any(is_set(value) for value in metadata.all("Description-Content-Type"))
    taken = "declared as" if declared else "without a content type, hence taken as"
    if not readme.text.strip():
        yield Problem(
            f"the description has nothing but blank lines and is {taken} reStructuredText, "
            "of which nothing is left when rendered; the index refuses it",
            Location(metadata.path, readme.line),
            "set `project.readme` in pyproject.toml, or leave out the blank lines after the header",
            key="blank",
        )
        return
    faults = rendering_faults(readme.text)
    if faults is None:
        how = "it is too long" if len(readme.text) > MAX_LENGTH else "the renderer failed"
        yield Problem(
            f"the description could not be rendered by this audit: {how}",
            Location(metadata.path, readme.line),
            severity=Severity.INFO,
            key="not rendered",
        )
    elif faults:
        line, message = faults[0]
        more = sorted({readme.line + each - 1 for each, _ in faults[1:] if each} - {readme.line + line - 1})
        others = f" (more at line{'s' * (len(more) > 1)} {', '.join(map(str, more))})" if more else ""
        folded = ""
        if any(field.key == "description" for field in metadata.fields):
            folded = "; it stands in the header, and is sent with the indentation that it has there"
        yield Problem(
            f"the description is {taken} reStructuredText and does not render: "
            f"{message[:200]}{others}{folded}; the index refuses it",
            Location(metadata.path, readme.line + max(line, 1) - 1),
            f"mend line {max(line, 1)} of the readme, or set its content type if it is not reStructuredText",
            key=message[:200],
        )


@rule("RM102", "invalid-content-type", Severity.ERROR, index=True)
def invalid_content_type(distribution: Distribution) -> Iterator[Problem]:
    """Description-Content-Type is not one that the index takes.

    ## Why it matters
    PyPI takes `text/markdown`, `text/x-rst` and `text/plain`, the charset `UTF-8` in just this
    spelling, and for Markdown the variants `GFM` and `CommonMark`. It refuses a file with anything
    else, as uploaders do before sending it.

    ## How to fix it
    Let the build backend set it: `readme = "README.md"` or `readme = "README.rst"` in pyproject.toml.
    With a table, `content-type = "text/markdown"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    for field in sound_fields(metadata) if metadata else ():
        if metadata and field.key == "description-content-type" and is_set(field.value):
            fault = content_type_fault(field.value)
            if fault:
                refused = "; the index refuses it" if fault[1] is Severity.ERROR else ""
                yield Problem(
                    f"Description-Content-Type is {quoted(field.value)}: {fault[0]}{refused}",
                    at(metadata, field),
                    "set `project.readme` in pyproject.toml to the file, whose extension tells the type",
                    fault[1],
                    field.value,
                )


@rule("RM103", "missing-readme", Severity.WARNING)
def missing_readme(distribution: Distribution) -> Iterator[Problem]:
    """There is no long description.

    ## Why it matters
    The project's page on the index is made of it. Without one it says that the author has not
    provided a description, and nobody learns what the project is for.

    ## How to fix it
    Set `readme = "README.md"` in the `[project]` table of pyproject.toml, and pack the file into
    the sdist.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#readme>
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    """
    metadata = metadata_of(distribution)
    if metadata is None:
        return
    readme = readme_of(metadata)
    text = readme.text if readme else metadata.lenient.description
    refused = readme and not readme.text.strip() and is_restructuredtext(metadata)  # which RM101 reports
    if (not text or not text.strip() or not is_set(text)) and not refused:
        yield Problem(
            "the core metadata has no description, so the project's page on the index stays empty",
            Location(metadata.path),
            'set `readme = "README.md"` in the `[project]` table of pyproject.toml',
        )


@rule("RM104", "missing-content-type", Severity.WARNING)
def missing_content_type(distribution: Distribution) -> Iterator[Problem]:
    """There is a long description and nothing says what markup it is in.

    ## Why it matters
    The index takes it as reStructuredText. Markdown then either is refused or shows with its
    markup in plain sight.

    ## How to fix it
    Set `readme = "README.md"` in the `[project]` table of pyproject.toml: the extension tells the
    type. In a setup.cfg or setup.py it is `long_description_content_type`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    if not metadata or metadata.stray_line or not readme or not readme.text.strip():
        return
    field = content_type_field(metadata)
    if field is None:
        said = "there is no Description-Content-Type"
    elif not is_set(field.value):
        said = f"Description-Content-Type is {quoted(field.value)}, which the index drops and twine refuses"
    else:
        return
    yield Problem(
        f"{said}: the index takes the description as reStructuredText",
        at(metadata, field) if field else Location(metadata.path),
        "set `project.readme` in pyproject.toml to the file, whose extension tells the type",
        key="content type",
    )
