"""The fingerprints of everything that results depend on, besides the members and distributions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, NamedTuple

import msgspec

from pkgaudit.config.config import Config
from pkgaudit.plan import Plan, Ready

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_OF_SWEEPS = re.compile(r"""extra == ['"]sweep""")
"""The libraries of the extra ``sweep`` distribute audits and store results; no rule uses them."""


class Fingerprints(NamedTuple):
    """Digests of the rules, their options and code, the libraries, and Python; each of 32 bytes.

    ``members`` is that for results on members, ``distributions`` that for complete audits. Code is identified
    by its content, so a change in a checkout counts, but not another installation of the same code.
    """

    members: bytes
    distributions: bytes

    @classmethod
    def of(cls, plan: Plan, config: Config) -> Fingerprints:
        """Return the fingerprints of an audit."""
        rules = [ready for each in plan.views.values() for ready in each]
        functions = [
            *(each.rule.function for each in rules),
            *(each.function for each in plan.summaries),
            *(each.function for each in plan.confidential),
            *plan.redactions,
        ]
        members = [
            repr((sys.implementation.cache_tag, sys.version, sys.platform)),
            repr((config.inline_ignores, config.limits)),
            *map(_rule, rules),
            *(f"{each.__module__}.{each.__qualname__}" for each in functions),
            # On which files a summary is called depends on the rules that need it.
            *(
                f"{kind} {sorted(each.value for each in archives)}"
                for kind, archives in plan.archives.items()
            ),
            *libraries(),
            *code_of(functions),
        ]
        others = [*plan.members, *plan.distributions]
        distributions = [
            *members,
            *map(_rule, others),
            repr(plan.mode.wants_blake2b),
            *sorted(map(repr, plan.kept_summaries)),
            *code_of([each.rule.function for each in others]),
        ]
        return cls(_digest_of(members), _digest_of(distributions))


def _digest_of(parts: Iterable[str]) -> bytes:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=32).digest()


def code_of(functions: Iterable[Callable[..., Any]]) -> Iterator[str]:
    """Yield the digests of all files of our packages, and of those that contain some functions."""
    packages = {each.__module__.partition(".")[0] for each in functions} | {"pkgaudit", "pkgaudit.rules"}
    for package in sorted(packages):
        yield from _code(package)


def _rule(ready: Ready) -> str:
    options = msgspec.json.encode(ready.options, enc_hook=repr, order="deterministic").decode()
    return repr((ready.rule.code, ready.rule.name, ready.is_pedantic, options))


def libraries() -> Iterator[str]:
    """Yield the versions of the libraries that pkgaudit requires, and of those that rules can use."""
    for requirement in requires("pkgaudit") or ():
        match = _NAME.match(requirement)
        if match and not _OF_SWEEPS.search(requirement):
            try:
                yield f"{match[0]} {version(match[0])}"
            except PackageNotFoundError:
                yield f"{match[0]} is not installed"


@cache
def _code(package: str) -> tuple[str, ...]:
    """Return the digests of the files with the code of a package that is imported, with their names."""
    module = sys.modules.get(package)
    folders = list(getattr(module, "__path__", ()))
    file = getattr(module, "__file__", None)
    if not folders and file:
        return (_digest(file),)
    return tuple(sorted(each for folder in folders for each in _files(folder)))


def _files(folder: str, place: str = "") -> Iterator[str]:
    for entry in os.scandir(folder):
        name = f"{place}/{entry.name}"
        if entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
            yield from _files(entry.path, name)
        elif entry.is_file():
            yield f"{name} {_digest(entry.path)}"


def _digest(file: str) -> str:
    with open(file, "rb") as stream:
        return blake2b(stream.read()).hexdigest()
