"""Counts which of the files that PyPI refuses are caught by pkgaudit and by other tools, and false alarms.

    python -m pip install -e . --group benchmark
    python -m benchmarks.acceptance

The files are the project's own generated cases (``fixtures/acceptance``): one defect each, by the rows
of what PyPI refuses, and near misses that PyPI takes. Each tool gets each file of a kind that it reads,
in a process of its own; a file is caught if the tool's exit status is not 0. Only what PyPI refuses or
fails on is counted, and what every uploader refuses before; what PyPI would not notice is left out, and
so are the rows that are about the rest of a release (its former files, its owner).
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
    """A command that takes one file, and what it said."""

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
        """Whether the tool reads files of that name."""
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
    """Return whether a tool held something against a file, and whether it did so by a traceback."""
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
    """Run all tools on a file; ``row`` is the row of its defect, None for a good one."""
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
    parser.add_argument("--missed", action="store_true", help="print the rows of which a tool missed a file")
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
    print(f"{len(refused)} files that cannot be published, of {len(rows)} kinds; {taken} that can\n")
    print("| tool | bad files caught | kinds caught wholly | by a traceback | good files failed |")
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
