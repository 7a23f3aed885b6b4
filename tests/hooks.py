"""Calls of build hooks, each in a process of its own that need not import the backend first.

Most backends take longer to import than to build a small project. So a process for each backend imports each
of its modules once, and forks for each call. Only on Linux can all libraries be used after a fork;
elsewhere each call starts Python.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FORKS = sys.platform == "linux"


def call_hooks(folder: Path, hooks: str, out: Path, *kinds: str) -> None:
    """Build these kinds of distributions of a project, as a build frontend without isolation does.

    ``hooks`` is what the key ``build-backend`` contains.

    Raises:
        subprocess.CalledProcessError: the build failed.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    with TemporaryDirectory() as nowhere:
        log = Path(nowhere, "log")
        request = {"cwd": str(folder), "env": environment, "out": str(out), "kinds": kinds, "log": str(log)}
        with nullcontext(_server(hooks)) if FORKS else _start(hooks) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(f"{json.dumps(request)}\n")
            server.stdin.flush()
            status = server.stdout.readline().strip()
        if status != "0":
            text = log.read_text("utf-8", "replace") if log.exists() else ""
            raise subprocess.CalledProcessError(int(status or 1), [hooks, *kinds], text)


def _start(hooks: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, hooks]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", cwd=sys.prefix
    )


_server = cache(_start)


def _serve(hooks: str) -> None:
    """Answer each request, a line of JSON, with the exit status of the process that builds."""
    sys.path[0] = ""  # the folder of this file; backends may import modules of the project
    module = import_module(hooks)
    if "setuptools" in sys.modules:
        _import_plugins()
    for line in sys.stdin:
        request = json.loads(line)
        if not FORKS:
            answer = os.dup(1)
            _build(module, **request)
            os.write(answer, b"0\n")
            return
        print(_fork(module, request), flush=True)


def _fork(module: Any, request: dict[str, Any]) -> int:
    """Build in a process of its own, and return its exit status.

    Backends import most of their modules only when they build, which takes most of the time. So what this
    build imported is imported here, for the next one.
    """
    gc.freeze()  # the collector would write to all objects, and so copy the memory that both processes share
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        gc.disable()
        before = {*sys.modules}
        _build(module, **request)
        with open(writing, "w") as pipe:
            pipe.write("\n".join(sys.modules.keys() - before))
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # to remove all modules, as a regular end does, takes longer than many builds
    os.close(writing)
    with open(reading) as pipe:
        imported = pipe.read().split()
    for name in imported:
        with suppress(Exception):  # a module of the project, which is not for other builds
            import_module(name)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _build(module: Any, cwd: str, env: dict[str, str], out: str, kinds: list[str], log: str) -> None:
    for number, file in enumerate((os.devnull, log, log)):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    # A module that is changed within a second and keeps its size would be taken for the old one.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for kind in kinds:
        getattr(module, f"build_{kind}")(out)


def _import_plugins() -> None:
    """Import what setuptools imports for each build: the commands and options of all installed packages.

    It asks for them about twenty times in a build, and each time the metadata of all packages is read.
    """
    installed = metadata.entry_points()
    vars(metadata)["entry_points"] = installed.select
    for group in (
        "distutils.commands",
        "distutils.setup_keywords",
        "setuptools.finalize_distribution_options",
    ):
        for each in installed.select(group=group):
            with suppress(Exception):  # setuptools reports it, if the build needs it
                each.load()


if __name__ == "__main__":
    _serve(sys.argv[1])
