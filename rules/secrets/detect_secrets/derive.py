"""Translate a regular expression over text to expressions over bytes that match at least the same places.

Each step on the parse tree of the expression can only enlarge the set of matches: conditions on the
surroundings (anchors, look-arounds) are dropped, a back-reference becomes the pattern of its group, a class
with letters beyond ASCII accepts any bytes from 0x80, repetitions lose their optional part, and beginnings
and ends are cut off. No class contains line ends, because the plugins of detect-secrets read lines. The
result only uses syntax that Hyperscan, RE2 and `re` read in the same way, so each of them selects the same
lines.

Only needed to write ``data/detect_secrets.json``, or if another version of detect-secrets is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pkgaudit.rules.secrets.detect_secrets.nodes import (
    EMPTY,
    Alt,
    Byte,
    Edge,
    Node,
    Rep,
    Seq,
    alt,
    rep,
    seq,
    weight,
    width,
)

HIGH = frozenset(range(0x80, 0x100))
_LINE_ENDS = frozenset(b"\r\n")
_FOLDED = "\u0130\u0131\u017f\u212a"
"""Letters that match ASCII letters in an expression that ignores case: variants of i, long s, Kelvin."""


class Translator:
    """Translates one compiled expression over text; ``edges`` keeps its conditions on edges of lines."""

    def __init__(self, expression: re.Pattern[str], edges: bool = False) -> None:
        self._edges = edges
        known = import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")
        compiler = import_module("re._compiler" if hasattr(re, "_compiler") else "sre_compile")
        self._tree: Any = known.parse(expression.pattern, expression.flags)
        self._subpattern, self._compile = known.SubPattern, compiler.compile
        self._flags = expression.flags
        self._groups: dict[int, Node] = {}

    def node(self) -> Node:
        """Return the expression over bytes."""
        return self._sequence(self._tree, self._flags)

    def _sequence(self, tree: Any, flags: int) -> Node:
        return seq([self._item(str(op), value, op, flags) for op, value in tree])

    def _item(self, name: str, value: Any, op: Any, flags: int) -> Node:
        if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self._character(name, value, op, flags)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, tree = value
            return rep(self._sequence(tree, flags), least, None if str(most) == "MAXREPEAT" else most)
        if name == "SUBPATTERN":
            group, added, removed, tree = value
            node = self._sequence(tree, (flags | added) & ~removed)
            if group is not None:
                self._groups[group] = node
            return node
        if name == "BRANCH":
            return alt([self._sequence(tree, flags) for tree in value[1]])
        if name == "ATOMIC_GROUP":
            return self._sequence(value, flags)
        if name == "GROUPREF":
            return self._reference(value, flags)
        if name == "GROUPREF_EXISTS":
            _, yes, no = value
            return alt([self._sequence(yes, flags), self._sequence(no, flags) if no else EMPTY])
        if name == "AT":
            return self._edge(str(value)) if self._edges else EMPTY
        if name in ("ASSERT", "ASSERT_NOT"):
            return EMPTY
        return rep(Byte(_ANY), 0, None)

    def _edge(self, kind: str) -> Node:
        if kind in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return Edge("(?m:^)")
        if kind in ("AT_END", "AT_END_STRING"):
            # Plugins get lines without trailing blanks.
            return alt([Byte(HIGH | _BLANK), Edge("(?m:$)")])
        return EMPTY

    def _reference(self, group: int, flags: int) -> Node:
        node = self._groups.get(group)
        if node is None or (flags & re.IGNORECASE and _has_letters(node)):
            return rep(Byte(_ANY), 0, None)
        return node

    def _character(self, name: str, value: Any, op: Any, flags: int) -> Node:
        one = self._compile(self._subpattern(self._tree.state, [(op, value)]), flags & ~re.DEBUG)
        # Bytes below 0x80 are ASCII, the others are parts of a character of several bytes.
        options = frozenset(byte for byte in range(128) if one.match(chr(byte))) - _LINE_ENDS
        if _reaches_beyond(name, value, flags):
            return rep(Byte(options | HIGH), 1, 4)
        more = [each.encode() for each in _FOLDED if one.match(each)]
        if name == "LITERAL" and value < 0x80:  # ASCII
            return alt([Byte(options), *(seq(Byte(frozenset((byte,))) for byte in each) for each in more)])
        if more:
            # An exact translation would be a choice in a repetition, which is expensive; these bytes are
            # rare.
            return rep(Byte(options.union(*more)), 1, 3)
        return Byte(options)


_ANY = frozenset(range(256)) - _LINE_ENDS
_BLANK = frozenset(b" \t\x0b\x0c\x1c\x1d\x1e\x1f")


def _reaches_beyond(name: str, value: Any, flags: int) -> bool:
    """Return whether a single character may be beyond ASCII (folded letters aside)."""
    if name == "LITERAL":
        return bool(value >= 0x80)  # beyond ASCII
    if name != "IN":
        return True
    for op, each in value:
        kind = str(op)
        # 0x80 is the first character beyond ASCII; a range ends at its second number.
        if kind == "NEGATE" or (kind == "LITERAL" and each >= 0x80) or (kind == "RANGE" and each[1] >= 0x80):
            return True
        if kind == "CATEGORY" and not (flags & re.ASCII and "_NOT_" not in str(each)):
            return True
    return False


def _has_letters(node: Node) -> bool:
    if isinstance(node, Edge):
        return False
    if isinstance(node, Byte):
        return any(chr(byte).isalpha() for byte in node.options)
    return any(map(_has_letters, (node.node,) if isinstance(node, Rep) else node.parts))


def trimmed(node: Node, head: bool = True, tail: bool = True) -> Node:
    """Return the expression without optional parts at the beginning and the end."""
    if isinstance(node, Alt):
        return alt([trimmed(part, head, tail) for part in node.parts])
    if isinstance(node, Rep):
        if width(node) == 0:
            return EMPTY
        if isinstance(node.node, Byte):
            return rep(node.node, node.least, node.least)
        if head and tail and node.least == 1:
            return trimmed(node.node)
        inner = rep(node.node, node.least - 1, node.least - 1)
        return seq(
            [trimmed(node.node, tail=False), inner] if head else [inner, trimmed(node.node, head=False)]
        )
    if isinstance(node, Seq):
        parts = list(node.parts)
        while tail and parts and width(parts[-1]) == 0:
            parts.pop()
        while head and parts and width(parts[0]) == 0:
            del parts[0]
        if len(parts) == 1:
            return trimmed(parts[0], head, tail)
        if parts and head:
            parts[0] = trimmed(parts[0], tail=False)
        if parts and tail:
            parts[-1] = trimmed(parts[-1], head=False)
        return seq(parts)
    return node


_WIDE = 250
"""How many bytes a class must accept to count as "anything": repetitions of it separate specific parts."""

_SUFFICIENT = 14
"""Bytes of an expression that are specific enough. Chosen: longer expressions need more time to compile."""


def shortened(node: Node) -> Node:
    """Return a part of the expression that is fast to compile and to search, and still specific."""
    node = _loosened(trimmed(node))
    if isinstance(node, Seq):
        pieces: list[list[Node]] = [[]]
        for part in node.parts:
            if isinstance(part, Rep) and isinstance(part.node, Byte) and len(part.node.options) >= _WIDE:
                pieces.append([])
            else:
                pieces[-1].append(part)
        node = max((trimmed(seq(piece)) for piece in pieces), key=weight)
    if isinstance(node, Seq):
        parts = list(node.parts)
        fixed = [index for index, part in enumerate(parts) if _is_fixed(part)]
        if fixed:
            parts = _cut(parts, fixed[-1])
            parts = _cut(parts[::-1], len(parts) - 1 - fixed[0])[::-1]
        node = seq(parts)
    return trimmed(node)


def _loosened(node: Node) -> Node:
    """Return the expression without high upper bounds, which are expensive to compile."""
    if isinstance(node, Byte | Edge):
        return node
    if isinstance(node, Rep):
        counted = isinstance(node.node, Byte) and node.most is not None and node.most > node.least + 8
        return Rep(_loosened(node.node), node.least, None if counted else node.most)
    return (seq if isinstance(node, Seq) else alt)(map(_loosened, node.parts))


def merged(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return the same choice with common beginnings merged, which is faster to compile."""
    groups: dict[Node, dict[Node, None]] = {}
    for node in nodes:
        parts = node.parts if isinstance(node, Seq) else (node,)
        groups.setdefault(seq(parts[:1]), {})[seq(parts[1:])] = None
    return tuple(
        seq([head, next(iter(t)) if len(t) == 1 else alt(merged(t))]) for head, t in groups.items() if t
    )


