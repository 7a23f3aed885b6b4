"""The first layer: one search of the bytes, then an exact check of each place with a hit."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pkgaudit.api import BinaryFile, Exclude, Severity, Token, Window, quoted
from pkgaudit.late import lazy
from pkgaudit.literals import MOST_HITS, Hits, Search, search_for
from pkgaudit.rules.secrets.aliases import names_of, names_of_key
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import KEY_RANK, NONE_RANK, SHAPE_RANK, Claims, Secret, digest_of
from pkgaudit.rules.secrets.headers import LITERAL as BASIC
from pkgaudit.rules.secrets.headers import find_basic_logins
from pkgaudit.rules.secrets.index_urls import find_index_urls
from pkgaudit.rules.secrets.keys import LITERALS as KEYS
from pkgaudit.rules.secrets.keys import Key, find_der_key, find_keys
from pkgaudit.rules.secrets.logins.formats import format_of
from pkgaudit.rules.secrets.logins.manifests import find_manifest_secrets
from pkgaudit.rules.secrets.modules import find_in_module
from pkgaudit.rules.secrets.place import cause_at, is_grafted, mask, severity_at
from pkgaudit.rules.secrets.plugins import all_tokens
from pkgaudit.rules.secrets.proof import entropy
from pkgaudit.rules.secrets.publishing import LITERALS as PUBLISHING
from pkgaudit.rules.secrets.publishing import find_publishing_passwords
from pkgaudit.rules.secrets.tokens import MOST_TRIES, TooManyError, find_tokens, find_wide_tokens
from pkgaudit.rules.secrets.urls import LITERAL as URL
from pkgaudit.rules.secrets.urls import find_url_passwords, find_wide_url_passwords

MOST_SECRETS = 10_000
"""How many secrets of one kind are checked per file: a bound on files made to overload the search."""

_STEPS = 2
"""Steps to check a place that may be a token, see `Member.spend`."""

# The line breaks of YAML 1.1, section 5.4: the usual ones and NEL, LS and PS.
_LINE_END = lazy(rb"\r\n|\n|\r|\xc2\x85|\xe2\x80[\xa8\xa9]")

_WIDE_REACH = 1 << 17
"""Bytes of UTF-16 that are searched for a private key: two for each of `keys.LONGEST` characters."""


@cache
def _tables() -> tuple[tuple[bytes, ...], dict[int, list[Token]]]:
    """Return all literals, and by the number of a literal the kinds of tokens that contain it."""
    tokens = all_tokens()
    of_tokens = (each for token in tokens for each in token.literals)
    literals = tuple(dict.fromkeys((*KEYS, URL, BASIC, *PUBLISHING, *of_tokens)))
    users: dict[int, list[Token]] = {}
    for token in tokens:
        for literal in token.literals:
            users.setdefault(literals.index(literal), []).append(token)
    return literals, users


@cache
def literals_of(binary: bool) -> tuple[bytes, ...]:
    """Return the literals to search: in a binary also as UTF-16, in either byte order."""
    literals = _tables()[0]
    return literals + tuple(map(widened, literals)) if binary else literals


@cache
def _search(binary: bool) -> Search:
    return search_for(literals_of(binary))


def widened(literal: bytes) -> bytes:
    """Return ASCII as UTF-16 without the outer zero byte, whose position depends on the byte order."""
    return b"\0".join(literal[at : at + 1] for at in range(len(literal)))


def first_layer(content: Content) -> tuple[list[Secret], dict[str, Exception]]:
    """Return the secrets in the order of the content, one per range, and the errors.

    The errors are given by the code of the rule that they concern.
    """
    if content.is_walked:
        return [], {}
    hits = _search(content.binary)(content.data)
    found: list[Secret] = []
    errors: dict[str, Exception] = {}
    drowned = sum(map(len, hits.values())) >= MOST_HITS
    for codes, find in _finders(content, hits):
        try:
            counts = {False: 0, True: 0}
            for secret in find:
                is_one = secret.code is not None
                counts[is_one] += 1
                if counts[is_one] <= MOST_SECRETS:
                    found.append(secret)
                elif is_one:
                    drowned = True
                    break
        except TooManyError:
            drowned = True
        except (
            Exception
        ) as error:  # in a judge, maybe of a plug-in: the findings of others are still reported
            errors.update(dict.fromkeys(codes, error))
    if not found and not drowned:
        return found, errors
    claims = Claims()
    found.sort(key=lambda each: (each.rank, each.start))
    kept = [each for each in found if each.line is not None or claims.take(each.start, each.end)]
    kept.sort(key=lambda each: each.start)
    if drowned:
        kept.append(_drowned(content))
    return kept, errors


def _finders(content: Content, hits: Hits) -> Iterator[tuple[tuple[str, ...], Iterator[Secret]]]:
    """Yield the functions that check the places of the hits, with the rules that they serve."""
    literals, users = _tables()
    wide = len(literals)
    places: dict[tuple[str, bool], tuple[Token, list[int]]] = {}
    keys = 0
    for number, starts in hits.items():
        if number % wide < len(KEYS):
            keys += len(starts)
        for token in users.get(number % wide, ()):
            places.setdefault((token.name, number >= wide), (token, []))[1].extend(starts)
    tries = sum(min(len(found), MOST_TRIES) for _, found in places.values())
    if not content.view.member.spend(keys + _STEPS * tries):
        return
    if starts := hits.get(len(KEYS), []):
        yield ("SE104",), _find_url_passwords(content, starts)
    if starts := hits.get(len(KEYS) + wide, []):
        yield ("SE104",), find_wide_url_passwords(content, starts)
    if keys or content.data[:1] == b"0":
        yield ("SE102",), _find_keys(content, hits, wide)
    for (_, is_wide), (token, found) in places.items():
        find = find_wide_tokens if is_wide else find_tokens
        yield ("SE101", "SE103"), find(token, content, sorted(found))
    if (
        content.view.member.suffix in (".yaml", ".yml", ".json")
        and content.text
        and content.view.window.whole
    ):
        yield ("SE105",), _find_in_manifests(content)
    if starts := hits.get(literals.index(BASIC), []):
        yield ("SE105",), find_basic_logins(content, starts)
    first = literals.index(PUBLISHING[0])
    if any(first <= number < first + len(PUBLISHING) for number in hits):
        words = {word: hits[number] for number, word in enumerate(PUBLISHING, first) if number in hits}
        yield ("SE105",), find_publishing_passwords(content, words)
    yield ("SE105",), find_in_module(content)


def _find_url_passwords(content: Content, starts: list[int]) -> Iterator[Secret]:
    """Yield the passwords in URLs except those that the rules for index URLs and credential files report."""
    index: set[int] | None = None
    for secret in find_url_passwords(content, starts):
        if secret.code is not None and content.text is not None:
            if format_of(content.view.path) is not None:
                secret = replace(secret, code=None, rank=NONE_RANK)
            elif index is None:
                index = {each.start for each in find_index_urls(content.data, content.view.member.name)}
            if index is not None and secret.start in index:
                secret = replace(secret, code=None, rank=NONE_RANK)
        yield secret


def _find_in_manifests(content: Content) -> Iterator[Secret]:
    """Yield the values of Kubernetes Secrets: each value is searched like a file of its own."""
    lines: list[int] = []
    for value in find_manifest_secrets(content.data):
        # YAML has other line breaks besides line feeds. The whole line is claimed.
        lines = lines or [0, *(match.end() for match in _LINE_END.finditer(content.data))]
        start = lines[min(value.line, len(lines)) - 1]
        end = lines[value.line] if value.line < len(lines) else len(content.data)
        inner = Content(BinaryFile(content.view.member, Window(value.value.encode("utf-8", "replace"))))
        known = [secret for secret in first_layer(inner)[0] if secret.code is not None] if inner.data else []
        for secret in known:
            message = f"{secret.message} (the value of {quoted(value.key)} in a Kubernetes Secret)"
            data = {**secret.data, "key": value.key}
            yield replace(secret, start=start, end=end, message=message, line=value.line, data=data)
        if known or (value.what.startswith("a secret") and re.search(r"\s", value.value)):
            continue  # already reported, or words and lines of settings
        # Chosen, as for passwords in URLs: 12 characters of 3.2 bits are nearly random; other values are a
        # warning.
        looks_real = not value.weak and len(value.value) >= 12 and entropy(value.value) >= 3.2
        message = (
            f"a Kubernetes Secret contains {value.what}, which everybody can decode "
            f"({mask(value.value)}, sha256 {digest_of(value.value)[:12]})"
        )
        fix = "change the secret where it is used first, then set the value with a template or in the cluster"
        worst = Severity.ERROR if looks_real else Severity.WARNING
        severity = severity_at(content.view, worst, Severity.INFO)
        encoded = b64encode(value.value.encode("utf-8", "surrogatepass")).decode()
        baseline_hashes = (names_of(value.value, encoded),)
        yield Secret(
            start,
            end,
            "SE105",
            value.value,
            message,
            fix,
            severity,
            SHAPE_RANK,
            value.line,
            baseline_hashes,
            {"kind": value.what, "key": value.key},
        )


def _find_keys(content: Content, hits: Hits, wide: int) -> Iterator[Secret]:
    if any(number in hits for number in range(len(KEYS))):
        # Latin-1 has one character per byte, so offsets are the same.
        yield from _keys_in(content, content.data.decode("latin-1"), 0, 1)
    if content.data[:1] == b"0" and content.view.window.whole and (key := find_der_key(content.data)):
        yield _key_secret(content, key, 0, 1)
    done = -1
    for at in sorted(start for number in range(len(KEYS)) for start in hits.get(number + wide, ())):
        if at < done:
            continue
        # 256 bytes before: the text before PRIVATE KEY in a marker, or the beginning of a JSON Web Key.
        low = max(at % 2 + max(0, (at - 256) // 2 * 2), (done - 256) // 2 * 2 + at % 2 if done > 0 else 0)
        narrow = content.data[low : at + _WIDE_REACH : 2].decode("latin-1")
        done = at + _WIDE_REACH // 2  # a key that begins in the first half ends in the second
        yield from _keys_in(content, narrow, low, 2)


def _keys_in(content: Content, text: str, offset: int, width: int) -> Iterator[Secret]:
    for key in find_keys(text):
        yield _key_secret(content, key, offset, width)


_REPLACE = "replace the key wherever it is trusted"

_MOSTLY = 0.8
"""The minimum share of a key in a file that exists only for the key. Chosen: a comment or a certificate may
be beside it."""


_ASSIGNED = lazy(
    r"(\w{1,80})[\"']?[ \t]*(?::[ \t]*[\w.\[\], |]{1,60})?(?::=|[=:])[ \t]*(?:[\w.]{1,40}\()?[(\[]?\s{0,20}"
    r"(?:[bfru]{0,2}[\"'`]{1,3}\\?|[|>][+-]?)\s{0,20}\Z"
)
"""The end of the text before a key in source code or data: the name to which the key is assigned."""

_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a name such as ``TEST_KEY`` or ``testKey2``."""

