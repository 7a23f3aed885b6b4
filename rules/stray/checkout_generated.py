"""Recognize the files of an sdist that a build generates: version control need not have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pkgaudit.api import Sdist
from pkgaudit.late import lazy
from pkgaudit.rules._shared.gitignore import Line, parse_line
from pkgaudit.rules._shared.patterns import Folder, Inventory, inventory_of
from pkgaudit.rules._shared.settings import settings_of, table_of
from pkgaudit.rules._shared.test_folders import is_test_folder

# These limits only bound the time on hostile settings and paths. Real settings name tens of files, and their
# tables are four or five levels deep (`tool.hatch.build.targets.sdist`); 255 is NAME_MAX of the usual
# filesystems.
_MOST_STRINGS = 2_000
_DEEPEST = 12  # tables within tables, and folders above a file
_LONGEST_NAME = 255  # bytes
_LONGEST_SETUP = 1 << 17  # bytes of setup.py: 128 KiB
_MOST_STEPS = 2_000_000
"""How many comparisons with the patterns of the settings are made: far more than honest files need."""

# The files that setuptools-scm, versioneer, hatch-vcs and git archive write, that build backends add or copy
# to the root (metadata, licenses, `cargo.toml` of maturin), and that protobuf, gettext, cargo and autotools
# generate.
_BY_NAME = lazy(
    r"(?:.*[._-])?_{0,2}(?:version|about|build[_-]?(?:info|config|date)|git[_-]?(?:version|info|hash|commit|revision)"
    r"|commit[_-]?(?:hash|info)?|revision|version[_-]?info|generated?)_{0,2}\.(?:py|pyi|txt|json|h|hpp|rs|js|ts)"
    r"|\.?version|release-version|version\.txt|commit_id|git_revision|\.git_archival(?:\.txt|\.json)?"
    r"|pkg-info|requires\.txt|setup\.cfg|authors(?:\.\w+)?|contributors(?:\.\w+)?|thanks(?:\.\w+)?"
    r"|change(?:s|log)(?:\.\w+)?|history(?:\.\w+)?|news(?:\.\w+)?|readme(?:\.\w+)?"
    r"|(?:licen[cs]e|copying|notice|copyright|third[_-]?party)[^/]*|py\.typed"
    r"|.*_pb2(?:_grpc)?\.pyi?|.*\.mo|.*\.[1-9]|.*\.dist-info|cargo\.(?:lock|toml)|.*\.lock|package-lock\.json"
    r"|\.gitignore|\.gitattributes|\.gitmodules|\.gitkeep|\.hgtags|\.hgignore|\.cargo_vcs_info\.json|\.cargo-checksum\.json"
    r"|config\.(?:guess|sub)|configure|aclocal\.m4|makefile\.in|ltmain\.sh|install-sh|missing|depcomp|compile|test-driver"
    r"|setup\.py|conftest\.py\.in|manifest",
    re.IGNORECASE,
)
"""Names, in lower case, of files that version tools, build backends and generators write."""

_ASSETS = lazy(
    r"static|assets?|dist|templates?|frontend|front-end|web|webui|www|ui|ui-.*|labextensions?|nbextensions?"
    r"|schemas?|themes?|bundles?|build|public|client|js|css|node_modules|locales?|i18n|translations?|media"
    r"|html|generated|_generated|gen|proto|protos|completions?|man|include|lib|libs|bin|data|galata"
    r"|local_dependencies|vendor.*|_vendor.*|third[_-]?party.*|deps|subprojects|extern(?:al)?s?",
    re.IGNORECASE,
)
"""Names of folders into which front ends, message catalogs and vendored sources are built or fetched."""

# The files that Cython writes beside a module: C or C++, a header with the public names, and the annotated
# page.
_C_FROM = {".c": (".pyx", ".py"), ".cpp": (".pyx", ".py", ".cpp.in"), ".h": (".pyx",), ".html": (".pyx",)}

# Files at the root of a project: a folder outside of packages that has one of them is a copy of another
# project, and its `.gitignore` does not concern this sdist.
_VENDORED_MARKS = (
    "license",
    "license.txt",
    "license.md",
    "licence",
    "copying",
    "pyproject.toml",
    "setup.py",
    "configure",
    "meson.build",
    ".gitattributes",
)

# Keys of tables below `tool` by which hatchling, setuptools, PDM, Poetry, flit, maturin and scikit-build-core
# pack or write files that version control may lack (`include`, `artifacts`, `force-include`, `version-file`,
# `write_to`, …).
_INCLUDING = lazy(
    r"includes?|.*-includes?|artifacts|force-include|version[-_]file|write[-_]to|write_to_template|target"
    r"|package-data|shared-data|extra-data|data-files|path|build-targets",
)


class Generated:
    """The generated files of an sdist, recognized by name, text and settings."""

    def __init__(self, sdist: Sdist, marked: Mapping[str, object]) -> None:
        self.sdist = sdist
        self.marked = marked
        self.skip = len(sdist.root) + 1 if sdist.root else 0
        self.inventory: Inventory = inventory_of(sdist)
        self._known: dict[Folder, tuple[bool, bool, bool]] = {}
        self._budget = _MOST_STEPS

    def is_generated(self, path: str) -> bool:
        """Return whether a build has probably made a file, by its name, its text and the settings."""
        relative = path[self.skip :]
        name = relative.rpartition("/")[2]
        if len(name) > _LONGEST_NAME:
            return False
        if path in self.marked or _BY_NAME.fullmatch(name) or self._is_named_by_setup(name):
            return True
        if path in self.sdist.copies.values():
            return True  # git tracks it under its original name
        if ".egg-info/" in relative.lower() or relative.lower().endswith(".egg-info"):
            return True
        stem, dot, suffix = name.rpartition(".")
        for source in _C_FROM.get(f"{dot}{suffix}".lower(), ()):
            if f"{path[: len(path) - len(name)]}{stem}{source}" in self.sdist.by_path:
                return True
        for line in self._chosen:
            if self._budget <= 0:
                return True  # a file that cannot be compared with all patterns is not reported
            is_match = line.match(name, relative, False)
            self._budget -= line.cost
            if is_match:
                return True
        return False

    def _is_named_by_setup(self, name: str) -> bool:
        """Return whether setup.py contains the name of a file, because it writes or packs it."""
        # Chosen: a name of four letters or fewer (`x.c`) may appear in other words of setup.py by chance.
        return len(name) > 4 and name.encode("utf-8", "replace") in self._setup

    @cached_property
    def _setup(self) -> bytes:
        setup = self.sdist.in_root("setup.py")
        return self.sdist.kept[setup][:_LONGEST_SETUP] if setup is not None else b""

    @cached_property
    def _folders(self) -> dict[str, Folder]:
        """The folder of each file."""
        return {each.path: each.folder for files in self.inventory.files.values() for each in files}

    @cached_property
    def _chosen(self) -> list[Line]:
        """The patterns with which the backend's settings pack files that version control lacks."""
        found = []
        for text in _strings(self.sdist):
            last = text.rstrip("/").rpartition("/")[2]
            # A pattern that consists only of stars does not name single files; no path in real settings has
            # 300 characters.
            if last.strip("*.") and len(text) < 300:
                anchored = text.removeprefix("./")
                line = parse_line("", 0, anchored if anchored.startswith("/") else f"/{anchored}")
                if line is not None and not line.negated:
                    found.append(line)
        return found

    def place(self, path: str) -> tuple[bool, bool, bool]:
        """Return whether a file is in a package, in a folder of assets, and in a vendored project."""
        folder = self._folders.get(path)
        return self._of(folder) if folder is not None else (False, False, False)

    def _of(self, folder: Folder) -> tuple[bool, bool, bool]:
        pending = []
        at: Folder | None = folder
        while at is not None and at not in self._known:
            pending.append(at)
            at = at.parent
        package, assets, vendored = self._known[at] if at is not None else (False, False, False)
        for each in reversed(pending):
            if each.parent is not None:
                name = each.name.casefold()
                package = package or each.file("__init__.py") is not None
                # 80 only bounds the expression: the names that it matches have a dozen characters.
                assets = assets or (len(name) < 80 and _ASSETS.fullmatch(name) is not None)
                vendored = vendored or (
                    not package and any(each.file(mark) is not None for mark in _VENDORED_MARKS)
                )
            self._known[each] = (package, assets, vendored)
        return package, assets, vendored


