"""How to keep a file out of a distribution."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgaudit.advice.backend import backend_of
from pkgaudit.finding import LeaveOut
from pkgaudit.model.distribution import Distribution, Sdist, Wheel
from pkgaudit.model.entry import EntryType

_Words = tuple[str, str]
"""A clause that completes "keep x out: ", and the lines to paste."""


def leave_out(remedy: LeaveOut, distribution: Distribution) -> str:
    """Return how to keep a member or a folder out of the distribution, with the backend that built it.

    The first line of what is returned is made of sentences, all others are to be pasted.
    """
    outer, nested, inner = remedy.path.partition("!/")
    packed = _relative(outer, distribution)
    if nested:
        clauses = [f"make {_quote(packed)} anew without {_quote(inner)}, or keep that archive out"]
    else:
        clauses = [f"keep {_quote(packed)} out of the {distribution.kind}"]
    if remedy.first:
        clauses.insert(0, remedy.first)
    clause, snippet = _words(packed, _is_folder(outer, distribution), distribution)
    head = f"{'; '.join(clauses)}: {clause}"
    return f"{head}:\n{snippet}" if snippet else head


def _relative(path: str, distribution: Distribution) -> str:
    root = distribution.root if isinstance(distribution, Sdist) else None
    path = path.replace("\\", "/").strip("/")
    return path.removeprefix(f"{root}/") if root else path


def _is_folder(path: str, distribution: Distribution) -> bool:
    entry = distribution.by_path.get(path)
    if entry is not None:
        return entry.type is EntryType.DIRECTORY
    return any(each.startswith((f"{path}/", f"{path}\\")) for each in distribution.by_path)


def _quote(path: str) -> str:
    return path if len(path) <= 100 else f"{path[:60]}…{path[-30:]}"


def _glob(path: str) -> str:
    """Return a pattern for a path; what may be syntax stands as ``?``, which every backend knows."""
    return re.sub(r"[^\w./@+=,~-]", "?", path)


def _words(path: str, folder: bool, distribution: Distribution) -> _Words:
    wheel = isinstance(distribution, Wheel)
    if wheel and re.match(r"[^/]+\.(?:dist-info|data)(?:/|$)", path):
        return "leave out the step of the build that adds it", ""
    backend = backend_of(distribution)
    if wheel and backend == "setuptools" and _has_modules(path, folder, distribution):
        return _package_of_setuptools(path)
    write = _WRITERS.get(backend or "")
    return write(_glob(path), folder, wheel) if write else _unknown()


def _unknown() -> _Words:
    return "exclude it in the settings of the build backend, or build from a fresh clone without it", ""


def _has_modules(path: str, folder: bool, distribution: Distribution) -> bool:
    return folder and any(
        each.startswith(f"{path}/") and each.endswith(".py") for each in distribution.by_path
    )


def _package_of_setuptools(path: str) -> _Words:
    package = _glob(path).replace("/", ".")
    clause = 'in pyproject.toml (with where = ["src"] beside it if the modules are in src/)'
    return clause, f'[tool.setuptools.packages.find]\nexclude = ["{package}", "{package}.*"]'


_FROM_SDIST = ", and build the wheel from the sdist, as 'python -m build' does"


def _setuptools(path: str, folder: bool, wheel: bool) -> _Words:
    command = "prune" if folder else "exclude"
    if not wheel:
        return "in MANIFEST.in", f"{command} {path}"
    return f"in MANIFEST.in{_FROM_SDIST}", f"{command} {path}\n{command} src/{path}"


def _hatchling(path: str, folder: bool, wheel: bool) -> _Words:
    target, pattern = ("wheel", f"**/{path}") if wheel else ("sdist", f"/{path}")
    return "in pyproject.toml", f'[tool.hatch.build.targets.{target}]\nexclude = ["{pattern}"]'


def _flit(path: str, folder: bool, wheel: bool) -> _Words:
    # It packs all files of the module into the wheel, and has a setting for the sdist alone.
    clause = f"in pyproject.toml{_FROM_SDIST if wheel else ''}"
    return clause, f'[tool.flit.sdist]\nexclude = ["{f"**/{path}" if wheel else path}"]'


def _poetry(path: str, folder: bool, wheel: bool) -> _Words:
    clause = "in pyproject.toml (and take it out of `include` if it is there, which wins)"
    return clause, f'[tool.poetry]\nexclude = ["{f"**/{path}" if wheel else path}"]'


def _pdm(path: str, folder: bool, wheel: bool) -> _Words:
    return "in pyproject.toml", f'[tool.pdm.build]\nexcludes = ["{f"**/{path}" if wheel else path}"]'


def _uv(path: str, folder: bool, wheel: bool) -> _Words:
    # Its globs allow few characters as they are. Without a slash in front they match at any depth.
    path = re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", path)
    key, pattern = ("wheel-exclude", path) if wheel else ("source-exclude", f"/{path}")
    return "in pyproject.toml", f"[tool.uv.build-backend]\n{key} = ['{pattern}']"


def _maturin(path: str, folder: bool, wheel: bool) -> _Words:
    pattern = f"{'**/' if wheel else ''}{path}{'/**/*' if folder else ''}"
    return "in pyproject.toml", (
        f'[tool.maturin]\nexclude = [{{ path = "{pattern}", format = ["sdist", "wheel"] }}]'
    )


def _scikit_build_core(path: str, folder: bool, wheel: bool) -> _Words:
    setting = f'wheel.exclude = ["**/{path}"]' if wheel else f'sdist.exclude = ["/{path}"]'
    return "in pyproject.toml", f"[tool.scikit-build]\n{setting}"


def _meson(path: str, folder: bool, wheel: bool) -> _Words:
    if wheel:
        name = "exclude_directories" if folder else "exclude_files"
        return f"in meson.build, do not install it (install_subdir takes {name})", ""
    return "in .gitattributes, since what git tracks is packed", f"/{path} export-ignore"


_WRITERS: dict[str, Callable[[str, bool, bool], _Words]] = {
    "setuptools": _setuptools,
    "hatchling": _hatchling,
    "flit": _flit,
    "poetry": _poetry,
    "pdm": _pdm,
    "uv": _uv,
    "maturin": _maturin,
    "scikit-build-core": _scikit_build_core,
    "meson-python": _meson,
}
