"""docs/versioning.md and docs/python.md promise what there is, and what they call former goes on working."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import pkgaudit
from fixtures.builders import Sdist, Wheel
from pkgaudit import PkgauditError, renamed
from pkgaudit.config.table import former_keys
from pkgaudit.report import Severity, Verdict
from tests.support import registry, run
from tests.worktree import ROOT

VERSIONING = (ROOT / "docs/versioning.md").read_text("utf-8")
PYTHON = (ROOT / "docs/python.md").read_text("utf-8")

RULES = list(registry())


def section(title: str) -> str:
    _, found, rest = VERSIONING.partition(f"# {title}\n")
    assert found, title
    return re.split(r"\n#+ ", rest)[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class TestNames:
    @pytest.mark.parametrize("module", ["pkgaudit", "pkgaudit.api", "pkgaudit.report"])
    def test_those_promised_are_those_there_are(self, module: str) -> None:
        (names,) = [row[2] for row in rows(section("Python names")) if row[0] == f"`{module}`"]
        promised = re.findall(r"`(\w+)`", names)
        found = import_module(module)
        assert promised == sorted(promised) == list(found.__all__)
        assert all(hasattr(found, name) for name in promised)

    def test_no_other_module_is_promised(self) -> None:
        modules = {row[0].strip("`") for row in rows(section("Python names"))}
        assert modules == {"pkgaudit", "pkgaudit.api", "pkgaudit.report"}

    def test_nothing_of_the_audit_is_imported_with_the_package(self) -> None:
        code = "import sys, pkgaudit; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not {"pkgaudit.run", "pkgaudit.engine", "packaging", "click"} & set(done.stdout.split())

    def test_unknown_name(self) -> None:
        with pytest.raises(AttributeError, match="'pkgaudit' has no attribute 'nonsense'"):
            pkgaudit.nonsense  # noqa: B018


class TestFormerNames:
    @pytest.mark.parametrize(
        ("module", "name"), [(module, name) for module, names in renamed.NAMES.items() for name in names]
    )
    def test_it_leads_to_what_it_named(self, module: str, name: str) -> None:
        target = renamed.NAMES[module][name]
        home, _, attribute = target.rpartition(".")
        with pytest.warns(DeprecationWarning, match=f"{module}.{name} will be removed in version 1.0"):
            found = getattr(import_module(module), name)
        assert found is getattr(import_module(home), attribute)
        assert name not in getattr(import_module(module), "__all__", ())

    def test_the_page_lists_them(self) -> None:
        text = section("Names of pkgaudit.api")
        for module, names in renamed.NAMES.items():
            for name in names:
                assert re.search(rf"`(?:{re.escape(module)})?\.{name}`", text), name
        for old, new in renamed.PROBLEM_FIELDS.items():
            assert f"`Problem({old}=…)`" in text
            assert f"`{new}`" in text

    def test_fields_of_a_problem(self) -> None:
        from pkgaudit.api import Problem

        former: dict[str, Any] = {"same": "a" * 64, "allowed": "why", "known_as": (frozenset({"b"}),)}
        with pytest.warns(DeprecationWarning, match="will be removed in version 1.0; use ") as seen:
            old = Problem("x", **former)
        assert len(seen) == 3
        assert Path(seen[0].filename) == Path(__file__)  # the warning names the line that is to be changed
        values = {renamed.PROBLEM_FIELDS[key]: value for key, value in former.items()}
        assert old == Problem("x", **values)

    def test_attributes(self) -> None:
        from pkgaudit.api import Anomaly, AnomalyKind, Problem

        problem = Problem("x", digest="a" * 64)
        with pytest.warns(DeprecationWarning, match="Problem.same will be removed") as seen:
            assert problem.same == "a" * 64  # type: ignore[attr-defined]
        assert Path(seen[0].filename) == Path(__file__)
        anomaly = Anomaly(AnomalyKind.BOMB, "x")
        with pytest.warns(DeprecationWarning, match="use stage"):
            assert anomaly.notice is anomaly.stage  # type: ignore[attr-defined]

    def test_every_name_that_the_page_calls_former_still_works(self) -> None:
        names = {name for names in renamed.NAMES.values() for name in names}
        text = section("Names of pkgaudit.api")
        former = " ".join(row[0] for row in rows(text) if row[0].startswith("`pkgaudit"))
        assert set(re.findall(r"\.(\w+)`", former)) == names

    def test_the_page_of_a_rule_in_another_package(self) -> None:
        from pkgaudit.pages.rule_page import remedy_of

        stored = {"kind": "wheel", "path": "a.py"}
        assert remedy_of({"do": "leave-out", **stored}) == remedy_of({"do": "exclude", **stored})


def former_words() -> list[tuple[str, str]]:
    return [(word, rule.name) for rule in RULES for word in rule.formerly]


class TestFormerRules:
    @pytest.mark.parametrize(("word", "name"), former_words())
    def test_word_selects_its_rule(self, word: str, name: str) -> None:
        assert name in [rule.name for rule in registry().find(word)]

    def test_the_page_lists_them(self) -> None:
        listed = {
            (row[0].split("`")[1], row[1].split(" ")[-1]) for row in rows(section("Codes and names of rules"))
        }
        assert listed == {(word, name) for word, name in former_words() if "/" not in word}

    def test_first_codes_stay(self) -> None:
        moved = {rule.name: rule.first_code for rule in RULES if rule.first_code != rule.code}
        assert moved == {
            "metadata-drift": "RL119",
            "missing-wheel": "RL105",
            "missing-from-sdist": "SF109",
            "missing-file": "SF209",
        }

    def test_ids_of_reports_before_select_their_rules(self) -> None:
        for rule in RULES:
            shared = any("/" in word for word in rule.formerly)
            assert not shared or f"{rule.first_code}/{rule.name}" in rule.formerly

    def test_a_retired_name_is_not_used_again(self) -> None:
        names = [word for word, _ in former_words() if word.islower()]
        assert len(names) == len(set(names))
        assert not set(names) & {rule.name for rule in RULES}

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    def test_each_says_since_when_it_exists(self, rule: Any) -> None:
        assert rule.since
        major, minor, _ = Version(pkgaudit.__version__).release
        assert Version(rule.since) <= Version(f"{major}.{minor + 1}.0")
        assert rule.preview or Version(rule.since) <= Version(pkgaudit.__version__)


def former_keys_of_rules() -> set[tuple[str, str, str]]:
    return {
        (rule.table, old, new)
        for rule in RULES
        if rule.options is not None
        for old, new in former_keys(rule.options).items()
    }


def test_the_page_lists_former_keys() -> None:
    listed = {(row[0], row[1]) for row in rows(section("Keys"))}
    wanted = {(f"`[tool.pkgaudit.{table}] {old}`", f"`{new}`") for table, old, new in former_keys_of_rules()}
    wanted |= {
        (f'`"do": "{old}"` in `pages.json`', f'`"do": "{new}"`') for old, new in renamed.REMEDY_NAMES.items()
    }
    assert listed == wanted


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    wheel = Wheel()
    wheel.files["sample/" + "a" * 210 + ".py"] = b"\n"
    (tmp_path / "dist").mkdir()
    wheel.build().write(tmp_path / "dist")
    return tmp_path


class TestConfiguration:
    def shown(self, folder: Path, text: str) -> tuple[list[str], str]:
        (folder / "pkgaudit.toml").write_text(text)
        done = run("dist", "--format", "json")
        assert done.exit_code in (0, 1), done.stderr
        codes = re.findall(r'"code": "([A-Z]{2}\d{3})"', done.stdout)
        return codes, done.stderr

    def test_a_code_that_covered_two_rules_still_does(self, folder: Path) -> None:
        Sdist("other").build().write(folder / "dist")
        codes, said = self.shown(folder, 'select = ["RL105"]\n')
        assert sorted(codes) == ["RL105", "RL115"]  # one project has only a wheel, the other only an sdist
        assert "pkgaudit.toml: select: 'RL105' also means RL115 missing-wheel until version 1.0" in said
        assert {"RL105", "RL115"} <= {*self.shown(folder, "")[0]}
        codes, said = self.shown(folder, 'ignore = ["RL105"]\n')
        assert not {"RL105", "RL115"} & {*codes}
        assert "Warning: " in said

    def test_it_does_not_where_the_new_code_is_named(self, folder: Path) -> None:
        assert "Warning" not in self.shown(folder, 'select = ["RL105", "RL115"]\n')[1]
        assert "Warning" not in self.shown(folder, 'select = ["missing-sdist"]\n')[1]
        Sdist("other").build().write(folder / "dist")
        assert self.shown(folder, 'select = ["missing-sdist"]\n')[0] == ["RL105"]

    @pytest.mark.parametrize(
        ("table", "level"),
        [
            ('RL10 = "error"', "error"),
            ('RL115 = "info"\nRL105 = "error"', "error"),
            ('missing-wheel = "info"\nRL105 = "error"', "error"),
        ],
    )
    def test_former_words_weigh_what_they_weighed(self, folder: Path, table: str, level: str) -> None:
        Sdist("other").build().write(folder / "dist")
        (folder / "pkgaudit.toml").write_text(f'select = ["RL115"]\n[severity]\n{table}\n')
        findings = json.loads(run("dist", "--format", "json").stdout)["findings"]
        assert [(each["code"], each["severity"]) for each in findings] == [("RL115", level)]

    def test_a_prefix_of_a_former_code(self, folder: Path) -> None:
        Sdist("other").build().write(folder / "dist")
        codes, said = self.shown(folder, 'select = ["RL10"]\n')
        assert sorted(codes) == ["RL105", "RL115"]
        assert "'RL10' also means RL115 missing-wheel" in said
        codes, said = self.shown(folder, 'select = ["RL1"]\n')
        assert "Warning" not in said

    def test_a_former_name(self, folder: Path) -> None:
        codes, said = self.shown(
            folder, 'select = ["AR204"]\nseverity = { unnormalised-filename = "info" }\n'
        )
        assert codes == ["AR204"]
        replaced = "'unnormalised-filename' was renamed to 'unnormalized-filename' (FN102)"
        assert f"Warning: pkgaudit.toml: severity: {replaced} and works until version 1.0" in said

    def test_a_former_key(self, folder: Path) -> None:
        codes, said = self.shown(folder, 'select = ["AR204"]\n[long-path]\nmost = 300\n')
        assert codes == []
        assert "pkgaudit.toml: [long-path]: 'most' was renamed to 'limit' and works until version 1.0" in said
        assert self.shown(folder, 'select = ["AR204"]\n[long-path]\nlimit = 300\n') == ([], "")

    @pytest.mark.parametrize("text", ["most = 300\nlimit = 200\n", "limit = 200\nmost = 300\n"])
    def test_the_present_key_wins_over_the_former_one(self, folder: Path, text: str) -> None:
        assert self.shown(folder, f'select = ["AR204"]\n[long-path]\n{text}')[0] == ["AR204"]

    def test_on_the_command_line(self, folder: Path) -> None:
        done = run("dist", "--no-config", "--ignore", "RL105")
        assert "Warning: the command line: ignore: 'RL105' also means RL115 missing-wheel" in done.stderr

    def test_the_schema_accepts_them(self) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        from pkgaudit.config.schema import make_schema

        table = {"ignore": ["RL105/missing-wheel", "unnormalised-filename"], "long-path": {"most": 300}}
        jsonschema.validate(table, make_schema(registry()))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"long-path": {"mots": 300}}, make_schema(registry()))


class TestApi:
    def test_the_example_runs(self, folder: Path) -> None:
        (code,) = re.findall(r"```python\n(import pkgaudit\n.*?)```", PYTHON, re.DOTALL)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        *findings, last = done.stdout.splitlines()
        assert any(line.startswith("warning | AR204 | long-path | dist/sample-1.0") for line in findings)
        assert last == "fail 1"

    def test_the_page_names_the_attributes(self) -> None:
        result = pkgaudit.audit([])
        names = re.findall(r"^\| (`[^|]+`) \|", PYTHON.partition("## The result")[2], re.MULTILINE)
        attributes = [name for cell in names for name in re.findall(r"`(\w+)", cell)]
        known = {*dir(result), *dir(pkgaudit.audit("x").failures[0])}
        from pkgaudit.report import Finding

        assert set(attributes) - known - set(dir(Finding)) == set()

    def test_same_findings_as_the_command(self, folder: Path) -> None:
        result = pkgaudit.audit(folder / "dist")
        done = run(folder / "dist", "--no-config", "--format", "json")
        assert re.findall(r'"fingerprint": "(\w+)"', done.stdout) == [
            each.fingerprint for each in result.counted
        ]
        assert (result.exit_status, result.verdict) == (done.exit_code, Verdict.PASS)

    def test_configuration_is_a_table_or_a_file_or_none(self, folder: Path) -> None:
        (folder / "pkgaudit.toml").write_text('select = ["AR204"]\nseverity = { AR204 = "error" }\n')
        warned = pkgaudit.audit("dist").findings[0]  # the file of the working directory is not read
        assert warned.severity is Severity.WARNING
        for config in (
            "pkgaudit.toml",
            folder / "pkgaudit.toml",
            {"select": ["AR204"], "fail-on": "warning"},
        ):
            result = pkgaudit.audit(["dist"], config)
            assert [each.code for each in result.findings] == ["AR204"]
            assert result.verdict is Verdict.FAIL
        assert pkgaudit.audit(["dist"], "pkgaudit.toml").findings[0].severity is Severity.ERROR

    @pytest.mark.parametrize(
        ("config", "said"),
        [
            ({"selct": ["SE"]}, "the configuration: unknown key 'selct'; did you mean 'select'?"),
            ({"select": ("SE9",)}, "no rule is called 'SE9'"),
            ({3: {}}, "the key 3 is not a text"),
            ({"long-path": {3: 1}}, "the key 3 is not a text"),
            ("missing.toml", "missing.toml: cannot be read"),
            ({"baseline": ["missing.json"]}, "missing.json"),
            ({"select": ["SE"], "ignore": ["SE"]}, "no rule is selected"),
        ],
    )
    def test_what_the_user_can_put_right_is_one_kind_of_error(
        self, folder: Path, config: Any, said: str
    ) -> None:
        with pytest.raises(PkgauditError, match=re.escape(said)):
            pkgaudit.audit("dist", config)

    def test_nothing_is_raised_for_what_is_given(self, tmp_path: Path) -> None:
        (tmp_path / "x-1.whl").write_bytes(b"nonsense")
        result = pkgaudit.audit([tmp_path / "x-1.whl", tmp_path / "gone.whl"])
        assert result.exit_status == 2
        assert [each.distribution for each in result.failures] == [str(tmp_path / "gone.whl")]
        assert result.verdict is Verdict.FAIL

    def test_a_former_word_warns(self, folder: Path) -> None:
        with pytest.warns(DeprecationWarning, match="'RL105' also means RL115") as seen:
            pkgaudit.audit("dist", {"ignore": ["RL105"]})
        assert Path(seen[0].filename) == Path(__file__)

    def test_several_processes(self, folder: Path) -> None:
        Sdist().build().write(folder / "dist")
        one, two = (pkgaudit.audit("dist", jobs=jobs) for jobs in (1, 2))
        assert one.findings == two.findings

    def test_it_says_nothing(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pkgaudit.audit("dist")
        assert capfd.readouterr() == ("", "")


class TestErrors:
    def test_all_that_users_see_have_one_base(self) -> None:
        from pkgaudit.config.init import InitError
        from pkgaudit.config.table import ConfigError
        from pkgaudit.inputs.build import BuildError
        from pkgaudit.report import FormatError
        from pkgaudit.rule import RuleError

        for each in (InitError, ConfigError, BuildError, FormatError, RuleError):
            assert issubclass(each, PkgauditError)

    def test_the_command_catches_it_once(self) -> None:
        # The gate must say last, after any error, whether the command was started.
        others = ("__init__.py", "gate.py")
        files = [path for path in (ROOT / "pkgaudit/cli").glob("*.py") if path.name not in others]
        assert files
        for path in files:
            assert not re.search(
                r"except .*(Config|Rule|Format|Init|Pkgaudit)Error", path.read_text("utf-8")
            ), path


class TestLog:
    def test_two_v_log_decisions_and_times(self, folder: Path) -> None:
        command = [sys.executable, "-m", "pkgaudit", "dist", "--no-config", "-vv", "--ignore", "MD202"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0
        for said in (
            "pkgaudit.run: no configuration is read",
            "pkgaudit.run: MD202 missing-requires-python does not run: it is ignored",
            "pkgaudit.run: MD206 missing-keywords does not run: it is pedantic",
            "pkgaudit.execution: 1 file in 1 process",
            "pkgaudit.literals: ",
            "pkgaudit.engine: dist/sample-1.0-py3-none-any.whl took ",
            "pkgaudit.run: summary ",
        ):
            assert said in done.stderr, said
        assert "pkgaudit.run" not in done.stdout

    def test_workers_log_too(self, folder: Path) -> None:
        Sdist().build().write(folder / "dist")
        command = [sys.executable, "-m", "pkgaudit", "dist", "--no-config", "-vv", "--jobs", "2"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert done.stderr.count("pkgaudit.engine: dist/sample-1.0.tar.gz took ") == 1

    def test_one_v_does_not(self, folder: Path) -> None:
        command = [sys.executable, "-m", "pkgaudit", "dist", "--no-config", "-v"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert "pkgaudit.run" not in done.stderr
