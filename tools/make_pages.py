"""Write ``pages.json`` in the folder of each family, which complements the docstrings on rule pages.

    python -m tools.make_pages [RULE…]

The entry of a rule has an example of a finding and its remedies, from an audit of the rule's bad cases, and
similar checks of other tools, from the tables in docs/comparison.md. RULE is a code, a code prefix or a name;
without it, the script writes all pages. ``families`` is written by hand. A test fails if the files differ
from the output of this script.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixtures.cases import Case, load_cases
from pkgaudit.finding import Exclude, Finding, Location, Problem
from pkgaudit.model.distribution import Distribution, Wheel, make_distribution
from pkgaudit.model.ignores import Ignores
from pkgaudit.pages.rule_page import REMEDIES
from pkgaudit.rule import Registry, Rule
from tests.support import audit, planned, registry

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
COMPARISON = ROOT / "docs" / "comparison.md"

_ITEM = re.compile(r"[A-Z]{2}\d{3} ([a-z][a-z0-9-]+)")
_NO_TOOL = ("What pkgaudit does not do", "Results")


@dataclass
class Record:
    """The inputs and outputs of rules, because findings no longer contain the remedies."""

    problems: list[tuple[str, Problem]] = field(default_factory=list)
    distributions: dict[str, Distribution] = field(default_factory=dict)

    def remedy_of(self, finding: Finding) -> Any:
        """Return the remedy of a finding, as an object or a text."""
        for name, problem in self.problems:
            at = (problem.location, problem.distribution or finding.distribution)
            if name == finding.name and at == (finding.location, finding.distribution):
                return problem.fix
        raise LookupError(f"{finding.name} at {finding.location}")


@contextlib.contextmanager
def recorded(registry: Registry) -> Iterator[Record]:
    """Record the inputs and outputs of the rules in a registry."""
    record, before = Record(), dict(registry.rules)
    try:
        for rule in before.values():
            function = functools.partial(_run, rule, record)
            functools.update_wrapper(function, rule.function)
            registry.rules[rule.name] = dataclasses.replace(rule, function=function)
        planned.cache_clear()  # plans of audits contain the functions of rules
        yield record
    finally:
        registry.rules.update(before)
        planned.cache_clear()


def _run(rule: Rule, record: Record, subject: Any, *arguments: Any, **options: Any) -> Iterator[Problem]:
    for each in getattr(subject, "distributions", [subject]):
        if isinstance(each, Distribution):
            record.distributions[each.path] = each
    for problem in rule.function(subject, *arguments, **options):
        record.problems.append((rule.name, problem))
        yield problem


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """Work in an empty folder with a subfolder ``dist``, so no path contains a folder of this machine."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.chdir(folder)
            Path("dist").mkdir()
            yield
        finally:
            os.chdir(before)


def shown(rule: Rule, cases: list[Case], record: Record) -> dict[str, Any]:
    """Return an example of a rule, if possible with the rule's severity, and remedies for sdist and wheel."""
    example: dict[str, Any] = {}
    remedies: dict[tuple[str, str], dict[str, Any]] = {}
    for case in cases:
        record.problems.clear()
        record.distributions.clear()
        # Rules over ignores need the findings of other rules, and AR115 needs rules that parse sources.
        alone = {} if issubclass(rule.subject, Ignores) else {"select": [rule.name]}
        with empty_folder():
            findings = audit(Path("dist"), case.given(), case.config | alone, case.tracked, case.untagged)
            if not findings:
                findings = audit(Path("dist"), case.given(), case.config, case.tracked, case.untagged)
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


def _place(location: Location) -> str:
    """Return a place as the text report shows it."""
    is_line = location.member is None and location.line is not None
    return f"line {location.line}" if is_line else str(location)


def _example(finding: Finding, case: Case) -> dict[str, Any]:
    example: dict[str, Any] = {
        "severity": str(finding.severity),
        "distribution": "pyproject.toml" if finding.distribution == "test" else finding.distribution,
        "place": _place(finding.location),
        "message": finding.message,
    }
    if finding.fix is not None:
        example["fix"] = finding.fix
    if case.config:
        example["config"] = case.config
    return example


