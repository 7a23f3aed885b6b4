"""Runs a command many times, each time in a fork. It is imported only once, which saves most of the time.

    python -m benchmarks.peer_server COMMAND [ARGUMENT…] < requests

A request is a line of JSON with ``folder``, ``files`` and ``arguments``; an answer is a line of JSON with
``status`` and ``output``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import IO, Any

LIMIT = 120
"""Longest time of a run, in seconds."""

LAZY = {
    "auditwheel": ("auditwheel.json", "auditwheel.wheel_abi", "auditwheel.wheeltools"),
    "pkgaudit": ("pkgaudit.cli.audit", "pkgaudit.engine", "pkgaudit.report.json", "pkgaudit.rules.*"),
    "twine": ("twine.commands.check",),
}
"""Modules that a command imports only while it runs."""


def run(main: Callable[[], Any], request: dict[str, Any], output: IO[bytes], errors: IO[bytes]) -> None:
    """Run the command in this process, which ends with the command."""
    os.chdir(request["folder"])
    with open(os.devnull, "rb") as nothing:
        for number, file in enumerate((nothing, output, errors)):
            os.dup2(file.fileno(), number)
    sys.argv[1:] = [*request["arguments"], *request["files"]]
    signal.alarm(LIMIT)
    status: Any = 1
    try:
        status = main()
    except SystemExit as stop:
        status = stop.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        if isinstance(status, str):
            print(status, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1 if isinstance(status, str) else int(status or 0))


def main() -> None:
    """Answer requests until the input ends."""
    (point,) = entry_points(group="console_scripts", name=sys.argv[1])
    sys.argv[:] = [sys.argv[1]]
    command = point.load()
    for name in LAZY.get(point.name, ()):
        module = import_module(name.removesuffix(".*"))
        for each in iter_modules(module.__path__ if name.endswith(".*") else ()):
            import_module(f"{module.__name__}.{each.name}")
    for line in sys.stdin:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            child = os.fork()
            if not child:
                run(command, json.loads(line), output, errors)
            _, status = os.waitpid(child, 0)
            text = b""
            for file in (output, errors):
                file.seek(0)
                text += file.read() + b"\n"
        answer = {"status": os.waitstatus_to_exitcode(status), "output": text.decode("utf-8", "replace")}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
