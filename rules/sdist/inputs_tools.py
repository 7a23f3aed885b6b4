"""Find inputs that build backend settings in ``[tool]`` name and the sdist lacks.

Each case was built with the backend itself (see tests/rules/sdist/test_build_inputs.py), except for
scikit-build-core and meson-python, whose manuals describe the behavior.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from pkgaudit.api import Location, Severity, normalize, quoted
from pkgaudit.rules.sdist.inputs_tree import FAILS, Missing, Tree, missing
from pkgaudit.rules.sdist.pyproject_file import Pyproject, strings

_MOST = 1_000
"""The most items of a list or table that are checked: more than in real files; it bounds the time."""

_LONGEST = 500
"""The most characters of a project or module name that is looked up: longer ones do not exist; it bounds the
time.
"""


def tool_inputs(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    """Yield the inputs that the settings of the build backend name and the sdist lacks."""
    reader = _READERS.get(pyproject.backend or "")
    if reader is not None:
        yield from reader(pyproject, tree)


def _gone(
    tree: Tree,
    path: str,
    where: str,
    place: Location,
    severity: Severity = Severity.ERROR,
    effect: str = FAILS,
) -> Missing:
    message = f"{where} names {quoted(path)}, which is not in the sdist, {effect}"
    # A text in backquotes is a key; any other text describes the place.
    field = where.strip("`") if where.startswith("`") else ""
    return missing(tree, path, message, place, severity, field=field)


def _hatchling(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    hatch: tuple[str, ...] = ("tool", "hatch")
    for keys in (
        (*hatch, "metadata", "hooks", "custom"),
        (*hatch, "build", "hooks", "custom"),
        (*hatch, "build", "targets", "wheel", "hooks", "custom"),
    ):
        hook = pyproject.value(*keys)
        if isinstance(hook, dict) and hook.get("enable-by-default", True) is True:
            path = hook.get("path", "hatch_build.py")
            if isinstance(path, str) and not tree.is_file(path):
                yield _gone(tree, path, f"`{'.'.join(keys)}`", pyproject.place(*keys, "path"))
    build, wheel = (*hatch, "build"), (*hatch, "build", "targets", "wheel")
    if pyproject.table(*build, "hooks").keys() - {"custom", "vcs", "version"} or any(
        "custom" in pyproject.table(*keys, "hooks") for keys in (build, wheel)
    ):
        return  # a hook may create missing files
    for keys in ((*build, "force-include"), (*wheel, "force-include")):
        for path in list(pyproject.table(*keys))[:_MOST]:
            if not tree.exists(path):
                yield _gone(tree, path, f"`{'.'.join(keys)}`", pyproject.place(*keys, path))
    own = pyproject.table(*wheel)
    settings = {**pyproject.table(*build), **own}
    chosen = next((key for key in ("packages", "only-include") if settings.get(key)), None)
    if chosen:
        keys = (*(wheel if chosen in own else build), chosen)
        paths = strings(settings[chosen])[:_MOST]
        lost = [each for each in paths if not tree.exists(each)]
        is_empty = len(lost) == len(paths) and not settings.get("force-include")
        for path in lost:
            severity = Severity.ERROR if is_empty else Severity.WARNING
            effect = "so the wheel has no modules" if is_empty else "so the wheel lacks it"
            yield _gone(
                tree, path, f"`{'.'.join(keys)}`", pyproject.place(*keys, value=path), severity, effect
            )
    elif not settings.keys() & {"include", "artifacts", "force-include", "bypass-selection"}:
        yield from _hatchling_default(pyproject, tree)


def _hatchling_default(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    name = pyproject.project.get("name")
    if not isinstance(name, str) or len(name) > _LONGEST:
        return
    for each in (re.sub(r"[^\w.]+", "_", name), normalize(name).replace("-", "_")):
        init = f"{each}/__init__.py"
        if any(tree.other_case(path) for path in (init, f"src/{init}", f"{each}.py")) or tree.links:
            return
        if tree.ends_with(init):
            return
    message = f"the sdist has no package {quoted(each)}, and no setting selects the files of the wheel"
    yield missing(tree, "", f"{message}, {FAILS}", pyproject.place("project", "name"))


def _flit(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    keys = next((k for k in _FLIT if pyproject.value(*k) is not None), ("project", "name"))
    name = pyproject.value(*keys)
    if not isinstance(name, str) or not name or len(name) > _LONGEST:
        return
    if keys[-1] == "name" and keys[0] == "project":
        name = name.replace("-", "_") if not name.endswith("-stubs") else name
    path = name.replace(".", "/")
    if not any(tree.is_folder(each) or tree.is_file(f"{each}.py") for each in (path, f"src/{path}")):
        yield _gone(tree, f"{path}.py", f"`{'.'.join(keys)}`", pyproject.place(*keys))
    keys = ("tool", "flit", "metadata", "description-file")
    readme = pyproject.value(*keys)
    if isinstance(readme, str) and not tree.is_file(readme):
        yield _gone(tree, readme, f"`{'.'.join(keys)}`", pyproject.place(*keys))
    folder = pyproject.value("tool", "flit", "external-data", "directory")
    if isinstance(folder, str) and not tree.is_folder(folder):
        where = ("tool", "flit", "external-data", "directory")
        yield _gone(tree, folder, f"`{'.'.join(where)}`", pyproject.place(*where))


_FLIT = (("tool", "flit", "module", "name"), ("tool", "flit", "metadata", "module"))


def _poetry(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    poetry = pyproject.table("tool", "poetry")
    if poetry.get("package-mode") is False:
        return
    top = ("tool", "poetry")
    build = poetry.get("build")
    script: Any = build.get("script") if isinstance(build, dict) else build
    if isinstance(script, str) and not tree.is_file(script):
        yield _gone(tree, script, "`tool.poetry.build`", pyproject.place(*top, "build"))
    if "readme" not in pyproject.project:
        for path in strings(poetry.get("readme"))[:_MOST]:
            if not tree.is_file(path):
                yield _gone(tree, path, "`tool.poetry.readme`", pyproject.place(*top, "readme"))
    for name, value in list(pyproject.table(*top, "scripts").items())[:_MOST]:
        file: Any = value.get("reference") if isinstance(value, dict) and value.get("type") == "file" else 0
        if isinstance(file, str) and not tree.is_file(file):
            yield _gone(tree, file, f"`tool.poetry.scripts.{name}`", pyproject.place(*top, "scripts", name))
    packages = poetry.get("packages")
    if not packages:
        project: Any = pyproject.project.get("name", poetry.get("name"))
        if isinstance(project, str) and len(project) < _LONGEST and not script:
            stem = normalize(project).replace("-", "_")
            plain = re.sub(r"[-_.]+", "_", project)
            found = [f"{folder}{each}" for each in (stem, plain) for folder in ("", "src/")]
            if not any(tree.is_folder(each) or tree.is_file(f"{each}.py") for each in found):
                yield _gone(
                    tree, f"{stem}/__init__.py", "the project's name", pyproject.place("project", "name")
                )
        return
    for each in packages[:_MOST] if isinstance(packages, list) else ():
        include = each.get("include") if isinstance(each, dict) else None
        source = each.get("from", "") if isinstance(each, dict) else ""
        if not isinstance(include, str) or not isinstance(source, str) or script:
            continue
        formats = strings(each.get("format", "wheel"))
        path = posixpath.join(source, include)
        if "wheel" in formats and not tree.exists(path) and not _any_under(tree, path):
            place = pyproject.place(*top, "packages", value=include)
            yield _gone(tree, path, "`tool.poetry.packages`", place)


def _any_under(tree: Tree, pattern: str) -> bool:
    """Return whether a glob pattern matches a file or folder."""
    return bool(re.search(r"[*?\[]", pattern)) and (
        tree.matches(pattern) or tree.matches(f"{pattern}/*") or tree.matches(f"{pattern}/**/*")
    )


def _pdm(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    keys = ("tool", "pdm", "build", "package-dir")
    folder = pyproject.value(*keys)
    if isinstance(folder, str) and not tree.is_folder(folder):
        yield _gone(tree, folder, f"`{'.'.join(keys)}`", pyproject.place(*keys))
    keys = ("tool", "pdm", "version", "path")
    version = pyproject.table("tool", "pdm", "version")
    path = version.get("path")
    is_read = "version" in pyproject.dynamic and "version" not in pyproject.project
    if isinstance(path, str) and version.get("source") == "file" and is_read and not tree.is_file(path):
        yield _gone(tree, path, f"`{'.'.join(keys)}`", pyproject.place(*keys))


def _uv(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    top = ("tool", "uv", "build-backend")
    settings = pyproject.table(*top)
    root = settings.get("module-root", "src")
    name = pyproject.project.get("name")
    if not isinstance(root, str) or not isinstance(name, str) or len(name) > _LONGEST:
        return
    key = (*top, "module-name") if "module-name" in settings else ("project", "name")
    # uv_build keeps only the hyphen before "stubs".
    default = re.sub(r"_stubs$", "-stubs", normalize(name).replace("-", "_"))
    names = strings(settings["module-name"]) if "module-name" in settings else [default]
    for each in names[:_MOST]:
        folder = posixpath.join(root, each.replace(".", "/"))
        if settings.get("namespace") is True:
            is_there = tree.is_folder(folder)
        else:
            plain = folder.removesuffix("-stubs")
            inits = [f"{at}/__init__.{end}" for at in (folder, f"{plain}-stubs") for end in ("py", "pyi")]
            is_there = any(tree.other_case(tree.local(path) or "") for path in inits) or bool(tree.links)
        if not is_there and tree.local(folder) is not None:
            init = f"{folder}/__init__.py{'i' if folder.endswith('-stubs') else ''}"
            yield _gone(tree, init, f"`{'.'.join(key)}`", pyproject.place(*key))
    for kind, path in list(pyproject.table(*top, "data").items())[:20]:  # there are five
        if isinstance(path, str) and not tree.is_folder(path):
            yield _gone(
                tree, path, f"`tool.uv.build-backend.data.{kind}`", pyproject.place(*top, "data", kind)
            )


def _maturin(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    for key in ("python-source", "data"):
        keys = ("tool", "maturin", key)
        path = pyproject.value(*keys)
        if isinstance(path, str) and not tree.is_folder(path):
            yield _gone(tree, path, f"`{'.'.join(keys)}`", pyproject.place(*keys))


def _scikit_build(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    settings = pyproject.table("tool", "scikit-build")
    cmake: Any = pyproject.table("tool", "scikit-build", "cmake")
    wheel = pyproject.table("tool", "scikit-build", "wheel")
    if "overrides" in settings or wheel.get("cmake") is False:
        return
    folder = cmake.get("source-dir", ".")
    if isinstance(folder, str) and not tree.is_file(path := posixpath.join(folder, "CMakeLists.txt")):
        where = (
            ("tool", "scikit-build", "cmake", "source-dir") if "source-dir" in cmake else ("build-system",)
        )
        yield _gone(
            tree, posixpath.normpath(path), "the configuration of scikit-build-core", pyproject.place(*where)
        )


def _meson(pyproject: Pyproject, tree: Tree) -> Iterator[Missing]:
    if not tree.is_file("meson.build"):
        message = f"the sdist has no meson.build, which meson-python builds, {FAILS}"
        yield missing(tree, "meson.build", message, pyproject.place("build-system", "build-backend"))


_READERS: dict[str, Callable[[Pyproject, Tree], Iterator[Missing]]] = {
    "hatchling": _hatchling,
    "flit": _flit,
    "poetry": _poetry,
    "pdm": _pdm,
    "uv": _uv,
    "maturin": _maturin,
    "scikit-build-core": _scikit_build,
    "meson-python": _meson,
}
"""The readers of backend settings; setuptools settings are read together with setup.cfg and setup.py."""
