"""Cases of RL117 and RL118: the wheels of a release for the versions of CPython and for platforms."""

from __future__ import annotations

from fixtures.builders import Built, Wheel, wheel_file
from fixtures.cases import bad, good
from pkgaudit.rules.release.cases.release import PLATFORM

LINUX, MAC, WINDOWS = "manylinux_2_17_x86_64", "macosx_11_0_arm64", "win_amd64"
BETA = "Programming Language :: Python :: Free Threading :: 2 - Beta"


def wheels(*tags: str, classifier: str = "") -> list[Built]:
    """Return wheels of one project with these tags, and a further classifier."""
    made = []
    for tag in tags:
        wheel = Wheel(tag=tag)
        if not tag.endswith("-any"):
            wheel.wheel = wheel_file(tag, pure=False)
        if classifier and wheel.metadata is not None:
            wheel.metadata.add("Classifier", classifier)
        made.append(wheel.build())
    return made


def full(*left_out: str, pythons: tuple[str, ...] = ("cp311", "cp312", "cp313")) -> list[str]:
    """Return the tags of a full matrix, without some of them."""
    tags = [f"{each}-{each}-{platform}" for each in pythons for platform in (LINUX, MAC, WINDOWS)]
    return [each for each in tags if each not in left_out]


# RL117


@bad("RL117", also=(*PLATFORM, "RL105"), says="none of the 9 wheels is for it (cp313t)")
def classifier_without_a_wheel() -> list[Built]:
    return wheels(*full(), classifier=BETA)


@good("RL117")
def pure_wheel() -> list[Built]:
    return wheels("py3-none-any", classifier=BETA)


# RL118


@bad("RL118", also=(*PLATFORM, "RL105"), says="no wheel is for Python 3.12 on Windows amd64")
def job_that_failed() -> list[Built]:
    return wheels(*full(f"cp312-cp312-{WINDOWS}"))


@bad("RL118", also=(*PLATFORM, "RL105"), says="the only wheel for Python 3.13t is for Linux (glibc) x86_64")
def variant_for_one_platform() -> list[Built]:
    return wheels(*full(), f"cp313-cp313t-{LINUX}")


@good("RL118")
def wheel_for_all_platforms() -> list[Built]:
    return wheels("py3-none-any")
