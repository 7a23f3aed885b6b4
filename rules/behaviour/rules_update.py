"""BH106: what a release is able to do, and the one before was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pkgaudit.api import Distribution, Location, Problem, Severity, Summaries, Update, quoted, rule
from pkgaudit.model.capabilities import WORDS, Capabilities, Total, total
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
    before, this is an error. Moved and renamed modules change nothing. Files of tests, examples,
    documentation and benchmarks do not count, nor do files that run at every start of Python, which RL110
    reports, nor native code, which is not read.

    Wheels are compared with wheels, or with the sdist if the release before has none. An sdist beside wheels
    is only compared in what its build does. If the running Python cannot read all modules of the release
    before, no finding is an error.

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
    for new, old, is_build in _compared(update):
        before = _totals(old, modules)
        for distribution in new:
            for name, now in _totals([distribution], modules).items():
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


def _totals(distributions: Iterable[Distribution], modules: Mapping[str, Capabilities]) -> dict[str, Total]:
    starts = tuple(f"{each.path}/" for each in distributions)
    return total(
        {
            path: each
            for path, each in modules.items()
            if path.startswith(starts) and _AT_START not in each.abilities and _has_lines(each)
        }
    )


def _has_lines(module: Capabilities) -> bool:
    """Return whether the code of a module was read; that of a native library is not."""
    return any(use.line is not None for each in module.abilities.values() for use in each.uses)


def _judge(
    update: Update,
    distribution: Distribution,
    name: str,
    now: Total,
    before: Total | None,
    old: Iterable[Distribution],
) -> Problem | None:
    is_early = now.at_import > 0 and name in _GRAVE and not (before and before.at_import)
    if before is not None and not is_early:
        return None
    place = now.places[0]
    member = place.member.removeprefix(f"{distribution.path}/")
    is_error = is_early and not any(each.unparsed for each in old)
    severity = severity_of(distribution, member, Severity.ERROR if is_error else Severity.WARNING)
    if severity is None:
        return None
    when = " when it is imported" if is_early else ""
    return Problem(
        f"{quoted(member)} is able to {WORDS.get(name, name)}{when} ({place.use.name}), "
        f"and version {old_version(update)} was not",
        Location(member, place.use.line),
        "look at the change; if it is intended, ignore the rule for this release",
        severity,
        key=f"{name}{when}",
        distribution=distribution.path,
        data={"path": member, "kind": name, "call": place.use.name, "count": now.count},
    )
