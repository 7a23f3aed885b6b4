"""Read and check e-mail addresses as PyPI does.

PyPI extracts the address from Author-email and Maintainer-email with ``email.utils.parseaddr`` of
Python 3.14 (https://docs.python.org/3.14/library/email.utils.html) and passes it to email-validator
(https://pypi.org/project/email-validator/) without DNS queries. This module uses neither: ``parseaddr``
gives different results on older Pythons, and email-validator brings a DNS library for a few conditions on a
string. For a non-ASCII address, only conditions are checked that do not depend on the Unicode version of
Python.
"""

from __future__ import annotations

import re
import unicodedata

from pkgaudit.late import lazy

MAX_LENGTH = 10_000
"""The most characters of a field that is checked: more than in real fields; it bounds the time."""

MAX_DEPTH = 20
"""The most nested groups of addresses; the standard library has no limit, and overflows."""

_QUOTED_OR_ESCAPED = lazy(r'\\.|"(?:[^"\\]|\\.)*"', re.DOTALL)
_ATOM = lazy(r'[^()<>@,:;."\[\] \t\r\n]+')
_PHRASE_ATOM = lazy(r'[^()<>@,:;"\[\] \t\r\n]+')
_STRING = lazy(r'"((?:[^"\r\\]|\\.)*)(?:["\r]|\\?\Z)', re.DOTALL)
_LITERAL = lazy(r"\[((?:[^\]\r\\]|\\.)*)(?:[\]\r]|\\?\Z)", re.DOTALL)

# email-validator allows these without quotes: the atoms of RFC 5322 with dots, and non-ASCII characters
# (RFC 6532).
_LOCAL = lazy(r"[\w!#$%&'*+\-/=?^`{|}~.\x80-\U0010ffff]+", re.ASCII)
_DOMAIN = lazy(r"[A-Za-z0-9\-.\x80-\U0010ffff]+")
_DOTS = lazy("[\u3002\uff0e\uff61]")
"""The characters that IDNA treats as a dot."""

