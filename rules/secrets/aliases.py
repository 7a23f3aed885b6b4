"""The digests by which detect-secrets lists a secret: the SHA-1 of the value that its plugins report."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha1

from pkgaudit.late import lazy

Names = tuple[frozenset[str], ...]
"""For each of several secrets, its possible digests in a baseline."""

_PARTS = tuple(
    lazy(pattern)
    for pattern in (
        r"(ghp|gho|ghu|ghs|ghr)_",
        r"(glpat|gldt|glft|glsoat|glrt)-",
        r"glcbt-([0-9a-fA-F]{2}_)",
        r"(eyJ[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.)",
        r"([rs]k_live_[0-9a-zA-Z]{24})",
        r"([MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27})",
        r"((?i:xox[abposr]-(?:\d+-)+[a-z0-9]+))",
        r"(AC[a-z0-9]{32}|SK[a-z0-9]{32})",
        r"(\d{8,10}:[\w-]{35})",
        r"(sk-[\w-]*[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    )
)
"""Tokens of which a plugin only reports the captured part."""

_WITH = (
    (lazy(r"[A-Za-z0-9+/]{86}=="), ("AccountKey=",), ("",)),
    (lazy(r"services/T.*"), ("https://hooks.slack.com/",), ("",)),
    (lazy(r"AKC[A-Za-z0-9]+"), ("", " ", "=", ":", '"'), ("", " ", '"')),
)
"""Tokens that a plugin reports together with the text before and after them."""


def names_of(*texts: str) -> frozenset[str]:
    """Return the digests under which a baseline may list one secret; ``texts`` are its possible values."""
    return frozenset(map(_digest, texts))


def names_of_token(token: str, *more: str) -> frozenset[str]:
    """Return the digests under which a baseline may list a token."""
    parts = [match[1] for pattern in _PARTS if (match := pattern.search(token))]
    for pattern, heads, tails in _WITH:
        if pattern.fullmatch(token):
            parts += [f"{head}{token}{tail}" for head in heads for tail in tails]
    return names_of(token, *parts, *more)


def names_of_key(label: str) -> frozenset[str]:
    """Return the digest under which a baseline lists every key with this label in its first line."""
    # detect-secrets reports the marker as the secret, so all keys of a kind have one digest.
    if label == "PGP ":
        return names_of("BEGIN PGP PRIVATE KEY BLOCK")
    return names_of(f"BEGIN {label}PRIVATE KEY")


def names_of_all(values: Iterable[str], most: int = 100) -> Names:
    """Return the digests of several secrets, none if there are more than ``most`` or one is empty."""
    listed = list(values)
    # Chosen: nobody decided on each of a hundred values of one file in a baseline.
    return tuple(map(names_of, listed)) if len(listed) <= most and all(listed) else ()


def _digest(text: str) -> str:
    return sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
