"""Read the owners in the headers of a tar."""

from __future__ import annotations

from collections import Counter

from pkgaudit.api import Distribution
from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load
from pkgaudit.rules.traces.accounts import Kind, kind_of


@dataclass(frozen=True)
class Named:
    """A person as owner or group of members: role, name, number, and how many members."""

    role: str
    name: str
    number: int
    members: int


def owners_of(distribution: Distribution, allowed: tuple[str, ...] = ()) -> list[Named]:
    """Return the persons that own members, the most members first, without groups named like a user."""
    users: Counter[tuple[str, int]] = Counter()
    groups: Counter[tuple[str, int]] = Counter()
    for entry in distribution.entries:
        if entry.owner is not None:
            users[entry.owner.user, entry.owner.uid] += 1
            groups[entry.owner.group, entry.owner.gid] += 1
    found = [Named("owner", name, number, count) for (name, number), count in users.most_common()]
    found += [
        Named("group", name, number, count)
        for (name, number), count in groups.most_common()
        if all(name != each.name for each in found)  # Linux gives each user a group of the same name
    ]
    ignored = frozenset(map(str.lower, allowed)) | frozenset(load("accounts").values["groups"])
    return [each for each in found if each.name.lower() not in ignored and _is_person(each.name)]


def _is_person(name: str) -> bool:
    return kind_of(name) is Kind.PERSON
