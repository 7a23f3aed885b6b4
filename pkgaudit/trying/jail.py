"""Run a command of Linux in namespaces of its own; a script that `sandbox` starts.

    python -I -S jail.py SETTINGS COMMAND...

SETTINGS is JSON: ``parent``, the process that started this one, with which it ends; ``folder``, the only
folder that the command may write to, or null if it may write as its user does; ``network``, whether it has
the network; ``hidden``, folders that are replaced by empty ones. The command is the first process of a PID
namespace, so the kernel ends everything that it started when it ends, in any session or process group. This
script needs no privilege where the system lets users make namespaces; else it exits with the status
`REFUSED`.
"""

import _socket
import ctypes
import fcntl
import json
import os
import select
import signal
import struct
import sys
from contextlib import suppress

REFUSED = 97
"""The exit status if the system does not allow namespaces. Chosen: no program that it starts uses it."""

# Source of the numbers: the headers linux/sched.h, linux/mount.h, linux/prctl.h and linux/if.h of Linux.
_NEW_IPC, _NEW_NS, _NEW_USER, _NEW_PID, _NEW_NET = 0x08000000, 0x00020000, 0x10000000, 0x20000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_PDEATHSIG, _BOUNDING_DROP, _NO_NEW_PRIVILEGES = 1, 24, 38
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _READ_ONLY = 442, -100, 0x8000, 1
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_CAPABILITIES = 64
"""More than Linux has; the kernel rejects the others."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    words = [None if each is None else os.fsencode(each) for each in (source, target, kind)]
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), None), f"mount {target}")


def _set_read_only(path: str, flag: bool, flags: int) -> None:
    """Set or clear the flag of a mount, or of all mounts below it."""
    wanted = struct.pack("QQQQ", _READ_ONLY if flag else 0, 0 if flag else _READ_ONLY, 0, 0)
    _checked(
        _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, wanted, len(wanted)),
        f"mount_setattr {path}",
    )


def _end_with_parent(parent: int) -> None:
    _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended in between
        os._exit(REFUSED)


def _new_namespaces(network: bool) -> None:
    user, group = os.getuid(), os.getgid()
    flags = _NEW_USER | _NEW_NS | _NEW_PID | _NEW_IPC | (0 if network else _NEW_NET)
    _checked(_libc.unshare(flags), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
            stream.write(text)
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)


def _close_folders(folder: str, hidden: list[str]) -> None:
    """Make everything but ``folder`` read-only, and replace the hidden folders by empty ones inside it."""
    _mount(folder, folder, None, _BIND)
    _set_read_only("/", True, _AT_RECURSIVE)
    _set_read_only(folder, False, 0)
    kept = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    for number, place in enumerate(hidden):
        if not os.path.isdir(place):
            continue
        instead = os.path.join(f"/proc/self/fd/{kept}", f"instead-of-{number}")
        os.makedirs(instead, exist_ok=True)
        is_inside = os.path.commonpath([place, folder]) == place
        if is_inside:
            os.makedirs(os.path.join(instead, os.path.relpath(folder, place)), exist_ok=True)
        _mount(instead, place, None, _BIND)
        if is_inside:
            _mount(f"/proc/self/fd/{kept}", folder, None, _BIND)
    os.close(kept)


def _start_loopback() -> None:
    """Start the loopback interface, which modules may use when they are imported."""
    link = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)  # its module would take long to import
    try:
        asked = fcntl.ioctl(link, _GET_FLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", asked)[1]
        fcntl.ioctl(link, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
    finally:
        link.close()


def _drop_privileges() -> None:
    """Give up the capabilities that the new user namespace gave to this process, and any way to get more."""
    for number in range(_CAPABILITIES):
        _libc.prctl(_BOUNDING_DROP, number, 0, 0, 0)
    _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")


def main() -> int:
    """Run the command line of this script, and return the exit status."""
    settings, command = json.loads(sys.argv[1]), sys.argv[2:]
    where = os.getcwd()
    try:
        _new_namespaces(settings["network"])
        _end_with_parent(settings["parent"])
        if settings["folder"] is not None:
            _close_folders(settings["folder"], settings["hidden"])
        if not settings["network"]:
            _start_loopback()
        os.chdir(where)  # the mount below it is another one now
    except OSError as error:
        print(f"namespaces cannot be used here: {error}", file=sys.stderr)
        return REFUSED
    # A child in another PID namespace gets 0 as the number of its parent, so a pipe says whether that lives.
    alive, mine = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(mine)
        _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if select.select([alive], [], [], 0)[0]:
            os._exit(REFUSED)
        os.close(alive)
        with suppress(
            OSError
        ):  # some containers do not allow it; the files of the outer namespace then serve
            _mount("proc", "/proc", "proc", 0)
        try:
            _drop_privileges()
            os.execv(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error}", file=sys.stderr)
        os._exit(REFUSED)
    os.close(alive)
    for number in (0, 1):
        os.close(number)  # else the reader of the output would wait for this process too
    _, status = os.waitpid(child, 0)
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main())
