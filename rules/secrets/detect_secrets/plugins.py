"""The plugins and filters of detect-secrets, called one by one as plain objects and functions.

This module never calls `analyze_line`, which reads global settings and may verify over the network, nor the
file scan. It is thread-safe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any

from pkgaudit.late import dataclass

PACKAGE = "detect_secrets"


@cache
def plugin(module: str, name: str) -> Any:
    """Return an instance of a plugin. Its constructor does not read settings."""
    return getattr(import_module(f"{PACKAGE}.plugins.{module}"), name)()


def plugin_classes() -> Iterator[tuple[str, Any]]:
    """Yield the module and an instance of each installed plugin, ordered by name."""
    import inspect
    import pkgutil

    base = import_module(f"{PACKAGE}.plugins.base").BasePlugin
    for found in pkgutil.iter_modules(import_module(f"{PACKAGE}.plugins").__path__):
        module = import_module(f"{PACKAGE}.plugins.{found.name}")
        for name, each in vars(module).items():
            mine = inspect.isclass(each) and each.__module__ == module.__name__
            if mine and issubclass(each, base) and isinstance(each.secret_type, str):
                yield found.name, plugin(found.name, name)


def keyword_expressions(module: str, made: Any) -> dict[Any, tuple[re.Pattern[str], ...]] | None:
    """Return a plugin's expressions by file type (None: all other types), None if it has no file types."""
    known = getattr(import_module(f"{PACKAGE}.plugins.{module}"), "REGEX_BY_FILETYPE", None)
    if known is None or hasattr(made, "denylist"):
        return None
    default = import_module(f"{PACKAGE}.plugins.{module}").QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP
    return {None: tuple(default)} | {kind: tuple(groups) for kind, groups in known.items()}


def suffixes() -> dict[str, Any]:
    """Return the file types of detect-secrets by suffix."""
    determine = import_module(f"{PACKAGE}.util.filetype").determine_file_type
    found = {text: determine(f"x{text}") for text in sorted(_texts(determine.__code__)) if text[:1] == "."}
    return {suffix: kind for suffix, kind in found.items() if kind.name != "OTHER"}


def _texts(held: Any) -> Iterator[str]:
    """Yield the strings among the constants of a function."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, CodeType | tuple | frozenset):
        for each in held.co_consts if isinstance(held, CodeType) else held:
            yield from _texts(each)


@dataclass(frozen=True)
class Filters:
    """The filters of detect-secrets for values, and the expression that its other filters need."""

    of_values: tuple[Callable[[str], bool], ...]
    identifier: re.Pattern[str]

    def reject(self, value: str) -> bool:
        """Return whether a filter says that the value is not a secret."""
        return any(says_no(value) for says_no in self.of_values)


# The default filters of detect-secrets for values. Its filters for lines and files are done here or left out
# on purpose, because they hide arguments of calls and whole files (see docs/secrets.md).
_VALUE_FILTERS = (
    "is_sequential_string",
    "is_potential_uuid",
    "is_templated_secret",
    "is_prefixed_with_dollar_sign",
    "is_not_alphanumeric_string",
)


@cache
def filters() -> Filters:
    """Return the filters."""
    heuristic = import_module(f"{PACKAGE}.filters.heuristic")
    of_values = tuple(getattr(heuristic, name) for name in _VALUE_FILTERS)
    return Filters(of_values, heuristic._get_id_detector_regex())


_INDIRECT = re.compile(r"(?::=?|[!=]{1,3})\s*[\w.-]+[\[(][^\v]*[\])]")
_LONGEST_INDIRECT = 1000  # the limit of detect-secrets: another limit would change the findings


def is_indirect_reference(line: str) -> bool:
    """Return whether a line assigns or compares the result of a call or a subscription.

    The filter with this name has an expression that begins with optional parts. This one omits them, matches
    the same lines, and is not cubic in the number of spaces.
    """
    return len(line) <= _LONGEST_INDIRECT and _INDIRECT.search(line) is not None


@dataclass(frozen=True)
class Value:
    """A value that a plugin reports, and the position of the value, or of the whole token, in the text."""

    text: str
    start: int
    end: int


def values(made: Any, text: str, groups: Mapping[re.Pattern[str], int] | None) -> Iterator[Value]:
    """Yield the values of a plugin in a line. ``groups``: its expressions, if they depend on the file."""
    if groups is not None:
        for found in dict.fromkeys(made.analyze_string(text, groups)):
            for regex, group in groups.items():
                match = regex.search(text)
                if match is not None and match[group] == found:
                    yield Value(found, *match.span(group))
                    break
    elif hasattr(made, "entropy_limit"):
        yield from _random(made, text)
    else:
        found = dict.fromkeys(made.analyze_string(text))
        placed = set()
        for regex in getattr(made, "denylist", ()) if found else ():
            for match in regex.finditer(text):
                for group in range(1, regex.groups + 1) if regex.groups else (0,):
                    if match[group] is not None and match[group] in found:
                        placed.add(match[group])
                        yield Value(match[group], *_whole(match, group))
        for each in found:
            if each not in placed:  # a plugin may find more than its expressions match
                start = max(0, text.find(each))
                yield Value(each, start, min(len(text), start + len(each)))


def _random(made: Any, text: str) -> Iterator[Value]:
    seen: dict[str, bool] = {}
    distinct = 2**made.entropy_limit
    for match in made.regex.finditer(text):
        value = match[2]
        if value not in seen:
            # Fewer symbols cannot have enough entropy; this check avoids most of the computation.
            enough = len(set(value)) > distinct
            seen[value] = enough and made.calculate_shannon_entropy(value) > made.entropy_limit
        if seen[value]:
            yield Value(value, *match.span(2))


def _whole(match: re.Match[str], group: int) -> tuple[int, int]:
    """Return the span of a token: the whole match if the group is only the beginning of the token."""
    start, end = match.span(group)
    runs_on = end < match.end() and (match.string[end].isalnum() or match.string[end] in "_-")
    return match.span() if runs_on else (start, end)


@cache
def keyword_groups(module: str, suffix: str) -> Mapping[re.Pattern[str], int]:
    """Return the expressions of the keyword plugin with their groups, for files with a suffix."""
    known = import_module(f"{PACKAGE}.plugins.{module}")
    kind = suffixes().get(suffix)
    found: Mapping[re.Pattern[str], int] = known.REGEX_BY_FILETYPE.get(
        kind, known.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP
    )
    return found
