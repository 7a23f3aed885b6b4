"""Prints the findings of one bad package of each rule, audited as of a fixed day.

    python -m tests.rules.surroundings [SECONDS]

``SECONDS`` is the time of the clock, in seconds since 1970; without it, the clock is right.
"""

from __future__ import annotations

import datetime
import json
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

DAY = datetime.date(2026, 11, 1)


def main(seconds: str | None = None) -> None:
    """Audit and print."""
    if seconds is None:
        _audit()
        return
    import time_machine

    with time_machine.travel(int(seconds), tick=True):
        _audit()


def _audit() -> None:
    from tests import support

    real = support.planned

    def planned(table: str) -> object:
        config, plan = real(table)
        return replace(config, today=DAY), plan

    with mock.patch.object(support, "planned", planned):
        _print_findings()


def _print_findings() -> None:
    from fixtures.cases import load_cases
    from tests import support
    from tests.rules import auditing

    first = {case.code: case for case in reversed(load_cases()) if not case.good}
    found = {}
    for code, case in sorted(first.items()):
        with TemporaryDirectory() as folder:
            table = auditing.with_preview(case)
            findings = support.audit(Path(folder), case.given(), table, case.tracked, case.untagged)
            found[code] = [repr(each).replace(folder, "") for each in findings]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
