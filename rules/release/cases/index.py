"""Cases of RL120 to RL122: a release, and what an index already has."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from fixtures.cases import bad, good
from fixtures.index_pages import OTHER, PYPI, page, release
from pkgaudit.model.index_answers import IndexAnswers, IndexPage

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)

YESTERDAY = NOW - timedelta(days=1)

LONG_AGO = NOW - timedelta(days=15)


def answers(found: IndexPage | None, index: str = PYPI) -> IndexAnswers:
    """Return the answer about the project of a wheel and an sdist."""
    return IndexAnswers(index, [release()], {"sample": found}, now=NOW)


def sdist(sha256: str = "1" * 64, uploaded: datetime = YESTERDAY) -> IndexPage:
    """Return a page with an sdist of this version."""
    return page("sample", "1.0", kind=".tar.gz", sha256=sha256, uploaded=uploaded)


def both(found: IndexPage) -> IndexPage:
    """Return a page that has the wheel too."""
    return IndexPage((*found.files, *page("sample", "1.0", uploaded=YESTERDAY).files))


OTHER_CONTENT = IndexPage((*page("sample", "1.0", sha256="2" * 64).files, *sdist("2" * 64).files))

ATTESTED = page("sample", "0.9", "1.1", has_provenance=True)


# RL120


@bad("RL120", at=["", ""], says="'sample-1.0-py3-none-any.whl' with other content")
def other_content() -> IndexAnswers:
    return answers(OTHER_CONTENT)


@bad("RL120", at=["", ""], severity="warning", says="http://localhost:3141/root/simple already has")
def other_content_on_another_index() -> IndexAnswers:
    return answers(OTHER_CONTENT, OTHER)


@bad("RL120", at=["", ""], severity="warning", says="with a hash that is not known")
def unknown_content() -> IndexAnswers:
    wheel = page("sample", "1.0", sha256="")
    return answers(IndexPage((*wheel.files, *sdist("").files)))


@bad("RL120", at=["", ""], severity="warning", says="with other content")
def built_only_to_be_audited() -> IndexAnswers:
    made = answers(OTHER_CONTENT)
    for each in made.releases[0].distributions:
        each.was_built = True
    return made


@bad("RL120", at=["", ""], severity="warning", says="'1.0' is on PyPI since 2026-11-15; PyPI accepts no more")
def closed_release() -> IndexAnswers:
    return answers(page("sample", "1.0", kind="-cp314-cp314-win_amd64.whl", uploaded=LONG_AGO))


@bad("RL120", at=["", ""], severity="info", says="with the same content")
def interrupted_upload() -> IndexAnswers:
    return answers(both(sdist()))


@bad("RL120", at=["", ""], severity="info", says="already has 1 other file of version '1.0'")
def recent_release() -> IndexAnswers:
    return answers(page("sample", "1.0", kind="-cp314-cp314-win_amd64.whl", uploaded=YESTERDAY))


@good("RL120")
def new_version() -> IndexAnswers:
    return answers(page("sample", "0.9", "1.0rc1", "1.0.post1", uploaded=LONG_AGO))


@good("RL120", "RL121", "RL122")
def new_project() -> IndexAnswers:
    return answers(None)


# RL121


@bad("RL121", says="version '0.9' has attestations on PyPI, and no file of this release has one")
def without_attestations() -> IndexAnswers:
    return answers(ATTESTED)


@good("RL121")
def with_attestations() -> IndexAnswers:
    made = answers(ATTESTED)
    made.attested = frozenset({made.files[0]})
    return made


@good("RL121")
def attestations_of_the_upload() -> IndexAnswers:
    made = answers(ATTESTED)
    made.attests_later = True
    return made


@good("RL121")
def never_had_attestations() -> IndexAnswers:
    """The version before has none, and an older one and a later one have."""
    old, last = page("sample", "0.8", "1.1", has_provenance=True), page("sample", "0.9")
    return answers(IndexPage((*old.files, *last.files)))


# RL122


@bad("RL122", says="'sample', which is in quarantine ('spam')")
def quarantined() -> IndexAnswers:
    return answers(page(status="quarantined", reason="spam"))


@bad("RL122", severity="warning", says="PyPI accepts no files for the project 'sample', which is archived")
def archived() -> IndexAnswers:
    return answers(page("sample", "0.9", status="archived"))


@good("RL122")
def deprecated() -> IndexAnswers:
    return answers(page("sample", "0.9", status="deprecated"))
