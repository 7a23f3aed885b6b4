"""``hatch publish``, which accepts files and folders and never builds.

https://hatch.pypa.io/latest/publish/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits, replace_files
from pkgaudit.gate.settings import read_toml, table, text_of
from pkgaudit.gate.uploaders.uploader import Call, Uploader, default_target, shown, target_at
from pkgaudit.model.handover import Reason, Target

_NAMED = {"main": "pypi", "test": "testpypi"}
"""Hatch's names of PyPI and TestPyPI, whose addresses no settings change."""

_PUBLISHER = "index"
"""The publisher that uploads to a package index; others are plug-ins."""


class Hatch(Uploader):
    """hatch 1."""

    name = "hatch"
    uploads = ("publish",)
    common = Syntax(
        "-e --env=",
        "-p --project=",
        "-v --verbose",
        "-q --quiet",
        "--color",
        "--no-color",
        "--interactive",
        "--no-interactive",
        "--data-dir=",
        "--cache-dir=",
        "--config=",
        "--version",
        "-h --help",
        has_equals=False,
    )
    options = Syntax(
        "-r --repo=",
        "-u --user=",
        "-a --auth=",
        "--ca-cert=",
        "--client-cert=",
        "--client-key=",
        "-n --no-prompt",
        "--initialize-auth",
        "-p --publisher=",
        "-o --option=",
        "-y --yes",
        "-h --help",
        has_equals=False,
    )
    secrets = ("auth",)

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Replace files and folders by absolute paths; relative ones start from the project.

        A user in another folder means the files there, of which hatch would find none.
        """
        folders = (self._project(call), call.surroundings.folder)
        edits = replace_files(call.files, copies, *folders, takes_folders=True)
        if not call.files:
            edits.added = edits.hand(copies.files)
        edits.refuse_formats("hatch", copies)
        if (publisher := self._publisher(call)) != _PUBLISHER:
            edits.refuse(
                Reason.UNKNOWN,
                f"the publisher {publisher!r} is a plug-in of hatch, whose files are not known",
                "use the publisher 'index', or twine",
            )
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: a name in the user's settings, or the address itself."""
        if (publisher := self._publisher(call)) != _PUBLISHER:
            return Target(unknown=f"the publisher {publisher!r} is a plug-in of hatch")
        path = _settings(call)
        index = table(read_toml(path), "publish", _PUBLISHER)
        where = shown(path, call.surroundings)
        named = call.setting("repo", "HATCH_INDEX_REPO")
        if named is None and (repo := text_of(index.get("repo"))):
            named = repo, f"publish.index.repo in {where}"
        repo, source = named or ("main", "the default")
        entry: Any = table(index, "repos").get(repo)
        if isinstance(entry, str):
            entry = {"url": entry}
        url = text_of(entry.get("url")) if isinstance(entry, dict) else None
        if repo in _NAMED:
            return default_target(_NAMED[repo], source)
        if url is not None:
            return target_at(url, f"publish.index.repos.{repo} in {where}")
        return target_at(repo, source)

    def _publisher(self, call: Call) -> str:
        named = call.given.value("publisher") or call.surroundings.get("HATCH_PUBLISHER")
        return named or _PUBLISHER

    @staticmethod
    def _project(call: Call) -> Path:
        """Return the root of the project: the one that is named, else the nearest folder with settings."""
        here = call.surroundings
        if named := call.setting("project", "HATCH_PROJECT"):
            values = read_toml(_settings(call))
            known = table(values, "projects").get(named[0])
            if place := text_of(known.get("location") if isinstance(known, dict) else known):
                return here.expand(place)
            folders = table(values, "dirs").get("project")
            for each in folders if isinstance(folders, list) else ():
                if isinstance(each, str) and (here.expand(each) / named[0]).is_dir():
                    return here.expand(each) / named[0]
        for folder in here.upwards():
            if any((folder / name).is_file() for name in ("pyproject.toml", "setup.py")):
                return folder
        return here.folder


def _settings(call: Call) -> Path:
    """Return the path of the user's settings."""
    file = call.setting("config", "HATCH_CONFIG")
    here = call.surroundings
    return here.folder / file[0] if file else here.user_config("hatch") / "config.toml"
