"""WH109 to WH113: syntax errors, failing imports, and type information."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pkgaudit.api import (
    Exclude,
    Include,
    Location,
    Problem,
    PythonFile,
    SetField,
    Severity,
    Summaries,
    Wheel,
    quoted,
    rule,
    summary,
)
from pkgaudit.rules._shared.import_names import distributions_of, project_of
from pkgaudit.rules.wheel.import_circles import Circle, failing_circles
from pkgaudit.rules.wheel.imports import Packages, packages_of
from pkgaudit.rules.wheel.imports_missing import (
    GONE,
    Missing,
    Undeclared,
    missing_own,
    undeclared,
)
from pkgaudit.rules.wheel.imports_stubs import Types
from pkgaudit.rules.wheel.modules import Module, summarize
from pkgaudit.rules.wheel.startup_files import StartFile, adds_folders
from pkgaudit.rules.wheel.syntax_problems import folded, syntax_problems
from pkgaudit.rules.wheel.syntax_versions import declared_pythons

_MOST = 5_000
"""Missing modules that are judged: more than anybody reads of. The first few are told one by one."""

_IS_GENERATED = re.compile(
    r"(?:\A|\.)(?:_*version_*|__about__|_version_info|_git\w*|_build\w*|\w+_pb2(?:_grpc)?)\Z"
)
"""Python modules that builds generate: by setuptools-scm, versioneer, hatch-vcs, protobuf and similar tools.

No extension module provides such a module, so a missing one is certain to fail.
"""


@summary
def modules(file: PythonFile) -> Module | None:
    """Return the summary of a module of a wheel, without running the module."""
    return summarize(file)


@rule("WH109", "syntax-error", Severity.ERROR, since="0.1.0")
def syntax_error(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A Python that the wheel supports cannot compile a module of the wheel.

    The module is not valid Python, or it uses syntax that is newer than the oldest Python that
    `Requires-Python` allows: for example a `match` statement although 3.9 is allowed.

    The finding is an error if importing the package, or running one of its commands, always imports the
    module. Any other module may be meant for other Pythons: it is reported at info level if it cannot be
    compiled, and not at all for newer syntax. Tests, templates and files with a path that cannot be
    imported are skipped. If the wheel has no `Requires-Python`, only syntax that needs Python 3.14 or later
    is reported.

    The findings do not depend on the Python that runs the audit: pkgaudit knows the syntax of Python 3.7 to
    3.15. If the wheel does not support the Python that runs the audit, a module that no known Python can
    parse is a warning. If the wheel supports only Pythons whose syntax is unknown, such modules are listed as
    skipped. Most errors that Python's compiler reports, and its parser does not, are found too, such as
    `global x` after a use of `x`, or `yield` in a comprehension.

    ## Why it matters
    Installers choose a release by `Requires-Python`. Users of an older Python get this release, and the
    import fails with a `SyntaxError`, instead of an older release that works.

    ## How to fix it
    Correct the module, or set `requires-python` to what the code needs.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    - <https://docs.python.org/3/whatsnew/index.html>
    """
    if not wheel.is_readable:
        return
    yield from syntax_problems(packages_of(wheel, modules), declared_pythons(wheel))


