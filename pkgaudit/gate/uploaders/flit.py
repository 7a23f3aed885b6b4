"""``flit publish``, which always builds, and uploads the new files.

https://flit.pypa.io/en/stable/cmdline.html
"""

from __future__ import annotations

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits
from pkgaudit.gate.uploaders.uploader import Call, Uploader
from pkgaudit.model.handover import Reason, Target


class Flit(Uploader):
    """flit 3 and 4."""

    name = "flit"
    uploads = ("publish",)
    common = Syntax("-f --ini-file=", "-h --help", "-V --version", abbreviates=True)
    options = Syntax(
        "-f --ini-file=", "--format=", "--repository=", "--pypirc=", "-h --help", abbreviates=True
    )

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Refuse: no option skips the build."""
        return refuse_to_build("flit publish", copies)

    def find_target(self, call: Call) -> Target:
        """Return no target, because the gate never starts this command."""
        return Target(unknown="the command is not started")


def refuse_to_build(command: str, copies: Copies) -> Edits:
    """Refuse a command that always builds, and show others that upload the audited files."""
    edits = Edits()
    given = " ".join(each.given for each in copies.files)
    edits.refuse(
        Reason.REBUILDS,
        f"{command} builds new files and uploads these; no option prevents it",
        f"use 'pkgaudit gate {given} -- twine upload {given}', or 'uv publish {given}' after '--'",
    )
    return edits
