"""Find the files that meson or CMake need to configure a build and the sdist lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from pkgaudit.api import Location, Severity, Summaries, quoted
from pkgaudit.rules.sdist.cmake_script import cmake_uses
from pkgaudit.rules.sdist.inputs_cython import CythonNeeds, cython_inputs
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, effect_of, missing
from pkgaudit.rules.sdist.meson_script import meson_uses
from pkgaudit.rules.sdist.native_script import ANY, FETCHED, NativeScript, made_by_cmake
from pkgaudit.rules.sdist.native_uses import Use
from pkgaudit.rules.sdist.pyproject_file import Pyproject

_MOST = 100
"""The most overrides that are read: more than in real projects; bounds the time."""

_LONGEST = 2_000
"""The most characters of a table of an override that are read: more than in real ones."""

_MOST_TEXT = 1 << 20
"""The most characters of scripts that are read: more than real sdists have; bounds the time."""


def native_inputs(
    root: str,
    tree: Tree,
    pyproject: Pyproject,
    scripts: Summaries[NativeScript],
    cython: Summaries[CythonNeeds],
) -> Iterator[Missing]:
    """Yield the files that the scripts of meson-python and scikit-build-core always name.

    With meson, the files that Cython needs to translate their sources are among them.
    """
    texts = _Texts(root, scripts)
    if pyproject.backend == "meson-python":
        uses = list(meson_uses(lambda folder: texts.text(posixpath.join(folder, "meson.build"))))
        yield from _lost(root, tree, uses, frozenset())
        sources = [each.path for each in uses if each.command == "extension_module"]
        yield from cython_inputs(root, tree, sources, cython, Severity.WARNING)
    elif pyproject.backend == "scikit-build-core":
        settings = pyproject.table("tool", "scikit-build")
        folder = pyproject.table("tool", "scikit-build", "cmake").get("source-dir", ".")
        is_built = pyproject.table("tool", "scikit-build", "wheel").get("cmake") is not False
        may_differ = "generate" in settings or _is_overridden(settings.get("overrides"))
        if isinstance(folder, str) and is_built and not may_differ:
            needed = cmake_uses(tree.local(folder) or "", texts.text)
            yield from _lost(root, tree, needed, _made(scripts))


def _is_overridden(overrides: Any) -> bool:
    """Return whether a platform or option may change which script runs, or generate files."""
    listed = overrides if isinstance(overrides, list) else []
    return (
        any(
            not isinstance(each, dict)
            or "generate" in each
            or "source-dir" in str(each.get("cmake"))[:_LONGEST]
            or "cmake" in str(each.get("wheel"))[:_LONGEST]
            for each in listed[:_MOST]
        )
        or len(listed) > _MOST
    )


class _Texts:
    """The texts of scripts, within one limit of their size."""

    def __init__(self, root: str, scripts: Summaries[NativeScript]) -> None:
        self.root = root
        self.scripts = scripts
        self.size = 0

    def text(self, path: str) -> str | None:
        found = self.scripts.get(posixpath.join(self.root, path))
        text = found.text if found is not None and self.size < _MOST_TEXT else None
        self.size += len(text or "")
        return text


def _lost(root: str, tree: Tree, uses: Iterable[Use], made: frozenset[str]) -> Iterator[Missing]:
    for use in uses:
        is_script = use.command in ("subdir", "add_subdirectory", "include")
        name = posixpath.basename(use.path)
        if name in made or (FETCHED if is_script else ANY) in made or tree.is_file(f"{use.path}.in"):
            continue
        if tree.is_file(use.path) or (use.may_be_folder and tree.is_folder(use.path)):
            continue
        if use.command == "subproject" and tree.is_file(f"{use.path}.wrap"):
            continue  # meson downloads it
        place = Location(posixpath.join(root, use.script), use.line)
        # Scripts are programs, so little is certain: meson always stops without a script in a folder.
        severity = Severity.ERROR if use.command == "subdir" and use.is_certain else Severity.WARNING
        subject = f"`{use.command}` in {quoted(use.script)} needs {quoted(use.path)}"
        message = f"{subject}, which is not in the sdist, {effect_of(severity)}"
        yield missing(tree, use.path, message, place, severity, field=use.command, needs=use.named)


def _made(scripts: Summaries[NativeScript]) -> frozenset[str]:
    """Return the names of the files that any script of CMake may make."""
    made: set[str] = set()
    size = 0
    for script in scripts.values():
        if script.kind != "meson.build":
            text = script.text
            size += len(text or "")
            made |= made_by_cmake(text) if text is not None and size < _MOST_TEXT else {ANY, FETCHED}
        if {ANY, FETCHED} <= made:
            break
    return frozenset(made)
