"""Cases of AR115: sources that are not parsed."""

from __future__ import annotations

from fixtures.builders import Built, Sdist, Wheel, sample_sources
from fixtures.cases import bad, good


def with_source(data: bytes) -> Built:
    return Wheel(files={**sample_sources(), "sample/table.py": data}).build()


@bad(
    "AR115",
    also=["BH202"],
    at="sample/table.py",
    severity="info",
    config={"limits": {"source-tokens": 500}},
    says="'sample/table.py' has more than 500 tokens",
)
def large_source() -> Built:
    return with_source(b"a = 1\n" * 500)


@bad(
    "AR115",
    at="sample/table.py",
    config={"limits": {"tokens": 500}},
    says="exceeds the limit of",
    also=["BH202"],
)
def many_sources() -> Built:
    return with_source(b"a = 1\n" * 3_000)


@bad("AR115", at="sample/table.py", says="nested too deeply", also=["BH202"])
def deep_source() -> Built:
    return with_source(b"-" * 20_000 + b"a\n")


@bad("AR115", at="sample/table.py", says="a name with more than 1,000 dots", also=["BH202"])
def dotted_source() -> Built:
    return with_source(b"import a" + b".a" * 1_001 + b"\n")


@good("AR115")
def sources_within_bounds() -> Built:
    return with_source(b"a = 1\n" * 500)


@good("AR115")
def source_that_is_not_asked_for() -> Built:
    return Sdist().build()
