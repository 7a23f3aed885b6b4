"""Regenerate the data of the rules on native binaries: abi3, c_library, manylinux and windows.json.

    python -m pip install -e . --group refresh
    pip download --no-deps delvewheel      # it installs only on Windows; unpack it and put it on the path
    pip download --no-deps ziglang ; pip download --no-deps ziglang==0.8.0      # both are only read
    python -m tools.refresh_native
    python -m tools.refresh_native --only abi3

Each file in rules/data comes from the tool in its ``source``: the policies of auditwheel, the symbols of
abi3info, the names of Windows libraries in delvewheel, the symbols of C libraries in ziglang. The script
prints which files changed; note changes in the changelog.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
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


_PLATFORMS = ("aarch64", "arm", "loongarch64", "riscv64", "x86", "x86_64")
"""The processors, as Zig names them, whose symbols count. POWER and Z have more, for `long double`."""

_OLDEST = (2, 5)
"""The glibc of the oldest tag, manylinux1: every tag promises the symbols that it has."""

_UNLISTED = {"gai_cancel", "gai_error", "gai_suspend", "getaddrinfo_a"}
"""Functions that were in libanl until 2.34; Zig's list has no libanl, so it has a wrong version for them."""

_RUNTIME = {"__cxa_at_quick_exit", "__cxa_thread_atexit_impl", "__register_atfork"}
"""Functions of glibc that its headers do not name, but that the libraries of compilers call."""


def c_library() -> tuple[str, str, Any]:
    """Return the symbols that glibc got after manylinux1, by its version, and those that musl lacks.

    Only names that occur in glibc's headers count, because no other code uses them. The functions for
    files of 64 bits are in the older release: newer musl has them only for programs, not for linkers.
    """
    wheels = sorted(Path().glob("ziglang-*.whl"), key=lambda path: _version(path.name.split("-")[1]))
    if len(wheels) < 2:
        raise ImportError("no wheels of two releases of ziglang in this folder")
    musl: set[str] = set()
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            stub = next(name for name in wheel.namelist() if name.lower().endswith("/libc/musl/libc.s"))
            musl.update(re.findall(r"(?m)^(?:\.weak|\.globl|WEAK\w*)\s+(\w+)", wheel.read(stub).decode()))
    with zipfile.ZipFile(wheels[-1]) as wheel:
        symbols = dict(_glibc_symbols(wheel.read("ziglang/lib/libc/glibc/abilists")))
        headers = [name for name in wheel.namelist() if "/libc/include/generic-glibc/" in name]
        words = {word for name in headers for word in re.findall(r"\w+", wheel.read(name).decode("latin-1"))}
    used = (_RUNTIME | words | {word.removeprefix("__builtin_") for word in words}) - _UNLISTED
    newer: dict[tuple[int, ...], list[str]] = {}
    for name, versions in symbols.items():
        first = min((each for machine, each in versions.items() if machine in _PLATFORMS), default=_OLDEST)
        if name in used and first > _OLDEST:
            newer.setdefault(first, []).append(name)
    lacking = sorted(
        name for name, versions in symbols.items() if name in used - musl and "x86_64" in versions
    )
    source = f"https://pypi.org/project/ziglang/{wheels[-1].name.split('-')[1]}/"
    values = {
        "glibc": {".".join(map(str, key)): " ".join(sorted(newer[key])) for key in sorted(newer)},
        "not_in_musl": " ".join(lacking),
    }
    return "symbols of C libraries", source, values


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _glibc_symbols(data: bytes) -> Iterator[tuple[str, dict[str, tuple[int, ...]]]]:
    """Yield the symbols in Zig's list of glibc's symbols, with the version that has each first by processor.

    The list consists of the names of libraries, the versions and the platforms, and then, for functions, for
    objects and for thread-local objects, of rows: a name, and for each library a set of platforms and the
    versions. The last library of a name and the last version have the highest bit.
    """
    at = 0

    def number() -> int:
        nonlocal at
        at += 1
        return data[at - 1]

    def text() -> str:
        nonlocal at
        start, at = at, data.index(0, at) + 1
        return data[start : at - 1].decode()

    def long() -> int:  # LEB128
        found = shift = 0
        while True:
            byte = number()
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return found

    for _ in range(number()):
        text()
    versions = [(number(), number(), number())[:2] for _ in range(number())]
    platforms = [text() for _ in range(number())]
    for has_size in (False, True, True):
        name = ""
        found: dict[str, tuple[int, ...]] = {}
        for _ in range(number() | number() << 8):
            name = name or text()
            mask = long()
            if has_size:
                long()
            library = number()
            mine: list[int] = []
            while not mine or mine[-1] < 0x80:
                mine.append(number())
            first = min(versions[each & 0x7F] for each in mine)
            for place, platform in enumerate(platforms):
                if mask >> place & 1:
                    machine = platform.partition("-")[0]
                    found[machine] = min(first, found.get(machine, first))
            if library & 0x80:
                yield name, found
                name, found = "", {}


MAKERS: dict[str, Callable[[], tuple[str, str, Any]]] = {
    "abi3": abi3,
    "c_library": c_library,
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
