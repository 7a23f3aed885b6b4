"""The expressions that a line must match before a plugin of detect-secrets can find a value in it.

For the version of detect-secrets from which ``data/detect_secrets.json`` was made, the table is read from
that file. This avoids the import of detect-secrets, a tenth of a second that is wasted on packages without
candidates. For other versions, the table is derived from the installed plugins. ``python -m
tools.derive_prefilter`` writes the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, cached_property
from typing import Any

from pkgaudit.late import dataclass
from pkgaudit.rules.data.loader import load

DISTRIBUTION = "detect-secrets"
DATA = "detect_secrets"


@dataclass(frozen=True)
class Gate:
    """The condition for a plugin to find a value in a line: a match of one of the expressions.

    ``quick`` are expressions over bytes that are fast to compile and search. ``full`` are at least as strict,
    and only for `re`. Both match wherever the plugin's own expressions match. ``needles``: for each
    expression in ``quick``, lower-case literals of which every match contains one (letters whose lower case
    is ASCII only in Python count as ASCII), or None if no literal is useful. ``distinct``: how many different
    bytes the match must have, if it is a quoted string.
    """

    plugin: str
    module: str
    family: str
    quick: tuple[str, ...]
    full: tuple[str, ...]
    needles: tuple[tuple[str, ...] | None, ...]
    distinct: int = 0

    @cached_property
    def expressions(self) -> tuple[re.Pattern[bytes], ...]:
        """The full expressions, compiled."""
        return tuple(re.compile(each.encode("ascii")) for each in self.full)

    @cached_property
    def run(self) -> re.Pattern[bytes]:
        """The expression for the text between the quotes of a quoted string."""
        return re.compile(self.full[0].encode("ascii").removeprefix(_QUOTE).removesuffix(_QUOTE))


_LINE = r"(?m:^)[\x00-\x09\x0b-\xff]"
_QUOTE = rb"[\x22\x27]"


@dataclass(frozen=True)
class Table:
    """The gates of all plugins; a plugin whose expressions depend on the file type has one per family.

    ``families``: the family by filename suffix; "" is the family of all other suffixes. ``yaml``: the
    suffixes of YAML files. ``typed``: all suffixes for which detect-secrets has a file type.
    """

    version: str
    gates: tuple[Gate, ...]
    families: Mapping[str, str]
    yaml: tuple[str, ...]
    typed: tuple[str, ...]


def suffix_of(name: str) -> str:
    """Return the suffix of a filename in the sense of detect-secrets."""
    name = name.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix if stem.strip(".") else ""


@cache
def table() -> Table:
    """Return the table for the installed version."""
    from importlib.metadata import version

    values = load(DATA).values
    return from_json(values) if values["version"] == version(DISTRIBUTION) else derive()


def from_json(values: Mapping[str, Any]) -> Table:
    """Return the table as `to_json` wrote it."""
    gates = []
    for each in values["gates"]:
        needles = tuple(None if found is None else tuple(found) for found in each["needles"])
        gates.append(
            Gate(**{**each, "quick": tuple(each["quick"]), "full": tuple(each["full"]), "needles": needles})
        )
    return Table(
        values["version"], tuple(gates), values["families"], tuple(values["yaml"]), tuple(values["typed"])
    )


def to_json(of: Table) -> dict[str, Any]:
    """Return the table as data for JSON."""
    return asdict(of)


def derive() -> Table:
    """Derive the table from the installed plugins."""
    from importlib.metadata import version

    from pkgaudit.rules.secrets.detect_secrets.plugins import keyword_expressions, plugin_classes, suffixes

    types = suffixes()
    families: dict[str, str] = {}
    gates = []
    for module, made in plugin_classes():
        name = type(made).__name__
        by_type = keyword_expressions(module, made)
        if by_type is not None:
            numbers = {
                expressions: str(index)
                for index, expressions in enumerate(dict.fromkeys(by_type.values()), 1)
            }
            gates += [_gate(name, module, expressions, number) for expressions, number in numbers.items()]
            families |= {suffix: numbers[by_type.get(kind, by_type[None])] for suffix, kind in types.items()}
            families[""] = numbers[by_type[None]]
        elif hasattr(made, "entropy_limit"):
            gates.append(_quoted(name, module, made))
        elif hasattr(made, "denylist"):
            gates.append(_gate(name, module, tuple(made.denylist)))
        else:  # an unknown kind of plugin, which may find values in any line
            gates.append(Gate(name, module, "", (_LINE,), (_LINE,), (None,)))
    yaml = tuple(suffix for suffix, kind in types.items() if kind.name == "YAML")
    return Table(version(DISTRIBUTION), tuple(gates), families or {"": ""}, yaml, tuple(types))


def _gate(name: str, module: str, expressions: tuple[re.Pattern[str], ...], family: str = "") -> Gate:
    import pkgaudit.rules.secrets.detect_secrets.derive as over
    from pkgaudit.rules.secrets.detect_secrets.nodes import spelled

    nodes = [over.Translator(each).node() for each in expressions]
    strict = [over.Translator(each, edges=True).node() for each in expressions]
    quick = over.merged(map(over.shortened, nodes))
    return Gate(
        plugin=name,
        module=module,
        family=family,
        quick=tuple(map(spelled, quick)),
        full=tuple(dict.fromkeys(spelled(over.trimmed(node)) for node in strict)),
        needles=tuple(map(over.needles, quick)),
    )


def _quoted(name: str, module: str, made: Any) -> Gate:
    """Return the gate of a plugin for quoted strings with a minimum entropy.

    ``n`` different symbols have an entropy of at most ``log2(n)``.
    """
    import pkgaudit.rules.secrets.detect_secrets.nodes as nodes

    distinct = math.floor(2**made.entropy_limit) + 1
    quote = nodes.Byte(frozenset(b"'\""))
    run = nodes.rep(nodes.Byte(frozenset(made.charset.encode())), distinct, None)
    text = nodes.spelled(nodes.seq([quote, run, quote]))
    return Gate(name, module, "", (text,), (text,), (None,), distinct)
