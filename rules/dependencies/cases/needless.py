"""Cases of DP105 and DP110: dependencies that users do not need."""

from __future__ import annotations

from fixtures.builders import Built, Wheel, sample_sources
from fixtures.cases import bad, good
from fixtures.samples import METADATA, requiring, wheel_of
from pkgaudit.rules.dependencies.cases.names import REQUIRES

# DP105


def wheel(files: dict[str, bytes], *requirements: str) -> Built:
    return Wheel(files={**sample_sources(), **files}, metadata=requiring(*requirements)).build()


@bad("DP105", at=[REQUIRES, f"{METADATA}:14"], says="which no module of the wheel uses")
def tools_that_nothing_uses() -> Built:
    return wheel_of(requiring("pytest>=8", "Pre_Commit; sys_platform == 'linux'"))


@bad("DP105", at=REQUIRES, also=("WH101", "WH105", "WH115", "SF208"))
def tool_that_only_tests_use() -> Built:
    return wheel({"sample/tests/__init__.py": b"", "sample/tests/test_it.py": b"import pytest\n"}, "pytest")


@good("DP105")
def tools_that_modules_use() -> Built:
    """One is imported, one is started by its name, and one is imported in a function."""
    code = b'import black.mode\n\nLINT = ("ruff", "check")\n\n\ndef upload():\n    from twine import cli\n'
    return wheel({"sample/run.py": code + b"\n    return cli, black\n"}, "black", "ruff", "twine")


@good("DP105")
def tools_of_developers() -> Built:
    metadata = requiring("setuptools", "mypy; extra == 'dev'", "tox; python_version < '3.9'", extras=("dev",))
    return Wheel(metadata=metadata).build()


@good("DP105")
def plugin_of_a_tool() -> Built:
    metadata = requiring("pytest")
    metadata.add("Classifier", "Framework :: Pytest")
    return Wheel(metadata=metadata).build()


@good("DP105")
def entry_points_of_tools() -> Built:
    points = b"[console_scripts]\nlint = flake8.main.cli:main\n\n[pytest11]\nsample = sample\n"
    return wheel({"sample-1.0.dist-info/entry_points.txt": points}, "flake8", "pytest")


@good("DP105")
def tool_for_development() -> Built:
    metadata = requiring("flake8")
    metadata.add("Classifier", "Topic :: Software Development :: Quality Assurance")
    return Wheel(metadata=metadata).build()


# DP110


@bad("DP110", at=[REQUIRES, f"{METADATA}:14", f"{METADATA}:15"], says="in its standard library")
def backports_of_all_pythons() -> Built:
    return wheel_of(requiring("enum34", "dataclasses", "pathlib; python_version >= '3.4'"))


@good("DP110")
def backport_that_the_oldest_python_needs() -> Built:
    return wheel_of(requiring("dataclasses", python=">=3.6"))


@good("DP110")
def backports_with_a_reason() -> Built:
    """A marker that is never true, projects with the name of a module, an extra, and newer modules."""
    return wheel_of(
        requiring(
            "dataclasses; python_version < '3.7'",
            "DateTime",
            "importlib-metadata",
            "configparser>=7",
            "futures; extra == 'old'",
            extras=("old",),
        )
    )
