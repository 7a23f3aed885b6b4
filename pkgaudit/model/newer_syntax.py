"""Reads constructs of newer Pythons with the parser of an older one.

The running parser rejects a whole module because of one construct that it does not know, and then no rule can
judge the module. So this module finds such constructs in the tokens of a text, and replaces them by older
ones on the same lines: the tree of the new text has the imports, definitions and lines of the original.

Time and memory are linear in the text: it is one loop over the tokens, with a stack that is limited like that
of CPython.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections import Counter

from pkgaudit.model.constructs import Construct, Feature, Version

RUNNING: Version = sys.version_info[:2]

# The tokens of all Pythons: https://docs.python.org/3/reference/lexical_analysis.html
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\f]+|\\(?:\r\n|\r|\n))
    |(?P<comment>\#[^\r\n]*)
    |(?P<line>\r\n|\r|\n)
    |(?P<string>(?:[bB][rR]?|[rR][bBfFtT]?|[uU]|[fFtT][rR]?)?(?:\"{3}|'{3}|\"|'))
    |(?P<number>\.?[0-9][\w.]*)
    |(?P<word>\w+)
    |(?P<mark>:=|!=|->|\*\*=?|//=?|[=<>+\-*/%&|^@]=|.)""",
    re.X | re.S,
)
# Line ends of the tokenizer; `str.splitlines` has more.
_LINE_END = re.compile(r"\r\n|\r|\n")
_NAMED = re.compile(r"\\N\{[^{}'\"\r\n]*\}")
_FUTURE = re.compile(r"[ \t\f\\\r\n]*__future__\b")
_CONVERSION = re.compile(r"![sra](\s*)(?=[:}])")
_STOPS = {
    quote: re.compile(rf"[\\{{}}\r\n]|{quote}" if len(quote) == 1 else rf"[\\{{}}]|{quote}")
    for quote in ("'", '"', "'''", '"""')
}
"""What may end a part of a string that contains expressions."""
_ENDS = {quote: re.compile(rf"[\\\r\n]|{quote}" if len(quote) == 1 else rf"\\|{quote}") for quote in _STOPS}
"""What may end any other string."""

_DEEPEST = 200
"""The most brackets and strings inside each other. CPython rejects more brackets too."""

_WORDS = frozenset(keyword.kwlist) - {"None", "True", "False"}
"""The words after which a bracket opens a list, not an index."""

_HINTS = (
    ((3, 11), rb"except[ \t]*\*"),
    ((3, 11), rb"\*\w+\s*:\s*\*\w"),
    ((3, 11), rb"\[(?<=[\w)\]}'\"]\[)(?:\s*|[^\n\[\](){}=]{0,100},[ \t]*)\*[\w(\[{'\"]"),
    ((3, 12), rb"def[\s\\]+\w+[\s\\]*\["),
    ((3, 12), rb"class[\s\\]+\w+[\s\\]*\["),
    ((3, 12), rb"type(?:[ \t]|\\\r?\n)+\w+[\s\\]*[=\[]"),
    (
        (3, 12),
        rb"[fF][rR]?(?:\"[^\"\n]{0,300}\{[^}\"\n]{0,200}[\"\\\n]"
        rb"|'[^'\n]{0,300}\{[^}'\n]{0,200}['\\\n]|\"{3}|'{3})",
    ),
    ((3, 12), rb"![sra][ \t]+[:}]"),
    ((3, 12), rb"\{[^{}:\n]{1,200}:[^{}\n]{0,200}\{[^{}:\n]{1,200}:[^{}\n]{0,200}\{"),
    ((3, 14), rb"except[ \t*\\]+(?:\([^()\n]{0,200}\))?[^\n:(]{0,300},"),
    ((3, 14), rb"[tT](?<![^\s(\[{=,:+]\w)[rR]?['\"]"),
    ((3, 14), rb"[rR][tT](?<![^\s(\[{=,:+]\w\w)['\"]"),
    ((3, 15), rb"lazy(?:[ \t]|\\\r?\n)+(?:import|from)\b"),
    ((3, 15), rb"\*(?<=[\[({*\s]\*)[\w(\[{'\"][^\n]{0,200}\s[ \t]*for\b"),
)
"""Hints at constructs of each Python. A text without them is not scanned, because the scan takes longer.

Nearly all begin with a letter or sign, which makes their search ten times as fast.
"""

_MAY_BE_NEWER = [re.compile(pattern) for since, pattern in _HINTS if since <= RUNNING]


def may_be_newer(data: bytes) -> bool:
    """Return whether a text that the running Python reads may have constructs of 3.11 or later."""
    return any(hint.search(data) is not None for hint in _MAY_BE_NEWER)


