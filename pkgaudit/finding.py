"""What an audit says: problems, findings and the verdict.

This module is the lowest layer: it imports only what says which names changed.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkgaudit.renamed import FINDING_FIELDS, PROBLEM_FIELDS, accepts

CONTENT = 16
"""How many digits of the digest of what was found are shown."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class Severity(enum.IntEnum):
    """How bad a finding is; the larger, the worse.

    ``ERROR``: the index refuses the file, a credential or private file leaks, it breaks when
    installed, or the archive is unsafe. ``WARNING``: almost surely a mistake, yet usable.
    ``INFO``: advice.
    """

    INFO = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Severity:
        """Return the severity called ``text`` (any case).

        Raises:
            ValueError: there is none of that name.
        """
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(f"unknown severity {text!r}") from None


class Verdict(enum.Enum):
    """The answer to the one question a gate is asked."""

    PASS = "pass"
    FAIL = "fail"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a distribution.

    ``member`` is the path as it stands in the archive (``outer/inner.zip!/path`` for a member of
    an archive inside the archive), or None for the distribution itself. ``line`` and ``column``
    count from 1, and what is below is no place; a column counts characters.
    """

    member: str | None = None
    line: int | None = None
    column: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.member, (str, type(None))):
            raise TypeError("a member is named by its path (str)")
        # A rule of another package may count from 0, and report formats take no such place.
        for name in ("line", "column"):
            number = getattr(self, name)
            if number is not None and number < 1:
                object.__setattr__(self, name, None)

    def __str__(self) -> str:
        parts = [self.member or "", self.line, self.column]
        return ":".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Exclude:
    """A remedy: do not pack ``path``.

    How that is said depends on the build backend, which a rule that looks at one member does not
    know; the engine turns it into words once the archive has told its backend. ``first`` is what
    comes before it, a clause as "revoke what it holds".
    """

    path: str
    first: str | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """A remedy: pack a file that is missing.

    ``path`` is where it belongs, as it would stand in the archive; ``first`` is what comes before it, a
    clause as "write it". How that is said depends on the build backend, as with `Exclude`.
    """

    path: str
    first: str | None = None


@dataclass(frozen=True, slots=True)
class SetField:
    """A remedy: change what the build backend writes as ``field`` of the core metadata.

    ``field`` is the name in the specification's spelling, ``first`` what to do, a clause as "shorten
    it to one line"; where the field is set is added by the engine, which knows the build backend and,
    of an sdist, its settings. ``value`` is the value concerned, of a field that has several: it may tell
    which key is meant. The field ``Entry-Point`` stands for entry_points.txt, its value is the group;
    ``File-Name`` for the name of the file, its value is the name and the version that it should have, parted
    by a space.
    """

    field: str
    first: str
    value: str = ""


Remedy = Exclude | Include | SetField
"""What to do, to be said in the words of the build backend."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a remedy writes into one place of one file, in parts, so that several remedies can be joined.

    ``file`` is a path from the folder of the project, empty for commands of a shell. ``table`` and ``key``
    are where in it the ``values`` are added to a list; without both the values are lines of the file. A
    value is a text or, where a backend wants that, a table of texts and lists of texts. With ``drops`` the
    values are taken out of the list instead.
    """

    file: str
    values: tuple[Any, ...]
    table: tuple[str, ...] = ()
    key: str = ""
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Paste:
    """What all remedies of an audit write into one file of a project: one text, to be pasted as it is.

    ``file`` is as in `Setting`; ``fingerprints`` are those of the findings whose remedies it contains.
    """

    project: str
    file: str
    text: str
    fingerprints: tuple[str, ...]


Value = str | int | float | bool | None | Sequence[str | int]
"""A value of a problem's ``data``: what JSON has for it."""


