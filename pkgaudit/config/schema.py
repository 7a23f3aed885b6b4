"""The JSON Schema of the configuration, for editors and validate-pyproject; made from the code that reads it.

The schema accepts some values that `pkgaudit.config.config` rejects: invalid gitignore patterns, whole
numbers written as ``1.0``, dates with a time or outside the calendar, sizes of zero as text where zero is not
allowed, and values that an options class checks when it is made, unless its field declares the check
(``field(metadata={"schema": {"enum": […]}})``). It is stricter in one point: a date as text has to be written
like 2030-12-31.
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
from pkgaudit.config.gate import GateSettings
from pkgaudit.config.table import Size
from pkgaudit.config.trying import TrySettings
from pkgaudit.finding import Severity
from pkgaudit.limits import Limits
from pkgaudit.pages.option_docs import describe_option, in_markdown
from pkgaudit.pages.site import docs_url, rule_url
from pkgaudit.rule import Registry, Rule

Schema = dict[str, Any]

DESCRIPTIONS = {
    "select": "Run only these rules; by default all except pedantic and preview ones.",
    "extend-select": "Also run these rules. A rule named by its full code or name runs even if it is "
    "pedantic or excluded by the profile.",
    "ignore": "Do not run these rules, with `until` only until that day.",
    "severity": "Map a rule or code prefix to `error`, `warning` or `info`.",
    "fail-on": "Lowest severity that makes the audit fail.",
    "profile": "`pypi` runs only rules that predict a rejection by PyPI; `private`, for an index of your "
    "own, skips rules that apply to PyPI only.",
    "pedantic": "Also run pedantic rules.",
    "preview": "Also run preview rules (new in this release; the next one runs them by default).",
    "inline-ignores": "Whether a comment `pkgaudit: ignore[CODE]` suppresses the findings on its line.",
    "per-file-ignores": "Ignore rules in the members that a gitignore pattern matches, with or without the "
    "root folder of the sdist.",
    "per-distribution-ignores": "Ignore rules in the distributions whose filenames a glob matches.",
    "limits": "How much of an archive is read before reading stops.",
    "allow": "Allow findings by the hash of their content, shown as `sha256 …`, or as `content` with "
    "`--verbose` and in JSON.",
    "against": "Compare the release with the earlier releases among these files, and in these folders. Paths "
    "are relative to the folder of the configuration.",
    "baseline": "Suppress the findings that these files list: baselines of `pkgaudit baseline` or of "
    "detect-secrets. Paths are relative to the folder of the configuration.",
    "vulndb": "The advisory data that DP104 compares the dependencies with, as written by `pkgaudit vulndb "
    "build`; by default the file that it writes, if it exists. The path is relative to the folder of the "
    "configuration.",
    "cache": "Whether to keep the results on unchanged files for the next audit.",
    "gate": "Where `pkgaudit gate` may upload a release, and who may have built it.",
    "try": "What `pkgaudit try` leaves out, and its limits.",
    "rules": "Codes, code prefixes or names of rules, or `ALL`.",
    "reason": "The reason, for later readers and for reports.",
    "until": "The last day on which the entry applies.",
    "hash": "The first digits of the SHA-256 of the content.",
}
"""The meaning of each key in Markdown: the keys of the configuration, and those of the tables in it."""

_SELECTOR = {"$ref": "#/definitions/selector"}
_IGNORES = {"$ref": "#/definitions/ignores"}
_LEVEL = {"$ref": "#/definitions/level"}
_LEVELS = [str(level) for level in sorted(Severity, reverse=True)]

# JSON has no type for a TOML date: validate-pyproject passes the date itself, editors pass text.
_DATE: Schema = {
    "not": {"type": ["boolean", "number", "object", "array", "null"]},
    "format": "date",
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
}
_HASH: Schema = {"type": "string", "pattern": f"^[0-9A-Fa-f]{{{SHORTEST_HASH},64}}$"}
_TEXTS: Schema = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_SIZE_TEXT = r"^\s*[0-9]{1,20}(\.[0-9]{1,20})?\s*([KkMmGgTt][Ii]?)?[Bb]?([Yy][Tt][Ee][Ss]?)?\s*$"


def make_schema(registry: Registry | None) -> Schema:
    """Return the schema (draft 7) of ``[tool.pkgaudit]``, and of a ``pkgaudit.toml``.

    It covers the rules of the registry and their options; with None any string is accepted as a rule, and any
    table as options.
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
        "description": "The rules that pkgaudit runs on sdists and wheels, and the findings that it accepts.",
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
                "description": "A number of bytes, or text such as `50 MB` (powers of 1000) or `1.5 GiB` "
                "(powers of 1024).",
            },
        },
    }
    if registry is not None:
        properties.update(_tables(registry))
        bare = "|".join(
            table
            for rule in registry
            if rule.options is None and rule.table == rule.name
            for table in (rule.name, *rule.former_tables)
        )
        if bare:  # the table of a rule without options is allowed, but has to be empty
            made["patternProperties"] = {f"^({bare})$": {"type": "object", "maxProperties": 0}}
    return made


