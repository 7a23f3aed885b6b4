"""Processes with limits: of time, memory and files, without a network, and none of which stays behind."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pkgaudit.errors import PkgauditError
from pkgaudit.trying.answers import is_answer
from pkgaudit.trying.probe import descendants

_JAIL = Path(__file__).with_name("jail.py")

_HIDDEN = ("/tmp", "/var/tmp", "/dev/shm", "/run")
"""Folders of Linux that every user may write to, or that contain the sockets of other programs."""

_KEPT = 64 << 10
"""Bytes of the output of an installer that are kept. Chosen: its last lines say why it failed."""

_LONGEST_LINE = 1 << 27
"""Bytes of an answer of the probe; chosen: more than it sends."""

_LOOK = 0.5
"""Seconds between two looks at the room on the disk. Chosen: disks write about a gigabyte in this time."""

_GRACE = 5.0
"""Seconds after its limit in which the probe must answer. Chosen: it ends processes within milliseconds."""

_SUBREAPER = 36
"""The number of PR_SET_CHILD_SUBREAPER. Source: linux/prctl.h."""


class StoppedError(PkgauditError):
    """The command was interrupted, or the time of the distribution is over."""


class DeadError(PkgauditError):
    """The probe ended or does not answer."""


@dataclass(frozen=True)
class Limits:
    """Limits of code that is tried.

    ``module`` and ``distribution`` are seconds, ``memory``, ``file_size`` and ``disk`` (for all files of one
    request) bytes; ``processes`` is the number of processes of one environment, which counts only where it
    has a user namespace.
    """

    module: float = 30.0
    distribution: float = 240.0
    memory: int = 4 << 30
    file_size: int = 256 << 20
    disk: int = 4 << 30
    processes: int = 4096

    def of(self, seconds: float, *, in_namespace: bool) -> dict[str, Any]:
        """Return the limits of one request to the probe."""
        return {
            "seconds": seconds,
            "memory": self.memory,
            "file_size": self.file_size,
            "processes": self.processes if in_namespace else None,
        }


@dataclass(frozen=True)
class Done:
    """The end of a program: its status, None if its time was over, and the end of its output."""

    status: int | None
    output: str


class Sandbox:
    """Starts processes, and ends all of them with everything that they started.

    Use it as a context. Threads may share it. ``isolates``: code has no network, sees no other process, and
    writes only to its own folder.
    """

    def __init__(self) -> None:
        self._live: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._others: set[int] = set()
        self.isolates = False
        self.reason = ""

    def __enter__(self) -> Sandbox:
        if sys.platform == "linux":
            self._others = set(descendants(os.getpid()))
            _set_subreaper(True)
        with temporary_folder() as folder:
            self.isolates = self._can_isolate(folder)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if sys.platform == "linux":
            end_descendants(self._others)
            _set_subreaper(False)

    def _can_isolate(self, folder: Path) -> bool:
        if sys.platform != "linux":
            self.reason = "this system has no namespaces"
            return False
        done = self.run(jailed([sys.executable, "-I", "-S", "-c", ""], folder), cwd=folder, seconds=_GRACE)
        self.reason = done.output.strip()
        return done.status == 0

    def stop(self) -> None:
        """End all processes; no other can be started afterwards."""
        with self._lock:
            self._stopped = True
            live = list(self._live)
        for each in live:
            _end(each)

    @contextmanager
    def _started(self, command: Sequence[str], **how: Any) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            if self._stopped:
                raise StoppedError("the command was interrupted")
            process = subprocess.Popen(list(command), start_new_session=os.name == "posix", **how)
            self._live.add(process)
        try:
            yield process
        finally:
            _end(process)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):  # the other end is closed
                        stream.close()
            with self._lock:
                self._live.discard(process)

    def run(
        self,
        command: Sequence[str],
        *,
        seconds: float,
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a program that has the network, such as an installer, and return its end.

        Raises:
            StoppedError: the command was interrupted.
        """
        kept = bytearray()
        try:
            with self._started(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
            ) as process:
                reader = threading.Thread(target=_keep_end, args=(process.stdout, kept), daemon=True)
                reader.start()
                try:
                    status: int | None = process.wait(max(seconds, 0.1))
                except subprocess.TimeoutExpired:
                    status = None
                _end(process)
                reader.join(_GRACE)
        except OSError as error:
            return Done(127, f"{command[0]}: {error.strerror or error}")
        if self._stopped:
            raise StoppedError("the command was interrupted")
        return Done(status, bytes(kept).decode("utf-8", "backslashreplace"))

    def confined(self, command: Sequence[str], folder: Path) -> list[str]:
        """Return a command line that runs a command without a network, if the system can do that."""
        return jailed(command, folder) if self.isolates else list(command)

    def contained(self, command: Sequence[str]) -> list[str]:
        """Return a command line that runs a command with the network, and leaves no process behind."""
        return jailed(command, None) if self.isolates else list(command)

    @contextmanager
    def probe(
        self, command: Sequence[str], folder: Path, env: Mapping[str, str], limits: Limits
    ) -> Iterator[Probe]:
        """Start the script `probe` and end it with the context."""
        with self._started(
            self.confined(command, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=env,
        ) as process:
            yield Probe(process, folder, limits, in_namespace=self.isolates)


class Probe:
    """The script `probe`, which runs in an environment and does one request after the other."""

    def __init__(
        self, process: subprocess.Popen[bytes], folder: Path, limits: Limits, *, in_namespace: bool
    ) -> None:
        self._process = process
        self._folder = folder
        self._limits = limits
        self._in_namespace = in_namespace
        # Code that writes answers without end must not fill the memory with them.
        self._answers: queue.Queue[bytes] = queue.Queue(maxsize=1)
        self._room = _room(folder)
        threading.Thread(target=self._listen, daemon=True).start()

    def _wait(self, word: bytes, seconds: float) -> bytes:
        """Return the answer that begins with a word, unless the code fills the disk before.

        Other lines come from code that runs when the interpreter starts, such as that of a .pth file.

        Raises:
            StoppedError: the disk has less room than the limit, or lost more than that.
            queue.Empty: there is no answer in time.
        """
        end = time.monotonic() + seconds
        while True:
            with suppress(queue.Empty):
                line = self._answers.get(timeout=min(_LOOK, max(end - time.monotonic(), 0.01)))
                if not line or line.startswith(word):
                    return line[len(word) :]
            if time.monotonic() >= end:
                raise queue.Empty
            if _room(self._folder) < self._room - self._limits.disk:
                raise StoppedError("its code filled the disk")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):  # the process is ended, and its pipe closed
            while line := self._process.stdout.readline(_LONGEST_LINE):
                self._answers.put(line)
        self._answers.put(b"")

    def ask(self, request: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Do a request and return its answer; ``deadline`` is that of the distribution.

        Raises:
            StoppedError: the time of the distribution is over.
            DeadError: the probe was ended, such as by the code that it tries.
        """
        left = deadline - time.monotonic()
        if left <= 0:
            raise StoppedError("its time was over")
        seconds = min(self._limits.module, left)
        try:
            # Its name is new, because the code may write to all folders of the environment.
            where = Path(mkdtemp(dir=self._folder))
        except OSError:
            raise DeadError("its code removed the folders in which it is tried") from None
        word = os.urandom(16).hex()
        sent = {
            **request,
            "cwd": str(where),
            "word": word,
            "limits": self._limits.of(seconds, in_namespace=self._in_namespace),
        }
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(sent).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._wait(word.encode(), seconds + _GRACE))
        except (OSError, ValueError, RecursionError, queue.Empty):
            raise DeadError("the process that tries modules was ended") from None
        if not is_answer(answer, request["do"]):
            raise DeadError("other code answers for the process that tries modules")
        remove_tree(where)
        if answer["timed_out"] and left <= self._limits.module:
            raise StoppedError("its time was over")
        return {**answer, "allowed": seconds}


def _room(folder: Path) -> int:
    """Return the free bytes of the disk of a folder."""
    return shutil.disk_usage(folder).free


def jailed(command: Sequence[str], folder: Path | None) -> list[str]:
    """Return the command line that runs a command through the script `jail`.

    Without ``folder``, the command has the network and may write as its user does. No folder is hidden that
    contains the program or a file that the command names, unless that is in ``folder``.
    """
    inside = os.path.join(str(folder), "")
    named = [command[0], *filter(os.path.isabs, command[1:])]
    needed = {place for each in named for place in (each, os.path.realpath(each))}
    needed = {each for each in needed if not each.startswith(inside)}
    hidden = [each for each in _HIDDEN if not any(_is_below(path, each) for path in needed)]
    settings = {
        "parent": os.getpid(),
        "folder": None if folder is None else str(folder),
        "network": folder is None,
        "hidden": hidden,
    }
    return [sys.executable, "-I", "-S", str(_JAIL), json.dumps(settings), *command]


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _keep_end(stream: Any, kept: bytearray) -> None:
    with suppress(OSError, ValueError):  # the process is ended, and its pipe closed
        while read := stream.read1(1 << 16):
            kept += read
            del kept[:-_KEPT]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those in its session, or below it on Windows. In a jail, the kernel ends the rest."""
    if os.name == "posix":
        # The session may outlive the process that began it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],
            capture_output=True,
            check=False,
            timeout=_GRACE,
        )


