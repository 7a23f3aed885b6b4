"""Remedies that add a file to a distribution, by build backend."""

from __future__ import annotations

from pkgaudit.advice.advice import in_pyproject
from pkgaudit.advice.backend import pyproject_of, table_in
from pkgaudit.advice.excludes import escaped_for_uv
from pkgaudit.advice.packed import LEVELS, Packed, Words, glob_of, in_manifest, is_plain, relative, shown
from pkgaudit.advice.setuptools import has_list, lacks_package, with_data, with_module, with_package
from pkgaudit.finding import Setting
from pkgaudit.model.distribution import Sdist

UNKNOWN = (
    "pkgaudit does not know the build backend; look for its setting that includes files, and check that "
    "version control does not ignore the file"
)


def setuptools(of: Packed) -> Words:
    """Return the remedy for setuptools."""
    path = of.glob
    if not of.in_wheel:
        package = _package_without_modules(of)
        if package and isinstance(of.distribution, Sdist) and lacks_package(package, of.distribution):
            # setuptools packs the modules of the listed packages into the sdist too.
            return with_package(package, of.distribution)
        return in_manifest([f"include {path}"], of)
    folder, slash, name = path.rpartition("/")
    # A folder with a dot in its path is not a package: its files are data of the package around it.
    if name.endswith((".py", ".so", ".pyd")) and "." not in folder:
        if not slash:
            return with_module(name.partition(".")[0], of.beside)
        if name != "__init__.py" and f"{folder}/__init__.py" in of.distribution.by_path:
            return _module_of_setuptools(of)
        return with_package(folder.replace("/", "."), of.beside)
    if not slash:
        return "move it into a package, because files beside the packages are not installed", ()
    package, _, inner = path.partition("/")
    return with_data(package, inner, of.beside)


def _module_of_setuptools(of: Packed) -> Words:
    """Return the remedy for a module of a package, all modules of which setuptools packs.

    It is empty if the module has to be created, and nothing else has to be done.
    """
    if of.is_in_sdist:
        return (
            "build it from the sdist, as 'python -m build' does, because setuptools packs all modules of a "
            "package"
        ), ()
    if of.is_in_project:
        return "build it again from the checkout, because setuptools packs all modules of a package", ()
    module = of.path.removesuffix(".py").replace("/", ".")
    may_be_package = of.path.endswith(".py") and not of.path.rpartition("/")[2].startswith("_")
    if of.beside is None:
        lists = f"; if {shown(module)} is a package, add it to those that `tool.setuptools` lists or finds"
        return (
            "setuptools packs all modules of a package, so the file must exist when the wheel is built"
            f"{lists if may_be_package else ''}"
        ), ()
    if may_be_package and has_list(of.beside):
        place, settings = with_package(module, of.beside)
        return f"if {shown(module)} is a package, {place}", settings
    return "", ()


def _package_without_modules(of: Packed) -> str:
    """Return the package of a module that an sdist lacks, empty if the sdist has other modules of it."""
    files = [relative(each, of.distribution) for each in of.distribution.files]
    folder = of.path.rpartition("/")[0]
    if not of.path.endswith(".py") or any(
        each.rpartition("/")[0] == folder and each.endswith(".py") for each in files
    ):
        return ""
    level = _level(of)
    return (folder.removeprefix(f"{level}/") if level else folder).replace("/", ".")


def _level(of: Packed) -> str:
    """Return the folder of packages that contains a path of an sdist, empty if there is none."""
    level = of.path.partition("/")[0]
    files = (relative(each, of.distribution) for each in of.distribution.files)
    return level if level in LEVELS and f"{level}/__init__.py" not in files else ""


def _lost_folder(of: Packed) -> str:
    """Return the outermost folder above a missing file without any file, or the folder of the file."""
    files = [relative(each, of.distribution) for each in of.distribution.files]
    folders = of.path.split("/")[:-1]
    above = ("/".join(folders[:count]) for count in range(1, len(folders) + 1))
    lost = (each for each in above if not any(path.startswith(f"{each}/") for path in files))
    return next(lost, "/".join(folders))