@cache
def tool_schema(tool_name: str) -> Schema:
    """Return the schema for validate-pyproject, whose plug-in this is, including rule names and options.

    validate-pyproject checks many tools at once, so a rule module that cannot be loaded is not an error here:
    rule names are then not checked, and pkgaudit itself reports the reason.
    """
    import logging

    from pkgaudit.rule import RuleError, load_registry

    try:
        registry = load_registry()
    except RuleError as error:
        logging.getLogger(__name__).warning("[tool.%s]: rule names are not checked: %s", tool_name, error)
        return make_schema(None)
    return make_schema(registry)


def _property(about: str | None, shape: Schema, default: Any) -> Schema:
    """Return the schema of a value with its description; draft 7 ignores other keys beside ``$ref``."""
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
    """Return the schema of the value of a key; ``wanted`` is the type of keys without a special schema."""
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
        "gate": _table(GateSettings),
        "try": _table(TrySettings),
        "against": _TEXTS,
        "baseline": _TEXTS,
        "allow": _list({"anyOf": [_HASH, _table(Allow, ("hash",), hash=_HASH)]}),
    }
    return shapes[key] if key in shapes else _of_type(wanted)


def _selector(registry: Registry | None) -> Schema:
    """Return the schema of rule selectors. Editors complete the words; codes may be in lower case."""
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
    """Yield each table of options once, even if several rules share it, and its former names."""
    sharing: dict[str, list[Rule]] = {}
    for rule in registry:
        if rule.options is not None:
            sharing.setdefault(rule.table, []).append(rule)
    for table, rules in sorted(sharing.items()):
        names = ", ".join(f"{each.code} {each.name}" for each in rules)
        about = f"{rules[0].summary}." if len(rules) == 1 else _about(rules[0].options)
        made = {
            "description": f"Options of {names}. {about}".strip(),
            "x-taplo": {"links": {"key": rule_url(rules[0].name)}},
            **_table(rules[0].options),
        }
        yield table, made
        for former in (each for rule in rules for each in rule.former_tables):
            yield former, {**made, "deprecated": True}


def _about(options: type[Any] | None) -> str:
    return in_markdown(inspect.cleandoc((options and options.__doc__) or "").partition("\n\n")[0])


def _table(made: type[Any] | None, required: tuple[str, ...] = (), **shapes: Schema) -> Schema:
    """Return the schema of a table that becomes a dataclass; ``shapes`` overrides the schemas of fields."""
    assert made is not None
    hints = typing.get_type_hints(made)
    properties, spellings = {}, {}
    for field in dataclasses.fields(made):
        shape = shapes.get(field.name) or _of_field(made, field, hints[field.name])
        key = field.name.replace("_", "-")
        about = DESCRIPTIONS.get(key) if made in (Ignore, Allow) else describe_option(made, field.name)
        properties[key] = _property(about, shape, field.default)
        if "-" in key:  # underscores are read too, but editors do not offer them
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
    """Return the least number that a dataclass accepts, 0 or 1; None if it accepts negative numbers."""
    for number in (-1, 0, 1):
        try:
            made(**{name: number})
        except ValueError:
            continue
        except Exception:  # a plug-in's class may raise anything; the schema then has no minimum
            break
        return number if number >= 0 else None
    return None


def _of_type(wanted: Any) -> Schema:
    """Return the schema of the values that `pkgaudit.config.table.convert` accepts for a type."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        kinds = [_of_type(each) for each in arguments if each is not type(None)]
        return {"anyOf": kinds} if kinds[1:] else kinds[0]
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
