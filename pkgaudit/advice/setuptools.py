"""Remedies that change the contents of a wheel of setuptools, by the file with the project's settings."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pkgaudit.advice.advice import in_pyproject
from pkgaudit.advice.backend import LARGEST, pyproject_of, table_in
from pkgaudit.advice.packed import patterns_in, shown
from pkgaudit.advice.setup_cfg import read_setup_cfg
from pkgaudit.finding import Setting
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Sdist

if TYPE_CHECKING:
    from configparser import RawConfigParser

_FIND = "setuptools.packages.find"

_HINT = (
    'add to pyproject.toml (with where = ["src"] if the modules are in src/), or, if `packages` is a list or '
    "is set in setup.cfg or setup.py, remove it there instead"
)

_CLEAN = ", and delete *.egg-info, because setuptools packs the files that its SOURCES.txt lists"
"""The end of a remedy that changes the packages: an earlier build listed their files there."""

_FINDERS = ("find:", "find_namespace:")
"""The values of ``packages`` in setup.cfg with which setuptools searches the packages."""

_IN_SETUP_PY = re.compile(
    r"""^[^#\n]*?\bpackages\s*=\s*"""
    r"""(?:\[((?:[\s,]|'[\w.]*'|"[\w.]*"|\#[^\n]*\n)*)\](?=[ \t]*(?:[,)\#]|$)))?""",
    re.MULTILINE,
)
"""The argument ``packages`` of setup.py, and the items if it is a list of strings and nothing else."""


@dataclass(frozen=True)
class _Packages:
    """The file of a project that names its packages, empty if none does, and the names that it lists.

    ``listed`` is None if setuptools searches the packages, or the list is not constant.
    """

    file: str = ""
    listed: tuple[str, ...] | None = None


def _packages_of(sdist: Sdist) -> _Packages:
    """Return the first setting that setuptools reads."""
    packages = table_in(pyproject_of(sdist), "tool", "setuptools").get("packages")
    if packages is not None:
        names = [each for each in packages if isinstance(each, str)] if isinstance(packages, list) else None
        return _Packages("pyproject.toml", None if names is None else tuple(names))
    setup_cfg = _setup_cfg(sdist)
    if setup_cfg is not None and setup_cfg.has_option("options", "packages"):
        text = setup_cfg.get("options", "packages", raw=True)
        return _Packages("setup.cfg", None if text.strip() in _FINDERS else tuple(re.split(r"[\s,]+", text)))
    if match := _IN_SETUP_PY.search(_setup_py(sdist)):
        if match[1] is None:
            return _Packages("setup.py")
        return _Packages("setup.py", tuple(re.split(r"[\s,'\"]+", re.sub(r"#[^\n]*", "", match[1]))))
    return _Packages()


def _setup_cfg(sdist: Sdist) -> RawConfigParser | None:
    path = sdist.in_root("setup.cfg")
    return read_setup_cfg(sdist.kept[path]) if path else None


def _setup_py(sdist: Sdist) -> str:
    path = sdist.in_root("setup.py")
    return sdist.kept[path][:LARGEST].decode("utf-8", "replace") if path else ""


def _file_of(key: str, sdist: Sdist | None) -> str:
    """Return the file for a setting of setuptools: the first that has the setting, or that of the project.

    Without a table ``[project]``, setuptools rejects ``[tool.setuptools]`` in pyproject.toml.
    """
    project = (pyproject_of(sdist) if sdist is not None else None) or {}
    if sdist is None or key.replace("_", "-") in table_in(project, "tool", "setuptools"):
        return "pyproject.toml"
    setup_py = _setup_py(sdist)
    if re.search(rf"\b{key}\s*=", setup_py):
        return "setup.py"
    cfg = _setup_cfg(sdist)
    if cfg is not None and (cfg.has_section(f"options.{key}") or cfg.has_option("options", key)):
        return "setup.cfg"
    if "project" in project:
        return "pyproject.toml"
    if cfg is not None and cfg.has_section("options"):
        return "setup.cfg"
    return "setup.py" if setup_py else "pyproject.toml"


