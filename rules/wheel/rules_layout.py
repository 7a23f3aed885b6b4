"""WH102 to WH108, WH114, WH115: what a wheel installs and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pkgaudit.rules.wheel.layout_data as data
from pkgaudit.api import (
    ArchiveKind,
    BinaryFile,
    Exclude,
    Location,
    Problem,
    Severity,
    SharedLibrary,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
    sized,
    summary,
)
from pkgaudit.rules._shared.installed import installation_of
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules.wheel.layout_copies import find_copies
from pkgaudit.rules.wheel.layout_data import Shebang
from pkgaudit.rules.wheel.layout_editable import INSTALLED, is_editable
from pkgaudit.rules.wheel.layout_names import squeezed
from pkgaudit.rules.wheel.layout_pythons import (
    UNAVAILABLE,
    declared_pythons,
    hides,
    is_for_any_platform,
    is_for_small_platforms,
    is_standard,
)
from pkgaudit.rules.wheel.layout_strangers import (
    common_names,
    is_shadow_expected,
    stray_files,
    unrelated,
)
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.top_levels import tops_of

_MOST = 8
"""So many findings of a rule are told one by one: chosen, what fits on a screen."""


@summary
def shebang(file: BinaryFile) -> Shebang | None:
    """Return the interpreter of a script if it is one of the machine of the build."""
    return data.read_shebang(file)


@rule("WH102", "invalid-data-directory", Severity.ERROR, since="0.1.0")
def invalid_data_directory(wheel: Wheel, shebangs: Summaries[Shebang]) -> Iterator[Problem]:
    """The wheel's `.data` folder is misnamed, or holds what installers have no place for.

    The folder is called `{name}-{version}.data`, as the `.dist-info` folder, and has no other folders than
    `purelib`, `platlib`, `headers`, `scripts` and `data`, and no files of its own. A warning are files that
    `data` puts directly into the root of the environment or into the site-packages of one Python, and
    scripts whose first line names an interpreter of the machine of the build; commands that come by
    `data/bin` are an info.

    ## Why it matters
    pip refuses a wheel with a folder that it does not know there. A misnamed `.data` folder is unpacked by
    one installer and lands in site-packages with another. What goes to the root of an environment, as a
    README does by `data_files = [("", ["README.md"])]`, is written over the file of every other
    project that does the same.

    ## How to fix it
    Let the build backend make the folder. Keep data in the package and read it with `importlib.resources`.
    Begin scripts with `#!python`, or better, make them entry points.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory>
    - <https://docs.python.org/3/library/sysconfig.html#installation-paths>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    yield from data.misnamed(wheel)
    yield from data.schemes(wheel)
    yield from data.misplaced(wheel)
    yield from data.shebangs(wheel, shebangs)


