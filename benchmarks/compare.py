"""Measures pkgaudit and other common tools in one run, on the same real files.

    python -m pip install -e . --group benchmark
    python -m benchmarks.compare dist/*.whl dist/*.tar.gz

Each tool runs several times as a separate process on the files that it reads; the tools run in turn. The
table shows medians of user CPU time, wall time and peak memory, and the user CPU time as a multiple of
pkgaudit's on the same files. ``floor`` only unpacks every member and computes its SHA-256 with the standard
library, in a separate process. No auditor written in Python can be faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FLOOR = """
import hashlib, sys, tarfile, zipfile
for path in sys.argv[1:]:
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                hashlib.sha256(archive.read(info)).digest()
    else:
        with tarfile.open(path) as archive:
            for info in archive:
                if info.isreg():
                    hashlib.sha256(archive.extractfile(info).read()).digest()
"""


@dataclass
class Tool:
    """A command for files, and the time and memory of its runs."""

    name: str
    command: list[str]
    endings: tuple[str, ...] = (".whl", ".tar.gz")
    unpacked: bool = False
    is_given_each: bool = False
    """Whether the command accepts only one file, so a run starts one process per file."""
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def tools() -> list[Tool]:
    """Return the tools to compare, pkgaudit first."""
    scripts = Path(sysconfig.get_path("scripts"))

    def script(name: str, *arguments: str) -> list[str]:
        return [str(scripts / name), *arguments]

    return [
        Tool("pkgaudit", script("pkgaudit", "--no-config", "--jobs", "1")),
        Tool("pkgaudit without SE", script("pkgaudit", "--no-config", "--jobs", "1", "--ignore", "SE")),
        Tool("floor", [sys.executable, "-c", FLOOR]),
        Tool("twine check --strict", script("twine", "check", "--strict")),
        Tool("check-wheel-contents", script("check-wheel-contents", "--no-config"), (".whl",)),
        Tool("wheel2json", script("wheel2json"), (".whl",)),
        Tool("abi3audit", script("abi3audit"), (".whl",)),
        Tool("auditwheel show", script("auditwheel", "show", "--json"), (".whl",), is_given_each=True),
        Tool("pydistcheck", script("pydistcheck")),
        Tool("detect-secrets scan", script("detect-secrets", "scan", "--all-files"), unpacked=True),
    ]


def measure(tool: Tool, arguments: Sequence[str], folder: str) -> None:
    """Run a tool once and keep its time and memory. It may report findings, so its status is ignored."""
    started = time.monotonic()
    cpu, memory = 0.0, 0
    for given in [[each] for each in arguments] if tool.is_given_each else [arguments]:
        process = subprocess.Popen(
            [*tool.command, *given],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, _, usage = os.wait4(process.pid, 0)
        cpu += usage.ru_utime
        memory = max(memory, usage.ru_maxrss)
    tool.wall.append(time.monotonic() - started)
    tool.cpu.append(cpu)
    tool.memory.append(memory / 1024)


def unpack(files: Sequence[str], folder: Path) -> int:
    """Unpack distributions for the tools that read files, and return the unpacked size in bytes."""
    for number, file in enumerate(files):
        target = folder / str(number)
        if file.endswith(".whl"):
            with zipfile.ZipFile(file) as archive:
                archive.extractall(target)
        else:
            with tarfile.open(file) as archive:
                archive.extractall(target, filter="data")
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def table(measured: Sequence[Tool], base: dict[tuple[str, ...], float]) -> str:
    """Return the medians as Markdown. ``base`` is pkgaudit's user CPU time by file endings."""
    rows = [
        "| tool | files | user CPU s | wall s | peak MiB | user CPU relative to pkgaudit |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for tool in measured:
        cpu = statistics.median(tool.cpu)
        rows.append(
            f"| {tool.name} | {' '.join(tool.endings)} | {cpu:.2f} | {statistics.median(tool.wall):.2f} "
            f"| {statistics.median(tool.memory):.0f} | {cpu / base[tool.endings]:.2f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", help="wheels and sdists")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (default 3)")
    parser.add_argument("--skip", action="append", default=[], metavar="TOOL", help="skip a tool")
    arguments = parser.parse_args()
    files = [str(Path(file).resolve()) for file in arguments.files]
    measured = [tool for tool in tools() if tool.name not in arguments.skip]
    kinds = {tool.endings for tool in measured}
    references = {kind: Tool("pkgaudit", tools()[0].command, kind) for kind in kinds}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "unpacked")
        unpacked = unpack(files, folder)
        for _ in range(arguments.rounds):
            for tool in [*measured, *references.values()]:
                if tool.unpacked:
                    measure(tool, ["."], str(folder))
                else:
                    measure(tool, [file for file in files if file.endswith(tool.endings)], temporary)
    packed = sum(os.stat(file).st_size for file in files)
    print(f"{len(files)} distributions, {packed / 1e6:.1f} MB packed, {unpacked / 1e6:.1f} MB unpacked;")
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {arguments.rounds} runs\n")
    print(table(measured, {kind: statistics.median(tool.cpu) for kind, tool in references.items()}))


if __name__ == "__main__":
    main()
