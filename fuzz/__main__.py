"""Audit random inputs for a given time: ``python -m fuzz --seconds 600 --keep FOLDER``."""

from __future__ import annotations

import argparse
import hashlib
import time
from itertools import count
from pathlib import Path
from random import Random

from fuzz.check import faults, seeds
from fuzz.mutate import mutate


def main() -> int:
    """Print each fault with the number that reproduces its input; return 1 if any input has a fault."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to run")
    parser.add_argument("--start", type=int, default=0, help="number of the first input")
    parser.add_argument("--keep", type=Path, help="save the inputs with a fault in this folder")
    given = parser.parse_args()
    all_seeds = seeds()
    end = time.monotonic() + given.seconds
    tried = failed = 0
    for number in count(given.start):
        if time.monotonic() > end:
            break
        random = Random(number)
        built = mutate(random.choice(all_seeds), random, all_seeds)
        found = faults(built)
        tried += 1
        if found:
            failed += 1
            print(f"{number} {built.filename}: {'; '.join(found)}", flush=True)
            if given.keep is not None:
                given.keep.mkdir(parents=True, exist_ok=True)
                digest = hashlib.sha256(built.data).hexdigest()[:8]
                (given.keep / f"{number}-{digest}-{built.filename}").write_bytes(built.data)
    print(f"{tried} inputs, {failed} with faults")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
