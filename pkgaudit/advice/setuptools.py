"""Remedies that change the packages in a wheel of setuptools, by the place of its package list."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from pkgaudit.advice.advice import in_pyproject
from pkgaudit.advice.backend import LARGEST, pyproject_of, table_in
from pkgaudit.advice.packed import patterns_in, shown
from pkgaudit.advice.setup_cfg import read_setup_cfg
from pkgaudit.finding import Setting
from pkgaudit.model.distribution import Sdist

_FIND = "setuptools.packages.find"

_HINT = (
    'add to pyproject.toml (with where = ["src"] if the modules are in src/), or, if `packages` is a list or '
    "is set in setup.cfg or setup.py, remove it there instead"
)


def package_of_setuptools(package: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that excludes a package and its subpackages, and the settings to paste.

    ``sdist`` is the sdist of the project, None if it is not known; ``package`` is a dotted name.
    """
    names = (package, f"{package}.*")
    if sdist is None:
        return _HINT, in_pyproject(_FIND, "exclude", names)
    tool = table_in(pyproject_of(sdist), "tool", "setuptools")
    packages = tool.get("packages")
    if isinstance(packages, list):
        listed = [each for each in packages if isinstance(each, str) and _is_in(each, package)]
        dropped = (Setting("pyproject.toml", tuple(listed), ("tool", "setuptools"), "packages", drops=True),)
        return "in pyproject.toml, remove it from `packages`", dropped
    if packages is None and (elsewhere := _elsewhere(package, names, sdist)):
        return elsewhere
    settings = in_pyproject(_FIND, "exclude", names)
    if packages is None and _is_in_src(package, sdist):
        # The table turns off the automatic discovery, which would find src/.
        settings += in_pyproject(_FIND, "where", ["src"])
    return "add to pyproject.toml", settings


def with_package(package: str, sdist: Sdist | None) -> tuple[str, tuple[Setting, ...]]:
    """Return the place that lists the packages and lacks one, and the settings to paste.

    ``sdist`` is the sdist of the project, None if it is not known; ``package`` is a dotted name.
    """
    name = shown(package)
    found = f"add the package {name} to those that `tool.setuptools` lists or finds"
    if sdist is None:
        return found, ()
    packages = table_in(pyproject_of(sdist), "tool", "setuptools").get("packages")
    if isinstance(packages, list):
        if package in packages:
            return f"`packages` in pyproject.toml lists {name}: build with a clean checkout", ()
        listed = Setting("pyproject.toml", (package,), ("tool", "setuptools"), "packages")
        return "add it to `packages` in pyproject.toml, which lacks it", (listed,)
    if packages is not None:
        excluded = patterns_in(table_in(packages, "find").get("exclude"))
        hidden = [each for each in excluded if fnmatchcase(package, each)]
        if hidden:
            dropped = (
                Setting("pyproject.toml", tuple(hidden), ("tool", *_FIND.split(".")), "exclude", True),
            )
            return f"remove it from `exclude` of `[tool.{_FIND}]` in pyproject.toml", dropped
        return f"let `tool.setuptools.packages.find` find the package {name}", ()
    cfg = sdist.in_root("setup.cfg")
    setup_cfg = read_setup_cfg(sdist.kept[cfg]) if cfg else None
    if setup_cfg is not None and setup_cfg.has_option("options", "packages"):
        if "find" not in setup_cfg.get("options", "packages", raw=True):
            return f"add the package {name} to `packages` in the section `options` of setup.cfg", ()
        return f"let `options.packages.find` in setup.cfg find the package {name}", ()
    setup_py = sdist.in_root("setup.py")
    if setup_py and re.search(rb"\bpackages\s*=\s*\[", sdist.kept[setup_py][:LARGEST]):
        return f"add the package {name} to the list `packages=` in setup.py", ()
    return found, ()


def has_list(sdist: Sdist) -> bool:
    """Return whether the project lists its packages, or says where setuptools finds them."""
    if "packages" in table_in(pyproject_of(sdist), "tool", "setuptools"):
        return True
    return _elsewhere("", (), sdist) is not None


def lacks_package(package: str, sdist: Sdist) -> bool:
    """Return whether the project lists its packages one by one, without a package."""
    packages = table_in(pyproject_of(sdist), "tool", "setuptools").get("packages")
    if packages is not None:
        return isinstance(packages, list) and package not in packages
    cfg = sdist.in_root("setup.cfg")
    setup_cfg = read_setup_cfg(sdist.kept[cfg]) if cfg else None
    if setup_cfg is not None and setup_cfg.has_option("options", "packages"):
        listed = setup_cfg.get("options", "packages", raw=True)
        return "find" not in listed and package not in re.split(r"[\s,]+", listed)
    setup_py = sdist.in_root("setup.py")
    text = sdist.kept[setup_py][:LARGEST].decode("utf-8", "replace") if setup_py else ""
    match = re.search(r"\bpackages\s*=\s*\[([^\]]*)\]", text)
    return match is not None and package not in re.split(r"[\s,'\"]+", match[1])


def _elsewhere(package: str, names: tuple[str, ...], sdist: Sdist) -> tuple[str, tuple[Setting, ...]] | None:
    """Return place and settings if setup.cfg or setup.py names the packages, None if neither does."""
    cfg = sdist.in_root("setup.cfg")
    setup_cfg = read_setup_cfg(sdist.kept[cfg]) if cfg else None
    if setup_cfg is not None and setup_cfg.has_option("options", "packages"):
        if "find" not in setup_cfg.get("options", "packages", raw=True):
            return "remove it from `packages` in the section `options` of setup.cfg", ()
        return "add to setup.cfg", (Setting("setup.cfg", names, ("options.packages.find",), "exclude"),)
    setup_py = sdist.in_root("setup.py")
    if setup_py and re.search(rb"\bpackages\s*=", sdist.kept[setup_py][:LARGEST]):
        listed = ", ".join(f'"{each}"' for each in names)
        return f"remove it from `packages=` in setup.py, such as with find_packages(exclude=[{listed}])", ()
    return None


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _is_in_src(package: str, sdist: Sdist) -> bool:
    folder = f"{sdist.root}/src/{package.replace('.', '/')}/"
    return any(path.startswith(folder) for path in sdist.by_path)
