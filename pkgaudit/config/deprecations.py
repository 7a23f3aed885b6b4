"""Warnings about renamed codes, names and keys in a configuration, which still work for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pkgaudit.config.config import Config
from pkgaudit.config.table import former_keys
from pkgaudit.renamed import REMOVAL
from pkgaudit.rule import Registry, Rule


def deprecations(config: Config, registry: Registry) -> Iterator[str]:
    """Yield a warning for each former code, name or key that a valid configuration uses."""
    for key, words in config.selections():
        for word in dict.fromkeys(words):
            if former := _not_named(word, words, registry):
                yield f"{config.name}: {key}: {_sentence(word, former, registry)}"
    for table, given in config.options.items():
        for rule in registry:
            if table in rule.former_tables:
                yield f"{config.name}: {_replaced(f'[{table}]', f'[{rule.table}]')}"
            if rule.options is not None and table in (rule.table, *rule.former_tables):
                renamed = former_keys(rule.options)
                for key in given:
                    if new := renamed.get(key.replace("_", "-")):
                        yield f"{config.name}: [{table}]: {_replaced(repr(key), repr(new))}"


def _not_named(word: str, words: Collection[str], registry: Registry) -> list[Rule]:
    """Return the rules that a word means by a former code or name.

    If the code now belongs to another rule, a list that also contains the new code needs no warning.
    """
    present = {each.upper() for each in words}
    is_code = word.upper() != word.lower() and not word.islower()
    return [rule for rule in registry.find_former(word) if not (is_code and rule.code in present)]


def _sentence(word: str, former: list[Rule], registry: Registry) -> str:
    names = " and ".join(f"{rule.code} {rule.name}" for rule in former)
    kept = [rule for rule in registry.find(word) if rule not in former]
    if not kept:
        return _replaced(repr(word), " and ".join(repr(rule.name) for rule in former), former[0].code)
    codes = " and ".join(repr(rule.code) for rule in former)
    return (
        f"{word!r} also means {names} until version {REMOVAL}; write {word!r} and {codes} "
        f"if you mean both, or the name {kept[0].name!r} if you mean {kept[0].code} only"
    )


def _replaced(old: str, new: str, about: str = "") -> str:
    return f"{old} was renamed to {new}{f' ({about})' if about else ''} and works until version {REMOVAL}"
