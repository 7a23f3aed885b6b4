"""Audits with a cache: the same results, no secrets in it, and nothing of other rules or options."""

from __future__ import annotations

import datetime
import json
import pickle
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Wheel
from fixtures.cases import Case, load_cases
from pkgaudit.api import Problem, PythonFile, Release, Severity, Summaries, confidential, rule, summary
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.archive.walk import Part
from pkgaudit.cache.cache import Cache, Place
from pkgaudit.cache.fingerprint import Fingerprints
from pkgaudit.cache.store import FILE, info
from pkgaudit.config.config import Config, parse_config
from pkgaudit.engine import audit_distribution, audit_release
from pkgaudit.judged import Audit
from pkgaudit.known import Known
from pkgaudit.plan import Plan
from pkgaudit.work import Task, Work
from tests.rules.auditing import with_preview
from tests.support import planned, registry
from tests.test_engine import registry_of
from tests.test_known import comparable

FIRST = {case.code: case for case in reversed(load_cases()) if not case.good}
"""A bad package for each rule."""


class Cached:
    """Audits with a cache in a folder, each as in a new process, which judge what the cache does not have."""

    def __init__(self, folder: Path, plan: Plan | None = None, config: Config | None = None) -> None:
        self.folder = folder / "cache"
        self.config = config or Config()
        self.plan = plan or Plan.make(registry(), self.config)
        self.found = self.stored = self.found_audits = 0

    def audit(self, path: Path) -> Audit:
        """Audit a file, for which only the results on members are kept."""
        cache = Cache(self.place, self.plan, self.config.today)
        known = Known(cache=cache)
        known.begin(str(path))
        audit = audit_distribution(str(path), self.plan, self.config, known=known)
        self._close(cache)
        return audit

    def audit_wholly(self, path: Path, name: str = "") -> Audit:
        """Audit a file, for which the complete audit is kept too."""
        work = Work(self.plan, self.config, self.place)
        audit = work.audit(Task(name or str(path), str(path)))
        assert work.cache is not None
        self._close(work.cache)
        return audit

    @cached_property
    def place(self) -> Place:
        return Place(self.folder, Fingerprints.of(self.plan, self.config), False)

    def _close(self, cache: Cache) -> None:
        self.found, self.stored, self.found_audits = cache.found, cache.stored, cache.found_audits
        cache.close()


def complete(audit: Audit, plan: Plan) -> Any:
    """Return everything that a complete audit has."""
    audit.forget(plan)
    hidden = [(each.remedy, each.settings, dict(each.data), each.cause) for each in audit.findings]
    return audit.distribution, hidden, comparable(audit), audit.pieces.is_empty


@pytest.mark.parametrize("case", FIRST.values(), ids=lambda case: case.code)
def test_results_are_equal(case: Case, tmp_path: Path) -> None:
    config, plan = planned(json.dumps(with_preview(case)))
    cached = Cached(tmp_path, plan, config)
    for built in case.builds():
        path = built.write(tmp_path)
        if not path.name.endswith((".whl", ".tar.gz")):
            continue
        expected = audit_distribution(str(path), plan, config)
        if expected.distribution is None:
            continue
        cached.audit(path)
        found = cached.audit(path)
        assert comparable(found) == comparable(expected)
        assert found.distribution == expected.distribution
        for _ in range(2):
            assert complete(cached.audit_wholly(path), plan) == complete(expected, plan)


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
        whole = complete(audit_distribution(str(path), cached.plan, cached.config), cached.plan)
        assert complete(cached.audit_wholly(path), cached.plan) == whole
        assert complete(cached.audit_wholly(path), cached.plan) == whole


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
                    pieces |= cached.audit_wholly(path).pieces._pieces
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
    cached.audit_wholly(wheel.build().write(tmp_path))
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


@dataclass(frozen=True)
class Size:
    """The number of lines of a module."""

    lines: int


@dataclass(frozen=True)
class Words:
    """The words of a module."""

    first: str


