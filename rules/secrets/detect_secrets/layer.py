"""The second layer: what the plugins and filters of detect-secrets find, on the lines that can hold it.

`second_layer` is the entry point. At the level ``thorough`` it finds what detect-secrets' own scan of a file
finds with all of its plugins, but for these, left out since they hide secrets or hang: files are passed
over neither by their name nor by their encoding, `is_indirect_reference` does not silence the plugins for
tokens (a token that is an argument of a call is one), and what a pragma allows is left to the caller.

Limits: lines of more than `LONG` bytes are looked at in windows around the places where a plugin may
find something, so a match has to be within `REACH` of these; nothing is found across 256 blanks; a file
of more than `LARGEST` bytes is not rewritten as configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import pkgaudit.rules.secrets.detect_secrets.plugins as detect
import pkgaudit.rules.secrets.detect_secrets.transform as transform
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
"""The plugins that look for a provider's tokens and find little else; the level ``default`` is these."""

MOST_HITS = 10_000
"""How many hits are told of a file."""

_MOST_ERRORS = 10
"""Failures that are kept of a file: one is told, and a plugin that fails does so at each line."""

_MOST_WORK = 200_000_000
"""Characters in which values are looked for, in all lines of a file together: a bound on hostile files."""

_SHORTEST = 12  # chosen: a name, a sign and a password of eight characters take as much
_NEXT = 400  # chosen: a password follows its name closely
_MOST_AGAIN = 400_000
"""A line may have many passwords: how short the rest may be, how much of it the plugin is given for the next
one, and how many characters it is given in all for further ones of a file."""


@dataclass(frozen=True)
class Hit:
    """What a plugin found: ``plugin`` is its class, ``kind`` what it says that it is.

    ``value`` is what the plugin takes for the secret. ``start`` and ``end`` are the places of the token
    in the bytes of the file: of the value, or of all of the token where the plugin's value is but its
    first letters (GitHub, GitLab). Both are -1 where detect-secrets rewrote the line and the value is
    not in it. ``line`` counts from 1, and ends of lines as Python's text files do.
    """

    plugin: str
    kind: str
    value: str = field(repr=False)
    line: int
    start: int
    end: int


class PluginError(Exception):
    """A plugin or a filter of detect-secrets failed. Says which, where and how, not what it looked at."""


Skip = Callable[[int, int], bool]


def second_layer(
    data: bytes,
    name: str,
    *,
    level: str = "default",
    configuration: bool = False,
    encoding: str = "utf-8",
    skip: Skip | None = None,
    without: Collection[str] = (),
) -> tuple[list[Hit], list[Exception]]:
    """Return what the plugins find in a text, and what went wrong.

    ``data`` is the text in ``encoding``, UTF-8 or Latin-1; ``name`` the file's name or path. At the level
    ``default`` passwords and random strings are looked for if ``configuration`` is true: the file is
    configuration and no test. ``skip`` says of a stretch of the bytes that it, or a part of it, is spoken
    for: candidates that end there are not looked at. ``without`` names plugins that are not asked about
    lines; detect-secrets is imported only if another one has a candidate.
    """
    look = _Look(data, name, encoding, skip, without)
    try:
        _take(look, level == "thorough", configuration)
    # detect-secrets is asked about hostile texts, and some that make it fail are known.
    except Exception as error:
        look.errors.append(PluginError(f"detect-secrets, asked about {name}, raised {type(error).__name__}"))
    return look.hits, look.errors


def _take(look: _Look, thorough: bool, configuration: bool) -> None:
    rewritten = False
    if thorough:
        rewritten = look.as_scanned((_RANDOM, _KEYWORD, _TOKENS, _OTHERS))
    elif configuration:
        look.as_settings()
    if rewritten or not thorough:
        # Comments are in no rewritten file, and a token in a comment is as good as any other.
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
    """Return the gates of a part of the plugins, for a family of files, and the scan for them."""
    gates = tuple(gate for gate in table().gates if _part_of(gate) == part and gate.family in ("", family))
    return gates, scan_for(gates)


class _Look:
    """One look at one file."""

    def __init__(
        self, data: bytes, name: str, encoding: str, skip: Skip | None, without: Collection[str] = ()
    ) -> None:
        self.hits: list[Hit] = []
        self.errors: list[Exception] = []
        self._original = data
        # Lines now end with a line feed only, at the same places: plugins get lines without trailing blanks.
        self._data = data.replace(b"\r\n", b" \n").replace(b"\r", b"\n") if b"\r" in data else data
        self._name, self._encoding, self._skip, self._without = name, encoding, skip, without
        self._suffix = suffix_of(name)
        self._known: set[tuple[str, int, int, str]] = set()
        self._work = _MOST_WORK
        self._again = False
        self._budget = _MOST_AGAIN

    def as_scanned(self, parts: Sequence[str]) -> bool:
        """Look at the file in the ways that detect-secrets does; true if it was rewritten at first."""
        rewritten = self.at_rewritten(parts, eager=False)
        if not rewritten:
            self.at_lines(parts)
        if not self.hits:
            self.at_rewritten(parts, eager=True)
        return rewritten

    def as_settings(self) -> None:
        """Look for passwords and random strings in a file of settings.

        The plugin for passwords reads YAML, TOML and INI as they are, and wants quotes in all else; that for
        random strings wants them everywhere. As PyYAML is slow, a file is rewritten to have them only if it
        has what may be a random string. All passwords of a line are told, not the first alone.
        """
        self._again = True
        self.at_lines((_KEYWORD,))
        self._again = False
        if self._suffix not in table().typed:
            self.at_rewritten((_KEYWORD,), eager=True)
        if not self._may_hold_random():
            return
        told = len(self.hits)
        if not self.at_rewritten((_RANDOM,), eager=False):
            self.at_lines((_RANDOM,))
        if len(self.hits) == told:
            self.at_rewritten((_RANDOM,), eager=True)

    def at_lines(self, parts: Iterable[str]) -> None:
        """Look at the lines of the file."""
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
        """Look at the lines that detect-secrets makes of a configuration file; false if it makes none."""
        if len(self._data) > transform.LARGEST:
            return False
        lines = [each.encode("utf-8", "surrogatepass") for each in self._rewritten(eager)]
        # A value of several lines is one line to the plugins, which the gates are not made for.
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
        """Whether there is a run of characters, in quotes or not, that may be a random string."""
        return any(
            len(set(run[0])) >= gate.distinct
            for gate in self._gates(_RANDOM)[0]
            for run in re.finditer(gate.run, self._data)
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
        if ways:
            text = self._original.decode(self._encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
            for way in ways:
                lines = way(text)
                if lines is not None:
                    return lines
        return []

    def _ask(self, gate: Gate, line: Line, low: int, high: int, *, located: bool) -> None:
        """Ask the plugin of a gate, and the filters, about a stretch of a line."""
        if len(self.hits) >= MOST_HITS:
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
        except Exception as error:  # one plugin that fails must not hide what others find
            if len(self.errors) < _MOST_ERRORS:
                where = f"{gate.plugin} of detect-secrets, asked about line {line.number} of {self._name}"
                self.errors.append(PluginError(f"{where}, raised {type(error).__name__}"))

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
        # Whether it first occurs behind the identifier. A line made to have this take long is not believed.
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
        """Return where a value stands in a line of the file, (-1, -1) if it does not."""
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
