"""A JSON Schema of the configuration, made of the code that reads it: for editors and validate-pyproject.

What it cannot say, and therefore lets pass where `pkgaudit.config.config` does not: that a pattern is one of
gitignore's, that a whole number is not written as ``1.0``, that a date has no time behind it or is in the
calendar, that a text spells a size other than zero where zero is refused, and whatever else a class of
options checks when it is made, unless its field says it (``field(metadata={"schema": {"enum": […]}})``). It
is stricter in one thing: a date that is text is written as 2030-12-31.
"""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pkgaudit.config.config import _KEYS, PROFILES, SHORTEST_HASH, Allow, Config, Ignore
from pkgaudit.config.table import Size
from pkgaudit.finding import Severity
from pkgaudit.limits import Limits
from pkgaudit.pages.option_docs import describe_option, in_markdown
from pkgaudit.pages.site import docs_url, rule_url
from pkgaudit.rule import Registry, Rule

Schema = dict[str, Any]

DESCRIPTIONS = {
    "select": "Run only these rules; by default all but the pedantic ones.",
    "extend-select": "Run these rules too, even pedantic ones and those that the profile leaves out if they "
    "are named by their full code or name.",
    "ignore": "Do not run these rules, or do not until a day.",
    "severity": "Give rules another severity: a rule or a prefix of codes, and `error`, `warning` or `info`.",
    "fail-on": "The mildest severity that fails.",
    "profile": "`pypi` runs just the rules whose errors mirror a refusal of PyPI; `private`, for an index of "
    "your own, all but those on what only PyPI forbids.",
    "pedantic": "Run the pedantic rules too.",
    "preview": "Run the rules that are new in this release too; the next one runs them for everybody.",
    "inline-ignores": "Whether a comment `pkgaudit: ignore[CODE]` in a file silences a finding on its line.",
    "per-file-ignores": "Ignore rules in the members that a gitignore pattern matches, with or without the "
    "root folder of the sdist.",
    "per-distribution-ignores": "Ignore rules in the distributions whose file names a glob matches.",
    "limits": "How much of an archive is read before reading stops.",
    "allow": "What may be found, told by its hash: the `content` of a finding, as reports give it.",
    "baseline": "Accept the findings that this file, or these, list: `pkgaudit baseline` writes them, and "
    "those of detect-secrets are read too. A path starts at the folder of the configuration.",
    "rules": "Codes, prefixes of codes or names of rules, or `ALL`.",
    "reason": "Why: for those who read it later, and for reports.",
    "until": "The last day on which this counts.",
    "hash": "The first digits of the SHA-256 of what was found.",
}
"""What each key means, in Markdown: those of the configuration, and those of the tables inside."""

_SELECTOR = {"$ref": "#/definitions/selector"}
_IGNORES = {"$ref": "#/definitions/ignores"}
_LEVEL = {"$ref": "#/definitions/level"}
_LEVELS = [str(level) for level in sorted(Severity, reverse=True)]

# A date of TOML has no type in JSON: those who validate see it as it is, editors see text.
_DATE: Schema = {
    "not": {"type": ["boolean", "number", "object", "array", "null"]},
    "format": "date",
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
}
_HASH: Schema = {"type": "string", "pattern": f"^[0-9A-Fa-f]{{{SHORTEST_HASH},64}}$"}
_SIZE_TEXT = r"^\s*[0-9]{1,20}(\.[0-9]{1,20})?\s*([KkMmGgTt][Ii]?)?[Bb]?([Yy][Tt][Ee][Ss]?)?\s*$"


