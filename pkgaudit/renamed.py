"""Former public names, which still work, with a warning, until version 1.0.

Rules list their own former codes and names, and options their former keys; all other former names are here.
docs/versioning.md lists all of them.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

REMOVAL = "1.0"
"""The version that removes the former names."""

T = TypeVar("T")

NAMES = {
    "pkgaudit.api": {
        "Budgets": "pkgaudit.model.budgets.Budgets",
        "FileKind": "pkgaudit.model.kinds.FileKind",
        "Finding": "pkgaudit.report.Finding",
        "GzipHeader": "pkgaudit.model.entry.GzipHeader",
        "IgnoreUse": "pkgaudit.model.ignores.IgnoreUsage",
        "InlineIgnore": "pkgaudit.model.distribution.InlineIgnore",
        "LeaveOut": "pkgaudit.api.Exclude",
        "Notice": "pkgaudit.model.entry.DetectionStage",
        "Other": "pkgaudit.model.distribution.UnreadFile",
        "Owner": "pkgaudit.model.entry.Owner",
        "Sight": "pkgaudit.model.ignores.Scope",
        "Silencer": "pkgaudit.report.SuppressionKind",
        "StaleEntry": "pkgaudit.model.ignores.StaleEntry",
        "Use": "pkgaudit.model.budgets.BudgetUsage",
        "Verdict": "pkgaudit.report.Verdict",
        "Word": "pkgaudit.model.ignores.Selector",
        "is_complete": "pkgaudit.model.ignores.is_complete",
        "kind_of_content": "pkgaudit.model.kinds.kind_of_content",
        "normalise": "pkgaudit.api.normalize",
        "uses": "pkgaudit.model.budgets.budget_usages",
    },
    "pkgaudit.rules.secrets": {
        "Candidate": "pkgaudit.api.Candidate",
        "Found": "pkgaudit.api.Found",
        "Level": "pkgaudit.api.Level",
        "Token": "pkgaudit.api.Token",
    },
}
"""By module, its former names and their current places. Places in `pkgaudit.model` are not public."""

PROBLEM_FIELDS = {"allowed": "inline_reason", "known_as": "baseline_hashes", "same": "digest"}
"""The former names of fields of `pkgaudit.api.Problem`."""

FINDING_FIELDS = {"known_as": "baseline_hashes", "same": "digest"}
"""The former names of fields of `pkgaudit.report.Finding`."""

ANOMALY_FIELDS = {"notice": "stage"}
"""The former name of a field of `pkgaudit.api.Anomaly`."""

REMEDY_NAMES = {"leave-out": "exclude"}
"""The former values of ``do`` in a ``pages.json``."""


def moved(module: str, name: str) -> Any:
    """Return the object that a module had under a former name: the body of its ``__getattr__``.

    Raises:
        AttributeError: the module never had this name.
    """
    target = NAMES[module].get(name)
    if target is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    home, _, attribute = target.rpartition(".")
    is_public = not home.startswith("pkgaudit.model.")
    use = f"use {target}" if is_public else "it is no longer public"
    _warn(f"{module}.{name} will be removed in version {REMOVAL}; {use}", 4)
    return getattr(import_module(home), attribute)


def accepts(fields: Mapping[str, str]) -> Callable[[type[T]], type[T]]:
    """Make a class accept the former names of its fields, as arguments and attributes, with a warning."""

    def decorate(made: type[T]) -> type[T]:
        initialize: Callable[..., None] = made.__init__

        @functools.wraps(initialize)
        def with_former_names(self: T, *values: Any, **named: Any) -> None:
            for old in fields.keys() & named.keys():
                new = fields[old]
                _warn(f"{made.__name__}({old}=…) will be removed in version {REMOVAL}; use {new}=…", 3)
                named[new] = named.pop(old)
            initialize(self, *values, **named)

        made.__init__ = with_former_names  # type: ignore[method-assign, assignment]
        for old, new in fields.items():
            setattr(made, old, _former_attribute(made.__name__, old, new))
        return made

    return decorate


def _former_attribute(name: str, old: str, new: str) -> property:
    def read(self: Any) -> Any:
        _warn(f"{name}.{old} will be removed in version {REMOVAL}; use {new}", 3)
        return getattr(self, new)

    return property(read)


def _warn(message: str, level: int) -> None:
    """Warn at the user's line, which is ``level`` calls away."""
    warnings.warn(message, DeprecationWarning, stacklevel=level)
