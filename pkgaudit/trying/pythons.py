"""The interpreters at hand, and those that a wheel is for."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags, platform_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from pkgaudit.errors import PkgauditError

OLDEST = (3, 6)
"""The oldest Python whose syntax the script `probe` has."""

_PATIENCE = 20.0
"""Seconds in which an interpreter must describe itself. Chosen: milliseconds suffice."""

_ASK = """
import json, os, platform, sys, sysconfig
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "prefix": sys.base_prefix,
    "version": list(sys.version_info[:3]),
    "release": sys.version_info[3],
    "implementation": sys.implementation.name,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
    "soabi": sysconfig.get_config_var("SOABI"),
    "platform": sysconfig.get_platform(),
    "bits": sys.maxsize > 2 ** 32,
}))
"""

_NAMES = re.compile(r"(?:python|pypy)(?:[23](?:\.[0-9]{1,2})?t?)?(?:\.exe)?", re.ASCII)

# A kind, a version and a "t" for free threading, as in the options of uv.
_WANTED = re.compile(r"(cpython|pypy|python)?-?([0-9]+(?:\.[0-9]+){0,2})?(t)?", re.ASCII | re.IGNORECASE)


class PythonError(PkgauditError):
    """An interpreter that the user wants is not at hand."""


@dataclass(frozen=True)
class Python:
    """An interpreter; ``path`` is that of its own executable, not of one in an environment."""

    path: str
    version: Version
    implementation: str = "cpython"
    free_threaded: bool = False
    debug: bool = False
    soabi: str | None = None
    platform: str = ""
    bits: bool = True

    @property
    def name(self) -> str:
        """Its name for people, such as ``CPython 3.13t``."""
        kind = {"cpython": "CPython", "pypy": "PyPy"}.get(self.implementation, self.implementation)
        return f"{kind} {self.short}"

    @property
    def short(self) -> str:
        """Its minor version, with a ``t`` if it is free-threaded."""
        return f"{self.version.major}.{self.version.minor}{'t' if self.free_threaded else ''}"

    @property
    def is_native(self) -> bool:
        """Whether it runs on the platform of this interpreter, whose tags are known."""
        return self.platform == sysconfig.get_platform() and self.bits == _has_64_bits()

    def tags(self) -> frozenset[Tag]:
        """Return the tags of the wheels that it can use."""
        return _tags(self)

    def is_wanted(self, wish: str) -> bool:
        """Return whether a wish such as ``3.13``, ``pypy3.11`` or ``3.13t`` means it."""
        match = _WANTED.fullmatch(wish)
        if match is None:  # a path, perhaps of an environment
            return os.path.realpath(self.path) == os.path.realpath(wish)
        kind, version, free = match.groups()
        wanted = tuple(map(int, (version or "").split("."))) if version else ()
        return (
            self.implementation == (kind or "cpython").lower().replace("python", "cpython").replace("cc", "c")
            and self.version.release[: len(wanted)] == wanted
            and (self.free_threaded is bool(free))
        )


def _has_64_bits() -> bool:
    return struct.calcsize("P") == 8


@cache
def _tags(python: Python) -> frozenset[Tag]:
    release = (python.version.major, python.version.minor)
    digits = "".join(map(str, release))
    platforms = list(platform_tags())
    if python.implementation == "cpython":
        interpreter = f"cp{digits}"
        flags = "t" if python.free_threaded else ""
        # Before 3.8, the tag had the flag of an allocator, which all common builds have.
        abis = [f"cp{digits}{flags}{'m' if release < (3, 8) else ''}"]
        if python.debug:
            abis.insert(0, f"cp{digits}{flags}d")
        own = cpython_tags(release, abis, platforms)
    else:
        interpreter = f"pp{digits}" if python.implementation == "pypy" else f"{python.implementation}{digits}"
        # pypy310-pp73-x86_64-linux-gnu
        abis = ["_".join((python.soabi or "").split("-")[:2])] if python.soabi else []
        own = generic_tags(interpreter, abis, platforms)
    return frozenset([*own, *compatible_tags(release, interpreter, platforms)])


def why_not(python: Python, filename: str, requires: str | None) -> str | None:
    """Return why a wheel is not for a Python; None if it is."""
    if requires:
        try:
            if not SpecifierSet(requires).contains(python.version, prereleases=True):
                return f"it requires Python {requires}"
        except InvalidSpecifier:
            pass  # the audit reports it; installers read it in different ways
    if not python.is_native:
        return f"the interpreter is for {python.platform}"
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return "its filename cannot be read"
    return None if tags & python.tags() else "its tags are for other interpreters or systems"


def find_pythons(wanted: Sequence[str] = (), uv: str | None = None) -> list[Python]:
    """Return the newest Python of each minor version and kind that is at hand, the oldest version first.

    ``wanted`` are versions such as ``3.13`` or paths; without it, all are.

    Raises:
        PythonError: one that is wanted is not at hand.
    """
    named = [os.path.abspath(each) for each in wanted if _is_path(each)]
    versions = [each for each in wanted if not _is_path(each)]
    places = [*named, *(_places(uv) if versions or not wanted else ())]
    found: dict[tuple[str, str], Python] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        unique = list(dict.fromkeys(map(os.path.realpath, places)))
        for python in pool.map(_ask, unique):
            if python is None or (python.version.major, python.version.minor) < OLDEST:
                continue
            key = (python.implementation, python.short)
            known = found.get(key)
            # The path that the user names is used, even if another patch release is newer.
            is_named = known is not None and os.path.realpath(known.path) in map(os.path.realpath, named)
            if known is None or (not is_named and _rank(known) < _rank(python)):
                found[key] = python
    pythons = sorted(found.values(), key=lambda each: (each.implementation, each.version, each.short))
    if not wanted:
        return pythons
    missing = [each for each in wanted if not any(python.is_wanted(each) for python in pythons)]
    if missing:
        there = ", ".join(each.name for each in pythons) or "none"
        raise PythonError(f"--python {missing[0]}: no such Python is at hand; there are: {there}")
    return [each for each in pythons if any(map(each.is_wanted, wanted))]


def _rank(python: Python) -> tuple[Version, bool]:
    return python.version, not python.debug


def _is_path(wish: str) -> bool:
    return os.sep in wish or (os.altsep is not None and os.altsep in wish)


def _ask(path: str) -> Python | None:
    """Return the interpreter at a path, None if it does not run or is too old."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", _ASK],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=True,
            cwd=os.path.dirname(path),
        )
        return _python(json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return None  # no Python: a shim of pyenv without a version, Python 2, or a stub of Windows


def _python(facts: Mapping[str, Any]) -> Python:
    version = ".".join(map(str, facts["version"]))
    pre = {"alpha": "a0", "beta": "b0", "candidate": "rc0"}.get(facts["release"], "")
    return Python(
        str(facts["path"]),
        Version(version + pre),
        str(facts["implementation"]),
        facts["free_threaded"],
        facts["debug"],
        facts["soabi"],
        str(facts["platform"]),
        facts["bits"],
    )


def _places(uv: str | None) -> Iterator[str]:
    """Yield the paths of executables that may be interpreters."""
    yield sys._base_executable  # type: ignore[attr-defined]  # all supported Pythons have it
    if uv is not None:
        yield from _of_uv(uv)
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    pattern = (
        ("pyenv-win", "versions", "*", "python.exe")
        if os.name == "nt"
        else ("versions", "*", "bin", "python")
    )
    yield from sorted(glob.glob(os.path.join(glob.escape(root), *pattern)))
    if os.name == "nt":
        yield from _of_launcher()
    for folder in dict.fromkeys(os.environ.get("PATH", os.defpath).split(os.pathsep)):
        # A shim of pyenv starts the versions that were found above, or none.
        if folder and not folder.rstrip("/\\").endswith("shims") and os.path.isdir(folder):
            yield from (
                os.path.join(folder, name) for name in sorted(os.listdir(folder)) if _NAMES.fullmatch(name)
            )


def _of_uv(uv: str) -> Iterable[str]:
    """Return the interpreters that uv installed; ``uv python list`` asks all others too, and takes long."""
    try:
        said = subprocess.run(
            [uv, "python", "dir", "--no-config"], capture_output=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):  # an old uv
        return []
    pattern = ("*", "python.exe") if os.name == "nt" else ("*", "bin", "python")
    return sorted(glob.glob(os.path.join(glob.escape(os.fsdecode(said.stdout.strip())), *pattern)))


def _of_launcher() -> Iterable[str]:
    """Return the interpreters that the launcher of Windows knows."""
    launcher = shutil.which("py")
    if launcher is None:
        return []
    try:
        said = subprocess.run(
            [launcher, "-0p"], capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return re.findall(r"[A-Za-z]:\\.*\.exe", said.stdout)
