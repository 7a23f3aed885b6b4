"""Programs that tests need and pip cannot install."""

from __future__ import annotations

import os
import shutil

import pytest


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that there is.

    Where none is, the test is skipped, or fails if the gate promised to install all of them.
    """
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    missing = f"{' or '.join(names)} is not installed"
    if os.environ.get("PKGAUDIT_ALL_PROGRAMS"):
        pytest.fail(missing)
    pytest.skip(missing)
