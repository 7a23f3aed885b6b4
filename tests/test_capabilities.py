"""The capabilities of distributions: found only on request, the same with a cache, and in every report."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TextIO

import pytest

import pkgaudit
from fixtures.builders import Sdist, Wheel, sample_sources, sdist_sources
from pkgaudit.api import ArchiveKind, Problem, Severity, rule
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.config.config import Config, ConfigError, parse_config
from pkgaudit.finding import Verdict
from pkgaudit.model.capabilities import WORDS, Capabilities, Total, Use, UsedAt, in_words
from pkgaudit.model.distribution import make_distribution
from pkgaudit.plan import Mode, Plan
from pkgaudit.report import Style, html, markdown, text
from pkgaudit.report import json as json_report
from pkgaudit.report.result import Result
from pkgaudit.rule import RuleError
from tests.cache.test_cache import Cached
from tests.programs import need
from tests.support import registry, run
from tests.test_engine import registry_of

RUN = b"import os\nos.system('true')\n\n\ndef main():\n    os.system('true')\n"
FIRST = UsedAt("sample/run.py", Use("os.system", 2, True))
EXEC = Total(2, 1, (FIRST, UsedAt("sample/run.py", Use("os.system", 6))))


def sources() -> dict[str, bytes]:
    return {**sample_sources(), "sample/run.py": RUN, "sample/tests/test_run.py": b"eval(input())\n"}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return Wheel(files=sources()).build().write(tmp_path)


class TestPlan:
    @pytest.mark.parametrize(
        ("table", "kinds"),
        [
            ({}, set()),
            ({"unread": "error"}, set()),
            ({"allow": []}, {*ArchiveKind}),
        ],
    )
    def test_only_a_budget_needs_the_summary(self, table: dict[str, Any], kinds: set[ArchiveKind]) -> None:
        plan = Plan.make(registry(), parse_config({"capability": table}, "test"))
        assert plan.archives.get(Capabilities, set()) == kinds
        assert (Capabilities in [each.result for each in plan.summaries]) is bool(kinds)
        assert "capability-over-budget" in plan.rules

    def test_reports_need_it_for_every_distribution(self) -> None:
        plan = Plan.make(registry(), Config(), mode=Mode(wants_capabilities=True))
        assert plan.shows_capabilities
        assert plan.archives[Capabilities] == {*ArchiveKind}

    def test_without_the_rules_nothing_is_known(self) -> None:
        plan = Plan.make(registry_of(), Config(), mode=Mode(wants_capabilities=True))
        assert not plan.shows_capabilities


@dataclass(frozen=True)
class Limit:
    """The most files."""

    most: int | None = None


class TestOnlyWith:
    def test_the_rule_runs_if_the_option_is_set(self, wheel: Path) -> None:
        @rule("XX101", "many-files", Severity.INFO, only_with="most")
        def many_files(wheel: WheelModel, options: Limit) -> Iterator[Problem]:
            assert options.most is not None
            yield Problem(f"more than {options.most}")

        made = registry_of(many_files)
        assert Plan.make(made, Config()).distributions == []
        [ready] = Plan.make(made, parse_config({"many-files": {"most": 0}}, "test")).distributions
        assert ready.options == Limit(0)

    def test_it_must_name_an_option(self) -> None:
        @rule("XX101", "x", Severity.INFO, only_with="least")
        def other_option(wheel: WheelModel, options: Limit) -> Iterator[Problem]:
            yield Problem("x")

        @rule("XX101", "x", Severity.INFO, only_with="most")
        def no_options(wheel: WheelModel) -> Iterator[Problem]:
            yield Problem("x")

        for each in (other_option, no_options):
            with pytest.raises(RuleError, match="only_with"):
                registry_of(each)


class TestResults:
    def test_of_an_audit(self, wheel: Path, tmp_path: Path) -> None:
        sdist = Sdist(files={**sdist_sources(), "setup.py": RUN}).build().write(tmp_path)
        found = pkgaudit.audit([wheel, sdist], capabilities=True).distributions
        by_kind = {each.kind: each.capabilities for each in found}
        assert by_kind[ArchiveKind.WHEEL] == {"EXEC": EXEC}
        of_sdist = by_kind[ArchiveKind.SDIST]
        assert of_sdist is not None
        assert [*of_sdist] == ["EXEC", "INSTALL_TIME"]
        assert of_sdist["INSTALL_TIME"] == of_sdist["EXEC"]
        assert [each.capabilities for each in pkgaudit.audit(wheel).distributions] == [None]

    def test_with_workers(self, wheel: Path, tmp_path: Path) -> None:
        other = Wheel("other", files=sources()).build().write(tmp_path)
        found = pkgaudit.audit([wheel, other], capabilities=True, jobs=2).distributions
        assert [each.capabilities for each in found] == [{"EXEC": EXEC}] * 2

    def test_with_a_cache(self, wheel: Path, tmp_path: Path) -> None:
        without = Cached(tmp_path)
        assert [without.audit_wholly(wheel).distribution.capabilities for _ in range(2)] == [None] * 2  # type: ignore[union-attr]
        plan = Plan.make(registry(), Config(), mode=Mode(wants_capabilities=True))
        cached = Cached(tmp_path, plan)
        for number in range(3):
            audit = cached.audit(wheel) if number == 1 else cached.audit_wholly(wheel)
            assert audit.distribution is not None
            assert audit.distribution.capabilities == {"EXEC": EXEC}
        assert cached.found_audits == 1

    def test_names_are_masked(self, tmp_path: Path) -> None:
        token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
        source = f"import requests\nrequests.{token}()\n".encode()
        wheel = Wheel(files={**sample_sources(), "sample/run.py": source}).build().write(tmp_path)
        [found] = pkgaudit.audit(wheel, capabilities=True).distributions
        assert found.capabilities is not None
        assert found.capabilities["NETWORK"].count == 1
        assert token not in repr(found.capabilities)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"allow": ["NETWORKS"]}, "'NETWORKS' is not a capability; did you mean 'NETWORK'?"),
        ({"allow": [], "allow-at-import": ["env"]}, "'env' is not a capability; did you mean 'ENV'?"),
        ({"allow": [], "per-path": {"x": ["RUN"]}}, "'RUN' is not a capability"),
        ({"allow": [], "per-path": {"!": ["ENV"]}}, "capability"),
        ({"allow-at-import": []}, "allow-at-import has no effect without allow"),
        ({"per-path": {"x": ["EXEC"]}}, "per-path has no effect without allow"),
        ({"unread": "fatal"}, "unread: 'fatal' is neither 'info' nor 'error'"),
    ],
)
def test_a_wrong_budget_is_rejected(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")):
        Plan.make(registry(), parse_config({"capability": table}, "test"))


def result(capabilities: dict[str, Total] | None) -> Result:
    made = make_distribution("dist/sample-1.0-py3-none-any.whl")
    assert made is not None
    made.capabilities = capabilities
    return Result(Verdict.PASS, Severity.ERROR, [made])


NETWORK = Total(2, 0, (UsedAt("sample/net.py", Use("requests.get", 1)),))
SAID = "able to: start processes (2 places; at import), use the network (2)"


@pytest.mark.parametrize("write", [text.write, markdown.write, html.write])
def test_reports_for_people(write: Callable[[Result, TextIO, Style], object]) -> None:
    for found in (None, {"EXEC": EXEC, "NETWORK": NETWORK}):
        stream = io.StringIO()
        write(result(found), stream, Style(width=200))
        shown = stream.getvalue()
        if write is html.write:
            assert ("start processes" in shown) is (found is not None)
            assert ("sample/run.py:2</code> os.system at import" in shown) is (found is not None)
        else:
            assert (SAID in shown) is (found is not None)


def test_text_by_rule_quiet_and_verbose() -> None:
    found = result({"EXEC": EXEC, "NETWORK": NETWORK})
    shown = []
    for style in (Style(width=200, by_rule=True), Style(width=200, verbose=-1), Style(width=200, verbose=1)):
        stream = io.StringIO()
        text.write(found, stream, style)
        shown.append(stream.getvalue())
    assert f"sample-1.0-py3-none-any.whl is {SAID}" in shown[0]
    assert "able to" not in shown[1]
    assert "sample/run.py" not in shown[0]
    assert "    NETWORK: sample/net.py:1 (requests.get)\n" in shown[2]
    assert "sample/run.py:2 (os.system; at import)" in shown[2]


def test_words() -> None:
    assert in_words({}) == "nothing that pkgaudit recognizes"
    assert in_words({"OTHER": NETWORK}) == "OTHER (2 places)"
    assert all(name.isupper() for name in WORDS)


@pytest.mark.parametrize("format_", ["json", "jsonl"])
def test_json(wheel: Path, format_: str) -> None:
    name = "jsonl.schema.json" if format_ == "jsonl" else "report.schema.json"
    schema = json.loads((files("pkgaudit.report") / name).read_text("utf-8"))
    for option, expected in ((["--capabilities"], True), (["-v"], True), ([], False)):
        done = run("--no-config", "--jobs", "1", "--format", format_, *option, str(wheel))
        texts = done.stdout.splitlines() if format_ == "jsonl" else [done.stdout]
        lines = [json.loads(each) for each in texts]
        for each in lines:
            need("jsonschema").validate(each, schema)
        found = lines[0]["distributions"][0] if format_ == "json" else lines[1]
        if not expected:
            assert found["capabilities"] is None
            continue
        places = [
            {"member": "sample/run.py", "line": 2, "name": "os.system", "at_import": True},
            {"member": "sample/run.py", "line": 6, "name": "os.system", "at_import": False},
        ]
        assert found["capabilities"] == {"EXEC": {"count": 2, "at_import": 1, "places": places}}


def test_a_document_without_capabilities() -> None:
    assert json_report.document(result(None))["distributions"][0]["capabilities"] is None
