"""Find files that version control ignores or does not track, and tracked files that an sdist lacks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

import pkgaudit.rules.stray.rules_clutter as clutter
import pkgaudit.rules.stray.rules_leaks as stray
from pkgaudit.api import EntryType, Release, Sdist, Severity
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.exclusions import Exclusions
from pkgaudit.rules._shared.gitignore import GitIgnore, Line
from pkgaudit.rules._shared.package_data import is_aside_folder, is_for_users
from pkgaudit.rules.stray.checkout_generated import (
    Generated,
    backend_of,
    ignores_vcs,
    is_in_tests,
    packs_tracked_files,
)
from pkgaudit.rules.stray.pattern_rules import Choice
from pkgaudit.rules.stray.rules_dumps import Dumps

_OTHER_RULES: tuple[type[Choice], ...] = (
    stray.CredentialFiles,
    stray.EnvironmentFiles,
    stray.VersionControl,
    stray.BytecodeFiles,
    stray.Environments,
    stray.Artifacts,
    clutter.Caches,
    clutter.Reports,
    clutter.Junk,
    clutter.IdeSettings,
    clutter.AgentFiles,
    clutter.Leftovers,
    Dumps,
)
"""The options of the rules that recognize stray files by their names."""

_BUILT = lazy(r"(?:.*/)?(?:build|target|dist)/.*|.*\.(?:so|pyd|dll|dylib|a|o|obj|lib|exe)", re.IGNORECASE)
"""Paths that the rules for build leftovers, and for binaries in an sdist, judge by content."""

_PRIVATE = lazy(
    # A build writes modules into a package, so ignored files in one are normal. No build writes files with
    # these names: people give them to settings with passwords, copies and drafts.
    r"(?:.*[._ -])?(?:local|private|secrets?|scratch|tmp|temp|backup|bak|old|todo|notes?|playground|sandbox"
    r"|credentials?|passwords?|untitled\d*)(?:[._ -].*)?",
    re.IGNORECASE,
)
"""Names of private files, even in a package."""

# Ignored files in these folders are drafts and built pages, which do little harm: info level.
_DOCUMENTS = lazy(r"docs?|documentation|examples?|demos?|samples|tutorials?|notebooks?|benchmarks?")

# NAME_MAX of Linux, macOS and NTFS: no file of a checkout has a longer name. Bounds the time of the patterns.
_LONGEST_NAME = 255
# How many parent folders of a path are looked up: chosen, deeper than the packages of real projects. Bounds
# hostile paths.
_DEEPEST = 32

# Without these files the build fails, or the import of the built package. Documents and tests are often left
# out on purpose.
_SOURCES = (".py", ".pyi", ".pyx", ".pxd", ".c", ".cc", ".cpp", ".h", ".hpp", ".rs")
# The core metadata contain the text of the readme, and most licenses require that copies include the license
# text.
_OF_PROJECT = lazy(r"(?:licen[cs]e|copying|notice|readme)(?:[._-].*)?", re.IGNORECASE)
_LEVELS = ("", "src/", "lib/", "python/")
"""Folders that contain packages: the flat layout, the src layout, and those of PyO3 (`python/`) and a few
others."""


@dataclass(frozen=True)
class Ignored:
    """An ignored file of an sdist: its path below the root, the outermost ignored folder, and the line."""

    relative: str
    outermost: str
    line: Line
    severity: Severity


def _files(sdist: Sdist) -> Iterator[str]:
    """Yield the paths of files and links, but not of folders."""
    for path, entry in sdist.by_path.items():
        if entry.type is not EntryType.DIRECTORY:
            yield path


def _known_to_others(sdist: Sdist) -> set[str]:
    return {file.path for options in _OTHER_RULES for hit in options().hits(sdist) for file in hit.files}


def _ignore_files(sdist: Sdist, generated: Generated, root: str) -> GitIgnore | None:
    """Return the patterns of the project's own ``.gitignore`` files, except those in tests."""
    backend = backend_of(sdist)
    if packs_tracked_files(sdist):
        return None  # an ignored file that is packed nevertheless has been committed
    files = {}
    for path, data in sdist.kept.items():
        if path.startswith(root) and path.endswith("/.gitignore") and path not in sdist.unread:
            folder = path[len(root) : -len("/.gitignore")] if path != f"{root}.gitignore" else ""
            if not is_in_tests(f"{folder}/") and not generated.place(path)[2]:
                files[folder] = data
    if backend.startswith("hatchling") and not ignores_vcs(sdist):
        # hatchling itself reads the file in the root folder: if it packs an ignored file, the settings say
        # so.
        files.pop("", None)
    return GitIgnore(files) if files else None


