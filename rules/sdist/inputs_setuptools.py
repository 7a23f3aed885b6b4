"""Find inputs that setuptools settings name and the sdist lacks."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from configparser import Error, RawConfigParser
from typing import Any

from pkgaudit.api import Location, Severity, quoted
from pkgaudit.rules._shared.settings import names_version_plugin
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, missing
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings

_MOST = 1_000
"""The most items of a list or table that are checked: more than in real files; it bounds the time."""

_LONGEST = 300
"""The most characters of a dotted name that is looked up: longer ones do not exist; it bounds the time."""

_LOST = {
    "version": "so the version becomes 0.0.0",
    "dependencies": "so the wheel has no dependencies",
    "optional-dependencies": "so the extra has no dependencies",
}
"""The effect of a missing file, about which setuptools only warns.

Without these three fields the wheel is broken, so they are errors; for other fields only a text is lost.
"""


def pyproject_inputs(pyproject: Pyproject, tree: Tree, has_setup: bool) -> Iterator[Missing]:
    """Yield the inputs that ``[tool.setuptools]`` names and the sdist lacks."""
    top = ("tool", "setuptools")
    dynamic = (*top, "dynamic")
    # There are about ten fields; the bound is for hostile files.
    for field, value in list(pyproject.table(*dynamic).items())[:100]:
        if field not in pyproject.dynamic:
            continue
        named = value if isinstance(value, dict) else {}
        optional = field == "optional-dependencies"
        parts = [(field, extra, each) for extra, each in named.items()] if optional else [(field, "", named)]
        for _, extra, each in parts[:_MOST]:
            keys = (*dynamic, field, *([extra] if extra else []), "file")
            for path in strings(each.get("file"))[:_MOST] if isinstance(each, dict) else ():
                if not tree.is_file(path):
                    effect = _LOST.get(field, f"so the metadata has no {field}")
                    severity = Severity.ERROR if field in _LOST else Severity.WARNING
                    yield _gone(tree, path, keys, pyproject.place(*keys), severity, effect)
    attribute = pyproject.value(*dynamic, "version", "attr")
    if isinstance(attribute, str) and "version" in pyproject.dynamic and not _writes_version(pyproject):
        yield from _attribute(tree, attribute, pyproject.place(*dynamic, "version"))
    package_dir = {
        key: value for key, value in pyproject.table(*top, "package-dir").items() if isinstance(value, str)
    }
    packages = pyproject.value(*top, "packages")
    if isinstance(packages, list) and not has_setup:
        place = pyproject.place(*top, "packages")
        yield from package_inputs(tree, strings(packages), package_dir, place)
    elif isinstance(packages, dict) and (where := pyproject.value(*top, "packages", "find", "where")):
        keys = (*top, "packages", "find", "where")
        lost = [each for each in strings(where) if not tree.is_folder(each)]
        for each in lost if len(lost) == len(strings(where)) else ():
            yield _gone(tree, each, keys, pyproject.place(*keys), Severity.ERROR, "so no package is found")
    modules = pyproject.value(*top, "ext-modules")
    for module in modules[:_MOST] if isinstance(modules, list) else ():
        for path in strings(module.get("sources"))[:_MOST] if isinstance(module, dict) else ():
            if not is_source(tree, path):
                keys = (*top, "ext-modules", "sources")
                yield _gone(tree, path, keys, pyproject.place(*keys, value=path))
    for path in strings(pyproject.value(*top, "script-files"))[:_MOST]:
        if not tree.is_file(path):
            yield _gone(tree, path, (*top, "script-files"), pyproject.place(*top, "script-files"))
    for folder, paths in list(pyproject.table(*top, "data-files").items())[:_MOST]:
        for path in strings(paths)[:_MOST]:
            if not re.search(r"[*?\[]", path) and not tree.is_file(path):
                yield _gone(tree, path, (*top, "data-files", folder), pyproject.place(*top, "data-files"))
    for module in strings(pyproject.value(*top, "py-modules"))[:_MOST]:
        path = posixpath.join(package_dir.get("", ""), module.replace(".", "/"))
        if not tree.is_module(path):
            place = pyproject.place(*top, "py-modules", value=module)
            effect = "so the wheel lacks the module"
            yield _gone(tree, f"{path}.py", (*top, "py-modules"), place, Severity.WARNING, effect)


def is_source(tree: Tree, path: str) -> bool:
    """Return whether the source of an extension exists, or the file it is generated from."""
    if re.search(r"[*?\[]", path) or tree.is_file(path):
        return True
    stem = path.rpartition(".")[0]
    return any(tree.is_file(each) for each in (f"{stem}.pyx", f"{stem}.py", f"{stem}.i", f"{path}.in"))


def _writes_version(pyproject: Pyproject) -> bool:
    """Return whether a plugin writes a version file during the build."""
    requires = strings(pyproject.value("build-system", "requires"))
    return any(map(names_version_plugin, (*pyproject.table("tool"), *requires[:_MOST])))


def _gone(
    tree: Tree,
    path: str,
    keys: tuple[str, ...],
    place: Location,
    severity: Severity = Severity.ERROR,
    effect: str = FAILS,
) -> Missing:
    key = quoted(".".join(keys))[1:-1]
    message = f"`{key}` names {quoted(path)}, which is not in the sdist, {effect}"
    return missing(tree, path, message, place, severity, field=".".join(keys))


def _attribute(tree: Tree, attribute: str, place: Location) -> Iterator[Missing]:
    """Yield the module from which the version is read, if it is the project's own and missing."""
    module = attribute.strip().rpartition(".")[0]
    if not module or len(module) > _LONGEST or tree.links:
        return
    path = module.replace(".", "/")
    top = path.partition("/")[0]
    own = any(f"{each}{top}" in tree.folders for each in ("", "src/", "lib/", "python/"))
    tails = (f"{path}.py", f"{path}/__init__.py", f"{path}.pyx", f"{path}.pyi")
    is_there = tree.ends_with(*tails) or any(tree.is_module(f"{each}{path}") for each in ("", "src/", "lib/"))
    if own and "/" in path and not is_there:
        message = f"the version is read from {quoted(attribute)}, but its module is not in the sdist, {FAILS}"
        yield missing(tree, f"{path}.py", message, place)


