"""The report of ``tools.ecosystem``, in Markdown for a pull request and in JSON.

Messages quote distributions, so all texts pass the same escaping functions as in pkgaudit's own reports.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pkgaudit.formatting import counted
from pkgaudit.report.escape import code_span, cut, prose
from tools.ecosystem.difference import Change, FileDifference, Finding

T = TypeVar("T")

_LONGEST = 500
"""The longest text in characters; longer texts lose their middle. Comments on GitHub have at most 65,536."""

_NAMED_FILES = 5
"""The number of files that are named for the same difference; the JSON names all."""

_PROBLEMS = 30
"""The number of different errors that are shown; many errors usually have one cause. The JSON has all."""


@dataclass(frozen=True)
class Comparison:
    """The content of the report: the revisions with their commits and rules, and the differences."""

    base: tuple[str, str]
    head: tuple[str, str]
    base_rules: Mapping[str, str]
    head_rules: Mapping[str, str]
    renamed: Mapping[str, str]
    arguments: Sequence[str]
    files: Sequence[FileDifference]

    @property
    def compared(self) -> list[FileDifference]:
        """The files with a report from both revisions."""
        return [each for each in self.files if each.compared]

    @property
    def cpu(self) -> tuple[float, float]:
        """The processor time of both revisions in seconds, only for compared files."""
        return sum(each.cpu[0] for each in self.compared), sum(each.cpu[1] for each in self.compared)

    def only_in_base(self) -> list[str]:
        """Return the rules that only the base has, except renamed rules."""
        renamed = self.renamed
        old = {renamed.get(code, code): name for code, name in self.base_rules.items()}
        return [f"{code} {name}" for code, name in sorted(old.items()) if code not in self.head_rules]

    def only_in_head(self) -> list[str]:
        """Return the rules that only the head has, except renamed rules."""
        old = {self.renamed.get(code, code) for code in self.base_rules}
        return [f"{code} {name}" for code, name in sorted(self.head_rules.items()) if code not in old]


@dataclass(frozen=True)
class RuleDifference:
    """The differences for one rule, each with the label of the file."""

    gained: list[tuple[str, Finding]]
    lost: list[tuple[str, Finding]]
    changed: list[tuple[str, Change]]

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The numbers of gained, lost and changed findings."""
        return len(self.gained), len(self.lost), len(self.changed)


def by_rule(files: Iterable[FileDifference]) -> dict[tuple[str, str], RuleDifference]:
    """Return the differences by code and name of the rule, sorted by code."""
    found: dict[tuple[str, str], RuleDifference] = defaultdict(lambda: RuleDifference([], [], []))
    for each in files:
        for finding in each.gained:
            found[finding["code"], finding["name"]].gained.append((each.file, finding))
        for finding in each.lost:
            found[finding["code"], finding["name"]].lost.append((each.file, finding))
        for change in each.changed:
            found[change.after["code"], change.after["name"]].changed.append((each.file, change))
    return dict(sorted(found.items()))


def markdown(comparison: Comparison, most: int) -> str:
    """Return the report in Markdown, with at most ``most`` findings of each kind for each rule."""
    rules = by_rule(comparison.files)
    lines = [
        *_head(comparison, rules.values()),
        *_troubles(comparison.files),
        *_table(rules),
        *(line for rule, difference in rules.items() for line in _details(rule, difference, most)),
        *_elsewhere(comparison.files),
    ]
    return "\n".join(lines) + "\n"


