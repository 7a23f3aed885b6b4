"""``poetry publish``, which accepts no files.

https://python-poetry.org/docs/cli/#publish
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits
from pkgaudit.gate.settings import SettingsError, read_toml, table, text_of
from pkgaudit.gate.uploaders.uploader import Call, Uploader, default_target, shown, target_at
from pkgaudit.model.handover import Reason, Target

_OPTIONS = (
    "-h --help",
    "-q --quiet",
    "-V --version",
    "--ansi",
    "--no-ansi",
    "-n --no-interaction",
    "--no-plugins",
    "--no-cache",
    "-P --project=",
    "-C --directory=",
    "-v --verbose",
    "-r --repository=",
    "-u --username=",
    "-p --password=",
    "--cert=",
    "--client-cert=",
    "--dist-dir=",
    "--build",
    "--dry-run",
    "--skip-existing",
)
"""The options of ``poetry publish``, which poetry also accepts before the name of the command."""


_URL_VARIABLE = re.compile(r"POETRY_REPOSITORIES_[A-Z_]+_URL")


class Poetry(Uploader):
    """poetry 1 and 2."""

    name = "poetry"
    uploads = ("publish",)
    common = options = Syntax(*_OPTIONS, has_equals=False)

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Name the folder with the copies, of which poetry uploads the newest version of its project."""
        edits = Edits(added=["--dist-dir", str(copies.folder)])
        edits.hand(copies.files)
        if call.has("build"):
            edits.refuse(
                Reason.REBUILDS,
                "poetry publish --build builds new files and uploads these",
                f"use '{call.corrected(remove='build')}'",
            )
        self._check_picked(call, copies, edits)
        return edits

    def _check_picked(self, call: Call, copies: Copies, edits: Edits) -> None:
        try:
            name = self._name(call)
        except SettingsError as error:
            edits.refuse(Reason.UNPICKED, f"poetry cannot read the project: {error}", "correct the file")
            return
        if name is None:
            message = f"poetry finds no project with a name in {self._start(call)} or above it"
            fix = "run poetry in the folder of the project, or use 'twine upload'"
            edits.refuse(Reason.UNPICKED, message, fix)
            return
        pattern = re.compile(rf"{re.escape(name)}-([^-]*)(?:-.*\.whl|(?:-.*)?\.tar\.gz)")
        found = {each: match[1] for each in copies.files if (match := pattern.fullmatch(each.name))}
        newest = max(found.values(), key=_order, default=None)
        for each in copies.files:
            if found.get(each) == newest and newest is not None:
                continue
            why = "an older version" if each in found else f"no file of {name!r} by its name"
            edits.refuse(
                Reason.UNPICKED,
                f"poetry does not upload {each.name}, because it is {why}",
                "leave the file out, or use 'twine upload'",
                each.given,
            )

    def _name(self, call: Call) -> str | None:
        """Return the project's name as poetry expects it in filenames, None without a project.

        Raises:
            SettingsError: its settings cannot be read.
        """
        for folder in call.surroundings.upwards(self._start(call)):
            values = read_toml(folder / "pyproject.toml")
            if values is not None:
                given = text_of(table(values, "project").get("name"))
                name = given or text_of(table(values, "tool", "poetry").get("name"))
                return name and canonicalize_name(name).replace("-", "_")
        return None

    @staticmethod
    def _start(call: Call) -> Path:
        """Return the folder in which the search for the project begins."""
        folder = call.surroundings.folder / (call.value("directory") or "")
        return folder / (call.value("project") or "")

    def find_target(self, call: Call) -> Target:
        """Return the address of a name: from a variable, from the project, or from the user's settings."""
        name = call.value("repository")
        if not name:
            return default_target()
        variable = f"POETRY_REPOSITORIES_{name.upper().replace('-', '_')}_URL"
        if url := call.surroundings.get(variable):
            return target_at(_completed(url), variable)
        found = [*self._in_settings(call, name), *self._in_sources(call, name)]
        # With such a variable for any repository, poetry forgets that settings have one of this name.
        if any(_URL_VARIABLE.match(each) for each in call.surroundings.environ):
            found.sort(key=lambda each: not each[1].startswith("the source"))
        if not found:
            return Target(unknown=f"--repository: no settings of poetry have a repository {name!r}")
        return target_at(_completed(found[0][0]), found[0][1])

    def _in_settings(self, call: Call, name: str) -> Iterator[tuple[str, str]]:
        """Yield the address of a name in the project's and in the user's settings, and which those are."""
        for path in (self._root(call) / "poetry.toml", self._user_folder(call) / "config.toml"):
            if url := text_of(table(read_toml(path), "repositories", name).get("url")):
                yield url, f"repositories.{name} in {shown(path, call.surroundings)}"

    def _in_sources(self, call: Call, name: str) -> Iterator[tuple[str, str]]:
        """Yield the address of a name among the sources of packages, from which poetry takes it as well."""
        path = self._root(call) / "pyproject.toml"
        sources = table(read_toml(path), "tool", "poetry").get("source")
        for each in sources if isinstance(sources, list) else ():
            if isinstance(each, dict) and each.get("name") == name and (url := text_of(each.get("url"))):
                yield url, f"the source {name!r} in {shown(path, call.surroundings)}"

    def _root(self, call: Call) -> Path:
        folders = call.surroundings.upwards(self._start(call))
        found = (each for each in folders if (each / "pyproject.toml").is_file())
        return next(found, self._start(call))

    @staticmethod
    def _user_folder(call: Call) -> Path:
        named = call.surroundings.get("POETRY_CONFIG_DIR")
        return Path(named) if named else call.surroundings.user_config("pypoetry", roaming=True)


def _completed(url: str) -> str:
    return f"{url}/" if url.endswith("/legacy") else url


def _order(version: str) -> tuple[bool, Version | None, str]:
    try:
        return True, Version(version.replace("_", "+", 1)), version
    except InvalidVersion:
        return False, None, version
