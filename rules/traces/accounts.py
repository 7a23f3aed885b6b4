"""Whose an account is: a machine's, an example's, or the name of a person."""

from __future__ import annotations

import enum
import re
from functools import cache

from pkgaudit.rules.data.loader import load

LONGEST = 64
"""Characters that the name of an account may have: Linux allows 32 (useradd), Windows 20, macOS more. Bounds
time."""


class Kind(enum.Enum):
    """What an account is."""

    PERSON = "person"
    BUILD = "build"
    """Of machines that build: the account says nothing about anybody."""
    EXAMPLE = "example"
    """Of documentation, tests and templates."""
    SERVICE = "service"
    """Of servers; and words that only look like accounts, as in the path of a URL."""
    NONE = "none"
    """No name at all: a variable, a pattern, a gap to be filled in."""


_NAME = re.compile(r"[^\W_](?:[\w.@+ -]*[\w$])?")
# Names that people write for a reader to replace (`yourname`, `user1`, `foo`, `xxx`), and what is no account
# at all: the name of a file or a domain in a path of a URL. An account of a person that is called so is not
# worth a finding.
# The first words need a border or a word behind them: `annika`, `theo` and `barbara` are people.
_EXAMPLE = re.compile(
    r"(?:your|my|some|the|an?|another|other|example|sample|demo|dummy|fake|foo|bar|baz|hello|sweet)"
    r"(?:[-_. ]\w*|(?:user|name|login|account|home|host|project|app|person|body|one|dir|folder|path|where"
    r"|thing|world|foo|bar|baz|\d+){1,3})"
    r"|(?:test|user|student|person|name|tmp|temp|xx+|foo|bar)[-_. ]?(?:name|account|user|home|\d+|[a-z])?"
    r"|.*[-_.](?:user|name|test|example|home)|.*\.(?:py|txt|md|sh|bash|cfg|ini|json|com|org|net|html?|gz|rb|js)"
    r"|(.)\1{1,}|\d+",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?P<start>[a-z0-9]{1,6})~\d", re.IGNORECASE)
"""The 8.3 form of a name, as Windows has it for temporary folders."""
_NUMBERED = re.compile(r"(?P<name>.*?[a-z])[-_.]?\d{1,3}", re.IGNORECASE)
# Names that people give to machines that build, beyond those in rules/data/accounts.json: `ci`, `acme-ci`,
# `buildbot2`, `gitlab-runner`, `task_123` of Mozilla's Taskcluster.
_MACHINE = re.compile(
    r"(?:.*[-_.])?(?:ci|build(?:er|bot|slave|kite)?|runner|jenkins|agent|bot|worker|release)(?:[-_.].*)?|build.*|task_\d+",
    re.IGNORECASE,
)


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(load("accounts").values[kind])


def kind_of(account: str) -> Kind:
    """Return what the account is, by its name alone."""
    if len(account) > LONGEST:
        return Kind.NONE
    name = account.lower()
    short = _SHORT.fullmatch(name)
    if short is not None:
        start = short["start"]
        # `RUNNER~1` is that of `runneradmin` at GitHub.
        return Kind.BUILD if any(each.startswith(start) for each in _names("build")) else Kind.PERSON
    if not _NAME.fullmatch(name):
        return Kind.NONE
    if is_build(name):
        return Kind.BUILD
    if name in _names("examples") or _EXAMPLE.fullmatch(name):
        return Kind.EXAMPLE
    return Kind.SERVICE if name in _names("services") else Kind.PERSON


def is_build(name: str) -> bool:
    """Return whether an account is one of machines; ``name`` is in lower case."""
    if name in _names("build") or _MACHINE.fullmatch(name):
        return True
    numbered = _NUMBERED.fullmatch(name)
    return numbered is not None and numbered["name"] in _names("build")
