"""The tree of a distribution for people, on a terminal, in a pipe or in a log."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TextIO

from pkgaudit.finding import Finding, Severity
from pkgaudit.formatting import counted, printable
from pkgaudit.model.budgets import BudgetUsage
from pkgaudit.report.result import Style
from pkgaudit.report.tree import Node, Tree, kinds_of, largest
from pkgaudit.verdict.policy import sort_key

LINES = 120
"""The approximate number of lines of a tree without a given depth."""

SIBLINGS = 24
"""The number of members of one folder that are shown without a given depth; the rest is counted."""

FORCED = 50
"""The number of findings that are always shown at their places without a given depth."""

FOLD = 3
"""The number of findings at one place that are shown; a single further one is shown too."""

_COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36;1"}
_UNICODE = ("├── ", "└── ", "│   ", " → ", "…")
"""The lines of the tree, the arrow of a link and the mark of a cut, as in the command ``tree``."""

_ASCII = ("|-- ", "`-- ", "|   ", " -> ", "...")
"""The same for terminals whose encoding lacks them."""

_NUMBERS = 24
"""Columns before the names: sizes and share."""

_KIND = 13
"""Columns of the kind, or of the number of files."""

_LONGEST_NAME = 300
"""Columns of a name that may exceed the width."""


@dataclass(frozen=True)
class Picture:
    """The parts to show: the tree down to a depth (None: as much as fits), the largest files, the kinds.

    ``whole_names``: names may exceed the width, which is better for searching in the output.
    """

    depth: int | None = None
    largest: int | None = None
    kinds: bool = False
    whole_names: bool = False

    @property
    def is_tree(self) -> bool:
        """Whether the tree is shown: unless another part is requested."""
        return self.largest is None and not self.kinds


def write(trees: Iterable[Tree], stream: TextIO, style: Style, picture: Picture) -> None:
    """Write trees, one after the other."""
    encoding = stream.encoding or "utf-8"
    marks = _UNICODE if _shows("".join(_UNICODE), encoding) else _ASCII
    for number, tree in enumerate(trees):
        if number:
            stream.write("\n")
        for line in _Text(tree, style, picture, marks).lines():
            stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _shows(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Text:
    def __init__(self, tree: Tree, style: Style, picture: Picture, marks: tuple[str, ...]) -> None:
        self.tree = tree
        self.style = style
        self.picture = picture
        self.branch, self.last, self.guide, self.arrow, self.dots = marks
        self.width = max(style.width, 60)
        self.names = self.width - _NUMBERS - _KIND - 2

    def paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.style.color and text else text

    def lines(self) -> Iterator[str]:
        yield from self.head()
        if self.picture.kinds:
            yield from self.kinds()
        if self.picture.largest is not None:
            if self.picture.kinds:
                yield ""
            yield self.header("file")
            for node in largest(self.tree, self.picture.largest):
                yield self.row(node, "", node.path)
                yield from self.below(node, "", True)
        if self.picture.is_tree and self.tree.root.children:
            yield self.header("")
            yield from self.branches()

    def head(self) -> Iterator[str]:
        """Yield the facts on the distribution, the use of its budgets, and the findings on it as a whole."""
        distribution, root = self.tree.distribution, self.tree.root
        number = len(distribution.files)
        facts = [str(distribution.kind), counted(number, "file"), f"{size(root.size)} unpacked"]
        facts.append(f"{size(distribution.size)} packed ({percent(distribution.size, root.size)})")
        if distribution.nested:
            facts.append(f"{counted(len(distribution.nested), 'member')} in nested archives")
        name = printable(distribution.path)
        line = ", ".join(facts)
        if columns(name) + 2 + len(line) <= self.width:
            yield f"{self.paint(name, '1')}  {line}"
        else:
            yield self.paint(name, "1")
            yield from textwrap.wrap(line, self.width, initial_indent="  ", subsequent_indent="  ")
        for use in self.tree.uses:
            color = "31;1" if use.is_over else "33" if use.used > 0.9 * use.limit else "32"
            yield f"  budget {printable(use.name)}: {self.paint(_used(use), color)}"
        yield from self.findings(root.findings, "  ")

    def header(self, what: str) -> str:
        numbers = f"{'size':>8} {'packed':>8} {'share':>5}"
        return self.paint(
            f"{numbers}{' ' * (_NUMBERS - len(numbers))}{what:<{self.names}}  kind".rstrip(), "2"
        )

    def row(self, node: Node, prefix: str, name: str) -> str:
        """Return the line of a node; ``name`` is its name, or the joined names of nested folders."""
        share = percent(node.size, self.tree.root.size) if self.counts(node) else ""
        numbers = f"{size(node.size):>8} {size(node.packed):>8} {share:>5}"
        prefix = prefix if len(prefix) <= self.names // 2 else f"{self.dots}{prefix[-(self.names // 2) :]}"
        shown = printable(name) or "(no name)"
        if node.is_folder:
            shown += "/"
        elif node.entry is not None and node.entry.link_target is not None:
            shown += f"{self.arrow}{printable(node.entry.link_target)}"
        space = self.names - len(prefix)
        shown = cut(shown, max(space, _LONGEST_NAME) if self.picture.whole_names else space, self.dots)
        what = counted(node.count, "file") if node.is_folder else str(node.kind)
        gap = " " * (max(space - columns(shown), 0) + 2)
        color = "1;34" if node.is_folder else self.worst(node)
        left = f"{numbers}{' ' * (_NUMBERS - len(numbers))}{self.paint(prefix, '2')}"
        return f"{left}{self.paint(shown, color)}{gap}{self.paint(what, '2')}"

    @staticmethod
    def counts(node: Node) -> bool:
        """Whether a node counts in the size of the distribution; members of nested archives do not."""
        while node.parent is not None:
            node = node.parent
            if not node.is_folder:
                return False
        return True

    @staticmethod
    def worst(node: Node) -> str:
        return _COLORS[max(each.severity for each in node.findings)] if node.findings else ""

    def branches(self) -> Iterator[str]:
        """Yield the lines of the tree, without recursion."""
        opened = self.opened()
        pending: list[tuple[Node | str, str, bool]] = []

        def push(node: Node, prefix: str) -> None:
            shown, left = self.children(node)
            rows: list[Node | str] = [*shown]
            if left:
                rows.append(_left(left, self.dots))
            pending.extend(
                (each, prefix, number == len(rows) - 1) for number, each in reversed(list(enumerate(rows)))
            )

        push(self.tree.root, "")
        while pending:
            node, prefix, is_last = pending.pop()
            mark = self.last if is_last else self.branch
            if isinstance(node, str):
                yield f"{' ' * _NUMBERS}{self.paint(prefix + mark, '2')}{node}"
                continue
            names = [node.name]
            while node.is_folder and node in opened and len(node.children) == 1 and not _has_rows(node):
                (only,) = node.children
                if not only.is_folder:
                    break
                node = only
                names.append(node.name)
            below = prefix + ("    " if is_last else self.guide)
            is_open = node in opened
            yield self.row(node, prefix + mark, "/".join(names))
            yield from self.below(node, below, not (is_open and node.children))
            if not is_open and (inside := node.found - len(node.findings)):
                note = self.paint(f"{counted(inside, 'finding')} inside", "33")
                yield f"{' ' * _NUMBERS}{below}{note}"
            if is_open:
                push(node, below)

    def below(self, node: Node, prefix: str, is_leaf: bool) -> Iterator[str]:
        """Yield the notes and the findings of a node."""
        if not _has_rows(node):
            return
        half = self.names // 2
        prefix = prefix if len(prefix) <= half else f"{self.dots}{prefix[-half:]}"
        indent = f"{' ' * _NUMBERS}{prefix}{'' if is_leaf else self.guide}"
        if node.notes:
            for line in self.wrap(", ".join(map(printable, node.notes)), indent, 2):
                yield f"{indent}{self.paint(line, '2')}"
        yield from self.findings(node.findings, indent)

    def findings(self, findings: Iterable[Finding], indent: str) -> Iterator[str]:
        found = sorted(findings, key=sort_key)
        shown = found if len(found) <= FOLD + 1 else found[:FOLD]
        for each in shown:
            line = f"line {each.location.line}: " if each.location.line else ""
            head = f"{each.severity} {each.code} "
            text = f"{line}{printable(each.message)}"
            lines = self.wrap(head.replace(" ", "_") + text, indent, 3)
            lines[0] = self.paint(head, _COLORS[each.severity]) + lines[0][len(head) :]
            yield from (f"{indent}{each}" for each in lines)
        if len(shown) < len(found):
            yield f"{indent}{self.dots} and {counted(len(found) - len(shown), 'more finding')}"

    def wrap(self, text: str, indent: str, most: int) -> list[str]:
        """Return a text in lines that fit after an indent; all lines after the first are indented."""
        space = max(self.width - columns(indent), 24)
        lines = textwrap.wrap(
            text,
            space,
            max_lines=most,
            placeholder=f" {self.dots}",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
        return [cut_end(line, space, self.dots) for line in lines]

    def opened(self) -> Collection[Node]:
        """Return the nodes whose children are shown."""
        if self.picture.depth is not None:
            return self.to_depth(self.picture.depth)
        opened = {self.tree.root}
        found = [
            (max(each.severity for each in node.findings), -number, node)
            for number, node in enumerate(self.tree.nodes)
            if node.findings
        ]
        for _, _, node in sorted(found, key=lambda each: each[:2], reverse=True)[:FORCED]:
            above = node.parent
            while above is not None and above not in opened:
                opened.add(above)
                above = above.parent
        lines = sum(len(self.children(node)[0]) + 1 for node in opened)
        heap: list[tuple[int, int, int, Node]] = []
        number = 0

        def offer(node: Node, depth: int) -> None:
            nonlocal number
            for child in self.children(node)[0]:
                if child.children:
                    number += 1
                    heappush(heap, (depth + 1, -child.size, number, child))

        offer(self.tree.root, 0)
        while heap:
            depth, _, _, node = heappop(heap)
            if node not in opened:
                more = len(self.children(node)[0]) + 1
                only = len(node.children) == 1 and node.is_folder
                if lines + more > LINES and not only:
                    continue
                lines += more
                opened.add(node)
            offer(node, depth)
        return opened

    def to_depth(self, depth: int) -> set[Node]:
        level, opened = [self.tree.root], {self.tree.root}
        for _ in range(depth - 1):
            level = [child for node in level for child in node.children if child.children]
            if not level:
                break
            opened.update(level)
        return opened

    def children(self, node: Node) -> tuple[list[Node], list[Node]]:
        """Return the children of a node that are shown, and those that are only counted."""
        children = node.children
        if self.picture.depth is not None or len(children) <= SIBLINGS + 1:
            return children, []
        wanted = {*children[:SIBLINGS]}
        wanted.update([each for each in children if each.found][:FORCED])
        return [each for each in children if each in wanted], [
            each for each in children if each not in wanted
        ]

    def kinds(self) -> Iterator[str]:
        sums = kinds_of(self.tree)
        yield self.paint(
            f"{'size':>8} {'packed':>8} {'ratio':>5} {'share':>5} {'files':>7}  kind      suffixes", "2"
        )
        for each in sums:
            ratio = percent(each.packed, each.size) if each.packed is not None else ""
            share = percent(each.size, self.tree.root.size)
            endings = sorted(each.suffixes.items(), key=lambda item: (-item[1], item[0]))
            names = ", ".join(f"{printable(name) or 'none'} {number:,}" for name, number in endings)
            line = (
                f"{size(each.size):>8} {size(each.packed):>8} {ratio:>5} {share:>5} {each.files:>7,}  "
                f"{each.kind!s:<8}  "
            )
            yield f"{line}{cut_end(names, self.width - len(line), self.dots)}"


def _has_rows(node: Node) -> bool:
    return bool(node.findings or node.notes)


def _left(nodes: list[Node], dots: str) -> str:
    files = sum(node.count if node.is_folder else 1 for node in nodes)
    return f"{dots} {len(nodes):,} more ({counted(files, 'file')}, {size(sum(node.size for node in nodes))})"


def _used(use: BudgetUsage) -> str:
    if use.in_bytes:
        used, limit = size(use.used), size(use.limit)
    else:
        used, limit = f"{use.used:,}", f"{use.limit:,}"
    return f"{used} of {limit} ({percent(use.used, use.limit)})"


def size(number: int | None) -> str:
    """Return a size in at most eight columns, such as ``12 B`` or ``1.2 MB``; empty for None."""
    if number is None:
        return ""
    if number < 1000:  # below the first unit
        return f"{number} B"
    for unit, power in (("kB", 3), ("MB", 6), ("GB", 9)):
        if number < 999.95 * 10**power:
            return f"{number / 10**power:.1f} {unit}"
    return f"{number / 10**12:.1f} TB" if number < 10**15 else ">1000 TB"  # eight columns


def percent(part: int, whole: int) -> str:
    """Return a part of a whole as a percentage, such as ``12%``."""
    if not whole:
        return ""
    share = 100 * part / whole
    return "<1%" if 0 < share < 0.5 else f"{share:,.0f}%"


def columns(text: str) -> int:
    """Return the number of terminal columns of a printable text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def cut(text: str, space: int, dots: str) -> str:
    """Return a text that fits into a number of columns; a longer text loses its middle."""
    if len(text) <= space and columns(text) <= space:
        return text
    left = max(space - len(dots), 2)
    head, tail = cut_end(text[:left], left - left // 2, ""), _cut_start(text[-left:], left // 2)
    return f"{head}{dots}{tail}"


def cut_end(text: str, space: int, dots: str) -> str:
    """Return a text that fits into a number of columns; a longer text loses its end."""
    if len(text) <= space and columns(text) <= space:
        return text
    text = text[: max(space - len(dots), 1)]
    while columns(text) > space - len(dots) and len(text) > 1:
        text = text[:-1]
    return f"{text}{dots}"


def _cut_start(text: str, space: int) -> str:
    text = text[-space:]
    while columns(text) > space and len(text) > 1:
        text = text[1:]
    return text
