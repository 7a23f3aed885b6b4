"""The last step of ``pkgaudit gate --confirm``: what an index serves, compared with the uploaded files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pkgaudit.cli.door import say
from pkgaudit.cli.screen import wants_color, width

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.model.handover import Handed
    from pkgaudit.report.result import Result
    from pkgaudit.rule import Registry


def confirm(url: str, handed: Sequence[Handed], config: Config, registry: Registry, color: str) -> Result:
    """Read the index, show the findings on standard error, and return the result.

    An index that cannot be read is a failure in the result.
    """
    from pkgaudit.finding import Failure
    from pkgaudit.gate.confirm import served_files
    from pkgaudit.model.release_files import Listed, Manifest, ReleaseFile, ReleaseFiles
    from pkgaudit.online.client import IndexReadError, without_login
    from pkgaudit.report.result import Style
    from pkgaudit.report.text import write
    from pkgaudit.run import run_on

    shown, failures = without_login(url), []
    given = [ReleaseFile(each.path, each.size, each.sha256, each.project) for each in handed]
    entries: tuple[Listed, ...] = ()
    say(f"reading {shown}")
    try:
        served = served_files(url, [each.name for each in given], sorted({each.project for each in given}))
        entries = tuple(Listed(None, name, (sha256,)) for name, sha256 in served)
    except IndexReadError as error:
        failures.append(Failure(str(error)))
        given = []
    index = Manifest(shown, "the files of an index", entries, is_index=True)
    result = run_on(ReleaseFiles(given, [index]), config, registry, failures, always=True)
    if sys.stderr is not None:
        write(result, sys.stderr, Style(color=wants_color(color, sys.stderr), width=width(sys.stderr)))
    return result
