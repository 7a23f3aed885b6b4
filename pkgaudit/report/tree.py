"""The members of a distribution as a tree, with their sizes and findings.

No function is recursive, and the number of folders is limited, because an archive may contain any paths.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pkgaudit.finding import Finding
from pkgaudit.model.budgets import BudgetUsage
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.model.kinds import FileKind, kind_of_entry
from pkgaudit.report.readme_page import shows_readme

DEEPEST = 100
"""The most folders of a path; deeper folders become a part of the file's name."""

MOST_FOLDERS = 50_000
"""The most folders of a tree; further folders become a part of the file's name."""

NESTED = "!/"

USUAL_MODES = frozenset({0, 0o644, 0o755, 0o664, 0o775})
"""The usual permissions of members; 0 means a zip without permissions."""

OLDEST = 315532800
"""1980-01-01 in seconds since 1970, the earliest date in a zip."""


class Node:
    """A member, or a folder with or without a member of its own.

    ``size`` and ``packed`` are in bytes; for a folder they are totals (``packed`` is None if unknown).
    ``count`` is the number of files in it. A nested archive counts with its own size, not with its members.
    """

    __slots__ = (
        "children",
        "count",
        "entry",
        "findings",
        "folders",
        "found",
        "kind",
        "name",
        "notes",
        "packed",
        "parent",
        "size",
    )

    def __init__(self, name: str, parent: Node | None, entry: Entry | None = None) -> None:
        self.name = name
        self.parent = parent
        self.entry = entry
        self.kind = FileKind.DIRECTORY if entry is None else kind_of_entry(entry)
        self.size = entry.size if entry is not None else 0
        self.packed = entry.packed_size if entry is not None else None
        self.count = 0
        self.children: list[Node] = []
        self.folders: dict[str, Node] = {}
        self.findings: list[Finding] = []
        self.found = 0
        """The number of findings in it, at any depth."""
        self.notes: list[str] = []

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, with or without a member in the archive."""
        return self.kind is FileKind.DIRECTORY

    @property
    def path(self) -> str:
        """The path of its member in the archive; for a folder without a member, its joined names."""
        if self.entry is not None:
            return self.entry.path
        names = [self.name]
        node = self.parent
        while node is not None and node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names))

    def add(self, node: Node) -> Node:
        """Add a child node."""
        self.children.append(node)
        return node


@dataclass
class Tree:
    """A distribution as a tree; ``uses`` are the uses of its budgets."""

    distribution: Distribution
    root: Node
    nodes: list[Node]
    """All nodes, each after its parent, in archive order."""
    uses: list[BudgetUsage] = field(default_factory=list)

    @property
    def files(self) -> list[Node]:
        """The nodes of the distribution's own members, except folders."""
        return [
            node
            for node in self.nodes
            if node.entry is not None and not node.is_folder and not node.entry.depth
        ]


class _Planter:
    def __init__(self, distribution: Distribution, contents: Mapping[str, FileKind]) -> None:
        self.root = Node("", None)
        self.nodes: list[Node] = [self.root]
        self.contents = contents
        self.space = MOST_FOLDERS
        self.members: dict[str, Node] = {}
        self._latest: tuple[Node, str, Node] | None = None
        for entry in distribution.entries:
            self.plant(entry, self.root, entry.path)
        for entry in distribution.nested:
            outer, inner = self.container(entry)
            self.plant(entry, outer, inner)

    def container(self, entry: Entry) -> tuple[Node, str]:
        """Return the node of the archive that a member is in, and the member's path there."""
        at = len(entry.path)
        for _ in range(10):  # a name inside may contain the mark
            at = entry.path.rfind(NESTED, 0, at)
            if at < 0:
                break
            if (node := self.members.get(entry.path[:at])) is not None:
                return node, entry.path[at + len(NESTED) :]
        return self.root, entry.path

    def plant(self, entry: Entry, base: Node, path: str) -> None:
        """Add a member at its place."""
        if entry.type is EntryType.DIRECTORY:
            folder = self.folder(base, path.rstrip("/"))
            if folder.entry is None:
                folder.entry = entry
            return
        above, slash, name = path.rpartition("/")
        folder = self.folder(base, above) if slash else base
        beyond = self._beyond if slash else ""
        node = folder.add(Node(f"{beyond}{name}", folder, entry))
        if (kind := self.contents.get(entry.path)) is not None:
            node.kind = kind
        if entry.path in self.members:
            node.notes.append("a second member of this name")
        self.members[entry.path] = node
        self.nodes.append(node)

    _beyond = ""
    """The part of the latest path below its deepest folder node."""

    def folder(self, base: Node, path: str) -> Node:
        """Return the folder at a path below a node; create it and its parents if needed."""
        self._beyond = ""
        if self._latest is not None and self._latest[0] is base and self._latest[1] == path:
            return self._latest[2]
        folder = base
        names = path.split("/", DEEPEST)
        for number, name in enumerate(names):
            child = folder.folders.get(name)
            if child is None:
                if number >= DEEPEST or self.space <= 0:
                    self._beyond = "/".join(names[number:]) + "/"
                    break
                self.space -= 1
                child = folder.folders[name] = folder.add(Node(name, folder))
                self.nodes.append(child)
            folder = child
        if not self._beyond:
            self._latest = (base, path, folder)
        return folder


