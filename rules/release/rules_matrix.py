"""RL117, RL118: the wheels of a release for the versions of CPython and for platforms."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Problem, Release, SetField, Severity, Wheel, counted, quoted, rule
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.requires_python import read_requires_python
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.release.conflicts import machines
from pkgaudit.rules.release.matrix import Hole, Matrix, Python

_FREE_THREADING = "Programming Language :: Python :: Free Threading"
_UNSTABLE = f"{_FREE_THREADING} :: 1 - Unstable"

_FIRST_FREE = 13
"""The minor version of the first Python 3 without the GIL: https://docs.python.org/3/whatsnew/3.13.html."""

_MOST_HOLES = 4
"""With more holes than this, the matrix is that of a few platforms for each Python on purpose. Chosen."""

_NAMES = {"linux": "Linux (glibc)", "musl": "Linux (musl)", "mac": "macOS", "win": "Windows"}
"""The systems of `machines`, as people call them."""


def _by_version(release: Release) -> Iterator[tuple[list[Wheel], Matrix]]:
    """Yield the wheels of each version, and their matrix; nothing for a version with a pure wheel."""
    groups: dict[str, list[Wheel]] = {}
    for wheel in release.wheels:
        version = parse_version(wheel.version)
        if version is not None and wheel_tags(wheel) is not None:
            groups.setdefault(version.public, []).append(wheel)
    for wheels in groups.values():
        matrix = Matrix(tags for each in wheels if (tags := wheel_tags(each)) is not None)
        if not matrix.is_pure:
            yield wheels, matrix


@rule("RL117", "missing-free-threaded-wheel", Severity.WARNING, since="0.1.0")
def missing_free_threaded_wheel(release: Release) -> Iterator[Problem]:
    """A classifier declares support for free-threaded Python, but no wheel is for it.

    The rule applies if at least two wheels with compiled modules were given, one of them for Python 3.13 or
    later. The classifier `Free Threading :: 1 - Unstable` promises little, so it is not reported. A wheel
    without an ABI tag (`py3-none`) is for every Python.

    ## Why it matters
    Free-threaded Python has its own ABI (`cp314t`), and does not load modules for `cp314` or `abi3`. Its
    users read in the classifier that the release supports their Python, and then have to compile it, which
    fails without a compiler.

    ## How to fix it
    Build the wheels for free-threaded Python too (cibuildwheel builds `cp314t` by default), or remove the
    classifier.

    ## References
    - <https://py-free-threading.github.io/porting/>
    - <https://peps.python.org/pep-0779/>
    """
    for wheels, matrix in _by_version(release):
        if matrix.has_free or len(wheels) < 2 or matrix.newest < _FIRST_FREE:
            continue
        for wheel in wheels:
            classifiers = wheel.metadata.all("Classifier") if wheel.metadata else []
            found = [each.strip() for each in classifiers if each.strip().startswith(_FREE_THREADING)]
            if found and _UNSTABLE not in found:
                yield Problem(
                    f"the classifier {quoted(found[0])} declares support for free-threaded Python, but none "
                    f"of the {counted(len(wheels), 'wheel')} is for it (cp3{matrix.newest}t)",
                    fix=SetField(
                        "Classifier",
                        "build wheels for free-threaded Python, or remove the classifier",
                        found[0],
                    ),
                    key="classifier",
                    distribution=wheel.path,
                    data={"classifier": found[0], "count": len(wheels)},
                )
                break


@rule("RL118", "missing-platform-wheel", Severity.INFO, since="0.1.0")
def missing_platform_wheel(release: Release) -> Iterator[Problem]:
    """A Python has no wheel for a platform, although the Pythons around it have one.

    The rule compares the filenames of the given wheels. It reports a Python without a wheel for a platform
    for which the next older and the next newer Python have a wheel, a single Python without any wheel between
    others that have wheels, the newest Python without a wheel for a common platform that all others have, and
    a single Python with a wheel for only one platform. Wheels for several Pythons (`abi3`, `py3-none`) count
    for each of them. The oldest Python, PyPy and rare platforms of the newest Python often have fewer wheels
    on purpose, and a Python that Requires-Python excludes has none.

    ## Why it matters
    Users of this Python on this platform must compile the release, or get an older one. Often a job of the
    build failed, or its files were not collected.

    ## How to fix it
    Build the missing wheel, and upload all wheels of a release together. If the wheel is missing on purpose,
    ignore this rule.

    ## References
    - <https://cibuildwheel.pypa.io/en/stable/>
    - <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
    """
    for wheels, matrix in _by_version(release):
        lonely = matrix.lonely
        holes = [each for each in matrix.holes if lonely is None or each.python != lonely.python]
        for hole in holes if len(holes) <= _MOST_HOLES else ():
            yield Problem(
                f"no wheel is for Python {hole.python} on {_name(hole)}, although the wheels for other "
                "Pythons include this platform",
                fix="build the missing wheel before you upload the release",
                key=f"{hole.python} {hole.machine}",
                distribution=_neighbor(wheels, hole).path,
                data={"python": str(hole.python), "platform": hole.machine},
            )
        if lonely is not None:
            yield Problem(
                f"the only wheel for Python {lonely.python} is for {_name(lonely)}, although the wheels for "
                "other Pythons include at least three platforms",
                fix="build the other wheels too, or leave this one out",
                key=f"{lonely.python} alone",
                distribution=_neighbor(wheels, lonely, lonely.python).path,
                data={"python": str(lonely.python), "platform": lonely.machine},
            )
        skipped = matrix.skipped
        if skipped is not None and not _is_excluded(wheels[0], skipped):
            yield Problem(
                f"no wheel is for Python {skipped}, although the wheels are for older and newer Pythons",
                fix="build the missing wheels before you upload the release",
                key=f"{skipped}",
                distribution=wheels[0].path,
                data={"python": str(skipped)},
            )


def _neighbor(wheels: list[Wheel], hole: Hole, python: Python | None = None) -> Wheel:
    """Return a wheel for the platform, and for a Python if given: the ignores for its filename apply."""
    return next(
        each
        for each in wheels
        if (tags := wheel_tags(each)) is not None
        and hole.machine in machines(tags)
        and (python is None or python in Matrix([tags]).cells)
    )


def _is_excluded(wheel: Wheel, python: Python) -> bool:
    requires = wheel.metadata.first("Requires-Python") if wheel.metadata else None
    required = read_requires_python(requires or "")
    return required is not None and not required.allows(3, python.minor)


def _name(hole: Hole) -> str:
    system, _, machine = hole.machine.partition(" ")
    return f"{_NAMES.get(system, system)} {machine.lstrip('_')}".strip()
