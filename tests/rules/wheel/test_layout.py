"""The rules on installed files, on wheels made only of paths."""

from __future__ import annotations

import pytest

from pkgaudit.api import Entry, EntryType, Summaries, Wheel
from pkgaudit.rules.wheel import rules_layout as layout
from pkgaudit.rules.wheel.layout_editable import is_editable
from pkgaudit.rules.wheel.layout_pythons import declared_pythons, hides


def wheel(*paths: str, tag: str = "py3-none-any", name: str = "sample", requires: str = "") -> Wheel:
    made = Wheel("", f"{name}-1.0-{tag}.whl")
    info = f"{name}-1.0.dist-info"
    for path in (*paths, f"{info}/METADATA"):
        made.entries.append(Entry(path, EntryType.FILE, 10, "0" * 64))
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    made.kept[f"{info}/METADATA"] = (head + (f"Requires-Python: {requires}\n" if requires else "")).encode()
    return made


def modules_of(*paths: str) -> Summaries[layout.Initializer]:
    """Return the summaries of libraries that are all modules of Python."""
    return Summaries({path: layout.Initializer() for path in paths if path.endswith((".so", ".pyd"))})


@pytest.mark.parametrize(
    "paths",
    [
        ("a/__init__.py", "a/b.py", "a/b.cpython-312-x86_64-linux-gnu.so"),
        ("a/__init__.py", "a/__init__.cpython-312-x86_64-linux-gnu.so"),
        ("a/__init__.py", "a/b.cp312-win_amd64.pyd", "a/b.py", "a/b.pyi"),
        ("a/__init__.py", "a/b.abi3.so", "a/b/__init__.pyi"),
        ("a/__init__.py", "a/tests/data/b.py", "a/tests/data/b/__init__.py"),
    ],
)
def test_modules_that_do_not_conflict(paths: tuple[str, ...]) -> None:
    assert list(layout.conflicting_modules(wheel(*paths), modules_of(*paths), Summaries())) == []


def test_many_conflicts_are_a_few_findings() -> None:
    paths = [path for number in range(50) for path in (f"a/m{number}.py", f"a/m{number}/__init__.py")]
    found = list(layout.conflicting_modules(wheel("a/__init__.py", *paths), Summaries(), Summaries()))
    assert len(found) == 8
    assert "so do 42 more modules" in found[0].message


@pytest.mark.parametrize(
    ("tag", "requires", "first", "last", "for_2"),
    [
        ("py3-none-any", ">=3.10", 10, 15, False),
        ("py3-none-any", "", 7, 15, False),
        ("py2.py3-none-any", "", 7, 15, True),
        ("cp311-cp311-win_amd64", ">=3.9", 11, 11, False),
        ("cp311-abi3-win_amd64", ">=3.9", 11, 15, False),
        ("py3-none-any", "<3.7", 0, 6, False),
        ("py3-none-any", ">=3.9.25", 9, 15, False),
        ("py3-none-any", "==3.9.25", 9, 9, False),
        ("py3-none-any", "no specifier", 7, 15, False),
    ],
)
def test_declared_pythons(tag: str, requires: str, first: int, last: int, for_2: bool) -> None:
    minors, is_for_2 = declared_pythons(wheel(tag=tag, requires=requires))
    assert (minors[0], minors[-1], is_for_2) == (first, last, for_2)


@pytest.mark.parametrize(
    ("module", "hidden"),
    [
        ("json", [9, 13]),
        ("tomllib", [13]),
        ("telnetlib", [9]),
        ("distutils", [9]),
        ("readline", []),
        ("test", []),
    ],
)
def test_hides(module: str, hidden: list[int]) -> None:
    assert hides(module, [9, 13]) == hidden


@pytest.mark.parametrize(
    ("name", "module", "requires", "tag", "severities"),
    [
        ("argparse", "argparse.py", "", "py2.py3-none-any", []),
        ("enum34", "enum/__init__.py", "<3.4", "py3-none-any", []),
        ("dataclasses", "dataclasses.py", ">=3.6,<3.7", "py3-none-any", []),
        ("legacy_cgi", "cgi.py", ">=3.13", "py3-none-any", []),
        ("other", "cgi.py", ">=3.13", "py3-none-any", []),
        ("typing", "typing.py", ">=3.9", "py3-none-any", ["WARNING"]),
        ("other", "typing.py", ">=3.9", "py3-none-any", ["ERROR"]),
    ],
)
def test_shadowed(name: str, module: str, requires: str, tag: str, severities: list[str]) -> None:
    found = layout.shadowed_module(wheel(module, tag=tag, name=name, requires=requires))
    assert [each.severity.name if each.severity else "ERROR" for each in found] == severities


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__editable__.sample-1.0.pth", True),
        ("__editable___sample_finder.py", True),
        ("_editable_impl_sample.py", True),
        ("_sample_editable_loader.py", True),
        ("sample-editable.pth", True),
        ("Easy-Install.pth", True),
        ("sample.pth", False),
        ("editables.py", False),
        ("sample_editable.py", False),
        ("_" * 100_000, False),
    ],
)
def test_editable(name: str, expected: bool) -> None:
    assert is_editable(name) is expected


@pytest.mark.parametrize(
    "path", ["/", "//", "a//b.py", "sample-1.0.data/purelib/", "sample-1.0.data//x", "\x00"]
)
def test_odd_paths(path: str) -> None:
    made = wheel(path, "tests/\x1b.py")
    for rule in (layout.common_top_level_name, layout.stray_top_level_file, layout.shadowed_module):
        list(rule(made))
    list(layout.unrelated_top_levels(made, Summaries()))
    list(layout.invalid_data_directory(made, Summaries()))
    list(layout.conflicting_modules(made, Summaries(), Summaries()))
    list(layout.editable_leftover(made))
    list(layout.duplicated_tree(made))
