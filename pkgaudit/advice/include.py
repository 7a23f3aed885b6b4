"""Remedies that add a file to a distribution."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgaudit.advice.advice import Advice, in_pyproject
from pkgaudit.advice.backend import backend_of, builder_of
from pkgaudit.advice.exclude import ADDED, glob_of, relative, shown
from pkgaudit.finding import Include, Setting
from pkgaudit.model.distribution import Distribution, Sdist, Wheel

_Words = tuple[str, tuple[Setting, ...]]
"""A clause that completes "pack x into the wheel: ", and the settings to paste."""

_LICENSE = re.compile(r"[^/]+\.dist-info/(?:licenses|license_files)/(.+)")


def include(remedy: Include, distribution: Distribution, beside: Sdist | None = None) -> Advice:
    """Return how to add a file to the distribution, for the backend that built it.

    ``beside`` is the sdist of the same release, which contains the backend of a wheel.
    """
    path = relative(remedy.path.partition("!/")[0], distribution)
    task = f"pack {shown(path)} into the {distribution.kind}"
    place, settings = _words(path, distribution, beside)
    return Advice(remedy.first or "", task, place, settings)


def _words(path: str, distribution: Distribution, beside: Sdist | None) -> _Words:
    wheel = isinstance(distribution, Wheel)
    if wheel and (match := _LICENSE.match(path)):
        files = Setting("pyproject.toml", (glob_of(match[1]),), ("project",), "license-files")
        return "add to pyproject.toml", (files,)
    if wheel and ADDED.match(path):
        return "check the build step that should add it", ()
    builder, backend = builder_of(distribution, beside), backend_of(distribution, beside)
    if wheel and backend == "meson-python":
        return _installed_by_meson(path)
    if builder == "scikit-build":
        return _scikit_build(glob_of(path), distribution)
    write = _WRITERS.get(builder or "") or _WRITERS.get(backend or "")
    place, settings = write(glob_of(path), wheel) if write else (_UNKNOWN, ())
    if builder == "hatchling" and _may_have_another_name(path, distribution):
        place = (
            "if a symbolic link leads to its folder, remove the link, because hatchling packs a folder once, "
            f"under the name that sorts first; otherwise {place}"
        )
    return place, settings


def _may_have_another_name(path: str, distribution: Distribution) -> bool:
    """Whether no file in the folder of a path is packed, and a sibling folder has a file of the same name."""
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
    "pkgaudit does not know the build backend; look for its setting that includes files, and check that "
    "version control does not ignore the file"
)


def _setuptools(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "add to MANIFEST.in", (Setting("MANIFEST.in", (f"include {path}",)),)
    folder, slash, name = path.rpartition("/")
    # A folder with a dot in its path is not a package: its files are data of the package around it.
    if name.endswith((".py", ".so", ".pyd")) and "." not in folder:
        if not slash:
            return "add to pyproject.toml", in_pyproject("setuptools", "py-modules", [name.partition(".")[0]])
        package = folder.replace("/", ".")
        return (
            f"add the package {shown(package)} to those that `tool.setuptools` lists or finds",
            (),
        )
    if not slash:
        return "move it into a package, because files beside the packages are not installed", ()
    package, _, inner = path.partition("/")
    return "add to pyproject.toml", in_pyproject("setuptools.package-data", package, [inner])


def _hatchling(path: str, wheel: bool) -> _Words:
    # Artifacts are packed even if they are excluded or version control ignores them. The setting is for all
    # targets, because a wheel is mostly built from the sdist.
    table, pattern = ("build", f"**/{path}") if wheel else ("build.targets.sdist", f"/{path}")
    return "add to pyproject.toml", in_pyproject(f"hatch.{table}", "artifacts", [pattern])


def _flit(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "move it into the folder of the module, which is packed completely except for the files in "
            "`exclude` of `[tool.flit.sdist]`"
        ), ()
    return "add to pyproject.toml (and remove it from `exclude`, which takes precedence, if it is listed)", (
        in_pyproject("flit.sdist", "include", [path])
    )


def _poetry(path: str, wheel: bool) -> _Words:
    value = (
        {"path": f"**/{path}", "format": ["sdist", "wheel"]} if wheel else {"path": path, "format": "sdist"}
    )
    return "add to pyproject.toml", in_pyproject("poetry", "include", [value])


def _pdm(path: str, wheel: bool) -> _Words:
    if not wheel:
        return "add to pyproject.toml", in_pyproject("pdm.build", "source-includes", [path])
    top = path.partition("/")[0]
    clause = (
        "add to pyproject.toml (and remove it from `excludes` if it is listed); once `includes` is set, it "
        "has to list all packages"
    )
    return clause, in_pyproject("pdm.build", "includes", [top, f"src/{top}"])


def _uv(path: str, wheel: bool) -> _Words:
    if wheel:
        return (
            "move it into the folder of the module, which is packed completely except for the files in "
            "`wheel-exclude` and `source-exclude` of `[tool.uv.build-backend]`"
        ), ()
    pattern = re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", path)
    return (
        "add to pyproject.toml (and remove it from `source-exclude`, which takes precedence, if it is "
        "listed)",
        (in_pyproject("uv.build-backend", "source-include", [pattern])),
    )


def _maturin(path: str, wheel: bool) -> _Words:
    # If the format "wheel" were listed too, files beside the modules would be installed with them.
    value = (
        {"path": f"**/{path}", "format": ["sdist", "wheel"]} if wheel else {"path": path, "format": "sdist"}
    )
    return "add to pyproject.toml", in_pyproject("maturin", "include", [value])


def _scikit_build_core(path: str, wheel: bool) -> _Words:
    pattern = f"**/{path}" if wheel else f"/{path}"
    return "add to pyproject.toml", in_pyproject("scikit-build.sdist", "include", [pattern])


_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f'\\\ud800-\udfff]{1,500}")


def _installed_by_meson(path: str) -> _Words:
    folder, slash, _ = path.rpartition("/")
    if not _PLAIN.fullmatch(path):
        return "in meson.build, install it with install_sources of the Python module", ()
    subdir = f", subdir: '{folder}'" if slash else ""
    return (
        "add to meson.build (where py is the Python module, and the path is that of the source file)",
        (Setting("meson.build", (f"py.install_sources('{path}'{subdir})",)),),
    )


def _meson(path: str, wheel: bool) -> _Words:
    return "add it to git, and do not set export-ignore for it, because meson packs tracked files", (
        Setting("", (f"git add --force {path}",)),
    )


def _tracked(path: str, wheel: bool) -> _Words:
    return "add it to git, because the backend packs tracked files", (
        Setting("", (f"git add --force {path}",)),
    )


def _pbr(path: str, wheel: bool) -> _Words:
    if wheel:
        # pbr packs the tracked files of the packages that setup.cfg names.
        return "add it to git, and its package to `packages` in the section `files` of setup.cfg", ()
    return _tracked(path, wheel)


def _scikit_build(path: str, distribution: Distribution) -> _Words:
    if isinstance(distribution, Sdist):
        has_manifest = distribution.in_root("MANIFEST.in") is not None
        return _setuptools(path, wheel=False) if has_manifest else _tracked(path, wheel=False)
    return "install it in CMakeLists.txt, or add it to `packages` or `package_data` in setup.py", ()


def _sip(path: str, wheel: bool) -> _Words:
    if wheel:
        return "in project.py, install it beside the bindings", ()
    return "remove it from `sdist-excludes` of `[tool.sip.project]`, because sip packs all other files", ()


def _enscons(path: str, wheel: bool) -> _Words:
    return f"in SConstruct, add it to the files passed to env.{'Whl' if wheel else 'SDist'}", ()


def _just_buildit(path: str, wheel: bool) -> _Words:
    if wheel:
        return "let the build command write it, and remove it from `exclude` of `[tool.just-buildit]`", ()
    return "put it into the folder before building, because just-buildit packs all files there", ()


def _whey(path: str, wheel: bool) -> _Words:
    paths = [f"include {path}", f"include src/{path}"] if wheel else [f"include {path}"]
    return "add to pyproject.toml", in_pyproject("whey", "additional-files", paths)


def _py_build_cmake(path: str, wheel: bool) -> _Words:
    if wheel:
        return "move it into the folder of the module, or let CMakeLists.txt install it", ()
    return "add to pyproject.toml", in_pyproject("py-build-cmake.sdist", "include", [path])


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
"""The functions that return the remedy, by build backend; tests build with each of them."""
