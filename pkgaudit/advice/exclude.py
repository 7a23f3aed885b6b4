"""Remedies that keep a file out of a distribution."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgaudit.advice.advice import Advice, in_pyproject
from pkgaudit.advice.backend import backend_of, builder_of
from pkgaudit.advice.setuptools import package_of_setuptools
from pkgaudit.finding import Exclude, Setting
from pkgaudit.model.distribution import Distribution, Sdist, Wheel
from pkgaudit.model.entry import EntryType

ADDED = re.compile(r"[^/]+\.(?:dist-info|data)(?:/|$)")
"""Paths in a wheel that have no source file, because the build adds them."""

_Words = tuple[str, tuple[Setting, ...]]
"""A clause that completes "keep x out of the wheel: ", and the settings to paste."""


def exclude(remedy: Exclude, distribution: Distribution, beside: Sdist | None = None) -> Advice:
    """Return how to keep a member or a folder out of the distribution, for the backend that built it.

    ``beside`` is the sdist of the same release, which contains the backend and the settings of a wheel.
    """
    outer, nested, inner = remedy.path.partition("!/")
    packed = relative(outer, distribution)
    if nested:
        task = f"rebuild {shown(packed)} without {shown(inner)}, or keep it out of the {distribution.kind}"
    else:
        task = f"keep {shown(packed)} out of the {distribution.kind}"
    place, settings = _words(packed, _is_folder(outer, distribution), distribution, beside)
    return Advice(remedy.first or "", task, place, settings)


def relative(path: str, distribution: Distribution) -> str:
    """Return the path of a member as it is in the wheel, or below the root folder of the sdist."""
    root = distribution.root if isinstance(distribution, Sdist) else None
    path = path.replace("\\", "/").strip("/")
    return path.removeprefix(f"{root}/") if root else path


def _is_folder(path: str, distribution: Distribution) -> bool:
    entry = distribution.by_path.get(path)
    if entry is not None:
        return entry.type is EntryType.DIRECTORY
    return any(each.startswith((f"{path}/", f"{path}\\")) for each in distribution.by_path)


def shown(path: str) -> str:
    """Return a path as one line of limited length, because text after a line end would be pasted."""
    # Beginning and end identify the path; the numbers are chosen to fit on a line of most terminals.
    path = path if len(path) <= 100 else f"{path[:60]}…{path[-30:]}"
    return path if path.isprintable() else "".join(char if char.isprintable() else "?" for char in path)


def glob_of(path: str) -> str:
    """Return a pattern for a path; a character that may be syntax becomes ``?``, a wildcard."""
    return re.sub(r"[^\w./@+=,~-]", "?", path)


def _words(path: str, folder: bool, distribution: Distribution, beside: Sdist | None) -> _Words:
    wheel = isinstance(distribution, Wheel)
    if wheel and ADDED.match(path):
        return "remove the build step that adds it", ()
    builder, backend = builder_of(distribution, beside), backend_of(distribution, beside)
    if wheel and builder in ("setuptools", "nuitka") and _has_modules(path, folder, distribution):
        return package_of_setuptools(glob_of(path).replace("/", "."), beside)
    if wheel and backend == "meson-python":
        return _installed_by_meson(path, folder)
    if builder == "scikit-build":
        return _scikit_build(glob_of(path), folder, distribution)
    write = _WRITERS.get(builder or "") or _WRITERS.get(backend or "")
    return write(glob_of(path), folder, wheel) if write else (_UNKNOWN, ())


_EXPORT = "build in a copy of the tracked files without it (git archive)"

_UNKNOWN = f"pkgaudit does not know the build backend; look for its setting that excludes files, or {_EXPORT}"


def _has_modules(path: str, folder: bool, distribution: Distribution) -> bool:
    """Whether setuptools packs a folder as a package; one with a dot in its path is packed as data."""
    return (
        folder
        and "." not in path
        and any(each.startswith(f"{path}/") and each.endswith(".py") for each in distribution.by_path)
    )


_FROM_SDIST = ", and build the wheel from the sdist, as 'python -m build' does"


def _patterns(path: str, wheel: bool, slash: str = "") -> list[str]:
    """Return patterns for a path in the project's folder, of which a wheel shows only the end.

    A path in a package matches in any folder. A top-level path matches in two places only, because a file
    with the same name in a package must stay.
    """
    if wheel and "/" in path:
        return [f"**/{path}"]
    return [f"{slash}{path}", f"{slash}src/{path}"] if wheel else [f"{slash}{path}"]


def _setuptools(path: str, folder: bool, wheel: bool) -> _Words:
    command = "prune" if folder else "exclude"
    if not wheel:
        return "add to MANIFEST.in", (Setting("MANIFEST.in", (f"{command} {path}",)),)
    listed = ""
    if "/" not in path and path.endswith(".py"):
        listed = " (and remove it from `py-modules` in `[tool.setuptools]` if it is listed)"
    lines = (f"{command} {path}", f"{command} src/{path}")
    return f"add to MANIFEST.in{listed}{_FROM_SDIST}", (Setting("MANIFEST.in", lines),)


def _hatchling(path: str, folder: bool, wheel: bool) -> _Words:
    target = "wheel" if wheel else "sdist"
    patterns = _patterns(path, wheel, "/")
    return "add to pyproject.toml", in_pyproject(f"hatch.build.targets.{target}", "exclude", patterns)


def _flit(path: str, folder: bool, wheel: bool) -> _Words:
    # flit packs all files of the module into the wheel, and has an exclude setting for the sdist only.
    clause = f"add to pyproject.toml{_FROM_SDIST if wheel else ''}"
    return clause, in_pyproject("flit.sdist", "exclude", _patterns(path, wheel))


def _poetry(path: str, folder: bool, wheel: bool) -> _Words:
    clause = "add to pyproject.toml (and remove it from `include`, which takes precedence, if it is listed)"
    return clause, in_pyproject("poetry", "exclude", _patterns(path, wheel))


def _pdm(path: str, folder: bool, wheel: bool) -> _Words:
    return "add to pyproject.toml", in_pyproject("pdm.build", "excludes", _patterns(path, wheel))


def _uv(path: str, folder: bool, wheel: bool) -> _Words:
    # Globs of uv need an escape for most characters. Without a leading slash they match at any depth; with
    # one they match files, but not the contents of a folder.
    path = re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", path)
    table = "uv.build-backend"
    if not wheel:
        return "add to pyproject.toml", in_pyproject(table, "source-exclude", [f"/{path}"])
    inside = "/**" if folder else ""
    patterns = [path] if "/" in path else [f"/{path}{inside}", f"/src/{path}{inside}"]
    return "add to pyproject.toml", in_pyproject(table, "wheel-exclude", patterns)


def _maturin(path: str, folder: bool, wheel: bool) -> _Words:
    inside = "/**/*" if folder else ""
    tables = [{"path": f"{each}{inside}", "format": ["sdist", "wheel"]} for each in _patterns(path, wheel)]
    return "add to pyproject.toml", in_pyproject("maturin", "exclude", tables)


def _scikit_build_core(path: str, folder: bool, wheel: bool) -> _Words:
    if wheel and "/" not in path:
        # Patterns are also matched against the paths inside each package, so none means the top level only.
        return (
            "remove it from `wheel.packages` of `[tool.scikit-build]` in pyproject.toml, or from the files "
            "that CMakeLists.txt installs"
        ), ()
    table = f"scikit-build.{'wheel' if wheel else 'sdist'}"
    return "add to pyproject.toml", in_pyproject(table, "exclude", _patterns(path, wheel, "/"))


_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f'\\\ud800-\udfff]{1,500}")


def _installed_by_meson(path: str, folder: bool) -> _Words:
    """Return the remedy for a wheel: meson.build installs single files, or a folder with its contents."""
    top, slash, inner = path.partition("/")
    if not slash or not _PLAIN.fullmatch(inner):
        return "in meson.build, remove the install_subdir or install_sources that installs it", ()
    clause = "in meson.build, remove it from install_sources, or add to the install_subdir of its folder"
    key = "exclude_directories" if folder else "exclude_files"
    return clause, (Setting("meson.build", (inner,), (top,), key),)


def _meson(path: str, folder: bool, wheel: bool) -> _Words:
    # Meson packs tracked files by a git command that follows these attributes.
    return "add to .gitattributes, because meson packs all tracked files", (
        Setting(".gitattributes", (f"/{path} export-ignore",)),
    )


def _untracked(path: str) -> _Words:
    """Return the remedy for a backend that packs all tracked files."""
    return "stop tracking it with git, because the backend packs all tracked files", (
        Setting("", (f"git rm -r --cached {path}",)),
    )


def _scikit_build(path: str, folder: bool, distribution: Distribution) -> _Words:
    if isinstance(distribution, Sdist):
        # Without a MANIFEST.in scikit-build writes one with all tracked files; a new one would list too few.
        has_manifest = distribution.in_root("MANIFEST.in") is not None
        return _setuptools(path, folder, wheel=False) if has_manifest else _untracked(path)
    return (
        "remove it from the files that CMakeLists.txt installs, or from `packages` and `package_data` in "
        "setup.py"
    ), ()


def _sphinx_theme_builder(path: str, folder: bool, wheel: bool) -> _Words:
    return _untracked(path) if not wheel else (f"delete it before building, or {_EXPORT}", ())


def _sip(path: str, folder: bool, wheel: bool) -> _Words:
    if wheel:
        return "in pyproject.toml or project.py, do not install it beside the bindings", ()
    if folder:
        return f"{_EXPORT}, because sip packs all files and cannot exclude folders", ()
    return "add to pyproject.toml", in_pyproject("sip.project", "sdist-excludes", [path])


def _enscons(path: str, folder: bool, wheel: bool) -> _Words:
    return f"in SConstruct, remove it from the files passed to env.{'Whl' if wheel else 'SDist'}", ()


def _just_buildit(path: str, folder: bool, wheel: bool) -> _Words:
    if not wheel:
        return f"{_EXPORT}, because just-buildit has no setting that keeps a file out of the sdist", ()
    return "add to pyproject.toml", in_pyproject("just-buildit", "exclude", [f"{path}/*" if folder else path])


def _whey(path: str, folder: bool, wheel: bool) -> _Words:
    # whey deletes files from its build folder, which has the modules in src/ for an sdist only.
    line = f"recursive-exclude {path} *" if folder else f"exclude {path}"
    return "add to pyproject.toml", in_pyproject("whey", "additional-files", [line])


def _py_build_cmake(path: str, folder: bool, wheel: bool) -> _Words:
    clause = f"add to pyproject.toml{_FROM_SDIST if wheel else ''}"
    patterns = [path, f"src/{path}"] if wheel else [path]
    return clause, in_pyproject("py-build-cmake.sdist", "exclude", patterns)


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
    "sip": _sip,
    "enscons": _enscons,
    "just-buildit": _just_buildit,
    "whey": _whey,
    "py-build-cmake": _py_build_cmake,
    "sphinx-theme-builder": _sphinx_theme_builder,
}
"""The functions that return the remedy, by build backend; tests build with each of them."""
