"""Find out why the tool of a credential file cannot read it, without a quotation of the file."""

from __future__ import annotations

import configparser
from functools import lru_cache

from pkgaudit.late import dataclass, lazy
from pkgaudit.model.machine import Store, StoredFile

_INI = (Store.PYPIRC, Store.PIP)
_TOML = (Store.UV, Store.UV_CREDENTIALS, Store.POETRY, Store.PDM, Store.HATCH)

_LONGEST_TOML = 1 << 16
"""Characters; a longer file is not checked. It bounds the time of old versions of tomli on hostile texts."""

_DEEPEST = 100
"""How deep brackets of a file may be nested. Chosen: settings have a few levels."""

_LINE = lazy(r"at line ([0-9]{1,9})")


@dataclass(frozen=True)
class Damage:
    """A fault in a file: ``says`` is a predicate, ``line`` its line, None for the whole file."""

    says: str
    line: int | None = None


@lru_cache(maxsize=256)
def damage_of(file: StoredFile) -> Damage | None:
    """Return the fault by which the tool of a file cannot read it; None for none."""
    if file.text is None:
        return Damage(file.reason)
    if file.store in _INI:
        return _damage_of_ini(file.text)
    if file.store in _TOML and len(file.text) <= _LONGEST_TOML:
        return _damage_of_toml(file.text)
    return None


def _damage_of_ini(text: str) -> Damage | None:
    # The values are not interpolated, so a percent sign in a password is allowed.
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.DuplicateSectionError as error:
        return Damage("has the same section twice", error.lineno)
    except configparser.DuplicateOptionError as error:
        return Damage("has the same setting twice in a section", error.lineno)
    except configparser.MissingSectionHeaderError as error:
        return Damage("has a line before the first section", error.lineno)
    except configparser.ParsingError as error:
        return Damage("is malformed", error.errors[0][0] if error.errors else None)
    return None


def _damage_of_toml(text: str) -> Damage | None:
    import tomli

    if max(text.count("["), text.count("{")) > _DEEPEST and _is_deep(text):
        return Damage("is nested too deep")
    try:
        tomli.loads(text)
    except (ValueError, RecursionError) as error:
        # The message of the parser may quote the file, so only its line is read.
        line = _LINE.search(str(error))
        return Damage("is not valid TOML", int(line[1]) if line else None)
    return None


def _is_deep(text: str) -> bool:
    depth = 0
    for each in text:
        depth += (each in "[{") - (each in "]}")
        if depth > _DEEPEST:
            return True
    return False
