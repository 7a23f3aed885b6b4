"""CF101 to CF103: what users chose to ignore, and whether that still does anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from pkgaudit.api import Distribution, Entry, Ignores, Location, Problem, Severity, counted, quoted, rule
from pkgaudit.finding import SuppressionKind, Value
from pkgaudit.model.ignores import IgnoreUsage, Scope, Selector, is_complete

_SHOWN = 3
"""How many entries of a baseline are named; chosen: they fit in two lines of a report."""

_MOST_NAMES = 6
"""How many words of an ignore are named; chosen: they are short, and most ignores have fewer."""

_SHORTEST_SECRET = 12
"""Characters from which a word that is no rule may be a secret; chosen: tokens are longer."""

_LONGEST_NAME = 40
"""Characters of a word that is taken for a misspelled name of a rule if it has neither digits nor blanks.

Chosen: the longest name of a rule of pkgaudit has 30, and a longer word may be a secret of letters.
"""

_PLATFORM = re.compile(r"win|mac|linux|android|ios|emscripten|abi|[cp]p\d", re.IGNORECASE)
"""What tells, in a pattern of file names, that it is for wheels of a platform or of an interpreter."""


@rule("CF101", "unused-ignore", Severity.INFO, since="0.1.0")
def unused_ignore(ignores: Ignores) -> Iterator[Problem]:
    """An ignore silences nothing.

    It is a comment `pkgaudit: ignore[…]` on whose line the rule finds nothing, or that names no rule; or an
    entry of `per-file-ignores`, `per-distribution-ignores` or `allow` that nothing found needs.

    Only what this audit proves is said. The rules named must have run. An entry, and a comment for a rule
    that looks at more than one file, is judged where an sdist was audited together with a wheel for all
    platforms; an entry not where there was one for a platform too, since there may be others, nor for a rule
    over a whole release, as that may need a checkout. Text that shows such a comment, as documentation and
    string literals do, is none.

    ## Why it matters
    Whoever reads the ignore believes that something is wrong there and was accepted. The next time that the
    rule finds something at the place, it is silent, and nobody has looked at it.

    ## How to fix it
    Remove the ignore, or the codes of it that do nothing. Mend the spelling of a name that is no rule;
    `pkgaudit rules` lists them all.

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
    # A file may be in several distributions, and a rule of one of them use the comment.
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
            are = "are no rules" if unknown[1:] else "is no rule"
            said.append(f"names {_names(map(_mistaken, unknown))}, which {are}")
        if said:
            same = sha256("\0".join((line, *idle, *unknown)).encode("utf-8", "surrogatepass")).hexdigest()
            message = f"the comment {' and '.join(said)}"
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
                f"{counted(distribution.more_ignores, 'more comment')} that ignore rules are not heeded",
                Location(),
                "ignore the rules in the configuration, by 'per-file-ignores'",
                key="more",
                distribution=distribution.path,
                data={"count": distribution.more_ignores},
            )


def _mistaken(word: str) -> str:
    """Return what a message says of a word that is no rule."""
    return quoted(_shown(word))


def _shown(word: str) -> str:
    """Return what may be shown of a word that is no rule: it may be anything, a secret too."""
    is_name = len(word) < _SHORTEST_SECRET or (len(word) <= _LONGEST_NAME and not re.search(r"[0-9\s]", word))
    return word if is_name else f"{word[:4]}…"


def _line(use: IgnoreUsage, distribution: Distribution, nested: Mapping[str, Entry]) -> str:
    """Return what a line of a member is known by in whatever distribution the same file is."""
    member = use.location.member or ""
    entry = distribution.by_path.get(member) or nested.get(member)
    content = entry.sha256 if entry and entry.sha256 else f"{use.file}\0{member}"
    return f"{content}\0{use.location.line}"


