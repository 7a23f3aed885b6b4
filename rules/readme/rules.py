"""RM101 to RM104: the readme as PyPI will render it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from pkgaudit.api import Distribution, Location, Problem, SetField, Severity, quoted, rule
from pkgaudit.rules._shared.fields import (
    at,
    data_of,
    is_seen,
    is_set,
    metadata_of,
    set_field,
    sound_fields,
)
from pkgaudit.rules._shared.index_words import (
    REFUSED,
    UNSENT,
)
from pkgaudit.rules.readme.rendered import (
    content_type_fault,
    content_type_field,
    empty_readme,
    is_restructuredtext,
    looks_like_markdown,
    readme_of,
)
from pkgaudit.rules.readme.rst import MAX_LENGTH, rendering_faults, why_not_rendered

SAY_TYPE = "say text/markdown, text/x-rst or text/plain, which build backends tell by the readme's extension"


@rule("RM101", "unrenderable-readme", Severity.ERROR, index=True, since="0.1.0")
def unrenderable_readme(distribution: Distribution) -> Iterator[Problem]:
    """The readme cannot be rendered as PyPI does it.

    Only reStructuredText can fail, and a description without a content type is taken as such. A warning
    where it is so long or so tangled that it was not rendered here.

    ## Why it matters
    PyPI renders the description while it takes the upload, stops at the first warning of docutils,
    and refuses the file. Directives of Sphinx, `include`, `raw` and a title underlined too short are
    the usual causes. A description of blank lines alone, without a content type, is refused too: it
    takes no more than one blank line too many at the end of the metadata.

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
    is_declared = any(is_set(value) for value in metadata.all("Description-Content-Type"))
    taken = "is declared as" if is_declared else "has no content type, so that PyPI takes it as"
    if not readme.text.strip():
        yield Problem(
            f"the description {taken} reStructuredText, and is nothing but blank lines, of which nothing is "
            f"left when rendered: the file ends in a blank line too many; {REFUSED}",
            Location(metadata.path, readme.line),
            SetField(
                "Description", "name the readme, or see that nothing follows the blank line below the header"
            ),
            key="blank",
        )
        return
    faults = rendering_faults(readme.text)
    if faults is None:
        yield Problem(
            f"the description {taken} reStructuredText and was not rendered by this audit, which cannot tell "
            f"whether PyPI takes it: {why_not_rendered(readme.text)}",
            Location(metadata.path, readme.line),
            SetField("Description", "shorten it, and see whether 'twine check' renders it"),
            Severity.WARNING,
            "not rendered",
            data={"size": len(readme.text), "limit": MAX_LENGTH},
        )
    elif faults:
        line, message = faults[0]
        place = readme.line_of(line)
        more = sorted({readme.line_of(each) for each, _ in faults[1:] if each} - {place})
        others = f" (more at line{'s' * (len(more) > 1)} {', '.join(map(str, more))})" if more else ""
        is_in_header = any(field.key == "description" for field in metadata.fields)
        is_sound = is_in_header and not rendering_faults(inspect.cleandoc(readme.text))
        if is_sound:
            others += " (it stands in the header, and is sent with the indentation that it has there)"
            mend = "build with a current release of the build backend, which writes it below the header"
        else:
            mend = f"mend line {line} of the readme" if line else "mend the readme"
        if not is_declared and not is_sound:
            kind = ", which it looks like" if looks_like_markdown(readme.text) else " if it is Markdown"
            mend += f", or say the content type text/markdown{kind}"
        # A message of docutils may quote the text; what comes first tells the fault. The length is chosen.
        yield Problem(
            f"the description {taken} reStructuredText, and does not render: {message[:200]}{others}; "
            f"{REFUSED}",
            Location(metadata.path, place),
            SetField("Description" if is_declared else "Description-Content-Type", mend),
            key=message[:200],
            data={"value": message, **({"line": line} if line else {}), "lines": [place, *more]},
        )


@rule("RM102", "invalid-content-type", Severity.ERROR, index=True, since="0.1.0")
def invalid_content_type(distribution: Distribution) -> Iterator[Problem]:
    """Description-Content-Type is not one that PyPI takes.

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
        if metadata and field.key == "description-content-type":
            fault = content_type_fault(field.value)
            if fault and not is_seen(metadata, field):
                fault = f"it is no content type, and PyPI drops it; {UNSENT}", Severity.ERROR
            if fault:
                yield Problem(
                    f"Description-Content-Type is {quoted(field.value)}: {fault[0]}",
                    at(metadata, field),
                    set_field(field, SAY_TYPE),
                    fault[1],
                    field.value,
                    data=data_of(field),
                )


@rule("RM103", "missing-readme", Severity.WARNING, since="0.1.0")
def missing_readme(distribution: Distribution) -> Iterator[Problem]:
    """There is no long description.

    ## Why it matters
    The project's page on PyPI is made of it. Without one it says that the author has not
    provided a description, and nobody learns what the project is for.

    ## How to fix it
    Set `readme = "README.md"` in the `[project]` table of pyproject.toml, and pack the file into
    the sdist. The templates of uv and Poetry name a file that is empty: write into it what the project does.

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
        named = empty_readme(distribution)
        # Backends write a content type if a readme is named, all but hatchling even if that is empty.
        is_named = named is not None or content_type_field(metadata) is not None
        what = "the readme is empty" if is_named else "the core metadata has no description"
        yield Problem(
            f"{what}, so the project's page on PyPI stays empty",
            Location(metadata.path),
            f"write into {quoted(named) if named else 'the readme'} what the project does and how it is used"
            if is_named
            else SetField("Description", "name the readme, and check that it is not empty"),
            key="description",
        )


@rule("RM104", "missing-content-type", Severity.WARNING, since="0.1.0")
def missing_content_type(distribution: Distribution) -> Iterator[Problem]:
    """There is a long description and nothing says what markup it is in.

    Where PyPI refuses it for that reason, RM101 says so instead. A text that shows no sign of Markdown, and
    hence is shown as it is meant, is an info, which `--pedantic` or the rule's name selects.

    ## Why it matters
    PyPI takes it as reStructuredText. Markdown then either is refused or shows with its
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
    if field is not None or rendering_faults(readme.text):
        return  # RM102, or RM101, tells of it
    is_markdown = looks_like_markdown(readme.text)
    yield Problem(
        "there is no Description-Content-Type: PyPI takes the description as reStructuredText"
        + (", and it looks like Markdown" if is_markdown else ""),
        Location(metadata.path),
        SetField("Description-Content-Type", SAY_TYPE),
        None if is_markdown else Severity.INFO,
        "content type",
        pedantic=not is_markdown,
    )
