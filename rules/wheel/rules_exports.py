"""WH119: names in ``__all__`` that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pkgaudit.api import (
    Location,
    Problem,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.rules.wheel.exports import undefined_exports
from pkgaudit.rules.wheel.imports import packages_of
from pkgaudit.rules.wheel.modules import Module

_MOST = 20
"""The modules that are reported one by one. Chosen: a wheel with more has one cause for all."""


@rule("WH119", "undefined-export", Severity.WARNING, since="0.1.0")
def undefined_export(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A module lists a name in `__all__` that it does not have.

    The rule checks public modules whose `__all__` is a list of constants. It skips modules that may get names
    in other ways, such as `__getattr__`, `globals()` and extension modules. A name of a module below the
    top-level package is reported at info level.

    ## Why it matters
    `from sample import *` stops with an `AttributeError` for everybody, and so do tools that read all names,
    such as Sphinx. Often the name was renamed or removed, and users who import it by name fail too.

    ## How to fix it
    Define or import the name, or remove it from `__all__`. `ruff check --select F822` finds such names before
    the build.

    ## References
    - <https://docs.python.org/3/reference/simple_stmts.html#the-import-statement>
    - <https://docs.astral.sh/ruff/rules/undefined-export/>
    """
    if not wheel.is_readable:
        return
    for each in islice(undefined_exports(packages_of(wheel, modules)), _MOST):
        (name, line), *rest = each.names
        more = f" (and {counted(len(rest), 'other name')})" if rest else ""
        yield Problem(
            f"`__all__` of {quoted(each.path)} lists {quoted(name)}, which the module does not have{more}, "
            f"so 'from {each.module} import *' fails",
            Location(each.path, line),
            "define or import the name, or remove it from __all__",
            None if "." not in each.module else Severity.INFO,
            key=name,
            data={"module": each.module, "names": [name for name, _ in each.names]},
        )
