"""Tokens that prove by themselves that they were issued: SE101."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from pkgaudit.api import Severity, TextFile
from pkgaudit.rules._secrets_found import Secret, is_bounded, remedy
from pkgaudit.rules._secrets_place import Place, is_placeholder, mask, milder, place_of
from pkgaudit.rules._secrets_plugins import Content, Gate, Plugin
from pkgaudit.rules._secrets_proof import Proof, entropy, has_checksum, prove_jwt, prove_pypi

PYPI = Plugin("pypi_token", "PypiTokenDetector", (Gate((b"pypi-Ag",)),))
GITHUB = Plugin("github_token", "GitHubTokenDetector", (Gate(pattern=re.compile(rb"gh[pousr]_")),))
NPM_NEEDLE, JWT_NEEDLE = b"npm_", b"eyJ"

_NPM = re.compile(r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}")
_JWT_LONGEST = 1 << 14
_WORD = re.compile(r"[A-Za-z0-9_]*")

_GITHUB_KINDS = {
    "ghp": "personal access token",
    "gho": "OAuth token",
    "ghu": "user token of an app",
    "ghs": "installation token",
    "ghr": "refresh token",
}


def find_tokens(view: TextFile, content: Content) -> Iterator[Secret]:
    """Yield the tokens with a proof and, as provider tokens, those that should have one and have not."""
    text = view.text
    if PYPI.may_find(content):
        for match in PYPI.find(text):
            if is_bounded(text, match.start()):
                yield _judge(
                    view, match, "PyPI token", "https://pypi.org/manage/account/token/", prove_pypi(match[0])
                )
    if GITHUB.may_find(content):
        for match in GITHUB.find(text):
            if is_bounded(text, match.start()) and not _WORD.match(text, match.end())[0]:  # type: ignore[index]
                what = f"GitHub {_GITHUB_KINDS[match[0][:3]]}"
                yield _judge(view, match, what, "https://github.com/settings/tokens", _checksum(match[0]))
    if NPM_NEEDLE in content.data:
        for match in _NPM.finditer(text):
            if is_bounded(text, match.start()):
                proof = _checksum(match[0])
                yield _judge(view, match, "npm token", "https://www.npmjs.com/settings/~/tokens", proof)
    if JWT_NEEDLE in content.data:
        yield from _web_tokens(view)


def _checksum(token: str) -> Proof | None:
    return Proof("its checksum is right") if has_checksum(token) else None


def _judge(view: TextFile, match: re.Match[str], what: str, link: str, proof: Proof | None) -> Secret:
    token = match[0]
    fix = remedy(what, link)
    # Made-up tokens repeat themselves; some documentation even gives them the right checksum.
    if entropy(token[-36:]) < 3.5 or (proof is None and is_placeholder(token)):
        return Secret(*match.span())
    if proof is not None:
        return _verified(view, match, what, fix, proof)
    if place_of(view) is not Place.CODE:
        return Secret(*match.span())
    message = f"{what} {mask(token)}: its shape is right but its checksum is not, so it is made up or cut"
    return Secret(*match.span(), "SE103", token, message, fix, Severity.INFO)


def _verified(view: TextFile, match: re.Match[str], what: str, fix: str, proof: Proof) -> Secret:
    severity = milder(view, Severity.WARNING)
    says = proof.says
    if proof.expires is not None and proof.expires < time.time():
        says, severity = f"{says}; it has expired", Severity.INFO
    return Secret(*match.span(), "SE101", match[0], f"{what} {mask(match[0])}: {says}", fix, severity)


def _web_tokens(view: TextFile) -> Iterator[Secret]:
    text, at = view.text, 0
    while (at := text.find("eyJ", at)) >= 0:
        match = None
        if is_bounded(text, at) and text[at - 1 : at] not in ("-", "."):
            match = _JWT.match(text, at, at + _JWT_LONGEST)
        if match is None:
            at += 3
            continue
        at = match.end()
        proof = prove_jwt(match[0])
        if proof is None or (proof.expires is not None and proof.expires < time.time()):
            yield Secret(*match.span())
        else:
            fix = "revoke the token where it was issued first, then remove it from the file"
            yield _verified(view, match, "JSON Web Token", fix, proof)
