"""``pdm publish``, which accepts no files and builds unless told not to.

https://pdm-project.org/en/latest/reference/cli/#publish
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkgaudit.gate.arguments import Arguments, Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits
from pkgaudit.gate.settings import Surroundings, read_toml, table, text_of
from pkgaudit.gate.uploaders.twine import refuse_to_sign
from pkgaudit.gate.uploaders.uploader import Call, Uploader, default_target, shown, target_at
from pkgaudit.gate.wrappers import Program
from pkgaudit.model.addresses import known_indexes
from pkgaudit.model.handover import Reason, Target


class Pdm(Uploader):
    """pdm 2."""

    name = "pdm"
    uploads = ("publish",)
    common = Syntax(
        "-h --help",
        "-V --version",
        "-c --config=",
        "-v --verbose",
        "-q --quiet",
        "--no-cache",
        "-I --ignore-python",
        "-n --non-interactive",
        "--pep582=",
        abbreviates=True,
    )
    options = Syntax(
        "-h --help",
        "-v --verbose",
        "-q --quiet",
        "-p --project=",
        "-k --skip=",
        "-r --repository=",
        "-u --username=",
        "-P --password=",
        "-S --sign",
        "-i --identity=",
        "-c --comment=",
        "--no-build",
        "-d --dest=",
        "--skip-existing",
        "--no-verify-ssl",
        "--no-very-ssl",
        "--ca-certs=",
        abbreviates=True,
    )

    def call(self, words: Any, program: Program) -> Call | None:
        """Return the command line with the arguments that the project's settings add to it."""
        call = super().call(words, program)
        # pdm finds no command, and adds nothing, after another spelling of the option before a value.
        if call is not None and not any(
            each.option == "config" and each.value is None and each.text not in ("-c", "--config")
            for each in call.common.words
        ):
            call.defaults = self._defaults(call)
        return call

    def _defaults(self, call: Call) -> Arguments:
        values = read_toml(self._project(call) / "pyproject.toml")
        given = table(values, "tool", "pdm", "options").get("publish")
        words = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
        return self.options.read(words)

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Name the folder with the copies; pdm uploads everything in it."""
        edits = Edits(added=["--dest", str(copies.folder)])
        edits.hand(
            [*copies.files, *(each for each in copies.side if Path(each.path).parent == copies.folder)]
        )
        if not call.has("no-build"):
            edits.refuse(
                Reason.REBUILDS,
                "pdm publish builds new files and uploads these",
                f"use '{call.corrected(add='--no-build')}'",
            )
        if call.has("sign"):
            refuse_to_sign(edits, "pdm", "--sign")
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: given itself, or of a name in the settings of the project or of the user."""
        here = call.surroundings
        variable = "PDM_PUBLISH_REPO"
        found = call.setting("repository", variable)
        if found is None and (value := here.get(variable)):  # an option with an empty value counts as none
            found = value, variable
        name, source = found or ("pypi", "the default")
        if "://" in name:
            return target_at(name, source)
        of_project, *of_user = (
            (shown(path, here), table(read_toml(path), "repository").get(name)) for path in self._files(call)
        )
        # The user's table replaces the system's, but only fills in what the project's leaves open.
        sections = [of_project, *[each for each in of_user if each[1] is not None][:1]]
        for where, section in sections:
            if isinstance(section, dict) and (url := text_of(section.get("url"))):
                return target_at(url, f"repository.{name}.url in {where}")
        if name in known_indexes():
            return default_target(name, source)
        return Target(unknown=f"{source}: no settings of pdm have a repository {name!r}")

    def _files(self, call: Call) -> list[Path]:
        """Return the settings files, that of the project first."""
        here = call.surroundings
        root = self._project(call)
        named = call.setting("config", "PDM_CONFIG_FILE")
        of_user = here.folder / named[0] if named else here.user_config("pdm") / "config.toml"
        return [root / "pdm.toml", of_user, _of_system(here)]

    @staticmethod
    def _project(call: Call) -> Path:
        """Return the root of the project: the folder that is named, or the nearest with a pyproject.toml."""
        named = call.given.value("project") or call.surroundings.get("PDM_PROJECT")
        if named:
            return call.surroundings.folder / named
        for folder in call.surroundings.upwards():
            if (folder / "pyproject.toml").is_file():
                return folder
        return call.surroundings.folder


def _of_system(here: Surroundings) -> Path:
    named = here.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return Path(named.partition(":")[0]) / "pdm" / "config.toml"
