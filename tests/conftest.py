"""Settings of the whole test suite."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path, PurePath
from typing import Any

import pytest
from hypothesis import settings

# The gate tries the same examples each time, so more of them would not find more from run to run. New
# examples are tried with HYPOTHESIS_PROFILE=random.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

# The collector would run once for every few thousand objects, and take a twelfth of the time of the tests.
gc.set_threshold(50_000, *gc.get_threshold()[1:])

# Each call would read the metadata of all installed packages, which takes half of the time of a small audit.
vars(metadata)["entry_points"] = metadata.entry_points().select

# setuptools refuses to be imported after the distutils of the standard library, which build backends import.
with suppress(ImportError):
    import_module("setuptools")

# Half of the time that an installation takes is for bytecode of modules that no test imports.
os.environ.setdefault("PIP_COMPILE", "0")
# Without files of bytecode each of the hundreds of processes that tests start would compile all it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

IN_MEMORY = Path("/dev/shm")
"""Where Linux has a file system in memory."""

ROOM = 4 << 30
"""How many bytes must be free in it; two processes of tests need 1 GB."""

# On a disk, a folder with a file takes 2 ms to create and remove, and most tests have one.
if sys.platform == "linux" and IN_MEMORY.is_dir() and "TMPDIR" not in os.environ:
    runs_programs = not os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
    if runs_programs and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)
        os.environ.setdefault("UV_LINK_MODE", "copy")  # its cache is on another file system


LONGEST = (
    "test_howto_run.py",
    "test_cluster.py",
    "test_pipeline.py",
    "test_cases.py",
    "test_docs.py",
    "test_bad_input.py",
    "test_precommit.py",
    "project",
    "secrets",
    "inputs",
    "report",
    "cli",
    "trying",
    "fixing",
    "sweep",
    "advice",
    "test_plugin.py",
)
"""Files and folders whose tests take longest, in the order in which they start."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process whole files, the longest first; ``--dist`` still chooses another way."""
    if config.getvalue("dist") != "load":
        return None
    config.option.loadscopereorder = False  # the order is that below, not by the number of tests
    return import_module("tests.scheduling").FileScheduling(config, log)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Spare the processes of a parallel run most of their messages."""
    if hasattr(session.config, "workerinput"):
        import_module("tests.scheduling").send_less(session.config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, some of them minutes, so that no process ends with one."""

    @cache
    def order(file: str) -> int:
        parts = PurePath(file).parts
        return next((at for at, name in enumerate(LONGEST) if name in parts), len(LONGEST))

    items.sort(key=lambda item: order(item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through all tests and modules over and over."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _options_of_this_run_alone() -> None:
    """Keep options of the environment from runs that tests start, which would overwrite data on coverage."""
    os.environ.pop("PYTEST_ADDOPTS", None)