def ignored_files(sdist: Sdist, marked: Mapping[str, object]) -> list[Ignored] | None:
    """Return the files that the sdist's own ``.gitignore`` files ignore and that no other reason explains.

    None means that the patterns need too many comparisons.
    """
    if not sdist.root or not sdist.is_readable:
        return []
    root = f"{sdist.root}/"
    generated = Generated(sdist, marked)
    ignore = _ignore_files(sdist, generated, root)
    if ignore is None:
        return []
    found = []
    others: set[str] | None = None
    for path in _files(sdist):
        relative = path[len(root) :]
        line = ignore.ignoring(relative)
        if line is None or generated.is_generated(path) or _BUILT.fullmatch(relative):
            continue
        package, _, vendored = generated.place(path)
        if vendored or (package and not _is_private(relative)):
            continue
        others = _known_to_others(sdist) if others is None else others
        if path not in others:
            severity = Severity.INFO if _is_minor(relative) else Severity.WARNING
            found.append(Ignored(relative, ignore.outermost(relative), line, severity))
    return None if ignore.is_exhausted else found


def _is_private(relative: str) -> bool:
    name = relative.rpartition("/")[2]
    return len(name) <= _LONGEST_NAME and _PRIVATE.fullmatch(name) is not None


def _is_minor(relative: str) -> bool:
    # The limits 12 and 80 only bound the time on hostile paths.
    folders = relative.split("/")[:-1][:12]
    return is_in_tests(relative) or any(
        _DOCUMENTS.fullmatch(each.lower())
        for each in folders
        if len(each) < 80  # these names are far shorter
    )


@dataclass
class Compared:
    """The result of comparing an sdist with the checkout; paths are below the root.

    ``code`` are the untracked files that are source code, or data in a package.
    """

    total: int
    unknown: int = 0
    untracked: list[str] = field(default_factory=list)
    code: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)

    @property
    def is_other_state(self) -> bool:
        """Whether too many files differ for the sdist to have been built from this checkout."""
        # Chosen: half. An sdist of the same state differs in a few files, all of which can be listed. If most
        # files differ (another branch, a generated project), the list would be useless.
        return self.unknown * 2 > self.total


def compare(release: Release, marked: Mapping[str, object]) -> Iterator[tuple[Sdist, Compared]]:
    """Yield the newest sdist and how it differs from the checkout; nothing without a checkout."""
    checkout = release.checkout
    sdist = _newest(release.sdists)
    if checkout is None or sdist is None or not sdist.root or not sdist.is_readable:
        return
    prefix = f"{sdist.path}/"
    marks = {path[len(prefix) :]: mark for path, mark in marked.items() if path.startswith(prefix)}
    root = f"{sdist.root}/"
    generated = Generated(sdist, marks)
    tracked = {_normal(path) for path in checkout.tracked}
    paths = {_normal(path[len(root) :]): path for path in _files(sdist) if path.startswith(root)}
    # A backend may pack a file at another path than in the checkout, or at two paths.
    moved = {_tail(path) for path in tracked if path not in paths}
    copied = {(_tail(path), sdist.by_path[paths[path]].sha256) for path in tracked if path in paths}
    compared = Compared(len(paths))
    untracked = []
    for relative, path in paths.items():
        if relative in tracked or generated.is_generated(path):
            continue
        package, assets, vendored = generated.place(path)
        is_source = relative.endswith((".py", ".pyi"))
        # A front end or a message catalog in a package is built before it is packed; a module is not, unless
        # its name or its text marks it as generated.
        if vendored or (package and assets and not is_source) or _BUILT.fullmatch(relative):
            continue
        tail = _tail(relative)
        if "/" in relative and (tail in moved or (tail, sdist.by_path[path].sha256) in copied):
            continue
        if _is_behind_link(relative, tracked):
            continue
        compared.unknown += 1
        untracked.append(relative)
        if package or relative.endswith(_SOURCES) or _level(relative) or is_in_wheel(relative, release):
            compared.code.add(paths[relative][len(root) :])
    if not compared.is_other_state and untracked:
        known = _known_to_others(sdist) | {
            f"{root}{each}" for each in _all_ignored(sdist, root, paths.values())
        }
        compared.untracked = [paths[each][len(root) :] for each in untracked if paths[each] not in known]
    compared.missing = sorted(_missing(tracked, frozenset(paths), Exclusions(sdist)))
    yield sdist, compared


