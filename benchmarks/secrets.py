"""Measures the secret scan and other scanners in one run, on the same real files.

    python -m pip install -e '.[re2]' --group scanners
    python -m benchmarks.secrets dist/*.whl dist/*.tar.gz

The table has three groups of rows, all in unpacked megabytes per second of user CPU time:

- the rules of the family SE at each level, called on the members in memory, one process;
- ``pkgaudit --select SE`` as a command: reading, unpacking and hashing included;
- scanners as commands on the unpacked files: gitleaks, betterleaks and kingfisher, if installed, all
  offline, and detect-secrets on a sample of the files, because it needs minutes for a few megabytes.

``findings`` are as counted by the tool. ``again`` compares the engines, which must all find the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare import unpack
from pkgaudit.archive.walk import walk
from pkgaudit.limits import Limits
from pkgaudit.literals import ENGINES
from pkgaudit.model.distribution import make_distribution
from pkgaudit.model.member import BinaryFile, Member, Window
from pkgaudit.rules.secrets import scan, token_scanner

CODES = tuple(f"SE10{number}" for number in range(1, 7))


@dataclass
class Row:
    """The time of a tool, the number of bytes that it read, and the number of its findings."""

    name: str
    seconds: float
    size: int
    findings: int | None = None

    @property
    def speed(self) -> float:
        """Megabytes per second."""
        return self.size / 1e6 / self.seconds if self.seconds else float("inf")


def read(files: Sequence[str]) -> list[tuple[Member, Window]]:
    """Return all members with content, as the walk yields them, nested archives included."""
    found = []
    for file in files:
        distribution = make_distribution(file)
        if distribution is None:
            continue
        with open(file, "rb") as stream:
            for visit in walk(stream, distribution, Limits()):
                found += [(visit.member, window) for window in visit.windows()]
                visit.close()
    return found


def in_memory(members: Sequence[tuple[Member, Window]], level: str) -> Row:
    """Call the functions of the rules on each member."""
    count = 0
    started = time.process_time()
    for member, window in members:
        # Each level gets a new window, because it must not reuse the decoded content of another level.
        view = BinaryFile.of(member, Window(window.data, offset=window.offset, first_line=window.first_line))
        if view is not None:
            for code in CODES:
                count += sum(1 for _ in scan.problems(view, code, level))
    seconds = time.process_time() - started
    return Row(f"rules SE, {level}", seconds, sum(len(window.data) for _, window in members), count)


def run(command: Sequence[str], folder: str | Path) -> float:
    """Run a command and return its user CPU time, including that of its children."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime


def program(name: str) -> str | None:
    """Return the path of a command; this environment has precedence."""
    own = Path(sysconfig.get_path("scripts"), name)
    return str(own) if own.is_file() else shutil.which(name)


def scanners(report: Path) -> dict[str, tuple[list[str], Callable[[], int]]]:
    """Return the commands of the installed scanners, and the functions that count their findings.

    The options keep each scanner offline, and make it scan all files and report duplicates.
    """

    def of_list() -> int:
        return len(json.loads(report.read_text("utf-8") or "[]"))

    def of_lines() -> int:
        lines = report.read_text("utf-8", "replace").splitlines()
        return sum(line.startswith('{"rule"') for line in lines)

    output = str(report)
    known = {
        "gitleaks": ["dir", "--max-decode-depth=0", "--exit-code=0", "-f", "json", "-r", output, "."],
        "betterleaks": ["--max-decode-depth=0", "--exit-code=0", "-o", output, "."],
        "kingfisher": [
            *("scan", "-n", "--no-update-check", "--no-dedup", "--git-history", "none"),
            *("--format", "jsonl", "--output", output, "."),
        ],
    }
    found: dict[str, tuple[list[str], Callable[[], int]]] = {}
    for name, arguments in known.items():
        path = program(name)
        if path:
            found[name] = ([path, *arguments], of_lines if name == "kingfisher" else of_list)
    return found


def sample(folder: Path, target: Path, size: int) -> int:
    """Copy randomly chosen files until they have ``size`` bytes; return their size in bytes."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    random.Random(7).shuffle(files)
    total = 0
    for number, file in enumerate(files):
        if total >= size:
            break
        if file.stat().st_size <= size // 4:
            place = target / str(number) / file.name
            place.parent.mkdir(parents=True)
            shutil.copyfile(file, place)
            total += file.stat().st_size
    return total


def engines(members: Sequence[tuple[Member, Window]]) -> list[Row]:
    """Search all members with each engine; all engines must report the same places."""
    rows, told = [], []
    size = sum(len(window.data) for _, window in members)
    for name, make in ENGINES.items():
        try:
            search = make(token_scanner.literals_of(binary=True))
        except ImportError:
            continue
        started = time.process_time()
        hits = [search(window.data) for _, window in members]
        rows.append(Row(f"again: {name}, literals only", time.process_time() - started, size))
        told.append(hits)
    if any(each != told[0] for each in told):
        raise SystemExit("the engines do not agree")
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", help="wheels and sdists")
    parser.add_argument("--sample", type=float, default=3, help="megabytes for detect-secrets (default 3)")
    parser.add_argument("--skip", action="append", default=[], metavar="TOOL", help="skip a tool")
    arguments = parser.parse_args()
    files = [str(Path(file).resolve()) for file in arguments.files]
    members = read(files)
    rows = []
    for level in ("fast", "default", "thorough"):
        if level not in arguments.skip:
            rows.append(in_memory(members, level))
    if "engines" not in arguments.skip:
        rows += engines(members)
    size = sum(len(window.data) for _, window in members)
    del members
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "unpacked")
        started = os.times().user
        unpacked = unpack(files, folder)
        rows.append(Row("unpacking for the scanners below", os.times().user - started, unpacked))
        command = [sys.executable, "-m", "pkgaudit", "--no-config", "--jobs", "1", "--select", "SE"]
        for level in ("fast", "default"):
            seconds = run([*command, "--secrets", level, *files], temporary)
            rows.append(Row(f"pkgaudit --select SE --secrets {level}", seconds, size))
        report = Path(temporary, "report.json")
        for name, (scan, count) in scanners(report).items():
            if name not in arguments.skip:
                report.write_text("")
                rows.append(Row(name, run(scan, folder), unpacked))
                rows[-1].findings = count()
        detect = program("detect-secrets")
        if detect and "detect-secrets" not in arguments.skip:
            part = Path(temporary, "sample")
            part.mkdir()
            taken = sample(folder, part, int(arguments.sample * 1e6))
            rows.append(
                Row("detect-secrets (sample)", run([detect, "scan", "--all-files", "."], part), taken)
            )
    print(f"{len(files)} distributions, {unpacked / 1e6:.0f} MB unpacked, {size / 1e6:.0f} MB with nested;")
    print(f"Python {sys.version.split()[0]}, user CPU time\n")
    print("| row | MB | s | MB/s | findings |\n|---|--:|--:|--:|--:|")
    for row in rows:
        findings = "" if row.findings is None else row.findings
        print(f"| {row.name} | {row.size / 1e6:.1f} | {row.seconds:.2f} | {row.speed:.2f} | {findings} |")


if __name__ == "__main__":
    main()
