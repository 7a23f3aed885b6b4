"""Uploaders as tests start them: with a fresh home, without a keyring, and without access to any network."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.programs import HINT

_OF_OTHERS = (
    "TWINE_",
    "UV_",
    "HATCH_",
    "PDM_",
    "POETRY_",
    "MATURIN_",
    "FLIT_",
    "XDG_",
    "GITHUB_",
    "ACTIONS_",
    "PIP_",
)
"""Beginnings of variables that would change where uploaders send files to."""

SETTINGS = {
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "NO_PROXY": "127.0.0.1",
    "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody listens on the port for discarding
    # pdm would make a virtual environment, and look for its newest version.
    "PDM_USE_VENV": "0",
    "PDM_PYTHON": sys.executable,
    "PDM_CHECK_UPDATE": "0",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "TWINE_NON_INTERACTIVE": "1",
    "UV_HTTP_RETRIES": "0",
    "MATURIN_NON_INTERACTIVE": "true",
}
"""Variables with which uploaders ask nothing and do nothing but upload."""

LOGIN = {
    "twine": {"TWINE_USERNAME": "me", "TWINE_PASSWORD": "correct-horse"},
    "uv": {"UV_PUBLISH_USERNAME": "me", "UV_PUBLISH_PASSWORD": "correct-horse"},
    "hatch": {"HATCH_INDEX_USER": "me", "HATCH_INDEX_AUTH": "correct-horse"},
    "pdm": {"PDM_PUBLISH_USERNAME": "me", "PDM_PUBLISH_PASSWORD": "correct-horse"},
    "poetry": {"POETRY_HTTP_BASIC_LOCAL_USERNAME": "me", "POETRY_HTTP_BASIC_LOCAL_PASSWORD": "correct-horse"},
    "maturin": {"MATURIN_USERNAME": "me", "MATURIN_PASSWORD": "correct-horse"},
}
"""The variables with a user name and a password, by uploader."""

PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def need_tool(name: str) -> str:
    """Return the path of an uploader; where it is not installed, the test is skipped.

    It fails if ``PKGAUDIT_ALL_PACKAGES`` is set.
    """
    __tracebackhide__ = True
    if found := shutil.which(name, path=PATH):
        return found
    missing = f"{name} is not installed: {HINT}"
    if os.environ.get("PKGAUDIT_ALL_PACKAGES"):
        pytest.fail(missing)
    pytest.skip(missing)


def environment(home: Path, *more: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for an uploader; later ones win."""
    kept = {key: each for key, each in os.environ.items() if not key.startswith(_OF_OTHERS) and key != "CI"}
    made = {**kept, **SETTINGS, "HOME": str(home), "USERPROFILE": str(home), "PATH": PATH}
    for each in more:
        made |= each
    return made
