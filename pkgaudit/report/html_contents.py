"""The contents of a distribution in the HTML report: a treemap, and the same in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pkgaudit.finding import Finding, Severity
from pkgaudit.formatting import counted, sized
from pkgaudit.model.capabilities import WORDS, Total, UsedAt
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.html_badges import SIGNS, mark
from pkgaudit.report.html_elements import Html, el, join
from pkgaudit.report.html_treemap import HEADER, HEIGHT, WIDTH, Cell, plan
from pkgaudit.report.result import Result
from pkgaudit.report.tree import Node, Tree, kinds_of, largest, make_tree
from pkgaudit.report.tree_text import cut, cut_end, percent

_LARGEST = 12
"""The number of files in the table. Chosen: they nearly always contain most of the bytes."""

_LONGEST = 240
"""The longest path, in characters, without a cut here; findings show whole paths."""

_CHARACTER = 6.4
"""The width of a character in a label (pixels). Chosen: slightly more than the average of usual fonts."""

Anchor = Callable[[Finding], str]
"""Returns the id of a finding on the page."""


@dataclass(frozen=True)
class Space:
    """The space of a distribution: the most rectangles, and whether it is open when the page loads."""

    cells: int
    is_open: bool


def patterns() -> Html:
    """Return the textures that distinguish severities without color."""
    shapes = {"error": "M-1 1L1 -1M0 8L8 0M7 9L9 7", "warning": "M3 4H5"}
    drawn = [
        el(
            "pattern",
            el("path", d=shape),
            id=f"{name}-texture",
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        )
        for name, shape in shapes.items()
    ]
    return el("svg", el("defs", *drawn), class_="textures", width=0, height=0, aria_hidden="true")


def box(result: Result, distribution: Distribution, title: str, space: Space, anchor: Anchor) -> Html:
    """Return the contents of a distribution, under a heading with the id ``title``."""
    here: list[Finding] = []
    origins: dict[int, Finding] = {}
    for finding in result.of(distribution.path):
        for place in finding.places:
            if place.distribution == distribution.path:
                at = replace(finding, distribution=place.distribution, location=place.location)
                here.append(at)
                origins[id(at)] = finding
    tree = make_tree(distribution, {}, here)
    name = distribution.filename
    facts = [
        str(distribution.kind),
        counted(len(distribution.files), "file"),
        f"{sized(tree.root.size)} unpacked",
        f"{sized(distribution.size)} packed",
    ]
    if distribution.nested:
        facts.append(f"{counted(len(distribution.nested), 'member')} in nested archives")
    sha256 = el("p", "SHA-256 ", el("code", distribution.sha256), class_="quiet hash")
    drawn = _contents(tree, name, space.cells, lambda each: anchor(origins[id(each)]))
    return el(
        "section",
        el("h3", mark(result.verdict_of(distribution.path)), " ", el("code", name), id=title),
        el("p", " \u00b7 ".join(facts), class_="quiet"),
        sha256 if distribution.sha256 else None,
        _abilities(name, distribution.capabilities) if distribution.capabilities else None,
        el("details", el("summary", "Contents"), drawn, open=space.is_open, class_="inside"),
        class_="box",
        aria_labelledby=title,
    )


def _abilities(name: str, capabilities: Mapping[str, Total]) -> Html:
    """Return the table of the capabilities of a distribution."""
    rows = []
    for key, found in capabilities.items():
        numbers = f"{found.count:,}", f"{found.at_import:,}"
        places = el("ul", *map(_used, found.places), class_="plain")
        rows.append((WORDS.get(key, key), el("code", key), *numbers, places))
    heads = ("Able to", "Capability", "Places", "At import", "First places")
    return _table(f"Capabilities of {name}", "Capabilities", heads, rows)


def _used(place: UsedAt) -> Html:
    line = "" if place.use.line is None else f":{place.use.line}"
    early = " at import" if place.use.at_import else ""
    member = cut(place.member, _LONGEST, "\u2026")
    return el("li", el("code", f"{member}{line}"), f" {place.use.name}{early}")


def _contents(tree: Tree, name: str, most: int, anchor: Anchor) -> Html:
    cells = plan(tree, most)
    if not cells:
        return el("p", "Empty.", class_="quiet")
    return join((_treemap(cells, tree, name, anchor), _tables(tree, name, anchor)))


def _treemap(cells: Sequence[Cell], tree: Tree, name: str, anchor: Anchor) -> Html:
    marked = [each for each in cells if each.findings]
    drawing = el(
        "svg",
        # Hidden from screen readers: rectangles without a link add nothing to the tables.
        el(
            "g",
            *(_drawn(each, tree) for each in cells if not each.findings or each.children),
            aria_hidden="true",
        ),
        *(
            el(
                "a",
                _drawn(each, tree) if not each.children else _header(each, tree),
                href=f"#{anchor(_worst(each.findings))}",
                aria_label=_describe(each, tree),
            )
            for each in marked
        ),
        role="group",
        aria_label=f"Treemap of {name}: {counted(len(tree.files), 'file')}, {len(marked)} marked areas. "
        "The tables below list the largest files and the kinds of files.",
        width="100%",
        height=round(HEIGHT),
        class_="treemap",
    )
    return el("div", drawing, el("p", class_="readout quiet", hidden=True), class_="map")


def _drawn(cell: Cell, tree: Tree) -> Html:
    """Return the rectangle of a cell, with a label if it fits."""
    left, top, width, height = cell.box
    level = f" {_worst(cell.findings).severity}" if cell.findings else ""
    kind = "folder" if cell.children else "rest" if cell.is_rest else "file"
    title = el("title", _describe(cell, tree))
    space = _space(cell)
    # A line of text is 16 pixels high, and fewer than five characters of a name are useless.
    is_labeled = cell.has_header if cell.children else space >= 5 and height >= 16
    texture = f"url(#{level.strip()}-texture)" if cell.findings and level != " info" else None
    if not is_labeled:
        place = _place(left, top, width, height)
        pieces = [el("rect", title, **place, class_=f"cell {kind}{level}")]
        if texture:
            pieces.append(el("rect", **place, fill=texture, class_="texture"))
        return join(pieces)
    inside = [el("rect", width="100%", height="100%")]
    if texture and not cell.children:
        inside.append(el("rect", width="100%", height="100%", fill=texture, class_="texture"))
    inside.append(_label(cell))
    # A second line for the size, which needs at least seven characters.
    if not cell.children and height >= 34 and space >= 7:
        inside.append(el("text", sized(cell.size), x=5, y=28, class_="size"))
    return el("svg", title, *inside, **_place(left, top, width, height), class_=f"cell {kind}{level}")


def _header(cell: Cell, tree: Tree) -> Html:
    """Return the header of an open folder with findings."""
    left, top, width, height = cell.box
    return el(
        "svg",
        el("title", _describe(cell, tree)),
        el("rect", width="100%", height="100%"),
        _label(cell),
        **_place(left, top, width, min(HEADER, height)),
        class_=f"cell file {_worst(cell.findings).severity}",
    )


def _place(left: float, top: float, width: float, height: float) -> dict[str, str]:
    """Return the position attributes: widths depend on the window, heights do not."""
    return {
        "x": f"{100 * left / WIDTH:.3f}%",
        "y": f"{top:.2f}",
        "width": f"{max(100 * width / WIDTH, 0):.3f}%",
        "height": f"{max(height, 0):.2f}",
    }


def _space(cell: Cell) -> int:
    """Return the number of characters that fit into a label."""
    is_bold = bool(cell.findings or cell.children)
    return int((cell.box[2] - 10) / (_CHARACTER * (1.13 if is_bold else 1)))


def _label(cell: Cell) -> Html:
    space = _space(cell)
    label = f"{SIGNS[_worst(cell.findings).severity]} " if cell.findings else ""
    if cell.is_rest:
        # 17 characters are "100 small files" with a margin.
        label += f"{cell.files:,} small files" if space >= 17 else f"+{cell.files}"
    else:
        label += f"{'/'.join(cell.names)}{'/' if cell.node.is_folder else ''}"
    # Chosen: in less space, too little of both ends would remain.
    shorten = cut if space >= 18 else cut_end
    return el("text", shorten(label, space, "\u2026"), x=5, y=13)


def _describe(cell: Cell, tree: Tree) -> str:
    """Return the full description of a cell, on one line."""
    node = cell.node
    if cell.is_rest:
        where = _path(node.parent) if node.parent is not None and node.parent.parent is not None else ""
        number = counted(cell.files, "small file")
        parts = [f"{number} in {where}/" if where else number]
    else:
        parts = [f"{_path(node)}/" if node.is_folder else _path(node)]
    parts.append(f"{sized(cell.size)}{_share(node, cell.size, tree)}")
    if not cell.is_rest:
        if node.packed is not None:
            parts.append(f"{sized(node.packed)} packed")
        parts.append(counted(node.count, "file") if node.is_folder else str(node.kind))
        parts += node.notes
    parts += said(cell.findings)
    return " \u00b7 ".join(parts)


def _path(node: Node) -> str:
    return cut(node.path, _LONGEST, "\u2026") or "(no name)"


def _share(node: Node, size: int, tree: Tree) -> str:
    while node.parent is not None:
        node = node.parent
        if not node.is_folder:
            return ""  # in a nested archive, whose members do not count
    return f" ({percent(size, tree.root.size)})"


def said(findings: Sequence[Finding]) -> list[str]:
    """Return a short list of findings, worst first."""
    levels = [each.severity for each in findings]
    parts = [counted(levels.count(each), str(each)) for each in reversed(Severity) if each in levels]
    if findings:
        codes = list(dict.fromkeys(each.code for each in findings))
        parts.append(", ".join(codes[:4]) + (" \u2026" if len(codes) > 4 else ""))
    return parts


def _worst(findings: Sequence[Finding]) -> Finding:
    return max(findings, key=lambda each: each.severity)


def _tables(tree: Tree, name: str, anchor: Anchor) -> Html:
    whole = tree.root.size
    files = [
        (
            el("code", _path(node)),
            str(node.kind),
            sized(node.size),
            _bar(node.size, whole),
            sized(node.packed) if node.packed is not None else "",
            el("a", ", ".join(said(node.findings)), href=f"#{anchor(_worst(node.findings))}")
            if node.findings
            else "",
        )
        for node in largest(tree, _LARGEST)
    ]
    kinds = [
        (
            str(each.kind),
            f"{each.files:,}",
            sized(each.size),
            _bar(each.size, whole),
            sized(each.packed) if each.packed is not None else "",
            ", ".join(sorted(filter(None, each.suffixes), key=lambda end: -each.suffixes[end])[:6]),
        )
        for each in kinds_of(tree)
    ]
    return el(
        "div",
        _table(
            f"Largest files of {name}",
            "Largest files",
            ("File", "Kind", "Size", "Share", "Packed", "Findings"),
            files,
        ),
        _table(
            f"Kinds of files in {name}",
            "Kinds of files",
            ("Kind", "Files", "Size", "Share", "Packed", "Suffixes"),
            kinds,
        ),
        class_="tables",
    )


def _bar(part: int, whole: int) -> Html:
    share = 100 * part / whole if whole else 0
    bar = el("svg", el("rect", width=f"{share:.1f}%", height="100%"), class_="bar", aria_hidden="true")
    return join((el("span", percent(part, whole)), bar))


def _table(name: str, summary: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    numbers = {"Size", "Share", "Packed", "Files", "Places", "At import"}
    marks = ["number" if head in numbers else None for head in heads]
    head_row = [el("th", head, scope="col", class_=mark) for head, mark in zip(heads, marks, strict=True)]
    body = [
        el("tr", *(el("td", each, class_=mark) for each, mark in zip(row, marks, strict=True)))
        for row in rows
    ]
    return el(
        "details",
        el("summary", summary),
        el(
            "div",
            el(
                "table",
                el("caption", name, class_="unseen"),
                el("thead", el("tr", *head_row)),
                el("tbody", *body),
            ),
            class_="scroll",
            role="region",
            aria_label=name,
            tabindex=0,
        ),
    )
