"""Audits with a cache: the same results, no secrets in it, and nothing of other rules or options."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Wheel
from fixtures.cases import Case, load_cases
from pkgaudit.api import Problem, PythonFile, Severity, Summaries, rule, summary
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.cache.cache import Cache, Place
from pkgaudit.cache.fingerprint import fingerprint
from pkgaudit.cache.store import FILE
from pkgaudit.config.config import Config, parse_config
from pkgaudit.engine import audit_distribution
from pkgaudit.judged import Audit
from pkgaudit.known import Known
from pkgaudit.plan import Plan
from tests.rules.auditing import with_preview
from tests.support import registry
from tests.test_engine import registry_of
from tests.test_known import comparable

FIRST = {case.code: case for case in reversed(load_cases()) if not case.good}
"""A bad package for each rule."""


class Cached:
    """Audits with a cache in a folder, each as in a new process."""

    def __init__(self, folder: Path, plan: Plan | None = None, config: Config | None = None) -> None:
        self.folder = folder / "cache"
        self.config = config or Config()
        self.plan = plan or Plan.make(registry(), self.config)
        self.found = self.stored = 0

    def audit(self, path: Path) -> Audit:
        cache = Cache(Place(self.folder, fingerprint(self.plan, self.config), False), self.plan)
        known = Known(cache=cache)
        known.begin(str(path))
        audit = audit_distribution(str(path), self.plan, self.config, known=known)
        self.found, self.stored = cache.found, cache.stored
        cache.close()
        return audit


@pytest.mark.parametrize("case", FIRST.values(), ids=lambda case: case.code)
def test_results_are_equal(case: Case, tmp_path: Path) -> None:
    config = parse_config(with_preview(case), "test")
    plan = Plan.make(registry(), config)
    cached = Cached(tmp_path, plan, config)
    for built in case.builds():
        path = built.write(tmp_path)
        if not path.name.endswith((".whl", ".tar.gz")):
            continue
        expected = audit_distribution(str(path), plan, config)
        if expected.distribution is None:
            continue
        for _ in range(2):
            found = cached.audit(path)
            assert comparable(found) == comparable(expected)
            assert found.distribution == expected.distribution


SNIPPETS = (
    "import os\nos.system('true')\n",
    "def f(:\n",
    "x = '/home/jane/project/x.py'\n",
    "token = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8" + "'\n",
    "password = 'correct horse battery 1'  # pragma: allowlist secret\n",
    "# pkgaudit: ignore[PV101] fine\nx = '/home/jane/x'\n",
    "from .missing import name\n",
    "match x:\n    case 1: pass\n",
    "\u00e4 = '\u20ac'\n",
    "",
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "c.txt", "d.ini"]), st.sampled_from(SNIPPETS)))
def test_results_are_equal_for_any_files(files: dict[str, str]) -> None:
    with TemporaryDirectory() as folder:
        cached = _shared()
        wheel = Wheel()
        wheel.files.update({f"sample/{name}": text.encode() for name, text in files.items()})
        path = wheel.build().write(Path(folder))
        expected = comparable(audit_distribution(str(path), cached.plan, cached.config))
        assert comparable(cached.audit(path)) == expected
        assert comparable(cached.audit(path)) == expected


_SHARED: list[Cached] = []
_FOLDER = TemporaryDirectory()


def _shared() -> Cached:
    if not _SHARED:
        _SHARED.append(Cached(Path(_FOLDER.name)))
    return _SHARED[0]


def values(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return b"\0".join(value for [value] in connection.execute("SELECT value FROM results"))


def test_no_secret_is_stored(tmp_path: Path) -> None:
    """Not even with rules that do not report secrets."""
    tables: list[dict[str, Any]] = [{}, {"select": ["WH", "PV", "SD", "RL", "SF"]}]
    for table in tables:
        config = parse_config(table, "test")
        cached = Cached(tmp_path, Plan.make(registry(), config), config)
        pieces: set[str] = set()
        for case in [each for each in load_cases() if each.code.startswith("SE")][::4]:
            if not case.good:
                for built in case.builds():
                    path = built.write(tmp_path)
                    pieces |= cached.audit(path).pieces._pieces
    stored = values(cached.folder).decode("utf-8", "replace").lower()
    assert len(pieces) > 100
    assert len(stored) > 1_000
    assert {each for each in pieces if each in stored} == set()


@pytest.mark.parametrize(
    "text",
    [
        b"import os\nPASSWORD = 'correcthorse'\nos.system('mysql')\n",
        b"import os\nos.environ['PASSWORD']='correcthorse'\nos.system('mysql')\n",
        b"import os\nconnect('mysql', password = \"correcthorse\")\nos.system('mysql')\n",
        b"import os\nos.putenv('API_TOKEN', 'correcthorse')\nos.system('mysql')\n",
    ],
)
def test_weak_password_is_not_stored(text: bytes, tmp_path: Path) -> None:
    """Summaries quote words of a file, and no rule may take the value for a secret."""
    wheel = Wheel()
    wheel.files["sample/run.py"] = text
    wheel.files["sample/other.py"] = (
        text.replace(b"PASSWORD", b"X").replace(b"password", b"x").replace(b"TOKEN", b"X")
    )
    cached = Cached(tmp_path)
    cached.audit(wheel.build().write(tmp_path))
    with_name, without = (values(cached.folder).count(word) for word in (b"correcthorse", b"mysql"))
    assert (with_name, without) == (1, 1)  # of the other file


def test_other_rules_options_and_limits_judge_again(tmp_path: Path) -> None:
    path = Wheel().build().write(tmp_path)
    tables: list[dict[str, Any]] = [
        {},
        {"ignore": ["SE103"]},
        {"pedantic": True},
        {"inline-ignores": False},
        {"limits": {"tokens": 1_000_000}},
        {"secrets": {"level": "thorough"}},
    ]
    for table in tables:
        config = parse_config(table, "test")
        cached = Cached(tmp_path, Plan.make(registry(), config), config)
        cached.audit(path)
        assert (cached.found, cached.stored > 0) == (0, True)
        cached.audit(path)
        assert (cached.found > 0, cached.stored) == (True, 0)


@dataclass(frozen=True)
class Odd:
    """A value that is more than data."""

    call: Callable[[], int]


def test_summary_that_is_no_data_is_not_stored(tmp_path: Path) -> None:
    @rule("ZZ101", "odd", Severity.WARNING)
    def odd(wheel: WheelModel, odd: Summaries[Odd]) -> Iterator[Problem]:
        """Note."""
        yield Problem(str(sum(each.call() for each in odd.values())))

    @summary
    def odds(file: PythonFile) -> Odd:
        return Odd(lambda: 1)

    cached = Cached(tmp_path, Plan.make(registry_of(odd, odds), Config()))
    path = Wheel().build().write(tmp_path)
    for _ in range(2):
        audit = cached.audit(path)
        assert not audit.failures
        assert [each.message for each in audit.findings] == ["2"]
