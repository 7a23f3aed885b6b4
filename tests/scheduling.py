"""The order in which the processes of a run get the files of tests."""

from __future__ import annotations

from functools import cached_property

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

TOGETHER = {
    **dict.fromkeys(
        ("tests/rules/test_cases.py", "tests/rules/test_data.py", "tests/rules/test_messages.py"), "cases"
    ),
}
"""Files of tests that share something, each with the name of what they share."""


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]  # has no types
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

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope, tests = self.workqueue.popitem(last=False)
        unfinished = {name: each for name, each in self.assigned_work[node].items() if not all(each.values())}
        self.assigned_work[node] = {**unfinished, scope: tests}
        node.send_runtest_some([self._places[nodeid] for nodeid, is_done in tests.items() if not is_done])
