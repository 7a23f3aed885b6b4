"""MD201 to MD206: missing core metadata."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    Distribution,
    Files,
    Location,
    Problem,
    SetField,
    Severity,
    Summaries,
    Wheel,
    rule,
    summary,
)
from pkgaudit.rules._shared.lowest_python import require_python
from pkgaudit.rules._shared.metadata_problems import is_missing, judged_metadata
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.metadata.python3_only import Spoken, is_python3_only, spoken_in


def _missing(
    distribution: Distribution,
    fields: tuple[str, ...],
    message: str,
    fix: SetField,
    severity: Severity | None = None,
) -> Iterator[Problem]:
    """Yield a problem if none of the fields is set."""
    metadata = judged_metadata(distribution)
    if metadata and is_missing(distribution, metadata, *fields):
        # The first field is the one to set; each of the others would be enough.
        data = {"field": fields[0]}
        yield Problem(message, Location(metadata.path), fix, severity, key="missing", data=data)


@rule("MD201", "missing-summary", Severity.WARNING, since="0.1.0")
def missing_summary(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has no Summary.

    ## Why it matters
    PyPI shows the summary in search results and at the top of the project page, and `pip show` prints it.
    Without a summary, nobody who finds the project knows its purpose.

    ## How to fix it
    Describe the purpose of the project in one line:

        [project]
        description = "Reads and writes tide tables"

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#summary>
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/#description>
    """
    yield from _missing(
        distribution,
        ("Summary",),
        "the core metadata has no Summary, so search results show the project without a description",
        SetField("Summary", "describe the purpose of the project in one line"),
    )


@summary(files=Files((".py",), nested=False))
def spoken(file: BinaryFile) -> Spoken | None:
    """Return whether a module shows a sign of Python 3."""
    return spoken_in(file)


@rule("MD202", "missing-requires-python", Severity.WARNING, since="0.1.0")
def missing_requires_python(distribution: Distribution, modules: Summaries[Spoken]) -> Iterator[Problem]:
    """The metadata has no Requires-Python.

    If the tags of a wheel limit the Python versions instead, the field is reported at info level:
    `cp312-cp312` excludes other versions, and `py2.py3` promises that the wheel runs on all versions. That
    promise does not count if the classifiers only name Python 3, or the modules have f-strings, annotations
    or other syntax that Python 2 lacks: several build backends write the tag `py2.py3` just because
    Requires-Python is missing.

    ## Why it matters
    Installers choose the latest release that Requires-Python allows. Without the field, users of an old
    Python get the newest release, which does not run there, instead of the last one that did. You cannot add
    the field to a published release.

    ## How to fix it
    Set the lowest Python version that the project is tested with:

        [project]
        requires-python = ">=3.10"

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://packaging.python.org/en/latest/guides/dropping-older-python-versions/>
    """
    metadata = distribution.metadata
    if metadata is None or metadata.first("Requires-Python"):
        return  # MD104 reports a value that is not a specifier, such as UNKNOWN
    yield from _missing(
        distribution,
        ("Requires-Python",),
        "the core metadata has no Requires-Python, so installers offer the release to every Python version",
        require_python(metadata, "set the lowest Python version that is supported, such as '>=3.10'"),
        Severity.INFO if _tags_limit_pythons(distribution, metadata, modules) else None,
    )


def _tags_limit_pythons(
    distribution: Distribution, metadata: CoreMetadata, modules: Summaries[Spoken]
) -> bool:
    """Return whether the tags of a wheel name all Pythons, or exclude every Python that they do not name."""
    tags = wheel_tags(distribution) if isinstance(distribution, Wheel) else None
    if tags is None:
        return False
    if tags.pythons >= {"py2", "py3"}:
        return not is_python3_only(metadata, modules)
    is_bound = not tags.abis & {"none", "abi3", "abi3t"}
    return is_bound and all(each[:2] in ("cp", "pp") and each[3:4].isdigit() for each in tags.pythons)


@rule("MD203", "missing-project-urls", Severity.INFO, since="0.1.0")
def missing_project_urls(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has neither a Project-URL nor a Home-page.

    ## Why it matters
    Users look for the source, the documentation and the issue tracker, and PyPI shows the URLs of the
    metadata on the project page. PyPI also marks URLs of a trusted publisher's repository as verified, but
    only if the metadata contains them.

    ## How to fix it
    Set at least the URL of the repository. PyPI has icons for labels such as these:

        [project.urls]
        Source = "https://git.example.com/tides"
        Documentation = "https://tides.example.com/"
        Issues = "https://git.example.com/tides/issues"

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#project-url-multiple-use>
    - <https://packaging.python.org/en/latest/specifications/well-known-project-urls/>
    """
    yield from _missing(
        distribution,
        ("Project-URL", "Home-page"),
        "the core metadata has neither a Project-URL nor a Home-page",
        SetField("Project-URL", "set the URLs of the repository and of the documentation, if any"),
    )


@rule("MD204", "missing-author", Severity.INFO, pedantic=True, since="0.1.0")
def missing_author(distribution: Distribution) -> Iterator[Problem]:
    """The metadata names neither an author nor a maintainer.

    ## Why it matters
    The license covers somebody's work. Users want to know whose it is, and whom to contact if the project
    has no issue tracker.

    ## How to fix it
    Name a person or a team; the address is optional:

        [project]
        authors = [{ name = "The Tides developers" }]

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#author>
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#authors-maintainers>
    """
    yield from _missing(
        distribution,
        ("Author", "Author-email", "Maintainer", "Maintainer-email"),
        "the core metadata names neither an author nor a maintainer",
        SetField("Author", "name a person or a team"),
    )


@rule("MD205", "missing-classifiers", Severity.INFO, pedantic=True, since="0.1.0")
def missing_classifiers(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has no classifiers.

    ## Why it matters
    Users can filter PyPI's search by classifier: Python versions, framework, topic. No installer reads
    classifiers, so they are optional.

    ## How to fix it
    Choose some from PyPI's list:

        [project]
        classifiers = ["Programming Language :: Python :: 3"]

    ## References
    - <https://pypi.org/classifiers/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#classifier-multiple-use>
    """
    yield from _missing(
        distribution,
        ("Classifier",),
        "the core metadata has no classifiers, so filters of PyPI's search skip the project",
        SetField("Classifier", "choose some from https://pypi.org/classifiers/"),
    )


@rule("MD206", "missing-keywords", Severity.INFO, pedantic=True, since="0.1.0")
def missing_keywords(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has no keywords.

    ## Why it matters
    PyPI's search also reads keywords, so users can find a project by words that its summary does not
    contain.

    ## How to fix it
    List the words that users may search for:

        [project]
        keywords = ["tides", "navigation"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#keywords>
    """
    yield from _missing(
        distribution,
        ("Keywords",),
        "the core metadata has no Keywords, which PyPI's search reads",
        SetField("Keywords", "list the words that users may search for"),
    )
