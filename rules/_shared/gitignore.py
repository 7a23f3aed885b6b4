"""Decide which files the ``.gitignore`` files of a tree ignore, exactly as git does.

The code follows the documentation (https://git-scm.com/docs/gitignore), and the tests compare it with ``git
check-ignore``. `pkgaudit.model.patterns` explains why no library of patterns suffices. Here a pattern is a
small automaton, whose time is the length of the pattern times the length of the path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pkgaudit.late import dataclass

# Git does not have these limits, which bound the time on hostile files. Real files have up to a few hundred
# lines, and 4096 is PATH_MAX of Linux.
_MOST_LINES = 20_000
_MOST_LINES_TOGETHER = 100_000  # of all files of a tree
_LONGEST_LINE = 4096  # characters
_LONGEST_PATH = 4096  # characters
_MOST_STEPS = 5_000_000
"""Steps of all comparisons together: far more than honest files need, and done in seconds."""

_SPECIAL = frozenset("*?[\\")

Accepts = Callable[[str], bool]
"""A function that returns whether a character matches."""


@dataclass(frozen=True)
class _Token:
    """A step of the automaton: one character that it accepts, or an optional repetition.

    With ``is_repeated``, the automaton stays at the step while it accepts characters. A step with ``skips``
    accepts no character; it allows skipping that many of the following steps together, as for ``**/``.
    """

    accepts: Accepts
    is_repeated: bool = False
    skips: int = 0


class _Wildcard:
    """A pattern of git (*wildmatch*) as an automaton that tracks the set of steps that it has reached."""

    def __init__(self, pattern: str, is_path: bool) -> None:
        self.steps = 0
        """How many steps the last comparison needed."""
        self.tokens = _parse(pattern, is_path)
        plain = [at for at, letter in enumerate(pattern) if letter in _SPECIAL]
        self.head = pattern[: plain[0]] if plain else pattern
        # The literal text after the last special character; sets and escapes make the end ambiguous.
        self.tail = "" if not plain or "[" in pattern or "\\" in pattern else pattern[plain[-1] + 1 :]

    def match(self, text: str) -> bool:
        """Return whether the pattern matches the whole text."""
        self.steps = 0
        if self.tokens is None or not text.startswith(self.head) or not text.endswith(self.tail.lstrip("/")):
            return False
        tokens = self.tokens
        reached = self._spread({0})
        for letter in text:
            self.steps += len(reached)
            if self.steps > _MOST_STEPS:
                return False
            after = set()
            for at in reached:
                if at < len(tokens) and tokens[at].accepts(letter):
                    after.add(at if tokens[at].is_repeated else at + 1)
            if not after:
                return False
            reached = self._spread(after)
        return len(tokens) in reached

    def _spread(self, reached: set[int]) -> set[int]:
        """Add the steps that the automaton reaches without reading a character."""
        assert self.tokens is not None
        pending = list(reached)
        while pending:
            at = pending.pop()
            if at < len(self.tokens) and (self.tokens[at].is_repeated or self.tokens[at].skips):
                for further in {at + 1, at + 1 + self.tokens[at].skips} - reached:
                    reached.add(further)
                    pending.append(further)
        return reached


def _none(letter: str) -> bool:
    return False


def _any(letter: str) -> bool:
    return True


def _any_but_slash(letter: str) -> bool:
    return letter != "/"


def _parse(pattern: str, is_path: bool) -> list[_Token] | None:
    """Return the steps of a pattern, None for one that matches nothing."""
    tokens: list[_Token] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            rest = pattern[end:]
            # Of two stars, git checks the character before the first one.
            is_start = at == 0 or pattern[at - 1] == "/"
            is_whole = end - at > 1 and is_start and (not rest or rest.startswith(("/", "\\/")))
            if is_whole and is_path and rest.startswith("/"):
                tokens.append(_Token(_none, skips=2))
            if is_whole or not is_path:
                tokens.append(_Token(_any, True))
            else:
                tokens.append(_Token(_any_but_slash, True))
            at = end
        elif letter == "?":
            tokens.append(_Token(_any_but_slash if is_path else _any))
            at += 1
        elif letter == "[":
            found = _parse_set(pattern, at + 1, is_path)
            if found is None:
                return None
            accepts, at = found
            tokens.append(_Token(accepts))
        else:
            if letter == "\\":
                at += 1
                if at == len(pattern):
                    return None
            tokens.append(_Token(pattern[at].__eq__))
            at += 1
    return tokens


# The POSIX classes of git's wildmatch.c, which contain only ASCII characters in every locale. In git, a
# pattern with any other class matches nothing.
_CLASSES: dict[str, Accepts] = {
    "alnum": lambda letter: letter.isascii() and letter.isalnum(),
    "alpha": lambda letter: letter.isascii() and letter.isalpha(),
    "blank": lambda letter: letter in " \t",
    "cntrl": lambda letter: letter < " " or letter == "\x7f",
    "digit": lambda letter: "0" <= letter <= "9",
    "graph": lambda letter: "!" <= letter <= "~",
    "lower": lambda letter: "a" <= letter <= "z",
    "print": lambda letter: " " <= letter <= "~",
    "punct": lambda letter: "!" <= letter <= "~" and not letter.isalnum(),
    "space": lambda letter: letter in " \t\n\v\f\r",
    "upper": lambda letter: "A" <= letter <= "Z",
    "xdigit": lambda letter: letter in "0123456789abcdefABCDEF",
}


def _parse_set(pattern: str, at: int, is_path: bool) -> tuple[Accepts, int] | None:
    """Return the function of the set that begins before ``at``, and its end; None if the set never ends."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    ranges: list[tuple[str, str]] = []
    classes: list[Accepts] = []
    last = ""
    first = True
    while True:
        letter = pattern[at : at + 1]
        if not letter:
            return None
        if letter == "]" and not first:
            break
        first = False
        if letter == "\\":
            at += 1
            last = pattern[at : at + 1]
            if not last:
                return None
            ranges.append((last, last))
        elif letter == "-" and last and pattern[at + 1 : at + 2] not in ("", "]"):
            at += 1
            high = pattern[at]
            if high == "\\":
                at += 1
                high = pattern[at : at + 1]
                if not high:
                    return None
            ranges.append((last, high))
            last = ""
        elif letter == "[" and pattern[at + 1 : at + 2] == ":":
            end = pattern.find("]", at + 2)
            if end < 0:
                return None
            if pattern[end - 1] == ":" and end - 1 >= at + 2:
                named = _CLASSES.get(pattern[at + 2 : end - 1])
                if named is None:
                    return None
                classes.append(named)
                at = end
                last = ""
            else:
                ranges.append(("[", "["))
                last = "["
        else:
            ranges.append((letter, letter))
            last = letter
        at += 1

    def accepts(letter: str) -> bool:
        if is_path and letter == "/":
            return False  # WM_PATHNAME: no set matches a separator, not even a negated one
        found = any(low <= letter <= high for low, high in ranges) or any(each(letter) for each in classes)
        return found is not negated

    return accepts, at + 1