def make_schema(registry: Registry | None) -> Schema:
    """Return the schema (draft 7) of ``[tool.pkgaudit]``, and of a ``pkgaudit.toml``.

    It knows the rules of the registry and their options; with None any word may be a rule and any table
    hold options.
    """
    config = Config()
    properties = {}
    for key, wanted in _KEYS.items():
        default = getattr(config, key.replace("-", "_"), None)
        if isinstance(default, Severity):
            default = str(default)
        elif isinstance(default, tuple):
            default = None
        properties[key] = _property(DESCRIPTIONS.get(key), _shape_of(key, wanted), default)
    made: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": docs_url("pkgaudit.schema.json"),
        "title": "pkgaudit",
        "description": "What pkgaudit checks in sdists and wheels, and what may pass.",
        "x-taplo": {"links": {"key": docs_url("configuration.html")}},
        "type": "object",
        "properties": properties,
        "additionalProperties": registry is None and {"type": "object"},
        "definitions": {
            "selector": _selector(registry),
            "level": _any_case(_LEVELS),
            "ignore": _table(Ignore, rules={"anyOf": [_SELECTOR, _list(_SELECTOR)]})
            | {"required": ["rules"]},
            "ignores": {
                "anyOf": [
                    _SELECTOR,
                    {"$ref": "#/definitions/ignore"},
                    _list({"anyOf": [_SELECTOR, {"$ref": "#/definitions/ignore"}]}),
                ]
            },
            "size": {
                "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": _SIZE_TEXT}],
                "description": "A number of bytes, or text as `50 MB` (1000 each) or `1.5 GiB` (1024 each).",
            },
        },
    }
    if registry is not None:
        properties.update(_tables(registry))
        bare = "|".join(rule.name for rule in registry if rule.options is None and rule.table == rule.name)
        if bare:  # a table for a rule without options may be there, and holds nothing
            made["patternProperties"] = {f"^({bare})$": {"type": "object", "maxProperties": 0}}
    return made


@cache
def tool_schema(tool_name: str) -> Schema:
    """Check the table of the configuration of pkgaudit, names of rules and their options included.

    The plug-in of validate-pyproject. It checks many tools at once, so a module of rules that cannot be used
    is no reason to fail: what is said of rules is not checked then, and pkgaudit itself tells why.
    """
    import logging

    from pkgaudit.rule import RuleError, load_registry

    try:
        registry = load_registry()
    except RuleError as error:
        logging.getLogger(__name__).warning("[tool.%s]: names of rules are not checked: %s", tool_name, error)
        return make_schema(None)
    return make_schema(registry)


def _property(about: str | None, shape: Schema, default: Any) -> Schema:
    """Return the schema of a value with what editors show; beside a reference nothing else may stand."""
    made: Schema = {"description": about} if about else {}
    made.update({"allOf": [shape]} if "$ref" in shape else shape)
    if isinstance(default, tuple):
        made["default"] = list(default)
    elif isinstance(default, (bool, int, float, str)):
        made["default"] = default
    return made


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _shape_of(key: str, wanted: Any) -> Schema:
    """Return the schema of the value of a key; ``wanted`` is its type, where it has no shape of its own."""
    shapes: dict[str, Schema] = {
        "select": _list(_SELECTOR),
        "extend-select": _list(_SELECTOR),
        "ignore": _IGNORES,
        "severity": {"type": "object", "propertyNames": _SELECTOR, "additionalProperties": _LEVEL},
        "fail-on": _LEVEL,
        "profile": {"enum": list(PROFILES)},
        "per-file-ignores": {"type": "object", "additionalProperties": _IGNORES},
        "per-distribution-ignores": {"type": "object", "additionalProperties": _IGNORES},
        "limits": _table(Limits),
        "baseline": {"anyOf": [_of_type(str), _of_type(tuple[str, ...])]},
        "allow": _list({"anyOf": [_HASH, _table(Allow, ("hash",), hash=_HASH)]}),
    }
    return shapes[key] if key in shapes else _of_type(wanted)


def _selector(registry: Registry | None) -> Schema:
    """Return the schema of what names rules. Editors complete the words, and codes may be written small."""
    if registry is None:
        return {"type": "string"}
    words = registry.words()
    endings: dict[str, set[str]] = {}
    for each in registry:
        endings.setdefault(each.family, set()).update(each.code[2:length] for length in range(2, 6))
    codes = [
        "".join(f"[{letter}{letter.lower()}]" for letter in family) + f"({'|'.join(sorted(known))})"
        for family, known in sorted(endings.items())
    ]
    former = [name for each in registry for name in each.formerly if name not in words]
    named = {"enum": words, "x-taplo": {"docs": {"enumValues": [_meaning(word, registry) for word in words]}}}
    anyhow: list[Schema] = [{"pattern": f"^({'|'.join(codes)})$"}] if codes else []
    anyhow += [{"enum": former, "deprecated": True}] if former else []
    return {"description": DESCRIPTIONS["rules"], "type": "string", "anyOf": [named, *anyhow]}