def _set_subreaper(is_on: bool) -> None:
    """Have processes whose parent ended become children of this one, which can be found."""
    with suppress(ImportError, OSError, AttributeError):  # then only those in their sessions are ended
        import ctypes

        ctypes.CDLL(None).prctl(_SUBREAPER, int(is_on), 0, 0, 0)


def end_descendants(others: Collection[int] = ()) -> None:
    """End all processes below this one, also those in sessions of their own, but not ``others``."""
    for _ in range(100):
        found = [each for each in descendants(os.getpid()) if each not in others]
        for each in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        for each in found:
            with suppress(ChildProcessError):  # the child of another one, which becomes ours when that ends
                os.waitpid(each, os.WNOHANG)
        if not found:
            return
        time.sleep(0.002)


@contextmanager
def temporary_folder(inside: Path | None = None) -> Iterator[Path]:
    """Make a folder, and remove it at the end, even if its files forbid that."""
    folder = Path(os.path.realpath(mkdtemp(prefix="pkgaudit-try-", dir=inside)))
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder, also if its files and folders have no permissions."""
    if folder.is_symlink():  # code made it a link; its target is not ours
        with suppress(OSError):  # the environment around it is removed later
            folder.unlink()
        return
    for _ in range(3):  # a process that is being ended may still write
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        for path, _, files in os.walk(folder):
            for name in (path, *(os.path.join(path, each) for each in files)):
                with suppress(OSError):
                    if not os.path.islink(name):
                        os.chmod(name, stat.S_IRWXU)
        time.sleep(0.01)
