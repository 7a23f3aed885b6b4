"""Writes what the pages on the rules show beside their docstrings, and the tables of docs/configuration.md.

    python -m tools.make_pages

``rules/pages.json``: an example of a finding and its remedies, by auditing the bad cases of each rule, and
the checks of other tools that find the same, from the tables of docs/comparison.md. A test fails when the
files are not what this would write.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixtures.cases import Case, load_cases
from pkgaudit.config import _KEYS
from pkgaudit.described import Option, described, spelled
from pkgaudit.finding import Finding, LeaveOut, Problem
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, Wheel, make_distribution
from pkgaudit.pages import REMEDIES
from pkgaudit.rule import Registry, Rule
from pkgaudit.schema import DESCRIPTIONS, describe_option
from tests.support import audit, registry

ROOT = Path(__file__).parent.parent
FILE = ROOT / "rules" / "pages.json"
COMPARISON = ROOT / "docs" / "comparison.md"
CONFIGURATION = ROOT / "docs" / "configuration.md"

FAMILIES = {
    "AR": "the archive itself",
    "BH": "behaviour",
    "CF": "ignores and baselines",
    "FN": "file names and tags",
    "HM": "hash manifests",
    "LC": "licences",
    "MD": "core metadata",
    "NB": "native binaries",
    "PV": "private traces",
    "RL": "the release as a whole",
    "RM": "the readme",
    "SD": "sdists",
    "SE": "secrets",
    "SF": "stray files",
    "WH": "wheels",
}
GUIDES = {"CF": "findings.html", "SE": "secrets.html"}
"""Families with a page of their own."""

TYPES = {
    "select": "list of rules",
    "extend-select": "list of rules",
    "ignore": "rules or ignores",
    "severity": "table: rule → `'error'`, `'warning'` or `'info'`",
    "fail-on": "`'error'` (default), `'warning'` or `'info'`",
    "profile": "`'default'`, `'pypi'` or `'private'`",
    "pedantic": "true or false (default)",
    "preview": "true or false (default)",
    "inline-ignores": "true (default) or false",
    "per-file-ignores": "table: pattern → rules or ignores",
    "per-distribution-ignores": "table: pattern → rules or ignores",
    "limits": "table, [see below](#limits)",
    "allow": "list of hashes or tables, [see below](#allowing-what-was-found)",
    "baseline": "path, [see below](#baselines)",
}
"""What the keys of the configuration take; what they mean is said by the schema."""

_ITEM = re.compile(r"[A-Z]{2}\d{3} ([a-z][a-z0-9-]+)")
_NO_TOOL = ("What pkgaudit does not do", "Measured")


@dataclass
class Record:
    """What rules were given and what they yielded: findings no longer hold the remedies."""

    problems: list[tuple[str, Problem]] = field(default_factory=list)
    distributions: dict[str, Distribution] = field(default_factory=dict)

    def remedy_of(self, finding: Finding) -> Any:
        """Return the remedy of a finding, or its words."""
        for name, problem in self.problems:
            at = (problem.location, problem.distribution or finding.distribution)
            if name == finding.name and at == (finding.location, finding.distribution):
                return problem.fix
        raise LookupError(f"{finding.name} at {finding.location}")


@contextlib.contextmanager
def recorded(registry: Registry) -> Iterator[Record]:
    """Have the rules of a registry note what they do."""
    record, before = Record(), dict(registry.rules)
    try:
        for rule in before.values():
            function = functools.partial(_run, rule, record)
            functools.update_wrapper(function, rule.function)
            registry.rules[rule.name] = dataclasses.replace(rule, function=function)
        yield record
    finally:
        registry.rules.update(before)


def _run(rule: Rule, record: Record, subject: Any, *arguments: Any, **options: Any) -> Iterator[Problem]:
    for each in getattr(subject, "distributions", [subject]):
        if isinstance(each, Distribution):
            record.distributions[each.path] = each
    for problem in rule.function(subject, *arguments, **options):
        record.problems.append((rule.name, problem))
        yield problem


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """Stand in an empty folder that has a folder ``dist``, so that no path tells where it is."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.chdir(folder)
            Path("dist").mkdir()
            yield
        finally:
            os.chdir(before)


