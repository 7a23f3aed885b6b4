"""``.pypirc``, as twine and maturin read it.

Specification: https://packaging.python.org/en/latest/specifications/pypirc/
"""

from __future__ import annotations

from configparser import RawConfigParser
from dataclasses import replace

from pkgaudit.gate.settings import SettingsError, Surroundings, read_ini
from pkgaudit.gate.uploaders.uploader import shown, target_at
from pkgaudit.model.addresses import known_indexes
from pkgaudit.model.handover import Target

FILE = "~/.pypirc"

_DEFAULT_SERVERS = "pypi testpypi"


def target_in(
    name: str, file: str, surroundings: Surroundings, source: str, *, needs_servers: bool = True
) -> Target:
    """Return the target with the name of a section; ``source`` is the setting with the name.

    With ``needs_servers``, the section counts only if ``index-servers`` names it.

    Raises:
        SettingsError: the file cannot be read.
    """
    path = surroundings.expand(file)
    parser = read_ini(path)
    if parser is None:
        if file != FILE:
            raise SettingsError(f"{file} does not exist")
        parser = RawConfigParser()
    where = shown(path, surroundings)
    servers = parser.get("distutils", "index-servers", fallback=_DEFAULT_SERVERS).split()
    known = known_indexes()
    in_section = f"[{name}] in {where}"
    if (name in servers or not needs_servers) and (url := parser.get(name, "repository", fallback=None)):
        found = target_at(url, in_section)
    # The older way to configure PyPI needs no section for it.
    elif name == "pypi" or (name in known and (name in servers or not needs_servers)):
        found = target_at(known[name].upload, source)
    else:
        return Target(unknown=f"{source}: {where} has no address for {name!r}")
    return replace(found, credentials=found.credentials or _credentials(parser, name, where))


def _credentials(parser: RawConfigParser, name: str, where: str) -> str | None:
    for section in (name, "server-login"):
        if any(parser.get(section, key, fallback=None) for key in ("username", "password")):
            return f"[{section}] in {where}"
    return None
