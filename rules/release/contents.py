"""Compare the packages of wheels with those of the sdist of the same version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import NamedTuple

from pkgaudit.api import Distribution, Entry, Release, Sdist, Wheel, normalize
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.cache import Latest
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.package_data import is_aside_folder, is_for_users, may_be_read
from pkgaudit.rules._shared.settings import table_of
from pkgaudit.rules._shared.startup_lines import SUFFIXES
from pkgaudit.rules.release.source import DEEPEST, Content, Source, digests_of, tail
from pkgaudit.rules.wheel.startup_files import at_the_root

_MOST_PLACES = 30
"""The folders of one name that are compared with a package; bounds the time. Most packages have one or two.
"""

_LONGEST_NAME = 255
"""The longest filename of the usual filesystems; bounds the time of the patterns."""

_CODE = (".py", ".pyi", ".pyw")
"""Suffixes of modules."""

_COMPILED = (".so", ".pyd", ".dll", ".dylib")
"""Suffixes of compiled modules, which replace their sources."""

_LEVELS = ("src", "lib", "python")
"""The folders of a project in which every folder is a package: the src layout and its variants."""

BY_BUILDS = lazy(
    r"_*(?:version|about|build[_-]?(?:info|config|date)|git[_-]?(?:version|info|hash|commit|revision)|config"
    r"|commit[_-]?(?:hash|info)?|revision|version[_-]?info|generated?)_*\.pyi?"
    r"|(?:lextab|yacctab|parsetab|lex|resources_rc)\.py|.*(?:lexer|parser|listener|visitor|_tab)\.py"
    r"|.*_(?:pb2(?:_grpc)?|grpc|ui|rc)\.pyi?|_?(?:version|commit|build|git|gen|generated)[_-].*\.pyi?"
    r"|.*[_-](?:version|generated|gen|commit|autogen)_?\.pyi?",
    re.IGNORECASE,
)
"""Modules that builds write: version files, and the results of protobuf, parser generators and the like."""


class Odd(NamedTuple):
    """A file that differs from the source, or that the source lacks.

    ``installed`` is its path in site-packages, empty for a script; ``place`` is the path of the other file in
    the source.
    """

    installed: str
    place: str | None = None


@dataclass
class Difference:
    """The difference between wheels and their source; all paths are paths in the wheels.

    ``missing`` are files that the wheels lack, with their paths in the source, and ``texts`` are such files
    that the package may not need; ``added`` are files that the source lacks; ``changed`` are files with
    another text, and files without content. ``doubtful`` are such files that a build usually writes, or whose
    package the source does not show. ``is_own``: it only concerns one of several wheels for platforms, which
    may have files of their own.
    """

    distribution: Distribution
    source: Source
    missing: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    added: dict[str, Odd] = field(default_factory=dict)
    changed: dict[str, Odd] = field(default_factory=dict)
    doubtful: dict[str, Odd] = field(default_factory=dict)
    shared: int = 0
    is_own: bool = False

    def common(self, other: Difference) -> Difference:
        """Return the difference that both have."""
        return Difference(
            self.distribution,
            self.source,
            {path: place for path, place in self.missing.items() if path in other.missing},
            {},
            {path: odd for path, odd in self.added.items() if path in other.added},
            {path: odd for path, odd in self.changed.items() if path in other.changed},
            {path: odd for path, odd in self.doubtful.items() if path in other.doubtful},
        )

    def own(self, common: Difference) -> Difference:
        """Return the rest beside the common difference."""
        lost = {path: place for path, place in self.missing.items() if path not in common.missing}
        return Difference(
            self.distribution,
            self.source,
            # Chosen: half of the files. A wheel lacks a few modules that are for other systems.
            lost if len(lost) > max(2, self.shared) else {},
            {},
            {path: odd for path, odd in self.added.items() if path not in common.added},
            {path: odd for path, odd in self.changed.items() if path not in common.changed},
            {path: odd for path, odd in self.doubtful.items() if path not in common.doubtful},
            is_own=True,
        )


_latest = Latest[Release, list[Difference]]()


def differences(release: Release, contents: Mapping[str, Content]) -> list[Difference]:
    """Return the differences of wheels from the sdist of their version, computed once.

    The wheels for platforms count together: a module may be for one platform only.
    """
    return _latest.of(release, lambda: list(_differences(release, contents)))


def _differences(release: Release, contents: Mapping[str, Content]) -> Iterator[Difference]:
    for sdist in release.sdists:
        version = parse_version(sdist.version)
        wheels = [each for each in release.wheels if version and parse_version(each.version) == version]
        wheels = [each for each in wheels if each.is_readable and not each.unread]
        if not wheels or not sdist.root or not sdist.is_readable or sdist.unread:
            continue
        source = Source(sdist, digests_of(sdist, contents), partial(release.read, sdist))
        yield from _of_wheels(wheels, source, contents)


def from_commits(release: Release, contents: Mapping[str, Content]) -> Iterator[Difference]:
    """Yield the differences of distributions from the revision of their version, without missing files."""
    for version, commit in release.commits.items():
        source = Source(commit.tree, commit.digests, commit.read, commit.rev, commit.opaque)
        mine = [each for each in release.distributions if each.version == version and each.is_readable]
        mine = [each for each in mine if not each.unread]
        yield from _of_wheels([each for each in mine if isinstance(each, Wheel)], source, contents)
        sdists = [each for each in mine if isinstance(each, Sdist) and each.root]
        yield from (_OfSdist(each, source, contents).difference for each in sdists)


def _of_wheels(wheels: list[Wheel], source: Source, contents: Mapping[str, Content]) -> Iterator[Difference]:
    found = [_OfWheel(each, source, contents).difference for each in wheels]
    yield from (each for each in found if each.distribution.is_for_all)
    native = [each for each in found if not each.distribution.is_for_all]
    if native:
        yield from _of_native(native)


def _of_native(found: list[Difference]) -> Iterator[Difference]:
    common = found[0]
    for each in found[1:]:
        common = common.common(each)
    yield common
    yield from (each.own(common) for each in found)


class _Comparison:
    """The comparison of one distribution with its source."""

    def __init__(self, distribution: Distribution, source: Source, contents: Mapping[str, Content]) -> None:
        self.distribution = distribution
        self.source = source
        self.contents = contents
        self.digests = digests_of(distribution, contents)
        self.difference = Difference(distribution, source)

    def _add(self, path: str, installed: str, entry: Entry) -> None:
        """Note a file that the source lacks."""
        if not self._is_elsewhere(entry):
            is_made = self._is_made(path, entry)
            found = self.difference.doubtful if is_made else self.difference.added
            found[entry.path] = Odd(installed, self.source.like(path) if is_made else None)

    def _is_made(self, path: str, entry: Entry) -> bool:
        """Return whether a module that the sdist lacks was probably generated when the wheel was built."""
        folder, _, name = path.rpartition("/")
        if self._is_written(path, entry) or ("/" not in path and path in self.source.places):
            return True
        is_complete = self.source.rev is not None
        if not is_complete and (is_aside_folder(folder) or tail(path) in self.source.tails):
            return True
        if any(each.casefold() in self.source.stems for each in _sources_of(name)):
            return True
        if is_complete:
            return False
        # The sdist leaves the module out on purpose, for example `_dev.py`.
        base = next((each for each in self.source.folders.get(path.partition("/")[0], ())), "")
        return self.source.exclusions.is_excluded(f"{base}/{path.partition('/')[2]}")

    def _is_elsewhere(self, entry: Entry) -> bool:
        return self.digests[entry.path] in self.source.known

    def _is_written(self, path: str, entry: Entry) -> bool:
        """Return whether the build probably writes a module, by its name, its text and the settings."""
        name = path.rpartition("/")[2][:_LONGEST_NAME]
        content = self.contents.get(f"{self.distribution.path}/{entry.path}")
        if content is not None and content.is_generated:
            return True
        is_named = name not in ("__init__.py", "__main__.py") and name in self.source.exclusions.settings
        return is_named or BY_BUILDS.fullmatch(name) is not None


class _OfWheel(_Comparison):
    """The comparison of a wheel."""

    def __init__(self, wheel: Wheel, source: Source, contents: Mapping[str, Content]) -> None:
        super().__init__(wheel, source, contents)
        self.wheel = wheel
        self.tops: dict[str, dict[str, Entry]] = {}
        root = at_the_root(wheel)
        for each in installation_of(wheel).files:
            if not each.is_importable and each.entry.path in root:
                self._compare_single(each.path.rpartition("/")[2], each.entry)
            top, slash, rest = each.path.partition("/")
            if each.scheme == "scripts" and not slash:
                self._compare_script(top, each.entry)
            if not each.is_importable or rest.count("/") > DEEPEST:
                continue
            if slash:
                self.tops.setdefault(top, {})[rest] = each.entry
            else:
                self._compare_single(top, each.entry)
        self.in_wheel = set(self.digests.values())
        parents = set()
        for top, files in self.tops.items():
            base, is_sure = self._base(top, files)
            if is_sure:
                parents.add(base.rpartition("/")[0])
                self._compare(top, base, files)
            elif source.rev is not None and not source.opaque:
                self._compare(top, None, files)
            elif source.rev is None:
                self._doubt(top, base, files)
        for parent in parents if source.rev is None else ():
            self._find_lost(parent)

    def _base(self, top: str, files: Mapping[str, Entry]) -> tuple[str, bool]:
        """Return the folder of the source most similar to a package, and whether the package is it."""
        modules = [each for each in files if each.endswith(_CODE)]
        best = (0, 0, 0), ""
        for folder in self.source.folders.get(top, [])[:_MOST_PLACES]:
            both = [each for each in modules if f"{folder}/{each}" in self.source.files]
            same = sum(self._is_same(files[each], f"{folder}/{each}") for each in both)
            best = max(best, ((same, len(both), -len(folder)), folder))
        (same, both_count, _), folder = best
        # Chosen: half of the modules, with half of them unchanged. Where less agrees, a program generates
        # the package, or the folder is another one of the same name.
        is_sure = both_count * 2 >= len(modules) and same * 2 >= both_count
        # A revision has all that nobody generates, so each module must come from somewhere in it.
        is_sure = is_sure or (self.source.rev is not None and both_count > 0)
        return folder, bool(folder) and is_sure

    def _is_same(self, entry: Entry, path: str) -> bool:
        return self.digests[entry.path] == self.source.digests[path]

    def _compare_single(self, name: str, entry: Entry) -> None:
        """Compare a module, or a file that Python reads at its start, beside the packages."""
        places = (
            path for each in ("", *_LEVELS) if (path := f"{each}/{name}".lstrip("/")) in self.source.files
        )
        place = next(places, None)
        if place is None:
            if _is_compared(name) and entry.size:
                self._add(name, name, entry)
        else:
            self._compare_texts(name, entry, place)

    def _compare_script(self, name: str, entry: Entry) -> None:
        """Compare a script; programs, and files for the command line of Windows, have no source."""
        content = self.contents.get(f"{self.wheel.path}/{entry.path}")
        if content is None or not content.is_script or self._is_elsewhere(entry):
            return
        place = self.source.like(name) or self.source.like(f"{name}.py")
        if place is None:
            self._add(name, "", entry)
        else:
            found = self.difference.doubtful if content.is_generated else self.difference.changed
            found[entry.path] = Odd("", place)

    def _compare_texts(self, path: str, entry: Entry, place: str) -> None:
        if self.source.is_opaque(place):
            return
        self.difference.shared += 1
        is_cut = not entry.size and self.source.files[place].size
        # The project may have another folder with a package of the same name.
        is_known = self._is_same(entry, place) or self._is_elsewhere(entry)
        is_changed = is_cut or (_is_compared(path) and not is_known)
        if is_changed:
            is_written = self._is_written(path, entry)
            found = self.difference.doubtful if is_written else self.difference.changed
            found[entry.path] = Odd(path, place)

    def _doubt(self, top: str, base: str, files: Mapping[str, Entry]) -> None:
        """Note the modules of a package that may come from elsewhere, for example from a generator."""
        for rest, entry in files.items():
            if rest.endswith(_CODE) and entry.size and not self._is_elsewhere(entry):
                place = f"{base}/{rest}"
                known = place if place in self.source.files else self.source.like(f"{top}/{rest}")
                self.difference.doubtful[entry.path] = Odd(f"{top}/{rest}", known)

    def _compare(self, top: str, base: str | None, files: Mapping[str, Entry]) -> None:
        """Compare a package with a folder of the source, None if the source has none."""
        if base is not None and self.source.rev is None:
            for path in self.source.inside(base):
                rest = path[len(base) + 1 :]
                if rest not in files:
                    self._note_missing(path, rest, f"{top}/{rest}", files)
        for rest, entry in files.items():
            place, path = f"{base}/{rest}", f"{top}/{rest}"
            if place in self.source.files:
                self._compare_texts(path, entry, place)
                continue
            if rest.endswith(_CODE) and entry.size and not self.source.is_opaque(place):
                self._add(path, path, entry)

    def _note_missing(self, path: str, rest: str, place: str, files: Mapping[str, Entry]) -> None:
        folder, _, name = rest.rpartition("/")
        entry = self.source.files[path]
        # Other wheels come from sources in other languages, and texts in a package may be for their build.
        is_text = self.wheel.is_for_all and may_be_read(rest)
        if not is_text and not is_for_users(rest):
            return
        if (entry.size and self.source.digests[path] in self.in_wheel) or self.source.exclusions.is_excluded(
            path
        ):
            return
        stem, dot, suffix = path.rpartition(".")
        # The folder is importable as a namespace too, and the top level may be a namespace.
        if (
            name == "__init__.py"
            and (not folder or not entry.size or _is_above_modules(folder, files))
            and any(each.startswith(f"{folder}/" if folder else "") for each in files)
        ):
            return
        # Cython writes the page beside the module.
        if suffix == "html" and any(f"{stem}{dot}{each}" in self.source.files for each in ("pyx", "py")):
            return
        compiled = (each for each in files if each.endswith(_COMPILED))
        if any(each.startswith(f"{rest.rpartition('.')[0]}.") for each in compiled):
            return
        if self.source.exclusions.is_only_for_sdists(path):
            return
        (self.difference.texts if is_text else self.difference.missing)[place] = path

    def _find_lost(self, parent: str) -> None:
        """Find the packages beside those of the wheel that the wheel lacks altogether."""
        start = f"{parent}/" if parent else ""
        for folder in self.source.contents.get(parent, ()):
            name = folder[len(start) : -1]
            if (
                not folder.endswith("/")
                or name in self.tops
                or f"{folder}__init__.py" not in self.source.files
            ):
                continue
            # Elsewhere, packages such as an example project or tools are for the developers.
            is_own = parent in _LEVELS or f"{normalize(name)}-".startswith(f"{self.wheel.project}-")
            # In a list that depends on the Python.
            is_named = name in self.source.exclusions.setup
            if is_own and not is_named and not is_aside_folder(name):
                for path in self.source.inside(folder[:-1]):
                    self._note_missing(path, path[len(start) :], path[len(start) :], {})


class _OfSdist(_Comparison):
    """The comparison of an sdist with a revision."""

    def __init__(self, sdist: Sdist, source: Source, contents: Mapping[str, Content]) -> None:
        super().__init__(sdist, source, contents)
        backend = table_of(sdist, "build-system").get("build-backend", "setuptools")
        is_run = isinstance(backend, str) and backend.startswith("setuptools")
        skip = len(sdist.root or "") + 1
        for path, entry in sdist.files.items():
            relative = path[skip:]
            content = contents.get(f"{sdist.path}/{path}")
            is_compared = _is_compared(relative) or (content is not None and content.is_script)
            if not is_compared or not entry.size or source.is_opaque(relative) or self._is_elsewhere(entry):
                continue
            level, _, rest = relative.partition("/")
            installed = rest if level in _LEVELS else relative
            if relative in source.files:
                # The texts of other files, such as shell scripts with a suffix, are not known.
                if source.digests[relative]:
                    is_written = self._is_written(relative, entry)
                    found = self.difference.doubtful if is_written else self.difference.changed
                    found[path] = Odd(installed, relative)
            # Some backends write a setup.py for old programs, and do not run it.
            elif is_run or relative != "setup.py":
                self._add(relative, installed, entry)


def _is_compared(path: str) -> bool:
    """Return whether the text of a file with this path in site-packages is compared."""
    return path.endswith(_CODE) or ("/" not in path and path.endswith(SUFFIXES))


def _is_above_modules(folder: str, files: Iterable[str]) -> bool:
    """Return whether neither a folder nor one above it contains modules, as the folders of a namespace."""
    above = {each.rpartition("/")[0] for each in files if each.endswith(_CODE)}
    return not any(f"{folder}/".startswith(f"{each}/" if each else "") for each in above)


def _sources_of(name: str) -> Iterable[str]:
    """Return the stems that the source of a generated module may have."""
    stem = name.partition(".")[0]
    return {stem, stem.removeprefix("_"), stem.removesuffix("_wrap"), f"_{stem}"}
