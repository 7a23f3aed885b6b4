"""SF209, SF210: the files that the user forbids and those that the user requires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pkgaudit.api import (
    Distribution,
    Exclude,
    Include,
    Location,
    Problem,
    Sdist,
    Severity,
    Wheel,
    quoted,
    rule,
)
from pkgaudit.rules._shared.patterns import (
    File,
    Folder,
    Hit,
    Inside,
    Inventory,
    compile_patterns,
    inventory_of,
)
from pkgaudit.rules.stray.pattern_rules import SHOWN, amount, data_of


@dataclass(frozen=True)
class Files:
    """The files that a project forbids and requires, as gitignore patterns.

    They see a path from the root of the wheel, or from the site-packages or the scheme's folder that it is
    installed in, or below the root folder of the sdist, and distinguish capital letters. A pattern that
    begins with an exclamation mark takes out again what those before it match.
    """

    table: ClassVar[str] = "files"

    forbidden: tuple[str, ...] = ()
    forbidden_in_wheel: tuple[str, ...] = ()
    forbidden_in_sdist: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    required_in_wheel: tuple[str, ...] = ()
    required_in_sdist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for lines in (
            self.forbidden,
            self.forbidden_in_wheel,
            self.forbidden_in_sdist,
            self.required,
            self.required_in_wheel,
            self.required_in_sdist,
        ):
            for line in lines:
                if not line.strip().removeprefix("!"):
                    raise ValueError(f"{line!r} is no pattern")
                # Each of these is valid for gitignore and matches nothing: a list that seems to hold, and
                # does not.
                if line.startswith("#"):
                    raise ValueError(f"{line!r} is a comment and matches nothing; write '\\#' for a name")
                if line.removeprefix("!").startswith(("./", "../")):
                    raise ValueError(f"{line!r} matches nothing; begin with '/' for the root")
                compile_patterns((line,), False).spec  # noqa: B018 - raises for what is not a pattern
            if lines and lines[0].startswith("!"):
                raise ValueError(f"{lines[0]!r} takes something out, and there is no pattern before it")

    def forbidden_of(self, distribution: Distribution) -> tuple[str, ...]:
        """Return the patterns of what a distribution must not have."""
        if isinstance(distribution, Wheel):
            return self.forbidden + self.forbidden_in_wheel
        return self.forbidden + (self.forbidden_in_sdist if isinstance(distribution, Sdist) else ())

    def required_of(self, distribution: Distribution) -> tuple[str, ...]:
        """Return the patterns of what a distribution must have."""
        if isinstance(distribution, Wheel):
            return self.required + self.required_in_wheel
        return self.required + (self.required_in_sdist if isinstance(distribution, Sdist) else ())


@dataclass(frozen=True)
class _Group:
    """A pattern and the negated ones behind it, which take out what it matches."""

    pattern: str
    but: tuple[str, ...]

    def match(self, paths: tuple[str, ...]) -> bool:
        """Return whether one of the paths of a file or folder matches."""
        spec = compile_patterns((self.pattern, *self.but), False)
        return any(spec.match(path) for path in paths)


def _groups(lines: tuple[str, ...]) -> list[_Group]:
    """Return each pattern with those behind it that take out again."""
    return [
        _Group(line, tuple(each for each in lines[at:] if each.startswith("!")))
        for at, line in enumerate(lines)
        if not line.startswith("!")
    ]


class _Paths:
    """The paths under which the patterns see a file or folder of a distribution."""

    def __init__(self, distribution: Distribution) -> None:
        data = distribution.data_directory if isinstance(distribution, Wheel) else None
        self._data = f"{data}/" if data else None

    def of(self, relative: str) -> tuple[str, ...]:
        """Return the path itself, and below ``.data`` that from the folder it is installed in."""
        if self._data is None or not relative.startswith(self._data):
            return (relative,)
        installed = relative[len(self._data) :].partition("/")[2]
        return (relative, installed) if installed.strip("/") else (relative,)


def _matches(distribution: Distribution, group: _Group) -> list[Hit]:
    """Return the files and outermost folders of the distribution itself that a pattern matches."""
    inventory = inventory_of(distribution)
    paths = _Paths(distribution)
    candidates = compile_patterns((group.pattern,), False)
    inside = Inside(())
    hits = []
    folders = [each for name in candidates.names(inventory.folders) for each in inventory.folders[name]]
    for folder in sorted(folders, key=lambda each: each.number):
        if folder in inside or _is_nested(folder):
            continue
        if group.match(paths.of(f"{folder.relative}/")):
            files = tuple(each for each in folder.all_files() if group.match(paths.of(each.relative)))
            if files or not any(folder.all_files()):
                inside.add(folder)
                hits.append(Hit(folder, files))
    for file in _files(inventory, candidates.names(inventory.files)):
        if file.folder not in inside and group.match(paths.of(file.relative)):
            hits.append(Hit(None, (file,)))
    return hits


def _files(inventory: Inventory, names: list[str]) -> Iterator[File]:
    for name in names:
        # Archives inside were made by others: the project's list is about what it packs itself.
        yield from (each for each in inventory.files[name] if not each.entry.depth)


def _is_nested(folder: Folder) -> bool:
    top = folder
    for top in folder.above():  # noqa: B007 - the last one counts
        pass
    return top.outside is not None or "!" in top.base


def _is_within(hit: Hit, folders: Inside) -> bool:
    """Return whether a hit lies in a folder that is matched itself."""
    return folders.covers(hit.folder) if hit.folder is not None else hit.files[0].folder in folders


def _path_of(hit: Hit) -> str:
    if hit.folder is not None:
        return hit.folder.path
    return hit.files[0].path


@rule("SF209", "forbidden-file", Severity.ERROR, formerly=["SF209/forbidden-file"], since="0.1.0")
def forbidden_file(distribution: Distribution, options: Files) -> Iterator[Problem]:
    """A file is packed that the project forbids.

    ## Why it matters
    The project has said, in its own configuration, that it must not be in a release. It says nothing
    until there is such a list.

    ## How to fix it
    Leave the file out, or change the list:

        [tool.pkgaudit.files]
        forbidden = ["*.ipynb", "internal/", "!sample/demo.ipynb"]
        forbidden-in-wheel = ["tests/", "*.pyx"]
        forbidden-in-sdist = [".github/"]

    The patterns are those of gitignore, with capital letters distinguished: `name` is a file or folder
    at any depth, `name/` a folder, `/name` one at the root, `!name` takes out again what those before it
    match.
    Paths begin at the root of the wheel, below the root folder of the sdist, and, for what is under
    `.data`, also at the folder it is installed in (`sample/x.py` for `sample-1.0.data/purelib/sample/x.py`).
    It does not matter whether the archive has entries for folders. Archives inside are not looked into.

    ## References
    - <https://git-scm.com/docs/gitignore#_pattern_format>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    said: set[str] = set()
    matched = [
        (group, _matches(distribution, group)) for group in _groups(options.forbidden_of(distribution))
    ]
    whole = Inside(hit.folder for _, found in matched for hit in found if hit.folder is not None)
    for group, found in matched:
        hits = [hit for hit in found if _path_of(hit) not in said and not _is_within(hit, whole)]
        said.update(map(_path_of, hits))
        rest = hits[SHOWN - 1 :] if len(hits) > SHOWN else []
        for hit in hits[: len(hits) - len(rest)]:
            path = _path_of(hit)
            folder = f"/ ({amount(hit)})" if hit.folder is not None else ""
            yield Problem(
                f"{quoted(path)}{folder} is packed and forbidden by {quoted(group.pattern)}",
                Location(path),
                Exclude(path),
                key=group.pattern,
                data={**data_of(hit), "pattern": group.pattern},
            )
        if rest:
            names = ", ".join(quoted(_path_of(hit)) for hit in rest[:3])
            yield Problem(
                f"{len(rest):,} more, with {names} …, are packed and forbidden by {quoted(group.pattern)}",
                fix="leave all of them out in the same way",
                key=f"{group.pattern} more",
                data={
                    "count": len(rest),
                    "paths": [_path_of(hit) for hit in rest],
                    "pattern": group.pattern,
                },
            )