def with_module(module: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that packs a module beside the packages, and the settings to paste."""
    file = _file_of("py_modules", sdist)
    if file == "setup.py":
        return f"add the module {shown(module)} to `py_modules=` in setup.py", ()
    if file == "setup.cfg":
        return "add to setup.cfg", (Setting(file, (module,), ("options",), "py_modules"),)
    return "add to pyproject.toml", in_pyproject("setuptools", "py-modules", [module])


def with_data(package: str, pattern: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that packs data of a package, and the settings to paste."""
    file = _file_of("package_data", sdist)
    if file == "setup.py":
        return f"add '{shown(pattern)}' for {shown(package)} to `package_data=` in setup.py", ()
    if file == "setup.cfg":
        return "add to setup.cfg", (Setting(file, (pattern,), ("options.package_data",), package),)
    return "add to pyproject.toml", in_pyproject("setuptools.package-data", package, [pattern])


def package_of_setuptools(package: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that excludes a package and its subpackages, and the settings to paste.

    ``sdist`` is the sdist of the project, None if it is not known; ``package`` is a dotted name.
    """
    names = (package, f"{package}.*")
    settings = in_pyproject(_FIND, "exclude", names)
    if sdist is None:
        return _HINT, settings
    packages = _packages_of(sdist)
    if packages.file == "pyproject.toml" and packages.listed is not None:
        listed = tuple(each for each in packages.listed if _is_in(each, package))
        dropped = (Setting("pyproject.toml", listed, ("tool", "setuptools"), "packages", drops=True),)
        return f"in pyproject.toml, remove it from `packages`{_CLEAN}", dropped
    if packages.file == "setup.cfg":
        if packages.listed is not None:
            return "remove it from `packages` in the section `options` of setup.cfg", ()
        found = (Setting("setup.cfg", names, ("options.packages.find",), "exclude"),)
        return f"add to setup.cfg{_CLEAN}", found
    if packages.file == "setup.py":
        quoted = ", ".join(f'"{each}"' for each in names)
        return f"remove it from `packages=` in setup.py, such as with find_packages(exclude=[{quoted}])", ()
    if not packages.file and _is_in_src(package, sdist):
        # The table turns off the automatic discovery, which would find src/.
        settings += in_pyproject(_FIND, "where", ["src"])
    return f"add to pyproject.toml{_CLEAN}", settings


def with_package(package: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that lists the packages and lacks one, and the settings to paste.

    ``sdist`` is the sdist of the project, None if it is not known; ``package`` is a dotted name.
    """
    name = shown(package)
    packages = _packages_of(sdist) if sdist is not None else _Packages()
    if sdist is not None and packages.file == "pyproject.toml":
        if packages.listed is None:
            return _found_by_pyproject(package, sdist)
        if package in packages.listed:
            return f"`packages` in pyproject.toml lists {name}: build with a clean checkout", ()
        listed = Setting("pyproject.toml", (package,), ("tool", "setuptools"), "packages")
        return f"add the package {name} to `packages` in pyproject.toml, which lacks it", (listed,)
    if packages.file == "setup.cfg":
        if packages.listed is not None:
            return f"add the package {name} to `packages` in the section `options` of setup.cfg", ()
        return f"let `options.packages.find` in setup.cfg find the package {name}", ()
    if packages.file == "setup.py":
        if packages.listed is not None:
            return f"add the package {name} to the list `packages=` in setup.py", ()
        return f"let `packages=` in setup.py contain the package {name}", ()
    return f"add the package {name} to those that `tool.setuptools` lists or finds", ()


def _found_by_pyproject(package: str, sdist: Sdist) -> tuple[str, tuple[Setting, ...]]:
    table = table_in(pyproject_of(sdist), "tool", *_FIND.split("."))
    hidden = tuple(each for each in patterns_in(table.get("exclude")) if fnmatchcase(package, each))
    if not hidden:
        return f"let `tool.setuptools.packages.find` find the package {shown(package)}", ()
    dropped = (Setting("pyproject.toml", hidden, ("tool", *_FIND.split(".")), "exclude", drops=True),)
    return f"remove it from `exclude` of `[tool.{_FIND}]` in pyproject.toml", dropped


def has_list(sdist: Sdist) -> bool:
    """Return whether the project lists its packages, or says where setuptools finds them."""
    return _packages_of(sdist).file != ""


def lacks_package(package: str, sdist: Sdist) -> bool:
    """Return whether the project lists its packages one by one, without a package."""
    listed = _packages_of(sdist).listed
    return listed is not None and package not in listed


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _is_in_src(package: str, sdist: Sdist) -> bool:
    folder = f"{sdist.root}/src/{package.replace('.', '/')}/"
    return any(path.startswith(folder) for path in sdist.by_path)
