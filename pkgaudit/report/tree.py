"""The members of a distribution as a tree, with what they weigh and what was found in them.

Nothing here is recursive, and no more folders are made than a limit: paths are an archive's own words.
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

DEEPEST = 100
"""How many folders of a path are told apart; what is below is part of the name of the file."""

MOST_FOLDERS = 50_000
"""How many folders there are in a tree; what would need more is put where the last one is."""

NESTED = "!/"

USUAL_MODES = frozenset({0, 0o644, 0o755, 0o664, 0o775})
"""The permissions that members have nearly always; 0 is what a zip without any gives."""

OLDEST = 315532800
"""1980-01-01, before which no zip can date a member (seconds since 1970)."""


class Node:
    """A member, or a folder with or without a member of its own.

    ``size`` and ``packed`` are bytes: of a folder those of all that is in it (``packed`` is None where it is
    not known). ``count`` is the number of files in it. An archive inside weighs what it weighs itself.
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
        """How many findings there are in it, at any depth."""
        self.notes: list[str] = []

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, be it one that the archive has no member for."""
        return self.kind is FileKind.DIRECTORY

    @property
    def path(self) -> str:
        """The path of its member as it stands in the archive; of a folder, its names."""
        if self.entry is not None:
            return self.entry.path
        names = [self.name]
        node = self.parent
        while node is not None and node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names))

    def add(self, node: Node) -> Node:
        """Put a node into this one."""
        self.children.append(node)
        return node


@dataclass
class Tree:
    """A distribution as a tree; ``uses`` are the budgets that are set for it."""

    distribution: Distribution
    root: Node
    nodes: list[Node]
    """All nodes, each after the one it is in, in archive order."""
    uses: list[BudgetUsage] = field(default_factory=list)

    @property
    def files(self) -> list[Node]:
        """The nodes of the distribution's own members that are no folders."""
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
        for _ in range(10):  # a name inside may have the mark in it
            at = entry.path.rfind(NESTED, 0, at)
            if at < 0:
                break
            if (node := self.members.get(entry.path[:at])) is not None:
                return node, entry.path[at + len(NESTED) :]
        return self.root, entry.path

    def plant(self, entry: Entry, base: Node, path: str) -> None:
        """Put a member where it belongs."""
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
    """The part of the latest path that is below the deepest folder that was made for it."""

    def folder(self, base: Node, path: str) -> Node:
        """Return the folder at a path below a node, made with all that it is in."""
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

    ``contents`` are the kinds that contents tell, by path, ``findings`` those to be shown at their places.
    """
    planter = _Planter(distribution, contents)
    for finding in findings:
        _place(finding, planter).findings.append(finding)
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
        else:  # the archive that it is in
            above.count += node.count if node.is_folder else 1
    return Tree(distribution, planter.root, planter.nodes, list(uses))


def _place(finding: Finding, planter: _Planter) -> Node:
    """Return the node that a finding is about, or the nearest folder that there is."""
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
    """Say of each member what is unusual about its permissions and its time, unless most are so."""
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
"""The orders that members can have."""


def sort(tree: Tree, order: str) -> None:
    """Put what is in each folder into an order: by name (folders first), by size, or as in the archive."""
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
    """What all files of a kind have together; ``packed`` is None where it is not known."""

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
        # A longer one is hardly a suffix, but the part of a name behind a dot. Chosen.
        suffix = f".{suffix.lower()}" if dot and stem and len(suffix) <= 12 else ""
        found.suffixes[suffix] = found.suffixes.get(suffix, 0) + 1
    return sorted(sums.values(), key=lambda each: (-each.size, each.kind.value))


def largest(tree: Tree, number: int) -> Iterator[Node]:
    """Yield the largest files, at most so many."""
    yield from sorted(tree.files, key=lambda node: (-node.size, node.path))[:number]
