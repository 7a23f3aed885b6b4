"""The JSON Schema of the configuration: it says what the code says, and editors and checkers can use it."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgaudit.api import Problem, Severity, Size, Wheel, rule
from pkgaudit.config import schema
from pkgaudit.config.config import _KEYS, PROFILES, ConfigError, parse_config
from pkgaudit.limits import Limits
from pkgaudit.rule import Registry, RuleError
from tests import marks
from tests.programs import need
from tests.support import registry, run

DATE = datetime.date(2030, 12, 31)


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return schema.make_schema(registry())


def parses(table: Mapping[str, Any], rules: Registry) -> bool:
    try:
        parse_config(table, "test").validate(rules)
    except ConfigError:
        return False
    return True


def fits(table: Mapping[str, Any], made: dict[str, Any]) -> bool:
    return bool(need("jsonschema").Draft7Validator(made).is_valid(table))


RULES = list(registry())
SELECTORS = st.one_of(
    st.sampled_from(["ALL", *(each.name for each in RULES)]),
    st.builds(lambda each, length: each.code[:length], st.sampled_from(RULES), st.integers(2, 5)),
    st.builds(lambda each, length: each.code[:length].lower(), st.sampled_from(RULES), st.integers(2, 5)),
    st.sampled_from(["", "A", "XX", "AR9", "AR1011", "all", "SE-", "private key", "PRIVATE-KEY"]),
)
WORDS = st.one_of(SELECTORS, st.integers(), st.booleans(), st.none(), st.lists(SELECTORS, max_size=2))
DAYS: st.SearchStrategy[Any] = st.sampled_from(
    [DATE, "2030-12-31", "soon", "31.12.2030", 2030, True, None, [], {}]
)
IGNORES = st.fixed_dictionaries(
    {}, optional={"rules": WORDS, "reason": st.one_of(st.text(), st.none()), "until": DAYS, "untill": DAYS}
)
SHAPES = st.one_of(WORDS, IGNORES, st.lists(st.one_of(WORDS, IGNORES), max_size=3))
HASHES = st.one_of(
    st.text("0123456789abcdefABCDEF", min_size=10, max_size=66), st.sampled_from([3, None, "hunter2"])
)
ALLOWS = st.fixed_dictionaries(
    {}, optional={"hash": HASHES, "reason": st.one_of(st.text(), st.integers()), "until": DAYS, "x": DAYS}
)
SIZES = st.one_of(
    st.integers(-2, 1 << 40),
    st.sampled_from(
        ["50 MB", "1.5 GiB", "3", "3k", "2Bytes", " 7 tib ", "", "MB", "-1", "1e3", "1.", "5 pb", True]
    ),
    st.floats(-2, 2).filter(lambda each: not each.is_integer()),
)
LEVELS = st.sampled_from(["error", "warning", "info", "ERROR", "Info", "eror", "", 1, True, None])
LIMITS = [key for each in Limits.__dataclass_fields__ for key in {each, each.replace("_", "-")}]
NUMBERS = st.one_of(st.integers(-2, 3), st.sampled_from(["1", True, 0.5]))
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "select": st.one_of(SHAPES, st.lists(SELECTORS)),
    "extend-select": st.one_of(SHAPES, st.lists(SELECTORS)),
    "ignore": SHAPES,
    "severity": st.one_of(SHAPES, st.dictionaries(SELECTORS, LEVELS, max_size=2)),
    "fail-on": LEVELS,
    "profile": st.sampled_from([*PROFILES, "pipy", "", 1]),
    "pedantic": st.sampled_from([True, False, 1, "yes"]),
    "inline-ignores": st.sampled_from([True, False, 0, "no"]),
    "inline_ignores": st.booleans(),
    "per-file-ignores": st.one_of(SHAPES, st.dictionaries(st.sampled_from(["a/", "*.py"]), SHAPES)),
    "per-distribution-ignores": st.dictionaries(st.sampled_from(["*.whl", "?"]), SHAPES),
    "allow": st.one_of(HASHES, st.lists(st.one_of(HASHES, ALLOWS), max_size=3)),
    "limits": st.one_of(st.integers(), st.dictionaries(st.sampled_from([*LIMITS, "depht"]), NUMBERS)),
    "baseline": st.sampled_from(["x.json", ["x.json", "y.json"], [], ["x.json", 1], 1, True, {}]),
    "preview": st.sampled_from([True, False, 1, "yes"]),
    "too-large": st.fixed_dictionaries({}, optional={"limit": SIZES.filter(lambda each: each != 0)}),
    "over-budget": st.fixed_dictionaries(
        {},
        optional={
            "total": SIZES,
            "files": NUMBERS,
            "kinds": st.dictionaries(st.just("native"), SIZES),
            "patterns": st.dictionaries(st.just("*.so"), SIZES),
            "distributions": st.dictionaries(
                st.just("*.whl"), st.fixed_dictionaries({}, optional={"file": SIZES, "flies": SIZES})
            ),
        },
    ),
    "files": st.dictionaries(
        st.sampled_from(["required", "required-in-wheel", "forbidden_in_sdist", "wanted"]),
        st.one_of(st.lists(st.sampled_from(["a.py", "b/"])), st.just("a"), st.just([1])),
    ),
    "secrets": st.dictionaries(st.sampled_from(["level", "x"]), st.sampled_from(["fast", 1, True])),
    # Rules of which one has no options and one has them in the table of others; and no rule at all.
    "duplicate-member": st.sampled_from([{}, {"x": 1}, 1]),
    "private-key": st.sampled_from([{}, {"level": "fast"}]),
    "privat-key": st.sampled_from([{}, {"level": "fast"}, 1]),
}
TABLES = st.one_of([st.fixed_dictionaries({key: values}) for key, values in KEYS.items()])


class Whole:
    """The schema of all rules, made when it is first used, since not everyone has jsonschema."""

    @cached_property
    def is_valid(self) -> Any:
        return need("jsonschema").Draft7Validator(schema.make_schema(registry())).is_valid


VALIDATOR = Whole()


class TestAgreement:
    @settings(max_examples=300, deadline=None)
    @given(table=TABLES, other=TABLES)
    def test_what_is_read_is_what_fits(self, table: dict[str, Any], other: dict[str, Any]) -> None:
        for each in (table, {**other, **table}):
            is_read, does_fit = parses(each, registry()), VALIDATOR.is_valid(each)
            assert is_read == does_fit

    @pytest.mark.parametrize(
        "table",
        [
            {"per-file-ignores": {"!": ["SE"]}},
            {"environment-file": {"patterns": ["!"]}},
            {"limits": {"depth": 1.0}},
            {"ignore": [{"rules": "SE", "until": datetime.datetime(2030, 12, 31)}]},
            {"ignore": [{"rules": "SE", "until": "2030-02-31"}]},
            {"too-large": {"limit": "0 MB"}},
            {"too-large": {"limit": 0}},
        ],
    )
    def test_where_it_is_laxer(self, table: dict[str, Any], made: dict[str, Any]) -> None:
        assert fits(table, made)
        assert not parses(table, registry())

    def test_every_selector_that_finds_rules(self, made: dict[str, Any]) -> None:
        words = {
            word for each in RULES for word in (each.name, *(each.code[:length] for length in (2, 3, 4, 5)))
        }
        for word in {"ALL", *words, *map(str.lower, words), *map(str.upper, words), *map(str.title, words)}:
            assert fits({"select": [word]}, made) == bool(registry().find(word)), word


class TestContents:
    def test_is_a_schema(self, made: dict[str, Any]) -> None:
        need("jsonschema").Draft7Validator.check_schema(made)
        assert made["$schema"] == "http://json-schema.org/draft-07/schema#"

    def test_every_key_is_described(self, made: dict[str, Any]) -> None:
        assert set(_KEYS) <= set(made["properties"])
        assert set(_KEYS) <= set(schema.DESCRIPTIONS)

        def undescribed(table: dict[str, Any], path: str) -> Iterator[str]:
            for key, value in table.get("properties", {}).items():
                if not value.get("description"):
                    yield f"{path}.{key}"
                yield from undescribed(value, f"{path}.{key}")

        assert not list(undescribed(made, ""))

    def test_options_of_each_rule(self, made: dict[str, Any]) -> None:
        for each in RULES:
            assert (each.table in made["properties"]) == (each.options is not None)

    def test_descriptions_and_defaults_come_from_the_code(self, made: dict[str, Any]) -> None:
        keys = made["properties"]
        assert keys["fail-on"]["default"] == "error"
        assert keys["pedantic"]["default"] is False
        assert keys["limits"]["properties"]["depth"] == {
            "description": "`depth`: levels of nested archives that are read.",
            "type": "integer",
            "minimum": 0,
            "default": 3,
        }
        assert keys["limits"]["properties"]["member-bytes"]["minimum"] == 1
        assert keys["external-library"]["properties"]["exclude"]["default"] == []
        assert keys["accounts"]["description"].startswith("Options of PV101 home-path, PV102 build-path.")

    def test_editors_get_a_word_on_each_selector(self, made: dict[str, Any]) -> None:
        named = made["definitions"]["selector"]["anyOf"][0]
        said = dict(zip(named["enum"], named["x-taplo"]["docs"]["enumValues"], strict=True))
        assert said["SE102"] == said["private-key"]
        assert said["SE102"].startswith("SE102 private-key: ")
        assert said["SE"] == "All rules with codes that begin with SE."

    def test_a_field_may_say_more(self) -> None:
        made = schema.make_schema(plug_in())
        assert fits({"odd-name": {"level": "low", "share": 1, "nested": {"inner-most": True}}}, made)
        assert not fits({"odd-name": {"level": "middle"}}, made)
        assert not fits({"odd-name": {"share": "1"}}, made)
        assert not fits({"odd-name": {"nested": {"inner-most": 1}}}, made)
        assert made["properties"]["odd-name"]["properties"]["level"]["description"] == "`level` is how hard."

    def test_knows_the_rules_at_hand_alone(self) -> None:
        made = schema.make_schema(marks.registry())
        assert fits({"select": ["MK101", "level"], "secrets": {"level": "fast"}}, made)
        assert not fits({"select": ["SE101"]}, made)

    def test_without_rules_words_are_not_judged(self) -> None:
        made = schema.make_schema(None)
        assert fits({"select": ["whatever"], "whatever": {"x": 1}}, made)
        assert not fits({"selct": ["whatever"]}, made)
        assert not fits({"select": [1]}, made)


@dataclass(frozen=True)
class Inner:
    inner_most: bool = False


@dataclass(frozen=True)
class Odd:
    """What the rule looks at. ``level`` is how hard."""

    level: str = field(default="low", metadata={"schema": {"enum": ["low", "high"]}})
    share: float = 0.5
    least: Size | None = None
    nested: Inner = Inner()


def plug_in() -> Registry:
    @rule("OD101", "odd-name", Severity.INFO)
    def odd_name(wheel: Wheel, options: Odd) -> Iterator[Problem]:
        """A name is odd."""
        yield from ()

    module = ModuleType(__name__)
    vars(module)["odd_name"] = odd_name
    rules = Registry()
    rules.add_module(module)
    return rules


def test_tables_of_former_names_are_read_and_fit() -> None:
    @rule("OD102", "new-name", Severity.INFO, formerly=["old-name"])
    def new_name(wheel: Wheel, options: Odd) -> Iterator[Problem]:
        """X."""
        yield Problem("x")

    @rule("OD103", "other-name", Severity.INFO, formerly=["older-name"])
    def other_name(wheel: Wheel) -> Iterator[Problem]:
        """X."""
        yield Problem("x")

    module = ModuleType(__name__)
    vars(module).update(new_name=new_name, other_name=other_name)
    rules = Registry()
    rules.add_module(module)
    made = schema.make_schema(rules)
    key = next(iter(made["properties"]["new-name"]["properties"]))
    for name in ("new-name", "old-name", "other-name", "older-name"):
        assert parses({name: {}}, rules)
        assert fits({name: {}}, made)
        assert not fits({name: {"no-such-key": 1}}, made)
    assert made["properties"]["old-name"]["deprecated"] is True
    assert key in made["properties"]["old-name"]["properties"]


class TestCommand:
    def test_prints_the_schema(self, made: dict[str, Any]) -> None:
        done = run("schema")
        assert done.exit_code == 0
        assert json.loads(done.stdout) == made

    def test_check_jsonschema_reads_toml_with_it(self, tmp_path: Path) -> None:
        (tmp_path / "schema.json").write_text(run("schema").stdout, "utf-8")
        good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
        good.write_text('select = ["SE"]\nignore = [{ rules = "SF102", until = 2030-12-31 }]\n')
        bad.write_text('select = ["SE"]\nignore = [{ rules = "SF102", untill = 2030-12-31 }]\n')
        need("check_jsonschema")
        command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(tmp_path / "schema.json")]
        assert subprocess.run([*command, str(good)], capture_output=True).returncode == 0
        done = subprocess.run([*command, str(bad)], capture_output=True, text=True)
        assert done.returncode == 1
        assert "ignore" in done.stdout


PROJECT = """\
[project]
name = "sample"
version = "1.0"

