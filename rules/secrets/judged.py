"""Judge the findings of detect-secrets' plugins: SE105, SE106, and weaker tokens of SE103."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from pkgaudit.api import Severity, quoted
from pkgaudit.rules.secrets.aliases import names_of
from pkgaudit.rules.secrets.assignments import FIX, assignment, is_credential, is_data
from pkgaudit.rules.secrets.catalogue.judges import looks_random
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.detect_secrets.layer import Hit, second_layer
from pkgaudit.rules.secrets.found import WEAK_RANK, Secret, digest_of
from pkgaudit.rules.secrets.logins.env import is_environment_file
from pkgaudit.rules.secrets.logins.formats import format_of
from pkgaudit.rules.secrets.place import is_code, mask, severity_at
from pkgaudit.rules.secrets.tokens import is_bounded

# Formats of settings files. In code and data, nearly no random-looking string is a secret: none of 169 hits
# of detect-secrets in popular distributions, judged by hand, was a live secret.
_CONFIGURATION = frozenset({".env", ".ini", ".cfg", ".conf", ".cnf", ".toml", ".yaml", ".yml", ".properties"})
_LARGEST_JSON = 1 << 16
"""Bytes; a larger JSON file is data. Chosen: settings that people write have a few kilobytes."""

_CODES = {
    "KeywordDetector": "SE105",
    "Base64HighEntropyString": "SE106",
    "HexHighEntropyString": "SE106",
    "BasicAuthDetector": "SE104",
    "PrivateKeyDetector": "SE102",
}
"""The rule for a plugin's findings; those of all other plugins are provider tokens, SE103."""

_LOOKED_AT = frozenset({"BasicAuthDetector", "GitHubTokenDetector", "JwtTokenDetector", "PrivateKeyDetector"})
"""Plugins for kinds that the first layer has checked closely: their other hits have only the format."""

# Remedies by rule. detect-secrets does not name the page on which a provider's token can be revoked.
_FIXES = {
    "SE104": "change the password first, then remove it from the URL",
    "SE102": "replace the key wherever it is trusted first, then remove it from the file",
    "SE105": FIX,
    "SE106": "if the string is a secret, change it where it is used and read it from the environment",
}
_FIX = (
    "if the value is a secret, revoke it first, then remove it from the file and read it from the environment"
)

MANY = 10
"""A file with more random strings than this is data and gets a single finding.

Chosen: settings have a few keys, while lists of digests and chunk maps, in which most hits of the plugins
are, have hundreds."""

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_FIRST_WORD = re.compile(rb"[ \t\"'-]{0,40}([\w.-]{1,80})")


def find_with_plugins(
    content: Content, level: str, taken: Callable[[int, int], bool]
) -> tuple[list[Secret], Exception | None, list[str]]:
    """Return the secrets that plugins find in ranges that are not ``taken``.

    Also return the first failure, and the limits that were reached.
    """
    if content.text is None:
        return [], None, []
    hits, errors, limits = second_layer(
        content.data,
        content.view.path,
        level=level,
        configuration=is_configuration(content),
        random=content.view.member.suffix != ".json",  # where they are nearly always data
        encoding=content.encoding,
        skip=taken,
        without=() if level == "thorough" else _LOOKED_AT,
        spend=content.view.member.spend,
    )
    judge = _as_found if level == "thorough" else _judged
    found = [secret for hit in hits for secret in judge(content, hit) if not _is_taken(secret, taken)]
    random = [each for each in found if each.code == "SE106"]
    if len(random) > MANY:
        found = [each for each in found if each.code != "SE106"]
        found.append(_as_one(random))
    return found, errors[0] if errors else None, limits


def is_configuration(content: Content) -> bool:
    """Return whether a file contains settings in use: not a test, a document, or large data.

    Files that other rules read by their format are left to those rules.
    """
    member = content.view.member
    name = member.name.lower()
    known = member.suffix in _CONFIGURATION or name.startswith(".env.")
    known = known or (member.suffix == ".json" and len(content.data) <= _LARGEST_JSON)
    known = known and is_code(content.view) and not is_environment_file(name)
    return known and format_of(member.path) is None


def _is_taken(secret: Secret, taken: Callable[[int, int], bool]) -> bool:
    return secret.start < secret.end and taken(secret.start, secret.end)


def _as_found(content: Content, hit: Hit) -> Iterator[Secret]:
    """Yield the hit of a plugin without judging it."""
    code = _CODES.get(hit.plugin, "SE103")
    message = f"detect-secrets reports a value ({_shown(hit.value)}) of the kind {quoted(hit.kind)}"
    yield _secret(content, hit, code, hit.value, message, kind=hit.kind)


