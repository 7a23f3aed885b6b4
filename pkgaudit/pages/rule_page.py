"""The page of a rule in Markdown, for ``pkgaudit explain`` and the site.

Most of it is the docstring of the rule. The rest is in ``pages.json`` in the package of the rule's module, of
any project: under ``rules``, by name, an ``example`` of a finding, the ``remedies`` that depend on the build
backend, and similar checks of other tools (``peers``); under ``families``, by the two letters, the subject of
a family (``about``) and its page on the site (``guide``). All keys are optional.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any

from pkgaudit.advice import in_words
from pkgaudit.config.table import nearest
from pkgaudit.finding import Exclude, Include, Remedy, SetField
from pkgaudit.formatting import without_place
from pkgaudit.model.distribution import Distribution, Sdist, Wheel
from pkgaudit.model.entry import Entry, EntryType
from pkgaudit.pages.option_docs import Option, bare, described, documentation_of, spelled
from pkgaudit.pages.site import docs_url
from pkgaudit.renamed import REMEDY_NAMES
from pkgaudit.rule import Rule, RuleError

RESOURCE = "pages.json"
"""The file in the package of a rule's module that complements the docstrings."""

BACKENDS = {
    "setuptools": ("setuptools.build_meta", "setuptools (82.0)"),
    "hatchling": ("hatchling.build", "hatchling 1.27"),
    "flit": ("flit_core.buildapi", "flit 3.12"),
    "poetry": ("poetry.core.masonry.api", "poetry-core 2.5"),
    "pdm": ("pdm.backend", "pdm-backend 2.4"),
    "uv_build": ("uv_build", "uv 0.13"),
    "maturin": ("maturin", "maturin (1.9)"),
    "scikit-build-core": ("scikit_build_core.build", "scikit-build-core 0.11"),
    "meson-python": ("mesonpy", "meson"),
}
"""The build backends: ``build-backend`` in their projects, and ``Generator`` in their wheels."""

REMEDIES: dict[str, type[Exclude] | type[Include] | type[SetField]] = {
    "exclude": Exclude,
    "include": Include,
    "set-field": SetField,
}
"""The remedies by the key ``do`` in ``pages.json``."""

_WIDTH = 76
"""Characters of a line of code: with the indentation of a block it fits into 80 columns."""

_MANY = 60
"""The length of a default value, in characters, over which it gets its own lines."""


_LINE = re.compile(r"(?::\d+){1,2}\Z")
"""The line and the column at the end of a place."""


def page(rule: Rule) -> str:
    """Return the page of a rule. Its only first-level heading is its title.

    Raises:
        RuleError: the ``pages.json`` of the rule's package cannot be used.
    """
    try:
        more = _resource_of(rule).get("rules", {}).get(rule.name, {})
        return "\n\n".join(part.strip("\n") for part in _parts(rule, more)) + "\n"
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        home = _package_of(rule)
        message = (
            f"{RESOURCE} of {home} does not fit {rule.code} {rule.name}: {type(error).__name__}: {error}"
        )
        raise RuleError(message) from error


def check_names(rules: Iterable[Rule]) -> None:
    """Check that each name in a ``pages.json`` is that of a rule in the same package.

    Raises:
        RuleError: a name is unknown, so its entry would be on no page.
    """
    names: dict[str, set[str]] = {}
    for rule in rules:
        names.setdefault(_package_of(rule), set()).update((rule.name, *rule.formerly))
    for package, known in names.items():
        listed = _resource(package).get("rules", {})
        for name in listed if isinstance(listed, dict) else ():
            if name not in known:
                hint = nearest(name, known)
                raise RuleError(f"{RESOURCE} of {package}: no rule of this package is called {name!r}{hint}")


def family_of(rule: Rule) -> tuple[str, str]:
    """Return the subject of a rule's family, and its guide on the site; both may be empty."""
    family = _resource_of(rule).get("families", {}).get(rule.family, {})
    return family.get("about", ""), family.get("guide", "")


def is_on_site(rule: Rule) -> bool:
    """Return whether the site has a page of the rule: it has one for each rule of pkgaudit."""
    return rule.function.__module__.partition(".")[0] == __name__.partition(".")[0]


