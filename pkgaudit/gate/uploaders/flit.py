"""``flit publish``, which always builds, and uploads the new files.

https://flit.pypa.io/en/stable/cmdline.html
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

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
        url = call.surroundings.get("FLIT_INDEX_URL")
        name, file = call.value("repository"), call.value("pypirc")
        options = ["--repository", name] if name else ["--repository-url", url] if url else []
        return refuse_to_build("flit publish", copies, [*options, *(["--config-file", file] if file else [])])

    def find_target(self, call: Call) -> Target:
        """Return no target, because the gate never starts this command."""
        return Target(unknown="the command is not started")


def refuse_to_build(command: str, copies: Copies, options: Sequence[str]) -> Edits:
    """Refuse a command that always builds, and show one that uploads the audited files.

    ``options`` are those of twine with which it uploads to the same index.
    """
    edits = Edits()
    given = [each.given for each in copies.files]
    others = [["twine", "upload", *options], *([] if options else [["uv", "publish"]])]
    lines = (shlex.join(["pkgaudit", "gate", *given, "--", *each, *given]) for each in others)
    edits.refuse(
        Reason.REBUILDS,
        f"{command} builds new files and uploads these; no option prevents it",
        f"run {' or '.join(map(repr, lines))}",
    )
    return edits