def is_in_tests(relative: str) -> bool:
    """Return whether a path is in a test folder."""
    return any(is_test_folder(each) for each in relative.split("/")[:-1][:_DEEPEST])


def backend_of(sdist: Sdist) -> str:
    """Return the import path of the build backend, empty if pyproject.toml does not name one."""
    backend = table_of(sdist, "build-system").get("build-backend")
    return backend if isinstance(backend, str) else ""


# setuptools-scm, setuptools-git and similar plug-ins give setuptools the tracked files; pbr does so itself.
_TRACKED = lazy(r"(?:setuptools[-_.](?:scm|git|hg|svn|bzr)(?:[-_.]archive)?|pbr)(?![\w.-])", re.IGNORECASE)
_SETTINGS = ("setup.py", "setup.cfg")


def packs_tracked_files(sdist: Sdist) -> bool:
    """Return whether the build packs the tracked files: an ignored file that it packs has been committed."""
    backend = backend_of(sdist)
    if backend.startswith("mesonpy"):
        return True
    requires = table_of(sdist, "build-system").get("requires")
    if isinstance(requires, list) and any(
        isinstance(each, str) and _TRACKED.match(each.strip()) for each in requires[:_MOST_STRINGS]
    ):
        return True
    if not backend.startswith(("setuptools", "pbr")) and backend:
        return False
    for name in _SETTINGS:
        path = sdist.in_root(name)
        if path is not None:
            text = sdist.kept[path][:_LONGEST_SETUP].decode("utf-8", "replace")
            if any(_TRACKED.match(word) for word in _WORD.findall(text)):
                return True
    return False