def _is_fixed(node: Node) -> bool:
    """Return whether a node is a literal, in either case, or begins or ends with one."""
    if isinstance(node, Byte):
        return len(node.options) <= 3
    if isinstance(node, Rep):
        return node.least > 0 and _is_fixed(node.node)
    if isinstance(node, Edge):
        return False
    if isinstance(node, Alt):
        return all(map(_is_fixed, node.parts))
    return any(map(_is_fixed, node.parts))


def _cut(parts: list[Node], last: int) -> list[Node]:
    """Return the parts up to ``last``, and as many following classes as a specific expression needs."""
    kept = parts[: last + 1]
    for part in parts[last + 1 :]:
        missing = _SUFFICIENT - width(seq(kept))
        if missing <= 0:
            break
        if isinstance(part, Rep) and isinstance(part.node, Byte) and part.least >= missing:
            kept.append(rep(part.node, missing, missing))
            break
        kept.append(part)
    return kept


def needles(node: Node) -> tuple[str, ...] | None:
    """Return lower-case literals, one of which is in every match; folded letters count as ASCII letters."""
    best: tuple[str, ...] | None = None
    run = ""
    for part in node.parts if isinstance(node, Seq) else (node,):
        letter = _letter(part)
        found: tuple[str, ...] | None
        if letter is None:
            run, found = "", None
            if isinstance(part, Alt):
                each = [needles(option) for option in part.parts]
                found = None if None in each else tuple({text: None for one in each for text in one or ()})
            elif isinstance(part, Rep) and part.least > 0:
                found = needles(part.node)
        else:
            run += letter
            found = (run,)
        if found and (best is None or min(map(len, found)) > min(map(len, best))):
            best = found
    return best


_FOLDED_NODES = [seq(Byte(frozenset((byte,))) for byte in each.encode()) for each in _FOLDED]


def _letter(node: Node) -> str | None:
    """Return the lower-case letter that a part matches in either case or folded, None for other parts."""
    if isinstance(node, Alt) and all(part in _FOLDED_NODES for part in node.parts[1:]):
        node = node.parts[0]
    if not isinstance(node, Byte):
        return None
    letters = {chr(byte).lower() for byte in node.options if byte < 0x80}  # ASCII
    return letters.pop() if len(letters) == 1 and len(node.options) <= 2 else None
