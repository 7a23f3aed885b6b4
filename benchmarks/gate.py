r"""Measures audits by two or more checkouts of pkgaudit, and other tools, on the same files in one run.

    python -m benchmarks.gate --python OLD/bin/python --python NEW/bin/python \
        small=attrs.whl nine=a.whl,b.whl,b.tar.gz release=wheels/coverage-*.whl

Each argument is a set of files: a name, and paths or globs, separated by commas. Each ``--python`` is a
Python with a checkout of pkgaudit. The commands run in turn, several times each. The table shows the least
user and system CPU time of each with ``--jobs 1``, in seconds, and its ratios:

* ``floor`` unpacks every member, and nested archives, and computes all SHA-256 with the standard library.
* ``twine`` is ``twine check --strict``, which only reads the metadata.
* ``unique`` is the time for the first file alone, times the files, times the share of unique bytes.
* ``warm`` is a second run with ``--cache``.
* ``wall`` is the wall time with two processes as a share of that with one; it means something only on an idle
  machine.

With ``--many``, it also measures the memory for 100 and for 1,000 small wheels of different projects.
"""

from __future__ import annotations

import argparse
import glob
import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fixtures.builders import Wheel

FLOOR = """
import bz2, gzip, hashlib, io, lzma, sys, tarfile, zipfile

def walk(file, name):
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                look(archive.read(info), info.filename)
        return
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        for info in archive:
            if info.isreg():
                look(archive.extractfile(info).read(), info.name)

def look(data, name):
    hashlib.sha256(data).digest()
    packers = {b"\\x1f\\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\\xfd7zXZ\\0": lzma.decompress}
    for start, unpack in packers.items():
        if data.startswith(start):
            try:
                data = unpack(data)
            except (OSError, EOFError, ValueError, lzma.LZMAError):
                return
            hashlib.sha256(data).digest()
    if data.startswith(b"PK\\x03\\x04"):
        try:
            walk(io.BytesIO(data), name)
        except (zipfile.BadZipFile, tarfile.TarError, RuntimeError, NotImplementedError):
            pass

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        walk(file, path)
"""
"""The source of a program that does what every tool that reads all bytes has to do."""


@dataclass
class Cost:
    """The cost of a command: CPU and wall time in seconds, peak memory in MiB."""

    cpu: float
    wall: float
    memory: float

    def best(self, other: Cost | None) -> Cost:
        """Return the smaller of each value."""
        if other is None:
            return self
        return Cost(min(self.cpu, other.cpu), min(self.wall, other.wall), min(self.memory, other.memory))


def measure(command: Sequence[str], cache: str | None = None) -> Cost:
    """Run a command and return its cost; it may report findings, so its status is ignored."""
    env = dict(os.environ)
    if cache is not None:
        env["XDG_CACHE_HOME"] = cache
    started = time.monotonic()
    process = subprocess.Popen(
        # In the folder of a checkout, Python would import that one.
        command,
        cwd=tempfile.gettempdir(),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024)


def unique_share(files: Sequence[str]) -> float:
    """Return the share of the bytes in wheels that no earlier wheel of the set contains."""
    seen: set[bytes] = set()
    unique = total = 0
    for file in files:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                data = archive.read(name)
                total += len(data)
                digest = hashlib.sha256(data).digest()
                unique += 0 if digest in seen else len(data)
                seen.add(digest)
    return unique / total if total else 1.0


