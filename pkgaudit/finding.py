"""The results of an audit: problems, findings and the verdict.

This module is the lowest layer: it imports only the list of former names.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkgaudit.renamed import FINDING_FIELDS, PROBLEM_FIELDS, accepts

CONTENT = 16
"""The number of digits that reports show of a digest."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class Severity(enum.IntEnum):
    """The severity of a finding; a larger value is worse.

    ``ERROR``: the index rejects the file, a credential or private file leaks, the distribution breaks when
    installed, or the archive is unsafe. ``WARNING``: almost surely a mistake, but usable. ``INFO``: advice.
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
            ValueError: no severity has that name.
        """
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(f"unknown severity {text!r}") from None


class Verdict(enum.Enum):
    """The answer of a gate: pass or fail."""

    PASS = "pass"
    FAIL = "fail"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a distribution.

    ``member`` is the path in the archive (``outer/inner.zip!/path`` for a member of a nested archive), or
    None for the distribution itself. ``line`` and ``column`` count from 1; smaller values become None.
    Columns count characters.
    """

    member: str | None = None
    line: int | None = None
    column: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.member, (str, type(None))):
            raise TypeError("a member is named by its path (str)")
        # A rule of another package may count from 0, which report formats do not accept.
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

    The wording depends on the build backend, which a rule on one member does not know; the engine writes the
    remedy when it knows the backend of the archive. ``first`` is a clause that comes first, such as "revoke
    the credentials". ``more`` are the paths of further files.
    """

    path: str
    first: str | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """A remedy: pack a file that is missing.

    ``path`` is the path of the file in the archive; ``first`` is a clause that comes first, such as "copy it
    from that project". ``other`` is another path that the file may have, as of a missing module that may be a
    package; the sdist of the release shows which one is right. ``absent`` is a clause for a file that does
    not exist, such as "create it"; it is left out if the sdist has the file. ``more`` are the paths of
    further missing files. The wording depends on the build backend, as with `Exclude`.
    """

    path: str
    first: str | None = None
    other: str | None = None
    absent: str | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetField:
    """A remedy: change the value that the build backend writes as ``field`` of the core metadata.

    ``field`` is the name in the specification's spelling; ``first`` is a clause with the change, such as
    "shorten it to one line". The engine adds the place of the setting, because it knows the build backend
    and, for an sdist, its settings. ``value`` is the affected value of a field with several values, which may
    determine the key. ``lost`` is the path of a package in the wheel: if the sdist of the release contains
    it, or a module of its name, the remedy is to pack that instead. The field ``Entry-Point`` means
    entry_points.txt; its value is the group. ``File-Name`` means the filename; its value is the correct name
    and version, separated by a space. ``right`` are the values to set instead of ``value``, none to remove
    it; it is None if the user has to decide. ``is_guess``: they may be other values than the user meant.
    """

    field: str
    first: str
    value: str = ""
    lost: str | None = None
    right: tuple[str, ...] | None = None
    is_guess: bool = False


Remedy = Exclude | Include | SetField
"""A remedy whose wording depends on the build backend."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a remedy writes into one place of one file, in parts, so that several remedies can be joined.

    ``file`` is a path from the folder of the project, empty for commands of a shell. ``table`` and ``key``
    are where in it the ``values`` are added to a list; without both the values are lines of the file. A
    value is a text or, where a backend wants that, a table of texts and lists of texts. With ``drops`` the
    values are taken out of the list instead. ``replaces`` are the items of the list that the values, if
    any, replace; if it is empty, the only value replaces the complete value of the key. ``pkgaudit fix``
    applies such a setting, and reports do not show it as text to paste. ``is_guess`` is that of `SetField`.
    """

    file: str
    values: tuple[Any, ...]
    table: tuple[str, ...] = ()
    key: str = ""
    drops: bool = False
    replaces: tuple[Any, ...] | None = None
    is_guess: bool = False


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
"""A value of a problem's ``data``: a JSON value, or a flat list."""


