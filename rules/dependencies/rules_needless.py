"""DP105, DP110: dependencies that users do not need."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    BinaryFile,
    CoreMetadata,
    Distribution,
    Files,
    Problem,
    Severity,
    Summaries,
    Wheel,
    Words,
    quoted,
    rule,
    summary,
)
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.entry_points import read_entry_points
from pkgaudit.rules._shared.environments import allowed_pythons, can_hold
from pkgaudit.rules._shared.library import has
from pkgaudit.rules._shared.requirements import Line
from pkgaudit.rules.dependencies.judged import problem, wanted_lines

_TOOLS = {
    **{
        name: name
        for name in (
            *("autopep8", "bandit", "black", "build", "coverage", "flake8", "isort", "mypy", "nox", "pylint"),
            *("pyright", "pytest", "ruff", "tox", "twine", "wheel", "yapf"),
        )
    },
    "bump-my-version": "bumpversion",
    "bump2version": "bumpversion",
    "bumpversion": "bumpversion",
    "pre-commit": "pre_commit",
    "pytest-asyncio": "pytest",
    "pytest-cov": "pytest",
    "pytest-mock": "pytest",
    "pytest-runner": "pytest",
    "pytest-xdist": "pytest",
}
"""Tools for the development of packages, each with the module that code uses if it needs the tool.

setuptools is not one: code imports pkg_resources and distutils from it.
"""

_MODULES = tuple(sorted({*_TOOLS.values()}))

_WORDS = Words(
    *(f"{word} {module}".encode() for word in ("import", "from") for module in _MODULES),
    *(f"{quote}{module}{quote}".encode() for quote in "'\"" for module in _MODULES),
)
"""Imports of the tools, and their names as texts, with which code starts them or imports them later."""

_USE = lazy(
    rf"(?m)^[ \t]*(?:import|from)[ \t]+({'|'.join(_MODULES)})\b|(['\"])({'|'.join(_MODULES)})\2".encode()
)

_TEST = lazy(r"(?:^|/)(?:tests?/|conftest\.py$|test_[^/]*\.py$|[^/]*_tests?\.py$)")
"""Paths of tests, which do not run where the package is used."""

_GROUPS = {"flake8.extension": "flake8", "flake8.report": "flake8", "pytest11": "pytest", "tox": "tox"}
"""Groups of entry points for the plug-ins of a tool."""

_ABOUT_DEVELOPMENT = (
    "Topic :: Software Development :: Build Tools",
    "Topic :: Software Development :: Quality Assurance",
    "Topic :: Software Development :: Testing",
)
"""Classifiers of projects that are tools for development themselves, which may start others."""


@dataclass(frozen=True)
class UsedTools:
    """The modules of tools that a module of the distribution uses."""

    modules: frozenset[str]


@summary(files=Files(suffixes=(".py", ".pyx"), contains=_WORDS, nested=False))
def used_tools(file: BinaryFile) -> UsedTools | None:
    """Return the tools that a module uses, None if it uses none, or is a test."""
    if _TEST.search(file.path):
        return None
    found = frozenset((match[1] or match[3]).decode() for match in _USE.finditer(file.data))
    return UsedTools(found) if found else None


@rule("DP105", "development-tool", Severity.WARNING, since="0.1.0")
def development_tool(wheel: Wheel, uses: Summaries[UsedTools]) -> Iterator[Problem]:
    """Every user installs a tool that only the developers of the project need, such as pytest or black.

    The rule does not report plug-ins and parts of the tool, tools for development, wheels without
    Python files, and tools that an entry point names, or that a module imports or names in a text. Tests do
    not count.

    Of 1,088 released projects, four have a finding, and none of these needs the tool.

    ## Why it matters
    Users install programs that they never run, with all their dependencies, and cannot install the project
    together with another version of the tool.

    ## How to fix it
    Move the tool to a dependency group, which is not a part of the metadata:

        [dependency-groups]
        dev = ["pytest"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-groups/>
    """
    for metadata, line in wanted_lines(wheel, lambda line: line.name in _TOOLS):
        module = _TOOLS[line.name]
        if (
            line.is_hard
            and not _is_about(wheel, metadata, module)
            and not any(module in each.modules for each in uses.values())
        ):
            yield problem(
                metadata,
                line,
                "is a tool for development, which no module of the wheel uses",
                "move the tool to a dependency group or an extra",
            )


def _is_about(wheel: Wheel, metadata: CoreMetadata, module: str) -> bool:
    """Return whether a project extends or offers a tool, is a tool itself, or only installs others."""
    tool = module.replace("_", "-")
    if wheel.project.startswith(tool) or tool in wheel.project.split("-"):
        return True
    classifiers = metadata.all("Classifier")
    if any(each.lower() == f"framework :: {tool}" for each in classifiers):
        return True
    if any(each in _ABOUT_DEVELOPMENT for each in classifiers):
        return True
    data = wheel.kept.get(f"{wheel.dist_info}/entry_points.txt", b"")
    for point in read_entry_points(data.decode("utf-8", "replace")).points():
        if _GROUPS.get(point.group) == tool or (
            point.target and point.target.module.partition(".")[0] == module
        ):
            return True
    return not any(path.endswith(".py") for path in wheel.files)


_BACKPORTS = {
    "argparse": "argparse",
    "asyncio": "asyncio",
    "contextvars": "contextvars",
    "dataclasses": "dataclasses",
    "enum": "enum",
    "enum34": "enum",
    "functools32": "functools",
    "futures": "concurrent",
    "importlib": "importlib",
    "ipaddress": "ipaddress",
    "logging": "logging",
    "multiprocessing": "multiprocessing",
    "pathlib": "pathlib",
    "ssl": "ssl",
    "statistics": "statistics",
    "typing": "typing",
    "unittest2": "unittest",
    "uuid": "uuid",
    "wsgiref": "wsgiref",
}
"""Projects that have no more than the standard library, each with its module."""


@rule("DP110", "needless-backport", Severity.WARNING, since="0.1.0")
def needless_backport(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is a backport of a module that the standard library of every allowed Python has.

    The rule considers the Pythons that Requires-Python and the marker of the requirement allow. It reports
    nothing without Requires-Python, because old Pythons may need the backport.

    Of 1,088 released projects, none has a finding.

    ## Why it matters
    Nobody maintains these projects any more. If `enum34`, `typing` or `dataclasses` are in a folder of
    `PYTHONPATH`, as after `pip install --target`, they hide the modules of the standard library, and programs
    fail.

    ## How to fix it
    Remove the dependency. If an old Python needs it, write the marker:

        dependencies = ["dataclasses; python_version < '3.7'"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>
    - <https://docs.python.org/3/library/>
    """
    for metadata, line in wanted_lines(distribution, lambda line: line.name in _BACKPORTS):
        module = _BACKPORTS[line.name]
        if line.pythons and line.is_hard and _is_needless(line, module):
            yield problem(
                metadata,
                line,
                f"names a project for older Pythons; every Python that the metadata allow has the module "
                f"{quoted(module)} in its standard library",
                "remove the dependency",
            )


def _is_needless(line: Line, module: str) -> bool:
    pythons = [
        each for each in allowed_pythons(line.pythons) if can_hold(line.pythons, line.marker, python=each)
    ]
    return bool(pythons) and all(has(module, each) for each in pythons)
