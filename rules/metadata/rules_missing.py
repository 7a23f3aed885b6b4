"""MD201 to MD206: core metadata that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    Distribution,
    Location,
    Problem,
    SetField,
    Severity,
    Summaries,
    Wheel,
    rule,
    summary,
)
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
    """Yield the problem that none of the fields is set."""
    metadata = judged_metadata(distribution)
    if metadata and is_missing(distribution, metadata, *fields):
        # The first is the one to set, the others would do too.
        data = {"field": fields[0]}
        yield Problem(message, Location(metadata.path), fix, severity, key="missing", data=data)


@rule("MD201", "missing-summary", Severity.WARNING, since="0.1.0")
def missing_summary(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has no Summary.

    ## Why it matters
    The summary is the one line that PyPI shows in search results and at the head of the project's
    page, and the one that `pip show` prints. Without it nobody who finds the project knows what it is for.

    ## How to fix it
    Say in one line what the project is for:

        [project]
        description = "Reads and writes tide tables"

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#summary>
    - <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/#description>
    """
    yield from _missing(
        distribution,
        ("Summary",),
        "the core metadata has no Summary: search results show the project without a word of what it is",
        SetField("Summary", "say in one line what the project is for"),
    )


@summary
def spoken(file: BinaryFile) -> Spoken | None:
    """Return whether a module shows a sign of Python 3."""
    return spoken_in(file)


@rule("MD202", "missing-requires-python", Severity.WARNING, since="0.1.0")
def missing_requires_python(distribution: Distribution, modules: Summaries[Spoken]) -> Iterator[Problem]:
    """The metadata has no Requires-Python.

    A wheel whose tags say it instead is an info: `cp312-cp312` keeps it from other versions, and
    `py2.py3` promises that it runs on all. That promise does not count where the classifiers name Python 3
    alone, or the modules have f-strings, annotations or other syntax that Python 2 lacks: several build
    backends write the tag `py2.py3` just because Requires-Python is missing.

    ## Why it matters
    Installers choose the latest release that Requires-Python lets them. Without it a user of an old
    Python gets the newest release, which does not run there, instead of the last one that did. It cannot be
    added to a release that is out.

    ## How to fix it
    Name the lowest version of Python that the project is tested with:

        [project]
        requires-python = ">=3.10"

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://packaging.python.org/en/latest/guides/dropping-older-python-versions/>
    """
    metadata = distribution.metadata
    if metadata is None or metadata.first("Requires-Python"):
        return  # what is not a specifier, as UNKNOWN, MD104 tells
    yield from _missing(
        distribution,
        ("Requires-Python",),
        "the core metadata has no Requires-Python: installers offer the release to every version of Python",
        SetField("Requires-Python", "name the lowest version of Python that is supported, as '>=3.10'"),
        Severity.INFO if _tags_tell(distribution, metadata, modules) else None,
    )


def _tags_tell(distribution: Distribution, metadata: CoreMetadata, modules: Summaries[Spoken]) -> bool:
    """Return whether the tags of a wheel name all Pythons, or let no later one install it than they name."""
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
    Users look for the source, the documentation and the place to report a fault, and PyPI shows on the
    project's page what the metadata names. PyPI marks URLs of the repository that a trusted publisher
    uploads from as verified, for which they have to be there.

    ## How to fix it
    Name at least the repository; for labels as these PyPI has icons:

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
        SetField("Project-URL", "name the repository, and the documentation if there is any"),
    )


@rule("MD204", "missing-author", Severity.INFO, pedantic=True, since="0.1.0")
def missing_author(distribution: Distribution) -> Iterator[Problem]:
    """The metadata names neither an author nor a maintainer.

    ## Why it matters
    The license is that of somebody's work. Users of the project want to know whose, and whom to write to
    where no tracker is named.

    ## How to fix it
    Name a person or a team; the address may be left out:

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
    The filters of PyPI's search go by classifiers: which Pythons, which framework, which topic. No
    installer looks at them, so that a project can do without.

    ## How to fix it
    Choose some of PyPI's list:

        [project]
        classifiers = ["Programming Language :: Python :: 3"]

    ## References
    - <https://pypi.org/classifiers/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#classifier-multiple-use>
    """
    yield from _missing(
        distribution,
        ("Classifier",),
        "the core metadata has no classifiers, by which PyPI's search filters",
        SetField("Classifier", "choose some of https://pypi.org/classifiers/"),
    )


@rule("MD206", "missing-keywords", Severity.INFO, pedantic=True, since="0.1.0")
def missing_keywords(distribution: Distribution) -> Iterator[Problem]:
    """The metadata has no keywords.

    ## Why it matters
    The search of PyPI looks at keywords too, so that a project is found by words that its summary
    does not have.

    ## How to fix it
    Name what people may look for:

        [project]
        keywords = ["tides", "navigation"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#keywords>
    """
    yield from _missing(
        distribution,
        ("Keywords",),
        "the core metadata has no Keywords, in which PyPI's search looks",
        SetField("Keywords", "name what people may look for"),
    )
