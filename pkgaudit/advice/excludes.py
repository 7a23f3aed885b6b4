"""Remedies that keep a file out of a distribution, by build backend."""

from __future__ import annotations

import re

from pkgaudit.advice.advice import in_pyproject
from pkgaudit.advice.backend import pyproject_of, table_in
from pkgaudit.advice.packed import Packed, Words, glob_of, in_manifest, is_plain, patterns_in
from pkgaudit.advice.setuptools import package_of_setuptools
from pkgaudit.finding import Setting
from pkgaudit.model.distribution import Sdist

_EXPORT = "build in a copy of the tracked files without it (git archive)"

UNKNOWN = f"pkgaudit does not know the build backend; look for its setting that excludes files, or {_EXPORT}"

_FROM_SDIST = ", and build the wheel from the sdist, as 'python -m build' does"


def setuptools(of: Packed) -> Words:
    """Return the remedy for setuptools."""
    if of.in_wheel and _has_modules(of):
        return package_of_setuptools(of.glob.replace("/", "."), of.beside)
    return by_manifest(of)


def by_manifest(of: Packed) -> Words:
    """Return the remedy for a backend that reads MANIFEST.in."""
    command = "prune" if of.is_folder else "exclude"
    lines = [f"{command} {glob_of(each)}" for each in of.sources]
    if not of.in_wheel:
        return in_manifest(lines, of)
    listed = ""
    if "/" not in of.path and of.path.endswith(".py"):
        listed = " (and remove it from `py-modules` in `[tool.setuptools]` if it is listed)"
    return in_manifest(lines, of, f"{listed}{_FROM_SDIST}")


def _has_modules(of: Packed) -> bool:
    """Whether setuptools packs a folder as a package; one with a dot in its path is packed as data."""
    return (
        of.is_folder
        and "." not in of.path
        and any(each.startswith(f"{of.path}/") and each.endswith(".py") for each in of.distribution.by_path)
    )


def hatchling(of: Packed) -> Words:
    """Return the remedy for hatchling."""
    table = f"hatch.build.targets.{of.distribution.kind}"
    return "add to pyproject.toml", in_pyproject(table, "exclude", of.patterns("/"))


def flit(of: Packed) -> Words:
    """Return the remedy for flit."""
    # flit packs all files of the module into the wheel, and has an exclude setting for the sdist only.
    clause = f"add to pyproject.toml{_FROM_SDIST if of.in_wheel else ''}"
    return clause, in_pyproject("flit.sdist", "exclude", of.patterns())


def poetry(of: Packed) -> Words:
    """Return the remedy for poetry."""
    listed = table_in(pyproject_of(of.project), "tool", "poetry").get("packages") if of.project else None
    tables = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    dropped = tuple(each for each in tables if _folder_of(each) in of.sources)
    if dropped and len(dropped) < len(tables):
        # poetry stops if an exclude setting leaves nothing of a listed package.
        setting = Setting("pyproject.toml", (), ("tool", "poetry"), "packages", replaces=dropped)
        return "remove it from `packages` of `[tool.poetry]` in pyproject.toml", (setting,)
    clause = "add to pyproject.toml (and remove it from `include`, which takes precedence, if it is listed)"
    return clause, in_pyproject("poetry", "exclude", of.patterns())


def _folder_of(package: dict[str, object]) -> str:
    """Return the folder of a package that poetry is to pack."""
    return "/".join(str(each) for key in ("from", "include") if (each := package.get(key)) is not None)


def pdm(of: Packed) -> Words:
    """Return the remedy for pdm."""
    return "add to pyproject.toml", in_pyproject("pdm.build", "excludes", of.patterns())


def uv(of: Packed) -> Words:
    """Return the remedy for uv_build."""
    # Globs of uv need an escape for most characters. Without a leading slash they match at any depth; with
    # one they match files, but not the contents of a folder.
    table = "uv.build-backend"
    sources = [escaped_for_uv(glob_of(each)) for each in of.sources]
    if not of.in_wheel:
        return "add to pyproject.toml", in_pyproject(table, "source-exclude", [f"/{sources[0]}"])
    inside = "/**" if of.is_folder else ""
    patterns = [escaped_for_uv(of.glob)] if "/" in of.path else [f"/{each}{inside}" for each in sources]
    return "add to pyproject.toml", in_pyproject(table, "wheel-exclude", patterns)


def escaped_for_uv(pattern: str) -> str:
    """Return a pattern with the escapes that the globs of uv need."""
    return re.sub(r"[^\w./?-]", lambda match: f"\\{match[0]}", pattern)