[tool.pkgaudit]
{}
"""
GOOD = """\
fail-on = "warning"
select = ["SE", "ar101", "bytecode"]
ignore = ["SF104", { rules = ["RL"], reason = "known", until = 2030-12-31 }]
too-large.limit = "300 MiB"
files.required-in-wheel = ["sample/py.typed"]
"""


def plug(function: Any) -> Any:
    return need("validate_pyproject.plugins").PluginWrapper("pkgaudit", function)


def points() -> Any:
    """Return the plug-in as its entry point gives it, and check that it is there."""
    plugins = need("validate_pyproject.plugins")
    [point] = [
        each
        for each in plugins.iterate_entry_points("validate_pyproject.tool_schema")
        if each.name == "pkgaudit"
    ]
    return plugins.load_from_entry_point(point)


@pytest.fixture(scope="module")
def validator() -> Any:
    return need("validate_pyproject.api").Validator(plugins=[plug(schema.tool_schema)])


class TestPlugin:
    def check(self, validator: Any, text: str) -> None:
        import tomli

        validator(tomli.loads(PROJECT.format(text)))

    def test_good(self, validator: Any) -> None:
        self.check(validator, GOOD)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ('selct = ["SE"]', "selct"),
            ('select = ["SE999"]', "tool.pkgaudit.select"),
            ('fail-on = "eror"', "tool.pkgaudit.fail-on"),
            ("too-large.limits = 1", "limits"),
            ('ignore = [{ rules = ["SE"], until = "soon" }]', "tool.pkgaudit.ignore"),
            ("limits.depth = -1", "tool.pkgaudit.limits.depth"),
        ],
    )
    def test_bad(self, validator: Any, line: str, said: str) -> None:
        with pytest.raises(need("validate_pyproject.errors").ValidationError) as error:
            self.check(validator, line)
        assert said in f"{error.value.message} {error.value.details}"

    def test_knows_every_format_used(self, validator: Any, made: dict[str, Any]) -> None:
        generator = need("fastjsonschema.draft07").CodeGeneratorDraft07
        formats = {
            line.split('"')[3] for line in json.dumps(made, indent=1).splitlines() if '"format":' in line
        }
        assert formats == {"date"}
        assert formats <= {*validator.formats, *generator.FORMAT_REGEXS}

    def test_broken_rules_do_not_break_the_checks_of_others(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> Registry:
            raise RuleError("the rules of other cannot be imported")

        monkeypatch.setattr("pkgaudit.rule.load_registry", fail)
        lax = need("validate_pyproject.api").Validator(plugins=[plug(schema.tool_schema.__wrapped__)])
        self.check(lax, 'select = ["OT101"]\nother.limit = 3')
        assert "rule names are not checked: the rules of other cannot be imported" in caplog.text
        with pytest.raises(need("validate_pyproject.errors").ValidationError):
            self.check(lax, 'selct = ["OT101"]')

    def test_the_command_finds_it(self, tmp_path: Path) -> None:
        assert points().schema == schema.tool_schema("pkgaudit")
        command = [sys.executable, "-m", "validate_pyproject"]
        good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
        good.write_text(PROJECT.format(GOOD))
        bad.write_text(PROJECT.format('profile = "pipy"'))
        done = subprocess.run([*command, str(good), str(bad)], capture_output=True, text=True)
        assert done.returncode == 1
        assert f"Valid file: {good}" in done.stdout, done.stdout
        assert f"Valid file: {bad}" not in done.stdout
        assert "`tool.pkgaudit.profile` must be one of" in done.stderr

    def test_is_cheap_to_find(self) -> None:
        code = "import sys, pkgaudit.config.schema; print(' '.join(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not {"pkgaudit.rules", "pkgaudit.engine", "click", "rich", "tomli"} & set(done.stdout.split())
