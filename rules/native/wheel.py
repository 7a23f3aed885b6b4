"""The binaries of a wheel: its extension modules, and the libraries that they load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from pkgaudit.api import Wheel
from pkgaudit.rules._shared.cache import Latest
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules._shared.wheel_tags import WheelTags, wheel_tags
from pkgaudit.rules.native.header import Header
from pkgaudit.rules.native.tags import Claim, Platform, Suffix, claims_of, platform_of, suffix_of

_INITS = ("PyInit_", "PyInitU_")


class Natives:
    """The native binaries of a wheel by path, without those in nested archives, and the wheel's tags."""

    def __init__(self, wheel: Wheel, headers: Mapping[str, Header]) -> None:
        self.wheel = wheel
        self.headers = {path: headers[path] for path in sorted(headers) if path in wheel.files}
        self.has_nested = len(self.headers) < len(headers)
        self.tags: WheelTags | None = wheel_tags(wheel)
        platforms = sorted(self.tags.platforms) if self.tags else []
        self.platforms: list[Platform] = [each for each in map(platform_of, platforms) if each]
        self.is_known = bool(platforms) and len(self.platforms) == len(platforms)
        """Whether the binaries of all platform tags are known."""
        self.is_any = platforms == ["any"]

    @property
    def is_sound(self) -> bool:
        """Whether the wheel was read, and its tags are valid."""
        return self.tags is not None and self.wheel.is_readable

    @cached_property
    def claims(self) -> frozenset[Claim]:
        """The Pythons that the tags promise."""
        return claims_of(self.tags) if self.tags else frozenset()

    @cached_property
    def systems(self) -> frozenset[str]:
        """The systems that the tags promise."""
        return frozenset(each.system for each in self.platforms)

    @cached_property
    def formats(self) -> frozenset[str]:
        """The formats of binaries that the tags promise."""
        return frozenset(each.format for each in self.platforms)

    @cached_property
    def architectures(self) -> frozenset[str]:
        """The architectures that the tags promise."""
        return frozenset(each for platform in self.platforms for each in platform.architectures)

    @cached_property
    def suffixes(self) -> dict[str, Suffix]:
        """The extension modules by path: binaries with a suffix and an init function that Python accepts."""
        found = {}
        for path, installed in installation_of(self.wheel).importable.items():
            header = self.headers.get(installed.entry.path)
            *folders, name = path.split("/")
            suffix = suffix_of(name)
            if header is None or suffix is None or any(map(is_test_folder, folders)):
                continue
            # PEP 3121 and PEP 489: Python cannot import a module without such a function. An unread part may
            # define one.
            defined = any(each.startswith(_INITS) for image in header.images for each in image.defined)
            if defined or (header.unread and suffix.implementation):
                found[installed.entry.path] = suffix
        return found

    @cached_property
    def modules(self) -> dict[str, list[str]]:
        """The paths of the extension modules by module, which is the path without the suffix."""
        found: dict[str, list[str]] = {}
        for path, suffix in self.suffixes.items():
            found.setdefault(path[: -len(suffix.text)], []).append(path)
        return found

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """The paths of the binaries by the names that others may need: filename or own name, lower case."""
        found: dict[str, list[str]] = {}
        for path in self.headers:
            for name in self.names_of(path):
                found.setdefault(name, []).append(path)
        return found

    def names_of(self, path: str) -> set[str]:
        """Return the names by which others may need a binary, in lower case."""
        names = {path.rpartition("/")[2], *(base(image.name) for image in self.headers[path].images)}
        return {name.lower() for name in names}

    @cached_property
    def file_names(self) -> frozenset[str]:
        """The lower-case names of all files of the wheel: a library may be a link or an unread file."""
        return frozenset(path.rpartition("/")[2].lower() for path in self.wheel.files)

    @cached_property
    def top_levels(self) -> frozenset[str]:
        """The first components of all paths."""
        return frozenset(path.partition("/")[0] for path in self.wheel.files)

    def has(self, library: str) -> bool:
        """Return whether a needed library is in any folder of the wheel."""
        name = base(library).lower()
        return name in self.by_name or name in self.file_names

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The extension modules and all libraries of the wheel that they load, directly or indirectly."""
        return self.loaded_by(self.suffixes)

    def loaded_by(self, paths: Iterable[str]) -> frozenset[str]:
        """Return binaries and all libraries of the wheel that they need, directly or indirectly."""
        found = set(paths)
        pending = list(found)
        asked: set[tuple[str, str]] = set()
        while pending:
            header = self.headers[pending.pop()]
            for library in header.needed:
                name = base(library).lower()
                if (name, header.format) in asked:
                    continue
                asked.add((name, header.format))
                for path in self.by_name.get(name, ()):
                    if path not in found and self.headers[path].format == header.format:
                        found.add(path)
                        pending.append(path)
        return frozenset(found)

    @cached_property
    def fitting(self) -> dict[str, Header]:
        """The binaries for a platform of the tags, that is of its format and one of its architectures.

        Binaries in test folders, object files, and code for other processors are left out.
        """
        return {
            path: header
            for path, header in self.headers.items()
            if header.format in self.formats
            and header.architectures & self.architectures
            and not self.is_test(path)
        }

    def is_test(self, path: str) -> bool:
        """Return whether a binary is in a folder with tests or test data."""
        return any(map(is_test_folder, path.split("/")[:-1]))

    def promised(self, header: Header) -> list[Platform]:
        """Return the platform tags that a binary must fulfill."""
        return [
            each
            for each in self.platforms
            if each.format == header.format and each.architectures & header.architectures
        ]


_SEPARATOR = re.compile(r"[/\\]")


def base(name: str) -> str:
    """Return the last component of a library's name."""
    return _SEPARATOR.split(name)[-1]


_latest = Latest[Wheel, Natives]()


def natives_of(wheel: Wheel, headers: Mapping[str, Header]) -> Natives:
    """Return the binaries of a wheel, computed once for consecutive rules."""
    return _latest.of(wheel, lambda: Natives(wheel, headers))
