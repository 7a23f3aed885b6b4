"""How to have a file packed into a distribution."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgaudit.advice.advice import Advice, in_pyproject
from pkgaudit.advice.backend import backend_of, builder_of
from pkgaudit.advice.exclude import ADDED, glob_of, relative, shown
from pkgaudit.finding import Include, Setting
from pkgaudit.model.distribution import Distribution, Sdist, Wheel

_Words = tuple[str, tuple[Setting, ...]]
"""A clause that completes "have x packed: ", and what to paste."""

_LICENSE = re.compile(r"[^/]+\.dist-info/(?:licenses|license_files)/(.+)")


def include(remedy: Include, distribution: Distribution, beside: Sdist | None = None) -> Advice:
    """Return how to have a file packed into the distribution, with the backend that built it.

    ``beside`` is the sdist of the same release, which tells the backend of a wheel.
    """
    path = relative(remedy.path.partition("!/")[0], distribution)
    task = f"have {shown(path)} packed into the {distribution.kind}"
    place, settings = _words(path, distribution, beside)
    return Advice(remedy.first or "", task, place, settings)


def _words(path: str, distribution: Distribution, beside: Sdist | None) -> _Words:
    wheel = isinstance(distribution, Wheel)
    if wheel and (match := _LICENSE.match(path)):
        files = Setting("pyproject.toml", (glob_of(match[1]),), ("project",), "license-files")
        return "in pyproject.toml", (files,)
    if wheel and ADDED.match(path):
        return "look at the step of the build that is to add it", ()
    builder, backend = builder_of(distribution, beside), backend_of(distribution, beside)
    if wheel and backend == "meson-python":
        return _installed_by_meson(path)
    if builder == "scikit-build":
        return _scikit_build(glob_of(path), distribution)
    write = _WRITERS.get(builder or "") or _WRITERS.get(backend or "")
    place, settings = write(glob_of(path), wheel) if write else (_UNKNOWN, ())
    if builder == "hatchling" and _may_have_another_name(path, distribution):
        place = (
            "if a symbolic link leads to its folder, remove the link, since hatchling packs a folder once, "
            f"under the name that sorts first; else {place}"
        )
    return place, settings


def _may_have_another_name(path: str, distribution: Distribution) -> bool:
    """Whether nothing of the folder of a file is packed, and a folder beside that has such a file."""
    folder, _, name = path.rpartition("/")
    outer, _, _ = folder.rpartition("/")
    packed = [relative(each, distribution) for each in distribution.files]
    return (
        bool(folder)
        and not any(each.startswith(f"{folder}/") for each in packed)
        and any(
            each.endswith(f"/{name}") and each.rpartition("/")[0].rpartition("/")[0] == outer
            for each in packed
        )
    )


_UNKNOWN = (
    "look for a setting of the build backend, which pkgaudit does not know, that includes files; "
    "and see that version control does not ignore it"
)


def _setuptools(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "in MANIFEST.in", (Setting("MANIFEST.in", (f"include {path}",)),)
    folder, slash, name = path.rpartition("/")
    # A folder with a dot in its path is no package: what is in it is data of the package around it.
    if name.endswith((".py", ".so", ".pyd")) and "." not in folder:
        if not slash:
            return "in pyproject.toml", in_pyproject("setuptools", "py-modules", [name.partition(".")[0]])
        package = folder.replace("/", ".")
        return (
            f"name the package {shown(package)} where the packages are listed or found (`tool.setuptools`)",
            (),
        )
    if not slash:
        return "put it into a package, since what is beside the packages is not installed with them", ()
    package, _, inner = path.partition("/")
    return "in pyproject.toml", in_pyproject("setuptools.package-data", package, [inner])


def _hatchling(path: str, wheel: bool) -> _Words:
    # Of what is ignored by version control or excluded, artifacts are packed all the same. For all targets,
    # since a wheel is mostly built from the sdist.
    table, pattern = ("build", f"**/{path}") if wheel else ("build.targets.sdist", f"/{path}")
    return "in pyproject.toml", in_pyproject(f"hatch.{table}", "artifacts", [pattern])


def _flit(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "put it into the folder of the module, all of which is packed but what `exclude` of "
            "`[tool.flit.sdist]` names"
        ), ()
    return "in pyproject.toml (and not in `exclude` there, which wins)", (
        in_pyproject("flit.sdist", "include", [path])
    )


def _poetry(path: str, wheel: bool) -> _Words:
    value = (
        {"path": f"**/{path}", "format": ["sdist", "wheel"]} if wheel else {"path": path, "format": "sdist"}
    )
    return "in pyproject.toml", in_pyproject("poetry", "include", [value])


def _pdm(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "in pyproject.toml", in_pyproject("pdm.build", "source-includes", [path])
    top = path.partition("/")[0]
    clause = "in pyproject.toml (and not in `excludes` there); once it is set, it has to name all packages"
    return clause, in_pyproject("pdm.build", "includes", [top, f"src/{top}"])


def _uv(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "put it into the folder of the module, all of which is packed but what `wheel-exclude` and "
            "`source-exclude` of `[tool.uv.build-backend]` name"
        ), ()
    pattern = re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", path)
    return "in pyproject.toml (and not in `source-exclude` there, which wins)", (
        in_pyproject("uv.build-backend", "source-include", [pattern])
    )


def _maturin(path: str, wheel: bool) -> _Words:
    # What is beside the modules would be installed with them if the wheel were named too.
    value = (
        {"path": f"**/{path}", "format": ["sdist", "wheel"]} if wheel else {"path": path, "format": "sdist"}
    )
    return "in pyproject.toml", in_pyproject("maturin", "include", [value])


def _scikit_build_core(path: str, wheel: bool) -> _Words:
    pattern = f"**/{path}" if wheel else f"/{path}"
    return "in pyproject.toml", in_pyproject("scikit-build.sdist", "include", [pattern])


_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f'\\\ud800-\udfff]{1,500}")


def _installed_by_meson(path: str) -> _Words:
    folder, slash, _ = path.rpartition("/")
    if not _PLAIN.fullmatch(path):
        return "in meson.build, install it with install_sources of the Python module", ()
    subdir = f", subdir: '{folder}'" if slash else ""
    return (
        "in meson.build (where py is the Python module, and with the path at which it lies in the source)",
        (Setting("meson.build", (f"py.install_sources('{path}'{subdir})",)),),
    )


def _meson(path: str, wheel: bool) -> _Words:
    return "have git track it (and .gitattributes not give it export-ignore), since that is what is packed", (
        Setting("", (f"git add --force {path}",)),
    )


def _tracked(path: str, wheel: bool) -> _Words:
    return "have git track it, since what git tracks is packed", (Setting("", (f"git add --force {path}",)),)


def _pbr(path: str, wheel: bool) -> _Words:
    if wheel:
        # What it packs is what git tracks below the packages that setup.cfg names.
        return "have git track it, and name its package as `packages` in the section `files` of setup.cfg", ()
    return _tracked(path, wheel)


def _scikit_build(path: str, distribution: Distribution) -> _Words:
    if isinstance(distribution, Sdist):
        has_manifest = distribution.in_root("MANIFEST.in") is not None
        return _setuptools(path, wheel=False) if has_manifest else _tracked(path, wheel=False)
    return "in CMakeLists.txt, install it, or in setup.py name it in `packages` or `package_data`", ()


def _sip(path: str, wheel: bool) -> _Words:
    if wheel:
        return "in project.py, have it installed beside the bindings", ()
    return "take it out of `sdist-excludes` of `[tool.sip.project]`, since sip packs all else", ()


def _enscons(path: str, wheel: bool) -> _Words:
    return f"in SConstruct, add it to the files that are given to env.{'Whl' if wheel else 'SDist'}", ()


def _just_buildit(path: str, wheel: bool) -> _Words:
    if wheel:
        return "have the build command write it, and take it out of `exclude` of `[tool.just-buildit]`", ()
    return "have it in the folder when the sdist is built, since just-buildit packs all that is there", ()


def _whey(path: str, wheel: bool) -> _Words:
    paths = [f"include {path}", f"include src/{path}"] if wheel else [f"include {path}"]
    return "in pyproject.toml", in_pyproject("whey", "additional-files", paths)


def _py_build_cmake(path: str, wheel: bool) -> _Words:
    if wheel:
        return "put it into the folder of the module, or have CMakeLists.txt install it", ()
    return "in pyproject.toml", in_pyproject("py-build-cmake.sdist", "include", [path])


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
    "pbr": _pbr,
    "sip": _sip,
    "enscons": _enscons,
    "just-buildit": _just_buildit,
    "whey": _whey,
    "py-build-cmake": _py_build_cmake,
    "sphinx-theme-builder": _tracked,
}
"""The functions that say how to pack a file, by build backend; each was tried by building with it."""
