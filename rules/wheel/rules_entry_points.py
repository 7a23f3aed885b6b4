"""WH122, WH123, WH126, WH127: the entry points of a wheel, and their commands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

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
from pkgaudit.rules._shared.entry_points import SCRIPTS, EntryPoint
from pkgaudit.rules._shared.installer_words import harm, reaction
from pkgaudit.rules._shared.platform_tags import is_one_system
from pkgaudit.rules._shared.wheel_tags import wheel_tags
from pkgaudit.rules.wheel.command_forms import Unread, unread_files, unread_groups, unusual_form
from pkgaudit.rules.wheel.entry_point_targets import judge_target
from pkgaudit.rules.wheel.imports import Packages, is_aside, packages_of
from pkgaudit.rules.wheel.imports_missing import Requirements, requirements_of
from pkgaudit.rules.wheel.install_targets import doubled, files_like_folders, same_but_for_case
from pkgaudit.rules.wheel.known_commands import commands_of, shadowed
from pkgaudit.rules.wheel.modules import Module
from pkgaudit.rules.wheel.startup_files import StartFile, adds_folders

_SHOWN = 8
"""Findings that are reported one by one. Chosen: as many as fit on a screen."""

_MOST = 5_000
"""Entry points that are checked; a plug-in collection has a few hundred. A finding reports more."""


@rule("WH122", "broken-entry-point", Severity.ERROR, since="0.1.0")
def broken_entry_point(
    wheel: Wheel, modules: Summaries[Module], starts: Summaries[StartFile]
) -> Iterator[Problem]:
    """An entry point names a module or an object that does not exist.

    The module of `name = module:object` must be in the wheel, in a dependency (extras count) or in the
    standard library. If a `.pth` file of the wheel adds folders to the import path, the module may be in any
    folder. The module must define the object, import it, or get it by `import *`. A module that
    is compiled or that computes its names may have any object.

    A command is an error if its module is missing, or if installers reject its value; pip, for example,
    rejects spaces around the colon, and a hyphen in any extra but the first. Plug-ins and missing objects are
    warnings, and so are modules that a dependency with a different name might provide.

    ## Why it matters
    The command is installed, but fails with a `ModuleNotFoundError` or an `ImportError` at every run. A
    plug-in breaks the program that loads it, or is silently skipped.

    ## How to fix it
    Correct the entry point, or include the module in the wheel. If the sdist of the release contains the
    module, the remedy is to pack it.

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
    adds = adds_folders(wheel, starts)
    for number, point in enumerate(points.points()):
        # configparser adds the options of [DEFAULT] to all groups; the specification does not.
        if point.group == "DEFAULT":
            break
        if number >= _MOST:
            yield _too_many(point.line, wheel)
            break
        requirements = requirements or requirements_of(wheel)
        problem = _judge(packages, requirements, point, adds)
        if problem is not None:
            problems.append(problem)
    problems.sort(key=lambda each: -(each.severity or Severity.ERROR))
    yield from problems[:_SHOWN]
    if len(problems) > _SHOWN:
        rest = problems[_SHOWN:]
        verb = "has" if len(rest) == 1 else "have"
        yield Problem(
            f"{counted(len(rest), 'more entry point')} {verb} faults like these",
            Location(rest[0].location.member),
            severity=rest[0].severity,
            key="more",
            data={"count": len(rest), "names": [str(each.data["name"]) for each in rest]},
        )


def _judge(packages: Packages, requirements: Requirements, point: EntryPoint, adds: bool) -> Problem | None:
    """Return the problem of an entry point; ``adds``: all folders of the wheel may be on the import path."""
    place = Location(f"{packages.wheel.dist_info}/entry_points.txt", point.line)
    what = {"console_scripts": "the console script", "gui_scripts": "the gui script"}.get(
        point.group, f"the {quoted(point.group)} entry point"
    )
    said = f"{what} {quoted(point.name)} refers to {quoted(point.value)}"
    target = point.target
    key = f"{point.group}:{point.name}"
    data = {"group": point.group, "name": point.name, "target": point.value}
    form = unusual_form(point) if point.is_script else None
    if form is not None:
        fix = SetField("Entry-Point", form.fix, point.group)
        return Problem(f"{said}{form.fault}; {form.effect}", place, fix, key=key, data=data)
    if target is None or (not point.is_script and is_aside(target.module)):
        return None  # other groups may define values differently, and plug-in tests need broken ones
    if adds and target.module.partition(".")[0] in packages.stems:
        return None
    broken = judge_target(packages, requirements, point, target)
    if broken is None:
        return None
    # Most programs skip a plug-in that cannot be loaded.
    severity = Severity.ERROR if broken.is_certain and point.is_script else Severity.WARNING
    fix = SetField("Entry-Point", broken.fix, point.group, broken.lost)
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
    """A command of the wheel has the name of an interpreter, an installer, a shell or another system tool.

    The rule does not report projects that own the command, as pip owns `pip`.

    ## Why it matters
    The command folder of an environment comes first in `PATH`. After the installation, everybody who
    types the name, and every script that runs it, gets this command. Such a command breaks builds, and
    attackers use the same trick to run their code.

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
            f"the command {quoted(command.name)} shadows the system command {quoted(word)} wherever the "
            "wheel is installed",
            command.place,
            remedy,
            key=command.name,
            data={"name": command.name, "command": word},
        )


@rule("WH126", "unread-entry-points", Severity.WARNING, since="0.1.0")
def unread_entry_points(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """Entry points are in a group or a file with a misspelled name, which no program reads.

    The rule reports names that resemble `console_scripts` or `gui_scripts` (`Console_Scripts`,
    `console-scripts`, `consolescripts`, `console_script`, `consolle_scripts`), the names of tables of
    `pyproject.toml` (`project.scripts`), spaces inside the brackets of any group (`[ console_scripts ]`), and
    files such as `Entry_Points.txt`, `entry-points.txt` and `entry_points.text`. A group `scripts` is
    reported at info level if the wheel has no commands, because another program may look for plug-ins there.

    ## Why it matters
    Programs compare these names exactly. The installation succeeds, but creates no command, and programs do
    not find the plug-in.

    ## How to fix it
    Declare commands in `[project.scripts]` and `[project.gui-scripts]`, plug-ins in
    `[project.entry-points.GROUP]`, and let the build backend write `entry_points.txt`.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/#file-format>
    - <https://packaging.python.org/en/latest/specifications/pyproject-toml/#entry-points>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    for found in unread_files(wheel):
        effect = reaction("command-file-in-other-case", without="its entry points")
        yield _unread(found, f"{quoted(found.path)} is not called {found.expected!r}; {effect}")
    for found in list(unread_groups(wheel, packages_of(wheel, modules).entry_points))[:_SHOWN]:
        if found.is_vague:
            says = f"installers create no commands from the group {quoted(found.name)}, but from"
            yield _unread(found, f"{says} {quoted(found.expected)}", Severity.INFO)
            continue
        effect = "programs do not find its entry points"
        if found.expected in SCRIPTS:
            effect = reaction("command-group-with-spaces", without="its commands")
        yield _unread(found, f"the group {quoted(found.name)} is not {quoted(found.expected)}; {effect}")


