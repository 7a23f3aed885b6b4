"""Packages and programs that some tests need and not everyone has.

With pytest and hypothesis alone all tests are collected; one that needs more is skipped and says why.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest


def need(module: str) -> Any:
    """Import a module and return it, or skip the test if it is not installed.

    At the top of a file it skips the whole file.
    """
    missing = f"{module.partition('.')[0]} is not installed"
    return pytest.importorskip(module, reason=f"{missing}: python -m pip install --group all")


def find_program(*names: str, folder: Path | None = None) -> str:
    """Return the path of the first of these programs that there is, in a folder or anywhere on the ``PATH``.

    Where none is, the test is skipped, or fails if the gate promised to install all of them.
    """
    for name in names:
        path = shutil.which(name, path=folder)
        if path:
            return path
    missing = f"{' or '.join(names)} is not installed"
    if os.environ.get("PKGAUDIT_ALL_PROGRAMS"):
        pytest.fail(missing)
    pytest.skip(missing)
