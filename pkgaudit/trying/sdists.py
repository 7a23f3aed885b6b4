"""The wheel that installers build from an sdist, compared with the wheel of the same release."""

from __future__ import annotations

import os
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from pkgaudit.finding import Failure
from pkgaudit.formatting import quoted
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Distribution, Sdist, Wheel, normalize
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.metadata import MAX_HEADER
from pkgaudit.model.tries import Fate, Step, Trial
from pkgaudit.trying.attempt import LINES, Attempt, Subject, Tools
from pkgaudit.trying.environments import is_of_machine, last_lines
from pkgaudit.trying.pythons import Python, why_not

_COMPARED = ("Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")
"""The fields that installers act on."""

_PURE = "any-0-py3-none-any.whl"
"""The name of a wheel for every Python, because an sdist has no tags."""

_REPAIRED = (".libs", ".dylibs")
"""Endings of the folders with libraries that programs such as auditwheel add to a finished wheel."""

_OF_UV = re.compile(r"error: |  cause: ")
"""The lines with which uv says that a build failed, after the output of the backend."""

_WRITTEN = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "WHEEL", "direct_url.json"})
"""Files of which each wheel has its own."""

# The tags of extension modules: of CPython, of PyPy, of the stable ABI, and of Windows.
_TAG = re.compile(r"\.(?:cpython-[\w-]+|pypy[\w-]+|abi3|cp\d+-\w+)(\.(?:so|pyd|dylib))$")

_MOST = 20
"""Differences that are listed. Chosen: more say nothing new."""


@dataclass
class Built:
    """The result for an sdist: a build that failed or differs, or a wheel to try."""

    attempt: Attempt
    words: str
    subject: Subject | None = None


def build_sdist(
    sdist: Sdist, file: str, wheels: Sequence[Subject], pythons: Sequence[Python], tools: Tools, folder: Path
) -> Built:
    """Build the wheel of an sdist in isolation, on the newest Python that it allows, and compare it.

    If no wheel of the release is given that it could be compared with, it is returned to be tried.
    """
    subject = Subject(sdist.path, file, sdist)
    given = [each for each in wheels if each.distribution.project == sdist.project]
    given = [each for each in given if _is_same_version(each.distribution.version, sdist.version)]
    python = _python_for(subject, given, pythons)
    if python is None:
        attempt = Attempt(subject, Python("", Version("0")))
        attempt.failures.append(
            Failure(
                f"not built: no Python at hand is allowed by {subject.requires_python or 'it'}", sdist.path
            )
        )
        return Built(attempt, "no Python fits")
    attempt = Attempt(subject, python)
    folder.mkdir(parents=True)
    attempt.done.add((Step.BUILD, ""))
    deadline = time.monotonic() + tools.limits.distribution
    done = tools.installer.build(python, file, folder, deadline)
    made = sorted(folder.glob("*.whl"))
    if done.status != 0 or not made:
        if done.status is not None and is_of_machine(done):
            said = " ".join(last_lines(done.output, 3))
            attempt.failures.append(Failure(f"{python.name}: it cannot be built here: {said}", sdist.path))
            return Built(attempt, "it cannot be built here")
        lines = [each for each in last_lines(done.output, 2 * LINES) if not _OF_UV.match(each)][-LINES:]
        error = lines[-1].strip() if lines and done.status is not None else "its time was over"
        attempt.trials.append(
            Trial(
                sdist.path,
                Step.BUILD,
                Fate.TIMED_OUT if done.status is None else Fate.FAILED,
                "",
                (python.name,),
                error=error,
                lines=tuple(lines),
            )
        )
        return Built(attempt, "the build failed")
    wheel = read_wheel(made[0], sdist.path)
    if not given:
        return Built(attempt, "its wheel is tried", Subject(sdist.path, str(made[0]), wheel))
    other = _counterpart(wheel, given)
    if other is None:
        reason = f"its wheel {wheel.filename} is not compared: no wheel for this interpreter was given"
        attempt.skipped.append(Skipped(sdist.path, reason))
        return Built(attempt, reason)
    attempt.done.add((Step.COMPARE, ""))
    differences = list(compare(wheel, other.distribution))
    if not differences:
        return Built(attempt, f"its wheel is like {other.filename}")
    attempt.trials.append(
        Trial(
            sdist.path,
            Step.COMPARE,
            Fate.FAILED,
            other.filename,
            (python.name,),
            lines=tuple(differences[:_MOST]),
            status=len(differences),
        )
    )
    return Built(attempt, f"its wheel differs from {other.filename}")


