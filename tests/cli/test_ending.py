"""The command when it is ended from outside: nothing of it stays, neither processes nor folders."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.config.config import Config
from pkgaudit.execution import audit_all
from pkgaudit.plan import Plan
from tests.support import registry, run

COMMAND = [sys.executable, "-m", "pkgaudit", "--no-config"]

posix = pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
linux = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="processes are found by /proc")

MARK = "PKGAUDIT_TEST_OF_ENDING"

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else ()


def wheels(folder: Path, number: int = 300) -> list[Path]:
    # Of different projects, because members that several wheels of a project contain are judged only once.
    return [Wheel(f"sample{each}").build().write(folder) for each in range(number)]


def left(mark: str) -> list[int]:
    """Return the processes that have a mark in their environment."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (each / "environ").read_bytes().split(b"\0"):
                found.append(int(each.name))
        except OSError:
            continue
    return found


def none_left(mark: str) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not left(mark):
            return True
        time.sleep(0.1)
    return False


def started(command: list[str], mark: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, MARK: mark},
        # pytest may run in the background of a shell, which has such signals ignored.
        preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in SIGNALS],
    )


@posix
@linux
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_signal(jobs: int, name: str, tmp_path: Path) -> None:
    number, mark = signal.Signals[name], f"{tmp_path}"
    files = [str(each) for each in wheels(tmp_path)]
    with started([*COMMAND, "--jobs", str(jobs), "--format", "jsonl", *files], mark) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        process.send_signal(number)  # as whoever is impatient does
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (128 + number, b"terminated\n")
    assert none_left(mark)


@posix
@linux
def test_killed(tmp_path: Path) -> None:
    """Nobody can clean up then, and the workers see it themselves."""
    files = [str(each) for each in wheels(tmp_path)]
    with started([*COMMAND, "--jobs", "2", "--format", "jsonl", *files], str(tmp_path)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=20)  # which ends when nobody holds the pipe open
    assert none_left(str(tmp_path))


@posix
@linux
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_while_a_project_is_built(name: str, tmp_path: Path) -> None:
    number = signal.Signals[name]
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
    )
    (project / "slow.py").write_text(
        "import subprocess, sys, time\n"
        "def build_sdist(*_):\n"
        "    open('begun', 'w').close()\n"
        "    subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    )
    command = ["env", f"TMPDIR={temporary}", *COMMAND, "--no-isolation", str(project)]
    with started(command, str(tmp_path)) as process:
        signal_after(process, number, lambda: (project / "begun").exists())
        process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert none_left(str(tmp_path))
    assert not list(temporary.glob("pkgaudit-*"))


def signal_after(process: subprocess.Popen[bytes], number: int, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)


@posix
def test_terminal_is_restored(tmp_path: Path) -> None:
    import pty

    files = [str(each) for each in wheels(tmp_path, 600)]
    master, slave = pty.openpty()
    code = f"import pkgaudit.cli.progress as p, pkgaudit.cli; p.PATIENCE = 0.0; pkgaudit.cli.main({files!r})"
    said = b""
    with subprocess.Popen([sys.executable, "-c", code], stdout=slave, stderr=slave, stdin=slave) as process:
        os.close(slave)
        is_sent = False
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            said += part
            if not is_sent and b"\x1b[?25l" in said:
                process.send_signal(signal.SIGTERM)
                is_sent = True
            if not part:
                break
        process.wait(timeout=20)
    os.close(master)
    assert process.returncode == 128 + signal.SIGTERM
    assert said.count(b"\x1b[?25l") == said.count(b"\x1b[?25h") == 1


@posix
def test_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """As ``nohup`` has it."""
    [file] = wheels(tmp_path, 1)
    code = (
        "import os, signal, pkgaudit.cli, pkgaudit.engine as engine\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "real = engine.walk\n"
        "def walk(*given, **named):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    return real(*given, **named)\n"
        "engine.walk = walk\n"
        f"pkgaudit.cli.main(['--no-config', {str(file)!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.endswith("PASS\n")


class TestWorkersThatCannotBeStarted:
    @pytest.mark.parametrize("failing", [1, 2, 3])
    @pytest.mark.parametrize("error", [BlockingIOError(11, "no"), MemoryError(), RuntimeError("no")])
    def test_all_is_audited_in_one_process(
        self, failing: int, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = wheels(tmp_path, 4)
        real, number = BaseProcess.start, 0

        def start(process: BaseProcess) -> None:
            nonlocal number
            number += 1
            if number == failing:
                raise error
            real(process)

        monkeypatch.setattr(BaseProcess, "start", start)
        done = run(*files, "--no-config", "--jobs", "3")
        assert done.exit_code == 0
        assert "4 distributions" in done.stdout
        assert done.stderr == ""
        assert not multiprocessing.active_children()

    def test_system_without_pipes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError("no pipes")

        monkeypatch.setattr("multiprocessing.Pipe", refuse)
        assert run(*wheels(tmp_path, 3), "--no-config", "--jobs", "2").exit_code == 0

    def test_progress_without_a_thread(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr("threading.Thread.start", refuse)
        assert run(*wheels(tmp_path, 2), "--no-config", "--jobs", "1").exit_code == 0


def test_processes_of_others_are_left_alone(tmp_path: Path) -> None:
    """A program that calls pkgaudit may have workers of its own."""
    earlier = multiprocessing.active_children()
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        files = {str(each): str(each) for each in wheels(tmp_path, 4)}
        audits = audit_all(files, Plan.make(registry(), Config()), Config(), 2)
        next(audits)
        audits.close()
        assert other.is_alive()
        # A process that is told to end takes a moment.
        until = time.monotonic() + 10
        while set(multiprocessing.active_children()) - {other, *earlier} and time.monotonic() < until:
            time.sleep(0.1)
        assert set(multiprocessing.active_children()) - {*earlier} == {other}
    finally:
        other.kill()
        other.join()


@posix
def test_a_thread_that_waits_for_ever_does_not_keep_the_command(tmp_path: Path) -> None:
    """As one that waits for the lock on imports, which an interrupted import may never release."""
    files = [str(each) for each in wheels(tmp_path, 600)]
    code = (
        "import threading, pkgaudit.cli.progress as p, pkgaudit.cli\n"
        "p.LEAVE = 0.2\n"
        "def wait_for_ever(self):\n"
        "    print('waiting', flush=True)\n"
        "    threading.Event().wait()\n"
        "p.Progress._lines = wait_for_ever\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        f"pkgaudit.cli.main({files!r})\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