@rule("WH103", "empty-wheel", Severity.WARNING, since="0.1.0")
def empty_wheel(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs nothing and needs nothing.

    There is no file outside of its `.dist-info` folder, and no dependency, not even of an extra.

    ## Why it matters
    It is what a build backend makes when it did not find the package: the settings name a folder that is not
    there, or the modules lie in `src/` and nobody said so. The installation succeeds, the import fails.

    ## How to fix it
    Tell the build backend where the package is, and look at what it packs before the upload. For a name
    that is only to be reserved, ignore the rule.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/>
    """
    if not wheel.is_readable or wheel.dist_info is None or wheel.metadata is None:
        return
    # A wheel without files and with dependencies installs others on purpose (a metapackage).
    if installation_of(wheel).files or wheel.metadata.all("Requires-Dist"):
        return
    yield Problem(
        "the wheel holds nothing but its metadata, and has no dependencies",
        fix="tell the build backend where the package is, and build again",
        key="empty",
    )


@rule("WH104", "common-top-level-name", Severity.ERROR, since="0.1.0")
def common_top_level_name(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs something into site-packages under a name that belongs to everybody.

    Folders and modules for the development of a project, as `tests`, `docs`, `examples`, `benchmarks`,
    `scripts`, `src`, `build`, `setup`, are an error; if there is nothing else in the wheel and its entry
    points use them, or the project is called so (`tests` of `sample-tests`), a warning. Names that programs
    give their parts, as `utils`, `config`, `lib`, and folders of an environment, as `include`, are a warning.
    The project's own name and those of Import-Name are fine.

    ## Why it matters
    All projects are installed into the same folder. Two that bring `tests/` write over each other's files,
    and removing one breaks the other; `import utils` gets whichever came last; and a user's own `tests` may
    be hidden by what was installed. It happens by itself where a build backend packs each folder with an
    `__init__.py`.

    ## How to fix it
    Leave the folder out of the wheel, or move it into the package, as `sample/tests/`.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#custom-discovery>
    - <https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/>
    """
    if wheel.is_readable and wheel.dist_info is not None:
        yield from common_names(wheel)


@rule("WH105", "stray-top-level-file", Severity.WARNING, since="0.1.0")
def stray_top_level_file(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs a file that is no module directly into site-packages.

    Documents, licenses, settings of the project, `py.typed`, C headers and other sources are a warning, other
    data is an info. An `__init__.py` there is an error.

    ## Why it matters
    The file lies among those of all other projects, and the README or LICENSE of one is written over that of
    another. A `py.typed` marks no package there, so that type checkers do not see it. An `__init__.py`
    makes a package of site-packages: tools that look for the root of a package, such as test runners
    and type checkers, then take it to be above all that is installed.

    ## How to fix it
    Leave the file out, or move it into the package, where a function as `numpy.get_include` tells users the
    folder of headers. Licenses belong into the `.dist-info` folder, where
    `license-files` puts them; the README is in the metadata already.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-contents>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#license-file-multiple-use>
    - <https://typing.python.org/en/latest/spec/distributing.html#packaging-type-information>
    """
    if wheel.is_readable and wheel.dist_info is not None:
        yield from stray_files(wheel)


@rule("WH106", "unrelated-top-levels", Severity.INFO, since="0.1.0")
def unrelated_top_levels(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """The wheel installs a folder or module that has nothing to do with the project's name.

    What the name of the project, Import-Name or a similar name explains is fine, and so is what
    the other modules import, what an entry point names, private names, stubs and the libraries that repair
    tools add. If nothing bears the project's name, nothing is said.

    ## Why it matters
    Build backends that look for packages by themselves take every folder with Python files: one
    of a developer's experiments, of type stubs, of integration tests. It is installed for everybody, into the
    folder of all projects.

    ## How to fix it
    Leave it out, or name it in `import-names` of the metadata if it is one of the project's packages.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#import-name-multiple-use>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    # WH107 reports those with the name of a module of the standard library.
    found = [each for each in unrelated(wheel, modules) if not is_standard(each.module)]
    for top in found[:_MOST]:
        yield Problem(
            f"{quoted(top.name + '/' if top.is_folder else top.name)} is installed into site-packages, "
            "and neither the project's name nor its other modules tell what for",
            Location(top.place),
            Exclude(top.place),
            key=top.name[:200],
            data={"path": top.place},
        )


@rule("WH107", "shadowed-module", Severity.ERROR, since="0.1.0")
def shadowed_module(wheel: Wheel) -> Iterator[Problem]:
    """The wheel installs a module with the name of one of the standard library.

    It is a warning if only some of the Pythons that the wheel is for have that module, or if the project
    bears the module's name. A backport for Pythons that lack the module, and one that brings a removed module
    back, is fine if the project is named after it. So are modules that some platforms lack. A module that
    Python for WebAssembly or mobile systems lacks, or cannot run there, as `webbrowser`, is fine in a wheel
    that says by its tags, classifiers or name that it is for these, and a warning in one for any platform.

    ## Why it matters
    Python looks into its standard library first. The module of the wheel is never imported, and whoever
    wants it gets another one without its functions; where a program puts site-packages first, the
    standard library itself breaks.

    ## How to fix it
    Rename the module, or move it into a package. A backport says in Requires-Python for which versions it is.

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
        # Where some Python lacks the module, the wheel may be meant for that one.
        is_partial = len(hidden) < len(minors) or is_for_2
        is_named = is_shadow_expected(wheel, top.module)
        if top.module in UNAVAILABLE:
            if is_for_small_platforms(wheel):
                continue  # where the standard library lacks the module, or cannot run it
            is_partial = is_partial or is_for_any_platform(wheel)
        if is_partial and is_named:
            continue  # a backport (`enum34`, `typing`), or what brings a removed module back
        where = "" if len(hidden) == len(minors) else f" on Python 3.{hidden[0]}"
        yield Problem(
            f"{quoted(top.name)} has the name of a module of the standard library, which is imported instead "
            f"of it{where}",
            Location(top.place),
            "rename it or move it into a package" if not is_named else "say in Requires-Python which need it",
            Severity.WARNING if is_partial or is_named else None,
            key=top.module,
            data={"path": top.place, "module": top.module, "versions": [f"3.{minor}" for minor in hidden]},
        )


_SOURCE = re.compile(r"(?P<stem>(?:[^\W\d]\w*/)*[^\W\d]\w*)\.py")
_EXTENSION = re.compile(r"(?P<stem>(?:[^\W\d]\w*/)*[^\W\d]\w*)(?:\.[^/]+)?\.(?:so|pyd)")


@dataclass(frozen=True)
class Initializer:
    """The sign of a library that Python can import."""


_STARTS = (b"PyInit_", b"PyModExport_")
"""How the function begins that Python calls to import a module. PyModExport is that of PEP 793."""


@summary
def initializer(file: SharedLibrary) -> Initializer | None:
    """Return whether a library in a wheel is a module of Python."""
    member = file.member
    if member.archive is not ArchiveKind.WHEEL or member.suffix not in (".so", ".pyd"):
        return None
    return Initializer() if any(each in file.window.data for each in _STARTS) else None


@rule("WH108", "conflicting-modules", Severity.WARNING, since="0.1.0")
def conflicting_modules(wheel: Wheel, initializers: Summaries[Initializer]) -> Iterator[Problem]:
    """A module stands beside a package of the same name.

    `sample.py` beside `sample/__init__.py`, or an extension module `sample.so` beside it. An extension module
    beside the source that it was made of is fine, and so is a module beside a folder without `__init__.py`. A
    library without the function that Python calls to import a module (`PyInit_…`) is none: the package opens
    it by its path, with cffi or ctypes.

    ## Why it matters
    Python imports the package; the module is never reached. It is mostly what was left when a module became a
    package, in an old build folder or in the list of modules, and people who read the archive
    take the old file for the program.

    ## How to fix it
    Leave the module out: delete `build/` and build from a fresh clone.

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
        # Tests of import systems have such pairs on purpose.
        if not any(map(is_test_folder, path.split("/")[:-1])):
            found.append((path, match["stem"]))
    for path, stem in found[: _MOST if len(found) > _MOST else None]:
        more = (
            f"; so are {len(found) - _MOST} more" if (path, stem) == found[0] and len(found) > _MOST else ""
        )
        place = importable[path].entry.path
        yield Problem(
            f"{quoted(path)} is never imported, as the package {quoted(stem + '/')} stands beside it{more}",
            Location(place),
            Exclude(place, "delete it before building, or build from a fresh clone"),
            key=path[:200],
            data={"path": place, "package": stem},
        )


@rule("WH114", "editable-leftover", Severity.ERROR, since="0.1.0")
def editable_leftover(wheel: Wheel) -> Iterator[Problem]:
    """The wheel holds what belongs to an installation, editable or not, on one machine.

    Files that hook an editable installation into site-packages (`__editable__*`, `*.egg-link`,
    `easy-install.pth` and what other build backends write), and `direct_url.json`, INSTALLER and REQUESTED
    in the `.dist-info` folder, which installers write.

    ## Why it matters
    An editable wheel points to folders of the machine of the build: installed elsewhere it brings no
    module, and tells everybody these paths. `direct_url.json` makes pip believe that the project came from
    there, so that `pip freeze` writes that address down for others.

    ## How to fix it
    Build the wheel with `python -m build`, not from what an installation left.

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
    records = [
        path for path in wheel.files if path.startswith(info) and path[len(info) :].lower() in INSTALLED
    ]
    for paths, what in (
        (hooks, "belongs to an editable installation: it points to folders of one machine"),
        (records, "is written by installers, and belongs to one installation"),
    ):
        if paths:
            more = f" (and {counted(len(paths) - 1, 'more file')} as this)" if len(paths) > 1 else ""
            yield Problem(
                f"{quoted(paths[0])}{more} {what}",
                Location(paths[0]),
                "build the wheel anew with 'python -m build'; do not pack an installation",
                key=what,
                data={"paths": paths},
            )


def _is_own(wheel: Wheel, path: str) -> bool:
    """Return whether a project that is about editable installations has a module of its own name."""
    top = path.partition("/")[0].partition(".")[0]
    return "/" in path and squeezed(top) == squeezed(wheel.name)


@rule("WH115", "duplicated-tree", Severity.INFO, since="0.1.0")
def duplicated_tree(wheel: Wheel) -> Iterator[Problem]:
    """The wheel packs the same large content more than once.

    Counted are files of 20 kB and more with the same content; licenses, stubs and data of tests are not.
    Nothing is said below half a megabyte, or a tenth of the wheel.

    ## Why it matters
    The copies take space on the index, in every cache and in every installation. Often one of
    them is not meant: a build folder that was packed too, or a library under each of its names
    (`libx.so`, `libx.so.1`, `libx.so.1.2`), which are links on disk and become copies in a wheel, as it can
    hold no links.

    ## How to fix it
    Keep one of them and let the program find it there. Of a library keep the file whose name is its soname.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://docs.pypi.org/project-management/storage-limits/>
    """
    if not wheel.is_readable:
        return
    found = find_copies(wheel)
    if found is None:
        return
    what = "holds the same files as" if found.is_folder else "is the same as"
    more = "" if found.files == 1 else f"; {counted(found.files, 'file')} are copies in all"
    yield Problem(
        f"{quoted(found.second)} {what} {quoted(found.first)}{more}: "
        f"{sized(found.wasted)} of {sized(found.total)} are packed twice",
        Location(found.second),
        "keep one of them",
        key="copies",
        data={
            "paths": [found.second, found.first],
            "count": found.files,
            "size": found.wasted,
            "total_size": found.total,
        },
    )
