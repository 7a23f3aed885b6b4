"""The audit of the files of one order, in a child process."""

from __future__ import annotations

from pkgaudit import run
from pkgaudit.config.config import Config
from pkgaudit.inputs.paths import Inputs
from pkgaudit.rule import load_registry
from pkgaudit.sweep.child import Order
from pkgaudit.sweep.row import Row, rows_of, unaudited
from pkgaudit.sweep.rules import rules_of
from pkgaudit.watch import Request


class Auditor:
    """Audits orders, with rules that are loaded once."""

    def __init__(self, config: Config) -> None:
        self._registry = load_registry()
        self._config = config
        self._rules = rules_of(config, self._registry)

    def audit(self, order: Order) -> list[Row]:
        """Return the rows of the files; without verdicts if these rules are not those of the sweep."""
        if order.rules != self._rules:
            reason = "the worker has another version of pkgaudit, its libraries or plug-ins"
            return [unaudited(each, reason, order.rules) for each in order.wanted]
        inputs = Inputs(files=dict(order.files))
        request = Request([*order.files], jobs=1)
        result = run.run(request, self._config, self._registry, inputs=inputs)
        return rows_of(result, order.wanted, self._rules)