_WORD = lazy(r"[\w.-]+")


def ignores_vcs(sdist: Sdist) -> bool:
    """Return whether hatchling's settings turn ``.gitignore`` off."""
    return table_of(sdist, "tool", "hatch", "build").get("ignore-vcs") is True


def _strings(sdist: Sdist) -> Iterator[str]:
    """Yield the paths and patterns with which the settings name files that a build packs or writes."""
    path = sdist.in_root("MANIFEST.in")
    if path is not None:
        for row in sdist.kept[path].decode("utf-8", "replace").split("\n")[:_MOST_STRINGS]:
            command, *patterns = row.split()[:200] or [""]
            # `graft` and `recursive-include` name folders and thus pack stray files too; `include` names
            # files.
            if command == "include":
                yield from patterns
    tool = settings_of(sdist).get("tool")
    pending: list[tuple[Any, bool, int]] = [(tool, False, 0)]
    count = 0
    while pending and count < _MOST_STRINGS:
        value, is_chosen, depth = pending.pop()
        if isinstance(value, str):
            if is_chosen:
                count += 1
                yield value
        elif isinstance(value, list) and depth < _DEEPEST:
            pending += [(each, is_chosen, depth + 1) for each in value[:_MOST_STRINGS]]
        elif isinstance(value, dict) and depth < _DEEPEST:
            for key, each in list(value.items())[:_MOST_STRINGS]:
                if is_chosen and isinstance(each, str):
                    # The keys of force-include are the paths.
                    pending.append((key, True, depth + 1))
                chosen = is_chosen or _INCLUDING.fullmatch(key) is not None
                pending.append((each, chosen, depth + 1))