@rule("SF210", "missing-file", Severity.ERROR, formerly=["SF209", "SF209/missing-file"], since="0.1.0")
def missing_file(distribution: Distribution, options: Files) -> Iterator[Problem]:
    """A file that the project requires is missing.

    ## Why it matters
    The project has said, in its own configuration, that its releases must have it: a compiled front end, a
    library, a license. It says nothing until there is such a list. A distribution that could not be
    read to its end is not judged.

    ## How to fix it
    Have the file packed, or change the list:

        [tool.pkgaudit.files]
        required = ["py.typed"]
        required-in-wheel = ["sample/static/*.js", "/sample/data/"]
        required-in-sdist = ["tests/", "LICENSE"]

    Each pattern must match at least one file, or a folder with something in it. How patterns match is told
    with *forbidden-file*.

    ## References
    - <https://git-scm.com/docs/gitignore#_pattern_format>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """
    if not distribution.is_readable:
        return
    for group in _groups(options.required_of(distribution)):
        if not any(hit.files for hit in _matches(distribution, group)):
            path = group.pattern.removeprefix("/")
            root = f"{distribution.root}/" if isinstance(distribution, Sdist) and distribution.root else ""
            yield Problem(
                f"has no file {quoted(group.pattern)}, which is required",
                fix=Include(f"{root}{path}"),
                key=group.pattern,
                data={"pattern": group.pattern},
            )