class Gate:
    """The commands to measure."""

    def __init__(self, pythons: Sequence[str], rounds: int) -> None:
        self.pythons = pythons
        self.rounds = rounds
        self.twine = str(Path(sysconfig.get_path("scripts"), "twine"))

    def audit(self, python: str, files: Sequence[str], *options: str, jobs: int = 1) -> list[str]:
        """Return the command of an audit."""
        start = [python, "-m", "pkgaudit", "--no-config", "--format", "json", "--jobs", str(jobs)]
        return [*start, *options, *files]

    def costs(self, files: Sequence[str]) -> dict[str, Cost]:
        """Run all commands in turn and return the least cost of each."""
        commands = {
            "floor": [sys.executable, "-c", FLOOR, *files],
            "twine check --strict": [self.twine, "check", "--strict", *files],
        }
        found: dict[str, Cost] = {}
        with tempfile.TemporaryDirectory() as folder:
            for number_of_round in range(self.rounds):
                for name, command in commands.items():
                    found[name] = measure(command).best(found.get(name))
                for number, python in enumerate(self.pythons):
                    runs: dict[str, tuple[list[str], str | None]] = {
                        python: (self.audit(python, files), None),
                        f"{python}, two processes": (self.audit(python, files, jobs=2), None),
                        f"{python}, first file": (self.audit(python, files[:1]), None),
                    }
                    if self.has_cache(python):
                        runs[f"{python}, warm"] = (
                            self.audit(python, files, "--cache"),
                            str(Path(folder, str(number))),
                        )
                    if number_of_round == 0 and f"{python}, warm" in runs:
                        measure(*runs[f"{python}, warm"])  # which fills the cache
                    for name, (command, cache) in runs.items():
                        found[name] = measure(command, cache).best(found.get(name))
        return found

    def has_cache(self, python: str) -> bool:
        """Return whether the checkout has ``--cache``."""
        done = subprocess.run(
            [python, "-m", "pkgaudit", "--help"],
            cwd=tempfile.gettempdir(),
            capture_output=True,
            text=True,
            check=False,
        )
        return "--cache" in done.stdout

    def many(self, python: str) -> tuple[float, float]:
        """Return the peak memory (MiB) for 100 and for 1,000 wheels of different projects."""
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Wheel(f"sample{number}").build().write(Path(folder))) for number in range(1000)]
            peaks = [measure(self.audit(python, files[:count])).memory for count in (100, 1000)]
        return peaks[0], peaks[1]


def table(name: str, files: Sequence[str], costs: dict[str, Cost], pythons: Sequence[str]) -> list[str]:
    """Return the rows of a set as Markdown."""
    floor, twine = costs["floor"].cpu, costs["twine check --strict"].cpu
    wheels = [file for file in files if file.endswith(".whl")]
    share = unique_share(files) if len(wheels) == len(files) > 1 else None
    rows = []
    for tool in ("floor", "twine check --strict"):
        cost = costs[tool]
        ratios = f"{cost.cpu:.2f} | {cost.cpu / floor:.1f} | {cost.cpu / twine:.2f}"
        rows.append(f"| {name} | {tool} | {ratios} | | | | {cost.memory:.0f} |")
    for python in pythons:
        cost, two = costs[python], costs[f"{python}, two processes"]
        warm, unique = "", ""
        if found := costs.get(f"{python}, warm"):
            warm = f"{found.cpu:.2f} ({found.cpu / floor:.1f} x floor, {found.cpu / twine:.2f} x twine)"
        if share is not None:
            first = costs[f"{python}, first file"].cpu
            unique = f"{cost.cpu / (first * len(files) * share):.2f}"
        ratios = f"{cost.cpu:.2f} | {cost.cpu / floor:.1f} | {cost.cpu / twine:.2f}"
        wall = f"{two.wall / cost.wall:.2f}"
        rows.append(f"| {name} | {python} | {ratios} | {warm} | {unique} | {wall} | {cost.memory:.0f} |")
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", metavar="NAME=FILES", help="sets of files")
    parser.add_argument("--python", action="append", default=[], help="a Python with a checkout (repeatable)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each command (default 3)")
    parser.add_argument("--many", action="store_true", help="also measure the memory for 1,000 wheels")
    arguments = parser.parse_args()
    gate = Gate(arguments.python or [sys.executable], arguments.rounds)
    rows = ["| set | tool | CPU s | / floor | / twine | warm | / unique | wall, two processes | peak MiB |"]
    rows.append("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for each in arguments.sets:
        name, _, patterns = each.partition("=")
        files = [
            str(Path(file).resolve()) for part in patterns.split(",") for file in sorted(glob.glob(part))
        ]
        rows += table(name, files, gate.costs(files), gate.pythons)
    print("\n".join(rows))
    if arguments.many:
        for python in gate.pythons:
            few, many = gate.many(python)
            print(f"\n{python}: {few:.0f} MiB for 100 wheels, {many:.0f} MiB for 1,000 ({many / few:.2f})")


if __name__ == "__main__":
    main()
