"""Trees as JSON, version 1. Its schema is ``tree.schema.json`` beside this module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from pkgaudit.finding import Failure, Finding, Severity, Verdict
from pkgaudit.report.escape import write_json
from pkgaudit.report.json import document as report
from pkgaudit.report.result import Result
from pkgaudit.report.tree import Node, Tree, kinds_of
from pkgaudit.verdict.policy import sort_key

VERSION = 1
"""The version of the format (see docs/tree.md): new keys do not raise it, any other change does."""


def write(
    trees: list[Tree], findings: Mapping[str, list[Finding]], failures: Iterable[Failure], stream: TextIO
) -> None:
    """Write the trees in ASCII, which is valid in any encoding of the stream."""
    write_json(stream, document(trees, findings, failures), indent=1)


def document(
    trees: list[Tree], findings: Mapping[str, list[Finding]], failures: Iterable[Failure]
) -> dict[str, Any]:
    """Return the trees as JSON values: distributions and findings as in the JSON report, and members."""
    found = sorted((each for some in findings.values() for each in some), key=sort_key)
    result = Result(
        Verdict.PASS, Severity.ERROR, [tree.distribution for tree in trees], found, failures=list(failures)
    )
    made = report(result)
    numbers = {id(finding): number for number, finding in enumerate(found)}
    for distribution, tree in zip(made["distributions"], trees, strict=True):
        del distribution["verdict"], distribution["capabilities"]
        distribution["unpacked"] = tree.root.size
        distribution["budgets"] = [
            {"name": _text(use.name), "used": use.used, "limit": use.limit} for use in tree.uses
        ]
        distribution["kinds"] = [
            {
                "kind": each.kind.value,
                "files": each.files,
                "size": each.size,
                "packed_size": each.packed,
                "endings": {_text(name): number for name, number in each.suffixes.items()},
            }
            for each in kinds_of(tree)
        ]
        distribution["members"] = [_member(node, numbers) for node in tree.nodes if node.entry is not None]
    return {
        "version": VERSION,
        "tool": made["tool"],
        "distributions": made["distributions"],
        "findings": made["findings"],
        "errors": made["errors"],
    }


def _member(node: Node, numbers: Mapping[int, int]) -> dict[str, Any]:
    entry = node.entry
    assert entry is not None
    return {
        "path": _text(entry.path),
        "type": entry.type.value,
        "kind": node.kind.value,
        "size": entry.size,
        "packed_size": entry.packed_size,
        "sha256": entry.sha256 or None,
        "mode": entry.mode,
        "mtime": entry.mtime,
        "link_target": None if entry.link_target is None else _text(entry.link_target),
        "depth": entry.depth,
        "findings": [numbers[id(finding)] for finding in node.findings],
    }


def _text(text: str) -> str:
    """Replace lone surrogates, which JSON can express but most readers reject."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
