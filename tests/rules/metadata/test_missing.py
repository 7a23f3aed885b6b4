"""MD201 to MD206: what counts as missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.builders import Built, Sdist, Wheel, sample_metadata
from tests.support import audit

FIELDS = ("Summary", "Requires-Python", "Project-URL", "Author-email", "Classifier", "Keywords")
CODES = ["MD201", "MD202", "MD203", "MD204", "MD205", "MD206"]


def codes(folder: Path, built: Built) -> list[str]:
    return sorted(each.code for each in audit(folder, built, {"pedantic": True, "select": ["MD2"]}))


@pytest.mark.parametrize("kind", [Wheel, Sdist])
def test_all_are_told_of_bare_metadata(kind: type[Wheel] | type[Sdist], tmp_path: Path) -> None:
    metadata = sample_metadata()
    for name in FIELDS:
        metadata.set(name)
    assert codes(tmp_path, kind(metadata=metadata).build()) == CODES


def test_dynamic_counts_in_an_sdist_alone(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("Summary")
    metadata.add("Dynamic", "summary")
    assert codes(tmp_path, Sdist(metadata=metadata).build()) == []
    assert codes(tmp_path, Wheel(metadata=metadata).build()) == ["MD201"]


@pytest.mark.parametrize("basic", ["Metadata-Version", "Name", "Version"])
def test_silent_where_the_basics_are_missing(basic: str, tmp_path: Path) -> None:
    metadata = sample_metadata()
    for name in (basic, *FIELDS):
        metadata.set(name)
    assert codes(tmp_path, Wheel(metadata=metadata).build()) == []


@pytest.mark.parametrize(
    ("tag", "severity"),
    [
        ("py3-none-any", "warning"),
        ("py310-none-any", "warning"),
        ("py2.py3-none-any", "info"),
        ("cp312-cp312-win_amd64", "info"),
        ("pp310-pypy310_pp73-win_amd64", "info"),
        ("cp310-abi3-win_amd64", "warning"),
        ("cp310-none-win_amd64", "warning"),
        ("py3-none-win_amd64", "warning"),
    ],
)
def test_tags_that_tell_the_pythons(tag: str, severity: str, tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("Requires-Python")
    metadata.set("Classifier")
    built = Wheel(tag=tag, metadata=metadata, files={"sample/__init__.py": b"x = 1\n"}).build()
    (finding,) = audit(tmp_path, built, {"select": ["MD202"]})
    assert str(finding.severity) == severity
    assert finding.fix
    assert "requires-python" in finding.fix


def test_the_fix_names_the_key(tmp_path: Path) -> None:
    metadata = sample_metadata()
    metadata.set("Summary")
    (finding,) = audit(tmp_path, Sdist(metadata=metadata).build(), {"select": ["MD201"]})
    assert finding.fix
    assert "`project.description` in pyproject.toml" in finding.fix
