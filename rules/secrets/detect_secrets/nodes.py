"""Regular expressions over bytes as trees, and their spelling for all engines."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pkgaudit.late import dataclass


@dataclass(frozen=True)
class Byte:
    """One byte out of several options."""

    options: frozenset[int]


@dataclass(frozen=True)
class Seq:
    """Parts in sequence; without parts, it matches the empty string."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alt:
    """A choice between parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Rep:
    """A repetition; ``most`` is None without an upper bound."""

    node: Node
    least: int
    most: int | None


@dataclass(frozen=True)
class Edge:
    """The beginning or end of a line, in its spelling. It counts as a byte, so it is not trimmed."""

    text: str


Node = Byte | Seq | Alt | Rep | Edge
EMPTY = Seq(())


def seq(parts: Iterable[Node]) -> Node:
    """Return the flattened sequence."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Seq) else (part,)
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def alt(parts: Iterable[Node]) -> Node:
    """Return the choice, with single bytes as one class."""
    rest: dict[Node, None] = {}
    options: frozenset[int] = frozenset()
    for part in parts:
        for each in part.parts if isinstance(part, Alt) else (part,):
            if isinstance(each, Byte):
                options |= each.options
            else:
                rest[each] = None
    every = [Byte(options), *rest] if options else [*rest]
    return every[0] if len(every) == 1 else Alt(tuple(every))


def rep(node: Node, least: int, most: int | None) -> Node:
    """Return the repetition; repeated repetitions of a byte become one."""
    if most == 0 or node == EMPTY:
        return EMPTY
    if (least, most) == (1, 1):
        return node
    if isinstance(node, Rep) and isinstance(node.node, Byte) and node.least <= 1:
        inner = node.most
        return rep(node.node, node.least * least, None if inner is None or most is None else inner * most)
    return Rep(node, least, most)


def width(node: Node) -> int:
    """Return the minimum number of bytes of a match."""
    if isinstance(node, Byte | Edge):
        return 1
    if isinstance(node, Rep):
        return node.least * width(node.node)
    return (sum if isinstance(node, Seq) else min)(map(width, node.parts))


def weight(node: Node) -> float:
    """Return the information of a match in bits, for equally frequent bytes. Repetitions count little."""
    if isinstance(node, Edge):
        return 0
    if isinstance(node, Byte):
        return math.log2(256 / max(1, len(node.options)))
    if isinstance(node, Rep):
        return min(node.least, 8) * weight(node.node)
    return (sum if isinstance(node, Seq) else min)(map(weight, node.parts))


def spelled(node: Node) -> str:
    """Return the expression in the syntax of Hyperscan, RE2 and `re`."""
    if isinstance(node, Byte):
        return _class(node.options)
    if isinstance(node, Edge):
        return node.text
    if isinstance(node, Alt):
        return f"(?:{'|'.join(map(spelled, node.parts))})"
    if isinstance(node, Seq):
        return "".join(map(spelled, node.parts))
    text = spelled(node.node)
    if not isinstance(node.node, Byte | Alt):
        text = f"(?:{text})"
    if node.most is None:
        return text + {0: "*", 1: "+"}.get(node.least, f"{{{node.least},}}")
    if node.least == node.most:
        return f"{text}{{{node.least}}}"
    return text + ("?" if (node.least, node.most) == (0, 1) else f"{{{node.least},{node.most}}}")


def _class(options: frozenset[int]) -> str:
    values = sorted(options)
    if len(values) == 1:
        return _byte(values[0])
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return f"[{''.join(_byte(r[0]) if len(r) == 1 else f'{_byte(r[0])}-{_byte(r[-1])}' for r in runs)}]"


def _byte(value: int) -> str:
    text = chr(value)
    return text if text.isascii() and text.isalnum() else f"\\x{value:02x}"