def hatchling(of: Packed) -> Words:
    """Return the remedy for hatchling."""
    pyproject = pyproject_of(of.beside) if of.beside else None
    listed = table_in(pyproject, "tool", "hatch", "build", "targets", "wheel").get("only-include")
    if of.in_wheel and isinstance(listed, list) and not any(_covers(each, of.sources[0]) for each in listed):
        # Artifacts are searched only in the listed folders.
        return "add to pyproject.toml", in_pyproject(
            "hatch.build.targets.wheel", "only-include", [_module_folder(of.sources[0])]
        )
    # Artifacts are packed even if they are excluded or version control ignores them. The setting is for all
    # targets, because a wheel is mostly built from the sdist.
    table, pattern = ("build", f"**/{of.glob}") if of.in_wheel else ("build.targets.sdist", f"/{of.glob}")
    clause = "add to pyproject.toml"
    if _may_have_another_name(of):
        clause = (
            "if a symbolic link leads to its folder, remove the link, because hatchling packs a folder once, "
            f"under the name that sorts first; otherwise {clause}"
        )
    return clause, in_pyproject(f"hatch.{table}", "artifacts", [pattern])


def _covers(listed: object, path: str) -> bool:
    """Return whether an entry of a list of folders and files, or a pattern with a wildcard, names a path."""
    if not isinstance(listed, str):
        return False
    return "*" in listed or f"{path}/".startswith(f"{listed.strip('/')}/")


def _module_folder(path: str) -> str:
    """Return the folder of a package, given the path of its ``__init__.py``, or the path of another file."""
    return path.removesuffix("/__init__.py")


def _may_have_another_name(of: Packed) -> bool:
    """Whether no file in the folder of a path is packed, and a sibling folder has a file of the same name."""
    folder, _, name = of.path.rpartition("/")
    outer, _, _ = folder.rpartition("/")
    files = [relative(each, of.distribution) for each in of.distribution.files]
    return (
        bool(folder)
        and not any(each.startswith(f"{folder}/") for each in files)
        and any(
            each.endswith(f"/{name}") and each.rpartition("/")[0].rpartition("/")[0] == outer
            for each in files
        )
    )


def _in_folder(of: Packed, setting: str) -> str:
    """Return the clause for a backend that packs the folder of the module, except for files in a setting."""
    top, slash, _ = of.path.partition("/")
    packed_completely = f"which is packed completely except for the files in {setting}"
    if slash and f"{top}/__init__.py" in of.distribution.by_path:
        return f"it must exist when the wheel is built from the folder {shown(top)}, {packed_completely}"
    return f"move it into the folder of the module, {packed_completely}"


def flit(of: Packed) -> Words:
    """Return the remedy for flit."""
    if of.in_wheel:
        return _in_folder(of, "`exclude` of `[tool.flit.sdist]`"), ()
    return "add to pyproject.toml (and remove it from `exclude`, which takes precedence, if it is listed)", (
        in_pyproject("flit.sdist", "include", [of.glob])
    )


def poetry(of: Packed) -> Words:
    """Return the remedy for poetry."""
    project = of.beside if of.in_wheel else of.distribution
    listed = table_in(pyproject_of(project), "tool", "poetry").get("packages") if project else None
    tables = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    source = of.sources[0].removesuffix(of.path).rstrip("/") if of.in_wheel else _level(of)
    path = of.path if of.in_wheel else of.path.removeprefix(f"{source}/")
    is_listed = not tables or any(_covers(each.get("include"), path) for each in tables)
    # In the root folder of an sdist, modules that no setting lists are rather scripts of the build.
    if path.endswith(".py") and not is_listed and (of.in_wheel or source):
        include = _module_folder(path) if of.in_wheel else _lost_folder(of).removeprefix(f"{source}/")
        package = {"include": include, **({"from": source} if source else {})}
        return "add to pyproject.toml", in_pyproject("poetry", "packages", [package])
    return "add to pyproject.toml", in_pyproject("poetry", "include", [_in_both(of)])


def _in_both(of: Packed) -> dict[str, str | list[str]]:
    if of.in_wheel:
        return {"path": f"**/{of.glob}", "format": ["sdist", "wheel"]}
    # If the format "wheel" were listed too, files beside the modules would be installed with them.
    return {"path": of.glob, "format": "sdist"}


