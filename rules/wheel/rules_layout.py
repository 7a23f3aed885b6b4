"""WH102 to WH108, WH114, WH115: the files that a wheel installs, and their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pkgaudit.rules.wheel.layout_data as data
from pkgaudit.api import (
    BinaryFile,
    Exclude,
    Files,
    Location,
    Problem,
    Severity,
    SharedLibrary,
    Summaries,
    Wheel,
    Words,
    counted,
    quoted,
    rule,
    sized,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.library import is_module
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.wheel.layout_copies import find_copies
from pkgaudit.rules.wheel.layout_data import Shebang
from pkgaudit.rules.wheel.layout_editable import DIRECT_URL, INSTALLED, is_editable
from pkgaudit.rules.wheel.layout_names import squeezed
from pkgaudit.rules.wheel.layout_pythons import (
    UNAVAILABLE,
    declared_pythons,
    hides,
    is_for_any_platform,
    is_for_small_platforms,
)
from pkgaudit.rules.wheel.layout_strangers import (
    common_names,
    is_shadow_expected,
    stray_files,
    unrelated,
)
from pkgaudit.rules.wheel.layout_torn import hidden_modules, without_code
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.top_levels import tops_of

_MOST = 8
"""Findings of a rule that are reported one by one. Chosen: as many as fit on a screen."""


@summary(files=Files(starts=(b"#!",), nested=False))
def shebang(file: BinaryFile) -> Shebang | None:
    """Return the interpreter of a script if it exists only on the build machine."""
    return data.read_shebang(file)


@rule("WH102", "invalid-data-directory", Severity.ERROR, since="0.1.0")
def invalid_data_directory(wheel: Wheel, shebangs: Summaries[Shebang]) -> Iterator[Problem]:
    """The wheel's `.data` folder is misnamed, or contains files that installers cannot place.

    The folder must be called `{name}-{version}.data`, like the `.dist-info` folder. It may contain only the
    folders `purelib`, `platlib`, `headers`, `scripts` and `data`, and no files directly; `scripts` may not
    contain folders. The finding is a
    warning for files that `data` puts directly into the root of the environment or into the site-packages
    of one Python version, and for scripts whose first line names an interpreter of the build machine.
    Commands in `data/bin` are reported at info level.

    ## Why it matters
    pip and other installers reject a wheel with any other folder there, and uv rejects a folder of scripts.
    One installer unpacks a misnamed `.data` folder as
    data, another puts it into site-packages. A file in the root of an environment, such as a README from
    `data_files = [("", ["README.md"])]`, overwrites the same file of other projects.

    ## How to fix it
    Let the build backend create the folder. Keep data in the package and read it with
    `importlib.resources`. Begin scripts with `#!python`, or better, make them entry points.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory>
    - <https://docs.python.org/3/library/sysconfig.html#installation-paths>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    yield from data.misnamed(wheel)
    yield from data.schemes(wheel)
    yield from data.script_folders(wheel)
    yield from data.misplaced(wheel)
    yield from data.shebangs(wheel, shebangs)


