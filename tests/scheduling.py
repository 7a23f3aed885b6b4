"""How the processes of a parallel run get their tests, and what they tell of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import pytest

scheduler: Any = pytest.importorskip("xdist.scheduler")

TOGETHER = {
    **dict.fromkeys(
        ("tests/rules/test_cases.py", "tests/rules/test_data.py", "tests/rules/test_messages.py"), "cases"
    ),
}
"""Files of tests that share something, each with the name of what they share."""

LEAST = 0.005
"""The durations in seconds that pytest lists begin with this one."""


class FileScheduling(scheduler.LoadFileScheduling):  # type: ignore[misc]  # has no types
    """Gives each process whole files, and files that share something: it is made once, not in each process.

    Its base looks through all tests again for each test, which takes seconds with thousands of them.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get(file, file)

    @cached_property
    def _places(self) -> dict[str, int]:
        """The number of each test, which is the same in all processes."""
        return {nodeid: number for number, nodeid in enumerate(self.collection or ())}

    def _assign_work_unit(self, node: Any) -> None:
        scope, tests = self.workqueue.popitem(last=False)
        unfinished = {name: each for name, each in self.assigned_work[node].items() if not all(each.values())}
        self.assigned_work[node] = {**unfinished, scope: tests}
        node.send_runtest_some([self._places[nodeid] for nodeid, is_done in tests.items() if not is_done])


def send_less(config: pytest.Config) -> None:
    """Keep a process from sending its controller what that does not show.

    Six messages on each test take more time than most of the tests: that it begins and ends, and that its
    fixtures were made and removed. ``--verbose`` and JUnit reports show them.
    """
    if config.option.verbose > 0 or config.option.xmlpath:
        return
    for process in [each for each in config.pluginmanager.get_plugins() if hasattr(each, "sendevent")]:
        process.sendevent = partial(_send_what_is_shown, process.sendevent)


def _send_what_is_shown(send: Callable[..., None], name: str, **values: Any) -> None:
    if name == "testreport":
        report = values["data"]
        is_passed = report["outcome"] == "passed" and not report["sections"]
        is_hidden = report["when"] != "call" and is_passed and report["duration"] < LEAST
    else:
        is_hidden = name in ("logstart", "logfinish")
    if not is_hidden:
        send(name, **values)
