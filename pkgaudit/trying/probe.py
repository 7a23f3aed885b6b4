"""Look at an installed distribution: a script for the interpreter of its environment, since Python 3.6.

It reads requests from standard input, a line of JSON each, and writes one line as the answer to each, which
begins with the word of the request. Every request is done in a process of its own, with limits, whose output
is captured, and afterwards every process that it started is ended. Its outcome comes through a pipe that only
this process reads, and begins with the same word, which the process had to know before it ran the code. So
code that writes anything anywhere does not forge an answer.

It imports little, because a module that uses ``importlib.util`` without importing it must fail here too.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]  # what mypy knows is the module

TYPE_CHECKING = False
"""True for type checkers; the module typing would be one more that code finds imported."""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen
    from typing import Any, BinaryIO, NoReturn

    Request = dict[str, Any]

FORKS = sys.platform.startswith("linux")
"""Whether a request is done in a fork of this process, which saves the start of an interpreter. On macOS,
system libraries do not survive that."""

KEPT = 16384
"""Bytes of an output that are kept, from its end."""

LONGEST_ANSWER = 1 << 26
"""Bytes of an answer that are read: many times those of the largest wheels."""

LONGEST = 500
"""Characters of a text in an answer."""

LINES = 12
"""Lines of a traceback that are kept."""

MOST_READS = 64
"""Times that a pipe is read after the end of the process. Its capacity is at most 1 MiB."""

FRAMES = 40
"""Places of a traceback that are kept."""


def cut(text: "object", longest: int = LONGEST) -> str:
    """Return a text that is shortened if it is too long."""
    text = str(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


# Requests, done in the process of the request


def site_folders() -> "list[str]":
    """Return the folders into which distributions are installed."""
    import sysconfig

    return sorted({os.path.realpath(sysconfig.get_path(each)) for each in ("purelib", "platlib")})


def list_distribution(request: "Request") -> "object":
    """Return the paths of the files of the distribution, from the site folder, and its entry points."""
    import csv

    for site in site_folders():
        folder = _dist_info(site, request["project"])
        if folder is None:
            continue
        with open(os.path.join(site, folder, "RECORD"), encoding="utf-8", newline="") as stream:
            paths = [row[0].replace(os.sep, "/") for row in csv.reader(stream) if row]
        return {
            "site": site,
            "paths": [each for each in paths if os.path.exists(os.path.join(site, each))],
            "entry_points": _entry_points(os.path.join(site, folder, "entry_points.txt")),
            "suffixes": _suffixes(),
        }
    raise LookupError("the distribution is not installed")


def _dist_info(site: str, project: str) -> "str | None":
    for name in sorted(os.listdir(site)):
        if name.endswith(".dist-info"):
            normal = name[:-10].partition("-")[0].replace("_", "-").replace(".", "-").lower()
            while "--" in normal:
                normal = normal.replace("--", "-")
            if normal == project:
                return name
    return None


def _entry_points(path: str) -> "list[list[str]]":
    import configparser

    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its manual does
    try:
        with open(path, encoding="utf-8") as stream:
            parser.read_file(stream)
    except (OSError, configparser.Error, UnicodeDecodeError):
        return []
    return [[group, name, value] for group in parser.sections() for name, value in parser.items(group)]


def _suffixes() -> "list[str]":
    from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES

    return SOURCE_SUFFIXES + EXTENSION_SUFFIXES


def import_module(request: "Request") -> None:
    """Import a module."""
    __import__(request["module"])


def load_entry_point(request: "Request") -> None:
    """Import the module of an entry point and look up its object."""
    module, _, attributes = request["value"].partition(":")
    __import__(module)
    found = sys.modules[module]
    for each in attributes.split(".") if attributes else ():
        found = getattr(found, each)


def open_data(request: "Request") -> "list[list[str]]":
    """Open each file as a program of its package would; return those that cannot be read, with the reason."""
    failed = []
    for package, path in request["files"]:
        try:
            _read(package, path)
        except Exception as error:  # the package's own loader may raise anything
            failed.append([package, path, cut(f"{type(error).__name__}: {error}")])
    return failed


def _read(package: str, path: str) -> None:
    try:
        from importlib.resources import files
    except ImportError:  # before Python 3.9
        import pkgutil

        if pkgutil.get_data(package, path) is None:
            raise OSError("its loader reads no files") from None
        return
    place = files(package)
    for each in path.split("/"):
        place = place.joinpath(each)
    with place.open("rb") as stream:
        stream.read(1)


DONE_BY = {
    "list": list_distribution,
    "import": import_module,
    "load": load_entry_point,
    "open": open_data,
}
"""The functions that do requests; a request to run a program replaces the process."""


def outcome_of(request: "Request") -> "dict[str, object]":
    """Do a request and return its outcome."""
    try:
        return {"value": DONE_BY[request["do"]](request)}
    except SystemExit as error:
        code = error.code
        return {"exit": code & 0xFF if isinstance(code, int) else 0 if code is None else 1}
    except BaseException as error:  # also KeyboardInterrupt, which a module may raise
        return failure(error)


def failure(error: BaseException) -> "dict[str, object]":
    """Return the facts about an exception."""
    import traceback

    kind = type(error)
    seen: BaseException = error
    said: dict[str, Any] = {
        "kind": cut(getattr(kind, "__name__", "?"), 80),
        "is_builtin": getattr(kind, "__module__", None) == "builtins",
        "missing": None,
        "frames": [],
        "lines": [],
    }
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_filename == failure.__code__.co_filename:
        place = place.tb_next  # frames of this script
    try:
        said["error"] = cut(traceback.format_exception_only(kind, error)[-1].strip())
        lines = "".join(traceback.format_exception(kind, error, place)).splitlines()
        said["lines"] = [cut(each) for each in lines[-LINES:]]
    except BaseException:  # an exception whose own methods raise
        said["error"] = said["kind"]
    for _ in range(10):  # an optional dependency is often missed by an exception with other words
        if isinstance(seen, ImportError) and getattr(seen, "name", None) and said["missing"] is None:
            said["missing"] = cut(seen.name)
            said["is_module_missing"] = isinstance(seen, ModuleNotFoundError)
        cause = seen.__cause__ or seen.__context__
        if cause is None:
            break
        seen = cause
    while place is not None:
        said["frames"].append([cut(place.tb_frame.f_code.co_filename), place.tb_lineno])
        place = place.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        said["frames"].append([cut(error.filename), error.lineno])
    said["frames"] = said["frames"][-FRAMES:]
    return {"failure": said}


# The process of a request


def limit(limits: "dict[str, Any]") -> None:
    """Set the limits that the system itself keeps; those that it does not know are left out."""
    if resource is None:
        return
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_DATA": limits["memory"],
        "RLIMIT_FSIZE": limits["file_size"],
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_CPU": int(limits["seconds"]) + 2,
    }
    if not sys.platform.startswith("linux"):
        wanted["RLIMIT_AS"] = limits["memory"]
    for name, value in wanted.items():
        number = getattr(resource, name, None)
        if number is None or value is None:
            continue
        with suppress(OSError, ValueError):  # macOS does not set each of them
            hard = resource.getrlimit(number)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))


def do(request: "Request", answer: int) -> "NoReturn":
    """Do a request in this process, write its outcome, and end the process."""
    word = request.pop("word")
    me = os.getpid()
    os.chdir(request["cwd"])
    if request["do"] == "run":
        command = request["command"]
        os.execv(command[0], command)
    outcome = outcome_of(request)
    if os.getpid() == me:  # else a fork of the module came here too
        # The module may have closed or replaced them.
        with suppress(BaseException):
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        write_all(answer, word.encode() + json.dumps(outcome).encode())
    os._exit(0)


def write_all(number: int, data: bytes) -> None:
    """Write all of the data."""
    while data:
        data = data[os.write(number, data) :]


def forked(request: "Request") -> "dict[str, object]":
    """Do a request in a fork of this process, and return the facts about it."""
    pipes = [os.pipe() for _ in range(3)]
    woken = os.pipe()
    for number in woken:
        os.set_blocking(number, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken[1])
    began = time.time()
    child = os.fork()
    if child == 0:
        try:
            begin_child(pipes)
            limit(request["limits"])
            do(request, 255)
        except BaseException as error:  # the fork must not go on with the requests of this process
            os.write(2, f"the request cannot be done: {error}\n".encode("utf-8", "replace"))
        finally:
            os._exit(125)
    for _, written in pipes:
        os.close(written)
    outputs = {read: bytearray() for read, _ in pipes}
    limits = (KEPT, KEPT, LONGEST_ANSWER)
    most = {number: limits[at] for at, number in enumerate(outputs)}
    status = wait_for(child, outputs, most, woken[0], began + request["limits"]["seconds"])
    seconds = time.time() - began
    end_others()
    for number, read in outputs.items():
        for _ in range(MOST_READS):
            if drain(number, read, most[number]) <= 0:
                break
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (*woken, *outputs):
        os.close(number)
    out, said, answer = (bytes(each) for each in outputs.values())
    return report(request["word"], status, seconds, out, said, answer)


def begin_child(pipes: "list[tuple[int, int]]") -> None:
    """Give the child a session, standard streams, and nothing of this process but the pipe of the answer."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(pipes[2][1], 255, inheritable=False)
    os.dup2(nothing, 0)
    os.dup2(pipes[0][1], 1)
    os.dup2(pipes[1][1], 2)
    os.closerange(3, 255)