def _all_ignored(sdist: Sdist, root: str, paths: Iterable[str]) -> set[str]:
    """Return the files that the sdist's ``.gitignore`` files ignore: SF108 reports or excuses them."""
    files = {
        path[len(root) : -len("/.gitignore")] if path != f"{root}.gitignore" else "": data
        for path, data in sdist.kept.items()
        if path.startswith(root) and path.endswith("/.gitignore")
    }
    ignore = GitIgnore(files)
    return {path[len(root) :] for path in paths if files and ignore.ignoring(path[len(root) :]) is not None}


def _newest(sdists: list[Sdist]) -> Sdist | None:
    from packaging.version import Version

    def key(sdist: Sdist) -> Version:
        try:
            return Version(sdist.version)
        except ValueError:  # not a version, or a number with more digits than Python reads
            # Older than all valid versions, so this sdist is compared only if it is the only one.
            return Version("0")

    return max(sdists, key=key, default=None)


def _normal(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _tail(path: str) -> str:
    # Two components: the same filename (`__init__.py`) does not show that a file has been moved.
    return "/".join(path.rsplit("/", 2)[-2:])


def _is_behind_link(path: str, tracked: set[str]) -> bool:
    """Return whether git tracks one of the parent folders as an entry: a link to a folder, or a submodule."""
    for _ in range(_DEEPEST):
        path = path.rpartition("/")[0]
        if not path:
            return False
        if path in tracked:
            return True
    return False


def _missing(tracked: set[str], packed: frozenset[str], exclusions: Exclusions) -> Iterator[str]:
    """Yield the tracked files that the sdist lacks: those of its packages, licenses and readmes."""
    packages = {
        path[: -len("__init__.py")]
        for path in packed & tracked
        if path.endswith("/__init__.py")
        and path[: -len("/__init__.py")].removeprefix(_level(path)).count("/") == 0
    }
    packages |= set(_second_packages(packages, tracked, packed, exclusions))
    for path in tracked - packed:
        above, _, name = path.rpartition("/")
        if not above:
            if _OF_PROJECT.fullmatch(name[:_LONGEST_NAME]) is not None:
                yield path
        elif f"{_level(path)}{path.removeprefix(_level(path)).partition('/')[0]}/" in packages:
            is_source = path.endswith((*_SOURCES, "/py.typed")) and not is_in_tests(path)
            if is_source or (is_data(path) and not exclusions.is_excluded(path)):
                yield path


def _second_packages(
    packages: set[str], tracked: set[str], packed: frozenset[str], exclusions: Exclusions
) -> Iterator[str]:
    """Yield the packages beside others in ``src/`` and the like of which the sdist lacks all files."""
    levels = {_level(each) for each in packages} - {""}
    for path in tracked - packed:
        level = _level(path)
        name, _, rest = path.removeprefix(level).partition("/")
        folder = f"{level}{name}/"
        if rest == "__init__.py" and level in levels and not is_aside_folder(name):
            # The settings may name it for some Pythons, or for the wheel only.
            is_named = name in exclusions.settings or exclusions.is_excluded(path)
            if not is_named and not any(each.startswith(folder) for each in packed):
                yield folder


def is_data(path: str) -> bool:
    """Return whether a file of a package is data that the package reads when it runs."""
    inner = path.removeprefix(_level(path)).partition("/")[2]
    return bool(inner) and not path.endswith(_SOURCES) and is_for_users(inner)


def is_in_wheel(path: str, release: Release) -> bool:
    """Return whether a wheel of the release has a tracked file of a package."""
    return any(path.removeprefix(_level(path)) in each.by_path for each in release.wheels)


def _level(path: str) -> str:
    return next((level for level in _LEVELS[1:] if path.startswith(level)), "")
