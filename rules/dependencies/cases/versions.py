"""Cases of DP106, DP108 and DP109: the versions of dependencies."""

from __future__ import annotations

from fixtures.builders import Built
from fixtures.cases import bad, good
from fixtures.samples import METADATA, requiring, wheel_of
from pkgaudit.rules.dependencies.cases.names import REQUIRES

# DP106


@bad("DP106", at=REQUIRES, says="no installer can install the release", severity="error")
def versions_that_exclude_each_other() -> Built:
    return wheel_of(requiring("attrs>=25,<24"))


@bad("DP106", at=REQUIRES, says="'numpy<2' and 'numpy>=2' exclude each other", severity="error")
def two_requirements_that_exclude_each_other() -> Built:
    return wheel_of(requiring("numpy<2", "numpy>=2"))


@bad("DP106", at=f"{METADATA}:15", says="no installer can install the extra 'old'")
def extra_that_excludes_the_dependencies() -> Built:
    return wheel_of(requiring("numpy>=2", "numpy<2; extra == 'old'", extras=("old",)))


@bad("DP106", at=f"{METADATA}:14", says="no installer can install both where both markers apply")
def markers_that_overlap() -> Built:
    return wheel_of(requiring("numpy<2; python_version < '3.13'", "numpy>=2; sys_platform == 'win32'"))


@good("DP106")
def requirements_that_installers_fulfill() -> Built:
    return wheel_of(
        requiring(
            "numpy>=1.26,<2; python_version < '3.12'",
            "numpy>=2; python_version >= '3.12'",
            "numpy<1.27; extra == 'all' and python_version < '3.12'",
            "attrs>=25,!=25.0,<26",
            "rich==13.*,>=13.7",
            "pandas>2,<2.0.1",
            "jinja2>=8,!=8.0.*",
            "scipy~=1.14,!=1.14.*,!=1.15.*",
            "click>1.0.post1,<1.0.post3",
            "tqdm>1.0.dev1,<1.0.dev3",
            extras=("all",),
        )
    )


@good("DP106")
def markers_that_never_hold_together() -> Built:
    """Two extras, two systems, and a Python that the release excludes."""
    return wheel_of(
        requiring(
            "torch<2; extra == 'old'",
            "torch>=2; extra == 'new'",
            "psutil<5; sys_platform == 'win32'",
            "psutil>=5; os_name == 'posix'",
            "attrs<22; python_version < '3.10'",
            "attrs>=22",
            extras=("old", "new"),
        )
    )


# DP108


@bad("DP108", at=REQUIRES, says="allows one version only", config={"pedantic": True})
def pinned_dependency() -> Built:
    return wheel_of(requiring("attrs==25.1"))


@good("DP108", config={"pedantic": True})
def pins_that_are_meant() -> Built:
    """A project that is released together with this one, a prefix, and an extra."""
    return wheel_of(
        requiring("sample-core==1.0.0", "attrs==25.*", "numpy==2.1; extra == 'old'", extras=("old",))
    )


# DP109


@bad("DP109", at=REQUIRES, says="from PyPI")
def local_version() -> Built:
    return wheel_of(requiring("torch==2.9.0+cu128"))


@bad("DP109", at=f"{METADATA}:14", severity="warning")
def local_version_in_an_extra() -> Built:
    return wheel_of(requiring("torch===2.9.0+cu128; extra == 'gpu'", extras=("gpu",)))


@good("DP109", config={"profile": "private"})
def local_version_on_a_private_index() -> Built:
    return wheel_of(requiring("torch==2.9.0+cu128"))


@good("DP109")
def public_and_excluded_versions() -> Built:
    return wheel_of(requiring("torch==2.9.0", "numpy!=2.1+broken"))
