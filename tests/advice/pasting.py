"""Does what remedies say, as a person would: pastes their blocks into the files that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli

from pkgaudit.advice.block import REPLACES

FILES = r"pyproject\.toml|MANIFEST\.in|\.gitattributes|meson\.build|setup\.cfg"


def merged(old: Any, new: Any) -> Any:
    """Return two values of TOML as one: tables are joined, lists get what they lack."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merged(old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new))}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(each for each in new if each not in old)]
    return old if new is None else new


def dumped(value: Any) -> str:
    """Return a value as TOML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {dumped(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def paste_toml(path: Path, snippet: str) -> None:
    """Put a block into a file of TOML: lists are joined, but for those that are said to replace others."""
    table = tomli.loads(path.read_text("utf-8"))
    there: dict[str, Any] = {}
    for line in snippet.splitlines():
        if line.startswith("["):
            there = table
            for key in line.partition("]")[0].strip("[").replace('"', "").split("."):
                there = there.get(key, {})
        elif line.endswith(REPLACES):
            del there[line.partition(" = ")[0]]
    write_toml(path, merged(table, tomli.loads(snippet)))


def write_toml(path: Path, table: dict[str, Any]) -> None:
    """Write a table with one line for each of its keys."""
    lines = [f"{json.dumps(key)} = {dumped(value)}\n" for key, value in table.items()]
    path.write_text("".join(lines), "utf-8")


def paste_lines(path: Path, snippet: str) -> None:
    """Add the lines of a block that a file lacks."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    path.write_text(
        "\n".join((*lines, *(each for each in snippet.splitlines() if each not in lines), "")), "utf-8"
    )


PASTES: dict[str, Callable[[Path, str], None]] = {
    "pyproject.toml": paste_toml,
    "MANIFEST.in": paste_lines,
    ".gitattributes": paste_lines,
    "setup.cfg": paste_lines,
}


def paste_block(project: Path, fix: str) -> None:
    """Do what a fix says: its first line names the file, all others go into it."""
    head, _, snippet = fix.partition("\n")
    found = re.search(rf"\b(?:in|to|of) ({FILES})\b", head)
    assert found, fix
    assert snippet, fix
    PASTES[found[1]](project / found[1], snippet)