def _head(comparison: Comparison, rules: Iterable[RuleDifference]) -> Iterator[str]:
    base, head = (_revision(*each) for each in (comparison.base, comparison.head))
    yield f"## Ecosystem: {base} → {head}"
    yield ""
    gained, lost, changed = _sums(rules)
    before = sum(each.before for each in comparison.files)
    after = sum(each.after for each in comparison.files)
    line = f"{counted(len(comparison.files), 'file')}: {before:,} → {after:,} findings; "
    line += f"{gained:,} gained, {lost:,} lost, {changed:,} changed. {_cost(*comparison.cpu)}"
    missing = len(comparison.files) - len(comparison.compared)
    if missing:
        line += f" **{counted(missing, 'file')} could not be compared.**"
    yield line
    facts = {
        "Options": comparison.arguments,
        "Renamed": [f"{old} → {new}" for old, new in comparison.renamed.items()],
        "Rules only in the base": comparison.only_in_base(),
        "Rules only in the head": comparison.only_in_head(),
    }
    for title, values in facts.items():
        if values:
            yield ""
            yield f"{title}: {', '.join(map(code_span, values))}."


def _revision(name: str, commit: str) -> str:
    if name == ".":
        return f"working tree on {code_span(commit[:10])}"
    return code_span(name) if commit.startswith(name) else f"{code_span(name)} ({code_span(commit[:10])})"


def _sums(rules: Iterable[RuleDifference]) -> tuple[int, int, int]:
    numbers = [each.numbers for each in rules]
    return (
        sum(each[0] for each in numbers),
        sum(each[1] for each in numbers),
        sum(each[2] for each in numbers),
    )


def _cost(before: float, after: float) -> str:
    ratio = f" (factor {after / before:.2f})" if before else ""
    return f"Processor time {before:.1f} s → {after:.1f} s{ratio}."


def _troubles(files: Iterable[FileDifference]) -> Iterator[str]:
    """Yield the errors, each text once, with the affected files."""
    sides: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in files:
        for trouble in each.troubles:
            sides[trouble.message, each.file].add(trouble.side)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (message, file), which in sides.items():
        found["base and head" if len(which) > 1 else min(which), message].append(file)
    if not found:
        return
    yield from ("", "### Errors", "")
    # Errors of only the head come first, because the change most likely causes them.
    order = ("head", "base", "base and head")
    rows = sorted(found.items(), key=lambda row: order.index(row[0][0]))
    for (side, message), concerned in rows[:_PROBLEMS]:
        yield f"- {side}: {_text(message)}: {_files(concerned)}"
    if len(rows) > _PROBLEMS:
        yield f"- and {len(rows) - _PROBLEMS:,} more"


def _files(labels: Sequence[str]) -> str:
    shown = ", ".join(code_span(each) for each in labels[:_NAMED_FILES])
    more = len(labels) - _NAMED_FILES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _table(rules: Mapping[tuple[str, str], RuleDifference]) -> Iterator[str]:
    if not rules:
        return
    yield from ("", "| rule | gained | lost | changed |", "| --- | ---: | ---: | ---: |")
    for (code, name), difference in rules.items():
        title = code_span(f"{code} {name}").replace("|", "\\|")
        yield f"| {title} | {' | '.join(f'{each:,}' for each in difference.numbers)} |"


def _details(rule: tuple[str, str], difference: RuleDifference, most: int) -> Iterator[str]:
    numbers = zip(difference.numbers, ("gained", "lost", "changed"), strict=True)
    title = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
    yield from ("", "<details>", f"<summary>{html.escape(' '.join(rule))}: {title}</summary>", "")
    yield from _list("gained", difference.gained, most, _finding)
    yield from _list("lost", difference.lost, most, _finding)
    yield from _list("changed", difference.changed, most, _change)
    yield from ("", "</details>")


def _list(
    word: str, found: Sequence[tuple[str, T]], most: int, write: Callable[[str, T], Iterator[str]]
) -> Iterator[str]:
    for file, each in spread(found, most):
        first, *rest = write(file, each)
        yield f"- {word}: {first}"
        yield from rest
    if len(found) > most:
        yield f"- {len(found) - most:,} more {word}"


def spread(found: Sequence[tuple[str, T]], most: int) -> list[tuple[str, T]]:
    """Return at most ``most`` items, from as many files as possible, in their original order."""
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for number, (file, _) in enumerate(found):
        ranked.append((seen[file], number))
        seen[file] += 1
    return [found[number] for number in sorted(number for _, number in sorted(ranked)[:most])]


