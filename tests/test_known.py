"""Members that occur in several wheels of a project are judged once, and all results stay the same."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from pkgaudit import engine
from pkgaudit.api import (
    Location,
    Problem,
    PythonFile,
    Severity,
    Summaries,
    TextFile,
    confidential,
    rule,
    summary,
)
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.archive.walk import Part
from pkgaudit.config.config import Config, parse_config
from pkgaudit.config.inline import has_mark
from pkgaudit.engine import audit_distribution, judge_part
from pkgaudit.judged import Audit
from pkgaudit.known import Known
from pkgaudit.limits import Limits
from pkgaudit.model.member import Window
from pkgaudit.plan import Plan
from tests.test_engine import registry_of

TAGS = ("cp311-cp311-win32", "cp312-cp312-win32")

SECRET = "zQ8vJx2Lw9Tn4Rb7"


@dataclass(frozen=True)
class Size:
    """The number of lines of a module."""

    lines: int


def release(folder: Path, name: str = "sample") -> list[str]:
    """Write two wheels of one project, which differ in one module."""
    made = []
    for number, tag in enumerate(TAGS):
        wheel = Wheel(name, tag=tag)
        wheel.files[f"{name}/common.py"] = (
            f"one = 1  # pkgaudit: ignore[ZZ1] why\nkey = '{SECRET}'\n".encode()
        )
        wheel.files[f"{name}/own.py"] = f"number = {number}\n".encode()
        made.append(str(wheel.build().write(folder)))
    return made


class Rules:
    """Rules that note what they were called on."""

    def __init__(self) -> None:
        self.seen: list[str] = []

        @rule("ZZ101", "line", Severity.WARNING)
        def line(file: PythonFile) -> Iterator[Problem]:
            """Note."""
            self.seen.append(file.path)
            yield Problem(f"{file.path} has {file.tree is not None}", Location(file.path, 1))
            yield Problem(
                f"quotes {SECRET}" if SECRET in str(file.source) else "quotes nothing", file.location
            )

        @rule("ZZ102", "sizes", Severity.INFO)
        def sizes(wheel: WheelModel, sizes: Summaries[Size]) -> Iterator[Problem]:
            """Note."""
            yield Problem(f"{sorted((path, size.lines) for path, size in sizes.items())}")

        @summary
        def size(file: PythonFile) -> Size:
            return Size(len(str(file.source).splitlines()))

        @confidential
        def secrets(file: TextFile) -> Iterator[str]:
            if SECRET in file.text:
                yield SECRET

        self.plan = Plan.make(registry_of(line, sizes, size, secrets), Config())


def comparable(audit: Audit) -> Any:
    assert audit.distribution is not None
    return (
        audit.findings,
        audit.failures,
        audit.skipped,
        audit.summaries,
        audit.distribution.anomalies,
        audit.distribution.inline_ignores,
        audit.distribution.unparsed,
    )


def test_common_members_are_judged_once(tmp_path: Path) -> None:
    files, alone, together, known = release(tmp_path), Rules(), Rules(), Known()
    expected = [comparable(audit_distribution(file, alone.plan, Config())) for file in files]
    audits = []
    for file in files:
        known.begin(file)
        audits.append(audit_distribution(file, together.plan, Config(), known=known))
    assert [comparable(each) for each in audits] == expected
    assert SECRET not in repr(expected)
    assert all(each.findings[0].excerpt for each in audits)
    assert together.seen.count("sample/common.py") == 1
    assert together.seen.count("sample/own.py") == 2
    assert alone.seen.count("sample/common.py") == 2


def test_common_members_are_searched_for_comments_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Window] = []

    def counted(window: Window) -> bool:
        searched.append(window)
        return has_mark(window)

    monkeypatch.setattr(engine, "has_mark", counted)
    rules, known = Rules(), Known()
    counts = []
    for file in release(tmp_path):
        known.begin(file)
        audit = audit_distribution(file, rules.plan, Config(), known=known)
        assert audit.distribution is not None
        assert [each.location.member for each in audit.distribution.inline_ignores] == ["sample/common.py"]
        counts.append(len(searched))
    assert counts[1] - counts[0] == 3  # own.py, and WHEEL and RECORD, which have the tag
    assert counts[0] > 5


def test_other_project_is_judged_again(tmp_path: Path) -> None:
    rules, known = Rules(), Known()
    for file in (release(tmp_path)[0], release(tmp_path, "other")[0], release(tmp_path)[1]):
        known.begin(file)
        audit_distribution(file, rules.plan, Config(), known=known)
    assert rules.seen.count("sample/common.py") == 2


@pytest.mark.parametrize("tokens", range(0, 60, 3))
def test_limits_are_reached_at_the_same_place(tokens: int, tmp_path: Path) -> None:
    """A member that is not judged again takes its part of the limits nevertheless."""
    config = parse_config({"limits": {"tokens": tokens, "source-tokens": 20}}, "test")
    files, rules, known = release(tmp_path), Rules(), Known()
    limits = Limits(tokens=tokens, source_tokens=20)
    assert config.limits == limits
    for file in files:
        expected = comparable(audit_distribution(file, rules.plan, config))
        known.begin(file)
        assert comparable(audit_distribution(file, rules.plan, config, known=known)) == expected


def test_crash_is_not_kept(tmp_path: Path) -> None:
    @rule("ZZ103", "crash", Severity.WARNING)
    def crash(file: PythonFile) -> Iterator[Problem]:
        """Crash."""
        raise ZeroDivisionError
        yield

    plan, known = Plan.make(registry_of(crash), Config()), Known()
    for file in release(tmp_path):
        known.begin(file)
        audit = audit_distribution(file, plan, Config(), known=known)
        assert "sample/common.py" in [each.member for each in audit.failures]
        assert {each.distribution for each in audit.failures} == {file}


def test_parts_are_the_whole(tmp_path: Path) -> None:
    file, rules, known = release(tmp_path)[0], Rules(), Known()
    expected = comparable(audit_distribution(file, rules.plan, Config()))
    seen = list(rules.seen)
    rules.seen.clear()
    known.begin(file)
    for number in range(3):
        judge_part(file, rules.plan, Config(), file, Part(number, 3), known)
    assert sorted(rules.seen) == sorted(seen)
    assert comparable(audit_distribution(file, rules.plan, Config(), known=known)) == expected
    assert sorted(rules.seen) == sorted(seen)


def test_source_that_is_refused_twice_is_not_kept(tmp_path: Path) -> None:
    """An archive may contain a path twice."""
    config = parse_config({"limits": {"source-tokens": 20}}, "test")
    text = b"x = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)\n"
    twice, once = (tmp_path / f"sample-1.0-py3-none-{tag}.whl" for tag in ("any", "win32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the standard library warns of the duplicate
        for path, names in ((twice, ["a.py", "a.py"]), (once, ["a.py"])):
            with zipfile.ZipFile(path, "w") as archive:
                for name in names:
                    archive.writestr(name, text)
    rules, known = Rules(), Known()
    for path in (twice, once):
        expected = comparable(audit_distribution(str(path), rules.plan, config))
        known.begin(str(path))
        assert comparable(audit_distribution(str(path), rules.plan, config, known=known)) == expected
