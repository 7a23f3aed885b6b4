"""Passwords in configuration files (SE105) and random strings (SE106), both by plugins of detect-secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pkgaudit.api import TextFile
from pkgaudit.rules._secrets_found import Secret
from pkgaudit.rules._secrets_place import Place, is_placeholder, mask, place_of
from pkgaudit.rules._secrets_plugins import Content, Gate, is_filtered, load_plugin
from pkgaudit.rules._secrets_proof import entropy

SUFFIXES = frozenset(
    {".env", ".ini", ".cfg", ".conf", ".cnf", ".toml", ".yaml", ".yml", ".properties", ".json"}
)
GATE = Gate((b"key", b"pass", b"pwd", b"secret", b"contrase"), folded=True)

_KEYWORD = re.compile(
    r"(?:api|auth|service|account|db|database|priv|private|client)_?key|(?:db|database|key)_?pass|passwo?r?d|pwd"
    r"|secret|contrase[nñ]a",
    re.IGNORECASE,
)
MOST_KEYWORDS = 100_000
"""How many words that may name a credential are looked at in a file."""

_REACH = 240
_HEAD = re.compile(r"[\w.-]{1,40}\Z")
_TAIL = re.compile(r"\w{0,40}")
_ASSIGNED = re.compile(r"\w{0,80}[\]'\"]{0,2}\s{0,40}(?:[:=!]|(?<=\s)['\"`])")
_NO_CREDENTIAL = re.compile(
    r"file|path|dir|names?|ids?|refs?|arn|ur[li]|env|var|variable|hash(ed)?|digest|type|kind|length|size|policy"
    r"|version|label|hint|field|prompt|help|text|title|description|message|error|expiry|expires|age|count"
    r"|manager|provider|store|template|pattern|regex|format|mode|min|max|enabled|required|reset|class|backend"
)
"""Last words of keys that tell something about a credential and do not hold it."""


def find_assignments(view: TextFile) -> Iterator[Secret]:
    """Yield the values of what a configuration file calls a password, a secret or a key."""
    name = view.member.name.lower()
    is_config = view.member.suffix in SUFFIXES or name == ".env" or name.startswith(".env.")
    if is_config and place_of(view) is Place.CODE and GATE.admits(Content(view)):
        yield from _assignments(view, name)


def _assignments(view: TextFile, name: str) -> Iterator[Secret]:
    text = view.text
    if not _KEYWORD.search(text):
        return
    from detect_secrets.plugins.keyword import REGEX_BY_FILETYPE
    from detect_secrets.util.filetype import FileType, determine_file_type

    plugin = load_plugin("keyword", "KeywordDetector")
    kind = FileType.CONFIG if ".env" in name else determine_file_type(name)
    regexes = REGEX_BY_FILETYPE.get(kind)
    done = 0
    for keyword in islice(_KEYWORD.finditer(text), MOST_KEYWORDS):
        start = keyword.start()
        if start < done or not _ASSIGNED.match(text, keyword.end()):
            continue
        stop = text.find("\n", start, start + _REACH)
        line = text[start : stop if stop >= 0 else start + _REACH].rstrip("\r")
        for value in plugin.analyze_string(line, regexes):
            at = start + line.find(value, len(keyword[0]))
            done = at + len(value)
            value = _plain(value)
            key = keyword[0] + _TAIL.match(text, keyword.end())[0]  # type: ignore[index]
            if is_credential(key, value):
                head = _HEAD.search(text, max(0, start - 40), start)
                name = f"{head[0] if head else ''}{key}"
                message = f"{name[:80]} is set to what looks like a real one ({mask(value)})"
                fix = "change the password or key first, then read it from the environment instead"
                yield Secret(at, at + len(value), "SE105", value, message, fix)
            break


def _plain(value: str) -> str:
    """Return a value without what the plugin's regexes leave around it: quotes, commas, comments."""
    value = re.split(r"\s[#;]", value.strip(), maxsplit=1)[0]
    return value.strip().rstrip(",;").strip("\"'`")


def is_credential(key: str, value: str) -> bool:
    """Whether a value is a password rather than a reference, a name, a text or an example."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", key).lower().split("_")
    if _NO_CREDENTIAL.fullmatch(words[-1]) or not 8 <= len(value) <= 200 or not value.isascii():
        return False
    if re.search(r"[\s{}<>()\[\]|]|\$[A-Z_({]|%[(s]|://|^[$!&*/.~@%]|::", value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if (
        is_placeholder(value)
        or is_filtered(value)
        or re.fullmatch(r"[a-z]+([-_./:][a-z0-9]+)+", value.lower())
    ):
        return False
    kinds = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
    variety = sum(any(map(kind, value)) for kind in kinds)
    return entropy(value) >= (3.0 if variety >= 3 else 3.3) and (variety >= 3 or len(value) >= 16)


_DATA = re.compile(r"record|.*\.(lock|map|sum|ipynb|svg|css)|.*(-lock|\.cdx|\.spdx)\.json|.*sbom.*")
_DIGEST_SIZES = frozenset({32, 40, 48, 56, 64, 96, 128})
MANY = 10
"""More random strings than this in a file, and the file is data: one finding says so."""


def find_random_strings(view: TextFile) -> Iterator[Secret]:
    """Yield quoted strings of code and data that look random: no digests, no UUIDs, no identifiers."""
    if place_of(view) is not Place.CODE or _DATA.fullmatch(view.member.name.lower()):
        return
    from detect_secrets.filters.heuristic import is_likely_id_string

    text = view.text
    for name in ("Base64HighEntropyString", "HexHighEntropyString"):
        plugin = load_plugin("high_entropy_strings", name)
        for match in plugin.regex.finditer(text):
            value = match[2]
            if not 16 <= len(value) <= 200 or _is_data(value):
                continue
            line = text[max(text.rfind("\n", 0, match.start()) + 1, match.start() - 200) : match.end()]
            if (
                plugin.calculate_shannon_entropy(value) > plugin.entropy_limit
                and not is_filtered(value)
                and not is_likely_id_string(value, line, plugin)
            ):
                message = f"{mask(value)} looks random: it may be a key or a password"
                fix = "if it is a secret, change it where it is used and read it from the environment"
                yield Secret(match.start(2), match.end(2), "SE106", value, message, fix)


def _is_data(value: str) -> bool:
    if re.fullmatch(r"[0-9a-fA-F]+", value):
        return len(value) in _DIGEST_SIZES or value.isdigit()
    if is_placeholder(value) or re.fullmatch(r"[A-Za-z]+([_-][A-Za-z0-9]+)+", value):
        return True
    kinds = (str.islower, str.isupper, str.isdigit)
    return re.match(r"(sha|md)[0-9]+-", value) is not None or not all(any(map(kind, value)) for kind in kinds)
