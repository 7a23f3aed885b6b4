"""The pages on rules, as ``pkgaudit explain`` and the site show them."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pkgaudit.advice.backend import backend_of
from pkgaudit.api import Member, Problem, Severity, rule
from pkgaudit.formatting import without_place
from pkgaudit.pages.rule_page import BACKENDS, RESOURCE, built_with, family_of, page
from pkgaudit.pages.site import rule_url
from pkgaudit.rule import Registry, Rule
from tests.support import code_lines, registry, run
from tools import make_pages, make_tables

RULES = list(registry())
FILES = sorted({make_pages.file_of(rule) for rule in RULES})
STORED: dict[str, Any] = {
    key: {name: value for file in FILES for name, value in make_pages.read(file)[key].items()}
    for key in ("families", "rules")
}

EXAMPLE = re.compile(r"## Example\n.*?```text\n(.*?)\n```", re.DOTALL)


@pytest.mark.once
class TestData:
    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
    def test_is_written_in_its_form(self, file: Path) -> None:
        assert make_pages.as_text(make_pages.read(file)) == file.read_text("utf-8")

    def test_does_not_tell_where_it_was_made(self) -> None:
        # Rules on credentials name files in a home and in a checkout, those on uploads name commands.
        rules = {each.name for each in RULES if each.family not in ("CR", "GT")}
        examples = [each["example"] for name, each in STORED["rules"].items() if name in rules]
        assert {each["distribution"].partition("/")[0] for each in examples} <= {"dist", "pyproject.toml"}
        assert not re.search(r"/tmp|/var/|/private/|\\\\Temp", json.dumps(STORED))

    def test_names_every_family(self) -> None:
        assert set(STORED["families"]) == {each.family for each in RULES}
        guides = {each["guide"] for each in STORED["families"].values() if "guide" in each}
        assert guides == {"credentials.html", "findings.html", "gate.html", "secrets.html", "try.html"}

    def test_names_no_rule_that_is_not_there(self) -> None:
        assert set(STORED["rules"]) == {each.name for each in RULES}

    def test_the_configuration_has_its_tables(self) -> None:
        text = make_tables.CONFIGURATION.read_text("utf-8")
        assert make_tables.configuration(text) == text, "run python -m tools.make_tables"


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.name)
class TestEveryPage:
    def test_has_its_parts_in_order(self, rule: Rule) -> None:
        text = page(rule)
        assert text.startswith(f"# {rule.code} {rule.name}\n\nSeverity: **{rule.severity}**.")
        assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)) == 1
        parts = re.findall(r"^## (.*)", text, re.MULTILINE)
        wanted = [
            "Example",
            "Why it matters",
            "How to fix it",
            "Options",
            "Other tools",
            "References",
            "See also",
        ]
        assert [each for each in parts if each in wanted] == [each for each in wanted if each in parts]
        assert {*wanted} - {*parts} <= {"Options", "Other tools"}

    def test_has_an_example_of_its_own(self, rule: Rule) -> None:
        match = EXAMPLE.search(page(rule))
        assert match
        assert f"{STORED['rules'][rule.name]['example']['severity']} {rule.code} {rule.name}" in match[1]
        example = STORED["rules"][rule.name]["example"]
        message = without_place(example["message"], re.sub(r"(:\d+)+\Z", "", example["place"]))
        assert "".join(message.split()) in "".join(match[1].split())

    def test_has_all_options(self, rule: Rule) -> None:
        text = page(rule)
        assert ("\n## Options\n" in text) == (rule.options is not None)
        assert f"`[tool.pkgaudit.{rule.table}]`" in text or rule.options is None
        for each in dataclasses.fields(rule.options) if rule.options else ():
            assert re.search(rf"^- `{each.name.replace('_', '-')}` \(default .+\), .+", text, re.MULTILINE)

    def test_says_it_for_every_backend(self, rule: Rule) -> None:
        remedies = STORED["rules"][rule.name].get("remedies")
        if not remedies:
            assert "With your build backend" not in page(rule)
        elif "With your build backend" in page(rule):
            said = page(rule).partition("With your build backend")[2].partition("\n## ")[0]
            labels = re.findall(r"^- \*\*(.+?)\*\*: \S", said, re.MULTILINE)
            named = sorted(label for each in labels for label in each.split(", "))
            assert named in (sorted(BACKENDS), sorted([*BACKENDS, *BACKENDS]))


def test_most_that_is_to_be_left_out_is_said_for_every_backend() -> None:
    said = [each for each in RULES if "With your build backend" in page(each)]
    assert len(said) > 60


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
@pytest.mark.parametrize("label", sorted(BACKENDS))
def test_the_distributions_tell_their_backends(label: str, kind: str) -> None:
    assert backend_of(built_with(label, kind)) == {"uv_build": "uv"}.get(label, label)


def test_the_words_are_those_of_the_backend() -> None:
    text = page(registry().rules["environment-file"])
    clause = "add at the end of MANIFEST.in, creating it if needed"
    assert f"- **setuptools**: {clause}:\n\n  ```text\n  exclude .env\n  ```" in text
    assert '  # hatchling\n  [tool.hatch.build.targets.sdist]\n  exclude = ["/.env"]\n' in text
    assert "/.env export-ignore" in text


def test_says_which_checks_of_other_tools_match() -> None:
    text = page(registry().rules["bytecode"])
    assert "- **check-wheel-contents**: W001 `.pyc` files" in text
    rows = {
        (tool, name)
        for name, peers in make_pages.peers().items()
        for tool in (each["tool"] for each in peers)
    }
    assert len(rows) > 80
    for tool, name in rows:
        assert f"- **{tool}**: " in page(registry().rules[name])


def test_shows_the_configuration_of_an_example() -> None:
    assert '```toml\n[tool.pkgaudit.files]\nforbidden = ["' in page(registry().rules["forbidden-file"])


def test_long_defaults_stand_below() -> None:
    text = page(registry().rules["credential-file"])
    assert re.search(r"- `patterns` \(default the \d+ below\), a list of strings", text)
    assert re.search(r'```toml\npatterns = \[\n    ".pypirc", ', text)


class TestExplain:
    def test_shows_the_page(self) -> None:
        name = "private-key"
        done = run("explain", name, "--format", "markdown")
        assert done.stdout == f"{page(registry().rules[name])}\nOn the web: <{rule_url(name)}>\n"
        shown = " ".join(run("explain", name).stdout.split())
        for words in (
            "the RSA private key (sha256",
            "Tests can generate keys when they run.",
            rule_url(name),
        ):
            assert words in shown

    def test_all_of_it_fits_a_line(self) -> None:
        text = run("explain", "ALL").stdout
        # Code keeps its lines, to be copied, and may be longer than the terminal is wide.
        code = code_lines(run("explain", "ALL", "--format", "markdown").stdout)
        assert max(len(line) for line in text.splitlines() if line.strip() not in code) <= 80
        assert "\x1b" not in text
        assert all(f"{each.code} {each.name}" in text for each in RULES)

    def test_says_each_rule_once(self) -> None:
        done = run("explain", "HM", "hash-mismatch", "--format", "markdown")
        assert done.stdout.count("# HM102 hash-mismatch") == 1


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Rule]]:
    """A package of another project with a rule, and the folder that its data is in."""
    folder = tmp_path / "acme_pages"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = ModuleType("acme_pages.rules")
    module.__package__ = "acme_pages"

    @rule("AC101", "late-tide", Severity.INFO)
    def late_tide(member: Member) -> Iterator[Problem]:
        """A tide is late."""
        yield Problem("is late", member.location)

    late_tide.__module__ = module.__name__
    vars(module)["late_tide"] = late_tide
    monkeypatch.setitem(sys.modules, module.__name__, module)
    known = Registry()
    known.add_module(module)
    monkeypatch.setattr("pkgaudit.rule.load_registry", lambda: known)
    yield folder, known.rules["late-tide"]
    sys.modules.pop("acme_pages", None)


class TestOtherPackages:
    @pytest.fixture(autouse=True)
    def _forget(self) -> Iterator[None]:
        from pkgaudit.pages import rule_page as pages

        pages._resource.cache_clear()
        yield
        pages._resource.cache_clear()

    def test_need_no_data(self, package: tuple[Path, Rule]) -> None:
        assert family_of(package[1]) == ("", "")
        text = run("explain", "AC101", "--format", "markdown").stdout
        assert text.startswith("# AC101 late-tide\n\nSeverity: **info**.\n\nA tide is late.\n\n## See also\n")
        assert "On the web" not in text

    def test_bring_their_own(self, package: tuple[Path, Rule]) -> None:
        folder, late = package
        example = {"severity": "info", "distribution": "dist/x.whl", "place": "a:1", "message": "is late"}
        data = {"families": {"AC": {"about": "tides"}}, "rules": {"late-tide": {"example": example}}}
        (folder / RESOURCE).write_text(json.dumps(data))
        assert family_of(late) == ("tides", "")
        assert "  info AC101 late-tide\n    a:1: is late\n" in page(late)

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ("{", "pages.json of acme_pages is not valid JSON"),
            ("[]", "pages.json of acme_pages is not a table"),
            (
                '{"rules": {"late-tide": {"example": {"place": "x"}}}}',
                "does not fit AC101 late-tide: KeyError",
            ),
            (
                '{"rules": {"late-tide": {"remedies": [{"do": "sing"}]}}}',
                "does not fit AC101 late-tide: KeyError",
            ),
            ('{"rules": []}', "does not fit AC101 late-tide"),
            (
                '{"rules": {"late-tides": {}}}',
                "no rule of this package is called 'late-tides'; did you mean 'late-tide'?",
            ),
        ],
    )
    def test_mistakes_are_named(self, package: tuple[Path, Rule], data: str, said: str) -> None:
        (package[0] / RESOURCE).write_text(data)
        done = run("explain", "late-tide")
        assert done.exit_code == 2
        assert said in done.stderr
