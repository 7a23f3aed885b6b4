"""Audits files with one revision of pkgaudit, one by one in one process, for ``tools.ecosystem``.

It runs as a script, by Python with ``-S``, and imports nothing from this folder. The first line of standard
input is a JSON object with ``path``, the import path, and ``memory``, the limit in bytes or null. The first
answer lists the rules, and the files of pkgaudit's modules. Each further line is a JSON list of arguments;
its answer is a line with a JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any, TextIO


def main() -> None:
    """Answer each line of standard input."""
    # Ctrl-C reaches every process of a terminal; the parent process ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = _take_stdout()
    settings = json.loads(sys.stdin.readline())
    sys.path[:] = settings["path"]
    _limit_memory(settings["memory"])
    _answer(answers, _describe())
    for line in sys.stdin:
        _answer(answers, _run(json.loads(line)))


def _take_stdout() -> TextIO:
    """Reserve standard output for the answers, and redirect all other output to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return answers


def _limit_memory(memory: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _answer(answers: TextIO, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def _describe() -> dict[str, Any]:
    """Return the rules, and the file of each imported module of pkgaudit."""
    importlib.import_module("pkgaudit.rules")
    listed = _run(["rules", "--format", "json"])
    files = {
        name: getattr(module, "__file__", None) or ""
        for name, module in list(sys.modules.items())
        if name.split(".")[0] == "pkgaudit"
    }
    return {**listed, "files": files}


def _run(arguments: list[str]) -> dict[str, Any]:
    """Run the command and return its output, its exit status, and its processor time."""
    from click.testing import CliRunner

    from pkgaudit.cli import main as command

    started = sum(os.times()[:4])
    done = CliRunner().invoke(command, arguments)
    error = done.exception
    trace = ""
    if error is not None and not isinstance(error, SystemExit):
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "exit": done.exit_code,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "traceback": trace,
        "cpu": sum(os.times()[:4]) - started,
    }


if __name__ == "__main__":
    main()