_IGNORED = lazy("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""The marks that IDNA removes."""

_IN_LABELS = frozenset("\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb")
"""The punctuation and symbols that IDNA allows in a domain, besides letters, marks and digits."""

_SPECIAL_USE = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""The special-use top-level domains (RFC 6761, 6762, 7686) that email-validator rejects.

"example" is not among them: applications should accept it (RFC 6761, 6.5).
"""


class _Reader:
    """Reads the address list of RFC 5322 as leniently as the standard library."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def skip(self) -> str:
        """Skip white space and comments; return the blanks among them."""
        blanks = ""
        while char := self.peek():
            if char == "(":
                self.comment()
            elif char in " \t\r\n":
                blanks += "" if char in "\r\n" else char
                self.at += 1
            else:
                break
        return blanks

    def comment(self) -> None:
        """Skip a comment, which may be nested. A carriage return closes a comment like a parenthesis."""
        depth = 0
        while char := self.peek():
            self.at += 2 if char == "\\" else 1
            depth += {"(": 1, ")": -1, "\r": -1}.get(char, 0)
            if depth == 0:
                return

    def addresses(self) -> list[str]:
        """Return all addresses, with an empty string for each missing one."""
        found: list[str] = []
        # PyPI only checks a single address; the second one shows that there are several.
        while self.at < len(self.text) and len(found) < 2:
            found += self.address() or [""]
        return found

    def address(self) -> list[str]:
        self.skip()
        start = self.at
        words = self.phrase()
        char = self.peek()
        found: list[str] = []
        if char and char in ".@":
            self.at = start
            found = [self.addr_spec()]
        elif char == ":":
            found = self.group()
        elif char == "<":
            found = [self.angle_address()]
        elif words:
            found = words[:1]
        elif char:
            self.at += 1
        self.skip()
        if self.peek() == ",":
            self.at += 1
        return found

    def phrase(self) -> list[str]:
        words = []
        while char := self.peek():
            if char in "( \t\r\n":
                self.skip()
            elif char == '"' and (string := self.match(_STRING)):
                words.append(_unescaped(string[1]))
            elif atom := self.match(_PHRASE_ATOM):
                words.append(atom[0])
            else:
                break
        return words

    def group(self) -> list[str]:
        """Read ``: address, address;``. The second address shows that there are several."""
        found: list[str] = []
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            return ["", ""]
        while self.at < len(self.text) and len(found) < 2:
            self.skip()
            if self.peek() == ";":
                self.at += 1
                break
            found += self.address()
        self.depth -= 1
        return found

    def angle_address(self) -> str:
        self.at += 1
        self.skip()
        while char := self.peek():
            self.at += 1
            if char == ">":
                break
            if char == "@":
                self.skip()
                self.domain()
            elif char != ":":
                self.at -= 1
                found = self.addr_spec()
                self.at += 1
                return found
            self.skip()
        return ""

    def addr_spec(self) -> str:
        parts: list[str] = []
        self.skip()
        while char := self.peek():
            keep = True
            if char == ".":
                if parts and not parts[-1].strip():
                    parts.pop()
                parts.append(".")
                self.at += 1
                keep = False
            elif char == '"' and (string := self.match(_STRING)):
                parts.append('"{}"'.format(_unescaped(string[1]).replace("\\", "\\\\").replace('"', '\\"')))
            elif atom := self.match(_ATOM):
                parts.append(atom[0])
            else:
                if parts and not parts[-1].strip():
                    parts.pop()
                break
            blanks = self.skip()
            if keep and blanks:
                parts.append(blanks)
        if self.peek() != "@":
            return "".join(parts)
        self.at += 1
        self.skip()
        domain = self.domain()
        return f"{''.join(parts)}@{domain}" if domain else ""

    def domain(self) -> str:
        parts = []
        while char := self.peek():
            if char in " \t":
                self.at += 1
            elif char == "(":
                self.comment()
            elif char == "[" and (literal := self.match(_LITERAL)):
                parts.append(f"[{_unescaped(literal[1])}]")
            elif char == ".":
                parts.append(char)
                self.at += 1
            elif char == "@":
                return ""
            elif atom := self.match(_ATOM):
                parts.append(atom[0])
            else:
                break
        return "".join(parts)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def single_address(value: str) -> str:
    """Return the only address in a value, or "" if the value has none, has several, or cannot be read.

    PyPI does not check such a value.
    """
    if len(value) > MAX_LENGTH:
        return ""
    depth = 0
    for char in _QUOTED_OR_ESCAPED.sub("", value):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return ""
    if depth:
        return ""
    found = _Reader(value).addresses()
    return found[0] if len(found) == 1 and "[" not in found[0] else ""


def address_fault(address: str) -> str | None:
    """Return why PyPI rejects an address, None if PyPI accepts it."""
    if address.startswith('"'):
        return "the part before the @ is quoted"
    local, at, domain = address.partition("@")
    if not at:
        return "it has no @"
    if not local or not domain:
        return f"nothing is {'after' if local else 'before'} the @"
    if not _LOCAL.fullmatch(local):
        return "the part before the @ has a character that is not allowed"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "the part before the @ begins or ends with a dot, or has two in a row"
    # The longest path of SMTP is 256 bytes with its angle brackets (RFC 5321, 4.5.3.1.3).
    if len(address.encode("utf-8", "surrogatepass")) > 254:
        return "it is longer than 254 bytes"
    for part in (local, domain):
        if not part.isascii() and (_is_unsafe(part) or unicodedata.category(part[0])[0] == "M"):
            return "it has an invisible character, or a combining mark without a letter"
    return _domain_fault(domain)


def _is_unsafe(text: str) -> bool:
    """Return whether a text has blanks or invisible characters.

    A character that this Python's Unicode does not know may be visible in the Unicode of the index.
    """
    return any(
        unicodedata.category(char)[0] == "Z"
        or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs")
        or ord(char) & 0xFFFE == 0xFFFE  # the last two of each plane are never characters
        for char in text
    )


def _is_not_for_domains(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in "PS" and char not in _IN_LABELS


def _in_ascii(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def _is_bad_punycode(label: str) -> bool:
    """Return whether a label is marked as encoded non-ASCII text, but is not."""
    if not label.startswith("xn--"):
        return False
    try:
        found = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return True
    return found.isascii() or _is_unsafe(found) or any(map(_is_not_for_domains, found))


def _domain_fault(domain: str) -> str | None:
    if not _DOMAIN.fullmatch(domain):
        return "the domain has a character that is not allowed"
    if not domain.isascii():
        domain = unicodedata.normalize("NFKC", _IGNORED.sub("", _DOTS.sub(".", domain)).lower())
        if not _DOMAIN.fullmatch(domain) or any(map(_is_not_for_domains, domain)):
            return "the domain has a character that is not allowed"
    labels = domain.lower().split(".")
    if not all(labels):
        return "the domain begins or ends with a dot, or has two in a row"
    if len(labels) < 2:
        return "the domain has no dot"
    if labels[-1] in _SPECIAL_USE:
        return f"the top-level domain .{labels[-1]} is reserved"
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return "a part of the domain begins or ends with a hyphen"
    if any(label[2:4] == "--" and not label.startswith("xn") for label in labels):
        return "a part of the domain has hyphens as its third and fourth characters"
    labels = list(map(_in_ascii, labels))
    # The limits of the DNS for a label and for a name without its final dot (RFC 1035, 2.3.4).
    if any(len(label) > 63 for label in labels) or len(".".join(labels)) > 253:
        return "the domain, or a part of it, is too long"
    if not labels[-1][-1].isalpha():
        return "the domain does not end in a top-level domain"
    if any(map(_is_bad_punycode, labels)):
        return "a part of the domain begins with xn--, but is not encoded non-ASCII text"
    return None
