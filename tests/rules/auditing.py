"""The findings of the cases of rules, which several files of tests check."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fixtures.cases import Build, Case
from pkgaudit.finding import Finding
from tests.support import audit, registry

_FOUND: dict[tuple[Build, str, frozenset[str] | None, bool], list[Finding]] = {}


def findings_of(case: Case) -> list[Finding]:
    """Return the findings of a case; a package that is the case of several rules is audited once."""
    config = with_preview(case)
    key = (case.build, json.dumps(config), case.tracked, case.untagged)
    if key not in _FOUND:
        with TemporaryDirectory() as folder:
            _FOUND[key] = audit(Path(folder), case.given(), config, case.tracked, case.untagged)
    return _FOUND[key]


def with_preview(case: Case) -> dict[str, Any]:
    """Return the configuration of a case, in which its rule runs even if it is pedantic or in preview."""
    previews = [
        each.name
        for each in registry()
        if (each.preview or (each.pedantic and not case.good)) and case.code in (each.code, each.name)
    ]
    if not previews or "select" in case.config:
        return case.config
    return case.config | {"extend-select": [*case.config.get("extend-select", ()), *previews]}
