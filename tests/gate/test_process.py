"""The command as the caller would have started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.gate.process import Ended, end_like, start

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-E", "-c", code]


def test_status() -> None:
    assert start(python("raise SystemExit(7)")) == Ended(7)
    assert Ended(7).words == "exited with status 7"


@posix
def test_signal() -> None:
    ended = start(python("import os; os.kill(os.getpid(), 15)"))
    assert ended == Ended(143, signal.SIGTERM)
    assert ended.words == "was ended by SIGTERM"
    assert Ended(200, 72).words == "was ended by signal 72"


@posix
def test_command_that_is_stopped_for_a_while() -> None:
    code = "import os, signal\nif os.fork(): os.kill(os.getpid(), signal.SIGSTOP)\nelse: "
    code += "import time; time.sleep(0.3); os.kill(os.getppid(), signal.SIGCONT)\n"
    assert start(python(code)) == Ended(0)


def test_handlers_are_those_of_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    start(python("pass"))
    assert signal.getsignal(signal.SIGINT) is before


@posix
def test_signal_while_the_command_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is not lost."""
    unpatched = subprocess.Popen

    def popen(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        return unpatched(words, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    assert start(python("import time; time.sleep(30)")).signal == signal.SIGTERM


@posix
def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ignored = "signal.getsignal(1) is signal.SIG_IGN"
        code = f"import os, signal; os.kill(os.getppid(), 1); raise SystemExit({ignored})"
        assert start(python(code)) == Ended(1)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_program_that_does_not_exist() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        start(["no-such-program"])


@posix
def test_signals_that_cannot_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    assert end_like(Ended(128 + signal.SIGSTOP, signal.SIGSTOP)) == 128 + signal.SIGSTOP
    assert end_like(Ended(128 + signal.SIGKILL, signal.SIGKILL)) == 128 + signal.SIGKILL
    assert sent == [signal.SIGKILL]
    assert end_like(Ended(3)) == 3
