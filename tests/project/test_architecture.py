"""The code has the layers and the walls that docs/architecture.md describes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement

from fixtures.builders import Wheel

ROOT = Path(__file__).parents[2]

TEXT = (ROOT / "docs/architecture.md").read_text("utf-8")


def layers_in(text: str) -> list[set[str]]:
    """Return the modules of each layer, the lowest first, by the first table in docs/architecture.md."""
    table = text.partition("\n## Layers\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [set(re.findall(r"`([\w.]+)`", row)) for row in rows]


LAYERS = layers_in(TEXT)

GROUPS = ("pkgaudit.config", "pkgaudit.inputs", "pkgaudit.pages", "pkgaudit.verdict")
"""Packages whose modules are in different layers; they themselves hold nothing but a docstring."""


def exceptions_in(text: str) -> dict[str, set[str]]:
    """Return which modules of other families a family may import, by the table in docs/architecture.md."""
    rows = re.findall(r"^\| `(\w+)` \| (`pkgaudit\.[^|]+) \|", text, re.MULTILINE)
    return {family: set(re.findall(r"`([\w.]+)`", modules)) for family, modules in rows}


EXCEPTIONS = exceptions_in(TEXT)


def modules(folder: str) -> list[Path]:
    return sorted(
        path for path in (ROOT / folder).rglob("*.py") if "rules" not in path.relative_to(ROOT).parts[1:]
    )


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> list[str]:
    """Return the modules that a file imports anywhere."""
    return [*_imports(path)]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            package = ROOT / (node.module or "").replace("pkgaudit.rules", "rules", 1).replace(".", "/")
            for alias in node.names:
                is_module = (package / f"{alias.name}.py").exists()
                yield f"{node.module}.{alias.name}" if is_module else node.module or ""


def imports_at_once(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


def layer_of(module: str) -> tuple[int, str]:
    if (ROOT / module.replace(".", "/") / "__init__.py").exists() and module in GROUPS:
        return 0, module
    found = [
        (layer, name)
        for layer, names in enumerate(LAYERS)
        for name in names
        if module == name or (name != "pkgaudit" and module.startswith(f"{name}."))
    ]
    assert len(found) == 1, f"{module} belongs to {found or 'no layer'}"
    return found[0]


@pytest.mark.parametrize("path", modules("pkgaudit"), ids=dotted)
def test_imports_point_down(path: Path) -> None:
    layer, name = layer_of(dotted(path))
    # The package itself offers names of upper layers, which it imports only when they are used.
    found = imports_at_once(path) if name == "pkgaudit" else imports(path)
    for imported in found:
        if imported.split(".")[0] == "pkgaudit":
            other, target = layer_of(imported)
            assert target == name or other < layer, f"{dotted(path)} imports {imported}"


OURS = ("benchmarks", "fixtures", "pkgaudit", "tests", "tools")


def may_import(path: Path, imported: str, exceptions: dict[str, set[str]]) -> bool:
    """Whether a file below rules/ may import a module of ours."""
    family, *rest = path.relative_to(ROOT / "rules").parts
    allowed = {"pkgaudit.api", "pkgaudit.late", "pkgaudit.rules._shared", "pkgaudit.rules.data"}
    if family not in ("_shared", "data"):
        allowed |= {f"pkgaudit.rules.{family}", *exceptions.get(family, ())}
    if rest[0] == "cases":
        allowed.add("fixtures")
    return any(imported == each or imported.startswith(f"{each}.") for each in allowed)


def test_every_library_is_declared() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = set()
    for each in named:
        with suppress(PackageNotFoundError):  # not needed on this platform, or an extra
            files = distribution(Requirement(each).name).files or ()
            declared |= {file.parts[0].partition(".")[0] for file in files}
    used = {each.split(".")[0] for path in modules("pkgaudit") + modules("rules") for each in imports(path)}
    others = used - {*OURS, "rules"} - sys.stdlib_module_names
    assert "packaging" in others
    assert {each for each in others if find_spec(each)} <= declared


@pytest.mark.parametrize("path", modules("rules"), ids=dotted)
def test_walls_between_families(path: Path) -> None:
    ours = [
        each for each in imports(path) if each.split(".")[0] in ("pkgaudit", "fixtures", "tests", "tools")
    ]
    assert [each for each in ours if not may_import(path, each, EXCEPTIONS)] == []


def test_every_exception_is_needed() -> None:
    needed: dict[str, set[str]] = {}
    for path in modules("rules"):
        for imported in imports(path):
            if imported.startswith("pkgaudit.") and not may_import(path, imported, {}):
                family = path.relative_to(ROOT / "rules").parts[0]
                needed.setdefault(family, set()).add(imported)
    assert needed.keys() == EXCEPTIONS.keys()
    for family, names in needed.items():
        for each in EXCEPTIONS[family]:
            assert any(f"{name}.".startswith(f"{each}.") for name in names), f"{family}: {each} is not needed"


def test_walls_stand() -> None:
    stray = ROOT / "rules/stray/rules_leaks.py"
    assert may_import(stray, "pkgaudit.rules.stray.environments", {})
    assert not may_import(stray, "pkgaudit.rules.strayed", {})
    assert not may_import(stray, "pkgaudit.rules.secrets.logins.env", {})
    assert may_import(
        stray, "pkgaudit.rules.secrets.logins.env", {"stray": {"pkgaudit.rules.secrets.logins"}}
    )
    assert not may_import(stray, "pkgaudit.engine", EXCEPTIONS)
    assert not may_import(stray, "fixtures.builders", EXCEPTIONS)
    assert not may_import(ROOT / "rules/_shared/record.py", "pkgaudit.rules.record.rules", EXCEPTIONS)


def test_only_the_command_runs_code_of_archives() -> None:
    """Nothing of an audit imports the package that runs code."""
    importing = {
        dotted(path)
        for path in (*modules("pkgaudit"), *modules("rules"))
        for imported in imports(path)
        if imported.startswith("pkgaudit.trying") and not dotted(path).startswith("pkgaudit.trying")
    }
    assert importing == {"pkgaudit.cli.trying"}


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


FAMILIES = sorted({path.parent for path in modules("rules") if path.stem.startswith("rules")})


def test_packages_match_the_tree() -> None:
    settings = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {path.parent for path in [*modules("pkgaudit"), *modules("rules")]}
    packed = [folder for folder in folders if folder.name != "cases"]
    packages = {re.sub(r"\Arules\b", "pkgaudit.rules", dotted(each / "__init__.py")) for each in packed}
    assert set(settings["packages"]) == packages
    assert settings["package-dir"] == {"pkgaudit.rules": "rules"}


def test_every_family_is_an_entry_point() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = project["entry-points"]["pkgaudit.rules"]
    assert points == {each.name: f"pkgaudit.rules.{each.name}" for each in FAMILIES}


def test_folders_have_their_codes() -> None:
    listed = dict(re.findall(r"\| `(\w+)` \| ([A-Z]{2})(?= \|)", TEXT))
    assert set(listed) == {folder.name for folder in FAMILIES}
    for folder in FAMILIES:
        codes = {code[:2] for path in folder.glob("rules*.py") for code in codes_in(path)}
        assert codes == {listed[folder.name]}


def test_the_table_of_layers_is_read() -> None:
    assert len(LAYERS) > 10
    assert layers_in("\n## Layers\n| a |\n| `x`, `y.z` | `w` |\n| `v` | u |\n\n## Rules\n| `t` |") == [
        {"x", "y.z"},
        {"v"},
    ]


def codes_in(path: Path) -> set[str]:
    return set(re.findall(r"^@rule\(\s*\"([A-Z]{2}\d{3})\"", path.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("folder", FAMILIES, ids=lambda folder: folder.name)
class TestFamily:
    def test_nothing_in_a_helper_is_marked(self, folder: Path) -> None:
        """A rule, summary or redaction outside of the modules called rules would never run."""
        for path in folder.rglob("*.py"):
            if not path.stem.startswith("rules") and "cases" not in path.parts:
                module = import_module("pkgaudit." + dotted(path))
                mine = [
                    each
                    for each in vars(module).values()
                    if getattr(each, "__module__", "") == module.__name__
                ]
                marked = [
                    each for each in mine if any(str(key).startswith("__pkgaudit") for key in dir(each))
                ]
                assert marked == [], path

    def test_its_modules_called_rules_hold_its_rules(self, folder: Path) -> None:
        files = [path for path in modules(f"rules/{folder.name}") if "cases" not in path.parts]
        holding = {path.name for path in files if codes_in(path)}
        assert holding == {path.name for path in files if path.stem.startswith("rules")}
        families = {code[:2] for path in files for code in codes_in(path)}
        assert len(families) == 1
        intro = (folder / "__init__.py").read_text("utf-8")
        assert intro.startswith(f'"""{families.pop()}: ')

    def test_its_modules_say_which_codes_they_hold(self, folder: Path) -> None:
        for path in folder.glob("rules*.py"):
            first = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition(":")[0]
            assert {f"{first[:2]}{number:03}" for number in numbers(first)} == codes_in(path), path

    def test_it_introduces_itself(self, folder: Path) -> None:
        text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        assert 3 <= len(text.splitlines()) <= 10


