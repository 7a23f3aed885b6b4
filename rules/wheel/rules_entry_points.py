"""WH122, WH123: the entry points of a wheel and the commands that they make."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Exclude,
    Location,
    Problem,
    SetField,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
)
from pkgaudit.rules._shared.entry_points import EntryPoint
from pkgaudit.rules.wheel.entry_point_targets import judge_target
from pkgaudit.rules.wheel.imports import Packages, is_aside, packages_of
from pkgaudit.rules.wheel.imports_missing import Requirements, requirements_of
from pkgaudit.rules.wheel.known_commands import commands_of, shadowed
from pkgaudit.rules.wheel.modules import Module

_SHOWN = 8
"""So many findings are told one by one: chosen, what fits on a screen."""

_MOST = 5_000
"""Entry points that are looked at; a plug-in collection has a few hundred. A finding says so of more."""


@rule("WH122", "broken-entry-point", Severity.ERROR, since="0.1.0")
def broken_entry_point(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """An entry point names a module or an object that is not there.

    The module of `name = module:object` must be in the wheel, or come from a dependency (extras
    count) or from the standard library. The object must be something that the module can have: a name that
    it defines, imports or takes over by `import *`. Modules that are compiled, or that compute their
    names, can have any.

    ## Why it matters
    The command is installed and ends in a `ModuleNotFoundError` or an `ImportError` whenever it is
    run. A plug-in breaks the program that loads it, or is silently left out.

    It is an error for commands whose module is not there, or whose value installers refuse; a warning for
    plug-ins, for objects, and where a dependency might bring the module under a name of its own.

    ## How to fix it
    Correct the entry point, or have the module packed that it names.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/#data-model>
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#entry-points>
    """
    if not wheel.is_readable or wheel.unread or wheel.metadata is None or wheel.metadata.is_cut:
        return
    packages = packages_of(wheel, modules)
    points = packages.entry_points
    if points.faults:
        return
    requirements: Requirements | None = None
    problems: list[Problem] = []
    for number, point in enumerate(points.points()):
        # The options of [DEFAULT] belong to all groups for configparser, and to none for the specification.
        if point.group == "DEFAULT":
            break
        if number >= _MOST:
            yield _too_many(point.line, wheel)
            break
        requirements = requirements or requirements_of(wheel)
        problem = _judge(packages, requirements, point)
        if problem is not None:
            problems.append(problem)
    problems.sort(key=lambda each: -(each.severity or Severity.ERROR))
    yield from problems[:_SHOWN]
    if len(problems) > _SHOWN:
        rest = problems[_SHOWN:]
        message = f"{counted(len(rest), 'more entry point')} of these name what is not there"
        yield Problem(
            message,
            Location(rest[0].location.member),
            severity=rest[0].severity,
            key="more",
            data={"count": len(rest), "names": [str(each.data["name"]) for each in rest]},
        )


def _judge(packages: Packages, requirements: Requirements, point: EntryPoint) -> Problem | None:
    place = Location(f"{packages.wheel.dist_info}/entry_points.txt", point.line)
    what = {"console_scripts": "the console script", "gui_scripts": "the gui script"}.get(
        point.group, f"the entry point of {quoted(point.group)}"
    )
    said = f"{what} {quoted(point.name)} is {quoted(point.value)}"
    target = point.target
    key = f"{point.group}:{point.name}"
    data = {"group": point.group, "name": point.name, "target": point.value}
    # Installers write `from module import function` into the script: a module alone is not enough.
    if point.is_script and (target is None or not target.attributes):
        fix = SetField("Entry-Point", "write 'module:function'", point.group)
        message = f"{said}, which is no 'module:function'; installers refuse it or make a command that fails"
        return Problem(message, place, fix, key=key, data=data)
    if target is None or (not point.is_script and is_aside(target.module)):
        return None  # groups may give their values another meaning; tests of plug-ins need broken ones
    broken = judge_target(packages, requirements, point, target)
    if broken is None:
        return None
    # A plug-in that cannot be loaded is mostly left out by the program that loads it.
    severity = Severity.ERROR if broken.is_certain and point.is_script else Severity.WARNING
    fix = SetField("Entry-Point", broken.fix, point.group)
    return Problem(f"{said}, but {broken.what}", place, fix, severity, key=key, data=data)


def _too_many(line: int | None, wheel: Wheel) -> Problem:
    """Return a problem that says that further entry points were not looked at."""
    return Problem(
        f"there are more than {_MOST:,} entry points or commands; the others were not looked at",
        Location(f"{wheel.dist_info}/entry_points.txt", line),
        severity=Severity.WARNING,
        key="too many",
        data={"limit": _MOST},
    )


@rule("WH123", "entry-point-shadows-command", Severity.WARNING, since="0.1.0")
def entry_point_shadows_command(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """A command of the wheel has the name of an interpreter, an installer, a shell or a tool of the system.

    Projects that own the command, as pip owns `pip`, are left aside.

    ## Why it matters
    The folder of an environment's commands comes first in `PATH`. From then on everybody who types the
    name, and every script that runs it, gets this command: what was meant as a convenience breaks
    builds, and attackers use it to have their code run.

    ## How to fix it
    Give the command another name.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts>
    - <https://docs.python.org/3/library/venv.html#how-venvs-work>
    """
    if not wheel.is_readable:
        return
    points = packages_of(wheel, modules).entry_points
    for number, command in enumerate(commands_of(wheel, points)):
        if number >= _MOST:
            yield _too_many(command.place.line, wheel)
            return
        word = shadowed(command.name, wheel.project)
        if word is None:
            continue
        remedy: SetField | Exclude
        if command.group:
            remedy = SetField("Entry-Point", "give the command another name", command.group)
        else:
            remedy = Exclude(command.place.member or "", "give it another name")
        yield Problem(
            f"the command {quoted(command.name)} stands in for {quoted(word)} of the system wherever it is "
            "installed",
            command.place,
            remedy,
            key=command.name,
            data={"name": command.name, "command": word},
        )