def make_tree(
    distribution: Distribution,
    contents: Mapping[str, FileKind],
    findings: Iterable[Finding] = (),
    uses: Iterable[BudgetUsage] = (),
) -> Tree:
    """Return the tree of a distribution.

    ``contents`` are the kinds of files determined by content, by path; ``findings`` are added to their nodes.
    """
    planter = _Planter(distribution, contents)
    for finding in findings:
        node = _place(finding, planter)
        node.findings.append(finding)
        shown = shows_readme(distribution, finding.location)
        note = f"as PyPI shows it: {shown}"
        if shown and note not in node.notes:
            node.notes.append(note)
    _note(planter.nodes)
    for node in reversed(planter.nodes):
        node.found += len(node.findings)
        above = node.parent
        if above is None:
            continue
        above.found += node.found
        if above.is_folder:
            above.size += node.size
            above.count += node.count if node.is_folder else 1
            if node.packed is not None:
                above.packed = (above.packed or 0) + node.packed
        else:  # a nested archive
            above.count += node.count if node.is_folder else 1
    return Tree(distribution, planter.root, planter.nodes, list(uses))


def _place(finding: Finding, planter: _Planter) -> Node:
    """Return the node of a finding, or the nearest existing folder."""
    path = finding.location.member
    if not path:
        return planter.root
    if (node := planter.members.get(path)) is not None:
        return node
    outer, mark, inner = path.rpartition(NESTED)
    base = planter.members.get(outer) if mark else None
    node, rest = (base, inner) if base is not None else (planter.root, path)
    for name in rest.rstrip("/").split("/", DEEPEST):
        below = node.folders.get(name)
        if below is None:
            break
        node = below
    return node


def _note(nodes: Iterable[Node]) -> None:
    """Add notes on unusual permissions and times, unless most members have them."""
    now = time.time() + 86_400
    odd_modes: list[tuple[Node, str]] = []
    odd_times: list[tuple[Node, str]] = []
    number = 0
    for node in nodes:
        entry = node.entry
        if entry is None:
            continue
        number += 1
        if (
            entry.mode is not None
            and entry.mode & 0o7777 not in USUAL_MODES
            and entry.type in (EntryType.FILE, EntryType.DIRECTORY)
        ):
            odd_modes.append((node, f"mode {entry.mode & 0o7777:04o}"))
        if entry.mtime is not None and not OLDEST <= entry.mtime <= now:
            odd_times.append((node, f"dated {_day(entry.mtime)}"))
    for odd in (odd_modes, odd_times):
        if 2 * len(odd) <= number or number < 4:
            for node, note in odd:
                node.notes.append(note)


def _day(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.6g} s after 1970"


SORTS = ("name", "size", "archive")
"""The possible orders of members."""


def sort(tree: Tree, order: str) -> None:
    """Sort the contents of each folder: by name (folders first), by size, or as in the archive."""
    if order == "archive":
        return
    for node in tree.nodes:
        if len(node.children) < 2:
            continue
        if order == "size":
            node.children.sort(key=lambda each: (-each.size, each.name))
        else:
            node.children.sort(key=lambda each: (not each.is_folder, each.name.casefold(), each.name))


@dataclass
class Sum:
    """The totals of all files of a kind; ``packed`` is None if unknown."""

    kind: FileKind
    files: int = 0
    size: int = 0
    packed: int | None = None
    suffixes: dict[str, int] = field(default_factory=dict)


def kinds_of(tree: Tree) -> list[Sum]:
    """Return the sums by kind, the largest first."""
    sums: dict[FileKind, Sum] = {}
    for node in tree.files:
        found = sums.setdefault(node.kind, Sum(node.kind))
        found.files += 1
        found.size += node.size
        if node.packed is not None:
            found.packed = (found.packed or 0) + node.packed
        stem, dot, suffix = node.name.rpartition(".")
        # Chosen: longer texts after a dot are rarely suffixes.
        suffix = f".{suffix.lower()}" if dot and stem and len(suffix) <= 12 else ""
        found.suffixes[suffix] = found.suffixes.get(suffix, 0) + 1
    return sorted(sums.values(), key=lambda each: (-each.size, each.kind.value))


def largest(tree: Tree, number: int) -> Iterator[Node]:
    """Yield the ``number`` largest files."""
    yield from sorted(tree.files, key=lambda node: (-node.size, node.path))[:number]