@accepts(PROBLEM_FIELDS)
@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields: something wrong, where it is, and how to mend it.

    ``severity`` overrides the severity of the rule where the case is milder or worse than usual.
    ``key`` identifies the problem whatever its wording and its line; it goes, hashed, into the
    fingerprint (the message does when there is no key). A secret is never put into ``message``
    or ``fix`` unmasked. ``distribution`` is for rules over a release: the path of the distribution
    concerned. ``digest`` is the sha256 (hex) of what was found, equal wherever the same thing is found:
    the findings of one rule that share it are shown as one with several places, and a user may
    allow them by it. ``cause`` is a plural noun for what has the same cause in one distribution, as "private
    keys in tests": findings of a rule and a severity that share it are shown as one, with all their places.
    ``pedantic`` problems count only where the user asks for pedantic rules, or for the rule by its name.
    ``unjudged`` says that the rule could not judge something: reports list it among what was skipped, and the
    message is the reason. ``inline_reason`` says what in the audited file itself allows the problem, as a
    comment does; it counts only where the user lets such comments count. ``baseline_hashes`` has a set for
    each thing that was found: the digests by which baselines of other tools may list it; it is never printed.
    ``data`` has the values that the message names, for programs that read a report: keys in snake_case, and
    for each a text, a number, a truth value, None, or a list of texts or numbers. Texts are redacted as
    messages are.

    Raises:
        TypeError: a field has a value of the wrong type.
    """

    message: str
    location: Location = field(default_factory=Location)
    fix: str | Remedy | None = None
    severity: Severity | None = None
    key: str | None = None
    distribution: str | None = None
    digest: str | None = None
    inline_reason: str | None = None
    baseline_hashes: tuple[frozenset[str], ...] = ()
    data: Mapping[str, Value] = field(default_factory=dict, compare=False)
    cause: str | None = None
    pedantic: bool = False
    unjudged: bool = False

    def __post_init__(self) -> None:
        # A rule of another package may not be type-checked; what is wrong must show where it is made.
        if not isinstance(self.message, str) or not isinstance(self.location, Location):
            raise TypeError("a problem needs a message (str) and a Location")
        if not isinstance(self.fix, (str, Exclude, Include, SetField, type(None))) or not isinstance(
            self.key, (str, type(None))
        ):
            raise TypeError("fix is a str or a remedy (Exclude, Include, SetField), key is a str")
        if not isinstance(self.severity, (Severity, type(None))):
            raise TypeError("severity is a Severity")
        if not isinstance(self.inline_reason, (str, type(None))):
            raise TypeError("inline_reason is a str")
        if not isinstance(self.cause, (str, type(None))):
            raise TypeError("cause is a str")
        if not isinstance(self.pedantic, bool) or not isinstance(self.unjudged, bool):
            raise TypeError("pedantic and unjudged are bools")
        # Its first digits are printed: it must not be the very thing that is not to be printed.
        if self.digest is not None and not (isinstance(self.digest, str) and _SHA256.fullmatch(self.digest)):
            raise TypeError("digest is the sha256 of what was found, as 64 lower-case hex digits")
        if not isinstance(self.data, Mapping) or not all(map(_is_entry, self.data.items())):
            raise TypeError(
                "data has words in snake_case and, for each, a value that JSON has, or a flat list"
            )


def _is_entry(entry: tuple[Any, Any]) -> bool:
    key, value = entry
    if isinstance(value, (list, tuple)):
        fits = all(isinstance(each, (str, int)) for each in value)
    else:
        fits = isinstance(value, (str, int, float, type(None)))
    return fits and isinstance(key, str) and _KEY.fullmatch(key) is not None


class SuppressionKind(enum.Enum):
    """What may take a finding out of the verdict; the values are the keys of the configuration."""

    INLINE = "inline"
    PER_FILE = "per-file-ignores"
    PER_DISTRIBUTION = "per-distribution-ignores"
    IGNORE = "ignore"
    ALLOW = "allow"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: what says so, and the reason that was given, None if none was."""

    by: SuppressionKind
    reason: str | None = None

    def __str__(self) -> str:
        return self.reason or self.by.value


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line that a finding is about, as much of it as may be shown, and what might be a secret masked.

    ``column`` is the place of the finding in ``text``, from 1, None where that is not known. The text is
    the audited file's, hence hostile: each report escapes it for its medium.
    """

    text: str
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one of several distributions; ``distribution`` is the path under which it was given."""

    distribution: str
    location: Location


@accepts(FINDING_FIELDS)
@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with the rule that found it and the distribution it is in.

    ``distribution`` is the path under which the distribution was given. ``suppressed`` says what
    took the finding out of the verdict, None if it counts. ``digest`` is that of the `Problem`; ``also`` are
    the other places where the same was found, or something else of the same ``cause``. ``excerpt`` is the
    line of a text that it is on. ``data``, ``baseline_hashes`` and ``cause`` are those of the `Problem`, the
    first redacted; no report shows the other two. ``remedy`` is what ``fix`` was made of, and
    ``settings`` are what it says to paste, in parts.
    """

    code: str
    name: str
    severity: Severity
    distribution: str
    location: Location
    message: str
    fix: str | None
    fingerprint: str
    suppressed: Suppression | None = None
    digest: str | None = None
    also: tuple[Place, ...] = ()
    excerpt: Excerpt | None = None
    baseline_hashes: tuple[frozenset[str], ...] = field(default=(), repr=False, compare=False)
    data: Mapping[str, Value] = field(default_factory=dict, compare=False)
    cause: str | None = field(default=None, compare=False)
    remedy: Remedy | None = field(default=None, repr=False, compare=False)
    settings: tuple[Setting, ...] = field(default=(), repr=False, compare=False)

    @property
    def place(self) -> Place:
        """The first of its places."""
        return Place(self.distribution, self.location)

    @property
    def places(self) -> tuple[Place, ...]:
        """All its places, the first one first."""
        return (self.place, *self.also)

    @property
    def content(self) -> str | None:
        """The digits of ``digest`` that reports show, enough to allow what was found; None if it has none."""
        return self.digest[:CONTENT] if self.digest else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that kept a part of the audit from being done: an unreadable input, a crash of a rule."""

    message: str
    distribution: str | None = None
    member: str | None = None
    rule: str | None = None
