"""Write a new rule, its cases and its page in the folder of its family.

    python -m tools.new_rule SF unsigned-image --in clutter
    python -m tools.new_rule TI101 late-tide --folder tides --about "tides"

The first argument is a code, or two letters for the next free code of that family; the second is the name, a
noun for the fault. ``--in`` selects a module of the family: ``clutter`` is ``rules_clutter.py``; a family
with one module does not need it. Unused letters begin a new family: ``--folder`` is its folder, ``--about``
its subject.

The rule runs immediately and finds a file that no project has; TODO(rule) marks the parts to write. This test
lists the missing parts, and passes when all are written:

    python -m pytest tests/rules/test_cases.py -k CODE
"""

from __future__ import annotations

import argparse
import ast
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from pkgaudit import __version__
from pkgaudit.rule import RESERVED, Registry, load_registry

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"

_CODE = re.compile(r"[A-Z]{2}(?:[0-9]{3})?")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FOLDER = re.compile(r"[a-z][a-z0-9_]*")

_API = ("Exclude", "Member", "Problem", "Severity", "rule")

_RULE = '''

@rule("{code}", "{name}", Severity.{severity}, since="{since}", preview=True)
def {function}(member: Member) -> Iterator[Problem]:
    """TODO(rule): one sentence that states the fault.

    TODO(rule): the files that the rule checks, and its exceptions; delete this if the sentence is enough

    ## Why it matters
    TODO(rule): the harm for users who install the release, or for its maintainers.

    ## How to fix it
    TODO(rule): the steps, in the imperative.

    ## References
    - <https://packaging.python.org/> TODO(rule): the specification or the report behind the rule
    """
    if member.name == "{example}":
        yield Problem("TODO(rule): a sentence with its subject", member.location, Exclude(member.path))
'''

_CASES = """

# {code}


@bad("{code}", at="sample/{example}")
def todo_{function}() -> Built:
    wheel = Wheel()
    wheel.files["sample/{example}"] = b"TODO(rule): content with the fault\\n"
    return wheel.build()


@good("{code}")
def todo_close_to_{function}() -> Built:
    wheel = Wheel()
    wheel.files["sample/{example}.py"] = b"# TODO(rule): similar content without the fault\\n"
    return wheel.build()
"""


class NewRuleError(Exception):
    """The rule cannot be written; no file was changed."""


@dataclass(frozen=True)
class New:
    """A rule to write: ``module`` is the file of the rule, ``cases`` the file of its cases."""

    code: str
    name: str
    severity: str
    module: Path
    cases: Path
    about: str | None = None
    """The subject of its family, if the family is new."""

    @property
    def folder(self) -> Path:
        """The folder of the family."""
        return self.module.parent

    def fill(self, template: str) -> str:
        """Return a template, filled with the values of the rule."""
        major, minor, _ = Version(__version__).release
        return template.format(
            code=self.code,
            name=self.name,
            severity=self.severity.upper(),
            function=self.name.replace("-", "_"),
            example=f"{self.name}.todo",
            since=f"{major}.{minor + 1}.0",
        )


def plan(arguments: argparse.Namespace, registry: Registry) -> New:
    """Return the rule to write.

    Raises:
        NewRuleError: a code, a name, a module or a folder is invalid.
    """
    code, name = arguments.code.upper(), arguments.name
    if not _CODE.fullmatch(code):
        raise NewRuleError(
            f"{code}: a code is two letters and three digits; two letters select the next free code"
        )
    if not _NAME.fullmatch(name):
        raise NewRuleError(f"{name}: a name must be in kebab-case, such as missing-readme")
    if name in RESERVED or keyword.iskeyword(name):
        raise NewRuleError(f"{name} is a key of the configuration, or a keyword of Python")
    taken = {word for rule in registry for word in (rule.code, rule.name, *rule.formerly)}
    if code in taken or name in taken:
        raise NewRuleError(f"{code if code in taken else name} is taken")
    family = code[:2]
    folders = sorted(
        {RULES / rule.function.__module__.split(".")[2] for rule in registry if rule.family == family}
    )
    if folders:
        if arguments.folder or arguments.about:
            raise NewRuleError(f"the family {family} exists in {folders[0].name}/; omit --folder and --about")
        stem = _module_in(folders[0], arguments.module)
        number = code[2:] or _next_free(taken, family)
        topic = stem.removeprefix("rules").strip("_") or folders[0].name
        return New(
            family + number,
            name,
            arguments.severity,
            folders[0] / f"{stem}.py",
            folders[0] / "cases" / f"{topic}.py",
        )
    if not arguments.folder or not arguments.about:
        raise NewRuleError(f"{family} is a new family: pass its --folder and its subject with --about")
    folder = RULES / arguments.folder
    if not _FOLDER.fullmatch(arguments.folder) or folder.exists():
        raise NewRuleError(f"{arguments.folder} is not the name of a new folder in snake_case")
    number = code[2:] or "101"
    return New(
        family + number,
        name,
        arguments.severity,
        folder / "rules.py",
        folder / "cases" / f"{folder.name}.py",
        arguments.about,
    )