@accepts(PROBLEM_FIELDS)
@dataclass(frozen=True, slots=True)
class Problem:
    """The result of a rule: a fault, its location, and its remedy.

    ``severity`` overrides the severity of the rule if the case is better or worse than usual. ``key``
    identifies the problem independently of its wording and its line; its hash is a part of the fingerprint
    (without a key, that of the message is). ``message`` and ``fix`` must never contain an unmasked secret.
    ``distribution`` is for rules over a release: the path of the affected distribution. ``digest`` is the
    sha256 (hex) of the content that was found: findings of one rule with the same digest are shown as one
    finding with several places, and users may allow them by the digest. ``cause`` is a plural noun for
    problems with the same cause in one distribution, such as "private keys in tests": findings of one rule,
    severity and cause are shown as one finding with all their places. ``pedantic`` problems count only if the
    user selects pedantic rules, or the rule by its name. ``unjudged`` means that the rule could not judge
    something: reports list it as skipped, with the message as the reason. ``inline_reason`` is the marker in
    the audited file that allows the problem, such as a comment; it applies only if the user accepts such
    comments. ``baseline_hashes`` has a set for each thing that was found: the digests by which baselines of
    other tools may list it; reports never show them. ``data`` has the values in the message, for programs
    that read a report: keys in snake_case, and for each a text, a number, a truth value, None, or a list of
    texts or numbers. Texts are redacted like messages. ``excerpt`` are lines to show with the finding, such
    as the last ones of a traceback; without it, the line at the location is shown. ``confirms`` are the
    fingerprints of findings with the same cause, which are then not reported again.

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
    excerpt: tuple[str, ...] = ()
    confirms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A rule of another package may not be type-checked; a mistake must show where the problem is made.
        if not isinstance(self.message, str) or not isinstance(self.location, Location):
            raise TypeError("a problem needs a message (str) and a Location")
        if not isinstance(self.fix, (str, Exclude, Include, SetField, type(None))) or not isinstance(
            self.key, (str, type(None))
        ):
            raise TypeError("fix must be a str or a remedy (Exclude, Include, SetField), key must be a str")
        if not isinstance(self.severity, (Severity, type(None))):
            raise TypeError("severity must be a Severity")
        if not isinstance(self.inline_reason, (str, type(None))):
            raise TypeError("inline_reason must be a str")
        if not isinstance(self.cause, (str, type(None))):
            raise TypeError("cause must be a str")
        if not isinstance(self.pedantic, bool) or not isinstance(self.unjudged, bool):
            raise TypeError("pedantic and unjudged must be bools")
        # Reports show its first digits, so it must not be the secret itself.
        if self.digest is not None and not (isinstance(self.digest, str) and _SHA256.fullmatch(self.digest)):
            raise TypeError("digest must be the sha256 of the content, as 64 lower-case hex digits")
        if not isinstance(self.data, Mapping) or not all(map(_is_entry, self.data.items())):
            raise TypeError("data must have keys in snake_case and, for each, a JSON value or a flat list")
        for name in ("excerpt", "confirms"):
            texts = getattr(self, name)
            if not isinstance(texts, tuple) or not all(isinstance(each, str) for each in texts):
                raise TypeError(f"{name} must be a tuple of str")


def _is_entry(entry: tuple[Any, Any]) -> bool:
    key, value = entry
    if isinstance(value, (list, tuple)):
        fits = all(isinstance(each, (str, int)) for each in value)
    else:
        fits = isinstance(value, (str, int, float, type(None)))
    return fits and isinstance(key, str) and _KEY.fullmatch(key) is not None


class SuppressionKind(enum.Enum):
    """The kinds of suppressions; the values are the keys of the configuration."""

    INLINE = "inline"
    PER_FILE = "per-file-ignores"
    PER_DISTRIBUTION = "per-distribution-ignores"
    IGNORE = "ignore"
    ALLOW = "allow"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Suppression:
    """The suppression of a finding: its kind, and the reason that the user gave, or None."""

    by: SuppressionKind
    reason: str | None = None

    def __str__(self) -> str:
        return self.reason or self.by.value


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of the line of a finding, with possible secrets masked.

    ``column`` is the place of the finding in ``text``, from 1, or None if it is unknown. The text comes from
    the audited file and may be hostile: each report escapes it for its medium. A text of several lines, such
    as the end of a traceback, has no column.
    """

    text: str
    column: int | None = None

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one of several distributions; ``distribution`` is the path under which it was given."""

    distribution: str
    location: Location


@accepts(FINDING_FIELDS)
@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its rule and its distribution.

    ``distribution`` is the path under which the distribution was given. ``suppressed`` is the suppression of
    the finding, None if it counts. ``digest`` is that of the `Problem`; ``also`` are the other places with
    the same content or the same ``cause``. ``excerpt`` is the line of the finding. ``data``,
    ``baseline_hashes`` and ``cause`` are those of the `Problem`; the first is redacted, and no report shows
    the other two. ``confirms`` is that of the `Problem`. ``remedy`` is the source of ``fix``, and
    ``settings`` are the parts of its block to paste.
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
    confirms: tuple[str, ...] = field(default=(), repr=False, compare=False)

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
        """The digits of ``digest`` that reports show, enough to allow the content; None without a digest."""
        return self.digest[:CONTENT] if self.digest else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A reason why a part of the audit is missing: an unreadable input, or a crash of a rule."""

    message: str
    distribution: str | None = None
    member: str | None = None
    rule: str | None = None