def numbers(text: str) -> Iterator[int]:
    """Yield the numbers of codes, as in "SF101 to SF103, SF107"."""
    for first, last in re.findall(r"[A-Z]{2}(\d{3})(?: to [A-Z]{2}(\d{3}))?", text):
        yield from range(int(first), int(last or first) + 1)


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
    assert not set(absent) & set(words_after(arguments, "' '.join(sys.modules)"))


MADE = """' '.join([*sys.modules, *(
    type(vars(each)["__dataclass_fields__"]).__name__
    for module in list(sys.modules.values())
    for each in list(vars(module).values())
    if isinstance(each, type) and "__dataclass_fields__" in vars(each)
)])"""
"""The modules, and ``_Late`` or ``dict`` for each name of a dataclass whose methods are not made, or made."""


def test_an_audit_makes_only_what_it_uses(tmp_path: Path) -> None:
    """Most of the time of a small audit is that of its start."""
    wheel = Wheel().build().write(tmp_path)
    words = Counter(words_after(["--no-config", "--quiet", str(wheel)], MADE))
    assert words["pkgaudit.rules.wheel.rules_layout"]
    assert not {"multiprocessing", "pathspec", "detect_secrets"} & words.keys()
    assert words["_Late"] > 100


def words_after(arguments: list[str], expression: str) -> list[str]:
    """Return the words of an expression after a run of the command in a new process."""
    code = (
        "import sys\nfrom pkgaudit.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('\\n' + {expression})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()
