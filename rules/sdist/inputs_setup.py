"""Find inputs of setup.py that the sdist lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pkgaudit.api import Location, Severity, quoted
from pkgaudit.rules._shared.settings import names_version_plugin
from pkgaudit.rules.sdist.inputs_script import Script
from pkgaudit.rules.sdist.inputs_setuptools import is_source, package_inputs
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, effect_of, missing
from pkgaudit.rules.sdist.pyproject_file import strings


def script_inputs(path: str, script: Script, tree: Tree, requires: Any) -> Iterator[Missing]:
    """Yield the inputs that a setup.py at ``path`` certainly reads and the sdist lacks.

    Nothing is certain if it creates files itself, or a build requirement may do so.
    """
    severity = Severity.ERROR if script.is_tame else Severity.WARNING
    effect = effect_of(severity)
    for read in script.reads:
        if tree.local(read.path) is None:
            message = f"setup.py reads {quoted(read.path)}, which is outside the sdist, {effect}"
            fix = "copy the file into the project, or do not read it in setup.py"
            yield Missing("", message, Location(path, read.line), severity, fix, read.path)
        elif not tree.is_file(read.path) and not _is_made(read.path, requires):
            message = f"setup.py reads {quoted(read.path)}, which is not in the sdist, {effect}"
            yield missing(tree, read.path, message, Location(path, read.line), severity)
    if not script.is_tame:
        return
    for source in script.sources:
        if not is_source(tree, source.path):
            message = f"the source {quoted(source.path)} of an extension is not in the sdist, {FAILS}"
            yield missing(tree, source.path, message, Location(path, source.line))
    for pattern in script.patterns:
        if not tree.matches(pattern.path):
            is_glob = re.search(r"[*?\[]", pattern.path)
            message = f"cythonize() finds no file {quoted(pattern.path)} in the sdist, {FAILS}"
            found = "" if is_glob else pattern.path
            yield missing(tree, found, message, Location(path, pattern.line), needs=pattern.path)
    place = Location(path, script.line or None)
    yield from package_inputs(tree, list(script.packages), dict(script.package_dir), place)
    for key, names in (("scripts", script.scripts), ("data_files", script.data_files)):
        for name in names:
            if not re.search(r"[*?\[]", name) and not tree.is_file(name):
                message = f"`{key}` of setup() names {quoted(name)}, which is not in the sdist, {FAILS}"
                yield missing(tree, name, message, place, field=key)


def _is_made(path: str, requires: Any) -> bool:
    """Return whether a plugin creates a version file before setup.py runs, or the path is PKG-INFO."""
    if path.endswith("PKG-INFO") or ".egg-info/" in path:
        return True
    plugins = any(map(names_version_plugin, strings(requires)[:1000]))  # bounds hostile input
    return plugins and "version" in path
