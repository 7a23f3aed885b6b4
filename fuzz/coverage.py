"""Coverage-guided fuzzing with atheris: ``python -m fuzz.coverage -max_total_time=600 FOLDER``.

The options are those of libFuzzer (https://llvm.org/docs/LibFuzzer.html). Atheris only has wheels for Linux
and a few versions of Python, so no dependency group contains it: ``python -m pip install atheris``.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["pkgaudit"]):
    from fixtures.builders import Built
    from fuzz.check import faults, seeds
    from fuzz.mutate import LARGEST, mutate


def decoded(data: bytes) -> Built:
    """Return the distribution in an input; the first byte of the input selects the filename."""
    is_wheel = bool(data[:1]) and data[0] % 2 == 0
    return Built("sample-1.0-py3-none-any.whl" if is_wheel else "sample-1.0.tar.gz", data[1:])


def encoded(built: Built) -> bytes:
    """Return the input for a distribution."""
    return (b"\0" if built.filename.endswith(".whl") else b"\1") + built.data


def change(data: bytes, largest: int, seed: int) -> bytes:
    """Return a changed input, or sometimes a changed seed: always if the input is empty."""
    random, others = Random(seed), seeds()
    built = decoded(data) if len(data) > 1 and random.random() < 0.9 else random.choice(others)
    made = encoded(mutate(built, random, others))
    return made if len(made) <= largest else data[:largest]


def test_one(data: bytes) -> None:
    """Audit an input.

    Raises:
        RuntimeError: the audit has a fault.
    """
    found = faults(decoded(data))
    if found:
        raise RuntimeError("; ".join(found))


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    arguments = [sys.argv[0], f"-max_len={LARGEST}", *sys.argv[1:]]
    atheris.Setup(arguments, test_one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