class Counted:
    """Rules that count their calls, and wheels to audit with them."""

    def __init__(self, folder: Path) -> None:
        self.calls = 0
        self.fails = False
        self.path = Wheel().build().write(folder)
        self.folder = folder

        @rule("ZZ101", "counted", Severity.WARNING)
        def counted(wheel: WheelModel) -> Iterator[Problem]:
            """Note."""
            self.calls += 1
            if self.fails:
                raise ValueError
            yield Problem("counted", data={"names": ("a", "b"), "size": 1.5})

        @rule("ZZ102", "over-releases", Severity.WARNING)
        def over_releases(release: Release, sizes: Summaries[Size]) -> Iterator[Problem]:
            """Note."""
            yield Problem(str(sorted((path, size.lines) for path, size in sizes.items())))

        @rule("ZZ103", "words-over-releases", Severity.WARNING)
        def words_over_releases(release: Release, words: Summaries[Words]) -> Iterator[Problem]:
            """Note."""
            yield Problem(str(sorted(each.first for each in words.values())))

        @rule("ZZ104", "other", Severity.WARNING)
        def other(wheel: WheelModel) -> Iterator[Problem]:
            """Note."""
            yield from ()

        @rule("ZZ105", "private", Severity.WARNING, confidential=True)
        def private(wheel: WheelModel) -> Iterator[Problem]:
            """Note."""
            yield Problem("a secret")

        @rule("ZZ106", "quoting", Severity.WARNING)
        def quoting(wheel: WheelModel) -> Iterator[Problem]:
            """Note."""
            yield Problem("runs mysql with password = correcthorse")

        @confidential
        def secrets(file: PythonFile) -> Iterator[str]:
            yield "zQ8vJx2Lw9Tn4Rb7"

        @summary
        def sizes(file: PythonFile) -> Size:
            return Size(file.data.count(b"\n"))

        @summary
        def words(file: PythonFile) -> Words:
            return Words(file.source.partition(" ")[0] if file.source else "")

        self.rules: dict[str, Any] = {
            "ZZ101": (counted,),
            "ZZ102": (over_releases, sizes),
            "ZZ103": (words_over_releases, words),
            "ZZ104": (other,),
            "ZZ105": (private,),
            "ZZ106": (quoting,),
            "secrets": (secrets,),
        }

    def cached(self, *codes: str, today: datetime.date | None = None) -> Cached:
        functions = [each for code in codes or ("ZZ101",) for each in self.rules[code]]
        config = Config() if today is None else Config(today=today)
        return Cached(self.folder, Plan.make(registry_of(*functions), config), config)

    def is_kept(self, cached: Cached, path: Path | None = None, name: str = "") -> bool:
        """Audit a wheel, and return whether the cache had its audit, so that no rule was called."""
        before = self.calls
        audit = cached.audit_wholly(path or self.path, name)
        assert [each.message for each in audit.findings][:1] == ([] if self.fails else ["counted"])
        assert (self.calls == before) is (cached.found_audits == 1)
        return self.calls == before


