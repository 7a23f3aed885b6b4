"""E-mail addresses as PyPI reads and judges them.

It takes the address out of Author-email and Maintainer-email with ``email.utils.parseaddr`` of
Python 3.14 (https://docs.python.org/3.14/library/email.utils.html) and gives it to email-validator
(https://pypi.org/project/email-validator/) without asking the DNS. Neither is used here: ``parseaddr``
answers differently on older Pythons, and email-validator brings a DNS library for the sake of a
few conditions on a string. Where an address is not ASCII, the conditions are those that hold whatever the
release of Unicode is that Python has.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 10_000
"""Characters of a field beyond which it is not judged: more than real ones have; it bounds the time."""

MAX_DEPTH = 20
"""How deep groups of addresses in groups are followed; the standard library knows no bound, and overflows."""

_QUOTED_OR_ESCAPED = re.compile(r'\\.|"(?:[^"\\]|\\.)*"', re.DOTALL)
_ATOM = re.compile(r'[^()<>@,:;."\[\] \t\r\n]+')
_PHRASE_ATOM = re.compile(r'[^()<>@,:;"\[\] \t\r\n]+')
_STRING = re.compile(r'"((?:[^"\r\\]|\\.)*)(?:["\r]|\\?\Z)', re.DOTALL)
_LITERAL = re.compile(r"\[((?:[^\]\r\\]|\\.)*)(?:[\]\r]|\\?\Z)", re.DOTALL)

# email-validator allows these without quotes: the atoms of RFC 5322 with dots, and what is not ASCII (RFC
# 6532).
_LOCAL = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~.\x80-\U0010ffff]+", re.ASCII)
_DOMAIN = re.compile(r"[A-Za-z0-9\-.\x80-\U0010ffff]+")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""What IDNA takes for a dot."""

_IGNORED = re.compile("[\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that IDNA leaves out."""

_IN_LABELS = frozenset("\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb")
"""Punctuation and symbols that IDNA allows in a domain, which has letters, marks and digits else."""

_SPECIAL_USE = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Top-level domains that email-validator refuses, of those that are for special use (RFC 6761, 6762, 7686).

"example" is not among them: applications should accept it (RFC 6761, 6.5).
"""


class _Reader:
    """Reads the address list of RFC 5322 with the leniency of the standard library's."""

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
        """Skip a comment, which may hold others. A carriage return closes one as a parenthesis does."""
        depth = 0
        while char := self.peek():
            self.at += 2 if char == "\\" else 1
            depth += {"(": 1, ")": -1, "\r": -1}.get(char, 0)
            if depth == 0:
                return

    def addresses(self) -> list[str]:
        """Return all addresses, an empty one for each place where one should be and is not."""
        found: list[str] = []
        # PyPI judges a single address; a second one settles that there is not just one.
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
        """Read ``: address, address;``. A second address settles that there is not just one."""
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
    """Return the one address that a value holds, empty where it holds none, several, or what cannot be read.

    PyPI does not judge a value of the latter kinds.
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
    """Return why PyPI refuses an address, None if it takes it."""
    if address.startswith('"'):
        return "the part before the @ is quoted"
    local, at, domain = address.partition("@")
    if not at:
        return "it has no @"
    if not local or not domain:
        return f"nothing is {'after' if local else 'before'} the @"
    if not _LOCAL.fullmatch(local):
        return "the part before the @ has a character that is not allowed there"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "the part before the @ begins or ends with a dot, or has two in a row"
    # The longest path of SMTP is 256 bytes with its angle brackets (RFC 5321, 4.5.3.1.3).
    if len(address.encode("utf-8", "surrogatepass")) > 254:
        return "it is longer than 254 bytes"
    for part in (local, domain):
        if not part.isascii() and (_is_unsafe(part) or unicodedata.category(part[0])[0] == "M"):
            return "it has a character that cannot be seen, or a mark on nothing"
    return _domain_fault(domain)


def _is_unsafe(text: str) -> bool:
    """Return whether a text has blanks, or characters without a look of their own.

    One that this Python's Unicode does not know yet may have one in the Unicode of the index.
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


def _is_no_punycode(label: str) -> bool:
    """Return whether a label says that it stands for one that is not ASCII, and does not."""
    if not label.startswith("xn--"):
        return False
    try:
        found = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return True
    return found.isascii() or _is_unsafe(found) or any(map(_is_not_for_domains, found))


def _domain_fault(domain: str) -> str | None:
    if not _DOMAIN.fullmatch(domain):
        return "the domain has a character that is not allowed there"
    if not domain.isascii():
        domain = unicodedata.normalize("NFKC", _IGNORED.sub("", _DOTS.sub(".", domain)).lower())
        if not _DOMAIN.fullmatch(domain) or any(map(_is_not_for_domains, domain)):
            return "the domain has a character that is not allowed there"
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
        return "a part of the domain has hyphens in third and fourth place"
    labels = list(map(_in_ascii, labels))
    # The limits of the DNS for a label and for a name without its final dot (RFC 1035, 2.3.4).
    if any(len(label) > 63 for label in labels) or len(".".join(labels)) > 253:
        return "the domain, or a part of it, is too long"
    if not labels[-1][-1].isalpha():
        return "the domain does not end in a top-level domain"
    if any(map(_is_no_punycode, labels)):
        return "a part of the domain begins with xn--, and stands for nothing"
    return None
