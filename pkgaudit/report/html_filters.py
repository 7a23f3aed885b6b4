"""The filters of the HTML report."""

from __future__ import annotations

from collections.abc import Mapping

from pkgaudit.finding import Severity
from pkgaudit.report.html_badges import badge
from pkgaudit.report.html_elements import Html, el
from pkgaudit.report.result import Result


def filters(result: Result, numbers: Mapping[str, int]) -> Html:
    """Return the filters, which a script makes visible.

    ``numbers`` are the numbers of the distributions, by path.
    """
    counts = [each.severity for each in result.counted]
    levels = [
        el(
            "label",
            el("input", type="checkbox", name="severity", value=str(each), checked=True),
            badge(each),
            el("span", f"{counts.count(each):,}", class_="count"),
            class_="check",
        )
        for each in reversed(Severity)
        if each in counts
    ]
    rules = sorted({(each.code, each.name) for each in result.counted})
    families: dict[str, list[Html]] = {}
    for code, name in rules:
        family = code[:2]
        families.setdefault(family, [el("option", f"All of {family}", value=family)])
        families[family].append(el("option", f"{code} {name}", value=f"{code} {name}"))
    groups = [el("optgroup", *options, label=family) for family, options in families.items()]
    paths = [el("option", path, value=number) for path, number in numbers.items() if result.of(path)]
    return el(
        "div",
        el("fieldset", el("legend", "Severity", class_="unseen"), *levels),
        _labeled("Rule", el("select", el("option", "All rules", value=""), *groups, id="by-rule"), "by-rule"),
        _labeled(
            "Distribution",
            el("select", el("option", "All distributions", value=""), *paths, id="by-place"),
            "by-place",
        )
        if len(paths) > 1
        else None,
        _labeled(
            "Text",
            el(
                "input",
                type="search",
                id="by-text",
                placeholder="Path, message, code \u2026",
                autocomplete="off",
            ),
            "by-text",
        ),
        el("p", id="shown", role="status"),
        el("button", "Show all", type="button", id="show-all", hidden=True),
        class_="filters",
        id="filters",
        role="search",
        aria_label="Filter findings",
        hidden=True,
    )


def _labeled(name: str, field: Html, target: str) -> Html:
    return el("div", el("label", name, for_=target), field, class_="field")