def marks_of(rule: Rule) -> list[str]:
    """Return sentences about the runs that include the rule."""
    marks = []
    if rule.index:
        marks.append("Predicts a rejection by PyPI, so the profile `pypi` includes the rule.")
    if rule.pypi_only:
        marks.append("Other indexes may accept such files, so the profile `private` excludes the rule.")
    if rule.pedantic:
        marks.append("Runs only with `--pedantic` or when selected.")
    if rule.preview:
        marks.append("New: runs only with `--preview` or when selected.")
    if rule.since:
        marks.append(f"Since version {rule.since}.")
    if former := [f"`{each}`" for each in rule.formerly if "/" not in each]:
        marks.append(f"Formerly {', '.join(former)}.")
    return marks


def _package_of(rule: Rule) -> str:
    module = sys.modules.get(rule.function.__module__)
    return (module.__package__ or "") if module else ""


def _resource_of(rule: Rule) -> Mapping[str, Any]:
    return _resource(_package_of(rule))


@cache
def _resource(package: str) -> Mapping[str, Any]:
    if not package:
        return {}
    try:
        text = files(package).joinpath(RESOURCE).read_text("utf-8")
    except (OSError, ModuleNotFoundError):
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise RuleError(f"{RESOURCE} of {package} is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise RuleError(f"{RESOURCE} of {package} is not a table")
    return found


def _parts(rule: Rule, more: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of the page: the sections of the docstring in order, and generated sections."""
    yield f"# {rule.code} {rule.name}"
    yield " ".join([f"Severity: **{rule.severity}**.", *marks_of(rule)])
    lead, *sections = f"\n{rule.documentation}".split("\n## ")
    yield lead
    example = more.get("example")
    remedies = list(_by_backends(more.get("remedies", ())))
    if example:
        yield from _example(rule, example, with_fix=not remedies)
    last = [each for each in sections if each.startswith("References\n")]
    for section in sections:
        if section not in last:
            yield f"## {section}"
    if remedies:
        yield "### With your build backend"
        yield from remedies
    yield from _options(rule)
    yield from _peers(more.get("peers", ()))
    yield from (f"## {section}" for section in last)
    yield from _see_also(rule)


def _example(rule: Rule, example: Mapping[str, Any], with_fix: bool) -> Iterator[str]:
    yield "## Example"
    if example.get("config"):
        yield "With this configuration:"
        yield f"```toml\n{_as_toml(example['config'])}\n```"
    place = f"{example['place']}: " if example.get("place") else ""
    lines = [example["distribution"], f"  {example['severity']} {rule.code} {rule.name}"]
    member = _LINE.sub("", example.get("place") or "")
    lines += _wrapped(f"{place}{without_place(example['message'], member)}", "    ")
    if with_fix and example.get("fix"):
        head, _, paste = example["fix"].partition("\n")
        lines += _wrapped(f"fix: {head}", "      ", "           ")
        lines += textwrap.indent(paste, " " * 11).splitlines()
    yield "```text\n" + "\n".join(lines) + "\n```"


def _wrapped(text: str, indent: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def remedy_of(stored: Mapping[str, Any]) -> Remedy:
    """Return the remedy of an entry in ``remedies``."""
    given = {key: value for key, value in stored.items() if key not in ("do", "kind", "members")}
    known: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
    }
    do = stored["do"]
    return REMEDIES[REMEDY_NAMES.get(do, do)](**known)


def _by_backends(remedies: Any) -> Iterator[str]:
    """Yield the remedies that depend on the build backend."""
    for stored in remedies:
        remedy = remedy_of(stored)
        words = {
            label: in_words(remedy, built_with(label, stored["kind"], stored.get("members", ())))
            for label in BACKENDS
        }
        if len(set(words.values())) > 1:
            yield _by_backend(words)


def _by_backend(words: Mapping[str, str]) -> str:
    """Return the text for all backends, and then a list with the text for each backend."""
    heads = {label: text.partition("\n")[0].removesuffix(":") for label, text in words.items()}
    columns = zip(*heads.values(), strict=False)
    common = "".join(column[0] for column in takewhile(lambda each: len({*each}) == 1, columns))
    cut = max(common.rfind(": "), common.rfind(" ("))
    is_in_brackets = cut >= 0 and common[cut:].startswith(" (")
    intro = common[:cut] if cut >= 0 else ""
    groups: dict[str, dict[str, str]] = {}
    for label, text in words.items():
        clause = heads[label][cut + 2 if cut >= 0 else 0 :]
        clause = clause.removesuffix(")") if is_in_brackets else clause
        groups.setdefault(clause, {})[label] = text.partition("\n")[2]
    items = [_item(clause, pastes) for clause, pastes in groups.items()]
    return "\n".join([f"{intro[:1].upper()}{intro[1:]}:\n", *items] if intro else items)


def _item(clause: str, pastes: Mapping[str, str]) -> str:
    """Return a list item: the backends with the same clause, and the text to paste for each."""
    head = f"- **{', '.join(pastes)}**: {clause}"
    if not any(pastes.values()):
        return head
    blocks = [f"# {label}\n{paste}" if len(pastes) > 1 else paste for label, paste in pastes.items()]
    language = "toml" if "pyproject.toml" in clause else "text"
    block = f"```{language}\n" + "\n\n".join(blocks) + "\n```"
    return f"{head}:\n\n{textwrap.indent(block, '  ')}\n"


def built_with(backend: str, kind: str, members: Any = ()) -> Distribution:
    """Return an sdist or a wheel whose content identifies the backend that built it."""
    build_backend, generator = BACKENDS[backend]
    paths = list(members)
    if kind == "sdist":
        root = paths[0].partition("/")[0] if paths else "sample-1.0"
        marker, data = f"{root}/pyproject.toml", f'[build-system]\nbuild-backend = "{build_backend}"\n'
        sdist = Sdist(f"dist/{root}.tar.gz", f"{root}.tar.gz", kept={marker: data.encode()})
        sdist.entries = [Entry(path, EntryType.FILE) for path in (marker, *paths)]
        return sdist
    name = "sample-1.0-py3-none-any.whl"
    marker, data = "sample-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: {generator}\n"
    wheel = Wheel(f"dist/{name}", name, kept={marker: data.encode()})
    wheel.entries = [Entry(path, EntryType.FILE) for path in (*paths, marker)]
    return wheel


def _options(rule: Rule) -> Iterator[str]:
    if rule.options is None:
        return
    yield "## Options"
    yield f"Set these options in `[tool.pkgaudit.{rule.table}]`."
    yield documentation_of(rule.options)
    options = described(rule.options)
    yield "\n".join(f"- `{each.key}` (default {_shown(each)}), {each.kind}" for each in options)
    for each in options:
        if _is_long(each):
            default = _wrapped(", ".join(map(spelled, each.default)) + ",", "    ")
            yield "\n".join(["By default:\n", "```toml", f"{each.key} = [", *default, "]", "```"])


def _is_long(option: Option) -> bool:
    return isinstance(option.default, tuple) and len(spelled(option.default)) > _MANY


def _shown(option: Option) -> str:
    if _is_long(option):
        return f"the {len(option.default)} below"
    return "none" if option.default is None else f"`{spelled(option.default)}`"


def _peers(peers: Any) -> Iterator[str]:
    lines = []
    for each in peers:
        differs = f". Difference in pkgaudit: {each['differs']}" if each.get("differs") else ""
        lines.append(f"- **{each['tool']}**: {each['check']}{differs}")
    if lines:
        yield "## Other tools"
        yield "These tools have a similar check:"
        yield "\n".join(lines)


def _see_also(rule: Rule) -> Iterator[str]:
    about, guide = family_of(rule)
    managing = docs_url("findings.html")
    lines = [f"- The guide to {about}: <{docs_url(guide)}>"] if guide and docs_url(guide) != managing else []
    lines.append(f"- Managing findings (ignores, baselines, hashes): <{managing}>")
    lines.append(f"- Configuration (severities, selections, all tables): <{docs_url('configuration.html')}>")
    yield "## See also"
    yield "\n".join(lines)


def _as_toml(table: Mapping[str, Any]) -> str:
    """Return a configuration as in pyproject.toml: keys first, then tables."""
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    parts = [("tool.pkgaudit", plain)] if plain else []
    parts += [(f"tool.pkgaudit.{key}", value) for key, value in tables.items()]
    return "\n\n".join(
        "\n".join([f"[{name}]", *(f"{bare(key)} = {spelled(value)}" for key, value in values.items())])
        for name, values in parts
    )
