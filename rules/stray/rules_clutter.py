"""SF201 to SF206: clutter from caches, reports, operating systems, editors, coding agents and builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import ArchiveKind, Distribution, Location, Problem, Severity, Wheel, rule, sized
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import File, Folder, Hit, Inventory, inventory_of
from pkgaudit.rules.stray.pattern_rules import (
    DELETE,
    Choice,
    in_examples,
    in_templates,
    in_tests,
    is_vendored,
    problems,
)


def _warn_outside_tests(hit: Hit) -> Severity | None:
    return Severity.INFO if in_tests(hit) else Severity.WARNING


@dataclass(frozen=True)
class Caches(Choice):
    """Paths of tool caches."""

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


@rule("SF201", "tool-cache", Severity.WARNING, since="0.1.0")
def tool_cache(distribution: Distribution, options: Caches) -> Iterator[Problem]:
    """The archive contains the cache of a tool.

    ## Why it matters
    Caches of test runners, type checkers and linters are large, differ from machine to machine, and reveal
    details of the machine: paths, names of private branches and tests, older copies of sources. `.tox/` and
    `.nox/` contain whole environments, `.ipynb_checkpoints/` contains notebooks with outputs that the author
    believes deleted.

    ## How to fix it
    Delete the caches before building, or better, build from a fresh clone. Allow a cache that belongs in the
    archive:

        [tool.pkgaudit.tool-cache]
        allow = ["sample/data/.cache/"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://bford.info/cachedir/>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    """
    yield from problems(options.hits(distribution), "is a tool's cache", _warn_outside_tests, first=DELETE)


@dataclass(frozen=True)
class Reports(Choice):
    """Paths of reports of coverage tools and profilers."""

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
    """The archive contains a report of a coverage tool or a profiler.

    ## Why it matters
    Users of the project do not need the report, and it contains absolute paths of the machine on which the
    tests ran.

    The rule does not report such files in test folders, where they are test data, nor the configuration
    `.coveragerc`.

    ## How to fix it
    Leave the report out, or build from a fresh clone. Allow a file that belongs in the archive:

        [tool.pkgaudit.coverage-or-profile]
        allow = ["sample/data/*.prof"]

    ## References
    - <https://coverage.readthedocs.io/en/latest/config.html>
    - <https://docs.python.org/3/library/profile.html>
    """

    def judge(hit: Hit) -> Severity | None:
        return None if in_tests(hit) and not options.extends(hit) else Severity.WARNING

    hits = options.hits(distribution)
    yield from problems(hits, "is a report of a coverage tool or a profiler", judge, first=DELETE)


@dataclass(frozen=True)
class Junk(Choice):
    """Paths of files that operating systems and editors leave behind."""

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
    """The archive contains a file that an operating system or an editor left behind.

    In test folders, where such files may be test data, they are reported at info level.

    ## Why it matters
    `.DS_Store` lists the names of files that are not in the archive, and `._name` contains file attributes
    from the author's system. `name~` and `.name.swp` contain an earlier or unsaved version of a file,
    sometimes with text that was removed since. From a wheel, these files are installed into every user's
    `site-packages`.

    ## How to fix it
    Delete the file and let version control ignore such files: a global ignore file is the place for those of
    your own system and editor. Allow a file that belongs in the archive:

        [tool.pkgaudit.os-or-editor-junk]
        allow = ["sample/templates/*~"]

    ## References
    - <https://git-scm.com/docs/gitignore>
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    """
    hits = options.hits(distribution)
    yield from problems(
        hits, "is a leftover of an operating system or an editor", _warn_outside_tests, first=DELETE
    )


@dataclass(frozen=True)
class IdeSettings(Choice):
    """Paths of editor and IDE settings."""

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
    """The archive contains settings of an editor or IDE.

    ## Why it matters
    Users of the project do not need these settings, which reveal details of the machine: paths, interpreters,
    run configurations with environment variables, addresses of databases.

    ## How to fix it
    Leave them out. Allow them if they are committed on purpose and the sdist should contain all files of
    version control:

        [tool.pkgaudit.ide-settings]
        allow = [".vscode/"]

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://git-scm.com/docs/gitignore>
    """
    yield from problems(
        options.hits(distribution), "contains settings of an editor or IDE", _warn_outside_tests
    )


@dataclass(frozen=True)
class AgentFiles(Choice):
    """Paths of instructions, settings and logs of coding agents."""

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
    """The archive contains instructions, settings or logs of a coding agent.

    The finding is a warning in a wheel. It is reported at info level in an sdist, which often contains all
    files of version control, and in folders of templates and skills, which are made for the users' agents.
    The rule is case-sensitive: a page called `agents.md` is documentation.

    ## Why it matters
    The files are meant for developers of the project. Logs and local settings quote conversations, commands
    and paths of the machine. From a wheel, instructions are installed into the users' environments, where
    other agents may read and follow them.

    ## How to fix it
    Leave the files out. Allow a file that belongs in the archive:

        [tool.pkgaudit.agent-file]
        allow = ["AGENTS.md"]

    ## References
    - <https://agents.md/>
    - <https://packaging.python.org/en/latest/specifications/source-distribution-format/>
    """

    def judge(hit: Hit) -> Severity | None:
        is_for_agents = re.search(r"(?:^|/)\.?(?:skills|agents|prompts)/", hit.relative)
        for_users = in_examples(hit) or in_templates(hit) or is_for_agents
        # An sdist often contains all files of version control, so these files need not be a mistake.
        is_minor = distribution.kind is not ArchiveKind.WHEEL or for_users
        return Severity.INFO if is_minor else Severity.WARNING

    hits = options.hits(distribution, ignore_case=False)
    predicate = "is for coding agents that work on the project"
    yield from problems(hits, predicate, judge, cause="files for coding agents")


@dataclass(frozen=True)
class Leftovers(Choice):
    """Paths of build leftovers."""

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


# Suffixes of sources whose compilers write `name.o` beside `name.c`. An `.obj` file may also be a 3D model
# (Wavefront), so the source must be in the same folder.
_SOURCES = ("c", "cc", "cpp", "cxx", "m", "mm", "cu", "f", "for", "f90", "f95", "pyx", "rs", "s", "d", "go")
# The folders that setuptools makes in `build/`: lib, lib.PLATFORM-PYTHON, temp.…, bdist.PLATFORM and
# scripts-VERSION.
_BUILD_FOLDERS = re.compile(r"lib(?:\..+)?|temp\..+|bdist\..+|scripts-\d.*")
# Folders that meson makes in each build directory; a `build/` with other content may be a package.
_MESON_FOLDERS = ("meson-info", "meson-private", "meson-logs")
# Source maps of JavaScript, TypeScript and style sheets; other `.map` files may be game maps or linker maps.
_SOURCE_MAP = re.compile(r".*\.(?:[cm]?js|css|ts)\.map")


@rule("SF206", "build-leftover", Severity.WARNING, since="0.1.0")
def build_leftover(distribution: Distribution, options: Leftovers) -> Iterator[Problem]:
    """The archive contains leftovers of a build.

    A name is little evidence, because `build/` and `target/` may be packages, `.pdb` files proteins and
    `.obj` files 3D models. The rule reports a `build/` or `target/` folder with files of setuptools, CMake,
    meson, Cargo or Maven, an object file beside its source, a `.pdb` beside its library, `*.egg-info` in a
    wheel, and folders of CMake and scikit-build. It does not report static libraries (`*.a`), which users
    link with, nor files in test folders. All source maps in a wheel are one finding at info level with their
    total size.

    ## Why it matters
    Build leftovers are large, belong to one machine, and contain its paths. A `build/` folder with an earlier
    state of the modules is worse: files that were deleted from the project are published again.

    ## How to fix it
    Build from a fresh clone, or leave the files out. `extend` adds patterns, `allow` names files that belong
    in the archive:

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
            # A vendored project may be packed with its metadata, which tools read; in a nested zip, the
            # metadata belong to an egg.
            if hit.name.casefold().endswith(".egg-info") and (is_vendored(hit) or hit.is_nested):
                return None
        return Severity.WARNING

    hits = options.hits(
        distribution,
        marked=_build_folders(inventory),
        also=_objects(inventory),
        # setuptools packs `*.egg-info` into every sdist.
        without=() if wheel else ("*.egg-info",),
    )
    yield from problems(hits, "is a leftover of a build", judge, first=DELETE)
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
        # Cargo writes .rustc_info.json and .fingerprint, Maven its two folders; `target` itself is a common
        # name.
        cargo = folder.file(".rustc_info.json") or any(
            (inner := folder.child(each)) and inner.child(".fingerprint") for each in ("debug", "release")
        )
        if cargo or folder.child("maven-status") or folder.child("maven-archiver"):
            yield folder


def _is_output(folder: Folder) -> bool:
    """Return whether a folder in `build/` is from setuptools; `lib` must contain packages."""
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
            f"the wheel contains {count} for debugging JavaScript and style sheets ({total} unpacked)",
            Location(first),
            "build the front end without source maps if users do not need them",
            Severity.INFO,
            key="source-maps",
            data={
                "count": len(maps),
                "size": sum(file.entry.size for file in maps),
                "paths": [file.path for file in maps],
            },
        )