def _unused_entry(use: IgnoreUsage, ignores: Ignores) -> Iterator[Problem]:
    if use.by is SuppressionKind.ALLOW:
        [word] = use.words
        if not word.used and not ignores.narrowed and _is_whole(ignores):
            message = f"allow: nothing that has the hash {word.text[:16]} was found"
            yield _of_config(use, message, "remove the entry", {"hash": word.text[:16]})
        return
    if use.by not in (SuppressionKind.PER_FILE, SuppressionKind.PER_DISTRIBUTION):
        return
    where = f"{use.by.value}: {quoted(use.scope or '')}"
    idle = [word.text for word in use.words if not word.used and _is_judged(use, word, ignores)]
    if not idle:
        return
    if not use.matched:
        what = "member" if use.by is SuppressionKind.PER_FILE else "distribution"
        data = {"field": use.by.value, "pattern": use.scope}
        yield _of_config(use, f"{where} matches no {what}", "remove the entry, or mend its pattern", data)
        return
    message = f"{where} ignores {_names(idle)}, which {_finds(idle)} nothing there"
    fix = "remove the entry" if len(idle) == len(use.words) else f"remove {_names(idle)} from the entry"
    yield _of_config(use, message, fix, {"field": use.by.value, "pattern": use.scope, "rules": idle})


def _is_judged(use: IgnoreUsage, word: Selector, ignores: Ignores) -> bool:
    # A rule over a release may need a checkout, which there is not always.
    if not word.ran or word.scope is Scope.RELEASE:
        return False
    if use.by is SuppressionKind.PER_DISTRIBUTION and not use.matched and _PLATFORM.search(use.scope or ""):
        return False
    return _is_whole(ignores)


def _is_whole(ignores: Ignores) -> bool:
    """Whether all was audited. Who has a wheel for one platform has others, beside one for all as well."""
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
    """An entry of the configuration that ignores or allows something has expired.

    Its day, `until`, is over, so that it has no effect any more: what it silenced counts again.

    ## Why it matters
    Somebody promised to have mended it by then. The entry now says that something is accepted which is not.

    ## How to fix it
    Mend what was ignored and remove the entry; or look at it again and give it a later day:

        [tool.pkgaudit.per-file-ignores]
        "tests/keys/**" = [{ rules = "SE102", reason = "made for tests", until = 2031-03-31 }]

    ## References
    - <https://toml.io/en/v1.0.0#local-date>
    """
    for use in ignores.uses:
        if use.expired:
            what = _names([word.text[:16] for word in use.words])
            scope = f" for {quoted(use.scope)}" if use.scope is not None else ""
            is_allowed = use.by is SuppressionKind.ALLOW
            verb = "allowed" if is_allowed else "ignored"
            was, is_ = ("were", "are") if use.words[1:] else ("was", "is")
            message = f"{use.by.value}: {what} {was} {verb}{scope} until {use.until}, and no longer {is_}"
            words = [word.text for word in use.words]
            data: dict[str, Value] = {"field": use.by.value, "date": str(use.until)}
            data |= {"hash": words[0][:16]} if is_allowed else {"rules": words}
            data |= {"pattern": use.scope} if use.scope is not None else {}
            fix = "remove the entry, or give it a later day after another look"
            yield _of_config(use, message, fix, data)


@rule("CF103", "stale-baseline", Severity.INFO, since="0.1.0")
def stale_baseline(ignores: Ignores) -> Iterator[Problem]:
    """The baseline lists findings that are gone.

    Only entries count that this audit would have found: of a project and a kind of distribution that was
    audited, and of rules that ran. Wheels prove it where there is one for all platforms. Baselines of
    detect-secrets are left to that tool.

    ## Why it matters
    A finding that is listed is accepted whenever it comes back, and nobody is told.

    ## How to fix it
    Bring the file up to date, with the same distributions; new findings are accepted too, so look at the
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
        yield Problem(
            f"lists {counted(len(entries), 'finding')} that {'are' if entries[1:] else 'is'} gone: "
            f"{', '.join(shown)}{more}",
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
