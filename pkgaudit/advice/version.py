"""The source of a dynamic version, which no setting states."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pkgaudit.advice.backend import table_in
from pkgaudit.formatting import quoted

TAG = "the tag in version control from which it is made"

_MAKES_IT_OF_TAG = re.compile(r"scm|vcs|versioning|versioneer")
"""A part of the names of tools that make the version from a tag, from setuptools-scm to versioneer."""

_TABLES = {
    "hatchling": ("hatch", "version"),
    "pdm": ("pdm", "version"),
    "scikit-build-core": ("scikit-build", "metadata", "version"),
}
"""The table of each backend, below ``tool``, that names the source of the version."""

ELSEWHERE = {
    "setuptools": (
        "the source that `tool.setuptools.dynamic.version` names, `version` in setup.cfg or setup.py, or "
        "with setuptools-scm the tag in version control"
    ),
    "hatchling": "the source that `tool.hatch.version` names",
    "pdm": "the source that `tool.pdm.version` names",
    "scikit-build-core": "the source that `tool.scikit-build.metadata.version` names",
    "flit": "`__version__` of the module",
    "maturin": "`package.version` in Cargo.toml",
    "meson-python": "`version` of `project()` in meson.build",
}
"""The source of a version that is not in ``[project]``, by backend."""


def dynamic_version(pyproject: Any, backend: str | None) -> str:
    """Return the source of the version that pyproject.toml names, empty if it names none."""
    project, tool = table_in(pyproject, "project"), table_in(pyproject, "tool")
    # pdm-backend puts the version into the pyproject.toml that it packs, and leaves ``dynamic`` empty.
    if "version" in project and not (backend == "pdm" and "dynamic" in project):
        return ""
    settings = table_in(tool, *_TABLES[backend]) if backend in _TABLES else {}
    if place := named_version(settings):
        return place
    dynamic = project.get("dynamic")
    is_dynamic = isinstance(dynamic, list) and "version" in dynamic
    requires = table_in(pyproject, "build-system").get("requires")
    if _are_of_tag(tool) or (is_dynamic and isinstance(requires, list) and _are_of_tag(requires)):
        return TAG
    is_elsewhere = backend != "setuptools" and (is_dynamic or not project)
    return ELSEWHERE.get(backend or "", "") if is_elsewhere else ""


def named_version(settings: dict[str, Any]) -> str:
    """Return the source that the settings of a dynamic version name: a tag, attribute, file or function."""
    said = {key: _text(value) for key, value in settings.items()}
    if _are_of_tag([said.get("source", ""), said.get("provider", "")]):
        return TAG
    if attribute := said.get("attr"):
        return f"`{attribute}`"
    if path := said.get("path") or said.get("file") or said.get("input"):
        return f"the version in {path}"
    if function := said.get("getter"):
        return f"the return value of `{function}`"
    if variable := said.get("variable"):
        return f"the environment variable `{variable}`"
    return ""


def _are_of_tag(names: Iterable[Any]) -> bool:
    return any(isinstance(name, str) and _MAKES_IT_OF_TAG.search(name) for name in names)


def _text(value: Any) -> str:
    """Return a setting as text; the items of a list are joined by commas."""
    text = ", ".join(each for each in value if isinstance(each, str)) if isinstance(value, list) else value
    return quoted(text, 100)[1:-1] if isinstance(text, str) else ""
