"""Cases of DP104: dependencies with known vulnerabilities, by the data in ``fixtures/vulndb.json``."""

from __future__ import annotations

from fixtures.builders import Built, Sdist, Wheel
from fixtures.cases import Successive, bad, good
from fixtures.samples import METADATA, PKG_INFO, requiring, wheel_of
from pkgaudit.rules.dependencies.cases.names import REQUIRES

DATA = {"vulndb": "vulndb.json"}


def ignoring(**options: object) -> dict[str, object]:
    return {**DATA, "known-vulnerable-minimum": options}


# DP104


@bad("DP104", at=REQUIRES, says="requires a version with known vulnerabilities: CVE-2100-1", config=DATA)
def pinned_to_an_affected_version() -> Built:
    return wheel_of(requiring("attrs==25.1"))


@bad("DP104", at=REQUIRES, says="allows only versions with known vulnerabilities: CVE-2100-2", config=DATA)
def limit_below_the_fix() -> Built:
    return wheel_of(requiring("numpy<1.26"))


@bad("DP104", at=REQUIRES, says="CVE-2100-2, CVE-2100-3", config=DATA)
def series_with_two_vulnerabilities() -> Built:
    return wheel_of(requiring("numpy>=2.1,<2.1.3"))


@bad("DP104", at=REQUIRES, says="PYSEC-2100-5", config=DATA)
def limit_at_the_last_affected_version() -> Built:
    return wheel_of(requiring("Jinja2>=3,<=3.1.4"))


def since(requirement: str, *before: str) -> Successive:
    """Return the wheel of 1.1 with a requirement, and that of 1.0 with those before."""
    new = Wheel(version="1.1", metadata=requiring(requirement)).build()
    return Successive([new], [wheel_of(requiring(*before))])


NEW_REQUIRES = "sample-1.1.dist-info/METADATA:13"


@bad("DP104", at=NEW_REQUIRES, also=("RL112",), config=DATA, says="the dependency is new since version '1.0'")
def pinned_first_in_this_release() -> Successive:
    return since("attrs==25.1", "numpy")


@bad("DP104", at=NEW_REQUIRES, config=DATA, says="CVE-2100-1; version '1.0' allowed other versions of it")
def pinned_to_other_versions_than_before() -> Successive:
    return since("attrs==25.1", "attrs>=25.3")


@bad("DP104", at=NEW_REQUIRES, config=DATA, says="known vulnerabilities: CVE-2100-1")
def pinned_as_before() -> Successive:
    return since("attrs==25.1", "Attrs ==25.1")


@bad("DP104", at=f"{METADATA}:14", severity="info", config=DATA)
def pinned_in_an_extra() -> Built:
    return wheel_of(requiring("attrs==25.1; extra == 'old'", extras=("old",)))


@bad("DP104", at=REQUIRES, severity="info", config=DATA)
def pinned_without_a_fix() -> Built:
    return wheel_of(requiring("rich==13.7"))


@bad("DP104", at=REQUIRES, severity="error", says="names a project that is malware", config=DATA)
def project_that_is_malware() -> Built:
    return wheel_of(requiring("evil-attrs"))


@bad("DP104", at=REQUIRES, severity="error", says="requires a version that is malware", config=DATA)
def pinned_to_malware() -> Built:
    return wheel_of(requiring("tqdm==4.66.7"))


@bad("DP104", at=REQUIRES, severity="info", says="allows 2.1, which has", config={**DATA, "pedantic": True})
def affected_minimum() -> Built:
    return wheel_of(requiring("numpy>=2.1"))


@bad("DP104", at=f"{PKG_INFO}:13", config=DATA)
def sdist_without_a_wheel() -> Built:
    return Sdist(metadata=requiring("attrs==25.1")).build()


@bad(
    "DP104",
    severity="info",
    says="ignores 'CVE-1999-1'",
    config=ignoring(ignore=["cve-2100-1", "CVE-1999-1"]),
)
def entry_without_a_dependency() -> Built:
    return wheel_of(requiring("attrs==25.1"))


@bad("DP104", at=REQUIRES, config=ignoring(**{"ignore-until-fixed": ["PYSEC-2100-1"]}))
def ignored_although_a_fix_exists() -> Built:
    return wheel_of(requiring("attrs==25.1"))


@good("DP104", config=DATA)
def versions_with_a_fix() -> Built:
    """A backport, a gap between two ranges, no limit, no fix at all, and a marker that is never true."""
    return wheel_of(
        requiring(
            "numpy>=1.20,<2",
            "attrs>=24,<25",
            "Jinja2>=3",
            "rich>=13",
            "tqdm>=4.66",
            "attrs==25.1; python_version < '3.8'",
        )
    )


@good("DP104", config=ignoring(ignore=[{"id": "GHSA-AAAA-BBBB-CCCC", "reason": "not used"}]))
def ignored_by_an_alias() -> Built:
    return wheel_of(requiring("attrs==25.1"))


@good("DP104", config=ignoring(**{"ignore-until-fixed": [{"id": "CVE-2100-4", "reason": "no fix"}]}))
def ignored_until_there_is_a_fix() -> Built:
    return wheel_of(requiring("rich==13.7"))


@good("DP104")
def no_advisory_data() -> Built:
    return wheel_of(requiring("attrs==25.1"))