def _is_same_version(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _python_for(subject: Subject, given: Sequence[Subject], pythons: Sequence[Python]) -> Python | None:
    """Return the newest Python that an sdist allows, if possible one that a wheel of the release is for."""
    allowed = [each for each in pythons if why_not(each, _PURE, subject.requires_python) is None]
    preferred = [
        python
        for python in allowed
        if any(why_not(python, each.filename, each.requires_python) is None for each in given)
    ]
    return max(preferred or allowed, key=lambda each: each.version, default=None)


def read_wheel(file: str | os.PathLike[str], path: str) -> Wheel:
    """Return the names of the files in a wheel, and its metadata; everything else stays unread."""
    with zipfile.ZipFile(file) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/")]
        wheel = Wheel(path, os.path.basename(file), entries=[Entry(each, EntryType.FILE) for each in names])
        for each in names:
            if Wheel.keeps(each) and each.endswith("/METADATA"):
                with archive.open(each) as stream:
                    wheel.kept[each] = stream.read(MAX_HEADER)
    return wheel


def _kind(filename: str) -> set[tuple[str, str, bool]]:
    """Return the tags of a wheel without its platform: repairs change that from linux to manylinux."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return set()
    return {(each.interpreter, each.abi, each.platform == "any") for each in tags}


def _counterpart(wheel: Wheel, given: Sequence[Subject]) -> Subject | None:
    """Return the wheel of the release that a built one should equal, None if that is for another Python."""
    mine = _kind(wheel.filename)
    for each in given:
        if mine & _kind(each.filename):
            return each
    is_pure = all(pure for *_, pure in mine)
    return next((each for each in given if is_pure != all(pure for *_, pure in _kind(each.filename))), None)


def compare(wheel: Wheel, other: Distribution) -> Iterator[str]:
    """Yield the differences between a built wheel and one that was given."""
    if not _kind(wheel.filename) & _kind(other.filename):
        yield f"the tags are {_tags_in(wheel.filename)}, not {_tags_in(other.filename)}"
    mine, theirs = _names_in(wheel), _names_in(other)
    yield from (f"{quoted(each)} is missing" for each in sorted(theirs - mine))
    yield from (f"{quoted(each)} is additional" for each in sorted(mine - theirs))
    built, given = wheel.metadata, other.metadata
    if built is None or given is None:
        return
    for name in _COMPARED:
        values = [
            {"".join(each.lower().split()) for each in metadata.all(name)} for metadata in (built, given)
        ]
        if name == "Name":
            values = [{normalize(each) for each in found} for found in values]
        for each in sorted(values[1] - values[0]):
            yield f"{name}: {quoted(each)} is missing"
        for each in sorted(values[0] - values[1]):
            yield f"{name}: {quoted(each)} is additional"


def _tags_in(filename: str) -> str:
    return "-".join(filename.removesuffix(".whl").split("-")[-3:])


def _names_in(wheel: Distribution) -> set[str]:
    """Return the paths that all builds should have: without tags of interpreters and repairs."""
    found = set()
    for path in wheel.files:
        folder, slash, rest = path.partition("/")
        if folder.endswith(".dist-info"):
            if rest in _WRITTEN or rest.startswith("sboms/"):
                continue
            path = f".dist-info{slash}{rest}"
        elif folder.endswith(_REPAIRED) or "/.dylibs/" in path:
            continue
        found.add(_TAG.sub(r"\1", path))
    return found
