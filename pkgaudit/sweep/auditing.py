"""The audit of the files of one order, in a child process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pkgaudit import run
from pkgaudit.child import RefusedError, Step
from pkgaudit.config.config import Config
from pkgaudit.identity import rules_of
from pkgaudit.inputs.paths import Inputs
from pkgaudit.rule import load_registry
from pkgaudit.sweep.row import rows_of
from pkgaudit.sweep.wanted import Wanted
from pkgaudit.watch import Request, Watch


@dataclass(frozen=True)
class Order:
    """The files that a child audits together.

    ``files`` maps their names to the paths of their contents. ``earlier`` is the folder with the release
    before, empty without one.
    """

    files: Mapping[str, str]
    wanted: tuple[Wanted, ...]
    rules: str
    earlier: str = ""


class Auditor:
    """Audits orders, with rules that are loaded once."""

    def __init__(self, config: Config) -> None:
        self._registry = load_registry()
        self._config = config
        self._rules = rules_of(config, self._registry)

    def __call__(self, order: Order, step: Step) -> bytes:
        """Return the rows of the files in JSON; a step is the audit of a file.

        Raises:
            RefusedError: these rules are not those of the sweep.
        """
        if order.rules != self._rules:
            raise RefusedError("the worker has another version of pkgaudit, its libraries or plug-ins")
        config = replace(self._config, against=(Path(order.earlier),) if order.earlier else ())
        request = Request([*order.files], jobs=1)
        inputs = Inputs(files=dict(order.files))
        result = run.run(request, config, self._registry, _Steps(step), inputs=inputs)
        rows = rows_of(result, order.wanted, self._rules)
        return json.dumps([each.in_json() for each in rows]).encode("ascii")


class _Steps(Watch):
    """Tells each file that was audited, first the new ones, then those of the release before."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._done = 0

    @contextmanager
    def auditing(self, files: Mapping[str, str]) -> Iterator[Callable[[str], None]]:
        """Provide the function to call with each file."""

        def done(_: str) -> None:
            self._done += 1
            self._step(self._done)

        yield done
