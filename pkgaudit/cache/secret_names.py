"""Contents that the cache does not keep, because a secret may be in them."""

from __future__ import annotations

import re

_NAMES = (
    *(
        b"password",
        b"passwd",
        b"passphrase",
        b"pwd",
        b"secret",
        b"token",
        b"credential",
        b"_auth",
        b"authorization",
    ),
    *(b"apikey", b"api_key", b"api-key", b"private_key", b"private-key", b"privatekey"),
)
"""Names of secrets, or parts of these."""

_SETS = re.compile(rb"[\w\]\"'.)-]{0,40}[ \t]{0,8}[:=,][ \t]{0,8}[brfu]{0,2}[\"'][^\"'\s]{3}")
"""What follows such a name if a text is assigned to it, in the source of any language."""

_SETS_PLAINLY = re.compile(rb"[\w\]\"'.)-]{0,40}[ \t]{0,8}[:=][ \t]{0,8}[^\s(\[{]{3}")
"""What follows it if any value is assigned to it, as in settings."""

_MOST_NAMES = 1_000
"""Places of a name that are looked at. Chosen: a file with more surely has a secret, or is not written by
hand."""


def may_hold_secret(data: bytes, path: str) -> bool:
    """Return whether a file sets the name of a secret to a value, whether or not a rule takes it for one."""
    is_source = path.endswith((".py", ".pyi"))  # in which only texts are values of secrets
    text = data.lower()
    for name in _NAMES:
        at = text.find(name)
        for _ in range(_MOST_NAMES):
            if at < 0:
                break
            end = at + len(name)
            if _SETS.match(text, end) or (not is_source and _SETS_PLAINLY.match(text, end)):
                return True
            at = text.find(name, end)
        else:
            return True
    return False
