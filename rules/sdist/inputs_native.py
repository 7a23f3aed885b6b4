"""Find the files that meson or CMake need to configure a build and the sdist lacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pkgaudit.api import Location, Severity, Summaries, quoted
from pkgaudit.rules.sdist.inputs_tree import Missing, Tree, effect_of, missing
from pkgaudit.rules.sdist.native_script import ANY, READERS, NativeScript, needs_of
from pkgaudit.rules.sdist.pyproject_file import Pyproject

_MOST = 20_000
"""The most scripts and files in them that are followed: more than in real sdists; bounds the time."""

_MOST_TEXT = 1 << 20
"""The most characters of scripts that are read: more than real sdists have; bounds the time."""


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
    made = _made(name, scripts)
    pending = [first]
    seen: set[str] = set()
    steps = size = 0
    while pending and steps < _MOST and size < _MOST_TEXT:
        folder = pending.pop()
        script = posixpath.join(folder, name)
        found = scripts.get(posixpath.join(root, script))
        text = found.text if found is not None and folder not in seen else None
        if text is None:
            continue
        if ANY in made and (name != "meson.build" or folder != first):
            continue  # meson runs the first script in order, so what comes before the command stays known
        seen.add(folder)
        size += len(text)
        steps += 1
        for use in needs_of(name, text):
            steps += 1
            plain = tree.local(posixpath.join(folder, use.path))
            path = posixpath.join(plain, name) if plain is not None and use.has_script else plain
            if path is None or posixpath.basename(path) in made or tree.is_file(f"{path}.in"):
                continue
            if tree.is_file(path) or (use.may_be_folder and tree.is_folder(path)):
                if use.has_script:
                    pending.append(plain or "")
                continue
            place = Location(posixpath.join(root, script), use.line)
            # Scripts are programs, so little is certain: meson always stops without a script in a folder.
            is_certain = use.command == "subdir" and not made
            severity = Severity.ERROR if is_certain else Severity.WARNING
            subject = f"`{use.command}` in {quoted(script)} needs {quoted(path)}"
            message = f"{subject}, which is not in the sdist, {effect_of(severity)}"
            yield missing(tree, path, message, place, severity, field=use.command, needs=use.path)


def _made(name: str, scripts: Summaries[NativeScript]) -> frozenset[str]:
    """Return the names of the files that any script of the same program may make."""
    made: set[str] = set()
    size = 0
    for script in scripts.values():
        if (script.kind == "meson.build") == (name == "meson.build"):
            text = script.text
            size += len(text or "")
            made |= READERS[script.kind][1](text) if text is not None and size < _MOST_TEXT else {ANY}
        if ANY in made:
            break
    return frozenset(made)
