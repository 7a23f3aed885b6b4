"""What happened when distributions were installed and run, as plain data."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import field

from pkgaudit.finding import Finding
from pkgaudit.late import dataclass
from pkgaudit.model.subject import RunSubject


class Step(enum.Enum):
    """A step of trying a distribution."""

    BUILD = "build"
    COMPARE = "compare"
    INSTALL = "install"
    CHECK = "check"
    IMPORT = "import"
    LOAD = "load"
    OPEN = "open"
    RUN = "run"
    UNINSTALL = "uninstall"


class Fate(enum.Enum):
    """How a step ended that did not succeed."""

    FAILED = "failed"
    """An exception, or a fault that a program reports."""
    EXITED = "exited"
    """The interpreter was ended, with any status."""
    KILLED = "killed"
    """A signal ended the interpreter."""
    TIMED_OUT = "timed out"
    """It took longer than allowed."""


@dataclass(frozen=True)
class Trial:
    """A step that did not succeed.

    ``distribution`` is the path of the file, ``name`` the module, the entry point, the command, the file or
    the project that was tried, ``others`` are the names that fail for the same reason. ``pythons`` are those
    with which it happened, ``fine`` those with which it did not. ``error`` is the last line of the traceback,
    ``kind`` the class of the exception, and ``lines`` are the last lines of the traceback or of the output.
    ``missing`` is the module that an import missed, ``extra`` the extra of the distribution that may bring
    it, and ``needs_other``: it belongs to another project. ``member`` and ``line`` are the last place of the
    traceback in the distribution.

    ``is_main``: the module is the import package itself, or the entry point is a command. ``is_certain``: the
    fault is in the distribution; else it may lie in this machine or in a program that the module needs
    around it. ``status`` is the exit status, or the number of the signal, and ``seconds`` the time allowed.
    """

    distribution: str
    step: Step
    fate: Fate
    name: str
    pythons: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    error: str = ""
    kind: str = ""
    missing: str | None = None
    extra: str | None = None
    needs_other: bool = False
    member: str | None = None
    line: int | None = None
    lines: tuple[str, ...] = ()
    is_main: bool = False
    is_certain: bool = True
    status: int | None = None
    seconds: float = 0.0


@dataclass
class Tries(RunSubject):
    """The distributions that were tried, and the trials that did not succeed.

    ``findings`` are those of the audit, before the policy. ``confidential`` are secrets of the user's
    settings, which installers may show.
    """

    tried: list[str] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    confidential: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The paths of the distributions."""
        return list(dict.fromkeys((*self.tried, *(each.distribution for each in self.trials))))

    @property
    def secrets(self) -> Iterable[str]:
        """The secrets in the settings of installers."""
        return self.confidential