def _judged(content: Content, hit: Hit) -> Iterator[Secret]:
    """Yield the hit of a plugin unless harmless values often have the same format."""
    code = _CODES.get(hit.plugin, "SE103")
    if code == "SE105":
        value = _plain(hit.value)
        key = _key_of(content, hit)
        if is_credential(key, value):
            start, end, line = _range(hit)
            names = (names_of(value, hit.value),)
            found = assignment(content, start, end, key, value)
            yield replace(found, line=line, baseline_hashes=names)
    elif code == "SE106":
        if not is_data(hit.value, _key_of(content, hit)):
            message = f"a quoted string ({_shown(hit.value)}) looks random and may be a secret"
            yield _secret(content, hit, code, hit.value, message)
    elif code == "SE103":
        value = content.decode(hit.start, hit.end) if hit.start >= 0 else hit.value
        loose = hit.plugin == "ArtifactoryDetector" and "AKC" not in value[:4]  # any word in AP matches
        # Chosen: randomness does not distinguish shorter values from words.
        if len(value) >= 20 and not loose and looks_random(value, 62) and not _is_chance(content, hit, value):
            message = (
                f"a value ({_shown(value)}) has the format of the kind {quoted(hit.kind)}, "
                "which other values may have too"
            )
            yield _secret(content, hit, code, value, message, kind=hit.kind)


_ALONE = frozenset({"AWSKeyDetector", "ArtifactoryDetector", "DiscordBotTokenDetector", "MailchimpDetector"})
"""Plugins whose expressions have neither borders nor letters that only the provider uses."""
_HEX = re.compile(r"[0-9A-F]+|[0-9a-f]+")
_AWS_ID = re.compile(r"A[A-Z0-9]{3}[A-Z2-7]{16}")
"""The ID of an access key: the text after the prefix is base32.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""
_ID = 20  # characters of an access key ID


def _is_chance(content: Content, hit: Hit, value: str) -> bool:
    """Return whether a value is a part of a longer text, such as a hash, or may be a hash itself."""
    if hit.plugin not in _ALONE:
        return False
    if _HEX.fullmatch(value):
        return True
    if hit.plugin == "AWSKeyDetector" and len(value) == _ID and not _AWS_ID.fullmatch(value):
        return True
    if hit.start < 0:
        return False
    after = content.data[hit.end : hit.end + 1]
    return not is_bounded(content.data, hit.start) or after.isalnum() or after == b"_"


def _shown(value: str) -> str:
    return f"{mask(value)}, sha256 {digest_of(value)[:12]}"


def _secret(content: Content, hit: Hit, code: str, value: str, message: str, **data: str) -> Secret:
    severity = severity_at(content.view, Severity.WARNING, Severity.INFO)
    fix = _FIXES.get(code, _FIX)
    baseline_hashes = (names_of(value, hit.value),)
    start, end, line = _range(hit)
    return Secret(start, end, code, value, message, fix, severity, WEAK_RANK, line, baseline_hashes, data)


def _range(hit: Hit) -> tuple[int, int, int | None]:
    """Return the offsets of a hit, or its line if the rewritten file has no offsets."""
    return (0, 0, hit.line) if hit.start < 0 else (hit.start, hit.end, None)


def _plain(value: str) -> str:
    """Return a value without the quotes, commas and comments that a plugin leaves around it."""
    value = re.split(r"\s[#;]", value.strip(), maxsplit=1)[0]
    return value.strip().rstrip(",;").strip("\"'`")


def _key_of(content: Content, hit: Hit) -> str:
    """Return the name to which a value is assigned, empty if no name is visible."""
    data = content.data
    if hit.start >= 0:
        # 200 and 80 only bound the time: a key comes directly before its value.
        low = max(data.rfind(b"\n", max(0, hit.start - 200), hit.start) + 1, hit.start - 200, 0)
        before = data[low : hit.start].rstrip(b" \t\"'`=:>[]")
        at = len(before)
        while at and before[at - 1] in _WORD:
            at -= 1
        if before[:at].endswith(b"::"):
            at -= 2
        return before[max(at, len(before) - 80) :].decode("ascii")
    match = _FIRST_WORD.match(data, content.lines[min(hit.line, len(content.lines)) - 1])
    return match[1].decode("latin-1") if match else ""


def _as_one(secrets: list[Secret]) -> Secret:
    """Return one finding for a file that is full of random strings."""
    first = secrets[0]
    message = f"{len(secrets)} strings look random; the first is {_shown(first.text)}"
    fix = "check whether these are data or secrets"
    values = "\n".join(each.text for each in secrets)
    baseline_hashes = tuple(names for each in secrets for names in each.baseline_hashes)
    data = {"count": len(secrets)}
    return replace(first, text=values, message=message, fix=fix, baseline_hashes=baseline_hashes, data=data)
