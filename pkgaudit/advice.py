"""Remedies in the words of the build backend at hand."""

from __future__ import annotations

from pkgaudit.model.distribution import Distribution

_GENERATORS = (
    ("setuptools", "setuptools"),
    ("bdist_wheel", "setuptools"),
    ("hatchling", "hatchling"),
    ("flit", "flit"),
    ("poetry", "poetry"),
    ("pdm", "pdm"),
    ("uv", "uv"),
    ("maturin", "maturin"),
    ("scikit-build-core", "scikit-build-core"),
    ("meson", "meson-python"),
)


def backend_of(distribution: Distribution) -> str | None:
    return None


def leave_out(path: str, distribution: Distribution) -> str:
    """Return how to keep ``path`` out of the distribution, with the backend that built it."""
    return f"leave {path} out of the build"
