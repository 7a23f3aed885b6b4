"""The jobs of a CI service that try all wheels of a release, each on a system and a Python that it is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from pkgaudit.model.distribution import Wheel

_OLDEST, _NEWEST = 8, 14
"""The minor versions of Python 3 that every runner offers; a tag or a classifier of a newer one is believed.

Source: https://github.com/actions/python-versions, 2026-11
"""

_RUNNERS = (
    (re.compile(r"(?:many)?linux\w*_x86_64"), "ubuntu-latest"),
    (re.compile(r"(?:many)?linux\w*_aarch64"), "ubuntu-24.04-arm"),
    (re.compile(r"macosx_\w+_(?:arm64|universal2)"), "macos-latest"),
    (re.compile(r"macosx_\w+_(?:x86_64|universal2|intel)"), "macos-15-intel"),
    (re.compile(r"win_amd64"), "windows-latest"),
    (re.compile(r"win_arm64"), "windows-11-arm"),
)
"""The runners of GitHub for each platform tag.

Source: https://docs.github.com/en/actions/reference/runners/github-hosted-runners
"""

_MAIN = "ubuntu-latest"
"""The runner for every Python of a wheel without a platform."""

_OTHERS = ("macos-latest", "windows-latest")
"""The runners for the newest Python of such a wheel; chosen: most faults of pure code are everywhere."""

_OWN = re.compile(r"(cp|pp)(3)([0-9]{1,2})")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: 3\.([0-9]{1,2})")

Job = tuple[str, str]
"""A runner and a Python version."""


def github_matrix(wheels: Iterable[Wheel]) -> tuple[dict[str, Any], list[str]]:
    """Return the value of ``strategy.matrix`` that covers wheels, and the names of the others."""
    jobs: dict[Job, list[str]] = {}
    left = []
    for wheel in wheels:
        found = list(dict.fromkeys(_jobs_of(wheel)))
        if not found:
            left.append(wheel.filename)
        for job in found:
            jobs.setdefault(job, []).append(wheel.filename)
    rows = [
        {"os": system, "python": python, "files": " ".join(files)}
        for (system, python), files in sorted(jobs.items(), key=lambda job: (job[0][0], _order(job[0][1])))
    ]
    return {"include": rows}, left


def _order(python: str) -> tuple[bool, int, str]:
    return python.startswith("pypy"), int(re.findall(r"[0-9]+", python)[-1]), python


def _jobs_of(wheel: Wheel) -> Iterator[Job]:
    try:
        tags = parse_wheel_filename(wheel.filename)[3]
    except InvalidWheelFilename:
        return
    for tag in sorted(tags, key=str):
        pythons = list(_pythons_of(tag, wheel))
        if tag.platform == "any":
            yield from ((_MAIN, each) for each in pythons)
            yield from ((each, python) for each in _OTHERS for python in pythons[-1:])
            continue
        for pattern, runner in _RUNNERS:
            if pattern.fullmatch(tag.platform):
                yield from ((runner, each) for each in pythons)


def _pythons_of(tag: Tag, wheel: Wheel) -> Iterator[str]:
    """Yield the versions that a tag and the metadata allow, the oldest first."""
    metadata = wheel.metadata
    classifiers = metadata.all("Classifier") if metadata is not None else []
    declared = [int(match[1]) for each in classifiers if (match := _CLASSIFIER.fullmatch(each))]
    own = _OWN.fullmatch(tag.interpreter)
    newest = max([_NEWEST, *declared, *([int(own[3])] if own else [])])
    versions: Iterable[int] = range(_OLDEST, newest + 1)
    if own is not None and tag.abi == "abi3":
        versions = range(max(int(own[3]), _OLDEST), newest + 1)
    elif own is not None:
        versions = [int(own[3])]
    elif not tag.interpreter.startswith("py3"):
        versions = []
    requires = next(iter(metadata.all("Requires-Python")), "") if metadata is not None else ""
    for minor in versions:
        if _allows(requires, minor):
            kind = "pypy" if own is not None and own[1] == "pp" else ""
            free = "t" if re.fullmatch(r"cp[0-9]+t", tag.abi) else ""
            yield f"{kind}3.{minor}{free}"


def _allows(requires: str, minor: int) -> bool:
    """Return whether a release of a minor version is allowed; a runner has the last one."""
    try:
        specifiers = SpecifierSet(requires)
    except InvalidSpecifier:
        return True
    # A lower limit such as >=3.9.2 and an upper one such as <3.12.5 are within reach of some release.
    return any(specifiers.contains(Version(f"3.{minor}.{patch}")) for patch in (0, 2, 4, 6, 10, 20, 99))
