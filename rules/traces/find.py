"""Find paths below a home directory in bytes of any kind: search fast, then check closely.

Few files contain one of `WORDS`, which a window finds for all rules in one pass. `find_homes` searches the
others once for each kind of path whose word occurs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice, takewhile
from urllib.parse import unquote_to_bytes

from pkgaudit.api import Words
from pkgaudit.late import dataclass, lazy

MOST = 5_000
"""Matches of a search that are checked in a window; more of them only repeat the same paths."""

_STEPS, _WIDE_STEPS = 2, 8
"""Steps for each match, and for each in UTF-16, see `Member.spend`."""

LONGEST = 400
"""Bytes of a path that are read: more than Windows' MAX_PATH (260), and enough for the account and the
project."""

_BEFORE = 64
"""Bytes before a match that decide whether the path begins there: the longest root is shorter than 64."""

_HOME = lazy(rb"/(?:home|Users)/")
_WINDOWS = lazy(rb":[\\/]{1,4}users[\\/]", re.IGNORECASE)
_WIDE = lazy(rb"(?:/\0h\0o\0m\0e\0/\0|[\\/]\0U\0s\0e\0r\0s\0[\\/]\0)")

# A letter is an ASCII word character or a UTF-8 sequence of two or three bytes, which most people's names
# consist of. 64 is the longest account (see accounts.LONGEST). Windows allows spaces in names; two are read.
_LETTER = rb"(?:[\w.~@+$-]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})"
# As above: an account ends at a separator or at a character that cannot continue a path.
_ACCOUNT = lazy(rb"(%s{1,64})(?=[/\\]|[^\w.~@+$ -]|\Z)" % _LETTER)
_ACCOUNT_WITH_SPACES = lazy(rb"(%s{1,32}(?: %s{1,32}){0,2})(?=[/\\])" % (_LETTER, _LETTER))
_PART_OF_PATH = (
    rb"(?:[^\0-\x20\x7f-\xff\"'<>|*?`:;,(){}\[\]/\\]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})"
)
_REST = lazy(rb"(?:[/\\]+%s+)*" % _PART_OF_PATH)
_PART = lazy(rb"[/\\]+[^/\\]+")

_WSL = lazy(rb"\\wsl(?:\$|\.localhost)\\+[\w.-]{1,40}(\\+home)\\")
"""The path with which Windows names the folders of a Linux in WSL."""
# `direct_url.json` and lists of opened files contain encoded paths: `file%3A%2F%2F%2Fhome%2F…`.
_ENCODED = lazy(rb"%2[Ff](?:home|Users)%2[Ff]|%3[Aa]%(?:2[Ff]|5[Cc])[Uu]sers%(?:2[Ff]|5[Cc])")
# The text before an encoded path; elsewhere it is the query of a URL on a server.
_BEFORE_ENCODED = lazy(rb"(?:[\s\"'=(,<>|\0]|\bfile(?::|%3[Aa])(?:/|%2[Ff]){0,3})\Z")
_WITH_ESCAPE = lazy(rb"[\w.~@+$-]{0,64}%[0-9A-Fa-f]{2}[\w.~@+$%/\\-]*")
_OF_URL = lazy(rb"[\w.~@+$%/\\-]+")

_ROOTS = lazy(
    rb"(?P<root>[A-Za-z]:|//wsl(?:\$|\.localhost)/[\w.-]{1,40}|/(?:export|usr|var|mnt|net|nfs|data[0-9]?|private|(?:mnt|cygdrive|host_mnt)/[a-z]|[a-z]"
    rb"|Volumes/[^/\0-\x1f\"'<>]{1,40}))\Z"
)
"""Roots that may come before ``/home`` or ``/Users`` and belong to the path: drives, volumes of macOS, usual
mounts of network file systems, and the mounts of Windows drives in WSL, Cygwin and Docker."""
_INSIDE = lazy(rb"[\w.~%$)}\]>*/\\\x80-\xff-]\Z")
"""A character that shows that the path began earlier."""
# Text that may come directly before a path: options of compilers (`-I/home/…`), `file:` and `webpack:` URLs,
# and `//` at the beginning of a string.
_OPTION = lazy(
    rb"(?:-(?:[ILFBR]|isystem|iquote|idirafter)|file:/{0,3}(?:localhost|[A-Za-z]%3[Aa])?|webpack:/{2,3}|[\s\"'\0=(]//)\Z"
)
_SCHEME = lazy(rb"(?<![\w/.])[A-Za-z][\w+-]{1,20}:/{0,2}\Z")
"""The scheme of a URL, in contrast to a list of paths; ``file:`` is matched earlier."""

WORDS = Words(
    *(b"/home/", b"/Users/", b"sers\\", b"home%", b"sers%", b"\\wsl"),
    *(b"h\0o\0m\0e\0/", b"U\0s\0e\0r\0s\0"),
)
"""Every path below a home directory contains one of these."""


@dataclass(frozen=True)
class Home:
    """A path below a home directory, from ``start`` to ``end`` of the data, in bytes.

    ``account`` is the name of the home directory, ``below`` the number of components after it. ``before`` and
    ``after`` are the bytes around the path, empty at the ends of the data. ``joined`` means that the byte
    before could belong to a longer path: in text it does; in a binary it may be the end of another string, or
    a length. ``wide`` means UTF-16.
    """

    account: str
    path: str
    below: int
    start: int
    end: int
    before: bytes
    after: bytes
    joined: bool = False
    wide: bool = False


Spend = Callable[[int], bool]


def find_homes(data: bytes, spend: Spend = lambda steps: True) -> Iterator[Home]:
    """Yield the paths below home directories, one search after the other.

    ``spend`` counts the places that are checked, and returns whether they may be checked.
    """

    def places(pattern: re.Pattern[bytes], steps: int = _STEPS) -> Iterator[re.Match[bytes]]:
        return takewhile(lambda _: spend(steps), islice(pattern.finditer(data), MOST))

    if b"/home/" in data or b"/Users/" in data:
        for match in places(_HOME):
            found = _home(data, match.start(), match.end())
            if found is not None:
                yield found
    if b"sers\\" in data:
        for match in places(_WINDOWS):
            found = _windows(data, match.start(), match.end())
            if found is not None:
                yield found
    if b"home%" in data or b"sers%" in data:
        for match in places(_ENCODED):
            found = _encoded(data, match.start())
            if found is not None:
                yield found
    if b"\\wsl" in data:
        for match in places(_WSL):
            found = _made(data, match.start(1), match.end())
            if found is not None:
                yield found
    if b"\0" in data and (b"h\0o\0m\0e\0/" in data or b"U\0s\0e\0r\0s\0" in data):
        yield from _wide(data, places(_WIDE, _WIDE_STEPS))


def _wide(data: bytes, places: Iterable[re.Match[bytes]]) -> Iterator[Home]:
    """Yield the paths in UTF-16, little or big endian."""
    for match in places:
        # In UTF-16 each of these characters has two bytes.
        start = max(match.start() - 2 * _BEFORE, match.start() % 2)
        piece = data[start : match.start() + 2 * LONGEST]
        if any(piece[match.start() - start + 1 : match.end() - start : 2]):
            continue
        text = bytes(low if not high else 0x1F for low, high in zip(piece[::2], piece[1::2], strict=False))
        for each in find_homes(text):
            if start + 2 * each.start <= match.start() < start + 2 * each.end and not each.wide:
                yield replace(each, start=start + 2 * each.start, end=start + 2 * each.end, wide=True)
                break


def _encoded(data: bytes, at: int) -> Home | None:
    """Return the path in a URL whose separators are percent-encoded too."""
    start = at - 1 if data[at + 1 : at + 2] == b"3" else at  # the letter of a drive
    if start < 0 or (start and not _BEFORE_ENCODED.search(data, max(0, start - _BEFORE), start)):
        return None
    raw = _OF_URL.match(data, start, start + LONGEST)
    if raw is None:
        return None
    text = unquote_to_bytes(raw[0])
    match = _HOME.match(text) or _WINDOWS.match(text, 1)
    found = _made(text, 0, match.end(), spaces=True, is_decoded=True) if match else None
    return _placed(data, start, raw.end(), found)


def _placed(data: bytes, start: int, end: int, found: Home | None) -> Home | None:
    """Return a path found in a decoded copy, with its position in the data."""
    if found is None:
        return None
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    return replace(found, start=start, end=end, before=before, after=after)


def _home(data: bytes, start: int, end: int) -> Home | None:
    before = data[max(0, start - _BEFORE) : start]
    root = _ROOTS.search(before)
    if root is not None:
        head = before[: root.start()]
        if not head or not (_INSIDE.search(head) or head[-1:].isalnum()):
            return _made(data, start - len(root["root"]), end, spaces=b":" in root["root"])
    if before and not _OPTION.search(before):
        if _SCHEME.search(before):
            return None
        if _INSIDE.search(before):
            return _made(data, start, end, joined=True)
    return _made(data, start, end)


def _windows(data: bytes, start: int, end: int) -> Home | None:
    if start < 1 or not data[start - 1 : start].isalpha():
        return None
    if data[start + 1 : end - 1] == b"/Users":
        return None  # the search for /Users/ finds it
    joined = start >= 2 and data[start - 2 : start - 1].isalnum()
    return _made(data, start - 1, end, joined=joined, spaces=True)


def _made(
    data: bytes,
    start: int,
    end: int,
    *,
    joined: bool = False,
    spaces: bool = False,
    is_decoded: bool = False,
) -> Home | None:
    while data[end : end + 1] in (b"\\", b"/") and data[end : end + 1]:
        end += 1
    raw = None if is_decoded else _WITH_ESCAPE.match(data, end, end + LONGEST)
    if raw is not None:
        text = data[start:end] + unquote_to_bytes(raw[0])
        found = _made(text, 0, end - start, joined=joined, spaces=True, is_decoded=True)
        return _placed(data, start, raw.end(), found)
    # The longest account has less than 200 bytes, even in letters of three bytes.
    account = (_ACCOUNT_WITH_SPACES.match(data, end, end + 200) if spaces else None) or _ACCOUNT.match(
        data, end, end + 200
    )
    if account is None:
        return None
    rest = _REST.match(data, account.end(), account.end() + LONGEST)
    stop = rest.end() if rest else account.end()
    tail = data[account.end() : stop]
    path = re.sub(rb"\\+", rb"\\", data[start:stop]).decode("utf-8", "replace")
    return Home(
        account[1].decode("utf-8", "replace"),
        path,
        len(_PART.findall(tail)),
        start,
        stop,
        data[start - 1 : start] if start else b"",
        data[stop : stop + 1],
        joined,
    )
