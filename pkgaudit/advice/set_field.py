"""Where a field of core metadata is set."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pkgaudit.advice.backend import LARGEST, backend_of, read_pyproject, table_in
from pkgaudit.finding import SetField
from pkgaudit.model.distribution import Distribution, Sdist


class _Source(NamedTuple):
    """Where a field of core metadata is set: the names of its key, empty where there is none."""

    project: str = ""
    setup: str = ""
    """Argument of ``setup()``; in setup.cfg of the same name, in ``section``."""
    poetry: str = ""
    flit: str = ""
    cargo: str = ""
    section: str = "metadata"


_SOURCES = {
    "Name": _Source("name", "name", "name", "dist-name", "name"),
    "Version": _Source("version", "version", "version", "", "version"),
    "Platform": _Source("", "platforms"),
    "Summary": _Source("description", "description", "description", "", "description"),
    "Description": _Source("readme", "long_description", "readme", "description-file", "readme"),
    "Description-Content-Type": _Source(
        "readme", "long_description_content_type", "readme", "description-file", "readme"
    ),
    "Keywords": _Source("keywords", "keywords", "keywords", "keywords", "keywords"),
    "Home-page": _Source("urls", "url", "homepage", "home-page", "homepage"),
    "Download-URL": _Source("urls", "download_url"),
    "Project-URL": _Source("urls", "project_urls", "urls", "urls", "homepage"),
    "Author": _Source("authors", "author", "authors", "author", "authors"),
    "Author-email": _Source("authors", "author_email", "authors", "author-email", "authors"),
    "Maintainer": _Source("maintainers", "maintainer", "maintainers", "maintainer"),
    "Maintainer-email": _Source("maintainers", "maintainer_email", "maintainers", "maintainer-email"),
    "License": _Source("license", "license", "license", "license", "license"),
    "License-Expression": _Source("license", "license_expression", "license", "license", "license"),
    "License-File": _Source("license-files", "license_files", cargo="license-file"),
    "Classifier": _Source("classifiers", "classifiers", "classifiers", "classifiers"),
    "Requires": _Source("", "requires"),
    "Provides": _Source("", "provides"),
    "Obsoletes": _Source("", "obsoletes"),
    "Requires-Dist": _Source("dependencies", "install_requires", "dependencies", "requires", "", "options"),
    "Provides-Extra": _Source(
        "optional-dependencies", "extras_require", "extras", "requires-extra", "", "options"
    ),
    "Requires-Python": _Source(
        "requires-python", "python_requires", "dependencies.python", "requires-python", "", "options"
    ),
    "Dynamic": _Source("dynamic"),
    "Import-Name": _Source("import-names"),
    "Import-Namespace": _Source("import-namespaces"),
}
"""The sources of each field: the specification of pyproject.toml, and the manuals of setuptools, Poetry, flit
(before version 4) and Cargo (as maturin maps it)."""

_EXTRA = _Source("optional-dependencies", "extras_require", "dependencies", "requires-extra", "", "options")
"""The sources of Requires-Dist in an extra."""

_SPELLINGS = {
    "description": "summary",
    "url": "home_page",
    "long_description": "description_file",
    "classifiers": "classifier",
    "platforms": "platform",
}
"""Other names that setup.cfg may have for an option, with setuptools or with pbr."""


def set_field(remedy: SetField, distribution: Distribution) -> str:
    """Return what to do with a field, and where the backend that built the distribution takes it from."""
    source = _SOURCES.get(remedy.field, _Source())
    if remedy.field == "Requires-Dist" and "extra" in remedy.value.rpartition(";")[2]:
        source = _EXTRA
    backend = backend_of(distribution)
    if isinstance(distribution, Sdist):
        place = _place_in_sdist(source, distribution, backend)
    else:
        place = _place_by_backend(source, backend)
    return f"{remedy.first} ({place})" if place else remedy.first


def _place_in_sdist(source: _Source, sdist: Sdist, backend: str | None) -> str:
    path = sdist.in_root("pyproject.toml")
    pyproject = read_pyproject(sdist.kept[path]) if path else None
    project, tool = table_in(pyproject, "project"), table_in(pyproject, "tool")
    dynamic = project.get("dynamic")
    is_static = bool(project) and source.project not in (dynamic if isinstance(dynamic, list) else ())
    poetry = table_in(tool, "poetry")
    if is_static and source.project and not (source.project not in project and source.poetry in poetry):
        return _in_project(source)
    if backend == "poetry" and (poetry or project):
        return f"`tool.poetry.{source.poetry}` in pyproject.toml" if source.poetry else ""
    if backend == "setuptools":
        return _place_in_setup(source, sdist, tool)
    if project and source.project:
        return _computed(source, backend)
    return _place_by_backend(source, backend, has_project=False)


def _in_project(source: _Source) -> str:
    return f"`project.{source.project}` in pyproject.toml" if source.project else ""


def _computed(source: _Source, backend: str | None) -> str:
    """Return where a key comes from that ``project.dynamic`` lists, with a backend other than setuptools."""
    key = source.project
    is_version = key == "version"
    if backend == "hatchling":
        return f"`tool.hatch.{'version' if is_version else 'metadata.hooks'}` in pyproject.toml"
    if backend == "pdm":
        return f"`tool.pdm.{'version' if is_version else 'build'}` in pyproject.toml"
    if backend == "flit":
        return f"`{'__version__' if is_version else '__doc__'}` of the module"
    if backend == "maturin":
        return f"`package.{source.cargo}` in Cargo.toml" if source.cargo else ""
    if backend == "scikit-build-core":
        return f"`tool.scikit-build.metadata.{key}` in pyproject.toml"
    if backend == "meson-python":
        return "`project()` in meson.build"
    return f"pyproject.toml lists `{key}` as dynamic: in the settings of the build backend"


def _place_in_setup(source: _Source, sdist: Sdist, tool: dict[str, Any]) -> str:
    """Return where setuptools takes a field from that the ``[project]`` table does not set."""
    if source.project in table_in(tool, "setuptools", "dynamic"):
        return f"`tool.setuptools.dynamic.{source.project}` in pyproject.toml"
    if source.project == "version" and {"setuptools_scm", "setuptools-git-versioning"} & tool.keys():
        return "the tag in version control, of which it is made"
    if not source.setup:
        return _in_project(source)
    files = {name: path for name in ("setup.py", "setup.cfg") if (path := sdist.in_root(name))}
    places = {"setup.py": f"`{source.setup}=` in setup.py"}
    if "setup.cfg" in files:
        section, option, is_there = _option(sdist.kept[files["setup.cfg"]], source)
        places["setup.cfg"] = f"`{section}.{option}` in setup.cfg"
        if is_there:
            return places["setup.cfg"]
    if "setup.py" in files and re.search(
        rf"\b{source.setup}[\"']?\s*[=:]".encode(), sdist.kept[files["setup.py"]][:LARGEST]
    ):
        return places["setup.py"]
    return " or ".join(places[name] for name in sorted(files)) or _in_project(source)


def _option(data: bytes, source: _Source) -> tuple[str, str, bool]:
    """Return section and option of setup.cfg for a field, as spelled there, and whether it is there."""
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=", ":"))
    try:
        parser.read_string(data[:LARGEST].decode("utf-8", "replace"))
    except configparser.Error:
        return source.section, source.setup, False
    if parser.has_section(f"{source.section}.{source.setup}"):
        return source.section, source.setup, True
    names = (source.setup, _SPELLINGS.get(source.setup))
    for option in parser[source.section] if parser.has_section(source.section) else ():
        if option.replace("-", "_") in names:
            return source.section, option, True
    return source.section, source.setup, False


def _place_by_backend(source: _Source, backend: str | None, has_project: bool = True) -> str:
    """Return all the places from which a backend may have taken a field."""
    project = _in_project(source) if has_project else ""
    if backend == "setuptools" and source.setup:
        setup = f"`{source.setup}` in setup.cfg or setup.py"
        return f"{project}, or {setup}" if project else setup
    if backend == "poetry" and source.poetry:
        others = f"`tool.poetry.{source.poetry}` in pyproject.toml"
    elif backend == "flit" and source.flit:
        others = f"`tool.flit.metadata.{source.flit}` in pyproject.toml"
    elif backend == "maturin" and source.cargo:
        others = f"`package.{source.cargo}` in Cargo.toml"
    elif backend == "flit" and source.project in ("version", "description"):
        others = _computed(source, backend)
    else:
        return _in_project(source)
    return " or ".join(filter(None, (project, others)))
