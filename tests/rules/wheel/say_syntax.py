"""Print what this Python finds in the sources of fixtures/syntax.py and in wheels, without test packages."""

from __future__ import annotations

import json
import sys
from typing import Any

import pkgaudit
from fixtures.syntax import FAULTS, NEWER, OLDER, REJECTED
from pkgaudit.api import ArchiveKind, Entry, EntryType, Member, PythonFile, Window
from pkgaudit.rules.wheel.modules import Module, summarize

CODES = ["WH109", "WH110", "WH111", "WH122"]


def summary(source: str) -> Module:
    data = source.encode()
    entry = Entry("sample/core.py", EntryType.FILE, len(data))
    file = PythonFile.of(Member(entry, ArchiveKind.WHEEL), Window(data))
    assert file is not None
    made = summarize(file)
    assert made is not None
    return made


def audited(path: str) -> list[list[Any]]:
    result = pkgaudit.audit(path, {"select": CODES})
    assert result.skipped == []
    return [[each.code, str(each.severity), each.location.member, each.message] for each in result.findings]


def said(paths: list[str]) -> list[Any]:
    found: list[Any] = []
    for each in [*NEWER, *OLDER, *FAULTS]:
        made = summary(each.source)
        feature = made.feature and [made.feature.construct.name, made.feature.line]
        fault = made.fault and [made.fault.text, made.fault.line]
        imports = [[one.module, one.line, *one.names] for one in made.imports]
        found.append([each.source, feature, fault, imports, sorted(made.names)])
    found += [[source, summary(source).error is not None] for source in REJECTED]
    return [*found, *map(audited, paths)]


if __name__ == "__main__":
    print(json.dumps(said(sys.argv[1:])))