@dataclass(frozen=True)
class Line:
    """A pattern of a ``.gitignore``, with the file and the line number."""

    file: str
    number: int
    raw: str
    negated: bool
    only_folders: bool
    match_name: Callable[[str], bool] | None
    match_path: Callable[[str], bool] | None
    wildcard: _Wildcard | None = None

    @property
    def cost(self) -> int:
        """How many steps the last comparison needed."""
        return 1 + (self.wildcard.steps if self.wildcard else 0)

    @property
    def text(self) -> str:
        """The pattern as readable text."""
        return self.raw.encode("latin-1").decode("utf-8", "replace")

    def match(self, name: str, path: str, is_folder: bool) -> bool:
        """Return whether the pattern matches a file or folder; ``path`` is relative to the ``.gitignore``."""
        if self.only_folders and not is_folder:
            return False
        if self.match_name is not None:
            return self.match_name(name)
        return self.match_path is not None and self.match_path(path)


def parse_line(file: str, number: int, line: str) -> Line | None:
    """Return the pattern of a line, None if the line has no pattern."""
    if line.startswith("#") or len(line) > _LONGEST_LINE:
        return None
    text = _without_final_spaces(line)
    negated = text.startswith("!")
    pattern = text[negated:]
    only_folders = pattern.endswith("/")
    pattern = pattern[: len(pattern) - only_folders]
    if not pattern:
        return None
    literal = next((at for at, letter in enumerate(pattern) if letter in _SPECIAL), len(pattern))
    if "/" not in pattern:
        if literal == len(pattern):
            return Line(file, number, text, negated, only_folders, pattern.__eq__, None)
        if pattern[0] == "*" and not _SPECIAL.intersection(pattern[1:]):
            end = pattern[1:]
            return Line(file, number, text, negated, only_folders, lambda name: name.endswith(end), None)
        wildcard = _Wildcard(pattern, False)
        return Line(file, number, text, negated, only_folders, wildcard.match, None, wildcard)
    if pattern.startswith("/"):
        pattern, literal = pattern[1:], literal - 1
    head, rest = pattern[:literal], pattern[literal:]
    if not rest:
        return Line(file, number, text, negated, only_folders, None, pattern.__eq__)
    # Like git, compare the text before the first special character literally. The rest is a pattern of its
    # own, which matters if it begins with two stars.
    wildcard = _Wildcard(rest, True)

    def match_path(path: str) -> bool:
        return path.startswith(head) and wildcard.match(path[literal:])

    return Line(file, number, text, negated, only_folders, None, match_path, wildcard)


