"""Measures the time of ``pkgaudit --version`` and of ``python -c "import click"``.

python -m benchmarks.startup
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.compare import Tool, measure

ROUNDS = 21


def main() -> None:
    """Measure and print both medians and their ratio."""
    click = Tool('python -c "import click"', [sys.executable, "-c", "import click"])
    pkgaudit = Tool("python -m pkgaudit --version", [sys.executable, "-m", "pkgaudit", "--version"])
    for _ in range(ROUNDS):
        for tool in (click, pkgaudit):
            measure(tool, [], ".")
    for tool in (click, pkgaudit):
        print(f"{tool.name:32} {statistics.median(tool.wall) * 1000:6.1f} ms wall")
    print(f"ratio {statistics.median(pkgaudit.wall) / statistics.median(click.wall):.2f}")


if __name__ == "__main__":
    main()
