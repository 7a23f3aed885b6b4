"""``uv publish``, which accepts files and never builds.

https://docs.astral.sh/uv/reference/cli/#uv-publish
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copied, Copies, is_attestation
from pkgaudit.gate.handing import Edits, replace_files
from pkgaudit.gate.settings import Surroundings, read_toml, table, text_of
from pkgaudit.gate.uploaders.uploader import Call, Uploader, default_target, shown, target_at
from pkgaudit.gate.wrappers import OF_UV, folder_of_uv
from pkgaudit.model.handover import Reason, Target

_URL, _INDEX = ("publish-url", "UV_PUBLISH_URL"), ("index", "UV_PUBLISH_INDEX")
"""The options that name the index, each with its variable."""


class Uv(Uploader):
    """uv 0.5 and later."""

    name = "uv"
    uploads = ("publish",)
    common = Syntax(*OF_UV)
    options = Syntax(
        *OF_UV,
        "--index=",
        "-u --username=",
        "-p --password=",
        "-t --token=",
        "--trusted-publishing=",
        "--keyring-provider=",
        "--publish-url=",
        "--check-url=",
        "--skip-existing",
        "--dry-run",
        "--no-attestations",
    )
    secrets = ("password", "token")

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Replace the files, or add them: without files, uv uploads ``dist/*``, including attestations."""
        edits = replace_files(call.files, copies, _folder(call))
        if not call.files:
            edits.added = edits.hand([*copies.files, *copies.side])
        edits.refuse_formats("uv", copies)
        for each in edits.handed:
            if each.name.endswith((".whl", ".tar.gz")) and not _is_read(each.name):
                edits.refuse(
                    Reason.UNPICKED,
                    f"uv skips {each.name}, whose name or version is not normalized, and exits with status 0",
                    "rebuild it with a backend that normalizes filenames, or use 'twine upload'",
                    each.given,
                )
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: of an option or variable, of a named index, or of the nearest settings."""
        call.refuse_empty(_URL, _INDEX)
        url, index = call.setting(*_URL), call.setting(*_INDEX)
        if url and index:
            return Target(unknown=f"{url[1]} and {index[1]} are both given, which uv rejects")
        found = target_at(*url) if url else _configured(index, list(_settings(call)))
        given = _credentials(call)
        return replace(found, credentials=given) if given else found

    def sends_attestations(self, call: Call, handed: Iterable[Copied]) -> bool:
        """Return whether an attestation is handed over; uv sends it unless told not to."""
        is_off = call.has_flag("no-attestations", "UV_PUBLISH_NO_ATTESTATIONS")
        return not is_off and any(is_attestation(each.name) for each in handed)


def _configured(index: tuple[str, str] | None, settings: list[tuple[str, dict[str, Any]]]) -> Target:
    """Return the target by the settings: of a named index, or the nearest address."""
    if index is not None:
        return _named(*index, settings)
    for where, values in settings:
        if found := text_of(values.get("publish-url")):
            return target_at(found, f"publish-url in {where}")
    return default_target()


def _named(name: str, source: str, settings: list[tuple[str, dict[str, Any]]]) -> Target:
    """Return the target of an index with a name."""
    for where, values in settings:
        indexes = values.get("index")
        for each in indexes if isinstance(indexes, list) else ():
            if isinstance(each, dict) and each.get("name") == name:
                if url := text_of(each.get("publish-url")):
                    return target_at(url, f"the index {name!r} in {where}")
                return Target(unknown=f"{source}: the index {name!r} in {where} has no publish-url")
    return Target(unknown=f"{source}: no settings of uv have an index {name!r}")


def _credentials(call: Call) -> str | None:
    for option, variable in (
        ("token", "UV_PUBLISH_TOKEN"),
        ("password", "UV_PUBLISH_PASSWORD"),
        ("username", "UV_PUBLISH_USERNAME"),
    ):
        if found := call.setting(option, variable):
            return found[1]
    return None


def _folder(call: Call) -> Path:
    """Return the folder from which uv takes relative paths."""
    return folder_of_uv(call.surroundings, call.value("directory"))


def _settings(call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the settings files that uv reads, with their tables, the most important first.

    Raises:
        SettingsError: one of them cannot be read.
    """
    here = call.surroundings
    if named := call.setting("config-file", "UV_CONFIG_FILE"):
        yield named[0], read_toml(_folder(call) / named[0]) or {}
        return
    if call.has_flag("no-config", "UV_NO_CONFIG"):
        return
    project = call.setting("project", "UV_PROJECT")
    start = _folder(call) / project[0] if project else _folder(call)
    yield from _of_project(_workspace(start, here) or start, here)
    for path in (*_of_user(here), *_of_system(here)):
        values = read_toml(path)
        if values is not None:
            yield shown(path, here), values


