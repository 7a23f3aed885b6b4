"""Cases of RL119: the metadata of the distributions of one version, compared."""

from __future__ import annotations

from fixtures.builders import Built, Sdist, Wheel, sample_metadata, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.release.cases.release import PLATFORM

LINUX, ARM = "cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_aarch64"


def wheel(*requirements: str, tag: str = "py3-none-any", python: str = ">=3.10") -> Built:
    metadata = sample_metadata()
    metadata.set("Requires-Dist", *requirements)
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
    "RL119",
    at="sample-1.0.dist-info/METADATA:13",
    also=(*PLATFORM, "RL105"),
    says="does not require 'pandas', but",
)
def wheel_that_lost_its_dependencies() -> list[Built]:
    return [wheel("Pandas>=2", "rich", tag=LINUX), wheel("rich", tag=ARM)]


@bad(
    "RL119",
    at="sample-1.0.dist-info/METADATA",
    says="does not require 'rich', but 'sample-1.0.tar.gz' does",
)
def wheel_without_the_dependencies_of_the_sdist() -> list[Built]:
    return [sdist("rich"), wheel()]


@good("RL119")
def same_pythons_in_other_words() -> list[Built]:
    wheel, sdist = sample_metadata(), sample_metadata()
    wheel.set("Requires-Python", "!=3.11.1,>=3.10")
    sdist.set("Requires-Python", ">=3.10.0, !=3.11.1")
    return [Wheel(metadata=wheel).build(), Sdist(metadata=sdist).build()]


@bad("RL119", at="sample-1.0/PKG-INFO:11", says="Requires-Python is '>=3.11' in 'sample-1.0.tar.gz', but")
def wheel_for_other_pythons() -> list[Built]:
    return [sdist(python=">=3.11"), wheel()]


@good("RL119")
def dependencies_that_the_build_adds() -> list[Built]:
    return [sdist(dynamic="Requires-Dist"), wheel("rich")]


@good("RL119")
def dependencies_in_another_spelling() -> list[Built]:
    return [
        sdist("Foo_Bar[x] (>=1,<2)", "tomli; python_version < '3.11'"),
        wheel("tomli ; python_full_version < '3.11'", "foo-bar[X]<2,>=1"),
    ]