def _without_final_spaces(line: str) -> str:
    end = len(line)
    kept = 0
    at = 0
    while at < end:
        if line[at] == "\\":
            at += 1
            if at == end:
                return line
            kept = at + 1
        elif line[at] != " ":
            kept = at + 1
        at += 1
    return line[:kept]


def parse_file(file: str, data: bytes) -> list[Line]:
    """Return the patterns of a ``.gitignore`` in the order of the lines; the last match decides."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    lines = [line.removesuffix("\r") for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    found = (parse_line(file, number, line) for number, line in enumerate(lines, 1) if line)
    return [each for each in found if each is not None]


def _bytewise(path: str) -> str:
    """Return a path with one character per byte, because git compares bytes."""
    if path.isascii():
        return path
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "surrogatepass")
    return data.decode("latin-1")


class GitIgnore:
    """The ``.gitignore`` files of a tree, by the paths of their folders; the root is the empty path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        lines = sum(min(data.count(b"\n"), _MOST_LINES) for data in files.values())
        self._budget = _MOST_STEPS if lines <= _MOST_LINES_TOGETHER else 0
        self.lines = {
            _bytewise(folder): parse_file(f"{folder}/.gitignore" if folder else ".gitignore", data)
            for folder, data in files.items()
            if not self.is_exhausted
        }
        self._folders: dict[str, Line | None] = {"": None}

    @property
    def is_exhausted(self) -> bool:
        """Whether the budget ended before all comparisons were made, so a missing match proves nothing."""
        return self._budget <= 0

    def ignoring(self, path: str) -> Line | None:
        """Return the pattern for which git ignores a file, None if git does not ignore it."""
        if len(path) > _LONGEST_PATH:
            return None
        path = _bytewise(path)
        above, _, name = path.rpartition("/")
        return self._of_folder(above) or self._deciding(above, name, path, False)

    def _of_folder(self, folder: str) -> Line | None:
        """Return the pattern for which git ignores a folder or one of its parents, with all their files."""
        pending = []
        while folder not in self._folders:
            pending.append(folder)
            folder = folder.rpartition("/")[0]
        found = self._folders[folder]
        for each in reversed(pending):
            above, _, name = each.rpartition("/")
            found = found or self._deciding(above, name, each, True)
            self._folders[each] = found
        return found

    def _deciding(self, above: str, name: str, path: str, is_folder: bool) -> Line | None:
        """Return the last pattern that matches, from the nearest file with a match; None if it is negated."""
        folder = above
        while True:
            lines = self.lines.get(folder)
            if lines:
                below = path[len(folder) + 1 :] if folder else path
                for line in reversed(lines):
                    if self._budget <= 0:
                        return None
                    is_match = line.match(name, below, is_folder)
                    self._budget -= line.cost
                    if is_match:
                        return None if line.negated else line
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def outermost(self, path: str) -> str:
        """Return the outermost ignored folder above an ignored file, or the file itself."""
        at = path.find("/")
        while at >= 0:
            if self._folders.get(_bytewise(path[:at])) is not None:
                return path[:at]
            at = path.find("/", at + 1)
        return path