def pdm(of: Packed) -> Words:
    """Return the remedy for pdm."""
    if not of.in_wheel:
        return "add to pyproject.toml", in_pyproject("pdm.build", "source-includes", [of.glob])
    inner = of.path.partition("/")[2]
    tops = [each.removesuffix(f"/{inner}") if inner else each for each in of.sources]
    clause = (
        "add to pyproject.toml (and remove it from `excludes` if it is listed); once `includes` is set, it "
        "has to list all packages"
    )
    return clause, in_pyproject("pdm.build", "includes", map(glob_of, tops))


def uv(of: Packed) -> Words:
    """Return the remedy for uv_build."""
    if of.in_wheel:
        return _in_folder(of, "`wheel-exclude` and `source-exclude` of `[tool.uv.build-backend]`"), ()
    return (
        "add to pyproject.toml (and remove it from `source-exclude`, which takes precedence, if it is "
        "listed)",
        (in_pyproject("uv.build-backend", "source-include", [escaped_for_uv(of.glob)])),
    )


def maturin(of: Packed) -> Words:
    """Return the remedy for maturin."""
    return "add to pyproject.toml", in_pyproject("maturin", "include", [_in_both(of)])


def scikit_build_core(of: Packed) -> Words:
    """Return the remedy for scikit-build-core."""
    pattern = f"**/{of.glob}" if of.in_wheel else f"/{of.glob}"
    return "add to pyproject.toml", in_pyproject("scikit-build.sdist", "include", [pattern])


def meson(of: Packed) -> Words:
    """Return the remedy for meson-python."""
    if not of.in_wheel:
        return "add it to git, and do not set export-ignore for it, because meson packs tracked files", (
            Setting("", (f"git add --force {of.glob}",)),
        )
    folder, slash, _ = of.path.rpartition("/")
    if not is_plain(of.path):
        return "in meson.build, install it with install_sources of the Python module", ()
    subdir = f", subdir: '{folder}'" if slash else ""
    return (
        "add to meson.build (where py is the Python module, and the path is that of the source file)",
        (Setting("meson.build", (f"py.install_sources('{of.path}'{subdir})",)),),
    )


def tracked(of: Packed) -> Words:
    """Return the remedy for a backend that packs all tracked files."""
    return "add it to git, because the backend packs tracked files", (
        Setting("", (f"git add --force {of.glob}",)),
    )


def pbr(of: Packed) -> Words:
    """Return the remedy for pbr."""
    if of.in_wheel:
        # pbr packs the tracked files of the packages that setup.cfg names.
        return "add it to git, and its package to `packages` in the section `files` of setup.cfg", ()
    return tracked(of)


def scikit_build(of: Packed) -> Words:
    """Return the remedy for scikit-build, which extends setuptools."""
    if isinstance(of.distribution, Sdist):
        has_manifest = of.distribution.in_root("MANIFEST.in") is not None
        return setuptools(of) if has_manifest else tracked(of)
    return "install it in CMakeLists.txt, or add it to `packages` or `package_data` in setup.py", ()


def sip(of: Packed) -> Words:
    """Return the remedy for sip."""
    if of.in_wheel:
        return "in project.py, install it beside the bindings", ()
    return "remove it from `sdist-excludes` of `[tool.sip.project]`, because sip packs all other files", ()


def enscons(of: Packed) -> Words:
    """Return the remedy for enscons."""
    return f"in SConstruct, add it to the files passed to env.{'Whl' if of.in_wheel else 'SDist'}", ()


def just_buildit(of: Packed) -> Words:
    """Return the remedy for just-buildit."""
    if of.in_wheel:
        return "let the build command write it, and remove it from `exclude` of `[tool.just-buildit]`", ()
    return "put it into the folder before building, because just-buildit packs all files there", ()


def whey(of: Packed) -> Words:
    """Return the remedy for whey."""
    lines = [f"include {glob_of(each)}" for each in of.sources]
    return "add to pyproject.toml", in_pyproject("whey", "additional-files", lines)


def py_build_cmake(of: Packed) -> Words:
    """Return the remedy for py-build-cmake."""
    if of.in_wheel:
        return "move it into the folder of the module, or let CMakeLists.txt install it", ()
    return "add to pyproject.toml", in_pyproject("py-build-cmake.sdist", "include", [of.glob])
