"""BH106: what a release is able to do, and the one before was not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pkgaudit.api import Distribution, Location, Problem, Severity, Summaries, Update, Wheel, quoted, rule
from pkgaudit.model.capabilities import WORDS, Capabilities, Use
from pkgaudit.rules._shared.update import is_upward, old_version
from pkgaudit.rules.behaviour.rules_code import severity_of

_GRAVE = frozenset({"DESERIALIZE", "DYNAMIC_CODE", "EXEC", "NETWORK"})
"""The capabilities that hijacked releases used on import."""

_AT_START, _BUILT = "PERSISTENCE", "INSTALL_TIME"


@rule("BH106", "new-capability", Severity.WARNING, since="0.1.0")
def new_capability(update: Update, modules: Summaries[Capabilities]) -> Iterator[Problem]:
    """The release is able to do something that the release before was not.

    The rule compares what the calls of all modules show, such as starting processes, using the network, or
    running computed code. It reports a capability that no file of the release before has. If a module
    processes, networks, deserializes or runs computed code already when it is imported, and none did that
    before, this is an error, except for computed code, which good releases add too. Moved and renamed modules
    change nothing. In files of tests, examples, documentation and benchmarks, which an installed package may
    import, the severity is one level lower in a wheel; in an sdist they do not count. Nor do files that run
    at every start of Python, which RL110 reports, and native code, which is not read.

    Wheels are compared with wheels, or with the sdist if the release before has none. An sdist beside wheels
    is only compared in what its build does. If the running Python cannot read all modules of the release
    before, no finding is an error.

    Of 104 releases of popular projects beside the ones before, one has a warning, and none has an error.

    ## Why it matters
    Hijacked releases of well-known projects passed every check of form. The change gave them away: the
    release before neither used the network nor started a process on import. The rule also finds code that
    was left by accident, such as a call of a debugging tool.

    ## How to fix it
    Look at the place that the message names. If you did not write it, do not publish the release, and find
    out how it got there: compare the file with your repository. If the capability is intended, ignore the
    rule for this release; the next one is compared with this one.

    ## References
    - <https://docs.python.org/3/library/security_warnings.html>
    - <https://docs.pypi.org/project-management/yanking/>
    """
    if not is_upward(update):
        return
    found: dict[str, Problem] = {}
    totals = _Totals(modules)
    for new, old, is_build in _compared(update):
        before = totals.of(old)
        # A package may import its tests, which installers install too. What these do is new only if neither
        # the tests nor the modules of the old release did it.
        for aside in (False, True):
            if aside:
                before = _both(before, totals.of(old, aside=True))
            for distribution in new:
                if aside and not isinstance(distribution, Wheel):
                    continue
                for name, now in totals.of([distribution], aside=aside).items():
                    if name not in found and (name == _BUILT or not is_build):
                        problem = _judge(update, distribution, name, now, before.get(name), old)
                        if problem is not None:
                            found[name] = problem
    yield from found.values()


def _compared(
    update: Update,
) -> Iterator[tuple[Sequence[Distribution], Sequence[Distribution], bool]]:
    """Yield the new and the old files to compare, and whether only their build is compared."""
    wheels, sdists = update.new.wheels, update.new.sdists
    if wheels:
        yield wheels, update.old.wheels or update.old.sdists, False
    if sdists and update.old.sdists:
        yield sdists, update.old.sdists, bool(wheels)


class _Total(NamedTuple):
    """A capability of several files: the numbers of its uses and of those at import, and the first place."""

    number: int
    at_import: int
    path: str
    use: Use


class _Totals:
    """The capabilities of each distribution, by the name of the capability."""

    def __init__(self, modules: Mapping[str, Capabilities]) -> None:
        self._modules = modules
        self._paths = sorted(modules)

    def of(self, distributions: Iterable[Distribution], *, aside: bool = False) -> dict[str, _Total]:
        """Return the capabilities of distributions together; their first places are at import if any is.

        ``aside``: only those of tests, examples, documentation and benchmarks, instead of all others.
        """
        found: dict[str, _Total] = {}
        for distribution in distributions:
            for name, now in self._uses_in(distribution, aside):
                before = found.get(name, now)
                first = before if before.at_import or not now.at_import else now
                number, early = (0, 0) if before is now else (before.number, before.at_import)
                found[name] = first._replace(number=number + now.number, at_import=early + now.at_import)
        return found

    def _uses_in(self, distribution: Distribution, aside: bool) -> Iterator[tuple[str, _Total]]:
        start = f"{distribution.path}/"
        for at in range(bisect_left(self._paths, start), len(self._paths)):
            path = self._paths[at]
            if not path.startswith(start):
                break
            module = self._modules[path]
            if module.aside is not aside or _AT_START in module.abilities:
                continue
            for name, ability in module.abilities.items():
                if ability.uses[0].line is not None:  # that of a native library, whose code is not read
                    yield name, _Total(ability.count, ability.at_import, path, ability.uses[0])


def _both(one: Mapping[str, _Total], other: Mapping[str, _Total]) -> dict[str, _Total]:
    """Return capabilities with others added; a place at import counts, whichever has it."""
    return {**one, **{name: each for name, each in other.items() if each.at_import or name not in one}}


def _judge(
    update: Update,
    distribution: Distribution,
    name: str,
    now: _Total,
    before: _Total | None,
    old: Iterable[Distribution],
) -> Problem | None:
    is_early = now.at_import > 0 and name in _GRAVE and not (before and before.at_import)
    if before is not None and not is_early:
        return None
    member = now.path.removeprefix(f"{distribution.path}/")
    # scikit-learn 1.7 imports a vendored module that builds its names with exec; BH101 judges hidden code.
    is_error = is_early and name != "DYNAMIC_CODE" and not any(each.unparsed for each in old)
    severity = severity_of(distribution, member, Severity.ERROR if is_error else Severity.WARNING)
    if severity is None:
        return None
    when = " when it is imported" if is_early else ""
    return Problem(
        f"{quoted(member)} is able to {WORDS.get(name, name)}{when} ({now.use.name}), "
        f"and version {old_version(update)} was not",
        Location(member, now.use.line),
        "look at the change; if it is intended, ignore the rule in this file for this release",
        severity,
        key=f"{name}{when}",
        distribution=distribution.path,
        data={"path": member, "kind": name, "call": now.use.name, "count": now.number},
    )
