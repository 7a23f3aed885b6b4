"""The house stands as docs/architecture.md draws it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parent.parent

FLOORS = [
    {
        "pkgaudit",
        "pkgaudit.finding",
        "pkgaudit.limits",
        "pkgaudit.site",
        "pkgaudit.table",
        "pkgaudit.words",
    },
    {"pkgaudit.model"},
    {
        "pkgaudit.archive",
        "pkgaudit.dataset",
        "pkgaudit.rule",
        "pkgaudit.advice",
        "pkgaudit.inputs",
        "pkgaudit.build",
        "pkgaudit.checkout",
    },
    {
        "pkgaudit.api",
        "pkgaudit.described",
        "pkgaudit.excerpts",
        "pkgaudit.ignores",
        "pkgaudit.inline",
        "pkgaudit.sources",
    },
    {"pkgaudit.baseline", "pkgaudit.config", "pkgaudit.pages"},
    {"pkgaudit.engine", "pkgaudit.init", "pkgaudit.schema", "pkgaudit.silencers"},
    {"pkgaudit.execution", "pkgaudit.policy"},
    {"pkgaudit.report"},
    {"pkgaudit.cli"},
    {"pkgaudit.__main__"},
]
"""Rooms by floor, the lowest first. A room imports from lower floors and from itself."""


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            yield node.module or ""


def room(module: str) -> tuple[int, str]:
    found = [
        (floor, name)
        for floor, names in enumerate(FLOORS)
        for name in names
        if module == name or (name != "pkgaudit" and module.startswith(f"{name}."))
    ]
    assert len(found) == 1, f"{module} belongs to {found or 'no room'}"
    return found[0]


@pytest.mark.parametrize("path", modules("pkgaudit"), ids=dotted)
def test_imports_point_down(path: Path) -> None:
    floor, name = room(dotted(path))
    for imported in imports(path):
        if imported.split(".")[0] == "pkgaudit":
            other, target = room(imported)
            assert target == name or other < floor, f"{dotted(path)} imports {imported}"


@pytest.mark.parametrize("path", modules("rules"), ids=dotted)
def test_rules_use_public_names_only(path: Path) -> None:
    for imported in imports(path):
        if imported.split(".")[0] == "pkgaudit":
            assert imported == "pkgaudit.api" or imported.startswith("pkgaudit.rules."), imported


@pytest.mark.parametrize("path", modules("pkgaudit"), ids=dotted)
def test_engine_names_no_rule(path: Path) -> None:
    from tests.support import registry

    words = {each for rule in registry() for each in (rule.code, rule.name)}
    constants = {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not words & constants


def test_packages_match_the_tree() -> None:
    settings = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {path.parent for path in modules("pkgaudit")}
    packages = {dotted(folder / "__init__.py") for folder in folders} | {
        "pkgaudit.rules",
        "pkgaudit.rules.data",
    }
    assert set(settings["packages"]) == packages
    assert settings["package-dir"] == {"pkgaudit.rules": "rules"}


def test_every_rule_module_is_an_entry_point() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = set(project["entry-points"]["pkgaudit.rules"].values())
    public = {path.stem for path in modules("rules") if not path.stem.startswith("_")}
    assert points == {f"pkgaudit.rules.{name}" for name in public}


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (
            ["--version"],
            ["pkgaudit.rule", "pkgaudit.engine", "pkgaudit.rules", "packaging", "importlib.metadata"],
        ),
        (["--help"], ["pkgaudit.engine", "pkgaudit.rules", "packaging", "detect_secrets", "rich"]),
        (
            ["rules"],
            ["detect_secrets", "docutils", "nh3", "trove_classifiers", "pathspec", "rich", "ast_serialize"],
        ),
    ],
)
def test_slow_imports_wait_for_work(arguments: list[str], absent: list[str]) -> None:
    code = (
        "import sys\nfrom pkgaudit.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(absent) & set(done.stdout.splitlines()[-1].split())
