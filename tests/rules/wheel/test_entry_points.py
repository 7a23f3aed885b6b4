"""The targets of entry points, and the system commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkgaudit
from fixtures.builders import Sdist, Wheel
from pkgaudit.rules._shared.entry_points import Target, read_entry_points, read_target
from pkgaudit.rules.data import loader
from pkgaudit.rules.wheel.known_commands import shadowed


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("a:b", Target("a", ("b",))),
        ("a.b : c.d", Target("a.b", ("c", "d"))),
        ("a.b", Target("a.b", ())),
        ("a:b [x, y]", Target("a", ("b",))),
        ("a [x]", Target("a", ())),
        (" a:b ", Target("a", ("b",))),
        ("ä:ö", Target("ä", ("ö",))),
        ("a:b()", None),
        ("a/b.py:c", None),
        ("a-b:c", None),
        ("a:b:c", None),
        ("", None),
        (".a:b", None),
        ("a:" + "b" * 2000, None),
    ],
)
def test_targets(value: str, target: Target | None) -> None:
    assert read_target(value) == target


def test_points_have_values_and_lines() -> None:
    points = [*read_entry_points("[a]\nb = c:d\ne=f\n[console_scripts]\ng = h:i\n").points()]
    assert [(each.group, each.name, each.line, each.value) for each in points] == [
        ("a", "b", 2, "c:d"),
        ("a", "e", 3, "f"),
        ("console_scripts", "g", 5, "h:i"),
    ]
    assert [each.is_script for each in points] == [False, False, True]


def test_value_of_a_repeated_name_is_the_first() -> None:
    (point,) = read_entry_points("[a]\nb = c\nb = d\n").points()
    assert point.value == "c"


@given(st.text(max_size=300))
def test_nothing_raises(text: str) -> None:
    for point in read_entry_points(text).points():
        assert point.target is None or point.target.module


@pytest.mark.parametrize(
    "name", ["python", "python3", "python3.13", "python3.13t", "pip", "pip3.11", "ls", "git.exe", "node"]
)
def test_commands_of_the_system(name: str) -> None:
    assert shadowed(name, "sample") is not None


@pytest.mark.parametrize(
    "name", ["sample", "pythonic", "pip-audit", "lsx", "gitk2", "", "x" * 10_000, "Git-Sample"]
)
def test_other_commands(name: str) -> None:
    assert shadowed(name, "sample") is None


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("pip3.12", "pip"),
        ("uvx", "uv"),
        ("ctest", "cmake"),
        ("pytest", "pytest"),
        ("tree", "python-tree"),
        ("jq", "jq.py"),
    ],
)
def test_owners(name: str, project: str) -> None:
    assert shadowed(name, project) is None


def test_data() -> None:
    values = loader.load("commands").values
    assert values["commands"] == sorted(set(values["commands"]))
    assert set(values["owners"]) <= set(values["commands"])


@pytest.mark.parametrize(
    ("target", "path", "packed"),
    [
        ("sample_cli.main", "src/sample_cli/main.py", "sample_cli/main.py"),
        ("sample.cli", "sample/cli/__init__.py", "sample/cli/__init__.py"),
        ("sample.cli", "docs/cli.py", None),
    ],
)
def test_lost_module_of_a_command_is_packed(
    target: str, path: str, packed: str | None, tmp_path: Path
) -> None:
    wheel = Wheel()
    wheel.files["sample-1.0.dist-info/entry_points.txt"] = (
        f"[console_scripts]\nsample = {target}:run\n".encode()
    )
    sdist = Sdist()
    sdist.files[path] = b"def run():\n    pass\n"
    paths = [each.build().write(tmp_path) for each in (wheel, sdist)]
    (found,) = pkgaudit.audit(paths, {"select": ["WH122"]}).findings
    assert found.fix is not None
    assert (f"pack {packed} into the wheel" in found.fix) == (packed is not None)
    assert ("name an included module" in found.fix) == (packed is None)