def test_no_rule_is_called_on_a_file_that_has_been_audited(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached("ZZ101", "ZZ102")
    kept = [counted.is_kept(cached) for _ in range(3)]
    assert kept == [False, True, True]


def test_rules_over_releases_run_on_audits_that_were_kept(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached("ZZ101", "ZZ102")
    messages = []
    for _ in range(2):
        audit = cached.audit_wholly(counted.path)
        assert audit.distribution is not None
        release = Release("sample", [audit.distribution])
        [finding] = audit_release(release, [audit], cached.plan).findings
        messages.append(finding.message)
    assert cached.found_audits == 1
    assert "sample/__init__.py', 5" in messages[0]
    assert messages[0] == messages[1]


def test_audit_of_another_day_is_replaced(tmp_path: Path) -> None:
    """Rules may depend on the day."""
    counted = Counted(tmp_path)
    days = [datetime.date(2030, 1, number) for number in (1, 1, 2, 2, 1)]
    results = []
    kept = []
    for day in days:
        cached = counted.cached(today=day)
        kept.append(counted.is_kept(cached))
        results.append(info(cached.folder).results)
    assert kept == [False, True, False, True, False]
    assert len(set(results)) == 1


def test_audit_of_another_path_of_a_built_file_or_with_other_rules_is_not_used(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached()
    copy = tmp_path / "copy" / counted.path.name
    copy.parent.mkdir()
    copy.write_bytes(counted.path.read_bytes())
    assert not counted.is_kept(cached)
    assert not counted.is_kept(cached, copy)
    assert not counted.is_kept(cached, copy, str(counted.path))
    assert not counted.is_kept(counted.cached("ZZ101", "ZZ104"))
    assert not counted.is_kept(counted.cached("ZZ101", "ZZ102"))
    assert counted.is_kept(cached)


def test_audit_of_a_changed_file_is_not_used(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached()
    assert not counted.is_kept(cached)
    counted.path.write_bytes(counted.path.read_bytes().replace(b"sample/core.py", b"sample/more.py"))
    assert not counted.is_kept(cached)


def test_file_that_changes_during_its_audit_is_not_stored(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached()
    cache = Cache(cached.place, cached.plan, cached.config.today)
    key = cache.key_of(str(counted.path), str(counted.path))
    counted.path.write_bytes(counted.path.read_bytes().replace(b"sample/core.py", b"sample/more.py"))
    cache.put_audit(audit_distribution(str(counted.path), cached.plan, cached.config), key)
    assert key is not None
    assert cache.store.get(key) is None
    cache.flush()
    assert cache.store.get(key) is None
    cache.close()


def test_file_that_cannot_be_read_is_not_stored(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    missing = tmp_path / "other-1.0-py3-none-any.whl"
    for _ in range(2):
        audit = counted.cached().audit_wholly(missing)
        assert [each.message.partition(":")[0] for each in audit.failures] == ["cannot be read"]
    missing.write_bytes(b"")
    assert counted.cached().audit_wholly(missing).distribution is not None


def test_incomplete_audit_is_not_stored(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    counted.fails = True
    assert [counted.is_kept(counted.cached()) for _ in range(2)] == [False, False]


@pytest.mark.parametrize("code", ["ZZ103", "ZZ105", "ZZ106", "secrets"])
def test_audit_that_may_quote_a_secret_is_not_stored(code: str, tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached("ZZ101", code)
    assert not counted.is_kept(cached)
    assert info(cached.folder).results == cached.stored  # those on members
    assert not counted.is_kept(cached)


@pytest.mark.parametrize(
    ("name", "text"),
    [("notes.txt", b"Set the token: correcthorse\n"), ("settings.py", b"password = 'correcthorse'\n")],
)
def test_audit_that_keeps_a_file_with_a_value_for_a_password_is_not_stored(
    name: str, text: bytes, tmp_path: Path
) -> None:
    counted = Counted(tmp_path)
    wheel = Wheel()
    wheel.files[f"sample-1.0.dist-info/{name}"] = text
    file = wheel.build().write(tmp_path)
    cached = counted.cached("ZZ101")
    for _ in range(2):
        cached.audit_wholly(file)
        assert cached.found_audits == 0
    assert b"correcthorse" not in values(cached.folder)


def test_audit_that_somebody_else_wrote_is_not_used(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached()
    cached.audit_wholly(counted.path)
    cache = Cache(cached.place, cached.plan, cached.config.today)
    key = cache.key_of(str(counted.path), str(counted.path))
    assert key is not None
    stored = cache.store.get(key)
    assert stored is not None
    for value in (b"", b"\x90", stored[:-1], stored.replace(b"counted", b"unknown")):
        cache.store.put(key, value)
        cache.flush()
        assert cache.audit_of(str(counted.path), key) is None
    cache.close()


def test_parts_of_a_file_that_has_been_audited_are_not_judged(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    cached = counted.cached("ZZ101", "ZZ102")
    task = Task(str(counted.path), str(counted.path))
    part = Part(0, 1)
    judged = []
    for _ in range(2):
        work = Work(cached.plan, cached.config, cached.place)
        judged.append(len(pickle.loads(work.judge(task, part))))
        work.audit(task)
        work.close()
    assert judged[0] > 0
    assert judged[1] == 0


def test_empty_result_on_a_file_with_a_password_is_stored(tmp_path: Path) -> None:
    """It quotes nothing of the file."""
    counted = Counted(tmp_path)
    wheel = Wheel()
    wheel.files = {"sample/data.txt": b"token: correcthorse\n"}
    path = wheel.build().write(tmp_path)
    cached = counted.cached("ZZ101")
    found = []
    for _ in range(2):
        audit = cached.audit(path)
        assert audit.distribution is not None
        found.append(cached.found - len(audit.distribution.entries))
    assert found[1] == 0
    assert b"correcthorse" not in values(cached.folder)
