"""The second layer: the plugins and filters of detect-secrets, on the lines that can match.

`second_layer` is the entry point. At the level ``thorough``, it finds the same values as detect-secrets' own
scan of a file with all plugins, except for some filters that hide secrets or hang: files are not skipped by
name or encoding, `is_indirect_reference` does not silence the plugins for tokens (a token in the arguments of
a call is a token), and the caller handles pragmas.

Limits: lines of more than `LONG` bytes are read in windows around the places where a plugin may match, so a
match must be within `REACH` of these places; no match extends over 256 blanks. A file of more than `LARGEST`
bytes, or one on which the parsers of detect-secrets would take too long, is not rewritten as configuration,
and a file has at most `MOST_HITS` hits; such a limit is named in the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field
from functools import cache, cached_property
from typing import Any

import pkgaudit.rules.secrets.detect_secrets.plugins as detect
import pkgaudit.rules.secrets.detect_secrets.transform as transform
from pkgaudit.late import dataclass
from pkgaudit.rules.secrets.detect_secrets.lines import Line, lines_of
from pkgaudit.rules.secrets.detect_secrets.prefilter import LONG, Scan, admits, scan_for
from pkgaudit.rules.secrets.detect_secrets.table import Gate, suffix_of, table

PROVIDERS = frozenset(
    f"{name}Detector"
    for name in (
        "Artifactory",
        "AWSKey",
        "AzureStorageKey",
        "BasicAuth",
        "DiscordBotToken",
        "GitHubToken",
        "GitLabToken",
        "JwtToken",
        "Mailchimp",
        "Npm",
        "OpenAI",
        "PrivateKey",
        "PypiToken",
        "SendGrid",
        "Slack",
        "SquareOAuth",
        "Stripe",
    )
)
"""The plugins that search for provider tokens and find little else; the level ``default`` uses them."""

MOST_HITS = 10_000
"""How many hits are returned per file."""

_MOST_ERRORS = 10
"""Failures that are kept per file: one is reported, but a broken plugin fails at each line."""

_MOST_WORK = 200_000_000
"""Characters that are searched for values, in all lines of a file together: a bound on hostile files."""

_SHORTEST = 12  # chosen: the length of a name, a sign and a password of eight characters
_NEXT = 400  # chosen: a password is close to its name
_MOST_AGAIN = 400_000
"""Limits for more passwords in a line: the minimum length of the rest, how much of it the plugin gets for the
next password, and how many characters it gets in total per file."""


_CALL, _BYTES_PER_STEP = 5, 20
"""Steps for a call of a plugin with its filters, and bytes of configuration that are rewritten in a step."""


@dataclass(frozen=True)
class Hit:
    """A value that a plugin found: ``plugin`` is its class, ``kind`` the plugin's name for the kind.

    ``value`` is the value that the plugin reports. ``start`` and ``end`` are byte offsets in the file: of the
    value, or of the whole token if the plugin only reports its first letters (GitHub, GitLab). Both are -1 if
    detect-secrets rewrote the line and the original line does not contain the value. ``line`` counts from 1,
    with the line ends of Python's text files.
    """

    plugin: str
    kind: str
    value: str = field(repr=False)
    line: int
    start: int
    end: int


NOT_REWRITTEN = (
    "detect-secrets read it only as plain text, because it is too large or complex for its parsers"
)
TOO_MANY_HITS = (
    f"plugins of detect-secrets have more than {MOST_HITS:,} hits in it; the others were not judged"
)
LONG_LINES = "it has long lines with so many passwords that detect-secrets did not look for all of them"
"""The limits, as clauses on a file."""


class PluginError(Exception):
    """A plugin or a filter of detect-secrets failed. The message has its name, the place and the error."""


Skip = Callable[[int, int], bool]
Spend = Callable[[int], bool]


def second_layer(
    data: bytes,
    name: str,
    *,
    level: str = "default",
    configuration: bool = False,
    random: bool = True,
    encoding: str = "utf-8",
    skip: Skip | None = None,
    without: Collection[str] = (),
    spend: Spend = lambda steps: True,
) -> tuple[list[Hit], list[Exception], list[str]]:
    """Return the hits of the plugins in a text, the errors, and the limits that were reached.

    ``data`` is the text in ``encoding``, UTF-8 or Latin-1; ``name`` the file's name or path. At the level
    ``default``, passwords are searched if ``configuration`` is true: the file is configuration, not a test.
    Random strings are searched if ``random`` is true too. ``skip`` returns whether a part of a byte range is
    claimed: candidates that end there are ignored. ``without`` lists plugins that are not called for lines;
    detect-secrets is imported only if another plugin has a candidate. ``spend`` counts steps, and returns
    whether they may be made.
    """
    look = _Look(data, name, encoding, skip, without, spend)
    try:
        _take(look, level == "thorough", configuration, random)
    # detect-secrets gets hostile texts, and some texts are known to make it fail.
    except Exception as error:
        look.errors.append(PluginError(f"detect-secrets raised {type(error).__name__} on {name}"))
    return look.hits, look.errors, list(look.limits)


def _take(look: _Look, thorough: bool, configuration: bool, random: bool) -> None:
    rewritten = False
    if thorough:
        rewritten = look.as_scanned((_RANDOM, _KEYWORD, _TOKENS, _OTHERS))
    elif configuration:
        look.as_settings(random)
    if rewritten or not thorough:
        # A rewritten file has no comments, but a token in a comment is a token too.
        look.at_lines((_TOKENS,))


_TOKENS, _OTHERS, _RANDOM, _KEYWORD = "tokens", "others", "random", "keyword"


def _part_of(gate: Gate) -> str:
    if gate.family:
        return _KEYWORD
    if gate.distinct:
        return _RANDOM
    return _TOKENS if gate.plugin in PROVIDERS else _OTHERS


@cache
def _scan(part: str, family: str) -> tuple[tuple[Gate, ...], Scan]:
    """Return the gates of a group of plugins, for a family of files, and the scan for them."""
    gates = tuple(gate for gate in table().gates if _part_of(gate) == part and gate.family in ("", family))
    return gates, scan_for(gates)


class _Look:
    """One scan of one file."""

    def __init__(
        self,
        data: bytes,
        name: str,
        encoding: str,
        skip: Skip | None,
        without: Collection[str] = (),
        spend: Spend = lambda steps: True,
    ) -> None:
        self.hits: list[Hit] = []
        self.errors: list[Exception] = []
        self.limits: dict[str, None] = {}
        self._original = data
        # Lines end with only a line feed, at the same offsets: plugins get lines without trailing blanks.
        self._data = data.replace(b"\r\n", b" \n").replace(b"\r", b"\n") if b"\r" in data else data
        self._name, self._encoding, self._skip, self._without = name, encoding, skip, without
        self._suffix = suffix_of(name)
        self._spend = spend
        self._known: set[tuple[str, int, int, str]] = set()
        self._work = _MOST_WORK
        self._again = False
        self._budget = _MOST_AGAIN

    def as_scanned(self, parts: Sequence[str]) -> bool:
        """Scan the file in the same ways as detect-secrets; return whether it was rewritten at first."""
        rewritten = self.at_rewritten(parts, eager=False)
        if not rewritten:
            self.at_lines(parts)
        if not self.hits:
            self.at_rewritten(parts, eager=True)
        return rewritten

    def as_settings(self, random: bool) -> None:
        """Search for passwords and random strings in a file of settings.

        The plugin for passwords reads YAML, TOML and INI directly and requires quotes in other files; the
        plugin for random strings always requires quotes. Because PyYAML is slow, a file is only rewritten
        with quotes if it may contain a random string. All passwords of a line are reported, not only the
        first one.
        """
        self._again = True
        self.at_lines((_KEYWORD,))
        self._again = False
        if self._suffix not in table().typed:
            self.at_rewritten((_KEYWORD,), eager=True)
        if not random or not self._may_hold_random():
            return
        told = len(self.hits)
        if not self.at_rewritten((_RANDOM,), eager=False):
            self.at_lines((_RANDOM,))
        if len(self.hits) == told:
            self.at_rewritten((_RANDOM,), eager=True)

    def at_lines(self, parts: Iterable[str]) -> None:
        """Scan the lines of the file."""
        for part in parts:
            gates, scan = self._gates(part)
            for line, places in lines_of(self._data, scan(self._data), self._encoding):
                for gate, ends in places.items():
                    if gates[gate].plugin in self._without:
                        continue
                    for low, high in line.stretches(gates[gate], ends):
                        if admits(gates[gate], self._data, low, high, self._skip):
                            self._ask(gates[gate], line, low, high, located=True)

    def at_rewritten(self, parts: Iterable[str], *, eager: bool) -> bool:
        """Scan the lines that detect-secrets makes from a configuration file; return whether it makes any."""
        lines = [each.encode("utf-8", "surrogatepass") for each in self._rewritten(eager)]
        # Plugins get a value of several lines as one line, for which the gates are not designed.
        several = {number: each for number, each in enumerate(lines, 1) if b"\n" in each or b"\r" in each}
        joined = b"\n".join(b"" if number in several else each for number, each in enumerate(lines, 1))
        for part in parts:
            gates, scan = self._gates(part)
            for line, places in lines_of(joined, scan(joined), "utf-8"):
                for gate, ends in places.items():
                    for low, high in line.stretches(gates[gate], ends):
                        if admits(gates[gate], joined, low, high, None):
                            self._ask(gates[gate], line, low, high, located=False)
            for number, each in several.items():
                line = Line(each, 0, len(each), number, "utf-8")
                for one in gates:
                    for low, high in line.stretches(one, range(0, len(each), LONG // 4)):
                        self._ask(one, line, low, high, located=False)
        return bool(lines)

    def _gates(self, part: str) -> tuple[tuple[Gate, ...], Scan]:
        families = table().families
        family = families.get(self._suffix, families[""]) if part == _KEYWORD else ""
        return _scan(part, family)

    def _may_hold_random(self) -> bool:
        """Return whether the file has a run of characters, quoted or not, that may be a random string.

        In YAML it must be a complete value: detect-secrets puts quotes around each value.
        """
        data = self._data
        is_literal = self._suffix in table().yaml and transform.is_literal_yaml(data, self._encoding)
        return any(
            len(set(run[0])) >= gate.distinct
            and not (is_literal and transform.is_inside_value(data, run.start(), run.end()))
            for gate in self._gates(_RANDOM)[0]
            for run in re.finditer(gate.run, data)
        )

    def _rewritten(self, eager: bool) -> list[str]:
        data, known = self._data, table()
        ways: list[Callable[[str], list[str] | None]] = []
        if eager:
            if self._suffix not in known.typed and transform.may_be_settings(data):
                ways.append(lambda text: transform.as_sections(text, self._name, eager=True))
        else:
            if transform.may_be_sections(data, self._encoding):
                ways.append(lambda text: transform.as_sections(text, self._name))
            if self._suffix in known.yaml:
                ways.append(lambda text: transform.as_yaml(text, self._name))
        is_limited = bool(ways) and len(data) > transform.LARGEST
        if ways and not is_limited and self._spend(len(data) // _BYTES_PER_STEP):
            text = self._original.decode(self._encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
            for way in ways:
                try:
                    lines = way(text)
                except transform.LimitError:
                    is_limited = True
                    continue
                if lines is not None:
                    return lines
        if is_limited:
            self.limits[NOT_REWRITTEN] = None
        return []

    def _ask(self, gate: Gate, line: Line, low: int, high: int, *, located: bool) -> None:
        """Call the plugin of a gate, and the filters, for a part of a line."""
        if len(self.hits) >= MOST_HITS:
            self.limits[TOO_MANY_HITS] = None
            return
        if not self._spend(_CALL):
            return
        try:
            made = detect.plugin(gate.module, gate.plugin)
            groups = detect.keyword_groups(gate.module, self._suffix) if gate.family else None
            text = line.whole if (low, high) == (line.start, line.end) else line.text(low, high)
            end = 0
            for value in detect.values(made, text, groups):
                end = max(end, value.end)
                if not self._is_rejected(made, line, value):
                    self._tell(gate, made, line, low, text, value, located)
            if self._again and end and len(text) - end >= _SHORTEST:
                self._budget -= len(text)
                if self._budget > 0:
                    following = low + self._size(line, text[:end])
                    self._ask(gate, line, following, min(high, following + _NEXT), located=located)
                else:
                    self.limits[LONG_LINES] = None
        except Exception as error:  # a plugin that fails must not hide the findings of others
            if len(self.errors) < _MOST_ERRORS:
                where = f"on line {line.number} of {self._name}"
                message = f"{gate.plugin} of detect-secrets raised {type(error).__name__} {where}"
                self.errors.append(PluginError(message))

    def _is_rejected(self, made: object, line: Line, value: detect.Value) -> bool:
        if detect.filters().reject(value.text):
            return True
        if hasattr(made, "denylist"):
            return False
        if line.is_indirect:
            return True
        end = line.identifier_end
        if end > len(line.whole):
            return False
        # Rejected if the first occurrence is after the identifier; a line that makes this slow is not
        # rejected.
        self._work -= end
        return self._work > 0 and line.whole.find(value.text, 0, end - 1 + len(value.text)) < 0

    def _tell(
        self, gate: Gate, made: Any, line: Line, low: int, text: str, value: detect.Value, located: bool
    ) -> None:
        start = end = -1
        if located:
            start = low + self._size(line, text[: value.start])
            end = start + self._size(line, text[value.start : value.end])
            if self._skip is not None and self._skip(start, end):
                return
        else:
            start, end = self._place_of(value.text, line.number)
        identity = (gate.plugin, line.number, start, value.text)
        if identity not in self._known:
            self._known.add(identity)
            self.hits.append(Hit(gate.plugin, made.secret_type, value.text, line.number, start, end))

    def _size(self, line: Line, text: str) -> int:
        return len(text) if text.isascii() else len(text.encode(line.encoding, "surrogatepass"))

    def _place_of(self, value: str, number: int) -> tuple[int, int]:
        """Return the offsets of a value in a line of the file, (-1, -1) if the line does not contain it."""
        try:
            sought = value.encode(self._encoding, "surrogatepass")
        except UnicodeEncodeError:
            return -1, -1
        if number > len(self._starts) or not sought:
            return -1, -1
        low = self._starts[number - 1]
        high = self._starts[number] if number < len(self._starts) else len(self._data)
        start = self._data.find(sought, low, high)
        return (start, start + len(sought)) if start >= 0 else (-1, -1)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(b"\n", self._data))]
