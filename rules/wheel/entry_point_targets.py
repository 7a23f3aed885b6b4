"""Checks whether the target of an entry point can exist, judged from the wheel."""

from __future__ import annotations

from pkgaudit.api import quoted
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.entry_points import EntryPoint, Target
from pkgaudit.rules._shared.import_names import hosts, is_same_name, is_standard
from pkgaudit.rules.wheel.imports import Found, Packages
from pkgaudit.rules.wheel.imports_missing import Requirements


@dataclass(frozen=True)
class Broken:
    """The fault of a target, whether the fault certainly breaks its users, and the remedy.

    ``lost`` is the path in the wheel of a missing module, without a suffix.
    """

    what: str
    is_certain: bool
    fix: str
    lost: str | None = None


def judge_target(
    packages: Packages, requirements: Requirements, point: EntryPoint, target: Target
) -> Broken | None:
    """Return the fault of the target of an entry point, or None."""
    name = target.module
    top = name.partition(".")[0]
    if top not in packages.tops:
        return _judge_foreign(packages, requirements, name)
    absent = packages.absent(name)
    if absent is not None and not target.attributes:
        # Some groups write their objects with dots only.
        parent, _, last = name.rpartition(".")
        holder = packages.modules.get(parent)
        # A script needs a colon, so a name with dots cannot be an object there.
        if not point.is_script and holder is not None and packages.has_name(holder, last):
            return None
    if absent is not None:
        is_certain = not packages.is_shared(absent)
        what = f"the module {quoted(absent)} is not in the wheel"
        return Broken(what, is_certain, _fix(packages, absent), absent.replace(".", "/"))
    found = packages.modules.get(name)
    if found is None:
        return _judge_namespace(packages, requirements, name)
    if target.attributes:
        return _judge_object(packages, found, target.attributes)
    return None


def _fix(packages: Packages, absent: str) -> str:
    """Return the remedy; it proposes a module with the same last name if the wheel has exactly one."""
    last = absent.rpartition(".")[2]
    same = packages.by_last_name.get(last, [])
    # 80 is chosen: a longer name would fill the line.
    meant = f", such as {same[0]!r}" if len(same) == 1 and len(same[0]) < 80 else ""
    return f"include the module in the wheel, or name an included module{meant}"


def _judge_foreign(packages: Packages, requirements: Requirements, name: str) -> Broken | None:
    """Judge a module whose top level is not in the wheel, so a dependency must provide it."""
    top = name.partition(".")[0]
    if requirements.is_unreadable or is_standard(top) or top in hosts() or requirements.all.provide(top):
        return None
    # A wheel without modules exposes the modules of its dependencies, which may have any name.
    is_certain = not requirements.names or (bool(packages.modules) and not requirements.has_relative)
    what = f"the module {quoted(name)} is neither in the wheel nor in a dependency"
    meant = packages.by_folded_top.get(top.casefold())
    fix = f"spell the module {meant!r}, as in the wheel" if meant else _fix(packages, name)
    return Broken(what, is_certain, fix, None if meant else name.replace(".", "/"))


def _judge_namespace(packages: Packages, requirements: Requirements, name: str) -> Broken | None:
    """Judge a module in a folder without ``__init__``, to which other projects may add modules."""
    if packages.has_folder(name):
        return None
    top = name.partition(".")[0]
    # Only dependencies with a similar name add to a package of the project's own name.
    may_add = requirements.has_relative or requirements.all.provide(top)
    is_own = is_same_name(packages.project, top) and not may_add
    is_shared = bool(requirements.names) and not is_own
    if is_shared or requirements.is_unreadable or top not in packages.folders:
        return None
    parent = name.rpartition(".")[0]
    is_known = not parent or parent in packages.folders or parent in packages.modules
    if is_known and packages.prefixes(name):
        return None
    what = f"the module {quoted(name)} is not in the wheel"
    return Broken(what, True, _fix(packages, name), name.replace(".", "/"))


def _judge_object(packages: Packages, found: Found, attributes: tuple[str, ...]) -> Broken | None:
    first = attributes[0]
    if not packages.has_name(found, first):
        what = f"{quoted(found.name)} has no {quoted(first)}"
        return Broken(what, False, f"name an object that {found.name[:80]!r} defines")
    if len(attributes) < 2 or found.summary is None or found.is_open:
        return None
    members = dict(found.summary.members).get(first)
    # Dunder attributes come from `object` and from the class of the class.
    if members is None or attributes[1] in members or attributes[1].startswith("__"):
        return None
    # A module may add the attribute to the class later, as in `App.run = run`.
    if packages.given.isdisjoint((attributes[1], "*")):
        what = f"the class {quoted(first)} of {quoted(found.name)} has no {quoted(attributes[1])}"
        return Broken(what, False, f"name an attribute that {first[:80]!r} defines")
    return None
