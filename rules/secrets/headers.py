"""Find logins in headers for basic authentication, which everybody can decode: SE105."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from pkgaudit.api import Severity
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.aliases import names_of
from pkgaudit.rules.secrets.assignments import FIX, is_credential
from pkgaudit.rules.secrets.content import Content
from pkgaudit.rules.secrets.found import WEAK_RANK, Secret, digest_of
from pkgaudit.rules.secrets.logins.model import basic_login, is_placeholder
from pkgaudit.rules.secrets.place import is_code, mask

LITERAL = b"Basic "

MOST = 1000
"""How many headers are checked per file: a bound on hostile files; a real file has a few."""

_HEADER = lazy(rb"Basic[ ]{1,4}([A-Za-z0-9+/]{12,600}={0,2})")
"""The scheme and the login in base64 (https://datatracker.ietf.org/doc/html/rfc7617#section-2)."""


def find_basic_logins(content: Content, starts: Sequence[int]) -> Iterator[Secret]:
    """Yield the logins after the places of `LITERAL`, outside of tests and documents."""
    if not is_code(content.view) or content.view.member.suffix == ".pyi":  # a stub is not executed
        return
    for at in islice(starts, MOST):
        match = _HEADER.match(content.data, at)
        if match is None or not content.view.member.spend(1):
            continue
        start, end = match.span(1)
        # Bytecode has no quote after a string; base64 has four characters for three bytes.
        end -= (end - start) % 4
        encoded = content.decode(start, end)
        password = basic_login(encoded)
        if password is None or is_placeholder(password) or not is_credential("password", password):
            continue
        yield Secret(
            start,
            end,
            "SE105",
            password,
            f"a header for basic authentication contains a password{content.says_where(start)} "
            f"({mask(password)}, sha256 {digest_of(password)[:12]})",
            FIX,
            Severity.WARNING,
            WEAK_RANK,
            baseline_hashes=(names_of(password, encoded),),
            data={"kind": "basic authentication"},
        )
