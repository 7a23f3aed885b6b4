"""``maturin upload``, which accepts files; ``maturin publish`` builds.

https://www.maturin.rs/distribution
"""

from __future__ import annotations

from dataclasses import replace

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits, replace_files
from pkgaudit.gate.uploaders.flit import refuse_to_build
from pkgaudit.gate.uploaders.pypirc import FILE, target_in
from pkgaudit.gate.uploaders.uploader import Call, Uploader, target_at
from pkgaudit.model.handover import Target


class Maturin(Uploader):
    """maturin 1."""

    name = "maturin"
    uploads = ("upload", "publish")
    common = Syntax("-v --verbose", "-h --help", "-V --version")
    options = Syntax(
        "-r --repository=",
        "--repository-url=",
        "-u --username=",
        "-p --password=",
        "--skip-existing",
        "--non-interactive",
        "-v --verbose",
        "-h --help",
    )

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Replace the files of ``upload``; refuse ``publish``."""
        if call.command == "publish":
            return refuse_to_build("maturin publish", copies)
        edits = replace_files(call.files, copies, call.surroundings.folder)
        for (
            at,
            paths,
        ) in edits.replaced.items():  # maturin would stop at a signature, after sending other files
            edits.replaced[at] = [each for each in paths if not _is_side(each, copies)]
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: given itself, or of a section of ``.pypirc``."""
        url = call.setting("repository-url", "MATURIN_REPOSITORY_URL")
        if url:
            found = target_at(*url)
        else:
            name, source = call.setting("repository", "MATURIN_REPOSITORY") or ("pypi", "the default")
            found = target_in(name, FILE, call.surroundings, source)
        for option, variable in (("password", "MATURIN_PASSWORD"), ("", "MATURIN_PYPI_TOKEN")):
            if given := call.setting(option, variable):
                return replace(found, credentials=given[1])
        return found


def _is_side(path: str, copies: Copies) -> bool:
    return any(each.path == path for each in copies.side)