def _meaning(word: str, registry: Registry) -> str:
    found = registry.find(word)
    first = found[0]
    if word in (first.code, first.name) and len({each.code for each in found}) == 1:
        return f"{first.code} {' and '.join(each.name for each in found)}: {first.summary}."
    return "All rules." if word == "ALL" else f"All rules with codes that begin with {word}."


def _any_case(words: Iterable[str]) -> Schema:
    words = list(words)
    spelled = ["".join(f"[{letter}{letter.upper()}]" for letter in word) for word in words]
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": f"^({'|'.join(spelled)})$"}]}


def _tables(registry: Registry) -> Iterator[tuple[str, Schema]]:
    """Yield the tables of options, each once however many rules share it."""
    sharing: dict[str, list[Rule]] = {}
    for rule in registry:
        if rule.options is not None:
            sharing.setdefault(rule.table, []).append(rule)
    for table, rules in sorted(sharing.items()):
        names = ", ".join(f"{each.code} {each.name}" for each in rules)
        about = f"{rules[0].summary}." if len(rules) == 1 else _about(rules[0].options)
        yield (
            table,
            {
                "description": f"Options of {names}. {about}".strip(),
                "x-taplo": {"links": {"key": rule_url(rules[0].name)}},
                **_table(rules[0].options),
            },
        )


def _about(options: type[Any] | None) -> str:
    return in_markdown(inspect.cleandoc((options and options.__doc__) or "").partition("\n\n")[0])


def _table(made: type[Any] | None, required: tuple[str, ...] = (), **shapes: Schema) -> Schema:
    """Return the schema of a table that becomes a dataclass; ``shapes`` tell more than its types."""
    assert made is not None
    hints = typing.get_type_hints(made)
    properties, spellings = {}, {}
    for field in dataclasses.fields(made):
        shape = shapes.get(field.name) or _of_field(made, field, hints[field.name])
        key = field.name.replace("_", "-")
        about = DESCRIPTIONS.get(key) if made in (Ignore, Allow) else describe_option(made, field.name)
        properties[key] = _property(about, shape, field.default)
        if "-" in key:  # underscores are read too, but nobody is offered them
            spellings[f"^{key.replace('-', '[-_]')}$"] = shape
        for former in field.metadata.get("formerly", ()):
            spellings[f"^{former.replace('-', '[-_]')}$"] = {**shape, "deprecated": True}
    table: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if spellings:
        table["patternProperties"] = spellings
    if required:
        table["required"] = list(required)
    return table


def _of_field(made: type[Any], field: dataclasses.Field[Any], wanted: Any) -> Schema:
    shape = _of_type(wanted)
    if shape.get("type") in ("integer", "number") and (least := _least(made, field.name)) is not None:
        shape = {**shape, "minimum": least}
    stated: Mapping[str, Any] = field.metadata.get("schema", {})
    return {**shape, **stated}


def _least(made: type[Any], name: str) -> int | None:
    """Return the least number from zero on that a dataclass takes; None where it takes negative ones."""
    for number in (-1, 0, 1):
        try:
            made(**{name: number})
        except ValueError:
            continue
        except Exception:  # a class of a plug-in may raise anything; then nothing is said of the least number
            break
        return number if number >= 0 else None
    return None


def _of_type(wanted: Any) -> Schema:
    """Return the schema of what `pkgaudit.config.table.convert` takes for a type."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _of_type(next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return _list(_of_type(arguments[0]))
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _of_type(arguments[1])}
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        return _table(wanted)
    if wanted is datetime.date:
        return dict(_DATE)
    plain = {str: "string", int: "integer", float: "number", bool: "boolean"}
    if wanted is Size:
        return {"$ref": "#/definitions/size"}
    return {"type": plain[wanted]} if wanted in plain else {}