def wait_for(
    child: int, outputs: "dict[int, bytearray]", most: "dict[int, int]", woken: int, deadline: float
) -> "int | None":
    """Read the outputs until the child has ended, and return its status; None if its time was over."""
    open_ends = [woken, *outputs]
    for number in outputs:
        os.set_blocking(number, False)
    status = None
    while status is None:
        left = deadline - time.time()
        if left <= 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        for number in select.select(open_ends, [], [], left)[0]:
            if number == woken:
                os.read(woken, 4096)
            elif not drain(number, outputs[number], most[number]):
                open_ends.remove(number)
        ended, found = os.waitpid(child, os.WNOHANG)
        status = found if ended == child else None
    return status


def drain(number: int, said: bytearray, most: int) -> int:
    """Read once, and keep only the end; return how much was read, 0 at the end, -1 if there is nothing."""
    try:
        read = os.read(number, 65536)
    except BlockingIOError:
        return -1
    said += read
    del said[:-most]
    return len(read)


def end_others() -> None:
    """End every process that the child started and that is still there."""
    if os.getpid() == 1:  # of a PID namespace
        try:
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitpid(-1, 0)
        except (ProcessLookupError, ChildProcessError):
            return
    for _ in range(100):  # a process may start others while it is ended
        found = descendants(os.getpid())
        for each in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not found:
            return
        time.sleep(0.001)


