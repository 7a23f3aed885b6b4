"""A child process does orders, and can be ended in the middle of one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pkgaudit import child as module
from pkgaudit.child import Child, ChildError, RefusedError

Step = Callable[[int], None]


def make(word: str) -> Callable[[Any, Step], bytes]:
    """Return what the child does in these tests; orders are pairs of a name and a value."""

    def do(order: tuple[str, Any], step: Step) -> bytes:
        name, value = order
        if name == "steps":
            for number, seconds in enumerate(value, 1):
                time.sleep(seconds)
                step(number)
        elif name == "print":
            print(value)
            os.write(1, b"more")
        elif name == "kill":
            os.kill(os.getpid(), value)
        elif name == "exit":
            os._exit(value)
        elif name == "memory":
            bytearray(value)
        elif name == "refuse":
            raise RefusedError(value)
        elif name == "bug":
            raise KeyError(value)
        return f"{word} {name} {os.getpid()}".encode()

    return do


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child(make, ("did",), memory=512 << 20)
    yield made
    made.close()


def test_orders_are_done_by_one_process(child: Child) -> None:
    first, second = child.do(("a", 0), 60), child.do(("print", "not a result"), 60)
    assert first.startswith(b"did a ")
    assert second.startswith(b"did print ")
    assert first.split()[-1] == second.split()[-1]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (("exit", 3), "the process that audited it ended with status 3"),
        (("memory", 1 << 30), "it needs more memory than the limit"),
        (("refuse", "it must not"), "it must not"),
        (("bug", 0), "the audit raised KeyError"),
        pytest.param(
            ("kill", getattr(signal, "SIGKILL", 9)),
            "the process that audited it was ended by SIGKILL, perhaps because the memory was exhausted",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="signals"),
        ),
    ],
)
def test_an_order_that_fails_gives_the_reason_and_the_next_one_is_done(
    child: Child, order: tuple[str, Any], reason: str
) -> None:
    with pytest.raises(ChildError) as caught:
        child.do(order, 60)
    assert str(caught.value) == reason
    assert child.do(("a", 0), 60).startswith(b"did a ")


def test_the_time_limit_is_for_each_step(child: Child) -> None:
    child.do(("a", 0), 60)
    assert child.do(("steps", [0.2] * 4), 0.6).startswith(b"did steps ")
    with pytest.raises(ChildError, match=r"it took longer than 0\.3 seconds") as caught:
        child.do(("steps", [0.0, 0.0, 60.0]), 0.3)
    assert caught.value.steps == 2


def test_a_child_that_is_closed_ends_at_once() -> None:
    made = Child(make, ("did",))
    made.do(("a", 0), 60)
    threading.Timer(0.1, made.close).start()
    began = time.monotonic()
    with pytest.raises(ChildError, match="the run was interrupted"):
        made.do(("steps", [60.0]), 600)
    with pytest.raises(ChildError, match="the run was interrupted"):
        made.do(("a", 0), 60)
    assert time.monotonic() - began < 10


PARENT = """
import os, sys, threading, time
from tests.test_child import make
from pkgaudit.child import Child
child = Child(make, ("did",))
print(child.do(("a", 0), 60).split()[-1].decode(), flush=True)
child.do(("steps", [600.0]), 600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_child_ends_with_its_parent_in_the_middle_of_an_order() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    number = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not _runs(number):
            return
        time.sleep(0.1)
    raise AssertionError("the child still runs")


def _runs(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        try:
            os.kill(number, 0)
        except OSError:
            return False
        return not os.path.isdir("/proc/self")


def test_a_child_without_orders_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(module, "_IDLE", 0.0)
    monkeypatch.setattr(os, "_exit", ended.append)
    watch = module._Watch.__new__(module._Watch)
    watch._parent = os.getppid()
    watch._since = time.monotonic() - 1
    watch._run()
    assert ended == [1]
