"""Measures the time of the walk over the records of a zip and of unpacking it, and the memory of an audit.

    python -m benchmarks.structure dist/*.whl

Each archive is read in turn by the walk only (it reads and judges every record and makes the inventory, but
reads no content), by zlib only (on the packed data of all members, already in memory) and by ``zipfile``
(which reads every member; a separate column shows only its opening, which reads the central directory).
Two archives are generated: 60,000 small modules, and 1 GiB of content. The first table shows the peak memory
of a whole audit of these two and of a small wheel, in a separate process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from benchmarks.compare import Tool, measure
from fixtures.builders import Wheel, record_row
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.zip import read_zip

MODULES = 60_000
MIB = 1 << 20

WALK = """
import sys
from pkgaudit.archive.raw import Notes
from pkgaudit.archive.zip import read_zip
with open(sys.argv[1], "rb") as file:
    for member in read_zip(file, Notes(), max_members=1_000_000):
        for chunk in member.chunks:
            pass
"""


def small(folder: Path) -> Path:
    """Write a small wheel and return its path."""
    return Wheel().build().write(folder)


def many(folder: Path) -> Path:
    """Write a wheel with 60,000 small modules and return its path."""
    wheel = Wheel("many")
    wheel.files = {
        f"many/package{number // 250}/module{number}.py": f"VALUE = {number}\n".encode() * 40
        for number in range(MODULES)
    }
    return wheel.build().write(folder)


def large(folder: Path) -> Path:
    """Write a wheel with 1 GiB of content and return its path. It is written in pieces to save memory."""
    wheel = Wheel("large")
    block = os.urandom(MIB // 2) + bytes(range(256)) * (MIB // 512)
    path = folder / wheel.filename
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in wheel.members().items():
            archive.writestr(name, data)
        rows = wheel.rows()[:-1]
        for number in range(16):
            name = f"large/data{number}.bin"
            archive.writestr(name, block * 64)
            rows.append(record_row(name, block * 64))
        text = "".join(f"{','.join(row)}\n" for row in rows)
        archive.writestr(f"{wheel.dist_info}/RECORD", f"{text}{wheel.dist_info}/RECORD,,\n")
    return path


def walk(path: Path) -> float:
    """Return the CPU seconds of the walk over the records."""
    started = time.process_time()
    with path.open("rb") as file:
        for _ in read_zip(file, Notes(), max_members=1_000_000):
            pass
    return time.process_time() - started


def inflate(path: Path) -> float:
    """Return the CPU seconds that zlib needs for the packed data of all members, without reading it."""
    spent = 0.0
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            file.seek(sum(struct.unpack("<2H", file.read(4))), os.SEEK_CUR)
            data = file.read(info.compress_size)
            started = time.process_time()
            if info.compress_type == zipfile.ZIP_DEFLATED:
                zlib.decompress(data, -zlib.MAX_WBITS, info.file_size or 1)
            spent += time.process_time() - started
    return spent


def read(path: Path) -> float:
    """Return the CPU seconds that ``zipfile`` needs to read all members."""
    started = time.process_time()
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                while member.read(MIB):
                    pass
    return time.process_time() - started


def opened(path: Path) -> float:
    """Return the CPU seconds that ``zipfile`` needs to open an archive."""
    started = time.process_time()
    with zipfile.ZipFile(path):
        return time.process_time() - started


def median(function: Callable[[Path], float], files: list[Path], rounds: int) -> float:
    """Return the median of the sums over all files."""
    return statistics.median(sum(map(function, files)) for _ in range(rounds))


def memory(files: list[Path], folder: str) -> None:
    """Print the time and peak memory of whole audits."""
    print("| archive | size MiB | walk, peak memory MiB | audit, profile `pypi`, peak memory MiB | wall s |")
    print("|---|--:|--:|--:|--:|")
    command = [sys.executable, "-m", "pkgaudit", "--no-config", "--jobs", "1", "--profile", "pypi"]
    for path in files:
        alone, audit = Tool("walk", [sys.executable, "-c", WALK]), Tool("audit", command)
        for tool in (alone, audit):
            measure(tool, [str(path)], folder)
        size = path.stat().st_size / MIB
        peaks = f"{alone.memory[0]:.0f} | {audit.memory[0]:.0f}"
        print(f"| {path.name} | {size:,.1f} | {peaks} | {audit.wall[0]:.1f} |")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, help="wheels")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each kind (default 5)")
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only generate the archives")
    arguments = parser.parse_args()
    if arguments.make:
        for make in (small, many, large):
            make(arguments.make)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # In a separate process, because a process inherits the peak memory of its parent.
        subprocess.run([sys.executable, "-m", "benchmarks.structure", "--make", temporary], check=True)
        made = sorted(
            folder.iterdir(), key=lambda path: ("sample", "many", "large").index(path.stem.split("-")[0])
        )
        memory(made, temporary)
        sets = {"60,000 modules": [made[1]], "1 GiB": [made[2]]}
        if arguments.files:
            sets = {f"{len(arguments.files)} given wheels": arguments.files, **sets}
        columns = ("walk s", "zipfile opens s", "zlib s", "zipfile s", "walk / zlib", "walk / zipfile")
        print(f"\n| archives | members | {' | '.join(columns)} |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        for name, files in sets.items():
            members = 0
            for file in files:
                with zipfile.ZipFile(file) as archive:
                    members += len(archive.infolist())
            walked, openings, inflated, unzipped = (
                median(function, files, arguments.rounds) for function in (walk, opened, inflate, read)
            )
            print(
                f"| {name} | {members:,} | {walked:.3f} | {openings:.3f} | {inflated:.3f} | {unzipped:.3f} "
                f"| {walked / inflated:.1%} | {walked / unzipped:.1%} |"
            )


if __name__ == "__main__":
    main()
