"""SF201 to SF206: files that only clutter: caches, reports, junk of systems, editors, agents, builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pkgaudit.api import ArchiveKind, Distribution, Location, Problem, Severity, Wheel, rule, sized
from pkgaudit.rules._shared.patterns import File, Folder, Hit, Inventory, inventory_of
from pkgaudit.rules.stray.pattern_rules import DELETE, Choice, in_examples, in_tests, is_vendored, problems


def _warn_outside_tests(hit: Hit) -> Severity | None:
    return Severity.INFO if in_tests(hit) else Severity.WARNING


@dataclass(frozen=True)
class Caches(Choice):
    """Which folders and files are caches of tools."""

    patterns: tuple[str, ...] = (
        ".pytest_cache/",
        ".mypy_cache/",
        ".ruff_cache/",
        ".hypothesis/",
        ".tox/",
        ".nox/",
        ".eggs/",
        ".cache/",
        ".ipynb_checkpoints/",
        "__pypackages__/",
        ".pytype/",
        ".pyre/",
        ".dmypy.json",
        ".import_linter_cache/",
        ".benchmarks/",
        ".asv/",
        ".pixi/",
        ".pdm-build/",
        ".gradle/",
        ".sass-cache/",
        ".parcel-cache/",
        ".turbo/",
        ".terraform/",
        "cython_debug/",
    )


@rule("SF201", "cache", Severity.WARNING, since="0.1.0")
def cache(distribution: Distribution, options: Caches) -> Iterator[Problem]:
    """The cache of a tool is packed into the archive.

    ## Why it matters
    Caches of test runners, type checkers and linters are large, differ from machine to machine, and
    tell about it: paths, names of private branches and tests, copies of sources in the state they
    had at some other time. `.tox/` and `.nox/` hold whole environments, `.ipynb_checkpoints/`
    notebooks with outputs that were thought deleted.

    ## How to fix it
    Delete the caches before building, or better, build from a fresh clone.

        [tool.pkgaudit.cache]
        allow = ["sample/data/.cache/"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://bford.info/cachedir/>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    """
    yield from problems(options.hits(distribution), "is a cache", _warn_outside_tests, first=DELETE)


@dataclass(frozen=True)
class Reports(Choice):
    """Which files are reports of coverage and profilers."""

    patterns: tuple[str, ...] = (
        ".coverage",
        ".coverage.*",
        "!.coverage.toml",
        "!.coverage.ini",
        "htmlcov/",
        "coverage.xml",
        "lcov.info",
        ".nyc_output/",
        "*.prof",
        "*.lprof",
        "*.gcda",
        "*.gcno",
        "*.profraw",
        "*.profdata",
    )


@rule("SF202", "coverage-or-profile", Severity.WARNING, since="0.1.0")
def coverage_or_profile(distribution: Distribution, options: Reports) -> Iterator[Problem]:
    """A report of coverage or of a profiler is packed into the archive.

    ## Why it matters
    Nobody who installs the project has a use for it, and it holds the absolute paths of the machine
    on which the tests ran.

    Under folders of tests such files are the data of a test, and are left alone. The configuration,
    `.coveragerc`, is none of it.

    ## How to fix it
    Leave it out, or build from a fresh clone.

        [tool.pkgaudit.coverage-or-profile]
        allow = ["sample/data/*.prof"]

    ## References
    - <https://coverage.readthedocs.io/en/latest/config.html>
    - <https://docs.python.org/3/library/profile.html>
    """

    def judge(hit: Hit) -> Severity | None:
        return None if in_tests(hit) and not options.extends(hit) else Severity.WARNING

    hits = options.hits(distribution)
    yield from problems(hits, "is a report of coverage or of a profiler", judge, first=DELETE)


@dataclass(frozen=True)
class Junk(Choice):
    """Which files are left by operating systems and editors."""

    patterns: tuple[str, ...] = (
        ".DS_Store",
        "._*",
        "__MACOSX/",
        ".AppleDouble/",
        ".Spotlight-V100/",
        ".Trashes/",
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$RECYCLE.BIN/",
        ".directory",
        ".nfs*",
        ".fuse_hidden*",
        "*~",
        ".*.sw?",
        "*.swp",
        ".#*",
        "\\#*#",
    )


@rule("SF203", "os-or-editor-junk", Severity.WARNING, since="0.1.0")
def os_or_editor_junk(distribution: Distribution, options: Junk) -> Iterator[Problem]:
    """A file that an operating system or an editor left behind is packed into the archive.

    ## Why it matters
    `.DS_Store` lists the names of files that are not in the archive, `._name` holds attributes of the
    owner's system, `name~` and `.name.swp` an earlier or unsaved text of a file, at times one with
    what was taken out of it. In a wheel they land in everybody's `site-packages`.

    Under folders of tests it is an info, since such files may be the data of a test.

    ## How to fix it
    Delete it and have version control ignore it, with a global ignore file for what your own system
    and editor make.

        [tool.pkgaudit.os-or-editor-junk]
        allow = ["sample/templates/*~"]

    ## References
    - <https://git-scm.com/docs/gitignore>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    """
    hits = options.hits(distribution)
    yield from problems(
        hits, "was left behind by an operating system or an editor", _warn_outside_tests, first=DELETE
    )


@dataclass(frozen=True)
class IdeSettings(Choice):
    """Which files are settings of development environments."""

    patterns: tuple[str, ...] = (
        ".idea/",
        ".vscode/",
        ".vs/",
        ".fleet/",
        ".zed/",
        ".settings/",
        ".spyproject/",
        ".spyderproject",
        ".ropeproject/",
        "nbproject/",
        ".project",
        ".pydevproject",
        "*.iml",
        "*.sublime-project",
        "*.sublime-workspace",
        "*.code-workspace",
    )


@rule("SF204", "ide-settings", Severity.WARNING, since="0.1.0")
def ide_settings(distribution: Distribution, options: IdeSettings) -> Iterator[Problem]:
    """Settings of a development environment are packed into the archive.

    ## Why it matters
    They are of use to nobody who installs the project, and tell about the machine: paths,
    interpreters, run configurations with environment variables, addresses of databases.

    ## How to fix it
    Leave them out. If version control has them on purpose and the sdist is to have all that version control
    has, say so:

        [tool.pkgaudit.ide-settings]
        allow = [".vscode/"]

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://git-scm.com/docs/gitignore>
    """
    yield from problems(
        options.hits(distribution), "holds settings of a development environment", _warn_outside_tests
    )


@dataclass(frozen=True)
class AgentFiles(Choice):
    """Which files are instructions, settings and logs of coding agents."""

    patterns: tuple[str, ...] = (
        ".claude/",
        ".cursor/",
        ".aider*",
        ".windsurf/",
        ".roo/",
        ".codex/",
        ".gemini/",
        ".junie/",
        ".kiro/",
        ".continue/",
        ".serena/",
        ".specstory/",
        "CLAUDE.md",
        "CLAUDE.local.md",
        "AGENTS.md",
        "GEMINI.md",
        ".cursorrules",
        ".cursorignore",
        ".windsurfrules",
        ".clinerules",
        ".roomodes",
        ".mcp.json",
        "copilot-instructions.md",
    )


@rule("SF205", "agent-file", Severity.WARNING, since="0.1.0")
def agent_file(distribution: Distribution, options: AgentFiles) -> Iterator[Problem]:
    """Instructions, settings or logs of a coding agent are packed into the archive.

    ## Why it matters
    They are notes for those who work on the project. Logs and local settings quote conversations,
    commands and paths of the machine. In a wheel, instructions land in everybody's
    environment, where another agent that searches it may take them for its own.

    A warning in a wheel. An info in an sdist, which often has all that version control has, and under
    folders of templates and skills, which are made for the users' agents. Capital letters count: a
    page called `agents.md` is documentation.

    ## How to fix it
    Leave them out.

        [tool.pkgaudit.agent-file]
        allow = ["AGENTS.md"]

    ## References
    - <https://agents.md/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """

    def judge(hit: Hit) -> Severity | None:
        for_users = in_examples(hit) or re.search(r"(?:^|/)\.?(?:skills|agents|prompts)/", hit.relative)
        # An sdist often has all that version control has, hence these files without any mistake.
        milder = distribution.kind is not ArchiveKind.WHEEL or for_users
        return Severity.INFO if milder else Severity.WARNING

    hits = options.hits(distribution, ignore_case=False)
    yield from problems(hits, "is meant for coding agents that work on the project", judge)


@dataclass(frozen=True)
class Leftovers(Choice):
    """Which files are left by builds."""

    patterns: tuple[str, ...] = (
        "CMakeFiles/",
        "CMakeCache.txt",
        "cmake-build-*/",
        "_skbuild/",
        ".ninja_log",
        ".ninja_deps",
        "*.dSYM/",
        "*.egg-info",
    )


# The languages whose compilers write `name.o` beside `name.c`. An `.obj` alone may be a shape (Wavefront), so
# the source must be in the same folder.
_SOURCES = ("c", "cc", "cpp", "cxx", "m", "mm", "cu", "f", "for", "f90", "f95", "pyx", "rs", "s", "d", "go")
# What setuptools makes in `build/`: lib, lib.PLATFORM-PYTHON, temp.…, bdist.PLATFORM and scripts-VERSION.
_BUILD_FOLDERS = re.compile(r"lib(?:\..+)?|temp\..+|bdist\..+|scripts-\d.*")
# Folders that meson makes in each build directory; a `build/` of other content may be a package.
_MESON_FOLDERS = ("meson-info", "meson-private", "meson-logs")
# Source maps of JavaScript, TypeScript and style sheets; a `.map` alone may be a map of a game or a linker's.
_SOURCE_MAP = re.compile(r".*\.(?:[cm]?js|css|ts)\.map")


@rule("SF206", "build-leftover", Severity.WARNING, since="0.1.0")
def build_leftover(distribution: Distribution, options: Leftovers) -> Iterator[Problem]:
    """What a build leaves behind is packed into the archive.

    ## Why it matters
    It is large, belongs to one machine, and holds its paths. A `build/` with an earlier state of the
    modules is worse: with it in the archive, files come back that were deleted from the project.

    Names alone prove little, since `build/` and `target/` may be packages, `.pdb` proteins and `.obj`
    shapes. Reported are a `build/` or `target/` with what setuptools, CMake, meson, cargo or maven
    put there, an object file beside its source, a `.pdb` beside its library, `*.egg-info` in a
    wheel, and folders of CMake and scikit-build. Static libraries (`*.a`) are left alone, as they
    are shipped to be linked with, and so are folders of tests. Source maps in a wheel are one info
    with their total size.

    ## How to fix it
    Build from a fresh clone, or leave the folder out.

        [tool.pkgaudit.build-leftover]
        extend = ["*.a"]
        allow = ["sample/build/"]

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/miscellaneous.html>
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    inventory = inventory_of(distribution)
    wheel = isinstance(distribution, Wheel)

    def judge(hit: Hit) -> Severity | None:
        if not options.extends(hit):
            if in_tests(hit):
                return None
            # A vendored project may be packed with its metadata, which tools read; in zips inside it is an
            # egg's.
            if hit.name.casefold().endswith(".egg-info") and (is_vendored(hit) or hit.is_nested):
                return None
        return Severity.WARNING

    hits = options.hits(
        distribution,
        marked=_build_folders(inventory),
        also=_objects(inventory),
        # setuptools puts it into every sdist.
        without=() if wheel else ("*.egg-info",),
    )
    yield from problems(hits, "was left behind by a build", judge, first=DELETE)
    if wheel:
        yield from _source_maps(distribution, options, inventory)


def _build_folders(inventory: Inventory) -> Iterator[Folder]:
    for folder in inventory.folders.get("build", []):
        if not folder.file("__init__.py") and (
            any(_BUILD_FOLDERS.fullmatch(each.name) for each in folder.children.values() if _is_output(each))
            or any(folder.child(each) for each in _MESON_FOLDERS)
            or folder.file("cmakecache.txt")
            or folder.file("build.ninja")
        ):
            yield folder
    for folder in inventory.folders.get("target", []):
        # Cargo writes .rustc_info.json and .fingerprint, Maven its two folders; `target` alone is a usual
        # word.
        cargo = folder.file(".rustc_info.json") or any(
            (inner := folder.child(each)) and inner.child(".fingerprint") for each in ("debug", "release")
        )
        if cargo or folder.child("maven-status") or folder.child("maven-archiver"):
            yield folder


def _is_output(folder: Folder) -> bool:
    """Return whether a folder of `build/` is setuptools' own: `lib` alone needs modules in packages in it."""
    return folder.name != "lib" or any(each.file("__init__.py") for each in folder.children.values())


def _objects(inventory: Inventory) -> Iterator[File]:
    for name, files in inventory.files.items():
        stem, _, ending = name.rpartition(".")
        if ending in ("o", "obj"):
            beside = [f"{stem}.{each}" for each in _SOURCES]
        elif ending == "pdb":
            beside = [f"{stem}.{each}" for each in ("pyd", "dll", "exe")]
        else:
            continue
        yield from (file for file in files if any(file.folder.file(each) for each in beside))


def _source_maps(distribution: Distribution, options: Leftovers, inventory: Inventory) -> Iterator[Problem]:
    allow = options.allowed()
    maps = [
        file
        for name, files in inventory.files.items()
        if name.endswith(".map") and _SOURCE_MAP.fullmatch(name)
        for file in files
        if not file.entry.depth and not (allow and allow.match(file.relative))
    ]
    if maps:
        total = sized(sum(file.entry.size for file in maps))
        first = maps[0].path
        count = "a source map" if len(maps) == 1 else f"{len(maps):,} source maps"
        yield Problem(
            f"holds {count}, {total} unpacked, for debugging JavaScript and style sheets: {first!r}"
            f"{' …' if len(maps) > 1 else ''}",
            Location(first),
            "build the front end without source maps if nobody needs them",
            Severity.INFO,
            key="source-maps",
            data={
                "count": len(maps),
                "size": sum(file.entry.size for file in maps),
                "paths": [file.path for file in maps],
            },
        )
