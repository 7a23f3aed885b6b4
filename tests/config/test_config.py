"""Configuration: where it is found, what it may say, and what is said of mistakes."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.api import Member, Problem, rule
from pkgaudit.config.baseline import Baseline, Entry
from pkgaudit.config.config import Config, ConfigError, Selectors, find_config, parse_config, read_config
from pkgaudit.finding import Finding, Location, Severity
from pkgaudit.model.distribution import Update
from pkgaudit.rule import Registry
from pkgaudit.verdict.policy import Policy
from tests import marks
from tests.support import registry


@rule("NW101", "new", Severity.INFO, preview=True)
def new(member: Member) -> Iterator[Problem]:
    """Is new in this release."""
    yield from ()


@rule("NW102", "new-advice", Severity.INFO, preview=True, pedantic=True)
def new_advice(member: Member) -> Iterator[Problem]:
    """Is new in this release, and pedantic."""
    yield from ()


@pytest.mark.parametrize(
    ("table", "running"),
    [
        ({}, set()),
        ({"preview": True}, {"new"}),
        ({"pedantic": True}, set()),
        ({"preview": True, "pedantic": True}, {"new", "new-advice"}),
        ({"select": ["ALL"]}, set()),
        ({"select": ["NW"]}, set()),
        ({"select": ["NW1"], "preview": True}, {"new"}),
        ({"select": ["NW101"]}, {"new"}),
        ({"extend-select": ["new-advice"]}, {"new-advice"}),
        ({"preview": True, "ignore": ["NW101"]}, set()),
    ],
)
def test_preview(table: dict[str, Any], running: set[str]) -> None:
    rules = Registry()
    rules.add_module(sys.modules[__name__])
    config = parse_config(table, "test")
    config.validate(rules)
    assert {each.name for each in config.selected(rules)} == running


DEFAULT = {each.code for each in registry() if not (each.pedantic or each.preview or each.subject is Update)}


def selected(table: dict[str, Any], *typed: dict[str, Any]) -> set[str]:
    config = parse_config(table, "test")
    for each in typed:
        config = replace(config, layers=(*config.layers, *parse_config(each, "the command line").layers))
    config.validate(registry())
    return {rule.code for rule in config.selected(registry())}


class TestSelection:
    def test_default_is_all_but_pedantic(self) -> None:
        assert selected({}) == DEFAULT

    def test_select_by_code_prefix_and_name(self) -> None:
        assert selected({"select": ["AR101", "HM", "bytecode"]}) == {
            "AR101",
            "SF104",
            *(code for code in DEFAULT if code.startswith("HM")),
        }

    def test_lower_case_codes(self) -> None:
        assert selected({"select": ["ar101"]}) == {"AR101"}

    def test_ignore_beats_an_equal_select(self) -> None:
        assert selected({"select": ["AR101", "AR103"], "ignore": ["AR103"]}) == {"AR101"}

    def test_the_more_specific_wins(self) -> None:
        assert selected({"select": ["AR101"], "ignore": ["AR"]}) == {"AR101"}
        assert "AR101" not in selected({"select": ["AR"], "ignore": ["AR101"]})

    def test_extend_select_adds(self) -> None:
        assert selected({"select": ["AR101"], "extend-select": ["AR103"]}) == {"AR101", "AR103"}
        assert selected({"extend-select": ["AR103"]}) == DEFAULT

    def test_all(self) -> None:
        assert selected({"select": ["ALL"]}) == DEFAULT

    def test_pedantic_rules_run_if_named_or_asked_for(self) -> None:
        rules = marks.registry()
        rules.rules["level"] = replace(rules.rules["level"], pedantic=True)

        def selected(table: dict[str, Any]) -> set[str]:
            return {rule.code for rule in parse_config(table, "test").selected(rules)}

        assert selected({}) == {"MK101"}
        assert selected({"select": ["MK102"]}) == {"MK102"}
        assert selected({"select": ["MK"]}) == {"MK101"}
        assert selected({"pedantic": True}) == {"MK101", "MK102"}
        assert selected({"select": ["MK"], "pedantic": True}) == {"MK101", "MK102"}

    def test_command_line_beats_the_file(self) -> None:
        assert selected({"select": ["AR"]}, {"select": ["AR101"]}) == {"AR101"}
        assert selected({"ignore": ["AR101"]}, {"select": ["AR101"]}) == {"AR101"}
        assert "AR101" in selected({"ignore": ["AR"]}, {"extend-select": ["AR101"]})
        assert "AR101" not in selected({"select": ["AR101"]}, {"ignore": ["AR"]})

    def test_profile_pypi_runs_what_the_index_refuses(self) -> None:
        found = selected({"profile": "pypi"})
        assert found == {rule.code for rule in registry() if rule.index}
        assert "AR101" in found
        assert "SF102" not in found

    def test_profile_private_leaves_out_what_only_pypi_forbids(self) -> None:
        only = {rule.code for rule in registry() if rule.pypi_only}
        assert {"MD105", "FN104", "AR301"} < only
        assert selected({"profile": "private"}) == DEFAULT - only

    def test_a_rule_named_to_run_besides_beats_the_profile(self) -> None:
        assert "FN105" in selected({"profile": "pypi", "extend-select": ["FN105"]})
        assert "FN105" in selected({"profile": "pypi", "extend-select": ["wheel-tag-mismatch"]})
        assert "FN104" in selected({"profile": "private", "extend-select": ["FN104"]})
        assert "FN105" not in selected({"profile": "pypi", "extend-select": ["FN1"]})
        assert selected({"profile": "pypi", "select": ["FN105"]}) == set()

    def test_expired_ignore_no_longer_counts(self) -> None:
        past, future = "2001-01-01", "2999-01-01"
        assert "AR101" in selected({"ignore": [{"rules": ["AR101"], "until": past}]})
        assert "AR101" not in selected({"ignore": [{"rules": ["AR101"], "until": future, "reason": "known"}]})

    def test_last_day_still_counts(self) -> None:
        today = datetime.date(2030, 5, 1)
        config = replace(parse_config({"ignore": [{"rules": "AR101", "until": today}]}, "test"), today=today)
        assert "AR101" not in {rule.code for rule in config.selected(registry())}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"selct": ["AR"]}, "test: unknown key 'selct'; did you mean 'select'?"),
        ({"select": "AR"}, "test: select: expected a list of strings, found 'AR'"),
        ({"select": ["AR999"]}, "test: no rule is called 'AR999'; did you mean 'AR"),
        ({"ignore": ["environment-fil"]}, "did you mean 'environment-file'?"),
        ({"ignore": [3]}, "test: ignore: expected rules or tables with 'rules', found 3"),
        ({"ignore": [{"reason": "x"}]}, "test: ignore: a table of ignores needs 'rules'"),
        (
            {"ignore": [{"rules": ["AR"], "untill": "2030-01-01"}]},
            "unknown key 'untill'; did you mean 'until'?",
        ),
        ({"ignore": [{"rules": ["AR"], "until": "soon"}]}, "until: 'soon' is not a date"),
        (
            {"severity": {"AR101": "eror"}},
            "severity: AR101: 'eror' is not one of info, warning, error; did you mean 'error'?",
        ),
        ({"severity": {"nothing-like-it": "error"}}, "test: no rule is called 'nothing-like-it'"),
        ({"fail-on": "never"}, "test: fail-on: 'never' is not one of"),
        ({"profile": "pipy"}, "test: profile: unknown profile 'pipy'; did you mean 'pypi'?"),
        ({"per-file-ignores": ["x"]}, "test: per-file-ignores: expected a table of globs, found ['x']"),
        ({"per-file-ignores": {"*": ["XX"]}}, "test: no rule is called 'XX'"),
        ({"limits": {"depht": 1}}, "test: [limits]: unknown key 'depht'; did you mean 'depth'?"),
        ({"limits": {"depth": -1}}, "test: [limits]: a limit cannot be negative"),
        ({"limits": {"member-bytes": 0}}, "test: [limits]: member-bytes must be at least 1"),
        ({"limits": {"window-bytes": 0}}, "test: [limits]: window-bytes must be at least 1"),
        ({"per-file-ignores": {"!": ["SE"]}}, "test: per-file-ignores: '!' is not a gitignore pattern"),
        ({"environment-file": {"patterns": ["!"]}}, "test: [environment-file]: "),
        ({"limits": {"depth": "1"}}, "test: [limits]: depth: expected a whole number, found '1'"),
        ({"environment-fil": {}}, "test: unknown key 'environment-fil'; did you mean 'environment-file'?"),
        ({"SF102": {"allow": []}}, "test: the options of SF102 belong in the table 'environment-file'"),
        ({"select": ["ZZ999"]}, "test: no rule is called 'ZZ999'; 'pkgaudit rules' lists"),
        ({"duplicate-member": {"x": 1}}, "test: [duplicate-member]: the rule has no options"),
        ({"allow": "0123456789ab"}, "test: allow: expected a list of hashes, or of tables with 'hash'"),
        ({"allow": [3]}, "test: allow: entry 1: expected a hash, or a table with 'hash'"),
        ({"allow": ["0123456789a"]}, "test: allow: entry 1: a hash has 12 to 64 hexadecimal digits"),
        ({"allow": ["0" * 12, "0" * 65]}, "test: allow: entry 2: a hash has 12 to 64 hexadecimal digits"),
        ({"allow": [{"reason": "x"}]}, "test: allow: entry 1: a hash has 12 to 64 hexadecimal digits"),
        (
            {"allow": [{"hash": "0" * 12, "untl": "2030-01-01"}]},
            "test: allow: entry 1: unknown key 'untl'; did you mean 'until'?",
        ),
        (
            {"allow": [{"hash": "0" * 12, "until": "soon"}]},
            "test: allow: entry 1: until: 'soon' is not a date",
        ),
        ({"baseline": ["x", 3]}, "test: baseline: expected a string, found 3"),
        ({"baseline": 3}, "test: baseline: expected a list of strings, found 3"),
        (
            {"known-vulnerable-minimum": {"ignore": [{}]}},
            "test: [known-vulnerable-minimum]: ignore: the key 'id' is missing",
        ),
        (
            {"known-vulnerable-minimum": {"ignore": 1}},
            "test: [known-vulnerable-minimum]: ignore: expected a list of strings or tables, found 1",
        ),
        ({"preview": "yes"}, "test: preview: expected true or false, found 'yes'"),
        ({"pedantic": "yes"}, "test: pedantic: expected true or false, found 'yes'"),
    ],
)
def test_mistakes(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(table, "test").validate(registry())
    assert said in str(error.value)


@pytest.mark.parametrize("value", ["hunter2", ["hunter2"], [["hunter2"]], [{"hash": "hunter2"}]])
def test_a_secret_in_place_of_its_hash_is_not_repeated(value: Any) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config({"allow": value}, "test")
    assert "hunter2" not in str(error.value)


class TestFiles:
    def test_pyproject(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.pkgaudit]\nfail-on = "warning"\n')
        (tmp_path / "src").mkdir()
        found = find_config(tmp_path / "src")
        assert found == tmp_path / "pyproject.toml"
        assert read_config(found).fail_on is Severity.WARNING

    def test_own_file_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.pkgaudit]\nfail-on = "warning"\n')
        (tmp_path / "pkgaudit.toml").write_text('fail-on = "info"\n')
        found = find_config(tmp_path)
        assert found is not None
        assert read_config(found).fail_on is Severity.INFO

    def test_nearest_pyproject_ends_the_search(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[tool.pkgaudit]\nfail-on = "warning"\n')
        inner = tmp_path / "inner"
        inner.mkdir()
        (inner / "pyproject.toml").write_text("[project]\n")
        found = find_config(inner)
        assert found == inner / "pyproject.toml"
        assert read_config(found).fail_on is Severity.ERROR

    def test_earlier_releases_are_found_from_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "pkgaudit.toml").write_text('against = "old"\n')
        assert read_config(tmp_path / "pkgaudit.toml").against == (tmp_path / "old",)

    def test_baseline_is_found_from_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "pkgaudit.toml").write_text('baseline = "audit/accepted.json"\n')
        assert read_config(tmp_path / "pkgaudit.toml").baseline == (tmp_path / "audit" / "accepted.json",)
        (tmp_path / "pkgaudit.toml").write_text(f"baseline = '{tmp_path / 'x.json'}'\n")
        assert read_config(tmp_path / "pkgaudit.toml").baseline == (tmp_path / "x.json",)
        (tmp_path / "pkgaudit.toml").write_text('baseline = ["a.json", "b.json"]\n')
        found = read_config(tmp_path / "pkgaudit.toml").baseline
        assert found == (tmp_path / "a.json", tmp_path / "b.json")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"[tool", "is not valid TOML"),
            (b"\xff", "is not valid TOML"),
            (b"a=" + b"[" * 5000, "is not valid TOML"),
            (b"a=" + b"1" * 5000, "is not valid TOML"),
            (b"[tool]\npkgaudit = 1", "tool.pkgaudit: expected a table, found 1"),
            (b"[tool.pkgaudit]\nselct = []", "unknown key 'selct'"),
        ],
    )
    def test_broken(self, tmp_path: Path, content: bytes, said: str) -> None:
        path = tmp_path / "pyproject.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError) as error:
            read_config(path)
        assert str(error.value).startswith(str(path))
        assert said in str(error.value)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read: No such file"):
            read_config(tmp_path / "none.toml")


def finding(
    code: str = "AR101",
    member: str | None = "sample-1.0/tests/data/x.bin",
    level: Severity = Severity.ERROR,
    digest: str | None = None,
) -> Finding:
    name = registry().find(code)[0].name
    return Finding(
        code, name, level, "dist/sample-1.0.tar.gz", Location(member), "m", None, "f", None, digest
    )


def reasons(findings: list[Finding]) -> list[str | None]:
    return [None if each.suppressed is None else str(each.suppressed) for each in findings]


class TestPolicy:
    def apply(self, table: dict[str, Any], *findings: Finding) -> list[str | None]:
        return reasons(Policy(parse_config(table, "test"), registry()).apply(findings))

    @pytest.mark.parametrize(
        ("glob", "matches"),
        [
            ("tests/", True),
            ("/tests/", True),
            ("*.bin", True),
            ("sample-1.0/tests/data/x.bin", True),
            ("tests/data/*", True),
            ("data", True),
            ("src/", False),
            ("x.bi", False),
        ],
    )
    def test_per_file_ignores(self, glob: str, matches: bool) -> None:
        found = self.apply({"per-file-ignores": {glob: ["AR"]}}, finding())
        assert found == ["per-file-ignores" if matches else None]

    def test_other_rules_and_the_archive_itself_are_not_ignored(self) -> None:
        table = {"per-file-ignores": {"*": ["AR"]}}
        assert self.apply(table, finding("HM101"), finding(member=None)) == [None, None]

    def test_per_distribution_ignores(self) -> None:
        table = {"per-distribution-ignores": {"*.tar.gz": {"rules": ["AR101"], "reason": "known"}}}
        assert self.apply(table, finding()) == ["known"]
        assert self.apply({"per-distribution-ignores": {"*.whl": ["AR101"]}}, finding()) == [None]

    def test_expired(self) -> None:
        table = {"per-file-ignores": {"*": {"rules": ["AR101"], "until": "2001-01-01"}}}
        assert self.apply(table, finding()) == [None]

    @pytest.mark.parametrize(
        ("allow", "suppressed"),
        [
            ("0123456789ab", "allow"),
            ("0123456789AB", "allow"),
            ("0123456789abcdef" * 4, "allow"),
            ({"hash": "0123456789abc", "reason": "made up"}, "made up"),
            ({"hash": "0123456789ab", "until": "2999-01-01"}, "allow"),
            ({"hash": "0123456789ab", "until": "2001-01-01"}, None),
            ("0123456789ac", None),
            ("0123456789abd", None),
            ("123456789abc", None),
        ],
    )
    def test_allow_by_hash(self, allow: Any, suppressed: str | None) -> None:
        found = self.apply({"allow": ["f" * 12, allow]}, finding(digest="0123456789abcdef" * 4), finding())
        assert found == [suppressed, None]

    def test_baseline(self) -> None:
        baseline = Baseline(Path("x.json"), {"f": Entry(fingerprint="f")})
        policy = Policy(Config(), registry(), [baseline])
        found = policy.apply([finding(), replace(finding(), fingerprint="e")])
        assert reasons(found) == ["baseline", None]

    def test_severity_by_the_most_specific_selector(self) -> None:
        table = {"severity": {"AR": "info", "AR101": "warning"}}
        policy = Policy(parse_config(table, "test"), registry())
        found = policy.apply([finding(), finding("AR103"), finding("HM101")])
        assert [each.severity for each in found] == [Severity.WARNING, Severity.INFO, Severity.ERROR]


def test_rules_of_a_plain_config() -> None:
    assert Config().selected(registry()) == Config(layers=(Selectors(),)).selected(registry())


def test_reference_names_every_key() -> None:
    import dataclasses

    from pkgaudit.config.config import _KEYS
    from pkgaudit.limits import Limits

    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    for key in _KEYS:
        assert f"| `{key}` |" in text
    for field in dataclasses.fields(Limits):
        assert f"`{field.name.replace('_', '-')}`" in text
        assert f"{field.default:,}" in text


def test_no_rule_can_take_a_key_for_its_table() -> None:
    from pkgaudit.config.config import _KEYS
    from pkgaudit.rule import RESERVED

    assert set(_KEYS) == RESERVED


def test_an_empty_list_of_indexes_is_an_error() -> None:
    with pytest.raises(ConfigError, match="repositories is empty: name an index, or remove the key"):
        parse_config({"gate": {"repositories": []}}, "test")
