"""Probes that run in this interpreter, without an environment, and wheels that are tried in real ones."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.trying import probe as probe_script
from pkgaudit.trying.sandbox import Limits, Probe, Sandbox

PROBE = str(probe_script.__file__)

QUICK = Limits(module=0.7, distribution=20.0, memory=512 << 20, file_size=1 << 20)
"""Limits for code that reaches them."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


class Module:
    """Imports modules in a probe, and returns what came of it."""

    def __init__(self, sandbox: Sandbox, folder: Path, limits: Limits) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.limits = limits

    @contextmanager
    def probe(self) -> Iterator[Probe]:
        environment = {"PYTHONPATH": str(self.folder), "PATH": "/usr/bin:/bin"}
        # The interpreter itself, because that of an environment may be in a folder that is hidden.
        command = [os.path.realpath(sys.executable), "-s", str(shutil.copy(PROBE, self.folder))]
        with self.sandbox.probe(command, self.folder, environment, self.limits) as made:
            yield made

    def imported(self, source: str, name: str = "module") -> dict[str, Any]:
        """Return the answer on a module with a source."""
        (self.folder / f"{name}.py").write_text(source)
        with self.probe() as probe:
            return probe.ask({"do": "import", "module": name}, time.monotonic() + 20)


@pytest.fixture
def module(sandbox: Sandbox, tmp_path: Path) -> Module:
    return Module(sandbox, tmp_path, QUICK)


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], bool]:
    """Return a function that waits up to two seconds for a condition."""

    def until(holds: Callable[[], bool]) -> bool:
        end = time.monotonic() + 2
        while not holds() and time.monotonic() < end:
            time.sleep(0.01)
        return holds()

    return until