@rule("WH110", "missing-own-module", Severity.ERROR, since="0.1.0")
def missing_own_module(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A module of the wheel imports a module of the same package that is not in the wheel.

    The rule checks imports at module level that are unconditional and outside `try` (or in a `try` that
    raises the error again), because they always fail. It also reports names that a module of the package
    lacks, relative imports that lead out of the package, and stubs that lazy_loader reads at run time. It
    respects other sources of modules: extension modules, names that `__init__` defines or computes, a changed
    `__path__`, and other distributions of a namespace. It understands `importlib.import_module` with constant
    names, `lazy_loader.attach`, and the tables of `__getattr__`. It reports circular
    imports if importing the package, or the module of a command, always fails: a module imports a name from
    another one, which has not defined the name yet.

    The finding is an error if importing the package, or the module of one of its commands, always reaches the
    import. It is a warning if only the function of a command, `python -m` or a plug-in reaches it, or if an
    extension module nearby may create the module when it is loaded. If only a user's own import of a public
    module reaches it, one missing module or name is reported at info level, because the module may be for
    another system, and several are a warning. The rule skips tests, examples and vendored projects. The
    finding is at info level if a dependency named after the package may provide the module.

    ## Why it matters
    Importing the package, or running its command, fails with a `ModuleNotFoundError` or an `ImportError` for
    everybody. In the source tree the import works, because the module exists there. Builds often miss
    generated files (`_version.py`, `*_pb2.py`), subpackages that are not in the list of packages, and modules
    that version control ignores.

    ## How to fix it
    Include the module in the wheel, or correct the import.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://docs.python.org/3/reference/import.html#submodules>
    """
    if not wheel.is_readable or wheel.unread:
        return
    packages = packages_of(wheel, modules)
    seen: set[str] = set()
    for reached, severity in (
        (packages.those({**packages.imported, **packages.run}), Severity.ERROR),
        # The package can be used without its commands.
        (packages.started, Severity.WARNING),
        # The program that loads a plug-in may catch the exception.
        (packages.those(packages.plugged), Severity.WARNING),
    ):
        found = [each for each in missing_own(packages, reached) if each.name not in seen]
        seen.update(each.name for each in found)
        problems = [_not_there(each, _most_severe(packages, each, severity)) for each in found[:_MOST]]
        yield from folded(problems, _ARE_MISSING)
    yield from folded([_circular(each) for each in failing_circles(packages)], "imports fail in a circle")
    # Perhaps nobody imports the other modules: one of them may be for another Python or system. Several
    # missing modules are more than that.
    public = packages.those(packages.public)
    found = [each for each in missing_own(packages, public, is_lazy=True) if each.name not in seen]
    found = [each for each in found if not packages.is_shared(each.name)]
    plain = [each for each in found if _most_severe(packages, each, Severity.ERROR) is Severity.ERROR]
    severity = Severity.WARNING if len(plain) >= _SEVERAL else Severity.INFO
    problems = [_not_there(each, severity if each in plain else Severity.INFO) for each in found[:_MOST]]
    yield from folded(problems, _ARE_MISSING)
    if packages.is_cut:
        yield Problem(
            "the wheel has so many imports that not all were followed",
            severity=Severity.WARNING,
            key="not all",
        )


_ARE_MISSING = "imported modules are not in the wheel"

_SEVERAL = 2
"""Missing modules and names from which public modules count as broken, and not as meant for other systems.

Chosen: 2 of 977 real wheels had several, and importing the modules fails.
"""


def _most_severe(packages: Packages, missing: Missing, severity: Severity) -> Severity:
    """Return the severity of a failing import, limited by the other sources that the module may have."""
    # A dependency named after the package may provide the module.
    if packages.is_shared(missing.name):
        return Severity.INFO
    # An extension module may put modules into sys.modules, but not Python modules that builds generate.
    if packages.may_be_compiled(missing.name) and not _IS_GENERATED.search(missing.name):
        return min(severity, Severity.WARNING)
    # Another distribution may have the ``__init__`` that the wheel lacks.
    if missing.holder is not None and not packages.prefixes(missing.holder.name):
        return min(severity, Severity.WARNING)
    return severity


def _not_there(missing: Missing, severity: Severity) -> Problem:
    name, importer = missing.name, missing.importer
    what = f"imports {quoted(name)}, which is not in the wheel"
    if name.startswith("."):
        return Problem(
            f"{quoted(importer.path)} imports {quoted(name)}, whose dots lead out of its package",
            Location(importer.path, missing.statement.line),
            "correct the import, or move the module into the package",
            severity,
            key=f"{importer.name}:{name}"[:200],
            data={"module": name, "imported_by": importer.path},
        )
    if missing.is_stub:
        path = f"{importer.path}i"
        return Problem(
            f"{quoted(importer.path)} reads {quoted(path)} when it is imported, which is not in the wheel",
            Location(importer.path, missing.statement.line),
            Include(path),
            severity,
            key=name,
            data={"path": path, "imported_by": importer.path},
        )
    data = {"module": name, "imported_by": importer.path}
    if missing.holder is not None:
        package, _, last = name.rpartition(".")
        data = {"module": package, "name": last, "imported_by": importer.path}
        has = "name or module" if missing.holder.is_package else "name"
        what = f"imports {quoted(last)} from {quoted(package)}, which contains no such {has}"
        if not missing.has_start:
            what += " and no '__init__.py'"
    fix: Include | str = f"define {quoted(name.rpartition('.')[2])} there, or correct the import"
    if missing.holder is not None and not missing.has_start:
        path = _path_of(missing, f"{missing.holder.name}.__init__")
        fix = Include(path, absent="create it if it does not exist")
    elif missing.holder is None or missing.holder.is_package:
        path = _path_of(missing, name)
        package = f"{path.removesuffix('.py')}/__init__.py"
        fix = Include(
            package if missing.is_package else path,
            other=None if missing.is_package or _IS_GENERATED.search(name) else package,
            absent="create or generate the module if it does not exist, or correct the import",
        )
    return Problem(
        f"{quoted(importer.path)} {what}",
        Location(importer.path, missing.statement.line),
        fix,
        severity,
        key=name,
        data=data,
    )


def _circular(circle: Circle) -> Problem:
    importer, holder = circle.importer.path, circle.holder.path
    return Problem(
        f"{quoted(importer)} imports {quoted(circle.name)} from {quoted(holder)}, which imports the former "
        f"before it defines {quoted(circle.name)}, so 'import {circle.entry[:80]}' fails",
        Location(importer, circle.statement.line),
        f"move the import into the function that needs it, or {quoted(circle.name)} into a third module",
        key=f"circle {circle.holder.name}:{circle.name}"[:200],
        data={"module": circle.holder.name, "name": circle.name, "imported_by": importer},
    )


def _path_of(missing: Missing, name: str) -> str:
    """Return the path that a module of the importing module's wheel would have in the archive."""
    importer = missing.importer
    depth = importer.name.count(".") + (1 if importer.is_package else 0)
    root = importer.path.split("/")[: -(depth + 1)]
    return "/".join([*root, *name.split(".")]) + ".py"


@rule("WH111", "undeclared-dependency", Severity.WARNING, since="0.1.0")
def undeclared_dependency(
    wheel: Wheel, modules: Summaries[Module], starts: Summaries[StartFile]
) -> Iterator[Problem]:
    """The package imports a module that no declared dependency provides.

    The rule checks imports that run whenever the package is imported, one of its commands is run, or the
    package is run with `python -m`: at module level, or in the body of the function that the command calls,
    outside `try` and unconditional. It derives the project from the module's name, and from a
    dated list if the names differ (PyYAML provides `yaml`). A module is reported at info level if only a
    plug-in of the package imports it, if only an extra declares it, if the project also imports it within
    `try`, or if a dependency of a declared dependency provides it or may provide it (the list does not know
    the dependencies of every project).

    Imports of other public modules are reported at info level. The rule skips them if an extra declares the
    project, if a dependency of a dependency provides it, or if the path names it, as in
    `sample/integrations/` or `sample/flask_views.py`: such modules are for users who have the other project.

    If the sdist of the release contains the module, the wheel has lost a package of the project, and the
    remedy is to pack it.

    The rule also reports `pkg_resources` if the package allows setuptools 82 or later, which no longer has
    the module.

    ## Why it matters
    In a fresh environment the import fails with a `ModuleNotFoundError`. On the developers' machines it
    works, because another project has installed the module there.

    ## How to fix it
    Add the project to `dependencies` in `pyproject.toml`. If the module is optional, import it within `try`
    where it is needed.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use>
    - <https://packaging.python.org/en/latest/discussions/install-requires-vs-requirements/>
    """
    if not wheel.is_readable or wheel.unread or wheel.metadata is None or wheel.metadata.is_cut:
        return
    packages = packages_of(wheel, modules)
    searches = packages.searches or adds_folders(wheel, starts)
    run = packages.those({**packages.imported, **packages.run})
    found = list(undeclared(packages, [*run, *packages.started], searches))
    told = {each.missing.name for each in found}
    # The program that loads a plug-in is there, and may catch the exception.
    plugged = [
        each
        for each in undeclared(packages, packages.those(packages.plugged), searches)
        if each.missing.name not in told and each.missing.name not in packages.hosts
    ]
    told.update(each.missing.name for each in plugged)
    public = [
        each
        for each in undeclared(packages, packages.those(packages.public), searches)
        if each.missing.name not in told | packages.hosts
        and not (each.in_extra or each.is_optional or each.is_brought or each.is_integration)
    ]
    graded = [(each, _grade(each)) for each in found]
    graded += [(each, Severity.INFO) for each in (*plugged, *public)]
    for severity in (Severity.WARNING, Severity.INFO):
        problems = [_not_declared(each, severity) for each, grade in graded if grade is severity]
        yield from folded(problems, "imported modules come from no declared dependency")


def _grade(found: Undeclared) -> Severity:
    # The import works, if only by luck, when a dependency's dependency provides the module; the list does not
    # know all of them.
    is_there = found.may_be_brought and found.gone is None
    return Severity.INFO if found.in_extra or found.is_optional or is_there else Severity.WARNING


def _not_declared(found: Undeclared, severity: Severity) -> Problem:
    missing = found.missing
    place = Location(missing.importer.path, missing.statement.line)
    data = {"module": missing.name, "imported_by": missing.importer.path}
    said = f"{quoted(missing.importer.path)} imports {quoted(missing.name)}"
    # The wheels of a release have the same fault, and one finding for all of them is enough.
    cause = f"imports of {missing.name}"
    if found.beside and not (found.in_extra or found.is_optional):
        return Problem(
            f"{said}, but the wheel has only {quoted(found.beside)}, where Python 3 does not find it",
            place,
            f"import it as 'from . import {missing.name}' or by its full name",
            severity,
            key=missing.name,
            data={**data, "path": found.beside},
            cause=cause,
        )
    if found.gone is not None:
        project = distributions_of(missing.name)[0]
        return Problem(
            f"{said}, which {project} no longer has since version {found.gone}",
            place,
            SetField("Requires-Dist", f"require {project}<{found.gone} until the import has a replacement"),
            severity,
            key=missing.name,
            data={**data, "project": project},
            cause=cause,
        )
    projects = distributions_of(missing.name)
    # Many projects provide some modules (`google`, `cv2`): two are enough for a message.
    of = f" (of {' or '.join(projects[:2])})" if projects else ""
    if found.in_extra:
        what = "which only an extra declares"
    elif found.is_optional:
        what = "which is not in Requires-Dist, although another module imports it only within 'try'"
    elif found.may_be_brought:
        what = "which is not in Requires-Dist; at best another dependency provides it"
    else:
        what = "which no project in Requires-Dist provides"
    known = projects[0] if projects else project_of(missing.name)
    if known:
        data["project"] = known
    project = known or "its project"
    if missing.name in GONE:
        project = f"{project}<{GONE[missing.name][1]}"
    fix = f"add {project} to the dependencies, or import it within 'try' if it is optional"
    return Problem(
        f"{said}{of}, {what}",
        place,
        SetField("Requires-Dist", fix, lost=missing.name.partition(".")[0]),
        severity,
        key=missing.name,
        data=data,
        cause=cause,
    )


@rule("WH112", "missing-py-typed", Severity.WARNING, since="0.1.0")
def missing_py_typed(wheel: Wheel) -> Iterator[Problem]:
    """Type checkers ignore the type information of the package, because it has no `py.typed`.

    The wheel contains stubs (`.pyi`) beside its modules, or has the classifier `Typing :: Typed`, but
    none of its packages has the marker file `py.typed`. The rule also reports a `py.typed` in a folder
    without modules.

    Stub distributions (`name-stubs`), single modules, which cannot have a marker, and packages that have
    stubs only for private modules are skipped. If only a few of many modules have stubs, the finding
    is reported at info level.

    ## Why it matters
    Without the marker, type checkers treat an installed package as untyped and ignore its annotations and
    stubs: users get `Any` everywhere, or an error about missing stubs.

    ## How to fix it
    Put an empty file `py.typed` beside the `__init__.py` of the top-level package, and make sure that the
    build backend includes it.

    ## References
    - <https://typing.python.org/en/latest/spec/distributing.html#packaging-type-information>
    - <https://peps.python.org/pep-0561/>
    """
    if not wheel.is_readable:
        return
    types = Types(wheel)
    for each in types.unmarked():
        place = each.member.rpartition("/")[0]
        yield Problem(
            f"{quoted(place)} has no 'py.typed', although {each.why}; type checkers may ignore its types",
            Location(place),
            Include(each.member, absent="create it; it may be empty"),
            None if each.is_plain else Severity.INFO,
            key=each.folder,
            data={"package": each.folder, "path": each.member},
        )
    for path in types.useless_markers():
        yield Problem(
            f"{quoted(path)} has no effect, because its folder contains no module",
            Location(path),
            "move it beside the '__init__.py' of its package",
            key=path,
            data={"path": path},
        )


@rule("WH113", "orphan-stub", Severity.INFO, since="0.1.0")
def orphan_stub(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A stub describes a module that is not in the wheel.

    The rule skips stub distributions and stubs of private modules, which may exist only for type checkers. It
    also skips modules that an extension module, a package that computes its modules, or a dependency may
    provide.

    ## Why it matters
    A type checker accepts the import of the module, which then fails when the program runs. Usually the
    module was renamed or removed without its stub, or an extension module was not built.

    ## How to fix it
    Leave the stub out, or include the module in the wheel.

    ## References
    - <https://typing.python.org/en/latest/spec/distributing.html#stub-files>
    - <https://peps.python.org/pep-0561/>
    """
    if not wheel.is_readable:
        return
    problems = [
        Problem(
            f"{quoted(path)} is the stub of a module that is not in the wheel",
            Location(path),
            Exclude(path, "or include the module in the wheel"),
            key=path,
            data={"path": path},
        )
        for path in Types(wheel).orphans(packages_of(wheel, modules))
    ]
    yield from folded(problems, "stubs have no module")
