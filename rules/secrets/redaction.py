"""Remove secrets from the messages of all rules: they quote the audited file, which may contain a secret.

A message quotes a long value without its middle, so the rest of a secret may no longer prove anything. The
text at such a cut is therefore judged by its appearance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pkgaudit.api import ArchiveKind, BinaryFile, Entry, EntryType, Member, Window
from pkgaudit.late import lazy
from pkgaudit.rules.secrets.content import Content, decoded_source
from pkgaudit.rules.secrets.place import is_placeholder, mask
from pkgaudit.rules.secrets.plugins import all_tokens
from pkgaudit.rules.secrets.scan import look
from pkgaudit.rules.secrets.token_scanner import first_layer

_MEMBER = Member(Entry("message.txt", EntryType.FILE), ArchiveKind.WHEEL)

_LOGIN = lazy(
    r"(?P<front>:/{1,3})(?P<user>[^\s/?#:]{0,1024}):(?![0-9]{1,5}[/?#…])(?P<password>\S{1,4096})(?P<back>@)"
)
_CUT_LOGIN = lazy(
    r"(?P<front>:/{1,3})(?P<user>[^\s/?#:@]{0,1024}):(?![0-9]{1,5}…)"
    r"(?P<password>[^\s/?#@…'\"]{0,1024}…[^\s@'\"]{0,1024})(?P<back>)(?![^\s'\"]*@)"
)
_USER = lazy(r"(?P<front>:/{1,3})(?P<user>[^\s/?#:@]{12,1024})(?=:?[^\s/?#@]{0,1024}@)")
_CUT_USER = lazy(r"(?P<front>:/{1,3})(?P<user>[^\s/?#:@.…'\"]{8,1024}…[^\s@/'\"]{0,1024})")
_PARAMETER = lazy(
    r"(?P<front>[?&#;][\w-]{0,40}(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|signature|credential)[\w-]{0,40}=)"
    r"(?P<value>[^\s&#'\"]{1,4096})",
    re.IGNORECASE,
)
"""A value in the query or fragment of a URL whose parameter name says that it is a secret."""

_ASSIGNED = lazy(
    r"(?P<front>(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|credential)[\w-]{0,40}[\"'\])]{0,3}\s{0,4}"
    r"[=:]\s{0,4}(?P<quote>[\"']))(?P<value>[^\"'\n]{4,200})(?=(?P=quote))",
    re.IGNORECASE,
)
"""A text that code sets a name of a secret to: rules quote code, such as that of a `.pth` file."""

_CUT_IN_LOGIN = lazy(r"…[^\s/@…'\"]{8,1024}@")
# Variables and slots, which are shown unchanged: `$…` would hide the fault.
_PLACEHOLDER = lazy(
    r"\$[A-Z_][A-Z0-9_]*|\$?\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|%\([a-z_]+\)s|%s|%[A-Z_]+%"
    r"|<[A-Za-z _-]*>|\[[A-Za-z _-]*\]|\*+|[xX]{3,}|\.{3}"
)
_MASKED = lazy(r"[^…]{0,6}…[^…]{0,2}")
_TAIL = lazy(r"…([A-Za-z0-9_+=-]{8,})")
_MOST_SHOWN = 8
"""The most characters that a mask leaves at both ends together."""


def redact(text: str) -> str:
    """Return a text in which tokens, keys and passwords of URLs are masked.

    Raises:
        Exception: the search for one kind of secret failed, or the text is too large.
    """
    text = _without_found(text)
    if "…" in text:
        text = _cut_token().sub(_mask_cut_token, text)
        text = _TAIL.sub(lambda match: f"…{match[1][-2:]}" if _is_mixed(match[1], 3) else match[0], text)
    if ":/" in text and ("@" in text or "…" in text):
        text = _CUT_LOGIN.sub(_mask_login, _LOGIN.sub(_mask_login, text))
        text = _CUT_USER.sub(_mask_user, _USER.sub(_mask_user, text))
    if "=" in text:
        text = _PARAMETER.sub(_mask_parameter, text)
    if "'" in text or '"' in text:
        text = _ASSIGNED.sub(_mask_parameter, text)
    return _CUT_IN_LOGIN.sub("…@", text) if "…" in text else text


_URL = lazy(rb":/{1,3}[^\s\"'<>`]{1,4096}")
_END_OF_AUTHORITY = lazy(r"[/?#]")


def secrets_in(file: BinaryFile) -> Iterator[str]:
    """Yield the secrets in a file that `redact` masks in a message which quotes them unchanged."""
    content = Content(file)
    for secret in (placed.secret for placed in look(file, "fast").secrets):
        if secret.start == secret.end > 0:
            continue  # a note that not all places were checked
        yield secret.text
        # The file may spell the secret in another way, such as a key or a login in base64.
        if secret.code in ("SE102", "SE105") and secret.start < secret.end:
            yield content.decode(secret.start, secret.end)
    decoded = decoded_source(file)
    for data in (content.data, b"" if decoded is None else decoded.data):
        for match in _URL.finditer(data) if b":/" in data else ():
            url = match[0]
            if b"@" in url or b"=" in url:
                yield from _secrets_in_url(url.decode("utf-8", "replace"))


def _secrets_in_url(url: str) -> Iterator[str]:
    """Yield the password of a URL, a user name that is a token, and secret parameters.

    This is stricter than `redact`: a value is masked in all messages, so it must not be a path or a name.
    """
    user, _, password = _END_OF_AUTHORITY.split(url.lstrip(":/"), 1)[0].rpartition("@")[0].partition(":")
    # Chosen: names of people and machines are shorter.
    is_token = len(user) >= 16 and any(map(str.isdigit, user)) and any(map(str.isalpha, user))
    for value in (password, user if is_token else "", *(each["value"] for each in _PARAMETER.finditer(url))):
        # Chosen: a password with a digit, or one that is longer than most words.
        is_used = len(value) >= 8 and (len(value) >= 12 or any(map(str.isdigit, value)))
        if is_used and not _PLACEHOLDER.fullmatch(value) and not is_placeholder(value):
            yield value


def _mask_parameter(match: re.Match[str]) -> str:
    value = match["value"]
    if _PLACEHOLDER.fullmatch(value) or _MASKED.fullmatch(value):
        return match[0]
    return match["front"] + mask(value)


def _without_found(text: str) -> str:
    """Return a text in which the findings of the first layer are masked."""
    data = text.encode("utf-8", "surrogatepass")
    content = Content(BinaryFile(_MEMBER, Window(data)))
    if content.data is not data:  # decoded from another encoding, so offsets differ from those in the text
        raise ValueError("the text cannot be searched directly")
    found, errors = first_layer(content)
    for error in errors.values():
        raise error
    for secret in reversed(found):
        if secret.code is not None and secret.start == secret.end:
            raise ValueError("the text has too many places that look like a token")
        if secret.code is not None or secret.rank == _SECOND_HALF:
            shown = mask(data[secret.start : secret.end].decode("utf-8", "replace"))
            data = data[: secret.start] + shown.encode() + data[secret.end :]
    return data.decode("utf-8", "surrogatepass")


_SECOND_HALF = 2
"""The rank of a part of a token that is at another place."""


@cache
def _cut_token() -> re.Pattern[str]:
    """Return the pattern of a text that begins like a token and contains a cut."""
    literals = sorted({each.decode() for token in all_tokens() for each in token.literals if len(each) > 2})
    return lazy(rf"(?:{'|'.join(map(re.escape, literals))})[\w.=+/%:-]{{0,1024}}…[\w.=+-]{{0,1024}}")


def _mask_cut_token(match: re.Match[str]) -> str:
    whole = match[0]
    long = len(whole) - 1 > _MOST_SHOWN and not _MASKED.fullmatch(whole)
    return mask(whole) if long and _is_mixed(whole, 2) else whole


def _mask_login(match: re.Match[str]) -> str:
    password = match["password"]
    if not _PLACEHOLDER.fullmatch(password) and not _MASKED.fullmatch(password):
        password = mask(password)
    return f"{match['front']}{match['user']}:{password}{match['back']}"


def _mask_user(match: re.Match[str]) -> str:
    user = match["user"]
    if _PLACEHOLDER.fullmatch(user) or _MASKED.fullmatch(user) or not _is_mixed(user, 2):
        return match[0]
    return f"{match['front']}{mask(user)}"


def _is_mixed(text: str, kinds: int) -> bool:
    """Return whether a text has characters of at least ``kinds`` of: digits, upper case, lower case."""
    return sum(any(map(kind, text)) for kind in (str.isdigit, str.isupper, str.islower)) >= kinds
