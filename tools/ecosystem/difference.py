"""The differences between two JSON reports on the same file, for ``tools.ecosystem``."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Finding = dict[str, Any]

_PLACE = ("distribution", "member", "line", "column")
_RULE = ("code", "name")

_DERIVED = frozenset({"counts", "pastes", "verdict", "distributions.verdict"})
"""Values that follow from the findings; if the findings differ, these are not reported separately."""

_NAMED_AFTER_RULE = ("fingerprint", "url")
"""Values of a finding that change with the code or the name of its rule."""


@dataclass(frozen=True)
class Change:
    """A finding of both revisions with visible differences, which ``aspects`` names."""

    before: Finding
    after: Finding
    aspects: tuple[str, ...]


@dataclass(frozen=True)
class Trouble:
    """A failure of a revision to audit a file, or a part of it; ``side`` is ``base`` or ``head``."""

    side: str
    message: str


@dataclass
class FileDifference:
    """The differences for one file.

    ``elsewhere`` names the differing parts of the report, except visible parts of findings. A file without a
    report from both revisions is not ``compared``.
    """

    file: str
    compared: bool = True
    before: int = 0
    after: int = 0
    gained: list[Finding] = field(default_factory=list)
    lost: list[Finding] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    cpu: tuple[float, float] = (0, 0)

    @property
    def findings_differ(self) -> bool:
        """Whether findings were gained, lost or changed."""
        return bool(self.gained or self.lost or self.changed)


def compare_documents(
    file: str, before: dict[str, Any], after: dict[str, Any], renamed: Mapping[str, str] | None = None
) -> FileDifference:
    """Return the differences between two reports.

    ``renamed`` maps former codes and names of rules to those in the second report.
    """
    renamed = renamed or {}
    before, after = normalized(before, renamed), normalized(after, renamed, is_new=True)
    difference = FileDifference(file, True, len(before["findings"]), len(after["findings"]))
    pairs, difference.lost, difference.gained = pair_up(before["findings"], after["findings"])
    hidden = set()
    for old, new in pairs:
        aspects = _aspects(old, new)
        if aspects:
            difference.changed.append(Change(old, new, aspects))
        hidden |= {f"findings.{key}" for key in _unequal(_unseen(old, aspects), _unseen(new, aspects))}
    if not renamed and _is_reordered(before["findings"], after["findings"], pairs):
        hidden.add("order of findings")
    for side, document in (("base", before), ("head", after)):
        difference.troubles += [Trouble(side, _in_one_line(each)) for each in document["errors"]]
    hidden |= _outside(before, after)
    explained = difference.findings_differ or before["errors"] != after["errors"]
    difference.elsewhere = sorted(hidden - _DERIVED if explained else hidden)
    return difference


def relabeled(value: Any, path: str, label: str) -> Any:
    """Return a JSON value with a path replaced by the label of the file in all texts."""
    if isinstance(value, str):
        return value.replace(path, label)
    if isinstance(value, list):
        return [relabeled(each, path, label) for each in value]
    if isinstance(value, dict):
        return {key: relabeled(each, path, label) for key, each in value.items()}
    return value


def normalized(document: dict[str, Any], renamed: Mapping[str, str], is_new: bool = False) -> dict[str, Any]:
    """Return a report without the version of the tool, and with the new codes and names of rules.

    For renamed rules, values that are derived from the code or the name are left out in both reports.
    """
    made = {key: value for key, value in document.items() if key != "tool"}
    for key in ("findings", "suppressed_findings"):
        made[key] = [_renamed(each, renamed, is_new) for each in document.get(key, [])]
    made["suppressed_findings"].sort(key=_canonical)
    rules = {} if is_new else renamed
    made["errors"] = [
        each | {"rule": rules.get(each.get("rule") or "", each.get("rule"))}
        for each in document.get("errors", [])
    ]
    return made


def _renamed(finding: Finding, renamed: Mapping[str, str], is_new: bool) -> Finding:
    made = dict(finding)
    if not is_new:
        made |= {key: renamed.get(made[key], made[key]) for key in _RULE}
    if any(made[key] in renamed.values() for key in _RULE):
        for key in _NAMED_AFTER_RULE:
            made.pop(key, None)
    return made


def pair_up(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[list[tuple[Finding, Finding]], list[Finding], list[Finding]]:
    """Return the pairs of matching findings, the lost findings, and the gained findings.

    Equal findings are paired first, then findings with fewer and fewer equal values, so a finding with a
    changed message is never paired while one with the same message is left.
    """
    pairs: list[tuple[Finding, Finding]] = []
    lost, gained = list(before), list(after)
    for key in _LIKENESSES:
        waiting: dict[Hashable, list[Finding]] = defaultdict(list)
        for each in gained:
            waiting[key(each)].append(each)
        left = []
        for each in lost:
            alike = waiting.get(key(each))
            if key(each) is not None and alike:
                pairs.append((each, alike.pop(0)))
            else:
                left.append(each)
        taken = {id(new) for _, new in pairs}
        lost, gained = left, [each for each in gained if id(each) not in taken]
    return pairs, lost, gained


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _key(*names: str) -> Callable[[Finding], Hashable]:
    return lambda finding: _canonical([finding.get(name) for name in names])


def _fingerprint(finding: Finding) -> Hashable:
    value = finding.get("fingerprint")
    return None if value is None else (finding["code"], value)


_LIKENESSES: tuple[Callable[[Finding], Hashable], ...] = (
    _canonical,
    lambda finding: _canonical([finding["code"], _seen(finding)]),
    _key(*_RULE, *_PLACE, "message"),
    _fingerprint,
    _key(*_RULE, "distribution", "member", "message"),
    _key(*_RULE, *_PLACE),
    _key("code", *_PLACE, "message"),
)


def _seen(finding: Finding) -> dict[str, Any]:
    """Return the visible values of a finding."""
    return {
        "name": finding["name"],
        "severity": finding["severity"],
        "place": _place(finding),
        "message": finding["message"],
        "fix": finding.get("fix"),
        "other places": [_place(each) for each in finding.get("also", [])],
    }


def _place(value: Mapping[str, Any]) -> list[Any]:
    return [value.get(key) for key in _PLACE]


def _unseen(finding: Finding, aspects: Sequence[str]) -> dict[str, Any]:
    """Return the other values; further values of other places only if the places are equal."""
    seen = {*_RULE, *_PLACE, "severity", "message", "fix", "also"}
    rest = {key: value for key, value in finding.items() if key not in seen}
    if "other places" not in aspects and "also" in finding:
        rest["also"] = finding["also"]
    return rest


def _aspects(old: Finding, new: Finding) -> tuple[str, ...]:
    return tuple(_unequal(_seen(old), _seen(new)))


def _unequal(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the keys with different values, or missing on one side."""
    return [key for key in {**old, **new} if key not in old or key not in new or old[key] != new[key]]


def _is_reordered(before: list[Finding], after: list[Finding], pairs: list[tuple[Finding, Finding]]) -> bool:
    """Return whether only the order of findings differs."""
    if not len(before) == len(after) == len(pairs) or any(_aspects(*each) for each in pairs):
        return False
    partner = {id(old): id(new) for old, new in pairs}
    return [partner[id(each)] for each in before] != [id(each) for each in after]


def _outside(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the differences outside the findings."""
    found = set(_unequal(before, after)) - {"findings"}
    if "distributions" in found:
        old, new = before.get("distributions", []), after.get("distributions", [])
        if len(old) == len(new):
            found.remove("distributions")
            found |= {
                f"distributions.{key}" for pair in zip(old, new, strict=True) for key in _unequal(*pair)
            }
    return found


def _in_one_line(error: Mapping[str, Any]) -> str:
    """Return an error of a report on one line."""
    where = [error[key] for key in ("rule", "member") if error.get(key)]
    return ": ".join([*where, str(error.get("message"))])
