"""Find the files that meson or CMake need to configure a build and the sdist lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pkgaudit.api import Location, Summaries, quoted
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, missing
from pkgaudit.rules.sdist.native_script import NativeScript
from pkgaudit.rules.sdist.pyproject_file import Pyproject

_MOST = 20_000
"""The most scripts and files in them that are followed: more than in real sdists; bounds the time."""


def native_inputs(
    root: str, tree: Tree, pyproject: Pyproject, scripts: Summaries[NativeScript]
) -> Iterator[Missing]:
    """Yield the files that the scripts of meson-python and scikit-build-core always name."""
    if pyproject.backend == "meson-python":
        yield from _follow(root, tree, "meson.build", "", scripts)
    elif pyproject.backend == "scikit-build-core":
        settings = pyproject.table("tool", "scikit-build")
        folder = pyproject.table("tool", "scikit-build", "cmake").get("source-dir", ".")
        is_built = pyproject.table("tool", "scikit-build", "wheel").get("cmake") is not False
        if isinstance(folder, str) and not settings.keys() & {"overrides", "generate"} and is_built:
            yield from _follow(root, tree, "CMakeLists.txt", tree.local(folder) or "", scripts)


def _follow(
    root: str, tree: Tree, name: str, first: str, scripts: Summaries[NativeScript]
) -> Iterator[Missing]:
    pending = [first]
    seen: set[str] = set()
    steps = 0
    while pending and steps < _MOST:
        folder = pending.pop()
        script = posixpath.join(folder, name)
        found = scripts.get(posixpath.join(root, script))
        if folder in seen or found is None:
            continue
        seen.add(folder)
        steps += 1 + len(found.uses)
        for use in found.uses:
            plain = tree.local(posixpath.join(folder, use.path))
            path = posixpath.join(plain, name) if plain is not None and use.has_script else plain
            if path is None:
                continue
            if tree.is_file(path) or (use.may_be_folder and tree.is_folder(path)):
                if use.has_script:
                    pending.append(plain or "")
                continue
            message = f"`{use.command}` in {quoted(script)} needs {quoted(path)}, which is not in the sdist"
            place = Location(posixpath.join(root, script), use.line)
            yield missing(tree, path, f"{message}, {FAILS}", place, field=use.command, needs=use.path)