def _of_project(start: Path, here: Surroundings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the nearest settings of a project: uv.toml, else the table in pyproject.toml."""
    for folder in here.upwards(start):
        own = read_toml(folder / "uv.toml")
        if own is not None:
            yield shown(folder / "uv.toml", here), own
            return
        path = folder / "pyproject.toml"
        tool = table(read_toml(path), "tool")
        if "uv" in tool:
            yield f"{shown(path, here)} [tool.uv]", table(tool, "uv")
            return


def _workspace(start: Path, here: Surroundings) -> Path | None:
    """Return the root of the workspace that a folder belongs to, None if it belongs to none.

    https://docs.astral.sh/uv/concepts/projects/workspaces/
    """
    folders = here.upwards(start)
    project, values = _next_project(folders)
    if "workspace" in table(values, "tool", "uv"):
        return project
    if "project" not in values or table(values, "tool", "uv").get("managed") is False:
        return None
    # Only the next project above counts, even if it is no workspace.
    root, values = _next_project(folders)
    workspace = table(values, "tool", "uv", "workspace")
    return root if workspace and _is_member(project, root, workspace) else project


def _next_project(folders: Iterator[Path]) -> tuple[Path, dict[str, Any]]:
    """Return the next folder with a pyproject.toml, and its tables."""
    found = (
        (folder, values) for folder in folders if (values := read_toml(folder / "pyproject.toml")) is not None
    )
    return next(found, (Path(), {}))


def _is_member(project: Path, root: Path, workspace: dict[str, Any]) -> bool:
    def matches(key: str) -> bool:
        patterns = workspace.get(key)
        return any(
            str(project) in map(os.path.abspath, glob.glob(os.path.join(glob.escape(str(root)), each)))
            for each in (patterns if isinstance(patterns, list) else ())
            if isinstance(each, str)
        )

    return matches("members") and not matches("exclude")


def _of_user(here: Surroundings) -> list[Path]:
    # uv uses the folders of Linux on macOS too.
    if sys.platform == "win32":
        return [here.user_config("uv", roaming=True) / "uv.toml"]
    return [here.xdg_config / "uv" / "uv.toml"]


def _of_system(here: Surroundings) -> list[Path]:
    if sys.platform == "win32":
        return [Path(here.get("PROGRAMDATA") or "C:/ProgramData") / "uv" / "uv.toml"]
    named = here.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    folders = [Path(each) for each in named.split(os.pathsep) if each]
    return next(
        ([each] for folder in (*folders, Path("/etc")) if (each := folder / "uv" / "uv.toml").is_file()), []
    )


def _is_read(name: str) -> bool:
    """Return whether uv reads a wheel or sdist with this name: with a normalized project name and version."""
    parts = name.removesuffix(".whl").removesuffix(".tar.gz").split("-")
    if len(parts) not in ((5, 6) if name.endswith(".whl") else (2,)):
        return False
    project, version = parts[:2]
    try:
        normalized = canonicalize_name(project, validate=True), str(Version(version))
    except (InvalidName, InvalidVersion):
        return False
    return (project.replace("_", "-"), version) == normalized
