"""RM101 to RM104: the readme as PyPI will render it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from pkgaudit.api import Distribution, Location, Problem, SetField, Severity, quoted, rule
from pkgaudit.readme.markup import Markup
from pkgaudit.readme.rst import MAX_LENGTH, NOTHING_LEFT, ONLY_TITLES, rendering_faults, why_not_rendered
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
    markup_of,
    readme_of,
)
from pkgaudit.rules.readme.signs import signs_of

SET_TYPE = "set text/markdown, text/x-rst or text/plain; build backends derive it from the readme's extension"


@rule("RM101", "unrenderable-readme", Severity.ERROR, index=True, since="0.1.0")
def unrenderable_readme(distribution: Distribution) -> Iterator[Problem]:
    """PyPI cannot render the readme.

    Only reStructuredText can fail to render; PyPI treats a description without a content type as
    reStructuredText. The rule reports a warning if the text is too long or complex to be rendered here.

    ## Why it matters
    PyPI renders the description during the upload, stops at the first warning of docutils, and rejects the
    file. The usual causes are Sphinx directives, `include`, `raw`, and a title underline that is too short.
    PyPI also rejects a readme that has only titles or comments; a local `twine check` accepts titles with
    readme_renderer 46.0, but PyPI used 45.0 on 2026-08-21. The same applies to a description that has only
    blank lines and no content type. One additional blank line at the end of the metadata is enough.

    ## How to fix it
    Fix the readme at the line in the message; `twine check` reports the same fault. If the readme is
    Markdown, declare it: with `readme = "README.md"` in pyproject.toml, the extension sets the content type.
    If a setting names the type, such as `content-type` in `[project]` or `long_description_content_type` in
    setup.cfg and setup.py, write `text/markdown` there.

    ## References
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    if not metadata or not readme or markup_of(metadata) is not Markup.RST:
        return
    is_declared = any(is_set(value) for value in metadata.all("Description-Content-Type"))
    kind = "is declared as reStructuredText"
    if not is_declared:
        kind = "PyPI treats as reStructuredText because it has no content type"
    if not readme.text.strip():
        yield Problem(
            f"the description, which {kind}, contains only blank lines, so it renders to nothing; {REFUSED}",
            Location(metadata.path, readme.line),
            SetField(
                "Description", "set the readme, or remove the blank lines at the end of the metadata file"
            ),
            key="blank",
        )
        return
    faults = rendering_faults(readme.text)
    if faults is None:
        yield Problem(
            f"the description, which {kind}, could not be rendered here, so it is unknown whether PyPI "
            f"accepts it: {why_not_rendered(readme.text)}",
            Location(metadata.path, readme.line),
            SetField("Description", "shorten the readme, and check whether 'twine check' renders it"),
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
            others += " (it is in the header, and is uploaded with its indentation there)"
            fix = "build with a current release of the build backend, which writes it below the header"
        else:
            fix = f"fix line {line} of the readme" if line else "fix the readme"
        if message in (NOTHING_LEFT, ONLY_TITLES):
            fix = "write a paragraph below the title of the readme"
        is_mistyped = signs_of(readme.text).is_markdown
        is_type_wrong = not is_sound and (is_mistyped or not is_declared)
        if is_type_wrong:
            fix += ", or set the content type of the readme to text/markdown"
            fix += ", because the readme looks like Markdown" if is_mistyped else " if the readme is Markdown"
        # A message of docutils may quote the text; its beginning names the fault. The length is chosen.
        yield Problem(
            f"the description, which {kind}, does not render: {message[:200]}{others}; {REFUSED}",
            Location(metadata.path, place),
            SetField("Description-Content-Type" if is_type_wrong else "Description", fix),
            key=message[:200],
            data={"value": message, **({"line": line} if line else {}), "lines": [place, *more]},
        )


@rule("RM102", "invalid-content-type", Severity.ERROR, index=True, since="0.1.0")
def invalid_content_type(distribution: Distribution) -> Iterator[Problem]:
    """PyPI does not accept the Description-Content-Type.

    ## Why it matters
    PyPI accepts `text/markdown`, `text/x-rst` and `text/plain`, the charset `UTF-8` in exactly this
    spelling, and for Markdown the variants `GFM` and `CommonMark`. PyPI rejects a file with any other
    value, and uploaders do not send it.

    ## How to fix it
    Let the build backend set it: `readme = "README.md"` or `readme = "README.rst"` in pyproject.toml.
    In a table, set `content-type = "text/markdown"`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    for field in sound_fields(metadata) if metadata else ():
        if metadata and field.key == "description-content-type":
            fault = content_type_fault(field.value)
            if fault and not is_seen(metadata, field):
                fault = f"it is not a content type, so PyPI drops it; {UNSENT}", Severity.ERROR
            if fault:
                yield Problem(
                    f"Description-Content-Type {quoted(field.value)} is invalid: {fault[0]}",
                    at(metadata, field),
                    set_field(field, SET_TYPE),
                    fault[1],
                    field.value,
                    data=data_of(field),
                )


@rule("RM103", "missing-readme", Severity.WARNING, since="0.1.0")
def missing_readme(distribution: Distribution) -> Iterator[Problem]:
    """The project has no long description.

    ## Why it matters
    The long description is the content of the project page on PyPI. Without it, the page says that the
    author has not provided a description, and nobody learns the purpose of the project.

    ## How to fix it
    Set `readme = "README.md"` in the `[project]` table of pyproject.toml, and include the file in the
    sdist. The templates of uv and Poetry set an empty file: describe the project in it.

    ## References
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#readme>
    - <https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/>
    """
    metadata = metadata_of(distribution)
    if metadata is None:
        return
    readme = readme_of(metadata)
    text = readme.text if readme else metadata.lenient.description
    rejected = readme and not readme.text.strip() and markup_of(metadata) is Markup.RST  # which RM101 reports
    if (not text or not text.strip() or not is_set(text)) and not rejected:
        named = empty_readme(distribution)
        # Backends write a content type if a readme is set; all except hatchling do so even if it is empty.
        is_named = named is not None or content_type_field(metadata) is not None
        fault = "the readme is empty" if is_named else "the core metadata has no description"
        yield Problem(
            f"{fault}, so the project page on PyPI stays empty",
            Location(metadata.path),
            f"describe the project and its usage in {quoted(named) if named else 'the readme'}"
            if is_named
            else SetField("Description", "set the readme, and check that it is not empty"),
            key="description",
        )


@rule("RM104", "missing-content-type", Severity.WARNING, since="0.1.0")
def missing_content_type(distribution: Distribution) -> Iterator[Problem]:
    """The project has a long description, but no content type for it.

    If PyPI rejects the file for this reason, RM101 reports it instead. A text without signs of Markdown,
    which therefore renders correctly, is reported at info level, with `--pedantic` or if the rule is selected
    by name.

    ## Why it matters
    PyPI treats the text as reStructuredText. It then rejects Markdown, or displays it with its raw markup.

    ## How to fix it
    Set `readme = "README.md"` in the `[project]` table of pyproject.toml: the extension sets the content
    type. In setup.cfg or setup.py, set `long_description_content_type`.
    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type>
    """
    metadata = metadata_of(distribution)
    readme = readme_of(metadata) if metadata else None
    if not metadata or metadata.stray_line or not readme or not readme.text.strip():
        return
    field = content_type_field(metadata)
    if field is not None or rendering_faults(readme.text):
        return  # RM102 or RM101 reports it
    is_mistyped = signs_of(readme.text).is_markdown
    yield Problem(
        "the core metadata has no Description-Content-Type, so PyPI treats the description as "
        "reStructuredText" + (", but it looks like Markdown" if is_mistyped else ""),
        Location(metadata.path),
        SetField("Description-Content-Type", SET_TYPE),
        None if is_mistyped else Severity.INFO,
        "content type",
        pedantic=not is_mistyped,
    )
