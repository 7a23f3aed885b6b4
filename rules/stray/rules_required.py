"""SF209, SF210: the files that the user forbids and those that the user requires."""

from __future__ import annotations

from collections.abc import Iterator
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
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import (
    File,
    Folder,
    Hit,
    Inside,
    Inventory,
    compile_patterns,
    inventory_of,
)
from pkgaudit.rules.stray.pattern_rules import SHOWN, data_of, sentence


@dataclass(frozen=True)
class Files:
    """The files that a project forbids and requires, as gitignore patterns.

    The patterns match paths from the root of the wheel, from the folder into which a file under `.data` is
    installed, or below the root folder of the sdist. They are case-sensitive. A pattern that begins with an
    exclamation mark excludes files that earlier patterns match.
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
                    raise ValueError(f"{line!r} is not a pattern")
                # These lines are valid in a .gitignore file but match nothing: the list would seem to work.
                if line.startswith("#"):
                    raise ValueError(
                        f"{line!r} is a comment and matches nothing; write '\\#' to match a name"
                    )
                if line.removeprefix("!").startswith(("./", "../")):
                    raise ValueError(f"{line!r} matches nothing; begin with '/' for the root")
                compile_patterns((line,), False).spec  # noqa: B018 - raises if the line is not a pattern
            if lines and lines[0].startswith("!"):
                raise ValueError(f"{lines[0]!r} excludes files, but no pattern comes before it")

    def forbidden_of(self, distribution: Distribution) -> tuple[str, ...]:
        """Return the patterns of forbidden files."""
        if isinstance(distribution, Wheel):
            return self.forbidden + self.forbidden_in_wheel
        return self.forbidden + (self.forbidden_in_sdist if isinstance(distribution, Sdist) else ())

    def required_of(self, distribution: Distribution) -> tuple[str, ...]:
        """Return the patterns of required files."""
        if isinstance(distribution, Wheel):
            return self.required + self.required_in_wheel
        return self.required + (self.required_in_sdist if isinstance(distribution, Sdist) else ())


@dataclass(frozen=True)
class _Group:
    """A pattern and the negated patterns after it, which exclude some of its matches."""

    pattern: str
    but: tuple[str, ...]

    def match(self, paths: tuple[str, ...]) -> bool:
        """Return whether one of the paths of a file or folder matches."""
        spec = compile_patterns((self.pattern, *self.but), False)
        return any(spec.match(path) for path in paths)


def _groups(lines: tuple[str, ...]) -> list[_Group]:
    """Return each pattern with the negated patterns after it."""
    return [
        _Group(line, tuple(each for each in lines[at:] if each.startswith("!")))
        for at, line in enumerate(lines)
        if not line.startswith("!")
    ]


class _Paths:
    """The paths of a file or folder that the patterns are compared with."""

    def __init__(self, distribution: Distribution) -> None:
        data = distribution.data_directory if isinstance(distribution, Wheel) else None
        self._data = f"{data}/" if data else None

    def of(self, relative: str) -> tuple[str, ...]:
        """Return the path itself and, below ``.data``, the path from the folder of its installation."""
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
        # Nested archives are left out: the project's list covers the files that the project packs itself.
        yield from (each for each in inventory.files[name] if not each.entry.depth)


def _is_nested(folder: Folder) -> bool:
    top = folder
    for top in folder.above():  # noqa: B007 - the last one counts
        pass
    return top.outside is not None or "!" in top.base


def _is_within(hit: Hit, folders: Inside) -> bool:
    """Return whether a hit is in a folder that is a match itself."""
    return folders.covers(hit.folder) if hit.folder is not None else hit.files[0].folder in folders


def _path_of(hit: Hit) -> str:
    if hit.folder is not None:
        return hit.folder.path
    return hit.files[0].path


@rule("SF209", "forbidden-file", Severity.ERROR, formerly=["SF209/forbidden-file"], since="0.1.0")
def forbidden_file(distribution: Distribution, options: Files) -> Iterator[Problem]:
    """The archive contains a file that the project forbids.

    ## Why it matters
    The project's own configuration says that the file must not be in a release. The rule does nothing without
    this list.

    ## How to fix it
    Leave the file out, or change the list:

        [tool.pkgaudit.files]
        forbidden = ["*.ipynb", "internal/", "!sample/demo.ipynb"]
        forbidden-in-wheel = ["tests/", "*.pyx"]
        forbidden-in-sdist = [".github/"]

    The patterns follow the gitignore syntax and are case-sensitive: `name` matches a file or folder at any
    depth, `name/` a folder, and `/name` a file or folder at the root; `!name` excludes matches of earlier
    patterns. Paths start at the root of the wheel or below the root folder of the sdist. For files under
    `.data`, they also start at the folder of the installation (`sample/x.py` for
    `sample-1.0.data/purelib/sample/x.py`). The archive need not have entries for folders. The rule does not
    look into nested archives.

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
            yield Problem(
                sentence(path, f"is forbidden by the pattern {quoted(group.pattern)}", hit),
                Location(path),
                Exclude(path),
                key=group.pattern,
                data={**data_of(hit), "pattern": group.pattern},
            )
        if rest:
            names = ", ".join(quoted(_path_of(hit)) for hit in rest[:3])
            yield Problem(
                f"{len(rest):,} more paths are forbidden by the pattern {quoted(group.pattern)}: "
                f"{names}{' …' if len(rest) > 3 else ''}",
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
    """The archive lacks a file that the project requires.

    ## Why it matters
    The project's own configuration says that its releases must contain the file: a compiled front end, a
    library, a license. The rule does nothing without this list, and skips a distribution that could not be
    read to its end.

    ## How to fix it
    Configure the build backend to pack the file, or change the list:

        [tool.pkgaudit.files]
        required = ["py.typed"]
        required-in-wheel = ["sample/static/*.js", "/sample/data/"]
        required-in-sdist = ["tests/", "LICENSE"]

    Each pattern must match at least one file, or a folder that is not empty. *forbidden-file* explains the
    syntax of the patterns.

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
                f"the archive has no file that matches the required pattern {quoted(group.pattern)}",
                fix=Include(f"{root}{path}"),
                key=group.pattern,
                data={"pattern": group.pattern},
            )