_FOR_TESTS = frozenset({"demo", "dummy", "example", "fake", "mock", "sample", "test", "testing", "tests"})
"""Words in the names of keys that nothing trusts. Chosen."""


def _is_named_for_tests(content: Content, start: int, width: int) -> bool:
    """Return whether the file assigns the text at an offset to a name such as ``TEST_KEY``."""
    before = content.data[max(start % width, start - 150 * width) : start : width].decode("latin-1")
    name = _ASSIGNED.search(before)
    return name is not None and not _FOR_TESTS.isdisjoint(map(str.lower, _WORD.findall(name[1])))


def _key_secret(content: Content, key: Key, offset: int, width: int) -> Secret:
    start, end = offset + width * key.start, offset + width * key.end
    secret = key.data.hex()
    predicate, severity = "is not encrypted", Severity.ERROR
    if key.encrypted:
        predicate, severity = "is encrypted with a passphrase", Severity.WARNING
    elsewhere = Severity.INFO if key.encrypted else Severity.WARNING
    message = f"the {key.kind} (sha256 {digest_of(secret)[:12]}){content.says_where(start)} {predicate}"
    level = severity_at(content.view, severity, elsewhere)
    if _is_named_for_tests(content, start, width):
        level = min(level, elsewhere)
    cause = None
    fix: str | Exclude = f"{_REPLACE} first, then remove it from the file"
    if end - start >= _MOSTLY * len(content.data) and not content.view.member.is_nested:
        fix = Exclude(content.view.path, _REPLACE)
    if is_grafted(content.view.path):
        level = Severity.INFO
        fix = "leave the key if it only serves a self-test of the library, as in encryption libraries"
    elif level < severity:
        cause = cause_at(content.view, "private keys")
        fix = "leave the key if only tests or examples trust it; otherwise replace it wherever it is trusted"
    baseline_hashes = () if key.label is None else (names_of_key(key.label),)
    return Secret(
        start,
        end,
        "SE102",
        secret,
        message,
        fix,
        level,
        KEY_RANK,
        baseline_hashes=baseline_hashes,
        data={"kind": key.kind, "encrypted": key.encrypted},
        cause=cause,
    )


def _drowned(content: Content) -> Secret:
    """Return a finding for a file with too many places that look like secrets."""
    size = len(content.data)
    message = "the file has so many places that look like a token that not all were checked"
    return Secret(size, size, "SE103", f"drowned {content.view.path}", message, severity=Severity.WARNING)
