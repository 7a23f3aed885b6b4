"""CF101 to CF103: suppressions by users, and whether they still have an effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from pkgaudit.api import Distribution, Entry, Ignores, Location, Problem, Severity, counted, quoted, rule
from pkgaudit.finding import SuppressionKind, Value
from pkgaudit.model.ignores import IgnoreUsage, Scope, Selector, is_complete

_SHOWN = 3
"""How many entries of a baseline a message lists. Chosen: they fit into two lines of a report."""

_MOST_NAMES = 6
"""How many words of an ignore a message lists. Chosen: the words are short, and most ignores have fewer."""

_SHORTEST_SECRET = 12
"""The shortest word, in characters, that may be a secret unless it is a rule. Chosen: tokens are longer."""

_LONGEST_NAME = 40
"""The longest word, in characters, that counts as a misspelled rule name if it has no digits and no spaces.

Chosen: the longest rule name of pkgaudit has 30 characters, and a longer word may be a secret of letters.
"""

_PLATFORM = re.compile(r"win|mac|linux|android|ios|emscripten|abi|[cp]p\d", re.IGNORECASE)
"""Marks of a filename pattern that is for wheels of a platform or of an interpreter."""


@rule("CF101", "unused-ignore", Severity.INFO, since="0.1.0")
def unused_ignore(ignores: Ignores) -> Iterator[Problem]:
    """An ignore suppresses no finding.

    This can be a comment `pkgaudit: ignore[…]` on a line where the rule finds nothing, or that names an
    unknown rule; or an entry of `per-file-ignores`, `per-distribution-ignores` or `allow` that matches no
    finding.

    The rule reports only ignores that this audit proves to be unused, so the named rules must have run.
    Entries, and comments for rules that read more than one file, are checked only if the audit covered an
    sdist and a wheel for all platforms. Entries are not checked if the audit also covered a wheel for one
    platform, because other wheels may exist, nor for rules over a whole release, which may need a checkout.
    A comment that is only quoted, in documentation or a string literal, is not counted.

    ## Why it matters
    Readers of the ignore believe that it covers a known and accepted problem. If the rule finds something new
    in that place, the ignore suppresses it, and nobody has reviewed it.

    ## How to fix it
    Remove the ignore, or its codes that have no effect. Fix the spelling of an unknown name; `pkgaudit rules`
    lists all rules.

    ## References
    - <https://docs.astral.sh/ruff/rules/unused-noqa/>
    """
    yield from _unused_comments(ignores)
    for use in ignores.uses:
        if use.inline is None and not use.expired:
            yield from _unused_entry(use, ignores)


def _unused_comments(ignores: Ignores) -> Iterator[Problem]:
    known = {each.path: each for each in ignores.distributions}
    comments = [each for each in ignores.uses if each.inline is not None and each.inline.is_comment]
    nested = {each.path: {entry.path: entry for entry in each.nested} for each in ignores.distributions}
    projects = {each.project for each in ignores.distributions}
    complete = {each for each in projects if is_complete(ignores.distributions, each)}
    contents = {id(each): _line(each, known[each.file], nested[each.file]) for each in comments}
    # Several distributions may contain the file, and the comment may have an effect in any of them.
    used = {
        (contents[id(each)], word.text)
        for each in ignores.uses
        if id(each) in contents
        for word in each.words
        if word.used
    }
    for each in comments:
        line = contents[id(each)]
        project = known[each.file].project
        idle = [
            word.text
            for word in each.words
            if (line, word.text) not in used
            and word.ran
            and (word.scope is Scope.MEMBER or project in complete)
        ]
        unknown = [word.text for word in each.words if not word.known]
        said = []
        if idle:
            said.append(f"ignores {_names(idle)}, which {_finds(idle)} nothing here")
        if unknown:
            are = "are not rules" if unknown[1:] else "is not a rule"
            said.append(f"names {_names(map(_mistaken, unknown))}, which {are}")
        if said:
            same = sha256("\0".join((line, *idle, *unknown)).encode("utf-8", "surrogatepass")).hexdigest()
            message = f"the comment {', and '.join(said)}"
            gone = [*idle, *map(_mistaken, unknown)]
            all_idle = len(gone) == len(each.words)
            fix = "remove the comment" if all_idle else f"remove {_names(gone)} from the comment"
            key = "\0".join((*idle, *unknown))
            data = {"rules": idle, "values": list(map(_shown, unknown))}
            yield Problem(
                message,
                each.location,
                fix,
                key=key,
                distribution=each.file,
                digest=same,
                data={name: listed for name, listed in data.items() if listed},
            )
    for distribution in ignores.distributions:
        if distribution.more_ignores:
            yield Problem(
                f"{counted(distribution.more_ignores, 'more comment')} that ignore rules have no effect",
                Location(),
                "ignore the rules in the configuration with 'per-file-ignores'",
                key="more",
                distribution=distribution.path,
                data={"count": distribution.more_ignores},
            )


def _mistaken(word: str) -> str:
    """Return an unknown word as messages quote it."""
    return quoted(_shown(word))


def _shown(word: str) -> str:
    """Return the part of an unknown word that may be shown, because the word may be a secret."""
    is_name = len(word) < _SHORTEST_SECRET or (len(word) <= _LONGEST_NAME and not re.search(r"[0-9\s]", word))
    return word if is_name else f"{word[:4]}…"


def _line(use: IgnoreUsage, distribution: Distribution, nested: Mapping[str, Entry]) -> str:
    """Return the identity of a member's line, which is the same in every distribution with the same file."""
    member = use.location.member or ""
    entry = distribution.by_path.get(member) or nested.get(member)
    content = entry.sha256 if entry and entry.sha256 else f"{use.file}\0{member}"
    return f"{content}\0{use.location.line}"


