"""The build backend that made a distribution."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pkgaudit.model.distribution import Distribution, Sdist, Wheel

_IMPORTS = {
    "setuptools": "setuptools",
    "hatchling": "hatchling",
    "flit_core": "flit",
    "flit": "flit",
    "flit_scm": "flit",
    "poetry": "poetry",
    "poetry_dynamic_versioning": "poetry",
    "pdm": "pdm",
    "pdm.pep517": "pdm-pep517",
    "uv_build": "uv",
    "maturin": "maturin",
    "scikit_build_core": "scikit-build-core",
    "mesonpy": "meson-python",
    "enscons": "enscons",
    "jupyter_packaging": "setuptools",
    "just_buildit": "just-buildit",
    "nuitka": "nuitka",
    "pbr": "pbr",
    "py_build_cmake": "py-build-cmake",
    "setuptools_rust": "setuptools",
    "sipbuild": "sip",
    "sphinx_theme_builder": "sphinx-theme-builder",
    "whey": "whey",
}
"""Backends by the first one or two components of the module that ``build-backend`` names."""

_REQUIREMENTS = {
    "setuptools": "setuptools",
    "hatchling": "hatchling",
    "flit-core": "flit",
    "flit-scm": "flit",
    "poetry-core": "poetry",
    "pdm-backend": "pdm",
    "pdm-pep517": "pdm-pep517",
    "uv-build": "uv",
    "maturin": "maturin",
    "scikit-build-core": "scikit-build-core",
    "meson-python": "meson-python",
}
"""Backends by the requirement of a project whose own backend wraps another one."""

_GENERATORS = {
    "setuptools": "setuptools",
    "bdist_wheel": "setuptools",
    "skbuild": "scikit-build",
    "hatchling": "hatchling",
    "flit": "flit",
    "flit_core": "flit",
    "poetry-core": "poetry",
    "poetry": "poetry",
    "pdm-backend": "pdm",
    "pdm-pep517": "pdm-pep517",
    "uv": "uv",
    "uv_build": "uv",
    "enscons": "enscons",
    "just-buildit": "just-buildit",
    "nuitka": "nuitka",
    "sip": "sip",
    "sphinx-theme-builder": "sphinx-theme-builder",
    "whey": "whey",
    "maturin": "maturin",
    "scikit-build-core": "scikit-build-core",
    "meson": "meson-python",
    "meson-python": "meson-python",
}
"""Backends by the first word of ``Generator`` in WHEEL."""

_KIN = {
    "nuitka": "setuptools",
    "pbr": "setuptools",
    "pdm-pep517": "pdm",
    "scikit-build": "setuptools",
}
"""Backends that read metadata, and mostly files too, from the same places as another backend."""

LARGEST = 1 << 20
"""Largest size in bytes of a pyproject.toml that is read here; chosen: far more than real ones have."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")


def backend_of(distribution: Distribution, beside: Distribution | None = None) -> str | None:
    """Return the backend that built a distribution, None if it is not known.

    A backend that extends another one counts as that one, because it reads metadata from the same places.
    ``beside`` is the sdist of the same release, which contains more settings than a wheel.
    """
    builder = builder_of(distribution, beside)
    return _KIN.get(builder, builder) if builder is not None else None


def builder_of(distribution: Distribution, beside: Distribution | None = None) -> str | None:
    """Return the backend that built a distribution, even if it extends another one; None if not known."""
    return (_builder_of(beside) if beside is not None else None) or _builder_of(distribution)


def _builder_of(distribution: Distribution) -> str | None:
    if isinstance(distribution, Sdist):
        path = distribution.in_root("pyproject.toml")
        setup_py = distribution.in_root("setup.py")
        if path is not None:
            found = backend_of_project(distribution.kept[path])
        else:
            found = "setuptools" if setup_py or distribution.in_root("setup.cfg") else None
        return _in_setup_py(distribution.kept[setup_py]) if found == "setuptools" and setup_py else found
    if isinstance(distribution, Wheel) and distribution.wheel_path:
        return _backend_of_wheel(distribution.kept[distribution.wheel_path])
    return None


def _in_setup_py(data: bytes) -> str:
    """Return the backend of a setup.py, which names extensions of setuptools itself."""
    data = data[:LARGEST]
    if re.search(rb"^\s*(?:from|import)\s+skbuild\b", data, re.MULTILINE):
        return "scikit-build"
    return "pbr" if re.search(rb"\bpbr\s*=\s*True\b", data) else "setuptools"


@lru_cache(maxsize=16)
def _backend_of_wheel(data: bytes) -> str | None:
    match = re.search(rb"^Generator:[ \t]*([^\s;:()]{1,100})", data[:LARGEST], re.MULTILINE | re.IGNORECASE)
    return _GENERATORS.get(match[1].decode("latin-1").lower()) if match else None


@lru_cache(maxsize=16)
def read_pyproject(data: bytes) -> dict[str, Any] | None:
    """Return the contents of a pyproject.toml, None if it cannot be read."""
    import tomli

    if len(data) > LARGEST:
        return None
    try:
        return tomli.loads(data.decode("utf-8"))
    except (ValueError, TypeError, RecursionError):  # TOML and Unicode errors are ValueErrors
        return None


def pyproject_of(distribution: Distribution) -> dict[str, Any] | None:
    """Return the contents of the pyproject.toml of an sdist; None for a wheel, or if it cannot be read."""
    path = distribution.in_root("pyproject.toml") if isinstance(distribution, Sdist) else None
    return read_pyproject(distribution.kept[path]) if path is not None else None


def table_in(table: Any, *keys: str) -> dict[str, Any]:
    """Return a nested table, an empty one if it does not exist."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def backend_of_project(data: bytes) -> str | None:
    """Return the backend that ``[build-system]`` names; without that table it is setuptools (PEP 517)."""
    project = read_pyproject(data)
    if project is None:
        return None
    system = project.get("build-system", {})
    if not isinstance(system, dict):
        return None
    backend = system.get("build-backend", "setuptools.build_meta:__legacy__")
    module = backend.partition(":")[0].strip() if isinstance(backend, str) else ""
    known = _IMPORTS.get(".".join(module.split(".")[:2])) or _IMPORTS.get(module.partition(".")[0])
    if known is not None or "backend-path" not in system:
        return known
    requires = system.get("requires")
    for each in requires if isinstance(requires, list) else ():
        match = _WORD.match(each.strip()) if isinstance(each, str) else None
        wrapped = _REQUIREMENTS.get(re.sub(r"[-_.]+", "-", match[0]).lower()) if match else None
        if wrapped is not None:
            return wrapped
    return None
