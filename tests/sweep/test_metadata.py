"""The rules of ``--metadata-only`` report the same on the core metadata as on the wheel."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import pytest

from fixtures.builders import Built
from fixtures.cases import Case, load_cases
from pkgaudit.config.config import parse_config
from pkgaudit.sweep.metadata import METADATA_RULES, metadata_config
from tests.rules.auditing import with_preview
from tests.support import audit, registry

CODES = {f"{family}{number}" for family, numbers in METADATA_RULES.items() for number in numbers}


@cache
def wheels() -> list[tuple[Case, Built]]:
    """Return the bad wheels of these rules, which have core metadata."""
    found = {}
    for case in load_cases():
        if case.code not in CODES or case.good:
            continue
        for built in case.builds():
            if built.filename.endswith(".whl") and zipfile.is_zipfile(io.BytesIO(built.data)):
                found[built.data] = case, built
    return [*found.values()]


def metadata_of(built: Built) -> Built | None:
    with zipfile.ZipFile(io.BytesIO(built.data)) as archive:
        names = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        if len(names) != 1:
            return None
        data = archive.read(names[0])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{'-'.join(built.filename.split('-')[:2])}.dist-info/METADATA", data)
    return Built(built.filename, made.getvalue())


@pytest.mark.parametrize("family", sorted(METADATA_RULES))
def test_findings_are_the_same(family: str, tmp_path: Path) -> None:
    compared = 0
    for case, built in wheels():
        other = metadata_of(built)
        if case.code.startswith(family) and other is not None:
            found = [
                sorted(
                    (each.code, str(each.severity), each.message, str(each.location))
                    for each in audit(tmp_path, [given], with_preview(case))
                    if each.code in CODES
                )
                for given in (built, other)
            ]
            assert found[0] == found[1], case.name
            compared += 1
    assert compared > 2


def test_only_these_rules_run() -> None:
    """Those that the user ignores do not run either."""
    config = parse_config({"ignore": ["MD201"], "extend-select": ["MD206"]}, "x")
    chosen = {each.code for each in metadata_config(config, registry()).selected(registry())}
    assert chosen < CODES
    assert "MD201" not in chosen
    assert {"MD206", "MD202"} & chosen == {"MD206"}
