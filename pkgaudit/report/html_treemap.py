"""The layout of a treemap: the members of a distribution that get a rectangle, and its place.

Rectangles are squarified (https://vanwijk.win.tue.nl/stm.pdf), with areas in proportion to the file sizes. No
function is recursive. Files too small to be visible share one rectangle in each folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pkgaudit.finding import Finding
from pkgaudit.report.tree import Node, Tree

WIDTH = 1080.0
"""The width of the drawing. Chosen: the width of the text on most screens."""

HEIGHT = 440.0
"""The height (pixels). Chosen: findings still fit on the first screen. The width depends on the window."""

HEADER = 18.0
"""The height of the header with the name of a folder."""

_LEAST = 90.0
"""The area of the smallest rectangle."""

_SEEN = 220.0
"""The smallest area of a rectangle with findings, or for several files."""

_OPEN = (46.0, 40.0)
"""The sides of the smallest folder that is opened."""

_SMALLEST_FOLDER = 6
"""The number of smallest rectangles that must fit into an opened folder."""

_ROUNDS = 12
"""The number of rounds of the layout. Chosen."""

Box = tuple[float, float, float, float]
"""A rectangle: left, top, width, height."""


@dataclass(eq=False)
class Cell:
    """A rectangle: a file, a folder, a nested archive, or several nodes too small for their own rectangle.

    ``names`` are the name of its node and of the parent folders that contain nothing else; ``files`` is the
    number of its files. ``findings`` are the findings on these files, or, for an open folder, on the folder
    itself. ``weight`` is the wanted area; ``margin`` is the area of headers, which is added to give
    ``share``.
    """

    nodes: list[Node]
    names: list[str]
    size: int
    files: int
    findings: list[Finding]
    is_rest: bool = False
    weight: float = 0.0
    margin: float = 0.0
    share: float = 0.0
    children: list[Cell] = field(default_factory=list)
    box: Box = (0.0, 0.0, 0.0, 0.0)
    has_header: bool = False

    @property
    def node(self) -> Node:
        """The first, and usually only, node."""
        return self.nodes[0]


def plan(tree: Tree, most: int) -> list[Cell]:
    """Return the rectangles of a distribution, about ``most``, each after its parent."""
    if not tree.root.size:
        return []
    scale = WIDTH * HEIGHT / tree.root.size
    areas = sorted((node.size * scale for node in tree.files), reverse=True)
    least = max(_LEAST, areas[most] if len(areas) > most else 0.0)
    inside = _findings_inside(tree)
    while True:
        order = _Choice(least, most // 4, inside).opened(tree, scale)
        cells = [child for cell in order for child in cell.children]
        if len(cells) <= most or least > WIDTH * HEIGHT:
            break
        least *= 1.25
    for cell in reversed(order):
        if cell.children:
            cell.weight = sum(each.weight for each in cell.children)
    _settle(order)
    return cells


def _findings_inside(tree: Tree) -> dict[Node, list[Finding]]:
    """Return the findings in each node, including those in its descendants."""
    found: dict[Node, list[Finding]] = {}
    for node in reversed(tree.nodes):
        if node.findings:
            found.setdefault(node, []).extend(node.findings)
        above = node.parent
        if node in found and above is not None and above.parent is not None:
            found.setdefault(above, []).extend(found[node])
    return found


@dataclass
class _Choice:
    """Chooses the nodes with a rectangle: all with an area of ``least``, and ``marked`` smaller ones."""

    least: float
    marked: int
    inside: dict[Node, list[Finding]]

    def opened(self, tree: Tree, scale: float) -> list[Cell]:
        """Return the root and the opened folders, each after its parent."""
        root = Cell([tree.root], [], tree.root.size, tree.root.count, [])
        opened = [(root, scale)]
        for cell, its_scale in opened:  # the list grows during the loop
            opened += self.divide(cell, its_scale)
        return [cell for cell, _ in opened]

    def divide(self, cell: Cell, scale: float) -> list[tuple[Cell, float]]:
        """Create the rectangles in a folder, and return those to divide further."""
        small: list[Node] = []
        opened = []
        for node in sorted(cell.node.children, key=lambda each: (-each.size, each.name)):
            area = node.size * scale
            if area < self.least:
                small.append(node)
                continue
            child = self.make([node], scale)
            cell.children.append(child)
            last = child.node
            within = sum(each.size for each in last.children)
            if within and area >= max(_OPEN[0] * _OPEN[1], _SMALLEST_FOLDER * self.least):
                child.findings = last.findings
                opened.append((child, area / within))
        marked = [node for node in small if node in self.inside]
        plain = [node for node in small if node not in self.inside]
        if len(marked) <= self.marked:
            self.marked -= len(marked)
            cell.children += [self.make([node], scale) for node in marked]
        else:
            cell.children.append(self.make(marked, scale))
        if plain:
            cell.children.append(self.make(plain, scale))
        return opened

    def make(self, nodes: list[Node], scale: float) -> Cell:
        """Return the rectangle of one or several nodes."""
        node, names = nodes[0], [nodes[0].name]
        while (
            len(nodes) == 1
            and node.is_folder
            and not node.findings
            and len(node.children) == 1
            and node.children[0].is_folder
        ):
            node = node.children[0]
            names.append(node.name)
            nodes = [node]
        size = sum(each.size for each in nodes)
        files = sum(each.count if each.is_folder else 1 for each in nodes)
        found = [each for node in nodes for each in self.inside.get(node, ())]
        is_rest = len(nodes) > 1
        least = _SEEN if found or is_rest else 0.0
        return Cell(nodes, names, size, files, found, is_rest, max(size * scale, least))


def _settle(order: Sequence[Cell]) -> None:
    """Place each rectangle.

    Headers with names need space, so each folder gets that much more area. The space is known only after the
    folder is placed, so the layout runs in rounds; the round with the most accurate areas counts.
    """
    root = order[0]
    cells = [child for cell in order for child in cell.children]
    for cell in cells:
        cell.share = cell.weight
    best: tuple[float, list[tuple[Cell, Box, bool]]] | None = None
    for _ in range(_ROUNDS):
        root.box = (0.0, 0.0, WIDTH, HEIGHT)
        for cell in order:
            inner = _inner(cell, cell is root)
            cell.margin = cell.box[2] * cell.box[3] - inner[2] * inner[3]
            _squarify(cell.children, inner)
        for cell in reversed(order):
            cell.margin += sum(each.margin for each in cell.children)
        left = max(1 - root.margin / (WIDTH * HEIGHT), 0.1) * WIDTH * HEIGHT / root.weight
        for cell in cells:
            cell.share = cell.weight * left + cell.margin
        shares = [
            each.box[2] * each.box[3] / each.weight for each in cells if not each.children and each.weight
        ]
        spread = max(shares) / max(min(shares), 1e-9)
        if best is None or spread < best[0]:
            best = (spread, [(each, each.box, each.has_header) for each in cells])
    assert best is not None
    for cell, box, has_header in best[1]:
        cell.box, cell.has_header = box, has_header


def _inner(cell: Cell, is_root: bool) -> Box:
    """Return the part of a folder's rectangle that is left for its contents."""
    left, top, width, height = cell.box
    cell.has_header = not is_root and width >= _OPEN[0] and height >= _OPEN[1]
    if is_root:
        return cell.box
    # Chosen: in a small folder, a frame would need too much of the area.
    pad = 2.0 if min(width, height) > 24 else 0.0
    strip = HEADER if cell.has_header else pad
    return (left + pad, top + strip, width - 2 * pad, height - strip - pad)