class RejectedError(Exception):
    """The tokens of a text are valid for no Python."""


def scan(source: str, known: Version = RUNNING) -> tuple[str, tuple[Feature, ...]]:
    """Return a text that a Python can read, on the same lines, and the constructs of 3.11 or later.

    Raises:
        RejectedError: no Python can read the text.
    """
    scanner = _Scanner(source, known)
    scanner.run()
    found = sorted(scanner.found.values(), key=lambda each: (each.version, each.line))
    return scanner.rewritten(), tuple(found)


class _Frame:
    """An open bracket, string, or part of a string.

    ``kind`` is a bracket; ``def`` and ``index`` for the brackets of parameters and of an index; ``types`` for
    those of type parameters; ``string``, ``field`` for an expression in a string, ``format`` for its format.
    ``start`` is its place, for a string the place of the text that is not yet replaced.
    """

    __slots__ = (
        *("commas", "edits", "has_default", "is_closed", "is_soft", "kind", "level", "line", "prefix"),
        *("quote", "star", "start"),
    )

    def __init__(self, kind: str, start: int, line: int, prefix: str = "", quote: str = "") -> None:
        self.kind = kind
        self.start = start
        self.line = line
        self.prefix = prefix
        self.quote = quote
        self.level = 0
        """For a field, how many formats it is in."""
        self.star: tuple[int, int, int] | None = None
        """The place and line of the star before the first element."""
        self.commas = False
        self.edits = 0
        self.is_soft = False
        self.has_default = False
        self.is_closed = False
        """Whether the expression of a field has ended."""


