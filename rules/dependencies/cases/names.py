"""Cases of DP101, DP102 and DP107: the names of dependencies."""

from __future__ import annotations

from fixtures.builders import Built, Sdist
from fixtures.cases import bad, good
from fixtures.samples import METADATA, PKG_INFO, requiring, wheel_of

REQUIRES = f"{METADATA}:13"
"""The first requirement of a wheel without extras."""


# DP101


@bad("DP101", at=REQUIRES, says="a module of 'pyyaml'; PyPI has no project")
def module_that_is_not_a_project() -> Built:
    return wheel_of(requiring("yaml>=6"))


@bad("DP101", at=REQUIRES, says="a placeholder or an alias of 'scikit-learn'")
def placeholder() -> Built:
    return wheel_of(requiring("sklearn"))


@bad("DP101", at=REQUIRES, says="another project than 'python-docx'")
def project_of_others() -> Built:
    return wheel_of(requiring("docx"))


@bad("DP101", at=[REQUIRES, f"{METADATA}:14", f"{METADATA}:15", f"{METADATA}:16", f"{METADATA}:17"])
def names_that_are_one_step_away() -> Built:
    """A letter is left out, repeated, swapped or on the next key, and words are in another order."""
    return wheel_of(requiring("beautifulsop4", "requestss", "crpytography", "sqlalchemt", "dateutil-python"))


@bad("DP101", at=[REQUIRES, f"{METADATA}:14", f"{METADATA}:15", f"{METADATA}:16"])
def names_with_other_affixes() -> Built:
    return wheel_of(requiring("python-requests", "request", "py-pandas", "tensor-flow"))


@bad("DP101", at=f"{METADATA}:14", severity="info")
def mistyped_name_in_an_extra() -> Built:
    return wheel_of(requiring("Cyrptography; extra == 'tls'", extras=("tls",)))


@bad("DP101", at=f"{PKG_INFO}:13")
def module_in_an_sdist() -> Built:
    return Sdist(metadata=requiring("cv2")).build()


@good("DP101")
def names_that_only_look_odd() -> Built:
    """A private project, short names, a former name, and another project of the same authors."""
    return wheel_of(
        requiring("acme-tides-tables", "nunpy", "httpx2", "pytest-mocks-of-acme", "sample-request", "PyYAML")
    )


@good("DP101", config={"typosquat-suspect": {"allow": ["Docx"]}})
def allowed_name() -> Built:
    return wheel_of(requiring("docx"))


# DP102


@bad("DP102", at=REQUIRES, says="names the project itself")
def own_name() -> Built:
    return wheel_of(requiring("Sample"))


@bad("DP102", at=REQUIRES, says="requires another version of the project itself", severity="error")
def own_version_of_the_past() -> Built:
    return wheel_of(requiring("sample<1"))


@bad("DP102", at=f"{METADATA}:14", says="no installer can install the extra 'all'")
def own_version_of_the_past_in_an_extra() -> Built:
    return wheel_of(requiring("sample<1; extra == 'all'", extras=("all",)))


@good("DP102")
def own_extras() -> Built:
    """Extras are joined, and a marker is never true for the Pythons of the release."""
    return wheel_of(
        requiring(
            "sample[my.extra]; extra == 'all'",
            "sample[my-extra]",
            "sample; python_version < '3.9'",
            "torch; extra == 'my-extra'",
            extras=("my-extra", "all"),
        )
    )


# DP107

_INTERNAL = {"internal-name": {"names": ["acme-*", "Tides.Core"]}}


@bad("DP107", at=[REQUIRES, f"{METADATA}:14"], says="only on a private index", config=_INTERNAL)
def internal_dependencies() -> Built:
    return wheel_of(requiring("Acme_Tables>=2", "tides-core; python_version < '3.12'", "acme"))


@bad(
    "DP107",
    at=f"{METADATA}:2",
    says="reserved for a private index",
    config={"internal-name": {"names": ["s*"]}},
)
def internal_project() -> Built:
    return wheel_of(requiring("attrs"))


@good("DP107", config={**_INTERNAL, "profile": "private"})
def internal_dependency_on_a_private_index() -> Built:
    return wheel_of(requiring("acme-tables"))


@good("DP107")
def no_internal_names() -> Built:
    return wheel_of(requiring("acme-tables"))