def shown(rule: Rule, cases: list[Case], record: Record) -> dict[str, Any]:
    """Return an example of a rule, the first as severe as the rule is, and remedies for sdist and wheel."""
    example: dict[str, Any] = {}
    remedies: dict[tuple[str, str], dict[str, Any]] = {}
    for case in cases:
        record.problems.clear()
        record.distributions.clear()
        with empty_folder():
            findings = audit(Path("dist"), case.builds(), case.config, case.tracked)
        is_text = True
        for finding in (each for each in findings if each.name == rule.name):
            remedy = record.remedy_of(finding)
            if not example or (example["severity"] != str(rule.severity) == str(finding.severity)):
                example = _example(finding, case)
            distribution = make_distribution(finding.distribution)
            if remedy is None or isinstance(remedy, str) or distribution is None:
                continue
            is_text = False
            known = record.distributions.get(finding.distribution, distribution)
            stored = _remedy(remedy, str(distribution.kind), list(known.by_path))
            remedies.setdefault((stored["do"], stored["kind"]), stored)
        if example.get("severity") == str(rule.severity) and (is_text or len(remedies) == 2):
            break
    found: dict[str, Any] = {"example": example} if example else {}
    if remedies:
        first = next(iter(remedies))[0]
        found["remedies"] = [each for (do, _), each in sorted(remedies.items()) if do == first]
    return found


def _example(finding: Finding, case: Case) -> dict[str, Any]:
    example: dict[str, Any] = {
        "severity": str(finding.severity),
        "distribution": "pyproject.toml" if finding.distribution == "test" else finding.distribution,
        "place": str(finding.location),
        "message": finding.message,
    }
    if finding.fix is not None:
        example["fix"] = finding.fix
    if case.config:
        example["config"] = case.config
    return example


def _remedy(remedy: Any, kind: str, paths: list[str]) -> dict[str, Any]:
    do = next(name for name, made in REMEDIES.items() if isinstance(remedy, made))
    fields = {key: value for key, value in dataclasses.asdict(remedy).items() if value}
    stored: dict[str, Any] = {"do": do, "kind": kind, **fields}
    if do == "set-field":
        stored["kind"] = str(Wheel.kind)  # whose words name all the places where a field may be set
    elif isinstance(remedy, LeaveOut):
        outer = remedy.path.partition("!/")[0]
        inside = [path for path in paths if path.startswith(f"{outer}/")]
        inside.sort(key=lambda path: not path.endswith(".py"))
        stored["members"] = inside[:1] or [outer]
    else:
        stored["members"] = [remedy.path.rpartition("/")[0] + "/__init__.py"] if kind == "sdist" else []
    return stored


def peers() -> dict[str, list[dict[str, str]]]:
    """Return what other tools check, by the names of our rules, from the first table of each section."""
    found: dict[str, list[dict[str, str]]] = {}
    for section in COMPARISON.read_text("utf-8").split("\n## ")[1:]:
        tool = section.partition("\n")[0].partition(" (")[0]
        if tool in _NO_TOOL:
            continue
        for line in [line for line in section.splitlines() if line.startswith("|")][2:]:
            check, ours, differs = (cell.strip() for cell in line.strip("|").split("|"))
            for name in dict.fromkeys(_ITEM.findall(ours)):
                peer = {"tool": tool, "check": check}
                if differs and differs not in ("as before", "as below"):
                    peer["differs"] = differs
                found.setdefault(name, []).append(peer)
    return found


def make() -> dict[str, Any]:
    """Return what ``rules/pages.json`` is to hold."""
    bad: dict[str, list[Case]] = {}
    for case in load_cases():
        if not case.good:
            for rule in registry().find(case.code):
                bad.setdefault(rule.name, []).append(case)
    named = peers()
    rules = {}
    with recorded(registry()) as record:
        for rule in registry():
            rules[rule.name] = shown(rule, bad.get(rule.name, []), record)
            if rule.name in named:
                rules[rule.name]["peers"] = named[rule.name]
    families = {
        family: {"about": about, **({"guide": GUIDES[family]} if family in GUIDES else {})}
        for family, about in FAMILIES.items()
    }
    return {"families": families, "rules": rules}


