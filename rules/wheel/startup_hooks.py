"""The files of a wheel that run code at every start of Python, and those that the configuration allows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import ClassVar

from pkgaudit.api import Entry, Wheel
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.startup_lines import is_read
from pkgaudit.rules.wheel.layout_editable import is_editable
from pkgaudit.rules.wheel.startup_files import StartFile, at_the_root

# At least 16 digits: reports show so many of a digest.
_DIGEST = re.compile(r"sha256:([0-9a-f]{16,64})")
_ALLOWED = {"additionalProperties": {"type": "string", "pattern": f"^{_DIGEST.pattern}$"}}
"""The JSON Schema of ``allow``, for editors."""
# The two names that `site` imports, with the suffix of any module that the import system finds.
_HOOK = re.compile(r"(sitecustomize|usercustomize)(?:\.(?:py|pyc|pyw|(?:[^/]+\.)?(?:so|pyd|dll)))?")
# The same names as packages. 9 parent folders bound the time; `.data/data/lib/python3.13/site-packages` needs
# five.
_PACKAGE = re.compile(
    r"(?P<above>(?:[^/]+/){0,9})(?P<name>sitecustomize|usercustomize)/__init__\.(?:py|pyc|(?:[^/]+\.)?(?:so|pyd))"
)


_OF_PYTHON = re.compile(r"-py[23](?:\.\d{1,2})?(?=-nspkg\.pth$)")
"""The Python in the name of a hook for a namespace, which old versions of setuptools write."""


@dataclass(frozen=True)
class PathFiles:
    """The allowed files: the name of each, and the digest of its content as ``sha256:…``."""

    table: ClassVar[str] = "path-file"

    allow: Mapping[str, str] = field(default_factory=dict, metadata={"schema": _ALLOWED})

    def __post_init__(self) -> None:
        for name, digest in self.allow.items():
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"allow: {name}: {digest!r} is not 'sha256:' and 16 to 64 hex digits")

    def allows(self, entry: Entry) -> bool | None:
        """Return whether the content of a file is allowed, None if ``allow`` does not list its name."""
        digest = self.allow.get(entry.path.rpartition("/")[2])
        return None if digest is None else entry.sha256.startswith(digest.removeprefix("sha256:"))


def may_run(path: str) -> bool:
    """Return whether Python reads a file with a path in site-packages at every start."""
    if "/" in path:
        match = _PACKAGE.fullmatch(path)
        return match is not None and not match["above"]
    return is_read(path) or _HOOK.fullmatch(path) is not None


def site_modules(wheel: Wheel) -> dict[str, tuple[str, Entry]]:
    """Return the modules ``sitecustomize`` and ``usercustomize``: the path and the file of each, by name.

    The path of a package is that of its folder.
    """
    found: dict[str, tuple[str, Entry]] = {}
    for path, entry in at_the_root(wheel).items():
        match = _HOOK.fullmatch(path.rpartition("/")[2])
        if match is not None:
            found.setdefault(match[1], (path, entry))
    for path, entry in wheel.files.items():
        match = _PACKAGE.fullmatch(path)
        if match is not None and _is_at_the_root(wheel, match["above"] or ""):
            found.setdefault(match["name"], (f"{match['above'] or ''}{match['name']}", entry))
    return found


def _is_at_the_root(wheel: Wheel, above: str) -> bool:
    data = f"{wheel.data_directory}/" if wheel.data_directory else None
    if not above or (data and above in (f"{data}purelib/", f"{data}platlib/")):
        return True
    inside = data is not None and above.startswith(f"{data}data/")
    return inside and above.casefold().endswith(("/site-packages/", "/dist-packages/"))


def hooks_of(wheel: Wheel, files: Mapping[str, StartFile]) -> Iterator[tuple[str, str, Entry]]:
    """Yield the name, the path and the file of everything in a wheel that runs code at every start.

    ``files`` are the summaries by the path of the wheel and that of the member. The versions of the project
    and of Python in a name are left out, so a hook has the same name in the next version.
    """
    version = wheel.filename_project[1]
    for path, entry in at_the_root(wheel).items():
        name = path.rpartition("/")[2]
        if is_read(name) and not is_editable(name):
            start = files.get(f"{wheel.path}/{path}")
            if start is not None and start.count:
                yield _OF_PYTHON.sub("", name.replace(version, "")), path, entry
    for name, (path, entry) in site_modules(wheel).items():
        yield name, path, entry