def _module_in(folder: Path, chosen: str | None) -> str:
    stems = sorted(path.stem for path in folder.glob("rules*.py"))
    if chosen is None:
        if len(stems) > 1:
            topics = ", ".join(stem.removeprefix("rules_") for stem in stems)
            raise NewRuleError(
                f"{folder.name}/ has several modules with rules; choose with --in: {topics}, or a new name"
            )
        return stems[0]
    if not _FOLDER.fullmatch(chosen):
        raise NewRuleError(f"{chosen} is not the name of a module in snake_case")
    return chosen if chosen in stems else f"rules_{chosen}"


def _next_free(taken: set[str], family: str) -> str:
    numbers = [int(word[2:]) for word in taken if re.fullmatch(rf"{family}\d{{3}}", word)]
    return f"{max(numbers) + 1:03}"


def write(new: New) -> list[Path]:
    """Write the rule, its cases, and the files of a new family; return the written files."""
    written = [new.module, new.cases]
    if new.about is not None:
        written += _write_family(new)
    if not new.module.exists():
        new.module.parent.mkdir(exist_ok=True)
        about = new.about or new.name.replace("-", " ")
        new.module.write_text(
            f'"""{new.code}: {about}."""\n\nfrom __future__ import annotations\n',
            "utf-8",
        )
    _append(new.module, new.fill(_RULE), {"collections.abc": ["Iterator"], "pkgaudit.api": _API})
    _name_codes(new.module)
    if not new.cases.exists():
        new.cases.parent.mkdir(exist_ok=True)
        (new.cases.parent / "__init__.py").touch()
        new.cases.write_text(
            f'"""Cases of {new.cases.stem}."""\n\nfrom __future__ import annotations\n', "utf-8"
        )
    imports = {"fixtures.builders": ["Built", "Wheel"], "fixtures.cases": ["bad", "good"]}
    _append(new.cases, new.fill(_CASES), imports)
    return written


def _append(path: Path, code: str, imports: Mapping[str, Sequence[str]]) -> None:
    """Append code to a module, and add the names that it needs to the imports."""
    lines = path.read_text("utf-8").splitlines()
    for module, names in imports.items():
        nodes = [
            node
            for node in ast.parse("\n".join(lines)).body
            if isinstance(node, ast.ImportFrom) and node.module == module
        ]
        present = [alias.asname or alias.name for node in nodes for alias in node.names]
        missing = [name for name in names if name not in present]
        if not missing:
            continue
        if nodes:
            node = nodes[0]
            known = [alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in node.names]
            assert node.end_lineno is not None
            line = f"from {module} import {', '.join(sorted({*known, *missing}))}"
            lines[node.lineno - 1 : node.end_lineno] = [line]
        else:
            after = lines.index("from __future__ import annotations") + 1
            lines.insert(after, f"from {module} import {', '.join(missing)}")
    path.write_text("\n".join(lines).rstrip() + "\n" + code, "utf-8")
    _tidy(path)


def _tidy(path: Path) -> None:
    for command in (["check", "-q", "--fix", "--select", "I"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(path)], check=True, cwd=ROOT)


def _name_codes(path: Path) -> None:
    """Update the codes in the first line of a module with rules."""
    text = path.read_text("utf-8")
    codes = sorted(set(re.findall(r'^@rule\(\s*"([A-Z]{2}\d{3})"', text, re.MULTILINE)))
    head, colon, rest = text.partition(":")
    assert head.startswith('"""'), f"{path}: its docstring must begin with the codes of its rules"
    path.write_text('"""' + ", ".join(_ranges(codes)) + colon + rest, "utf-8")