@rule("WH103", "empty-wheel", Severity.WARNING, since="0.1.0")
def empty_wheel(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs nothing, or no code, and needs nothing.

    The wheel has no file outside its `.dist-info` folder and no dependency, not even in an extra. The rule
    also reports a wheel for any platform whose package has no module: only stubs, type markers, documents
    and sources that need a compiler are a warning; a package with other data is reported at info level. It
    skips stub distributions, and wheels that install scripts or files outside of site-packages.

    ## Why it matters
    A build backend builds such a wheel if it does not find the package: the settings name a folder that does
    not exist, or do not say that the modules are in `src/`. The installation succeeds, but the import fails.

    ## How to fix it
    Configure the folder of the package in the build backend, and inspect the wheel before the upload. If you
    only want to reserve a name, ignore the rule.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/>
    """
    if not wheel.is_readable or wheel.dist_info is None or wheel.metadata is None:
        return
    # A wheel with dependencies but no files is a metapackage: it installs other projects on purpose.
    if wheel.metadata.all("Requires-Dist"):
        return
    if installation_of(wheel).files:
        yield from without_code(wheel)
        return
    yield Problem(
        "the wheel contains only its metadata, and has no dependencies",
        fix="configure the folder of the package in the build backend, and build the wheel again",
        key="empty",
    )


@rule("WH104", "common-top-level-name", Severity.ERROR, since="0.1.0")
def common_top_level_name(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs a folder or module with a common name into site-packages.

    Folders and modules for development, such as `tests`, `docs`, `examples`, `benchmarks`, `scripts`, `src`,
    `build` or `setup`, are reported as an error, or as a
    warning if the wheel installs nothing else and either an
    entry point uses them or the project's name contains theirs (`tests` in `sample-tests`). Names for parts
    of a program, such as `utils`, `config` or `lib`, and for folders of an environment, such as `include`,
    are reported as a warning. The project's own name and the names in Import-Name are allowed.

    ## Why it matters
    All projects are installed into the same folder. Two projects with `tests/` overwrite each other's files,
    and uninstalling one breaks the other; `import utils` imports the module that was installed last; and the
    installed `tests` may hide the user's own `tests`. Some build backends pack every folder with an
    `__init__.py`, so this happens by accident.

    ## How to fix it
    Leave the folder out of the wheel, or move it into the package, for example to `sample/tests/`.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#custom-discovery>
    - <https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/>
    """
    if wheel.is_readable and wheel.dist_info is not None:
        yield from common_names(wheel)


@rule("WH105", "stray-top-level-file", Severity.WARNING, since="0.1.0")
def stray_top_level_file(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs a file other than a module directly into site-packages.

    Documents, licenses, project settings, `py.typed`, C headers and other sources are a warning; other data
    is reported at info level. An `__init__.py` there is an error.

    ## Why it matters
    All projects share this folder, so the README or LICENSE of one project overwrites that of another. A
    `py.typed` there marks no package, so type checkers ignore it. An `__init__.py` turns site-packages
    into a package: tools that look for the root of a package, such as test runners and type checkers, then
    find site-packages instead.

    ## How to fix it
    Leave the file out, or move it into the package. For headers, offer a function like `numpy.get_include`
    that returns their folder. Licenses belong in the `.dist-info` folder, where `license-files` puts
    them; the README is already part of the metadata.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-contents>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-file-multiple-use>
    - <https://typing.python.org/en/latest/spec/distributing.html#packaging-type-information>
    """
    if wheel.is_readable and wheel.dist_info is not None:
        yield from stray_files(wheel)


@rule("WH106", "unrelated-top-levels", Severity.INFO, since="0.1.0")
def unrelated_top_levels(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """The wheel installs a folder or module that is unrelated to the project's name.

    A top-level name is allowed if it resembles the project's name or a name in Import-Name, if the other
    modules import it, or if an entry point names it. Private names, stubs and the libraries that repair
    tools add are allowed too. The rule is silent if no top-level name matches the project.

    ## Why it matters
    Build backends that discover packages automatically include every folder with Python files, such as a
    developer's experiments, type stubs or integration tests. Every user then gets this folder in
    site-packages, which all projects share.

    ## How to fix it
    Leave it out, or list it in `import-names` of the metadata if it is one of the project's packages.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#import-name-multiple-use>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    # WH107 reports top levels that are named like a module of the standard library.
    found = [each for each in unrelated(wheel, modules) if not is_module(each.module)]
    for top in found[:_MOST]:
        yield Problem(
            f"{quoted(top.place)} is installed into site-packages but matches neither the project's name nor "
            "any import in its modules",
            Location(top.place),
            Exclude(top.place),
            key=top.name[:200],
            data={"path": top.place},
        )


@rule("WH107", "shadowed-module", Severity.ERROR, since="0.1.0")
def shadowed_module(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs a module with the name of a module of the standard library.

    The finding is a warning if only some of the Pythons that the wheel supports have that module, or if the
    project is named after it. A backport to Pythons that lack the module, or of a removed module, is
    allowed if the project is named after it. Modules that some platforms lack are allowed too. A
    module that Python for WebAssembly or mobile systems lacks or cannot run, such as `webbrowser`, is allowed
    if the wheel's tags, classifiers or name mention such a platform; in a wheel for any platform it is a
    warning.

    ## Why it matters
    Python searches its standard library first. It never imports the module of the wheel, so users of
    the module get a different one without its functions. If a program puts site-packages first, the
    standard library breaks instead.

    ## How to fix it
    Rename the module, or move it into a package. In a backport, limit Requires-Python to the versions that
    need it.

    ## References
    - <https://docs.python.org/3/library/index.html>
    - <https://docs.python.org/3/library/sys_path_init.html>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    minors, is_for_2 = declared_pythons(wheel)
    seen = set()
    for top in tops_of(wheel):
        if not top.module or top.module in seen:
            continue
        hidden = hides(top.module, minors)
        if not hidden:
            continue
        seen.add(top.module)
        # If some Python lacks the module, the wheel may be meant for that Python.
        is_partial = len(hidden) < len(minors) or is_for_2
        is_named = is_shadow_expected(wheel, top.module)
        if top.module in UNAVAILABLE:
            if is_for_small_platforms(wheel):
                continue  # there the standard library lacks the module, or cannot run it
            is_partial = is_partial or is_for_any_platform(wheel)
        if is_partial and is_named:
            continue  # a backport (`enum34`, `typing`), perhaps of a removed module
        where = "" if len(hidden) == len(minors) else f" on Python 3.{hidden[0]}"
        yield Problem(
            f"{quoted(top.place)} has the name of a module of the standard library, which Python imports "
            f"instead{where}",
            Location(top.place),
            "limit Requires-Python to the versions that need it"
            if is_named
            else "rename it or move it into a package",
            Severity.WARNING if is_partial or is_named else None,
            key=top.module,
            data={"path": top.place, "module": top.module, "versions": [f"3.{minor}" for minor in hidden]},
        )


_SOURCE = re.compile(r"(?P<stem>(?:[^\W\d]\w*/)*[^\W\d]\w*)\.py")
_EXTENSION = re.compile(r"(?P<stem>(?:[^\W\d]\w*/)*[^\W\d]\w*)(?:\.[^/]+)?\.(?:so|pyd)")


@dataclass(frozen=True)
class Initializer:
    """Marks a library that Python can import."""


_STARTS = Words(b"PyInit_", b"PyModExport_")
"""Prefixes of the function that Python calls to import a module. PEP 793 defines PyModExport."""


@summary(files=Files((".so", ".pyd"), contains=_STARTS))
def initializer(file: SharedLibrary) -> Initializer | None:
    """Return a mark if a library in a wheel is a Python module."""
    return Initializer()


@rule("WH108", "conflicting-modules", Severity.WARNING, since="0.1.0")
def conflicting_modules(
    wheel: Wheel, initializers: Summaries[Initializer], modules: Summaries[Module]
) -> Iterator[Problem]:
    """A module and a package have the same name.

    Examples are `sample.py` or the extension module `sample.so` beside `sample/__init__.py`. An extension
    module beside its source is allowed, and so is a module beside a folder without `__init__.py`, unless the
    folder contains modules: Python imports the module `sample.py`, and cannot import `sample/core.py`. A
    library without the function that Python calls to import a module (`PyInit_…`) is not a module: the
    package opens it by its path, with cffi or ctypes.

    ## Why it matters
    Python imports the package and never the module. The module is usually a leftover from before it became
    a package, in an old build folder or in the list of modules. People who read the archive mistake the
    old file for the program.

    ## How to fix it
    Leave the module out: delete `build/` and build from a fresh clone. If the folder has no `__init__.py`,
    move the module there under this name, or give one of them another name.

    ## References
    - <https://docs.python.org/3/reference/import.html#path-entry-finders>
    - <https://docs.python.org/3/tutorial/modules.html#packages>
    """
    importable = installation_of(wheel).importable
    packages = set()
    for path in importable:
        folder, slash, name = path.rpartition("/")
        if slash and re.fullmatch(r"__init__\.(?:py|(?:[^/]+\.)?(?:so|pyd))", name):
            packages.add(folder)
    found = []
    for path in importable:
        match = _SOURCE.fullmatch(path) or _EXTENSION.fullmatch(path)
        if match is None or match["stem"] not in packages:
            continue
        if _EXTENSION.fullmatch(path) and importable[path].entry.path not in initializers:
            continue
        # Tests of import systems contain such pairs on purpose.
        if not any(map(is_test_folder, path.split("/")[:-1])):
            found.append((path, match["stem"]))
    for path, stem in found[: _MOST if len(found) > _MOST else None]:
        more = (
            f"; so do {counted(len(found) - _MOST, 'more module')}"
            if (path, stem) == found[0] and len(found) > _MOST
            else ""
        )
        place = importable[path].entry.path
        yield Problem(
            f"{quoted(place)} has the name of the package {quoted(stem + '/')}, which Python imports "
            f"instead{more}",
            Location(place),
            Exclude(place, "delete it before building, or build from a fresh clone"),
            key=path[:200],
            data={"path": place, "package": stem},
        )
    yield from hidden_modules(wheel, packages, modules)


@rule("WH114", "editable-leftover", Severity.ERROR, since="0.1.0")
def editable_leftover(wheel: Wheel) -> Iterator[Problem]:
    """The wheel contains files of an installation on one machine, editable or not.

    The rule reports files that hook an editable installation into site-packages (`__editable__*`,
    `*.egg-link`, `easy-install.pth` and those of other build backends), and files that installers write
    into the `.dist-info` folder: `direct_url.json`, and as a warning INSTALLER and REQUESTED.

    ## Why it matters
    An editable wheel points to folders on the build machine: installed elsewhere, it provides no module, and
    it reveals these paths to everybody. `direct_url.json` makes pip report its URL as the origin of the
    project, for example in the output of `pip freeze`. INSTALLER and REQUESTED show that somebody packed an
    installation; installers accept and replace them.

    ## How to fix it
    Build the wheel with `python -m build`, not from the files of an installation.

    ## References
    - <https://peps.python.org/pep-0660/>
    - <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
    - <https://packaging.python.org/en/latest/specifications/direct-url/>
    """
    hooks = [
        each.entry.path
        for path, each in installation_of(wheel).importable.items()
        if is_editable(path.partition("/")[0]) and not _is_own(wheel, path)
    ]
    info = f"{wheel.dist_info}/"
    names = {path: path[len(info) :].lower() for path in wheel.files if path.startswith(info)}
    records = [path for path, name in names.items() if name in INSTALLED]
    origins = [path for path in records if names[path] == DIRECT_URL]
    marks = [path for path in records if path not in origins]
    written = "is written by installers, and belongs to one installation"
    for paths, what, effect, level in (
        (hooks, "belongs to an editable installation: it points to folders of one machine", "", None),
        (origins, written, "", None),
        (marks, written, f"; {reaction('installer-records')}", harm("installer-records")),
    ):
        if paths:
            more = f" (like {counted(len(paths) - 1, 'more file')})" if len(paths) > 1 else ""
            yield Problem(
                f"{quoted(paths[0])} {what}{more}{effect}",
                Location(paths[0]),
                "rebuild the wheel with 'python -m build'; do not pack an installation",
                level,
                key=what,
                data={"paths": paths},
            )


def _is_own(wheel: Wheel, path: str) -> bool:
    """Return whether a file is in the package of a project that supports editable installations."""
    top = path.partition("/")[0].partition(".")[0]
    return "/" in path and squeezed(top) == squeezed(wheel.name)


@rule("WH115", "duplicated-tree", Severity.INFO, since="0.1.0")
def duplicated_tree(wheel: Wheel) -> Iterator[Problem]:
    """The wheel contains the same large content more than once.

    The rule compares files of 20 kB and more, except licenses, stubs and test data. It is silent if the
    copies make up less than half a megabyte, or less than a tenth of the wheel.

    ## Why it matters
    The copies waste space on the index, in every cache and in every installation. Often one of them is an
    accident: a packed build folder, or a library under each of its names (`libx.so`, `libx.so.1`,
    `libx.so.1.2`). On disk these names are links, but a wheel cannot contain links, so they become copies.

    ## How to fix it
    Keep one of the copies and let the program find it there. Of a library, keep the file whose name is its
    soname.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://docs.pypi.org/project-management/storage-limits/>
    """
    if not wheel.is_readable:
        return
    found = find_copies(wheel)
    if found is None:
        return
    what = "contains the same files as" if found.is_folder else "is a copy of"
    more = "" if found.files == 1 else f" in {counted(found.files, 'file')}"
    yield Problem(
        f"{quoted(found.second)} {what} {quoted(found.first)}; copies{more} waste {sized(found.wasted)} of "
        f"{sized(found.total)}",
        Location(found.second),
        "keep one of the copies",
        key="copies",
        data={
            "paths": [found.second, found.first],
            "count": found.files,
            "size": found.wasted,
            "total_size": found.total,
        },
    )
