"""Packages and programs that some tests need and not everyone has.

With pytest and hypothesis alone all tests are collected; one that needs more is skipped and says why. Where
everything is promised to be there, such a test fails instead: else nobody would notice that it never runs.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fixtures.builders import BACKENDS
from fixtures.faulty import missing_command

HINT = "python -m pip install --group all"
OLDEST = {"setuptools": "77.0.3"}
"""The oldest versions of build backends that do; with some Pythons comes one that is older."""


def need(module: str, oldest: str | None = None) -> Any:
    """Import a module and return it, or skip the test if it is not installed or older than a version.

    At the top of a file it skips the whole file. It fails if ``PKGAUDIT_ALL_PACKAGES`` is set.
    """
    __tracebackhide__ = True
    try:
        return pytest.importorskip(module, oldest)
    except pytest.skip.Exception:
        age = f" in version {oldest} or newer" if oldest else ""
        missing = f"{module.partition('.')[0]} is not installed{age}: {HINT}"
    if os.environ.get("PKGAUDIT_ALL_PACKAGES"):
        pytest.fail(missing)
    pytest.skip(missing, allow_module_level=True)


def need_backend(backend: str) -> None:
    """Skip the test if a build backend, or a program that it calls, is not installed."""
    __tracebackhide__ = True
    need(BACKENDS[backend][1].partition(".")[0], OLDEST.get(backend))
    if program := missing_command(backend):
        pytest.skip(f"{program}, which {backend} calls, is not installed")


def find_program(*names: str, folder: Path | None = None) -> str:
    """Return the path of the first of these programs that there is, on the ``PATH`` or in a folder.

    Where none is, the test is skipped. It fails if ``PKGAUDIT_ALL_PROGRAMS`` is set.
    """
    __tracebackhide__ = True
    for name in names:
        path = shutil.which(name, path=folder)
        if path:
            return path
    missing = f"{' or '.join(names)} is not installed"
    if os.environ.get("PKGAUDIT_ALL_PROGRAMS"):
        pytest.fail(missing)
    pytest.skip(missing)


def find_compiler(*names: str) -> str:
    """Return the path of the first of these compilers; where none is, the test is skipped everywhere.

    Compilers are large, and the gate does not install them.
    """
    __tracebackhide__ = True
    path = next(filter(None, map(shutil.which, names)), None)
    return path or pytest.skip(f"{' or '.join(names)} is not installed")


def check_schema(name: str, *arguments: object) -> tuple[int, str]:
    """Check files with a schema that check-jsonschema has, and return its exit status and its output.

    It runs in this process: to start it takes ten times longer than to check a file.
    """
    __tracebackhide__ = True
    command = need("check_jsonschema").main
    done = CliRunner().invoke(command, ["--builtin-schema", f"vendor.{name}", *map(str, arguments)])
    return done.exit_code, done.output
