"""Let atheris choose the changes by what they reach: ``python -m fuzz.coverage -max_total_time=600 FOLDER``.

Options are those of libFuzzer (https://llvm.org/docs/LibFuzzer.html). Atheris has wheels for Linux and few
versions of Python, so that it is in no group of dependencies: ``python -m pip install atheris``.
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
    """Return the distribution that an input is: its first byte says which file name it has."""
    is_wheel = bool(data[:1]) and data[0] % 2 == 0
    return Built("sample-1.0-py3-none-any.whl" if is_wheel else "sample-1.0.tar.gz", data[1:])


def encoded(built: Built) -> bytes:
    """Return a distribution as an input."""
    return (b"\0" if built.filename.endswith(".whl") else b"\1") + built.data


def change(data: bytes, largest: int, seed: int) -> bytes:
    """Return a changed input; one that is no distribution yet becomes one of the seeds."""
    random, others = Random(seed), seeds()
    built = decoded(data) if len(data) > 1 and random.random() < 0.9 else random.choice(others)
    made = encoded(mutate(built, random, others))
    return made if len(made) <= largest else data[:largest]


def test_one(data: bytes) -> None:
    """Audit an input; raises RuntimeError for a fault."""
    found = faults(decoded(data))
    if found:
        raise RuntimeError("; ".join(found))


def main() -> None:
    """Go on until libFuzzer has enough."""
    arguments = [sys.argv[0], f"-max_len={LARGEST}", *sys.argv[1:]]
    atheris.Setup(arguments, test_one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