def _squarify(cells: Sequence[Cell], box: Box) -> None:
    """Fill a rectangle with rectangles, in rows that make them as square as possible."""
    ordered = sorted(cells, key=lambda each: (each.is_rest, -each.weight))
    weights = [each.share for each in ordered]
    left, top, width, height = box
    rest = sum(weights)
    start = 0
    while start < len(ordered) and rest > 0:
        side = min(width, height)
        scale = width * height / rest
        end, row = start + 1, weights[start]
        worst = _worst(weights[start:end], row, side, scale)
        while end < len(ordered):
            wider = row + weights[end]
            # Weights decrease, so the first and the last of a row are its extremes.
            shape = _worst((weights[start], weights[end]), wider, side, scale)
            if shape > worst:
                break
            row, worst, end = wider, shape, end + 1
        if end == len(ordered):
            row = rest = sum(weights[start:])
        depth = row / rest * max(width, height)
        at = 0.0
        for cell, weight in zip(ordered[start:end], weights[start:end], strict=True):
            length = weight / row * side
            if width >= height:
                cell.box = (left, top + at, depth, length)
            else:
                cell.box = (left + at, top, length, depth)
            at += length
        if width >= height:
            left, width = left + depth, max(width - depth, 0.0)
        else:
            top, height = top + depth, max(height - depth, 0.0)
        rest -= row
        start = end


def _worst(weights: Sequence[float], row: float, side: float, scale: float) -> float:
    """Return the worst ratio of sides in a row."""
    depth = row * scale / side if side else 0.0
    if not depth:
        return 1.0
    sides = [weight * scale / depth for weight in weights if weight]
    return max((max(each / depth, depth / each) for each in sides), default=1.0)
