"""Cases of RL102: the metadata of the distributions of one version, compared."""

from __future__ import annotations

from collections.abc import Iterable

from fixtures.builders import Built, Sdist, Wheel, sample_metadata, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.release.cases.release import PAIRS, PLATFORM

LINUX, ARM = "cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_aarch64"
NEXT, STABLE = "cp312-cp312-manylinux_2_17_x86_64", "cp310-abi3-manylinux_2_17_x86_64"


def wheel(
    *requirements: str,
    tag: str = "py3-none-any",
    python: str = ">=3.10",
    extras: Iterable[str] = (),
    summary: str = "",
) -> Built:
    metadata = sample_metadata()
    metadata.set("Requires-Dist", *requirements)
    metadata.set("Provides-Extra", *extras)
    if summary:
        metadata.set("Summary", summary)
    metadata.set("Requires-Python", python)
    return Wheel(tag=tag, metadata=metadata, wheel=wheel_file(tag, pure="any" in tag)).build()


def sdist(*requirements: str, dynamic: str = "", python: str = ">=3.10") -> Built:
    metadata = sample_metadata()
    metadata.set("Requires-Dist", *requirements)
    metadata.set("Requires-Python", python)
    if dynamic:
        metadata.add("Dynamic", dynamic)
    return Sdist(metadata=metadata).build()


@bad(
    "RL102",
    at="sample-1.0.dist-info/METADATA:13",
    also=(*PLATFORM, "RL105"),
    says="does not require 'pandas', but",
)
def wheel_that_lost_its_dependencies() -> list[Built]:
    return [wheel("Pandas>=2", "rich", tag=LINUX), wheel("rich", tag=ARM)]


@bad(
    "RL102",
    at="sample-1.0.dist-info/METADATA",
    says="does not require 'rich', but 'sample-1.0.tar.gz' does",
)
def wheel_without_the_dependencies_of_the_sdist() -> list[Built]:
    return [sdist("rich"), wheel()]


@good("RL102")
def same_pythons_in_other_words() -> list[Built]:
    wheel, sdist = sample_metadata(), sample_metadata()
    wheel.set("Requires-Python", "!=3.11.1,>=3.10")
    sdist.set("Requires-Python", ">=3.10.0, !=3.11.1")
    return [Wheel(metadata=wheel).build(), Sdist(metadata=sdist).build()]


@bad("RL102", at="sample-1.0/PKG-INFO:11", says="Requires-Python is '>=3.11' in 'sample-1.0.tar.gz', but")
def wheel_for_other_pythons() -> list[Built]:
    return [sdist(python=">=3.11"), wheel()]


@good("RL102")
def dependencies_that_the_build_adds() -> list[Built]:
    return [sdist(dynamic="Requires-Dist"), wheel("rich")]


@good("RL102")
def dependencies_in_another_spelling() -> list[Built]:
    return [
        sdist("Foo_Bar[x] (>=1,<2)", "tomli; python_version < '3.11'"),
        wheel("tomli ; python_full_version < '3.11'", "foo-bar[X]<2,>=1"),
    ]


@bad(
    "RL102",
    at="sample-1.0.dist-info/METADATA",
    also=PLATFORM,
    severity="error",
    says="does not require 'pandas', but",
)
def wheel_without_what_the_sdist_promises() -> list[Built]:
    return [sdist("pandas>=2"), wheel("pandas>=2", tag=LINUX), wheel(tag=ARM)]


@bad(
    "RL102",
    at="sample-1.0.dist-info/METADATA:13",
    also=(*PLATFORM, "RL105"),
    severity="error",
    says="requires 'numpy>=2', but 'sample-1.0-cp310-abi3-manylinux_2_17_x86_64.whl' requires 'numpy'",
)
def wheels_for_one_python_with_other_versions() -> list[Built]:
    return [wheel("numpy>=2", tag=NEXT), wheel("numpy", tag=STABLE)]


@bad("RL102", at="sample-1.0.dist-info/METADATA:13", also=(*PLATFORM, "RL105"), says="'numpy>=2'")
def wheels_for_other_pythons_with_other_versions() -> list[Built]:
    return [wheel("numpy", "rich", tag=LINUX), wheel("numpy>=2", "rich", tag=NEXT)]


@bad(
    "RL102",
    at="sample-1.0.dist-info/METADATA:13",
    also=(*PLATFORM, "RL105"),
    says="requires \"colorama; sys_platform == 'win32'\", but",
)
def condition_that_one_wheel_lacks() -> list[Built]:
    return [wheel("colorama", tag=LINUX), wheel("colorama; sys_platform == 'win32'", tag=NEXT)]


@good("RL102", also=(*PLATFORM, "RL105"))
def conditions_in_other_words() -> list[Built]:
    one = (
        "tomli>=1.0; python_version < '3.11'",
        "foo>=1,<2",
        "bar; extra == 'All' or extra == 'x_y'",
        "rich>=13,>=12; (extra == 'all')",
    )
    other = (
        'tomli>=1 ; python_full_version < "3.11"',
        "foo<2",
        "foo>=1",
        'bar ; extra == "all"',
        "bar; extra == 'x-y'",
        "rich>=13.0; extra == 'all'",
    )
    return [
        wheel(*one, tag=STABLE, extras=["All", "x_y", "unused"]),
        wheel(*other, tag=NEXT, extras=["x.y", "all", "unused"]),
    ]


@good("RL102", also=("MD105", *PAIRS, "RL105"))
def builds_with_different_local_versions() -> list[Built]:
    found = []
    for local, requirement in (("cpu", "numpy"), ("cuda", "cupy")):
        metadata = sample_metadata()
        metadata.set("Version", f"1.0+{local}")
        metadata.set("Requires-Dist", requirement)
        found.append(Wheel(version=f"1.0+{local}", metadata=metadata).build())
    return found


@bad("RL102", at="sample-1.0.dist-info/METADATA:11", also=PLATFORM, severity="error", says="'>=3.11' in")
def wheel_for_fewer_pythons_than_the_sdist_promises() -> list[Built]:
    return [sdist(), wheel(tag=LINUX), wheel(tag=NEXT, python=">=3.11")]


@bad("RL102", at="sample-1.0.dist-info/METADATA:11", also=(*PLATFORM, "RL105"), says="'>=3.11' in")
def wheels_for_other_pythons_that_name_them() -> list[Built]:
    return [wheel(tag=LINUX), wheel(tag=STABLE), wheel(tag=NEXT, python=">=3.11")]


@bad("RL102", at="sample-1.0/PKG-INFO:4", says="different values of Summary and Provides-Extra")
def other_fields() -> list[Built]:
    return [sdist(), wheel(summary="Another one.", extras=["unused"])]


@good("RL102")
def sdist_that_promises_nothing() -> list[Built]:
    old = sample_metadata()
    old.set("Metadata-Version", "2.1")
    old.set("License-Expression")
    old.set("License-File")
    old.set("License", "Apache-2.0")
    old.set("Summary", "Another one.")
    return [Sdist(metadata=old).build(), wheel("rich")]


@good("RL102")
def fields_that_older_backends_write_differently() -> list[Built]:
    first, second = sample_metadata(), sample_metadata()
    first.set("Author", "Jo")
    first.set("Author-email", "jo@python.org")
    first.set("Home-page", "https://python.org/")
    first.set("Keywords", "a,b")
    second.set("Author-email", '"Jo" <jo@python.org>')
    second.add("Project-URL", "Homepage, https://python.org")
    second.set("Keywords", "b a")
    return [Sdist(metadata=first).build(), Wheel(metadata=second).build()]