def _remedy(remedy: Any, kind: str, paths: list[str]) -> dict[str, Any]:
    do = next(name for name, made in REMEDIES.items() if isinstance(remedy, made))
    # The values to set are no part of a page, which shows the remedy in words.
    given = {
        key: value
        for key, value in dataclasses.asdict(remedy).items()
        if value and key not in ("right", "is_guess")
    }
    fields = {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
    stored: dict[str, Any] = {"do": do, "kind": kind, **fields}
    if do == "set-field":
        stored["kind"] = str(Wheel.kind)  # for a wheel, the text names all places where the field may be set
    elif isinstance(remedy, Exclude):
        outer = remedy.path.partition("!/")[0]
        inside = [path for path in paths if path.startswith(f"{outer}/")]
        inside.sort(key=lambda path: not path.endswith(".py"))
        stored["members"] = inside[:1] or [outer]
    else:
        stored["members"] = [remedy.path.rpartition("/")[0] + "/__init__.py"] if kind == "sdist" else []
    return stored


def peers() -> dict[str, list[dict[str, str]]]:
    """Return the checks of other tools by the names of our rules, from the first table of each section."""
    found: dict[str, list[dict[str, str]]] = {}
    for section in COMPARISON.read_text("utf-8").split("\n## ")[1:]:
        tool = section.partition("\n")[0].partition(" (")[0]
        if tool in _NO_TOOL:
            continue
        for line in [line for line in section.splitlines() if line.startswith("|")][2:]:
            check, ours, differs = (cell.strip() for cell in line.strip("|").split("|"))
            for name in dict.fromkeys(_ITEM.findall(ours)):
                peer = {"tool": tool, "check": check}
                if differs:
                    peer["differs"] = differs
                found.setdefault(name, []).append(peer)
    return found


def file_of(rule: Rule) -> Path:
    """Return the ``pages.json`` with the entry of a rule."""
    return RULES / rule.function.__module__.split(".")[2] / "pages.json"


def make(rules: Collection[Rule]) -> dict[str, dict[str, Any]]:
    """Return the entries of rules by name."""
    named = peers()
    made = {}
    with recorded(registry()) as record:
        for rule in rules:
            cases = [case for case in load_cases() if not case.good and case.code in (rule.code, rule.name)]
            made[rule.name] = shown(rule, cases, record)
            if rule.name in named:
                made[rule.name]["peers"] = named[rule.name]
    return made


def read(file: Path) -> dict[str, Any]:
    """Return the content of a ``pages.json``, or an empty one if it does not exist."""
    stored: dict[str, Any] = {"families": {}, "rules": {}}
    return json.loads(file.read_text("utf-8")) if file.exists() else stored


def write(rules: Collection[Rule]) -> None:
    """Write the entries of rules into the files of their families; remove entries of removed rules."""
    made = make(rules)
    for file in dict.fromkeys(map(file_of, rules)):
        stored = read(file)
        entries = stored["rules"] | made
        mine = [rule.name for rule in registry() if file_of(rule) == file]
        stored["rules"] = {name: entries[name] for name in mine if name in entries}
        for family in {rule.family for rule in rules if file_of(rule) == file}:
            stored["families"].setdefault(family, {"about": file.parent.name})
        file.write_text(as_text(stored), "utf-8")


def as_text(made: dict[str, Any]) -> str:
    """Return the text of the file."""
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    return text.replace("/home/", "\\u002fhome/")  # unescaped, it would be a private trace


def main(words: list[str]) -> None:
    """Write the entries of the named rules, or of all rules."""
    unknown = [word for word in words if not registry().find(word)]
    if unknown:
        raise SystemExit(f"no rule is called {unknown[0]!r}; 'pkgaudit rules' lists them all")
    write(dict.fromkeys(rule for word in words or ["ALL"] for rule in registry().find(word)))


if __name__ == "__main__":
    main(sys.argv[1:])
