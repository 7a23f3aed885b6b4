"""Counts how many of the files that PyPI rejects pkgaudit and other tools report, and their false alarms.

    python -m pip install -e . --group benchmark
    python -m benchmarks.acceptance

The files are the project's own generated cases (``fixtures/acceptance``): files with one defect each, and
similar files that PyPI accepts. Each tool gets each file of a kind that it reads, in a separate process. A
file is caught if the exit status of the tool is not 0. Only files that PyPI rejects, files on which PyPI
fails, and files that every uploader rejects are counted. Defects that PyPI does not notice are left out, and
so are defects that depend on the rest of a release (earlier files, the owner).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from fixtures import acceptance
from fixtures.acceptance import ACCEPTED, REFUSED, Outcome
from fixtures.builders import Built

COUNTED = (Outcome.REFUSED, Outcome.TRIPS, Outcome.UNSENT)


@dataclass
class Tool:
    """A command for one file, and its results."""

    name: str
    command: list[str]
    endings: tuple[str, ...] = ("",)
    caught: int = 0
    crashed: int = 0
    rows: set[str] = field(default_factory=set)
    missed_rows: set[str] = field(default_factory=set)
    false_alarms: int = 0
    read: int = 0

    def takes(self, filename: str) -> bool:
        """Return whether the tool reads files with this name."""
        return filename.endswith(self.endings)


def tools() -> list[Tool]:
    """Return the tools to compare, pkgaudit first."""
    scripts = Path(sysconfig.get_path("scripts"))

    def script(name: str, *arguments: str) -> list[str]:
        return [str(scripts / name), *arguments]

    return [
        Tool("pkgaudit --profile pypi", script("pkgaudit", "--no-config", "--profile", "pypi")),
        Tool("twine check --strict", script("twine", "check", "--strict")),
        Tool("check-wheel-contents", script("check-wheel-contents", "--no-config"), (".whl",)),
        Tool("pydistcheck", script("pydistcheck")),
    ]


def run(tool: Tool, path: Path) -> tuple[bool, bool]:
    """Return whether a tool fails on a file, and whether it fails with a traceback."""
    done = subprocess.run(
        [*tool.command, str(path)],
        cwd=path.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )
    return done.returncode != 0, b"Traceback (most recent call last)" in done.stderr + done.stdout


def judge(measured: list[Tool], built: Built, row: str | None) -> None:
    """Run all tools on a file; ``row`` is the row of its defect, None for a good file."""
    with tempfile.TemporaryDirectory() as folder:
        path = built.write(Path(folder))
        for tool in measured:
            failed, crashed = run(tool, path) if tool.takes(built.filename) else (False, False)
            if row is None:
                tool.read += tool.takes(built.filename)
                tool.false_alarms += failed
            else:
                tool.caught += failed
                tool.crashed += crashed
                (tool.rows if failed else tool.missed_rows).add(row)


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2, help="files at a time (default 2)")
    parser.add_argument("--missed", action="store_true", help="print the rows with a missed file")
    arguments = parser.parse_args()
    acceptance.load()
    measured = tools()
    refused = [case for case in REFUSED if case.outcome in COUNTED]
    work = [(case.build(), case.row) for case in refused] + [(case.build(), None) for case in ACCEPTED]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for future in [pool.submit(judge, measured, built, row) for built, row in work]:
            future.result()
    rows: dict[str, int] = defaultdict(int)
    for case in refused:
        rows[case.row] += 1
    taken = len(ACCEPTED)
    print(f"{len(refused)} bad files of {len(rows)} kinds; {taken} good files\n")
    print("| tool | bad files caught | kinds fully caught | by a traceback | good files failed |")
    print("|---|--:|--:|--:|--:|")
    for tool in measured:
        whole = len(tool.rows - tool.missed_rows)
        print(
            f"| {tool.name} | {tool.caught} | {whole} | {tool.crashed} | {tool.false_alarms} of {tool.read} |"
        )
        if arguments.missed:
            print(" ".join(sorted(tool.missed_rows)), file=sys.stderr)


if __name__ == "__main__":
    main()
