"""Names that resemble the name of a much used project, or that are confused with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import permutations
from typing import NamedTuple

from pkgaudit.api import quoted
from pkgaudit.rules.data.loader import load, reserved_names

_SHORTEST = 6
"""The fewest letters of a name that a mistyped name may mean. Chosen: shorter ones resemble others by chance.
Of 2,131 names that real wheels require and 5,000 random names of projects, seven resemble a longer one."""

_LONGEST = 60
"""The most letters of a name that is compared. Chosen: no much used project has more; it bounds the time."""

_MOST_WORDS = 4
"""The most words of a name whose order is tried. Chosen: 24 orders; it bounds the time."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
"""The characters of normalized names."""

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
"""The keys of a keyboard with the layout QWERTY."""

_AFFIXES = (("python-", ""), ("py-", ""), ("", "-python"), ("", "s"))
"""What people add to the name of a project, or forget, in front or at the end."""


class Meaning(NamedTuple):
    """The projects that a name probably means, and the reason, which follows the name in a sentence."""

    names: tuple[str, ...]
    reason: str


_REASONS = {
    "absent": "names a module of {}; PyPI has no project of this name",
    "dummies": "names a placeholder or an alias of {}",
    "others": "names another project than {}, with which it is often confused",
}
"""The reasons for the groups of ``confused_names.json``, with the first project that is probably meant."""

_UNKNOWN = "names an unknown project, and resembles {}"


# The wheels of a release have the same dependencies.
@lru_cache(maxsize=1024)
def meaning(name: str) -> Meaning | None:
    """Return the meaning of a normalized name, None if nothing suggests that the name is wrong."""
    if name == "python" or name in reserved_names():
        return None  # MD218 and DP110 report them
    for group, names in _confused().items():
        if name in names:
            return _meaning(names[name].split(), _REASONS[group])
    if len(name) > _LONGEST or name in _most_downloaded() or name in _others():
        return None
    close = sorted(_targets().intersection(_one_step(name)))
    return _meaning(close, _UNKNOWN) if close else None


def _meaning(names: list[str], reason: str) -> Meaning:
    return Meaning(tuple(names), reason.format(quoted(names[0])))


def _confused() -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = load("confused_names").values
    return groups


@cache
def _most_downloaded() -> frozenset[str]:
    return _names("most_downloaded")


@cache
def _targets() -> frozenset[str]:
    wrong = {name for names in _confused().values() for name in names}
    return frozenset(each for each in _most_downloaded() if len(each) >= _SHORTEST and each not in wrong)


@cache
def _others() -> frozenset[str]:
    return _names("others")


def _names(key: str) -> frozenset[str]:
    return frozenset(" ".join(load("known_names").values[key]).split())


@cache
def _neighbors() -> dict[str, str]:
    """Return the keys beside and above or below each key."""
    found: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        around = _ROWS[max(0, number - 1) : number + 2]
        for at, key in enumerate(row):
            # The rows are shifted by half a key, so a key touches two keys of the next row.
            near = {other[i] for other in around for i in (at - 1, at, at + 1) if 0 <= i < len(other)}
            found[key] = "".join(sorted(near - {key}))
    return found


def _one_step(name: str) -> Iterator[str]:
    """Yield the names that are one step from a name, such as a letter that is repeated or left out."""
    for at, letter in enumerate(name):
        if name[at - 1 : at] == letter:
            yield name[:at] + name[at + 1 :]
        if at:
            yield name[: at - 1] + letter + name[at - 1] + name[at + 1 :]
        for other in _neighbors().get(letter, ""):
            yield name[:at] + other + name[at + 1 :]
    for at in range(len(name) + 1):
        for letter in _LETTERS:
            yield name[:at] + letter + name[at:]
    yield name.replace("-", "")
    words = name.split("-")
    if 1 < len(words) <= _MOST_WORDS:
        yield from map("-".join, permutations(words))
    for start, end in _AFFIXES:
        yield start + name + end
        if name.startswith(start) and name.endswith(end):
            yield name[len(start) : len(name) - len(end)]