def _finding(file: str, finding: Finding) -> Iterator[str]:
    yield f"{finding['severity']}, {_where(file, finding)}: {_text(finding['message'])}"


def _change(file: str, change: Change) -> Iterator[str]:
    message = "" if "message" in change.aspects else f": {_text(change.before['message'])}"
    yield f"{', '.join(change.aspects)}, {_where(file, change.before)}{message}"
    for aspect in change.aspects:
        old, new = (_value(each, aspect) for each in (change.before, change.after))
        yield f"  - {aspect} before: {old}" if aspect != "severity" else f"  - {aspect}: {old} → {new}"
        if aspect != "severity":
            yield f"  - {aspect} after: {new}"


def _value(finding: Finding, aspect: str) -> str:
    if aspect == "place":
        return _place(finding) or "the whole file"
    if aspect == "other places":
        places = [_place(each) or "the whole file" for each in finding.get("also", [])]
        return f"{len(places):,}" + (f", from {places[0]} to {places[-1]}" if places else "")
    return _text(str(finding.get(aspect) or "none"))


def _where(file: str, finding: Finding) -> str:
    place = _place(finding)
    return f"{code_span(file)}, {place}" if place else code_span(file)


def _place(value: Mapping[str, Any]) -> str:
    parts = [str(value[key]) for key in ("member", "line", "column") if value.get(key) is not None]
    return code_span(cut(":".join(parts), _LONGEST)) if parts else ""


def _text(text: str) -> str:
    return prose(cut(" ".join(text.split()), _LONGEST))


def _elsewhere(files: Sequence[FileDifference]) -> Iterator[str]:
    """Yield the differences outside findings, with their files."""
    concerned: dict[str, list[str]] = defaultdict(list)
    for each in files:
        for key in each.elsewhere:
            concerned[key].append(each.file)
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, labels in sorted(concerned.items()):
        found[tuple(labels)].append(key)
    if not found:
        return
    yield from ("", "<details>")
    yield "<summary>Other differences in the JSON reports</summary>"
    yield ""
    for named, keys in found.items():
        which = "all files" if len(named) == len(files) else f"{counted(len(named), 'file')}: {_files(named)}"
        yield f"- {', '.join(map(code_span, keys))} in {which}"
    yield from ("", "</details>")


def in_json(comparison: Comparison) -> dict[str, Any]:
    """Return the complete comparison as JSON values."""
    rules = by_rule(comparison.files)
    gained, lost, changed = _sums(rules.values())
    return {
        "base": {"revision": comparison.base[0], "commit": comparison.base[1]},
        "head": {"revision": comparison.head[0], "commit": comparison.head[1]},
        "arguments": list(comparison.arguments),
        "renamed": dict(comparison.renamed),
        "rules_only_in_base": comparison.only_in_base(),
        "rules_only_in_head": comparison.only_in_head(),
        "totals": {"gained": gained, "lost": lost, "changed": changed},
        "cpu": {"base": comparison.cpu[0], "head": comparison.cpu[1]},
        "rules": [
            {"code": code, "name": name, "gained": gained, "lost": lost, "changed": changed}
            for (code, name), difference in rules.items()
            for gained, lost, changed in [difference.numbers]
        ],
        "files": [_file(each) for each in comparison.files],
    }


def _file(each: FileDifference) -> dict[str, Any]:
    return {
        "file": each.file,
        "compared": each.compared,
        "findings": {"base": each.before, "head": each.after},
        "cpu": {"base": each.cpu[0], "head": each.cpu[1]},
        "errors": [{"side": trouble.side, "message": trouble.message} for trouble in each.troubles],
        "gained": each.gained,
        "lost": each.lost,
        "changed": [
            {"in": list(change.aspects), "before": change.before, "after": change.after}
            for change in each.changed
        ],
        "elsewhere": each.elsewhere,
    }
