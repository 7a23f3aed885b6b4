"""Cases of DP103 and DP111: requirements, and the answers of an index about them."""

from __future__ import annotations

from fixtures.cases import bad, good
from fixtures.index_pages import OTHER, PYPI, page, release
from fixtures.samples import METADATA
from pkgaudit.model.index_answers import IndexAnswers, IndexPage

REQUIRES = f"{METADATA}:13"
"""The first requirement of a wheel without extras."""


def answers(*requirements: str, index: str = PYPI, **pages: IndexPage | None) -> IndexAnswers:
    """Return the answers about a wheel with these requirements; ``_`` in a name stands for a hyphen."""
    named = {name.replace("_", "-"): each for name, each in pages.items()}
    return IndexAnswers(index, [release(*requirements)], named)


# DP103


@bad("DP103", at=REQUIRES, says="names a project that PyPI does not have, so no installer can install")
def missing() -> IndexAnswers:
    return answers("acme-tides>=1", acme_tides=None)


@bad("DP103", at=REQUIRES, says="where the marker applies")
def missing_on_one_system() -> IndexAnswers:
    return answers("acme-tides; sys_platform == 'win32'", acme_tides=None)


@bad("DP103", at=REQUIRES, severity="warning", says="http://localhost:3141/root/simple does not have")
def missing_from_another_index() -> IndexAnswers:
    return answers("acme-tides", index=OTHER, acme_tides=None)


@bad("DP103", at=REQUIRES, says="has put in quarantine ('malware')")
def quarantined() -> IndexAnswers:
    return answers("acme-tides", acme_tides=page(status="quarantined", reason="malware"))


@bad("DP103", at=REQUIRES, says="allows only 2 versions that PyPI has yanked")
def only_yanked_versions() -> IndexAnswers:
    return answers("acme-tides<2", acme_tides=page("acme-tides", "1.0!", "1.5!", "2.0"))


@bad("DP103", at=REQUIRES, severity="warning", says="which installers still take")
def pin_on_a_yanked_version() -> IndexAnswers:
    return answers("acme-tides==1.0", acme_tides=page("acme-tides", "1.0!", "2.0"))


@bad("DP103", at=REQUIRES, says="allows no version that PyPI has")
def no_such_version() -> IndexAnswers:
    return answers("acme-tides>=3", acme_tides=page("acme-tides", "1.0", "2.0"))


@bad("DP103", at=REQUIRES, says="allows no version that PyPI has")
def too_old_in_the_same_upload() -> IndexAnswers:
    made = answers("acme-tides>=3", acme_tides=None)
    made.releases.append(release(name="acme-tides", version="2.0"))
    return made


@good("DP103")
def available() -> IndexAnswers:
    """Only a pre-release, one of several files yanked, an unread page, an extra, and a dead marker."""
    return answers(
        "acme-tides>=1",
        "acme-moon",
        "acme-sun",
        "acme-sky; extra == 'x'",
        "acme-old; python_version < '3.9'",
        acme_tides=page("acme-tides", "1.0!", "2.0rc1"),
        acme_moon=page("acme-moon", "1.0!", "1.0"),
        acme_sky=None,
        acme_old=None,
    )


@good("DP103")
def released_together() -> IndexAnswers:
    made = answers("acme-tides==2.0", "Sample[x]", acme_tides=None, sample=None)
    made.releases.append(release(name="acme-tides", version="2.0"))
    return made


@good("DP103")
def files_with_old_names() -> IndexAnswers:
    """The versions of old sdists contain hyphens, and the files of some belong to any version."""
    old = page("acme-tides", "1.0-1", kind=".tar.gz")
    return answers("acme-tides>=1.0.post1", "acme-sea>1", acme_tides=old, acme_sea=page("other", "1.0"))


# DP111


@bad("DP111", at=REQUIRES, says="names a project that its maintainers have archived")
def archived() -> IndexAnswers:
    return answers("acme-tides", acme_tides=page("acme-tides", "1.0", status="archived"))


@bad("DP111", at=REQUIRES, says="have deprecated ('use acme-moon')")
def deprecated() -> IndexAnswers:
    old = page("acme-tides", "1.0", status="deprecated", reason="use acme-moon")
    return answers("acme-tides", acme_tides=old)


@good("DP111")
def archived_project_in_an_extra() -> IndexAnswers:
    old = page("acme-tides", "1.0", status="archived")
    return answers("acme-tides; extra == 'x'", "acme-sea", acme_tides=old, acme_sea=page("acme-sea", "1.0"))
