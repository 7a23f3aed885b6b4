"""WH116: modules and names of the standard library that a declared Python lacks."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import Location, Problem, SetField, Severity, Summaries, Wheel, counted, quoted, rule
from pkgaudit.rules._shared.library import Version
from pkgaudit.rules.wheel.evaluated import EvaluatedType
from pkgaudit.rules.wheel.imports import packages_of
from pkgaudit.rules.wheel.library import Use, failing_uses, first_lacking, newest_needed
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.syntax_versions import Declared, declared_pythons, said

_SUPPORTED = (3, 10)
"""The oldest Python that people still install. On 2026-11-30, 3.10 had been out of support for a month."""


@rule("WH116", "unavailable-standard-library", Severity.ERROR, since="0.1.0")
def unavailable_standard_library(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """The package imports or uses a module or name that the standard library of an allowed Python lacks.

    The module or name is newer than the oldest Python that `Requires-Python` allows, such as `tomllib` (3.11)
    or `typing.Self` (3.11), or a newer Python removed it, such as `distutils` (3.12) or `cgi` (3.13).

    The rule checks only imports that run whenever the package is imported or one of its commands is run: at
    module level, and not in a `try` or a condition. It skips what a dependency provides, such as `distutils`
    from setuptools. The versions come from a dated list, which was made with each Python from 3.6 to 3.15.

    Names that a module uses as attributes when it is imported are checked in the same way, such as
    `datetime.UTC` in a default value, or `@typing.override`.

    The rule also reports annotations that an older Python can parse but not evaluate, if the module evaluates
    them when it is imported: `list[str]` (3.9) and `int | None` (3.10) without `from __future__ import
    annotations`.

    The finding is an error if a Python from 3.10 on is too old for the import. It is a warning if only older
    Pythons are too old, or if a newer Python removed the module or name.

    ## Why it matters
    Installers choose a release by `Requires-Python`. On the Pythons that lack the module or name, the release
    is installed, and the import fails with a `ModuleNotFoundError` or an `ImportError`.

    ## How to fix it
    If the module or name is too new, set `requires-python` to what the code needs, or import it under `if
    sys.version_info >= (3, 11):` or within `try`, with a replacement for older Pythons. If it was removed,
    import a replacement, or exclude the newer Pythons until the code has one.

    ## References
    - <https://docs.python.org/3/whatsnew/index.html>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    """
    if not wheel.is_readable:
        return
    packages = packages_of(wheel, modules)
    declared = declared_pythons(wheel)
    reached = {**packages.imported, **packages.run}
    uses = failing_uses(packages, reached, declared)
    if uses.newer:
        yield _too_new(uses.newer, declared)
    if uses.removed:
        yield _removed(uses.removed, declared)
    types = [
        (module.summary.evaluated, module.path)
        for module in map(packages.modules.__getitem__, reached)
        if module.summary is not None and module.summary.evaluated is not None
    ]
    yield from _types(types, declared.lowest)


def _too_new(uses: list[Use], declared: Declared) -> Problem:
    needed, lowest = newest_needed(uses), declared.lowest
    first = next(each for each in uses if each.part.first == needed)
    assert lowest is not None
    fails = [each for each in declared.versions if _SUPPORTED <= each < needed]
    verb = "use" if first.is_attribute else "import"
    return Problem(
        f"{quoted(first.importer.path)} {_needs(first)} {quoted(first.part.path)}, which needs Python "
        f"{said(needed)}, but Requires-Python allows {said(lowest)}{_more(uses, 'newer')}",
        Location(first.importer.path, first.line),
        SetField(
            "Requires-Python",
            f"write '>={said(needed)}', or {verb} it within 'try' and provide a replacement",
        ),
        Severity.ERROR if fails else Severity.WARNING,
        key="newer",
        data={**_data(first, uses), "python": said(needed), "lowest_python": said(lowest)},
    )


def _removed(uses: list[Use], declared: Declared) -> Problem:
    lacking = first_lacking(uses)
    first = next(each for each in uses if each.part.end == lacking)
    says = "Requires-Python allows" if declared.is_required else "the wheel allows"
    return Problem(
        f"{quoted(first.importer.path)} {_needs(first)} {quoted(first.part.path)}, which Python "
        f"{said(lacking)} removed, but {says} {said(lacking)}{_more(uses, 'removed')}",
        Location(first.importer.path, first.line),
        SetField(
            "Requires-Python",
            f"import a replacement, or add '<{said(lacking)}' until the code has one",
        ),
        Severity.WARNING,
        key="removed",
        data={**_data(first, uses), "python": said(lacking)},
    )


def _types(found: list[tuple[EvaluatedType, str]], lowest: Version | None) -> Iterator[Problem]:
    """Yield one problem for all modules with types that the oldest allowed Python cannot evaluate."""
    failing = [each for each in found if lowest and (3, 0) <= lowest < each[0].version]
    if not failing or lowest is None:
        return
    needed = max(feature.version for feature, _ in failing)
    feature, path = min(each for each in failing if each[0].version == needed)
    files = f" (and {counted(len(failing) - 1, 'more module')})" if len(failing) > 1 else ""
    yield Problem(
        f"{quoted(path)} has {feature.name} in a type, which needs Python {said(needed)} when it is "
        f"evaluated, but Requires-Python allows {said(lowest)}{files}",
        Location(path, feature.line),
        SetField(
            "Requires-Python",
            f"write '>={said(needed)}', or add 'from __future__ import annotations' if it is an annotation",
        ),
        Severity.WARNING,
        key="types",
        data={
            "paths": [path, *(each for _, each in failing if each != path)],
            "feature": feature.name,
            "python": said(needed),
            "lowest_python": said(lowest),
        },
    )


def _needs(use: Use) -> str:
    return "uses" if use.is_attribute else "imports"


def _more(uses: list[Use], what: str) -> str:
    noun = "name" if any(each.is_attribute for each in uses) else "import"
    return f" (and {counted(len(uses) - 1, f'more {what} {noun}')})" if len(uses) > 1 else ""


def _data(first: Use, uses: list[Use]) -> dict[str, str | list[str]]:
    return {
        "module": first.part.module,
        "imported_by": first.importer.path,
        "names": [each.part.path for each in uses],
    }
