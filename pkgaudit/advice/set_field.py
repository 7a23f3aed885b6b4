"""The setting from which a field of the core metadata comes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from pkgaudit.advice.backend import (
    LARGEST,
    backend_of,
    builder_of,
    pyproject_of,
    read_pyproject,
    table_in,
)
from pkgaudit.advice.packed import patterns_in
from pkgaudit.advice.setup_cfg import read_setup_cfg
from pkgaudit.advice.version import ELSEWHERE, TAG, dynamic_version, named_version
from pkgaudit.finding import SetField, Setting
from pkgaudit.model.distribution import Distribution, Sdist

if TYPE_CHECKING:
    from configparser import RawConfigParser


class _Source(NamedTuple):
    """The keys that set a field of the core metadata, each empty if there is none."""

    project: str = ""
    setup: str = ""
    """Argument of ``setup()``; in setup.cfg of the same name, in ``section``."""
    poetry: str = ""
    """Below ``tool.poetry``."""
    flit: str = ""
    """Below ``tool.flit``."""
    cargo: str = ""
    """Below ``package`` in Cargo.toml."""
    section: str = "metadata"


_SOURCES = {
    "Name": _Source("name", "name", "name", "metadata.dist-name", "name"),
    "Version": _Source("version", "version", "version", "", "version"),
    "Platform": _Source("", "platforms"),
    "Summary": _Source("description", "description", "description", "", "description"),
    "Description": _Source("readme", "long_description", "readme", "metadata.description-file", "readme"),
    "Description-Content-Type": _Source(
        "readme", "long_description_content_type", "readme", "metadata.description-file", "readme"
    ),
    "Keywords": _Source("keywords", "keywords", "keywords", "metadata.keywords", "keywords"),
    "Home-page": _Source("urls", "url", "homepage", "metadata.home-page", "homepage"),
    "Download-URL": _Source("urls", "download_url"),
    "Project-URL": _Source("urls", "project_urls", "urls", "metadata.urls", "homepage"),
    "Author": _Source("authors", "author", "authors", "metadata.author", "authors"),
    "Author-email": _Source("authors", "author_email", "authors", "metadata.author-email", "authors"),
    "Maintainer": _Source("maintainers", "maintainer", "maintainers", "metadata.maintainer"),
    "Maintainer-email": _Source(
        "maintainers", "maintainer_email", "maintainers", "metadata.maintainer-email"
    ),
    "License": _Source("license", "license", "license", "metadata.license", "license"),
    "License-Expression": _Source("license", "license_expression", "license", "metadata.license", "license"),
    "License-File": _Source("license-files", "license_files", cargo="license-file"),
    "Classifier": _Source("classifiers", "classifiers", "classifiers", "metadata.classifiers"),
    "Requires": _Source("", "requires"),
    "Provides": _Source("", "provides"),
    "Obsoletes": _Source("", "obsoletes"),
    "Requires-Dist": _Source(
        "dependencies", "install_requires", "dependencies", "metadata.requires", "", "options"
    ),
    "Provides-Extra": _Source(
        "optional-dependencies", "extras_require", "extras", "metadata.requires-extra", "", "options"
    ),
    "Requires-Python": _Source(
        "requires-python", "python_requires", "dependencies.python", "metadata.requires-python", "", "options"
    ),
    "Dynamic": _Source("dynamic"),
    "Import-Name": _Source("import-names"),
    "Import-Namespace": _Source("import-namespaces"),
    "Entry-Point": _Source("entry-points", "entry_points", "plugins", "entrypoints", "", "options"),
}
"""The sources of each field: the specification of pyproject.toml, and the manuals of setuptools, Poetry, flit
(before version 4) and Cargo (as maturin maps it). Entry-Point means a line of entry_points.txt."""

_EXTRA = _Source(
    "optional-dependencies", "extras_require", "dependencies", "metadata.requires-extra", "", "options"
)
"""The sources of Requires-Dist in an extra."""

_SCRIPTS = {
    "console_scripts": _Source("scripts", "entry_points", "scripts", "scripts", "", "options"),
    "gui_scripts": _Source("gui-scripts", "entry_points", "plugins", "entrypoints", "", "options"),
}
"""The sources of Entry-Point in a group of scripts."""

_SPELLINGS = {
    "description": "summary",
    "url": "home_page",
    "long_description": "description_file",
    "classifiers": "classifier",
    "platforms": "platform",
}
"""Other names of an option in setup.cfg, with setuptools or pbr."""

_POETRY_LABELS = {"Homepage": "homepage", "Repository": "repository", "Documentation": "documentation"}
"""Keys of ``tool.poetry`` by the label of the Project-URL made from them."""

_IN_PYPROJECT = " in pyproject.toml"


_AS_WRITTEN = ("sip", "enscons", "just-buildit")
"""The backends whose newest releases do not normalize the name or the version in filenames."""

_IMPORT_NAMES = ("hatchling", "flit", "pdm", "uv", "scikit-build-core")
"""The backends that support ``import-names`` and ``import-namespaces``; others fail or ignore them."""


def set_field(remedy: SetField, distribution: Distribution, beside: Sdist | None = None) -> str:
    """Return the remedy for a field, with the setting that the backend of the distribution reads.

    ``beside`` is the sdist of the same release, which contains the settings with which a wheel was built.
    """
    builder, backend = builder_of(distribution, beside), backend_of(distribution, beside)
    if remedy.field == "File-Name":
        return _file_name(remedy, builder)
    if remedy.field == "License-Expression" and builder == "whey":
        return (
            "add a license classifier to `project.classifiers` in pyproject.toml, because whey writes no "
            "license expression and fails if `license` is a string"
        )
    sdist = distribution if isinstance(distribution, Sdist) else beside
    if sdist is not None:
        place = _place_in_sdist(remedy, sdist, backend)
    else:
        place = _place_by_backend(_source(remedy), backend)
    if remedy.field in ("Import-Name", "Import-Namespace") and place and backend not in _IMPORT_NAMES:
        place += f", if your release of {builder or 'the build backend'} supports this key"
    return f"{remedy.first} ({place})" if place else remedy.first


_LISTS = ("Classifier", "Keywords")
"""The fields whose setting is a list."""

_TEXTS = ("Summary", "Requires-Python", "License-Expression")
"""The fields whose setting is the text of the field."""


def settings_of(
    remedy: SetField, distribution: Distribution, beside: Sdist | None = None
) -> tuple[Setting, ...]:
    """Return the change of the setting of a field, empty if the value or its place is not certain."""
    sdist = distribution if isinstance(distribution, Sdist) else beside
    if remedy.field == "License-File" and remedy.right and sdist is not None:
        return _license_files(remedy.right, sdist)
    is_list = remedy.field in _LISTS
    if remedy.right is None or sdist is None or not (is_list or remedy.field in _TEXTS):
        return ()
    place = _setting_in_sdist(remedy, sdist, backend_of(distribution, beside))
    if place is None or not (is_list or len(remedy.right) == 1):
        return ()
    file, table, key = place
    replaced = (remedy.value,) if is_list else ()
    return (Setting(file, remedy.right, table, key, replaces=replaced, is_guess=remedy.is_guess),)


def _license_files(paths: tuple[str, ...], sdist: Sdist) -> tuple[Setting, ...]:
    """Return the setting that lists license files, empty if the project cannot have it.

    It must not be beside a license that is a table.
    https://packaging.python.org/en/latest/specifications/pyproject-toml/#license-files
    """
    project = table_in(pyproject_of(sdist), "project")
    listed = project.get("license-files", [])
    is_dynamic = "license-files" in patterns_in(project.get("dynamic"))
    if not project or is_dynamic or isinstance(project.get("license"), dict) or not isinstance(listed, list):
        return ()
    return (Setting("pyproject.toml", paths, ("project",), "license-files"),)


def _setting_in_sdist(
    remedy: SetField, sdist: Sdist, backend: str | None
) -> tuple[str, tuple[str, ...], str] | None:
    """Return the file, the table and the key of the only setting from which a field can come."""
    path = sdist.in_root("pyproject.toml")
    pyproject = read_pyproject(sdist.kept[path]) if path else None
    project, poetry = table_in(pyproject, "project"), table_in(pyproject, "tool", "poetry")
    source = _source(remedy, poetry)
    *poetry_table, poetry_key = source.poetry.split(".")
    in_poetry = table_in(poetry, *poetry_table)
    if backend == "poetry" and (not project or (poetry_key in in_poetry and source.project not in project)):
        return "pyproject.toml", ("tool", "poetry", *poetry_table), poetry_key
    dynamic = project.get("dynamic")
    if project:
        is_static = source.project not in (dynamic if isinstance(dynamic, list) else ())
        return ("pyproject.toml", ("project",), source.project) if is_static and source.project else None
    setup_cfg = sdist.in_root("setup.cfg")
    if backend != "setuptools" or setup_cfg is None:
        return None
    section, option, value = _option(read_setup_cfg(sdist.kept[setup_cfg]), source)
    # The value may also be the name of a file.
    is_there = value is not None and not re.match(r"\s*(?:attr|file):", value)
    return ("setup.cfg", (section,), option) if is_there else None


def _file_name(remedy: SetField, builder: str | None) -> str:
    """Return how to get a filename that PyPI accepts, for backends whose rebuild does not change it."""
    name, _, version = remedy.value.partition(" ")
    if builder in _AS_WRITTEN:
        keys = (
            f'`name = "{name}"` and `version = "{version}"`'
            if name
            else "`name` and `version` in normal form"
        )
        return f"set {keys} in pyproject.toml, because {builder} does not normalize them, and rebuild"
    if builder == "pdm-pep517":
        return "build with pdm-backend, the successor of pdm-pep517, which does not normalize names"
    return remedy.first


def _source(remedy: SetField, poetry: Collection[str] = _POETRY_LABELS.values()) -> _Source:
    """Return the source of a field; ``poetry`` are the keys that ``tool.poetry`` has or may have."""
    source = _SOURCES.get(remedy.field, _Source())
    if remedy.field == "Entry-Point":
        return _SCRIPTS.get(remedy.value, source)
    if remedy.field == "Requires-Dist" and "extra" in remedy.value.rpartition(";")[2]:
        return _EXTRA
    if remedy.field == "Project-URL":
        key = _POETRY_LABELS.get(remedy.value.partition(",")[0].strip(), "")
        return source._replace(poetry=key) if key in poetry else source
    return source


def _place_in_sdist(remedy: SetField, sdist: Sdist, backend: str | None) -> str:
    path = sdist.in_root("pyproject.toml")
    pyproject = read_pyproject(sdist.kept[path]) if path else None
    project, poetry = table_in(pyproject, "project"), table_in(pyproject, "tool", "poetry")
    source = _source(remedy, poetry)
    if remedy.field == "Version" and backend != "setuptools":
        place = dynamic_version(pyproject, backend)
        if place:
            return place
    dynamic = project.get("dynamic")
    is_static = bool(project) and source.project not in (dynamic if isinstance(dynamic, list) else ())
    if is_static and source.project and not (source.project not in project and source.poetry in poetry):
        return _in_project(source)
    if backend == "poetry" and (poetry or project):
        return f"`tool.poetry.{source.poetry}` in pyproject.toml" if source.poetry else ""
    if backend == "setuptools":
        return _place_in_setup(source, sdist, pyproject)
    if project and source.project:
        return _computed(source, backend)
    return _place_by_backend(source, backend, has_project=False)


def _in_project(source: _Source) -> str:
    return f"`project.{source.project}` in pyproject.toml" if source.project else ""


def _computed(source: _Source, backend: str | None) -> str:
    """Return the source of a key in ``project.dynamic``, for a backend other than setuptools."""
    key = source.project
    if backend == "hatchling":
        return "`tool.hatch.metadata.hooks` in pyproject.toml"
    if backend == "pdm":
        return "`tool.pdm.build` in pyproject.toml"
    if backend == "flit":
        return "`__doc__` of the module"
    if backend == "maturin":
        return f"`package.{source.cargo}` in Cargo.toml" if source.cargo else ""
    if backend == "scikit-build-core":
        return f"`tool.scikit-build.metadata.{key}` in pyproject.toml"
    if backend == "meson-python":
        return "`project()` in meson.build"
    return f"in the settings of the build backend, because pyproject.toml lists `{key}` as dynamic"


def _place_in_setup(source: _Source, sdist: Sdist, pyproject: Any) -> str:
    """Return the source of a field that the ``[project]`` table does not set, for setuptools."""
    dynamic = table_in(pyproject, "tool", "setuptools", "dynamic")
    key = source.project if source.project in dynamic else source.setup.replace("_", "-")
    if key in dynamic:
        named = named_version(table_in(dynamic, key)) if key == "version" else ""
        return named or f"`tool.setuptools.dynamic.{key}` in pyproject.toml"
    if not source.setup:
        return _in_project(source)
    data = {name: sdist.kept[path] for name in ("setup.cfg", "setup.py") if (path := sdist.in_root(name))}
    setup_cfg = read_setup_cfg(data.get("setup.cfg", b""))
    if setup_cfg.sections() == ["egg_info"]:  # setuptools itself writes this file into each sdist
        del data["setup.cfg"]
    section, option, value = _option(setup_cfg, source)
    places = {"setup.cfg": f"`{section}.{option}` in setup.cfg", "setup.py": f"`{source.setup}=` in setup.py"}
    if value is not None:
        directive, _, named = value.partition(":")
        is_version = source.setup == "version"
        return (is_version and named_version({directive.strip(): named.strip()})) or places["setup.cfg"]
    setup_py = data.get("setup.py", b"")[:LARGEST]
    if source.setup == "version" and (
        dynamic_version(pyproject, "setuptools")
        or re.search(rb"use_scm_version|versioneer|\bpbr\s*=", setup_py)
    ):
        return TAG
    if re.search(rf"\b{source.setup}[\"']?\s*[=:]".encode(), setup_py):
        return places["setup.py"]
    return " or ".join(places[name] for name in data) or _in_project(source)


def _option(setup_cfg: RawConfigParser, source: _Source) -> tuple[str, str, str | None]:
    """Return section and option of setup.cfg for a field, as spelled there, and its value or None."""
    if setup_cfg.has_section(f"{source.section}.{source.setup}"):
        return source.section, source.setup, ""
    names = (source.setup, _SPELLINGS.get(source.setup))
    for option in setup_cfg[source.section] if setup_cfg.has_section(source.section) else ():
        if option.replace("-", "_") in names:
            return source.section, option, setup_cfg[source.section][option]
    return source.section, source.setup, None


def _place_by_backend(source: _Source, backend: str | None, has_project: bool = True) -> str:
    """Return all settings from which a backend may have read a field."""
    project = _in_project(source) if has_project else ""
    if source.project == "version" and backend in ELSEWHERE:
        return f"{project}, or {ELSEWHERE[backend]}" if project else ELSEWHERE[backend]
    if backend == "setuptools" and source.setup:
        setup = f"`{source.setup}` in setup.cfg or setup.py"
        return f"{project}, or {setup}" if project else setup
    if backend == "poetry" and source.poetry:
        others = f"`tool.poetry.{source.poetry}` in pyproject.toml"
    elif backend == "flit" and source.flit:
        others = f"`tool.flit.{source.flit}` in pyproject.toml"
    elif backend == "maturin" and source.cargo:
        others = f"`package.{source.cargo}` in Cargo.toml"
    elif backend == "flit" and source.project == "description":
        others = _computed(source, backend)
    else:
        return _in_project(source)
    if others.endswith(_IN_PYPROJECT):
        project = project.removesuffix(_IN_PYPROJECT)
    return " or ".join(filter(None, (project, others)))