def package_inputs(
    tree: Tree, packages: list[str], package_dir: dict[str, str], place: Location
) -> Iterator[Missing]:
    """Yield the listed packages without a folder."""
    for package in packages[:_MOST]:
        path = _package_path(package, package_dir)
        if len(package) < _LONGEST and not tree.is_folder(path):
            message = f"the folder of the package {quoted(package)} is not in the sdist, {FAILS}"
            yield missing(tree, f"{path}/__init__.py", message, place)


def _package_path(package: str, package_dir: dict[str, str]) -> str:
    parts = package.split(".")
    for length in range(len(parts), 0, -1):
        folder = package_dir.get(".".join(parts[:length]))
        if folder is not None:
            return posixpath.join(folder, *parts[length:])
    return posixpath.join(package_dir.get("", ""), *parts)


def read_setup_cfg(data: bytes) -> tuple[str, RawConfigParser] | None:
    """Return the text of a setup.cfg and its sections, None if setuptools cannot read it either."""
    parser = RawConfigParser(strict=False)
    try:
        text = data.decode("utf-8")
        parser.read_string(text)
    except (Error, ValueError, RecursionError):
        return None
    return text, parser


def setup_cfg_inputs(path: str, data: bytes, tree: Tree, has_project: bool, setup: str) -> Iterator[Missing]:
    """Yield the inputs that setup.cfg names and the sdist lacks. ``setup`` is the text of setup.py.

    If there is a ``[project]`` table, setuptools does not read metadata from setup.cfg.
    """
    read = read_setup_cfg(data)
    if read is None:
        return
    text, parser = read
    found = _Config(path, text, parser)
    if not has_project:
        yield from _cfg_metadata(found, tree, setup)
    dirs = dict(_pair(each) for each in found.items("options", "package_dir") if "=" in each)
    packages = found.items("options", "packages")
    is_listed = packages and not packages[0].startswith("find")
    if is_listed and "package_dir" not in setup and "packages" not in setup:
        yield from package_inputs(tree, packages, dirs, found.place("packages"))
    if packages and packages[0].startswith("find"):
        for where in found.items("options.packages.find", "where")[:1]:
            if not tree.is_folder(where):
                keys = ("options.packages.find", "where")
                yield _gone(tree, where, keys, found.place("where"), Severity.ERROR, "so no package is found")
    for name in found.items("options", "scripts"):
        if not re.search(r"[*?\[]", name) and not tree.is_file(name):
            yield _gone(tree, name, ("options", "scripts"), found.place("scripts"))
    for key in (
        parser.options("options.data_files")[:_MOST] if parser.has_section("options.data_files") else ()
    ):
        for name in found.items("options.data_files", key):
            if not re.search(r"[*?\[]", name) and not tree.is_file(name):
                yield _gone(tree, name, ("options.data_files",), found.place(key))


def _cfg_metadata(found: _Config, tree: Tree, setup: str) -> Iterator[Missing]:
    """Yield the missing inputs of metadata, unless setup.py sets it, which has precedence."""
    for section, key, effect, severity in (
        ("metadata", "version", FAILS, Severity.ERROR),
        ("options", "install_requires", _LOST["dependencies"], Severity.ERROR),
        ("metadata", "long_description", "so the release has no description", Severity.WARNING),
    ):
        value = found.value(section, key)
        if value.startswith("file:") and key not in setup:
            for name in re.split(r"[,\n]", value[len("file:") :])[:100]:  # more than real lists have
                if name.strip() and not tree.is_file(name.strip()):
                    place = found.place(key)
                    yield _gone(tree, name.strip(), (section, key), place, severity, effect)
    version = found.value("metadata", "version")
    is_written = any(map(names_version_plugin, found.parser.sections()[:_MOST]))
    if version.startswith("attr:") and not is_written and "version" not in setup:
        yield from _attribute(tree, version[len("attr:") :], found.place("version"))


class _Config:
    def __init__(self, path: str, text: str, parser: RawConfigParser) -> None:
        self.path = path
        self.text = text
        self.parser = parser

    def value(self, section: str, key: str) -> str:
        """Return a stripped value, or ""; keys may have hyphens."""
        for each in (key, key.replace("_", "-")):
            found: Any = self.parser.get(section, each, fallback=None)
            if isinstance(found, str):
                return found.strip()
        return ""

    def items(self, section: str, key: str) -> list[str]:
        """Return the items of a list, separated by commas or line ends."""
        value = self.value(section, key)
        lines = value.splitlines() if "\n" in value else value.split(",")
        return [each.strip() for each in lines if each.strip() and not each.strip().startswith("#")][:_MOST]

    def place(self, key: str) -> Location:
        # Longer than keys of setup.cfg; it bounds the pattern.
        spelled = re.escape(key[:200]).replace("_", "[_-]")
        match = re.search(rf"(?m)^{spelled}[ \t]*[=:]", self.text, re.IGNORECASE)
        return (
            Location(self.path, self.text.count("\n", 0, match.start()) + 1) if match else Location(self.path)
        )


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip()
