"""Remedies that keep a file out of a distribution, or add one."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from pkgaudit.advice import excludes, includes
from pkgaudit.advice.advice import Advice
from pkgaudit.advice.backend import backend_of, builder_of, pyproject_of, table_in
from pkgaudit.advice.left_out import left_out
from pkgaudit.advice.packed import Packed, Words, glob_of, packed, patterns_in, shown
from pkgaudit.finding import Exclude, Include, Setting
from pkgaudit.formatting import counted
from pkgaudit.model.distribution import Distribution, Sdist

_ADDED = re.compile(r"[^/]+\.(?:dist-info|data)(?:/|$)")
"""Paths in a wheel that have no source file, because the build adds them."""

_LICENSE = re.compile(r"[^/]+\.dist-info/(?:licenses|license_files)/(.+)")

_MOST_FILES = 100
"""The further missing files for which a remedy is made; bounds the time for a broken distribution."""

_MOST_SETTINGS = 6
"""The settings that one remedy names; chosen: more do not fit on a screen, and a pattern is better then."""

_Write = Callable[[Packed], Words]


def exclude(remedy: Exclude, distribution: Distribution, beside: Sdist | None = None) -> Advice:
    """Return how to keep a member or a folder out of the distribution, for the backend that built it.

    ``beside`` is the sdist of the same release, which contains the backend and the settings of a wheel.
    """
    outer, nested, inner = remedy.path.partition("!/")
    found = packed(outer, distribution, beside)
    kind = distribution.kind
    if nested:
        task = f"rebuild {shown(found.path)} without {shown(inner)}, or keep it out of the {kind}"
    else:
        task = f"keep {shown(found.path)} out of the {kind}"
    if found.in_wheel and _ADDED.match(found.path):
        return Advice(remedy.first or "", task, "remove the build step that adds it")
    write, _ = _writers_of(found)
    return Advice(remedy.first or "", task, *write(found))


def include(
    remedy: Include, distribution: Distribution, beside: Sdist | None, tracked: frozenset[str]
) -> list[Advice]:
    """Return how to add files to the distribution, for the backend that built it.

    ``beside`` is the sdist of the same release, which contains the backend of a wheel; ``tracked`` are the
    files that version control has.
    """
    steps = [_include(remedy, distribution, beside, tracked)]
    known = list(steps[0].settings)
    for path in remedy.more[:_MOST_FILES]:
        step = _include(Include(path), distribution, beside, tracked)
        # Modules of one package have one setting.
        if len(known) < _MOST_SETTINGS or all(each in known for each in step.settings):
            known += [each for each in step.settings if each not in known]
            steps.append(step)
    left = 1 + len(remedy.more) - len(steps)
    if left:
        files = "file" if left == 1 else counted(left, "file")
        steps.append(Advice(task=f"do the same for the other {files}"))
    return steps


def _include(
    remedy: Include, distribution: Distribution, beside: Sdist | None, tracked: frozenset[str]
) -> Advice:
    found = packed(remedy.path.partition("!/")[0], distribution, beside, tracked)
    what = shown(found.path)
    if remedy.other is not None and not _is_known(found):
        other = packed(remedy.other, distribution, beside, tracked)
        if _is_known(other):
            found, what = other, shown(other.path)
        else:
            what = f"{what} (or {shown(other.path)})"
    task = f"pack {what} into the {distribution.kind}"
    absent = None if found.is_in_project else remedy.absent
    first = "; ".join(filter(None, (remedy.first, absent)))
    if found.in_wheel and (match := _LICENSE.match(found.path)):
        files = Setting("pyproject.toml", (glob_of(match[1]),), ("project",), "license-files")
        return Advice(first, task, "add to pyproject.toml", (files,))
    if found.in_wheel and _ADDED.match(found.path):
        return Advice(first, task, "check the build step that should add it")
    _, write = _writers_of(found)
    place, settings = write(found)
    if (out := left_out(found)) is not None:
        settings = _still_needed(settings, found)
        place = f"{out.clause}; then add to {settings[0].file}" if settings else out.clause
        settings = (*out.settings, *settings)
    if not place and first:
        return Advice(first)
    return Advice(first, task, place, settings)


def _is_known(of: Packed) -> bool:
    """Whether the project is known to have a file, or a setting leaves it out."""
    return of.is_in_project or left_out(of) is not None


def _still_needed(settings: tuple[Setting, ...], of: Packed) -> tuple[Setting, ...]:
    """Return the settings that a file needs once no setting leaves it out.

    Wheels then contain all files of a package, but with setuptools only its modules.
    """
    if of.in_wheel and (backend_of(of.distribution, of.beside) != "setuptools" or of.path.endswith(".py")):
        return ()
    sdist = of.distribution if isinstance(of.distribution, Sdist) else of.beside
    project = pyproject_of(sdist) if sdist is not None else None
    return tuple(each for each in settings if not _covers(table_in(project, *each.table).get(each.key), each))


def _covers(there: object, setting: Setting) -> bool:
    """Return whether a list contains the values of a setting, or patterns that match them."""
    return all(
        (isinstance(there, list) and value in there)
        or (isinstance(value, str) and any(fnmatchcase(value, each) for each in patterns_in(there)))
        for value in setting.values
    )


def lost(
    path: str, distribution: Distribution, beside: Sdist | None, tracked: frozenset[str]
) -> Include | None:
    """Return how to pack a package, or a module of its name, that the project has; None if it has neither."""
    for each in (f"{path}/__init__.py", f"{path}.py"):
        if packed(each, distribution, beside, tracked).is_in_project:
            return Include(each)
    return None


def _writers_of(found: Packed) -> tuple[_Write, _Write]:
    for name in (builder_of(found.distribution, found.beside), backend_of(found.distribution, found.beside)):
        if name in _WRITERS:
            return _WRITERS[name]
    return (lambda _: (excludes.UNKNOWN, ())), (lambda _: (includes.UNKNOWN, ()))


_WRITERS: dict[str | None, tuple[_Write, _Write]] = {
    "setuptools": (excludes.setuptools, includes.setuptools),
    "hatchling": (excludes.hatchling, includes.hatchling),
    "flit": (excludes.flit, includes.flit),
    "poetry": (excludes.poetry, includes.poetry),
    "pdm": (excludes.pdm, includes.pdm),
    "uv": (excludes.uv, includes.uv),
    "maturin": (excludes.maturin, includes.maturin),
    "scikit-build-core": (excludes.scikit_build_core, includes.scikit_build_core),
    "meson-python": (excludes.meson, includes.meson),
    "pbr": (excludes.by_manifest, includes.pbr),
    "scikit-build": (excludes.scikit_build, includes.scikit_build),
    "sip": (excludes.sip, includes.sip),
    "enscons": (excludes.enscons, includes.enscons),
    "just-buildit": (excludes.just_buildit, includes.just_buildit),
    "whey": (excludes.whey, includes.whey),
    "py-build-cmake": (excludes.py_build_cmake, includes.py_build_cmake),
    "sphinx-theme-builder": (excludes.sphinx_theme_builder, includes.tracked),
}
"""The functions that return how to exclude and how to include a file, by build backend."""
