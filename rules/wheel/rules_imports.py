"""WH109 to WH113: whether what a wheel installs can be compiled and imported, and what type checkers see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

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
from pkgaudit.rules.wheel.import_names import distributions_of, project_of
from pkgaudit.rules.wheel.imports import packages_of
from pkgaudit.rules.wheel.imports_missing import Missing, Undeclared, missing_own, undeclared
from pkgaudit.rules.wheel.imports_stubs import Types
from pkgaudit.rules.wheel.modules import Module, summarize
from pkgaudit.rules.wheel.syntax_problems import folded, syntax_problems
from pkgaudit.rules.wheel.syntax_versions import declared_pythons

_MOST = 5_000
"""Missing modules that are judged: more than anybody reads of. The first few are told one by one."""

_IS_GENERATED = re.compile(
    r"(?:\A|\.)(?:_*version_*|__about__|_version_info|_git\w*|_build\w*|\w+_pb2(?:_grpc)?)\Z"
)
"""Modules that builds write, in Python: by setuptools-scm, versioneer, hatch-vcs, protobuf and their like.

An extension module beside them does not make them, so that their lack is no doubt.
"""


@summary
def modules(file: PythonFile) -> Module | None:
    """Return what a module of a wheel tells without being run."""
    return summarize(file)


@rule("WH109", "syntax-error", Severity.ERROR, since="0.1.0")
def syntax_error(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A module of the wheel cannot be compiled by a Python that the wheel is declared for.

    The module is not Python at all, or it uses syntax that is newer than the oldest Python that
    `Requires-Python` allows: a `match` statement where 3.9 is allowed, say.

    ## Why it matters
    Installers choose a release by `Requires-Python`. Who has an older Python gets this one, and the
    import ends in a `SyntaxError`, where the last release that works would have been chosen.

    It is an error in modules that are imported, without a condition, when the package is
    imported or one of its commands is run. A module that nothing imports for certain may be
    meant for other Pythons: it is an info if it cannot be compiled, and passes with newer syntax. Tests,
    templates and files whose path cannot be imported are left aside. Syntax is judged by the Python that
    runs the audit; where that is older than all Pythons of the wheel, what it cannot read is an info.

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
    """A module of the wheel imports another one of the same package that is not in the wheel.

    The import stands at the level of the module, without a condition and outside of `try` (or in one that
    raises anew), so that importing the module fails; as it does where dots lead out of the package. What a
    package may get by other means (extension modules, names that `__init__` defines or computes, a changed
    `__path__`, other distributions of a namespace) is respected.

    ## Why it matters
    Importing the package, or running its command, ends in a `ModuleNotFoundError` for everybody. It works
    in the source tree, where the module is: what was not packed are mostly generated files
    (`_version.py`, `*_pb2.py`), subpackages that a list of packages has not been told of, and
    modules that version control ignores.

    It is an error where importing the package or running one of its commands leads to the import for
    certain, a warning where a plug-in does, or where an extension module beside it may make the module as it
    is loaded, an info where only a user's own import would, or a dependency called after the package may
    bring the module.

    ## How to fix it
    Have the module packed, or correct the import.

    ## References
    - <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>
    - <https://docs.python.org/3/reference/import.html#submodules>
    """
    if not wheel.is_readable or wheel.unread:
        return
    packages = packages_of(wheel, modules)
    seen: set[str] = set()

    def judged(reached: Iterable[str], severity: Severity) -> Iterator[Problem]:
        for each in missing_own(packages, reached):
            if each.name not in seen:
                seen.add(each.name)
                # A dependency that is called after the package may bring the module: an info at most.
                if packages.is_shared(each.name):
                    if severity is not Severity.INFO:
                        yield _not_there(each, Severity.INFO)
                # An extension module may put modules into sys.modules, but not those that builds write in
                # Python.
                elif packages.may_be_compiled(each.name) and not _IS_GENERATED.search(each.name):
                    yield _not_there(each, min(severity, Severity.WARNING))
                else:
                    yield _not_there(each, severity)

    for reached, severity in (
        ({**packages.imported, **packages.run}, Severity.ERROR),
        # The program that loads a plug-in may catch what it raises.
        (packages.plugged, Severity.WARNING),
        # Nobody may ever import the others: they can be for another Python or system.
        (packages.importable_packages(), Severity.INFO),
    ):
        yield from folded(
            list(islice(judged(reached, severity), _MOST)), "modules are imported that are not in the wheel"
        )
    if packages.is_cut:
        yield Problem(
            "the wheel has so many imports that not all were followed",
            severity=Severity.WARNING,
            key="not all",
        )


def _not_there(missing: Missing, severity: Severity) -> Problem:
    name, importer = missing.name, missing.importer
    what = f"imports {quoted(name)}, which is not in the wheel"
    if name.startswith("."):
        return Problem(
            f"{quoted(importer.path)} imports {quoted(name)}: so many dots lead out of its package",
            Location(importer.path, missing.statement.line),
            "correct the import, or put the module into the package",
            severity,
            key=f"{importer.name}:{name}"[:200],
            data={"module": name, "imported_by": importer.path},
        )
    data = {"module": name, "imported_by": importer.path}
    if not missing.is_module:
        package, _, last = name.rpartition(".")
        data = {"module": package, "name": last, "imported_by": importer.path}
        what = (
            f"imports {quoted(last)} from {quoted(package)}, which neither defines it nor has such a module"
        )
    return Problem(
        f"{quoted(importer.path)} {what}",
        Location(importer.path, missing.statement.line),
        Include(
            _path_of(missing), "write or generate the module if it does not exist, or correct the import"
        ),
        severity,
        key=name,
        data=data,
    )


def _path_of(missing: Missing) -> str:
    """Return where a missing module would stand in the archive."""
    importer = missing.importer
    depth = importer.name.count(".") + (1 if importer.is_package else 0)
    root = importer.path.split("/")[: -(depth + 1)]
    return "/".join([*root, *missing.name.split(".")]) + ".py"


@rule("WH111", "undeclared-dependency", Severity.WARNING, since="0.1.0")
def undeclared_dependency(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """The package imports a module that neither it nor the standard library nor a dependency brings.

    Only imports count that run whenever the package is imported: at the level of a module, outside
    of `try` and without a condition. Which project brings a module is told by its name, and by a dated
    list where names differ (`yaml` is in PyYAML). What only an extra declares, or the project imports
    within `try` elsewhere, is an info; and so is what the declared dependencies depend on themselves,
    or may, as far as the list does not know of all of them what they depend on.

    ## Why it matters
    In a fresh environment the import fails with a `ModuleNotFoundError`. On the machines of the project
    it does not, since something else has installed the module there.

    ## How to fix it
    Add the project to `dependencies` in `pyproject.toml`, or import the module where it is needed, within
    `try`, if it is optional.

    ## References
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use>
    - <https://packaging.python.org/en/latest/discussions/install-requires-vs-requirements/>
    """
    if not wheel.is_readable or wheel.unread or wheel.metadata is None or wheel.metadata.is_cut:
        return
    packages = packages_of(wheel, modules)
    for severity in (Severity.WARNING, Severity.INFO):
        found = [each for each in undeclared(packages, packages.imported) if _grade(each) is severity]
        yield from folded(
            list(map(_not_declared, found)), "modules are imported that nothing declared brings"
        )


def _grade(found: Undeclared) -> Severity:
    # A project whose dependencies bring the module works, though by luck; the list does not know all of them.
    return Severity.INFO if found.in_extra or found.may_be_brought else Severity.WARNING


def _not_declared(found: Undeclared) -> Problem:
    missing = found.missing
    place = Location(missing.importer.path, missing.statement.line)
    data = {"module": missing.name, "imported_by": missing.importer.path}
    said = f"{quoted(missing.importer.path)} imports {quoted(missing.name)}"
    if found.beside:
        return Problem(
            f"{said}, and there is only {quoted(found.beside)}, where Python 3 does not look for it",
            place,
            f"import it as 'from . import {missing.name}' or by its full name",
            _grade(found),
            key=missing.name,
            data={**data, "path": found.beside},
        )
    projects = distributions_of(missing.name)
    # Some modules come with many projects (`google`, `cv2`): two are enough for a message.
    of = f" (of {' or '.join(projects[:2])})" if projects else ""
    if found.in_extra:
        what = "which is declared in an extra only"
    elif found.may_be_brought:
        what = "which Requires-Dist does not name; at best another dependency brings it"
    else:
        what = "which nothing in Requires-Dist brings"
    known = projects[0] if projects else project_of(missing.name)
    if known:
        data["project"] = known
    project = known or "its project"
    fix = f"add {project} to the dependencies, or import it within 'try' if it is optional"
    return Problem(
        f"{said}{of}, {what}",
        place,
        SetField("Requires-Dist", fix),
        _grade(found),
        key=missing.name,
        data=data,
    )


@rule("WH112", "missing-py-typed", Severity.WARNING, since="0.1.0")
def missing_py_typed(wheel: Wheel) -> Iterator[Problem]:
    """The package has type information that type checkers do not see for lack of a `py.typed`.

    The wheel brings stubs (`.pyi`) beside its modules, or has the classifier `Typing :: Typed`, and
    none of its packages has the marker file `py.typed`; or a `py.typed` stands where no package is.

    ## Why it matters
    Without the marker, type checkers take an installed package for untyped and leave its annotations and
    stubs unread: users get `Any` for all of it, or an error about missing stubs.

    Distributions of stubs (`name-stubs`), single modules, which cannot have a marker, and stubs of private
    modules only are left aside. Where a few modules of many have stubs it is an info.

    ## How to fix it
    Put an empty file `py.typed` beside the `__init__.py` of the top-level package, and see that
    the build backend packs it.

    ## References
    - <https://typing.python.org/en/latest/spec/distributing.html#packaging-type-information>
    - <https://peps.python.org/pep-0561/>
    """
    if not wheel.is_readable:
        return
    types = Types(wheel)
    for each in types.unmarked():
        yield Problem(
            f"{quoted(each.folder)} has no 'py.typed', though {each.why}; type checkers may ignore its types",
            Location(each.member.rpartition("/")[0]),
            Include(each.member, "write it, it may be empty"),
            None if each.is_plain else Severity.INFO,
            key=each.folder,
            data={"package": each.folder, "path": each.member},
        )
    for path in types.useless_markers():
        yield Problem(
            f"{quoted(path)} marks nothing: there is no module in its folder",
            Location(path),
            "put it beside the '__init__.py' of the package that it is about",
            key=path,
            data={"path": path},
        )


@rule("WH113", "orphan-stub", Severity.INFO, since="0.1.0")
def orphan_stub(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A stub describes a module that is not in the wheel.

    Stubs of private modules, which may exist for type checkers only, and distributions of stubs are left
    aside, and so is what an extension module, a package that computes its modules or a dependency may bring.

    ## Why it matters
    A type checker takes the module for existing and lets its import pass, which fails when the program runs.
    Mostly the module was renamed or removed and its stub was forgotten, or an extension module was not built.

    ## How to fix it
    Leave the stub out, or have the module packed.

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
            Exclude(path, "or have the module packed"),
            key=path,
            data={"path": path},
        )
        for path in Types(wheel).orphans(packages_of(wheel, modules))
    ]
    yield from folded(problems, "stubs have no module")