def _ranges(codes: list[str]) -> Iterator[str]:
    """Yield codes in words: consecutive codes become "SF101 to SF106"."""
    start = 0
    for at, code in enumerate(codes):
        is_last = at + 1 == len(codes) or int(codes[at + 1][2:]) != int(code[2:]) + 1
        if is_last:
            run = codes[start : at + 1]
            yield from run if len(run) < 3 else [f"{run[0]} to {run[-1]}"]
            start = at + 1


def _write_family(new: New) -> list[Path]:
    """Write the introduction of a new family, and add it to the lists of families."""
    new.folder.mkdir()
    intro = new.folder / "__init__.py"
    intro.write_text(
        f'"""{new.code[:2]}: {new.about}.\n\nTODO(rule): the scope of the family, and how it works. '
        'Start reading at `rules`.\n"""\n',
        "utf-8",
    )
    project = ROOT / "pyproject.toml"
    text = project.read_text("utf-8")
    point = f'{new.folder.name} = "pkgaudit.rules.{new.folder.name}"'
    text = _into(text, r'(?<=\[project\.entry-points\."pkgaudit\.rules"\]\n)(?:.+\n)+', point)
    text = _into(text, r"(?<=\npackages = \[\n)(?:    .+\n)+", f'    "pkgaudit.rules.{new.folder.name}",')
    project.write_text(text, "utf-8")
    page = ROOT / "docs" / "architecture.md"
    row = f"| `{new.folder.name}` | {new.code[:2]} | {new.about} |"
    page.write_text(
        _into(page.read_text("utf-8"), r"(?<=\| folder \| codes \| about \|\n)(?:\|.+\n)+", row), "utf-8"
    )
    return [intro, project, page]


def _into(text: str, block: str, line: str) -> str:
    """Return a text with a line added to a block of sorted lines."""

    def add(match: re.Match[str]) -> str:
        lines = match[0].splitlines()
        fixed = [each for each in lines if each.startswith("| ---")]
        return "\n".join([*fixed, *sorted({*lines, line} - {*fixed})]) + "\n"

    changed, count = re.subn(block, add, text)
    assert count == 1, f"no place was found for {line!r}"
    return changed


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.new_rule", description="Write a new rule, its cases and its page."
    )
    parser.add_argument("code", help="the code, or two letters for the next free code of the family")
    parser.add_argument("name", help="the name: a noun for the fault, in kebab-case")
    parser.add_argument("--severity", choices=("error", "warning", "info"), default="warning")
    parser.add_argument("--in", dest="module", metavar="MODULE", help="the module of a family with several")
    parser.add_argument("--folder", help="the folder of a new family")
    parser.add_argument("--about", help="the subject of a new family, in a few words")
    return parser.parse_args(words)


def check(new: New) -> None:
    """Check conditions that would fail after a file is written.

    Raises:
        NewRuleError: the module already uses the function's name, or ruff is not installed.
    """
    function = new.name.replace("-", "_")
    for path in (new.module, new.cases):
        if path.exists() and re.search(rf"\b{function}\b", path.read_text("utf-8")):
            raise NewRuleError(
                f"{path.relative_to(ROOT)} already uses the name {function}; choose another name"
            )
    if subprocess.run([sys.executable, "-m", "ruff", "--version"], capture_output=True).returncode:
        raise NewRuleError("ruff is needed: python -m pip install --group dev")


def main(words: list[str]) -> None:
    """Write the rule, and print the next steps."""
    try:
        new = plan(parse(words), load_registry())
        check(new)
    except NewRuleError as error:
        raise SystemExit(f"new_rule: {error}") from None
    for path in write(new):
        print(f"written: {path.relative_to(ROOT)}")
    if new.about is not None:
        # The new entry point works only after an installation; its build dependencies are already installed.
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "-e", str(ROOT)]
        subprocess.run(pip, check=True)
    subprocess.run([sys.executable, "-m", "tools.make_pages", new.code], check=True, cwd=ROOT)
    print(f"written: {(new.folder / 'pages.json').relative_to(ROOT)}")
    print("\nNow replace each TODO(rule) in the rule and in its cases. This test lists the missing parts:\n")
    print(f"    python -m pytest tests/rules/test_cases.py -k {new.code}")


if __name__ == "__main__":
    main(sys.argv[1:])
