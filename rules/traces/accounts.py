"""Classify an account: it belongs to a person, a build machine, an example or a service."""

from __future__ import annotations

import enum
import re
from functools import cache

from pkgaudit.late import lazy
from pkgaudit.rules.data.loader import load

LONGEST = 64
"""Characters of the longest account: Linux allows 32 (useradd), Windows 20, macOS more. Bounds the time."""


class Kind(enum.Enum):
    """The kinds of accounts."""

    PERSON = "person"
    BUILD = "build"
    """An account of build machines, which reveals nothing about a person."""
    EXAMPLE = "example"
    """An account in documentation, tests and templates."""
    SERVICE = "service"
    """An account of servers, or a word that only looks like an account, as in the path of a URL."""
    NONE = "none"
    """Not a name: a variable, a pattern, a placeholder."""


_NAME = lazy(r"[^\W_](?:[\w.@+ -]*[\w$])?")
# Names that the reader of a text should replace (`yourname`, `user1`, `foo`, `xxx`), and parts of URLs that
# are not accounts: filenames and domains. If a person has one of these names, nothing is reported. The first
# words need a border or another word after them: `annika`, `theo` and `barbara` are people.
_EXAMPLE = lazy(
    r"(?:your|my|some|the|an?|another|other|example|sample|demo|dummy|fake|foo|bar|baz|hello|sweet)"
    r"(?:[-_. ]\w*|(?:user|name|login|account|home|host|project|app|person|body|one|dir|folder|path|where"
    r"|thing|world|foo|bar|baz|\d+){1,3})"
    r"|(?:test|user|student|person|name|tmp|temp|xx+|foo|bar)[-_. ]?(?:name|account|user|home|\d+|[a-z])?"
    r"|.*[-_.](?:user|name|test|example|home)|.*\.(?:py|txt|md|sh|bash|cfg|ini|json|com|org|net|html?|gz|rb|js)"
    r"|(.)\1{1,}|\d+",
    re.IGNORECASE,
)
_SHORT = lazy(r"(?P<start>[a-z0-9]{1,6})~\d", re.IGNORECASE)
"""The 8.3 form of a name, which Windows uses for temporary folders."""
_NUMBERED = lazy(r"(?P<name>.*?[a-z])[-_.]?\d{1,3}", re.IGNORECASE)
# Names of build machines besides those in rules/data/accounts.json: `ci`, `acme-ci`, `buildbot2`,
# `gitlab-runner`, `task_123` of Mozilla's Taskcluster.
_MACHINE = lazy(
    r"(?:.*[-_.])?(?:ci|build(?:er|bot|slave|kite)?|runner|jenkins|agent|bot|worker|release)(?:[-_.].*)?|build.*|task_\d+",
    re.IGNORECASE,
)


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(load("accounts").values[kind])


def kind_of(account: str) -> Kind:
    """Return the kind of an account, judged only by its name."""
    if len(account) > LONGEST:
        return Kind.NONE
    name = account.lower()
    short = _SHORT.fullmatch(name)
    if short is not None:
        start = short["start"]
        # `RUNNER~1` is the short form of `runneradmin` at GitHub.
        return Kind.BUILD if any(each.startswith(start) for each in _names("build")) else Kind.PERSON
    if not _NAME.fullmatch(name):
        return Kind.NONE
    if is_build(name):
        return Kind.BUILD
    if name in _names("examples") or _EXAMPLE.fullmatch(name):
        return Kind.EXAMPLE
    return Kind.SERVICE if name in _names("services") else Kind.PERSON


def is_build(name: str) -> bool:
    """Return whether an account belongs to a build machine; ``name`` is in lower case."""
    if name in _names("build") or _MACHINE.fullmatch(name):
        return True
    numbered = _NUMBERED.fullmatch(name)
    return numbered is not None and numbered["name"] in _names("build")
