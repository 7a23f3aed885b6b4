"""The settings of ``pkgaudit try``, ``[tool.pkgaudit.try]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pkgaudit.config.table import Size
from pkgaudit.late import dataclass

_MEMORY = Size(4 << 30)
"""Chosen: more than importing needs, and less than most machines have."""


@dataclass(frozen=True)
class TrySettings:
    """The options of `pkgaudit try`: exceptions and limits.

    ``leave-out`` maps patterns of modules to the reason: a module that matches is not imported, and no entry
    point in it is loaded or run. ``module-seconds``: the time for a module, an entry point or a command.
    ``wheel-seconds``: the time for a wheel with one Python, including its installation. ``memory``: the
    memory of one process.
    """

    leave_out: Mapping[str, str] = field(default_factory=dict)
    module_seconds: int = 30
    wheel_seconds: int = 240
    memory: Size = _MEMORY

    def __post_init__(self) -> None:
        for name in ("module_seconds", "wheel_seconds", "memory"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name.replace('_', '-')} must be positive")
        for pattern, reason in self.leave_out.items():
            if not reason.strip():
                raise ValueError(f"leave-out: {pattern!r} needs a reason")
