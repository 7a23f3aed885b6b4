"""Whether what an entry point names can be there, as far as the wheel tells."""

from __future__ import annotations

from dataclasses import dataclass

from pkgaudit.api import quoted
from pkgaudit.rules._shared.entry_points import EntryPoint, Target
from pkgaudit.rules.wheel.import_names import hosts, is_standard
from pkgaudit.rules.wheel.imports import Found, Packages
from pkgaudit.rules.wheel.imports_missing import Requirements


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with a target, and whether that is certain to break what uses it."""

    what: str
    is_certain: bool
    fix: str


def judge_target(
    packages: Packages, requirements: Requirements, point: EntryPoint, target: Target
) -> Broken | None:
    """Return what is wrong with what an entry point names, None if nothing is."""
    name = target.module
    top = name.partition(".")[0]
    if top not in packages.tops:
        return _judge_foreign(packages, requirements, name)
    absent = packages.absent(name)
    if absent is not None and not target.attributes:
        # Some groups have their objects written with dots all the way.
        parent, _, last = name.rpartition(".")
        holder = packages.modules.get(parent)
        # A script needs a colon, so that a name with dots is no object there.
        if not point.is_script and holder is not None and packages.has_name(holder, last):
            return None
    if absent is not None:
        is_certain = not packages.is_shared(absent)
        return Broken(f"the module {quoted(absent)} is not in the wheel", is_certain, _fix(packages, absent))
    found = packages.modules.get(name)
    if found is None:
        return _judge_namespace(packages, requirements, name)
    if target.attributes:
        return _judge_object(packages, found, target.attributes)
    return None


def _fix(packages: Packages, absent: str) -> str:
    """Return what to do, naming a module of the same last name if there is just one."""
    last = absent.rpartition(".")[2]
    same = packages.by_last_name.get(last, [])
    # 80 is chosen: a longer name would fill the line that tells it.
    meant = f", as {same[0]!r}" if len(same) == 1 and len(same[0]) < 80 else ""
    return f"have the module packed, or name one that is{meant}"


def _judge_foreign(packages: Packages, requirements: Requirements, name: str) -> Broken | None:
    """Judge a module of which not even the top level is in the wheel: some dependency must bring it."""
    top = name.partition(".")[0]
    if requirements.is_unreadable or is_standard(top) or top in hosts() or requirements.all.provide(top):
        return None
    # With no module at all, a wheel hands on what others bring, under whatever name.
    is_certain = not requirements.names or (bool(packages.modules) and not requirements.has_relative)
    what = f"the module {quoted(name)} is neither in the wheel nor of anything that it depends on"
    meant = packages.by_folded_top.get(top.casefold())
    fix = f"spell it {meant!r}, as the wheel does" if meant else _fix(packages, name)
    return Broken(what, is_certain, fix)


def _judge_namespace(packages: Packages, requirements: Requirements, name: str) -> Broken | None:
    """Judge a module in a folder without ``__init__``, to which other projects may add."""
    if packages.has_folder(name):
        return None
    top = name.partition(".")[0]
    if requirements.names or requirements.is_unreadable or top not in packages.folders:
        return None  # a dependency may add to the namespace
    parent = name.rpartition(".")[0]
    is_known = not parent or parent in packages.folders or parent in packages.modules
    if is_known and next(packages.prefixes(name), None) is not None:
        return None
    return Broken(f"the module {quoted(name)} is not in the wheel", True, _fix(packages, name))


def _judge_object(packages: Packages, found: Found, attributes: tuple[str, ...]) -> Broken | None:
    first = attributes[0]
    if not packages.has_name(found, first):
        what = f"{quoted(found.name)} has no {quoted(first)}"
        return Broken(what, False, f"name something that {found.name[:80]!r} defines")
    if len(attributes) < 2 or found.tells is None or found.is_open:
        return None
    members = dict(found.tells.members).get(first)
    # Dunder attributes come from `object` and from the class of the class.
    if members is not None and attributes[1] not in members and not attributes[1].startswith("__"):
        what = f"the class {quoted(first)} of {quoted(found.name)} has no {quoted(attributes[1])}"
        return Broken(what, False, f"name something that {first[:80]!r} defines")
    return None