class _Scanner:
    def __init__(self, source: str, known: Version) -> None:
        self.source = source
        self.known = known
        self.found: dict[Construct, Feature] = {}
        self.edits: list[tuple[int, int, str]] = []
        self.frames: list[_Frame] = []
        self.line = 1
        self.at = 0
        self.previous = ""
        """The last token, without blanks, comments and line ends; of a string, its prefix and quotes."""
        self.previous_kind = ""
        self.previous_at = 0
        self.was_rewritten = False
        """Whether the last token is a string that is replaced."""
        # The statement
        self.is_start = True
        self.word: tuple[str, int] | None = None
        """A word at the start that may be a keyword, and its place."""
        self.type_at: int | None = None
        """The place of a word ``type`` that a name follows, and the place of the name."""
        self.name_at = 0
        self.defines = 0
        """1 after ``def`` or ``class``, 2 after the name."""
        self.is_class = False
        self.handler: int | None = None
        """The place after an ``except``."""
        self.handler_line = 0
        self.handler_commas = False
        self.is_soft = False
        """Whether the last token is ``match`` or ``case`` at the start."""
        self.soft: list[tuple[int, int, int]] = []
        """Stars in brackets after ``match`` or ``case``, which begin a pattern or an index."""
        # The outermost string with expressions
        self.strings: list[_Frame] = []
        self.quotes: Counter[str] = Counter()
        self.pending: list[tuple[int, int, str]] = []
        """Edits that replace the string, if the Python cannot read the string."""
        self.replaces = False

    def run(self) -> None:
        """Read all tokens."""
        size = len(self.source)
        while self.at < size:
            if self.frames and self.frames[-1].kind in ("string", "format"):
                self._literal(self.frames[-1])
            else:
                self._token()
        if self.frames:
            raise RejectedError
        self._end_statement()

    def rewritten(self) -> str:
        """Return the text with all edits."""
        if not self.edits:
            return self.source
        parts: list[str] = []
        at = 0
        for start, end, text in sorted(self.edits):
            parts += (self.source[at:start], text)
            at = end
        parts.append(self.source[at:])
        return "".join(parts)

    def _note(self, construct: Construct, line: int | None = None) -> bool:
        """Note a construct; return whether the Python does not know it."""
        at = self.line if line is None else line
        if construct not in self.found or at < self.found[construct].line:
            self.found[construct] = Feature(construct, at)
        return construct.since > self.known

    def _push(self, frame: _Frame) -> None:
        if len(self.frames) >= _DEEPEST:
            raise RejectedError
        self.frames.append(frame)

    # Tokens

    def _token(self) -> None:
        match = _TOKEN.match(self.source, self.at)
        assert match is not None  # any character is a token
        kind, text, start = match.lastgroup or "", match[0], self.at
        self.at = match.end()
        if kind == "blank":
            if text[0] == "\\":
                self._line_end()
                if self.strings:
                    self._in_string(Construct.F_STRING_BACKSLASH)
        elif kind == "comment":
            if self.strings:
                self._in_string(Construct.F_STRING_COMMENT)
        elif kind == "line":
            self._line_end()
            if not self.frames:
                self._end_statement()
        elif kind == "string":
            self._string(text, start)
        else:
            if not self.frames:
                self._at_top(kind, text, start)
            if kind == "mark":
                self._mark(text, start)
            elif kind == "word" and self.frames:
                self._word_inside(text)
            self.previous, self.previous_kind, self.previous_at = text, kind, start
            self.was_rewritten = False

    def _line_end(self) -> None:
        self.line += 1
        if self.strings and any(len(quote) == 1 for quote in self.quotes):
            self._in_string(Construct.F_STRING_LINES)

    def _end_statement(self) -> None:
        for start, end, line in self.soft:
            self._star(Construct.STARRED_INDEX, start, end, line)
        self.soft.clear()
        self.is_start = True
        self.word = self.type_at = self.handler = None
        self.defines = 0
        self.previous = self.previous_kind = ""

    def _star(self, construct: Construct, start: int, end: int, line: int) -> None:
        if self._note(construct, line):
            self.edits.append((start, end, " "))

    def _cut(self, start: int, end: int) -> None:
        """Replace a text outside of brackets by nothing, except its line ends."""
        self.edits.append((start, end, "\\\n" * len(_LINE_END.findall(self.source, start, end))))

    # Outside of brackets

    def _at_top(self, kind: str, text: str, start: int) -> None:
        """Read a token outside of brackets."""
        was_start, self.is_start = self.is_start, False
        word, self.word = self.word, None
        self.is_soft = word is not None and word[0] in ("match", "case")
        if self.type_at is not None:
            if text in ("=", "["):
                if self._note(Construct.TYPE_STATEMENT):
                    self._cut(self.type_at, self.name_at)
                if text == "[":
                    self.defines = 2
            self.type_at = None
        elif kind == "word":
            self._word_at_top(text, start, was_start, word)
        elif text == ":":
            if self.handler is not None:
                if self.previous == "*":
                    raise RejectedError
                self._end_handler(start)
            self.soft.clear()
            self.is_start = True
        elif text == ";":
            self._end_statement()
        elif self.handler is not None:
            if text == "*" and self.previous == "except":
                self._star(Construct.EXCEPT_STAR, start, self.at, self.line)
                self.handler = self.at
            self.handler_commas = self.handler_commas or text == ","
        if self.defines and text not in ("[", "(") and kind != "word":
            self.defines = 0

    def _word_at_top(self, text: str, start: int, was_start: bool, word: tuple[str, int] | None) -> None:
        if self.defines == 1:
            self.defines = 2
        elif text in ("def", "class"):
            self.defines, self.is_class = 1, text == "class"
        elif self.defines:
            self.defines = 0
        if word is not None and word[0] == "lazy" and text in ("import", "from"):
            if _FUTURE.match(self.source, self.at):
                raise RejectedError
            if self._note(Construct.LAZY_IMPORT):
                self._cut(word[1], start)
        elif word is not None and word[0] == "type" and text not in _WORDS:
            self.type_at, self.name_at = word[1], start
        elif was_start and text in ("lazy", "type", "match", "case"):
            self.word = text, start
        elif was_start and text == "except":
            self.handler, self.handler_line, self.handler_commas = self.at, self.line, False
        elif self.handler is not None and text == "as" and self.handler_commas:
            raise RejectedError

    def _end_handler(self, colon: int) -> None:
        assert self.handler is not None
        if self.handler_commas and self._note(Construct.EXCEPT_SEVERAL, self.handler_line):
            self.edits += (self.handler, self.handler, "("), (colon, colon, ")")
        self.handler = None

    # Brackets

    def _mark(self, text: str, start: int) -> None:
        top = self.frames[-1] if self.frames else None
        if text in ("(", "[", "{"):
            self._open(text, start)
        elif text in (")", "]", "}"):
            self._close(text, start)
        elif top is None:
            return
        elif top.kind == "field":
            self._field(top, text, start)
        elif text == "," or (text == ":" and top.kind == "{"):
            top.commas = True
        elif text == "=" and top.kind == "types":
            top.has_default = True
            self._note(Construct.TYPE_DEFAULT, top.line)
        elif text in ("*", "**"):
            self._unpacking(top, text, start)

    def _open(self, text: str, start: int) -> None:
        kind = text
        is_soft = False
        if text == "[" and not self.frames and self.defines == 2:
            kind = "types"
            self._note(Construct.TYPE_PARAMETERS)
        elif text == "(" and not self.frames and self.defines == 2 and not self.is_class:
            kind = "def"
        elif text == "[" and self._is_operand():
            kind = "index"
            is_soft = not self.frames and self.is_soft
        frame = _Frame(kind, start, self.line)
        frame.edits = len(self.edits)
        frame.is_soft = is_soft
        self._push(frame)

    def _is_operand(self) -> bool:
        """Return whether the last token ends an expression, so that a bracket opens an index."""
        if self.previous_kind == "word":
            return self.previous not in _WORDS
        return self.previous_kind in ("number", "string") or self.previous in (")", "]", "}")

    def _close(self, text: str, start: int) -> None:
        frame = self.frames.pop() if self.frames else None
        if frame is None:
            raise RejectedError
        if frame.kind == "field":
            if text != "}":
                raise RejectedError
            self._end_field(frame, start)
            self.frames[-1].start = self.at
            return
        expected = {"(": ")", "def": ")", "{": "}"}.get(frame.kind, "]")
        if text != expected:
            raise RejectedError
        if frame.kind == "types" and self.known < ((3, 13) if frame.has_default else (3, 12)):
            del self.edits[frame.edits :]
            self._cut(frame.start, self.at)

    def _unpacking(self, top: _Frame, text: str, start: int) -> None:
        is_first = not top.commas and self.previous in ("(", "[", "{")
        if top.kind == "def":
            if text == "*" and self.previous == ":":
                self._star(Construct.STARRED_ANNOTATION, start, self.at, self.line)
        elif top.kind == "index":
            if text == "*" and (is_first or self.previous == ","):
                if top.is_soft:
                    self.soft.append((start, self.at, self.line))
                else:
                    self._star(Construct.STARRED_INDEX, start, self.at, self.line)
        elif is_first and (text == "*" or top.kind == "{"):
            top.star = start, self.at, self.line

    def _word_inside(self, text: str) -> None:
        top = self.frames[-1]
        if text == "for" and top.star is not None and not top.commas:
            self._star(Construct.UNPACKING, *top.star)
            top.star = None

    # Strings

    def _in_string(self, construct: Construct) -> None:
        """Note a construct in the expressions of a string; replace the string if necessary."""
        self.replaces = self._note(construct) or self.replaces

    def _string(self, text: str, start: int) -> None:
        prefix = text.rstrip("\"'").lower()
        quote = text[len(prefix) :]
        has_fields = "f" in prefix or "t" in prefix
        if self.previous_kind == "string":
            if ("t" in self.previous) is not ("t" in prefix):
                raise RejectedError
            # The replacement is not a literal that can be joined with the next one.
            edits = self.pending if self.strings else self.edits
            if self.was_rewritten:
                edits.append((start, start, "+ "))
        if not self.frames:
            self.is_start = False
        if has_fields:
            if self.strings:
                self._check_quotes(text)
            frame = _Frame("string", self.at, self.line, prefix, quote)
            self._push(frame)
            self.strings.append(frame)
            self.quotes[quote] += 1
            self.pending.append((start, self.at, 'f""[()'))
            if "t" in prefix:
                self._in_string(Construct.TEMPLATE_STRING)
        else:
            self._plain(quote, start)
            self.was_rewritten = False
        self.previous, self.previous_kind = prefix + quote, "string"

    def _plain(self, quote: str, start: int) -> None:
        """Read a string without expressions to its end."""
        ends = _ENDS[quote]
        escapes = False
        while True:
            match = ends.search(self.source, self.at)
            if match is None or match[0] in ("\r", "\n"):
                raise RejectedError
            self.at = match.end()
            if match[0] == quote:
                break
            escapes = True
            self._skip_escaped()
        lines = len(_LINE_END.findall(self.source, start, self.at))
        if self.strings:
            if escapes:
                self._in_string(Construct.F_STRING_BACKSLASH)
            self._check_quotes(self.source[start : self.at])
            if lines:
                self._line_end()
                lines -= 1
        self.line += lines

    def _skip_escaped(self) -> None:
        self.at += 2 if self.source.startswith("\r\n", self.at) else 1

    def _check_quotes(self, text: str) -> None:
        if any(quote in text for quote in self.quotes):
            self._in_string(Construct.F_STRING_QUOTES)

    def _literal(self, frame: _Frame) -> None:
        """Read the text of a string up to the next expression, or to its end."""
        string = self.strings[-1]
        source = self.source
        stops = _STOPS[string.quote]
        while True:
            match = stops.search(source, self.at)
            if match is None:
                raise RejectedError
            start, stop = match.start(), match[0]
            self.at = match.end()
            if stop == "\\":
                self._escape(string)
            elif stop == "{":
                if frame.kind == "string" and source.startswith("{", self.at):
                    self.at += 1
                    continue
                self._text(frame, start)
                self._open_field(frame, start)
                return
            elif stop == "}":
                if frame.kind == "format":
                    self._text(frame, start)
                    self._end_format(start)
                    return
                if not source.startswith("}", self.at):
                    raise RejectedError
                self.at += 1
            elif stop == string.quote and frame.kind == "string":
                self._text(frame, start)
                self._end_string(start)
                return
            elif (
                stop in ("\r", "\n")
                and frame.kind == "format"
                and (source[start - 1] == ":" or source.startswith("}", self.at))
            ):
                # Only some releases of 3.12 and 3.13 read this.
                self._in_string(Construct.F_STRING_LINES)
            else:
                raise RejectedError

    def _escape(self, string: _Frame) -> None:
        """Read the rest of an escape sequence."""
        if len(self.strings) > 1:
            self._in_string(Construct.F_STRING_BACKSLASH)
        named = None if "r" in string.prefix else _NAMED.match(self.source, self.at - 1)
        if named is not None:
            self.at = named.end()
        elif self.source[self.at : self.at + 1] not in ("{", "}"):
            self._skip_escaped()

    def _text(self, frame: _Frame, end: int) -> None:
        """Replace the text since the last expression by its line ends."""
        lines = len(_LINE_END.findall(self.source, frame.start, end))
        if len(self.strings) > 1:
            text = self.source[frame.start : end]
            own = self.strings[-1].quote
            if any(quote in text for quote in self.quotes if quote != own):
                self._in_string(Construct.F_STRING_QUOTES)
            if lines and any(len(quote) == 1 for quote in self.quotes):
                self._in_string(Construct.F_STRING_LINES)
        self.pending.append((frame.start, end, "\n" * lines))
        self.line += lines

    def _open_field(self, frame: _Frame, start: int) -> None:
        field = _Frame("field", start, self.line)
        if frame.kind == "format":
            field.level = frame.level + 1
            if field.level > 2:
                raise RejectedError
            if field.level == 2:
                self._in_string(Construct.F_STRING_NESTED)
        self.pending.append((start, self.at, ",("))
        self._push(field)
        self.previous, self.previous_kind = "{", "mark"

    def _field(self, field: _Frame, text: str, start: int) -> None:
        """Read a mark in an expression, outside of its brackets."""
        if text in (":", ":="):
            self._close_expression(field, start, start + 1)
            self.at = start + 1
            format_ = _Frame("format", self.at, self.line)
            format_.level = field.level
            self._push(format_)
        elif text == "!":
            match = _CONVERSION.match(self.source, start)
            if match is None or field.is_closed:
                raise RejectedError
            if match[1]:
                self._in_string(Construct.F_STRING_BLANK)
            self.at = match.end()
            self._close_expression(field, start, self.at)
            for _ in _LINE_END.findall(match[1]):
                self._line_end()
                self.pending.append((self.at, self.at, "\n"))
        elif text == "*" and self.previous == "{" and self.previous_kind == "mark":
            field.star = start, self.at, self.line

    def _close_expression(self, field: _Frame, start: int, end: int) -> None:
        """End the expression of a field, before its conversion, format or end."""
        if field.is_closed:
            self.pending.append((start, end, ""))
            return
        if self.previous == "{" and self.previous_kind == "mark":
            raise RejectedError  # the expression is empty
        if self.previous == "=":
            self.pending.append((self.previous_at, self.previous_at + 1, ""))
        self.pending.append((start, end, ",)" if field.star and self.previous != "," else ")"))
        field.is_closed = True

    def _end_field(self, field: _Frame, start: int) -> None:
        self._close_expression(field, start, start + 1)

    def _end_format(self, start: int) -> None:
        self.frames.pop()
        field = self.frames.pop()
        self._end_field(field, start)
        self.frames[-1].start = self.at

    def _end_string(self, start: int) -> None:
        self.pending.append((start, self.at, "]"))
        self.frames.pop()
        string = self.strings.pop()
        self.quotes[string.quote] -= 1
        self.quotes += Counter()  # drops the quotes that are no longer open
        # Inside another string, the edits are kept or dropped together with those of that string.
        self.was_rewritten = bool(self.strings) or self.replaces
        if not self.strings:
            if self.replaces:
                self.edits += self.pending
            self.pending.clear()
            self.replaces = False
        self.previous, self.previous_kind = string.prefix + string.quote, "string"
