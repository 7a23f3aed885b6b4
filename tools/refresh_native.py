"""Regenerate the data of the rules on native binaries: manylinux.json, abi3.json, windows.json.

    python -m pip install -e . --group refresh
    pip download --no-deps delvewheel      # it installs only on Windows; unpack it and put it on the path
    python -m tools.refresh_native
    python -m tools.refresh_native --only abi3

Each file in rules/data comes from the tool in its ``source``: the policies of auditwheel, the symbols of
abi3info, the names of Windows libraries in delvewheel. The script prints which files changed; note changes in
the changelog.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "rules" / "data"

_NUMBERS = re.compile(r"\d+(\.\d+)*")


def manylinux() -> tuple[str, str, Any]:
    """Return the policies for Linux: the allowed libraries, and the latest symbol versions."""
    policies = {}
    for family in ("manylinux", "musllinux"):
        text = files("auditwheel.policy").joinpath(f"{family}-policy.json").read_text("utf-8")
        for policy in json.loads(text):
            if policy["name"] != "linux":
                policies[policy["name"]] = {
                    "libraries": " ".join(sorted(policy["lib_whitelist"])),
                    "symbols": {
                        machine: latest(names)
                        for machine, names in policy["symbol_versions"].items()
                        if names
                    },
                }
    return "policies of manylinux", f"https://pypi.org/project/auditwheel/{version('auditwheel')}/", policies


def latest(names: dict[str, list[str]]) -> dict[str, str]:
    """Return the highest version of each series of symbol versions, and all that are not numbers."""
    found = {}
    for series, versions in sorted(names.items()):
        numbers = [each for each in versions if _NUMBERS.fullmatch(each)]
        rest = sorted(each for each in versions if not _NUMBERS.fullmatch(each))
        highest = max(numbers, key=lambda each: tuple(map(int, each.split("."))), default=None)
        found[series] = " ".join([*([highest] if highest else []), *rest])
    return found


def abi3() -> tuple[str, str, Any]:
    """Return the symbols of the stable ABI by the version that added them."""
    abi3info = import_module("abi3info")
    found: dict[str, list[str]] = {}
    for table in (abi3info.FUNCTIONS, abi3info.DATAS):
        for symbol, known in table.items():
            key = f"{known.added.major}.{known.added.minor}"
            found.setdefault(key, []).append(symbol.name)
    ordered = sorted(found, key=lambda each: tuple(map(int, each.split("."))))
    source = f"https://pypi.org/project/abi3info/{version('abi3info')}/"
    return "symbols of the stable ABI", source, {each: sorted(found[each]) for each in ordered}


def windows() -> tuple[str, str, Any]:
    """Return the names of libraries that come with Windows, by first letter, one line per letter."""
    lists = import_module("delvewheel._dll_list")
    tool = import_module("delvewheel._version")
    names = {name for machine in lists.ignore_names.values() for name in machine}
    names |= lists.ignore_names_x86 | lists.ignore_names_x64 | lists.ignore_names_arm64
    by_letter: dict[str, list[str]] = {}
    for name in sorted(names):
        by_letter.setdefault(name[0], []).append(name.removesuffix(".dll"))
    source = f"https://pypi.org/project/delvewheel/{tool.__version__}/"
    return "libraries of Windows", source, {letter: " ".join(found) for letter, found in by_letter.items()}


MAKERS: dict[str, Callable[[], tuple[str, str, Any]]] = {
    "abi3": abi3,
    "manylinux": manylinux,
    "windows": windows,
}


def write(stem: str, date: str) -> None:
    """Write a data file, and print whether it changed."""
    name, source, values = MAKERS[stem]()
    path = FOLDER / f"{stem}.json"
    old = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    new = {"name": name, "date": date, "source": source, "values": values}
    path.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{path.name}: {'unchanged' if old.get('values') == values else 'CHANGED'}, as of {date}")


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.refresh_native",
        description="Regenerate the data of the rules on native binaries.",
    )
    today = datetime.date.today().isoformat()
    parser.add_argument("--date", default=today, help="date of the data (YYYY-MM-DD); default: today")
    parser.add_argument("--only", nargs="+", choices=sorted(MAKERS), default=sorted(MAKERS), metavar="NAME")
    options = parser.parse_args()
    try:
        for stem in options.only:
            write(stem, options.date)
    except ImportError as error:
        print(f"Error: {error}; see the top of tools/refresh_native.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
