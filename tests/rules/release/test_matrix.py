"""RL117 and RL118 beyond the cases: the holes of real and imagined matrices, by their tags only."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.rules._shared.wheel_tags import WheelTags
from pkgaudit.rules.release.cases.matrix import BETA, LINUX, MAC, WINDOWS, full, wheels
from pkgaudit.rules.release.matrix import Matrix
from tests.support import audit


def matrix(tags: list[str]) -> Matrix:
    parts = (tag.split("-") for tag in tags)
    return Matrix(WheelTags("", *(frozenset(each.split(".")) for each in part)) for part in parts)


def holes(tags: list[str]) -> list[str]:
    found = matrix(tags)
    return [f"{each.python} {each.machine}" for each in (*found.holes, *filter(None, [found.lonely]))]


FIVE = ("cp310", "cp311", "cp312", "cp313", "cp314")


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (full(), []),
        (full(f"cp312-cp312-{MAC}"), ["3.12 mac arm64"]),
        (full(f"cp313-cp313-{WINDOWS}"), ["3.13 win _amd64"]),
        # The oldest Python may lack a newer machine.
        (full(f"cp311-cp311-{MAC}"), []),
        (full(f"cp311-cp311-{WINDOWS}", f"cp311-cp311-{MAC}"), []),
        # Wheels for the stable ABI, or without an ABI, fill holes of later Pythons.
        ([*full(f"cp312-cp312-{MAC}"), f"cp39-abi3-{MAC}"], []),
        ([*full(f"cp312-cp312-{MAC}"), f"py3-none-{MAC}"], []),
        ([*full(f"cp312-cp312-{MAC}"), f"cp313-abi3-{MAC}"], ["3.12 mac arm64"]),
        # A machine that was dropped, and one that came later.
        ([*full(), "cp311-cp311-win32", "cp312-cp312-win32"], []),
        ([*full(), "cp312-cp312-win_arm64", "cp313-cp313-win_arm64"], []),
        ([*full(), "cp311-cp311-musllinux_1_2_x86_64", "cp312-cp312-musllinux_1_2_x86_64"], []),
        ([*full(), "cp311-cp311-win32", "cp313-cp313-win32"], ["3.12 win32"]),
        # PyPy, and free-threaded Pythons with several machines.
        ([*full(), f"pp310-pypy310_pp73-{LINUX}"], []),
        ([*full(), f"cp313-cp313t-{LINUX}", f"cp313-cp313t-{MAC}"], []),
        ([*full(), f"cp313-cp313t-{WINDOWS}"], ["3.13t win _amd64"]),
        # The wheels of one job, or two.
        ([f"{each}-{each}-{LINUX}" for each in FIVE], []),
        ([f"cp311-cp311-{LINUX}", f"cp311-cp311-{MAC}", f"cp312-cp312-{LINUX}"], []),
        ([f"cp311-cp311-{MAC}", *(f"{each}-{each}-{LINUX}" for each in FIVE)], []),
        # Two platforms in one wheel.
        ([f"{each}-{each}-macosx_11_0_universal2.{LINUX}" for each in FIVE], []),
        ([], []),
    ],
)
def test_holes(tags: list[str], found: list[str]) -> None:
    assert holes(tags) == [each.replace("win32", "win 32") for each in found]


@pytest.mark.parametrize(
    ("pythons", "more", "skipped"),
    [
        (("cp310", "cp311", "cp313", "cp314"), [], "3.12"),
        (("cp311", "cp313"), [], None),
        (("cp39", "cp311", "cp313"), [], None),
        (("cp39", "cp312", "cp313"), [], None),
        (("cp310", "cp311", "cp313", "cp314"), [f"cp312-cp312-{LINUX}"], None),
        (("cp310", "cp311", "cp313", "cp314"), [f"cp312-cp312t-{LINUX}"], "3.12"),
        (("cp310", "cp311", "cp313", "cp314"), [f"cp38-abi3-{LINUX}"], None),
        (("cp310", "cp311", "cp313", "cp314"), [f"cp313-abi3-{LINUX}"], "3.12"),
        ((), [], None),
    ],
)
def test_python_without_any_wheel(pythons: tuple[str, ...], more: list[str], skipped: str | None) -> None:
    found = matrix([*full(pythons=pythons), *more]).skipped
    assert (found and str(found)) == skipped


@pytest.mark.parametrize(("requires", "count"), [(">=3.10", 1), (">=3.10,!=3.12.*", 0)])
def test_python_that_requires_python_excludes(requires: str, count: int, tmp_path: Path) -> None:
    built = []
    for tag in full(pythons=("cp310", "cp311", "cp313", "cp314")):
        wheel = Wheel(tag=tag)
        assert wheel.metadata is not None
        wheel.metadata.set("Requires-Python", requires)
        built.append(wheel.build())
    findings = audit(tmp_path, built, {"select": ["RL118"]})
    assert [each.data for each in findings] == [{"python": "3.12"}] * count


@pytest.mark.parametrize(
    ("tags", "at"),
    [
        (full(f"cp312-cp312-{WINDOWS}"), f"cp311-cp311-{WINDOWS}"),
        ([*full(), f"cp313-cp313t-{MAC}"], f"cp313-cp313t-{MAC}"),
        # One fact about Python 3.13 is one finding.
        (full(f"cp313-cp313-{WINDOWS}", f"cp313-cp313-{MAC}"), f"cp313-cp313-{LINUX}"),
    ],
)
def test_wheel_of_the_platform_has_the_finding(tags: list[str], at: str, tmp_path: Path) -> None:
    (finding,) = audit(tmp_path, wheels(*tags), {"select": ["RL118"]})
    assert Path(finding.distribution).name == f"sample-1.0-{at}.whl"


@pytest.mark.parametrize(
    ("tags", "has_free"),
    [
        ([f"cp313-cp313t-{LINUX}"], True),
        ([f"cp315-abi3t-{LINUX}"], True),
        ([f"cp315-abi3.abi3t-{LINUX}"], True),
        ([f"py3-none-{LINUX}"], True),
        ([f"cp313-cp313-{LINUX}"], False),
        ([f"cp38-abi3-{LINUX}"], False),
    ],
)
def test_wheels_for_free_threaded_python(tags: list[str], has_free: bool) -> None:
    assert matrix(tags).has_free is has_free


@pytest.mark.parametrize(
    ("tags", "classifier", "count"),
    [
        (full(), BETA, 1),
        (full(), "Programming Language :: Python :: Free Threading :: 1 - Unstable", 0),
        (full(), "Programming Language :: Python :: 3.13", 0),
        ([*full(), f"cp313-cp313t-{LINUX}"], BETA, 0),
        (full(pythons=("cp310", "cp311", "cp312")), BETA, 0),
        ([f"cp38-abi3-{LINUX}", f"cp38-abi3-{MAC}"], BETA, 1),
        ([f"cp313-cp313-{LINUX}"], BETA, 0),
        ([*full(), "py3-none-any"], BETA, 0),
    ],
)
def test_classifier(tags: list[str], classifier: str, count: int, tmp_path: Path) -> None:
    assert len(audit(tmp_path, wheels(*tags, classifier=classifier), {"select": ["RL117"]})) == count


@pytest.mark.parametrize(("requires", "codes"), [(">=3.10", []), (">=3.10,<3.13", ["FN107"])])
def test_free_threaded_python_that_requires_python_excludes(
    requires: str, codes: list[str], tmp_path: Path
) -> None:
    wheel = Wheel(tag=f"cp313-cp313t-{LINUX}")
    assert wheel.metadata is not None
    wheel.metadata.set("Requires-Python", requires)
    assert [each.code for each in audit(tmp_path, wheel.build(), {"select": ["FN107"]})] == codes