def _unused_entry(use: IgnoreUsage, ignores: Ignores) -> Iterator[Problem]:
    if use.by is SuppressionKind.ALLOW:
        [word] = use.words
        if not word.used and not ignores.narrowed and _is_whole(ignores):
            message = f"the entry {word.text[:16]} of 'allow' matches no finding"
            yield _of_config(use, message, "remove the entry", {"hash": word.text[:16]})
        return
    if use.by not in (SuppressionKind.PER_FILE, SuppressionKind.PER_DISTRIBUTION):
        return
    where = f"the entry {quoted(use.scope or '')} of '{use.by.value}'"
    idle = [word.text for word in use.words if not word.used and _is_judged(use, word, ignores)]
    if not idle:
        return
    if not use.matched:
        what = "member" if use.by is SuppressionKind.PER_FILE else "distribution"
        data = {"field": use.by.value, "pattern": use.scope}
        fix = f"remove the entry, or {_repattern(use) or 'fix its pattern'}"
        yield _of_config(use, f"{where} matches no {what}", fix, data)
        return
    message = f"{where} ignores {_names(idle)}, which {_finds(idle)} nothing there"
    fix = "remove the entry" if len(idle) == len(use.words) else f"remove {_names(idle)} from the entry"
    if repattern := _repattern(use):
        fix = f"{fix}, or {repattern}"
    yield _of_config(use, message, fix, {"field": use.by.value, "pattern": use.scope, "rules": idle})


def _repattern(use: IgnoreUsage) -> str:
    """Return how to correct a pattern that fits the sdist only; empty if it is no such pattern."""
    folder = "/src/" if (use.scope or "").startswith("/") else "src/"
    if use.by is not SuppressionKind.PER_FILE or not (use.scope or "").startswith(folder):
        return ""
    return f"begin its pattern with '**/' instead of {folder!r}: wheels have no src/, and '**/' fits both"


def _is_judged(use: IgnoreUsage, word: Selector, ignores: Ignores) -> bool:
    # A rule over a release may need a checkout, which the audit may not have.
    if not word.ran or word.scope is Scope.RELEASE:
        return False
    if use.by is SuppressionKind.PER_DISTRIBUTION and not use.matched and _PLATFORM.search(use.scope or ""):
        return False
    return _is_whole(ignores)