def descendants(root: int) -> "list[int]":
    """Return the processes below a process; zombies are not among them."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:
                    state, parent = stream.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state != b"Z":
                parents.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    left = [root]
    while left:
        below = parents.get(left.pop(), [])
        found += below
        left += below
    return found


def spawned(request: "Request") -> "dict[str, object]":
    """Do a request in a new interpreter, where a process cannot be forked."""
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        file = os.path.join(request["cwd"], f"answer-{os.getpid()}")
        command = [sys.executable, "-s", os.path.abspath(__file__), file]
        how: dict[str, Any] = {} if os.name == "nt" else {"start_new_session": True}
        began = time.time()
        # The request goes through standard input, because other processes can see a command line.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=said, **how)
        status: int | None = None
        with suppress(subprocess.TimeoutExpired):
            process.communicate(json.dumps(request).encode(), request["limits"]["seconds"])
            status = process.returncode
        seconds = time.time() - began
        end_tree(process)
        try:
            with open(file, "rb") as stream:
                answer = stream.read()
            os.remove(file)
        except OSError:
            answer = b""
        if status is not None and os.name != "nt":
            status = -status if status < 0 else status << 8
        elif status is not None:
            status <<= 8
        return report(request["word"], status, seconds, tail(out), tail(said), answer)


def end_tree(process: "Popen[bytes]") -> None:
    """End a process and those in its session or, on Windows, below it."""
    import subprocess

    if os.name == "nt":
        subprocess.call(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(stream: "BinaryIO") -> bytes:
    """Return the end of a file."""
    stream.seek(0, os.SEEK_END)
    stream.seek(max(0, stream.tell() - KEPT))
    return stream.read()


def do_spawned(file: str) -> None:
    """Do the request on standard input, in a process that `spawned` started."""
    request = json.loads(sys.stdin.buffer.read().decode())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit(request["limits"])
    do(request, os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def report(
    word: str, status: "int | None", seconds: float, out: bytes, said: bytes, answer: bytes
) -> "dict[str, object]":
    """Return the answer to a request: how its process ended, its outcome and the end of its output."""
    found: dict[str, object] = {"seconds": round(seconds, 3), "timed_out": status is None}
    if status is not None:
        found["signal"] = os.WTERMSIG(status) if FORKS and os.WIFSIGNALED(status) else status & 0x7F
        found["status"] = status >> 8
    head = word.encode()
    if answer.startswith(head):
        with suppress(ValueError):  # the process was ended while it wrote
            found["outcome"] = json.loads(answer[len(head) :].decode())
    for name, text in (("stdout", out), ("stderr", said)):
        found[name] = text.decode("utf-8", "backslashreplace")
    return found


def lines_of(number: int) -> "Iterator[bytes]":
    """Yield the lines that come through a file descriptor; no buffer of a stream is left to a fork."""
    rest = b""
    while True:
        read = os.read(number, 65536)
        if not read:
            return
        rest += read
        *lines, rest = rest.split(b"\n")
        yield from lines


def main() -> None:
    """Answer requests until standard input ends."""
    if FORKS and os.getpid() != 1:
        with suppress(ImportError, OSError, AttributeError):  # the caller is a subreaper too
            import ctypes

            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become our children
    done = forked if FORKS else spawned
    for line in lines_of(0):
        request = json.loads(line.decode())
        word = request["word"]
        # Another line may be incomplete.
        write_all(1, f"\n{word}{json.dumps(done(request))}\n".encode())


if __name__ == "__main__":
    # The folder of this script is no part of the environment.
    del sys.path[0]
    if len(sys.argv) > 1:
        do_spawned(sys.argv[1])
    else:
        main()
