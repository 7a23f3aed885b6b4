"""What installers do with an odd wheel: the words that end a message, from outcomes that were measured.

``tools/refresh_installers.py`` measures them; ``fixtures/odd_wheels.py`` describes the wheel of each key.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkgaudit.api import Severity
from pkgaudit.rules.data.loader import load

_STRICT = "validation"
"""The key of the outcomes of the package `installer` with ``--validate-record all``, which is an option."""

_COMMON = ("pip", "uv")
"""The installers that messages name although they install the wheel; most users have one of them."""

_VERBS = {
    "rejects": ("rejects", "reject"),
    "breaks": ("installs", "install"),
    "warns": ("warns about", "warn about"),
}
"""The outcomes, worst first, each with the verb for one installer and for several."""

_NAMES = {"poetry": "Poetry", "pdm": "PDM"}
"""The names of installers that differ from those of their packages."""


def versions() -> Mapping[str, str]:
    """Return the versions of the installers that were tried, in the order in which messages name them."""
    found: Mapping[str, str] = load("installers").values["installers"]
    return found


def outcomes(key: str) -> Mapping[str, str]:
    """Return what installers do with a wheel: rejects, breaks or warns. Others install it without a fault."""
    found: Mapping[str, str] = load("installers").values["wheels"][key]
    return found


def harm(key: str) -> Severity:
    """Return an error if an installer rejects or breaks the wheel by default, else a warning."""
    harmful = any(what != "warns" for name, what in outcomes(key).items() if name != _STRICT)
    return Severity.ERROR if harmful else Severity.WARNING


def reaction(key: str, without: str = "some files") -> str:
    """Return who rejects such a wheel and who does not: "uv 0.13 rejects the wheel, pip 26.3 installs it".

    Args:
        key: a row of the data.
        without: what the installed package lacks if an installer breaks it.
    """
    found = outcomes(key)
    named = [name for name in versions() if name != _STRICT]
    by_outcome = {what: [name for name in named if found.get(name) == what] for what in _VERBS}
    is_harmful = harm(key) is Severity.ERROR
    said = [] if is_harmful else ["installers accept the wheel"]
    for what, names in by_outcome.items():
        if names:
            one, several = _VERBS[what]
            who = "installers" if names == named else _listed(names)
            verb = one if len(names) == 1 < len(named) else several
            lacking = f" without {without}" if what == "breaks" else ""
            said.append(f"{who} {verb} {'it' if said else 'the wheel'}{lacking}")
    fine = [name for name in _COMMON if name not in found]
    if is_harmful and fine:
        said.append(f"{_listed(fine)} {'installs' if len(fine) == 1 else 'install'} it")
    if not is_harmful and _STRICT in found:
        said.append(f"only {_name(_STRICT)} with '--validate-record all' rejects it")
    return ", ".join(said)


def _listed(names: list[str]) -> str:
    """Return a list of installers with their versions."""
    *others, last = map(_name, names)
    return f"{', '.join(others)} and {last}" if others else last


def _name(key: str) -> str:
    """Return an installer with its version, of which two numbers are enough."""
    package = "installer" if key == _STRICT else key
    return f"{_NAMES.get(package, package)} {'.'.join(versions()[key].split('.')[:2])}"