def _unread(found: Unread, message: str, severity: Severity | None = None) -> Problem:
    fix = f"let the build backend write entry_points.txt, with the name {quoted(found.expected)}"
    if found.expected in SCRIPTS:
        # Build backends reject the right name as a group of plug-ins in pyproject.toml.
        key = f"project.{found.expected.removeprefix('console_').replace('_', '-')}"
        fix = f"declare the commands in `{key}` of pyproject.toml, "
        fix += f"or as {quoted(found.expected)} in setup.cfg or setup.py"
    return Problem(
        message,
        Location(found.path, found.line),
        fix,
        severity,
        key=found.name[:200],
        data={"name": found.name, "expected": found.expected},
    )


@rule("WH127", "conflicting-targets", Severity.ERROR, since="0.1.0")
def conflicting_targets(wheel: Wheel, modules: Summaries[Module]) -> Iterator[Problem]:
    """The wheel installs two files, or a file and a command, to the same place.

    Examples are a script in `.data/scripts` with the name of an entry point, a command that is both in
    `console_scripts` and in `gui_scripts`, and a module that is also in `.data/purelib`. The rule also
    reports a file at the place where another file needs a folder, unless AR206 does. Commands whose names
    differ only in case are a warning, unless the wheel is only for Linux or Android. AR103 reports two
    members with the same path, and AR201 paths that differ only in case.

    ## Why it matters
    Some installers keep the first file, and others the second. Some stop after they have installed a part
    of the files. On Windows and macOS, commands whose names differ only in case are one file.

    ## How to fix it
    Remove one of the two: usually the entry point replaces an old script, which is still listed in
    `scripts` or `script-files` of the build settings.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory>
    - <https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts>
    """
    if not wheel.is_readable or wheel.dist_info is None:
        return
    points = packages_of(wheel, modules).entry_points
    tags = wheel_tags(wheel)
    problems = [
        Problem(
            f"{pair.second.what} is installed to the same place as {pair.first.what}; "
            f"{reaction(pair.outcome)}",
            pair.second.place,
            "remove one of the two",
            harm(pair.outcome),
            key=pair.key,
            data={"names": [pair.first.name, pair.second.name]},
        )
        for pair in islice(doubled(wheel, points), _MOST)
    ]
    problems += [
        Problem(
            f"{pair.second.what} needs a folder where {pair.first.what} is installed; "
            f"{reaction(pair.outcome, without='one of them')}",
            pair.second.place,
            "rename or remove one of the two",
            harm(pair.outcome),
            key=f"folder {pair.key}",
            data={"names": [pair.first.name, pair.second.name]},
        )
        for pair in islice(files_like_folders(wheel, points), _MOST)
    ]
    if tags is None or not is_one_system(tags.platforms):
        problems += [
            Problem(
                f"{second.what} differs only in case from {first.what}: on Windows and macOS, one command "
                "overwrites the other",
                second.place,
                "rename or remove one of the two",
                Severity.WARNING,
                key=f"case {second.name}",
                data={"names": [first.name, second.name]},
            )
            for first, second in islice(same_but_for_case(wheel, points), _MOST)
        ]
    yield from problems[:_SHOWN]
    if len(problems) > _SHOWN:
        rest = problems[_SHOWN:]
        yield Problem(
            f"{counted(len(rest), 'more pair')} of files or commands conflict like these",
            rest[0].location,
            "treat them like the others",
            rest[0].severity,
            key="more",
            data={"count": len(rest)},
        )
