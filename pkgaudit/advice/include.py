"""How to have a file packed into a distribution."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgaudit.advice.backend import backend_of
from pkgaudit.advice.exclude import ADDED, glob_of, relative, shown
from pkgaudit.finding import Include
from pkgaudit.model.distribution import Distribution, Wheel

_Words = tuple[str, str]
"""A clause that completes "have x packed: ", and the lines to paste."""

_LICENSE = re.compile(r"[^/]+\.dist-info/(?:licenses|license_files)/(.+)")


def include(remedy: Include, distribution: Distribution) -> str:
    """Return how to have a file packed into the distribution, with the backend that built it.

    The first line of what is returned is made of sentences, all others are to be pasted.
    """
    path = relative(remedy.path.partition("!/")[0], distribution)
    clauses = [f"have {shown(path)} packed into the {distribution.kind}"]
    if remedy.first:
        clauses.insert(0, remedy.first)
    clause, snippet = _words(path, distribution)
    head = f"{'; '.join(clauses)}: {clause}"
    return f"{head}:\n{snippet}" if snippet else head


def _words(path: str, distribution: Distribution) -> _Words:
    wheel = isinstance(distribution, Wheel)
    if wheel and (match := _LICENSE.match(path)):
        return "in pyproject.toml", f'[project]\nlicense-files = ["{glob_of(match[1])}"]'
    if wheel and ADDED.match(path):
        return "look at the step of the build that is to add it", ""
    backend = backend_of(distribution)
    if wheel and backend == "meson-python":
        return _installed_by_meson(path)
    write = _WRITERS.get(backend or "")
    return write(glob_of(path), wheel) if write else _unknown()


def _unknown() -> _Words:
    return "name it in the settings of the build backend, and see that version control does not ignore it", ""


def _setuptools(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "in MANIFEST.in", f"include {path}"
    folder, slash, name = path.rpartition("/")
    if name.endswith((".py", ".so", ".pyd")):
        if not slash:
            return "in pyproject.toml", f'[tool.setuptools]\npy-modules = ["{name.partition(".")[0]}"]'
        package = folder.replace("/", ".")
        return (
            f"name the package {shown(package)} where the packages are listed or found (`tool.setuptools`)",
            "",
        )
    if not slash:
        return "put it into a package, since what is beside the packages is not installed with them", ""
    package, _, inner = path.partition("/")
    return "in pyproject.toml", f'[tool.setuptools.package-data]\n"{package}" = ["{inner}"]'


def _hatchling(path: str, wheel: bool) -> _Words:
    # Of what is ignored by version control or excluded, artifacts are packed all the same. For all targets,
    # since a wheel is mostly built from the sdist.
    table, pattern = ("build", f"**/{path}") if wheel else ("build.targets.sdist", f"/{path}")
    return "in pyproject.toml", f'[tool.hatch.{table}]\nartifacts = ["{pattern}"]'


def _flit(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "put it into the folder of the module, all of which is packed but what `exclude` of "
            "`[tool.flit.sdist]` names"
        ), ""
    return "in pyproject.toml (and not in `exclude` there, which wins)", (
        f'[tool.flit.sdist]\ninclude = ["{path}"]'
    )


def _poetry(path: str, wheel: bool) -> _Words:
    setting = (
        f'{{ path = "**/{path}", format = ["sdist", "wheel"] }}'
        if wheel
        else f'{{ path = "{path}", format = "sdist" }}'
    )
    return "in pyproject.toml", f"[tool.poetry]\ninclude = [{setting}]"


def _pdm(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "in pyproject.toml", f'[tool.pdm.build]\nsource-includes = ["{path}"]'
    top = path.partition("/")[0]
    clause = "in pyproject.toml (and not in `excludes` there); once it is set, it has to name all packages"
    return clause, f'[tool.pdm.build]\nincludes = ["{top}", "src/{top}"]'


def _uv(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "put it into the folder of the module, all of which is packed but what `wheel-exclude` and "
            "`source-exclude` of `[tool.uv.build-backend]` name"
        ), ""
    pattern = re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", path)
    return "in pyproject.toml (and not in `source-exclude` there, which wins)", (
        f"[tool.uv.build-backend]\nsource-include = ['{pattern}']"
    )


def _maturin(path: str, wheel: bool) -> _Words:
    # What is beside the modules would be installed with them if the wheel were named too.
    pattern, formats = (f"**/{path}", '["sdist", "wheel"]') if wheel else (path, '"sdist"')
    return "in pyproject.toml", f'[tool.maturin]\ninclude = [{{ path = "{pattern}", format = {formats} }}]'


def _scikit_build_core(path: str, wheel: bool) -> _Words:
    pattern = f"**/{path}" if wheel else f"/{path}"
    return "in pyproject.toml", f'[tool.scikit-build]\nsdist.include = ["{pattern}"]'


_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f'\\\ud800-\udfff]{1,500}")


def _installed_by_meson(path: str) -> _Words:
    folder, slash, _ = path.rpartition("/")
    if not _PLAIN.fullmatch(path):
        return "in meson.build, install it with install_sources of the Python module", ""
    subdir = f", subdir: '{folder}'" if slash else ""
    return (
        "in meson.build (where py is the Python module, and with the path at which it lies in the source)",
        (f"py.install_sources('{path}'{subdir})"),
    )


def _meson(path: str, wheel: bool) -> _Words:
    return "have git track it (and .gitattributes not give it export-ignore), since that is what is packed", (
        f"git add --force {path}"
    )


_WRITERS: dict[str, Callable[[str, bool], _Words]] = {
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
"""The functions that say how to pack a file, by build backend; each was tried by building with it."""
