"""Patterns match as pathspec does, wherever a path stands and however many there are."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from pkgaudit.api import Entry, EntryType, Sdist, Wheel
from pkgaudit.rules._shared.patterns import Inventory, Patterns, compile_patterns, find, inventory_of
from pkgaudit.rules.stray import rules_clutter as clutter
from pkgaudit.rules.stray import rules_dumps as dumps
from pkgaudit.rules.stray import rules_leaks as stray
from pkgaudit.rules.stray.pattern_rules import Choice


def inventory(*paths: str, root: str = "") -> Inventory:
    return Inventory([Entry(path, EntryType.FILE, size=1) for path in paths], root)


def hits(
    lines: tuple[str, ...], *paths: str, allow: tuple[str, ...] = (), ignore_case: bool = True
) -> list[str]:
    allowed = compile_patterns(allow) if allow else None
    return [hit.path for hit in find(inventory(*paths), Patterns(lines, ignore_case), allowed)]


BUILT_IN = tuple(
    line
    for module in (stray, clutter, dumps)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Choice)
    for line in kind().patterns
)

COMPONENTS = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "A",
            ".env",
            ".env.local",
            "core.py~",
            ".git",
            "CVS",
            "__pycache__",
            "x.pyc",
            "build",
            "a.log.7z",
            "ΑΣ",
            "ß",
            "a b",
        ]
    ),
    st.text(st.sampled_from("abAB.~-_ #!σΣςßİ"), min_size=1, max_size=5).filter(
        lambda each: each.strip(". ") != ""
    ),
)
PATHS = st.lists(COMPONENTS, min_size=1, max_size=5).map("/".join)
GLOBS = st.text(st.sampled_from("abAB.~*?[]!-\\ #/σΣßİ"), min_size=1, max_size=8)
LINES = st.one_of(
    GLOBS,
    PATHS,
    PATHS.map(lambda path: f"{path}/"),
    PATHS.map(lambda path: f"!{path}"),
    PATHS.map(lambda path: f"**/{path}/**"),
    st.sampled_from(
        [
            *BUILT_IN,
            "*",
            "**",
            "**/",
            "*/",
            "/a",
            "a/**",
            "**/a",
            "/",
            "",
            "!",
            "a//b",
            "*.py",
            ".env*",
            "*.log.[0-9]*",
            "*g.[0-9]z",
            "?[0-9]",
        ]
    ),
)


def spec_of(lines: list[str]) -> GitIgnoreSpec | None:
    try:
        return GitIgnoreSpec.from_lines(lines, backend="simple")
    except ValueError:
        return None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(LINES, min_size=1, max_size=4),
    st.lists(PATHS, min_size=1, max_size=8, unique=True),
    st.booleans(),
)
@example(["a[!b]c"], ["a/c"], True)
@example([".git/", "!.git/config"], [".git/config", ".git/HEAD"], True)
@example(["*Σ"], ["ΑΣ"], True)
@example(["*.LOG.[0-9]*"], ["a.log.7z", "a.log.z", "A.Log.0/b"], True)
@example([r"*\[0-9]*"], ["a[0-9]", "a7"], True)
@example([r"*\**", "*a\\?b*"], ["x*", "xa?b", "xacb"], True)
def test_nothing_that_pathspec_matches_is_lost(lines: list[str], paths: list[str], ignore_case: bool) -> None:
    folded = [line.casefold() for line in lines] if ignore_case else lines
    spec = spec_of(folded)
    if spec is None:
        return
    wanted = {path for path in paths if spec.match_file(path.casefold() if ignore_case else path)}
    found = find(inventory(*paths), Patterns(tuple(lines), ignore_case))
    assert {file.path for hit in found for file in hit.files} == wanted


@given(st.lists(PATHS, min_size=1, max_size=30, unique=True))
@settings(deadline=None)
def test_built_in_patterns(paths: list[str]) -> None:
    spec = GitIgnoreSpec.from_lines([line.casefold() for line in BUILT_IN], backend="simple")
    found = find(inventory(*paths), compile_patterns(BUILT_IN))
    assert {file.path for hit in found for file in hit.files} == {
        path for path in paths if spec.match_file(path.casefold())
    }


def test_built_in_patterns_are_all_judged_by_name() -> None:
    assert not Patterns(BUILT_IN).everything


class TestFolders:
    def test_are_one_hit_at_the_outermost(self) -> None:
        assert hits((".git/", "hooks/"), ".git/config", ".git/hooks/a", "x/hooks/b") == [".git", "x/hooks"]

    def test_without_files_are_none(self) -> None:
        entries = [Entry("sample/.git", EntryType.DIRECTORY)]
        assert find(Inventory(entries), Patterns((".git/",))) == []

    def test_count_what_is_in_them(self) -> None:
        (hit,) = find(inventory(".git/a", ".git/b/c"), Patterns((".git/",)))
        assert (len(hit.files), hit.size) == (2, 2)

    def test_do_not_match_files(self) -> None:
        assert hits((".git/",), "sample/.git") == []

    def test_in_backslash_paths(self) -> None:
        assert hits((".git/", "*.pyc"), r"sample\.git\config", r"a\b.pyc") == [r"sample\.git", r"a\b.pyc"]

    def test_case(self) -> None:
        assert hits((".DS_Store", "Thumbs.db"), "a/.ds_store", "THUMBS.DB") == ["a/.ds_store", "THUMBS.DB"]
        assert hits(("AGENTS.md",), "docs/agents.md", "AGENTS.md", ignore_case=False) == ["AGENTS.md"]


class TestPlaces:
    def test_are_below_the_root_of_the_sdist(self) -> None:
        paths = ("build-1.0/build/x", "build-1.0/a.py")
        sdist = Sdist(
            "build-1.0.tar.gz", "build-1.0.tar.gz", entries=[Entry(path, EntryType.FILE) for path in paths]
        )
        assert [hit.path for hit in find(inventory_of(sdist), Patterns(("/build",)))] == ["build-1.0/build"]
        assert find(inventory_of(sdist), Patterns(("build-*",))) == []

    def test_are_below_the_root_of_an_archive_inside(self) -> None:
        wheel = Wheel("sample-1.0-py3-none-any.whl", "sample-1.0-py3-none-any.whl")
        wheel.entries = [Entry("data/a.whl", EntryType.FILE)]
        wheel.nested = [Entry("data/a.whl!/b/.git/config", EntryType.FILE, depth=1)]
        assert [hit.path for hit in find(inventory_of(wheel), Patterns(("/b/.git",)))] == [
            "data/a.whl!/b/.git"
        ]
        assert [hit.path for hit in find(inventory_of(wheel), Patterns(("*.whl",)))] == ["data/a.whl"]
        assert [hit.path for hit in find(inventory_of(wheel), Patterns(("data/", ".git")))] == ["data"]

    def test_can_be_allowed(self) -> None:
        assert hits((".env",), "a/.env", "b/.env", allow=("/a/",)) == ["b/.env"]
        assert hits((".git/",), ".git/a", ".git/b", allow=(".git/a",)) == [".git"]
        assert hits((".git/",), ".git/a", ".git/b", allow=(".git/",)) == []

    def test_can_be_allowed_by_the_archive_they_are_in(self) -> None:
        entries = [Entry("data/a.zip!/.env", EntryType.FILE, depth=1)]
        for allow in ("*.zip", "data/", ".env", "data/a.zip/.env"):
            assert find(Inventory(entries), Patterns((".env",)), Patterns((allow,))) == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "./a",
        "../a",
        "a//b",
        "/etc/passwd",
        "!/",
        "a!/",
        "!/!/!/",
        "a!/" * 1300,
        "\\",
        "a\\",
        "x" * 4096,
        "/".join("a" * 2048),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_odd_paths_do_no_harm(path: str, depth: int) -> None:
    entries = [Entry(path, kind, depth=depth) for kind in EntryType]
    assert Inventory(entries).files is not None
    find(Inventory(entries), compile_patterns(BUILT_IN))


def test_is_fast() -> None:
    """Under 3 µs a path and rule by far; the bound here is loose for slow machines."""
    entries = [
        Entry(f"sample/package{number % 300}/sub/module_{number}.py", EntryType.FILE)
        for number in range(20_000)
    ]
    start = time.process_time()
    made = Inventory(entries)
    patterns = compile_patterns(BUILT_IN)
    for _ in range(12):
        find(made, patterns)
    assert time.process_time() - start < 12 * 20_000 * 3e-6


def test_many_deep_folders_are_bounded() -> None:
    entries = [
        Entry("/".join([f"{number:05}", *"ab" * 700, "x.pyc"]), EntryType.FILE) for number in range(300)
    ]
    assert len(find(Inventory(entries), Patterns(("*.pyc",)))) == 300