def as_text(made: dict[str, Any]) -> str:
    """Return the text of the file."""
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    return text.replace("/home/", "\\u002fhome/")  # as it stands, it would be a trace of somebody's machine


def keys_table() -> Iterator[str]:
    """Yield the rows on the keys of the configuration."""
    yield "| key | type | meaning |"
    yield "| --- | --- | --- |"
    for key in _KEYS:
        yield f"| `{key}` | {TYPES[key]} | {DESCRIPTIONS[key]} |"
    yield "| *name of a table* | table | the options of rules, [see below](#tables-of-rules) |"


def limits_table() -> Iterator[str]:
    """Yield the rows on the limits."""
    yield "| key of `limits` | default | meaning |"
    yield "| --- | --- | --- |"
    for option in described(Limits):
        yield f"| `{option.key}` | {option.default:,} | {_meaning(option, Limits)} |"


def rules_table() -> Iterator[str]:
    """Yield the rows on the options of rules; those that a class gives to many tables come first."""
    tables: dict[str, tuple[type[Any], list[Rule]]] = {}
    for rule in registry():
        if rule.options is not None:
            tables.setdefault(rule.table, (rule.options, []))[1].append(rule)
    homes: dict[type[Any], list[str]] = {}
    for table, (made, _) in tables.items():
        for home in dict.fromkeys(option.home for option in described(made)):
            homes.setdefault(home, []).append(table)
    yield "| table | rules | key | type | default | meaning |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for home, names in homes.items():
        made = tables[names[0]][0]
        by_meaning: dict[str, list[Option]] = {}
        for option in described(made):
            if option.home is home:
                by_meaning.setdefault(_meaning(option, made), []).append(option)
        ours = ", ".join(f"`{name}`" for name in names)
        codes = ", ".join(dict.fromkeys(rule.code for name in names for rule in tables[name][1]))
        for meaning, options in by_meaning.items():
            keys = ", ".join(f"`{option.key}`" for option in options)
            types = " or ".join(dict.fromkeys(option.kind for option in options))
            defaults = " or ".join(dict.fromkeys(map(_default, options)))
            if len(names) > 1 and made is not home:
                defaults = "of the rule"
            yield f"| {ours} | {codes} | {keys} | {types} | {defaults} | {meaning} |"


def _default(option: Option) -> str:
    return "none" if option.default in (None, (), {}) else f"`{spelled(option.default)}`"


def _meaning(option: Option, made: type[Any]) -> str:
    """Return what an option means, without its name where it begins with it."""
    said = describe_option(made, option.key.replace("-", "_"))
    said = re.sub(rf"\A(?:The|Base of the) options(?: of `\w+`)?: |\A`{option.key}`: ", "", said)
    said = said.rstrip(".").replace("|", "\\|")
    return re.sub(r"(?<!<)(https://[^\s)]+)", r"<\1>", said)


def configuration(text: str) -> str:
    """Return the page on the configuration with its tables between their marks."""
    for name, rows in (
        ("keys", keys_table()),
        ("limits", limits_table()),
        ("tables", rules_table()),
    ):
        start, end = f"<!-- {name}: written by python -m tools.make_pages -->\n", f"<!-- end of {name} -->\n"
        head, found, rest = text.partition(start)
        _, ended, tail = rest.partition(end)
        if not found or not ended:
            raise SystemExit(f"{CONFIGURATION.name} has no marks for the {name}")
        text = f"{head}{start}\n" + "\n".join(rows) + f"\n\n{end}{tail}"
    return text


if __name__ == "__main__":
    FILE.write_text(as_text(make()), "utf-8")
    CONFIGURATION.write_text(configuration(CONFIGURATION.read_text("utf-8")), "utf-8")