def _is_whole(ignores: Ignores) -> bool:
    """Return whether the audit covered everything: a wheel for one platform means that others may exist."""
    return is_complete(ignores.distributions) and all(each.is_for_all for each in ignores.distributions)


def _of_config(use: IgnoreUsage, message: str, fix: str, data: Mapping[str, Value]) -> Problem:
    return Problem(message, use.location, fix, key=message, distribution=use.file, data=data)


def _finds(words: list[str]) -> str:
    return "find" if words[1:] else "finds"


def _names(words: Iterable[str]) -> str:
    listed = list(words)
    if len(listed) > _MOST_NAMES:
        listed[_MOST_NAMES - 1 :] = [f"{len(listed) - _MOST_NAMES + 1:,} more"]
    if len(listed) > 1:
        return f"{', '.join(listed[:-1])} and {listed[-1]}"
    return listed[0]


@rule("CF102", "expired-ignore", Severity.WARNING, since="0.1.0")
def expired_ignore(ignores: Ignores) -> Iterator[Problem]:
    """An entry of the configuration that ignores or allows findings has expired.

    The day in `until` has passed, so the entry no longer has an effect, and its findings count again.

    ## Why it matters
    Somebody promised to fix the findings by that day. Readers of the entry believe that the findings are
    still accepted.

    ## How to fix it
    Fix the findings and remove the entry; or review the findings and set a later day:

        [tool.pkgaudit.per-file-ignores]
        "tests/keys/**" = [{ rules = "SE102", reason = "made for tests", until = 2031-03-31 }]

    ## References
    - <https://toml.io/en/v1.0.0#local-date>
    """
    for use in ignores.uses:
        if use.expired:
            what = _names([word.text[:16] for word in use.words])
            which = f"the entry {quoted(use.scope)}" if use.scope is not None else "an entry"
            is_allowed = use.by is SuppressionKind.ALLOW
            verb = "allows" if is_allowed else "ignores"
            message = f"{which} of '{use.by.value}', which {verb} {what}, expired after {use.until}"
            words = [word.text for word in use.words]
            data: dict[str, Value] = {"field": use.by.value, "date": str(use.until)}
            data |= {"hash": words[0][:16]} if is_allowed else {"rules": words}
            data |= {"pattern": use.scope} if use.scope is not None else {}
            fix = "remove the entry, or review the findings and set a later day"
            yield _of_config(use, message, fix, data)


@rule("CF103", "stale-baseline", Severity.INFO, since="0.1.0")
def stale_baseline(ignores: Ignores) -> Iterator[Problem]:
    """The baseline lists findings that no longer occur.

    The rule counts only entries that this audit could have found: their project and kind of distribution
    were audited, and their rules ran. Entries of wheels count only if the audit covered a wheel for all
    platforms. The rule skips baselines of detect-secrets.

    ## Why it matters
    If a listed finding comes back, the baseline suppresses it without notice.

    ## How to fix it
    Update the file with the same distributions. The update also accepts new findings, so review the
    difference:

        pkgaudit baseline dist/* --update

    ## References
    - <https://github.com/Yelp/detect-secrets>
    """
    for file in dict.fromkeys(each.file for each in ignores.stale):
        entries = [each for each in ignores.stale if each.file == file]
        shown = [
            each.code + (f" in {quoted(each.member)}" if each.member is not None else "")
            for each in entries[:_SHOWN]
        ]
        more = f" and {len(entries) - _SHOWN:,} more" if len(entries) > _SHOWN else ""
        number = counted(len(entries), "entry", "entries")
        yield Problem(
            f"the baseline has {number} for findings that no longer occur: {', '.join(shown)}{more}",
            Location(),
            "run 'pkgaudit baseline' with '--update' on the distributions of the release",
            key="stale",
            distribution=file,
            data={
                "count": len(entries),
                "rules": list(dict.fromkeys(each.code for each in entries)),
                "paths": list(dict.fromkeys(each.member for each in entries if each.member is not None)),
            },
        )
