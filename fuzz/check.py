"""The conditions that the audit of any input must meet.

No rule and no report crashes, and the audit ends within `SLOWEST` seconds.
"""

from __future__ import annotations

import io
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

from fixtures.builders import Built
from fixtures.cases import load_cases
from pkgaudit import audit
from pkgaudit.report.result import Style, formats, load_format

SLOWEST = 20.0
"""Longest CPU time (seconds) for the audit of an archive below 1 MB."""


@cache
def seeds() -> tuple[Built, ...]:
    """Return the distributions of all cases, except large ones.

    Cases of a release also contain other files, which no audit accepts.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names
        everything = [built for case in load_cases() for built in case.builds()]
    suffixes = (".whl", ".tar.gz", ".zip")
    return tuple(each for each in everything if each.filename.endswith(suffixes) and len(each.data) < 1 << 17)


def faults(built: Built) -> list[str]:
    """Audit a distribution with all rules and write all reports; return the faults."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = built.write(Path(folder))
        started = time.process_time()
        result = audit([path], {"pedantic": True, "preview": True})
        seconds = time.process_time() - started
        found += [each.message for each in result.failures]
        for name in formats():
            report = load_format(name)
            # A live report receives the findings one by one, and has its own tests.
            if not isinstance(report, type):
                try:
                    report(result, io.StringIO(), Style())
                except Exception as error:  # every exception of a report is a fault
                    found.append(f"the report {name} raised {type(error).__name__}")
    if seconds > SLOWEST:
        found.append(f"the audit took {seconds:.0f} s")
    return found
