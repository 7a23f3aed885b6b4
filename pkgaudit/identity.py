"""The identity of everything that a verdict depends on besides the file."""

from __future__ import annotations

import hashlib

from pkgaudit.cache.fingerprint import code_of, libraries
from pkgaudit.config.config import Config
from pkgaudit.rule import Registry


def rules_of(config: Config, registry: Registry) -> str:
    """Return a digest of the rules, their code, data and options, and of the libraries.

    Python and the platform are no part of it, so workers of several kinds can share a sweep.

    Raises:
        ConfigError: a baseline cannot be read, or the options of a rule are invalid.
    """
    functions = [each.function for each in config.selected(registry)]
    parts = [config.canonical(registry), *libraries(), *code_of(functions)]
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]