def maturin(of: Packed) -> Words:
    """Return the remedy for maturin."""
    inside = "/**/*" if of.is_folder else ""
    tables = [{"path": f"{each}{inside}", "format": ["sdist", "wheel"]} for each in of.patterns()]
    return "add to pyproject.toml", in_pyproject("maturin", "exclude", tables)


def scikit_build_core(of: Packed) -> Words:
    """Return the remedy for scikit-build-core."""
    if of.in_wheel and "/" not in of.path:
        # Patterns are also matched against the paths inside each package, so none means the top level only.
        wheel = ("tool", "scikit-build", "wheel")
        listed = table_in(pyproject_of(of.project), *wheel).get("packages") if of.project else None
        dropped = tuple(each for each in patterns_in(listed) if each.rpartition("/")[2] == of.path)
        if dropped:
            setting = Setting("pyproject.toml", (), wheel, "packages", replaces=dropped)
            return "remove it from `wheel.packages` of `[tool.scikit-build]` in pyproject.toml", (setting,)
        return (
            "remove it from `wheel.packages` of `[tool.scikit-build]` in pyproject.toml, or from the files "
            "that CMakeLists.txt installs"
        ), ()
    table = f"scikit-build.{of.distribution.kind}"
    return "add to pyproject.toml", in_pyproject(table, "exclude", of.patterns("/"))


def meson(of: Packed) -> Words:
    """Return the remedy for meson-python, which installs single files, or a folder with its contents."""
    if not of.in_wheel:
        # Meson packs tracked files by a git command that follows these attributes.
        return "add to .gitattributes, because meson packs all tracked files", (
            Setting(".gitattributes", (f"/{of.glob} export-ignore",)),
        )
    top, slash, inner = of.path.partition("/")
    if not slash or not is_plain(inner):
        return "in meson.build, remove the install_subdir or install_sources that installs it", ()
    clause = "in meson.build, remove it from install_sources, or add to the install_subdir of its folder"
    key = "exclude_directories" if of.is_folder else "exclude_files"
    return clause, (Setting("meson.build", (inner,), (top,), key),)


def _untracked(of: Packed) -> Words:
    """Return the remedy for a backend that packs all tracked files."""
    return "stop tracking it with git, because the backend packs all tracked files", (
        Setting("", (f"git rm -r --cached {of.glob}",)),
    )


def scikit_build(of: Packed) -> Words:
    """Return the remedy for scikit-build, which extends setuptools."""
    if isinstance(of.distribution, Sdist):
        # Without a MANIFEST.in scikit-build writes one with all tracked files; a new one would list too few.
        has_manifest = of.distribution.in_root("MANIFEST.in") is not None
        return by_manifest(of) if has_manifest else _untracked(of)
    return (
        "remove it from the files that CMakeLists.txt installs, or from `packages` and `package_data` in "
        "setup.py"
    ), ()


def sphinx_theme_builder(of: Packed) -> Words:
    """Return the remedy for sphinx-theme-builder."""
    return _untracked(of) if not of.in_wheel else (f"delete it before building, or {_EXPORT}", ())


def sip(of: Packed) -> Words:
    """Return the remedy for sip."""
    if of.in_wheel:
        return "in pyproject.toml or project.py, do not install it beside the bindings", ()
    if of.is_folder:
        return f"{_EXPORT}, because sip packs all files and cannot exclude folders", ()
    return "add to pyproject.toml", in_pyproject("sip.project", "sdist-excludes", [of.glob])


def enscons(of: Packed) -> Words:
    """Return the remedy for enscons."""
    return f"in SConstruct, remove it from the files passed to env.{'Whl' if of.in_wheel else 'SDist'}", ()


def just_buildit(of: Packed) -> Words:
    """Return the remedy for just-buildit."""
    if not of.in_wheel:
        return f"{_EXPORT}, because just-buildit has no setting that keeps a file out of the sdist", ()
    pattern = f"{of.glob}/*" if of.is_folder else of.glob
    return "add to pyproject.toml", in_pyproject("just-buildit", "exclude", [pattern])


def whey(of: Packed) -> Words:
    """Return the remedy for whey."""
    # whey deletes files from its build folder, which has the modules in src/ for an sdist only.
    line = f"recursive-exclude {of.glob} *" if of.is_folder else f"exclude {of.glob}"
    return "add to pyproject.toml", in_pyproject("whey", "additional-files", [line])


def py_build_cmake(of: Packed) -> Words:
    """Return the remedy for py-build-cmake."""
    clause = f"add to pyproject.toml{_FROM_SDIST if of.in_wheel else ''}"
    return clause, in_pyproject("py-build-cmake.sdist", "exclude", map(glob_of, of.sources))
