"""``twine upload``, which accepts files and never builds.

https://twine.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copied, Copies
from pkgaudit.gate.handing import Edits, replace_files
from pkgaudit.gate.uploaders.pypirc import FILE, target_in
from pkgaudit.gate.uploaders.uploader import Call, Uploader, target_at
from pkgaudit.model.addresses import index_of
from pkgaudit.model.handover import Reason, Target


class Twine(Uploader):
    """twine 6 and 7."""

    name = "twine"
    uploads = ("upload",)
    common = Syntax("--no-color", "-h --help", "--version", abbreviates=True)
    options = Syntax(
        "-r --repository=",
        "--repository-url=",
        "--attestations",
        "-s --sign",
        "--sign-with=",
        "-i --identity=",
        "-u --username=",
        "-p --password=",
        "--non-interactive",
        "-c --comment=",
        "--config-file=",
        "--skip-existing",
        "--cert=",
        "--client-cert=",
        "--verbose",
        "--disable-progress-bar",
        "-h --help",
        abbreviates=True,
    )

    def hand_over(self, call: Call, copies: Copies) -> Edits:
        """Replace the files; twine accepts signatures and attestations from any folder."""
        edits = replace_files(call.files, copies, call.surroundings.folder)
        if call.has("sign"):
            refuse_to_sign(edits, "twine", "--sign")
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: the option or variable with it wins over every name of a section."""
        if url := call.setting("repository-url", "TWINE_REPOSITORY_URL"):
            found = target_at(*url)
            if url[1] == "TWINE_REPOSITORY_URL" and (name := call.value("repository")):
                found = replace(found, source=f"{url[1]}, which wins over --repository {name}")
        else:
            name, source = call.setting("repository", "TWINE_REPOSITORY") or ("pypi", "the default")
            found = target_in(name, call.value("config-file") or FILE, call.surroundings, source)
        if found.address is not None and index_of(found.address):  # twine does not send to them without TLS
            found = replace(found, address=replace(found.address, scheme="https", port=443))
        given = call.setting("password", "TWINE_PASSWORD") or call.setting("username", "TWINE_USERNAME")
        return replace(found, credentials=given[1]) if given else found

    def sends_attestations(self, call: Call, handed: Iterable[Copied]) -> bool:
        """Return whether ``--attestations`` is given."""
        return call.has("attestations")


def refuse_to_sign(edits: Edits, tool: str, option: str) -> None:
    """Refuse to let an uploader write signatures beside the copies."""
    edits.refuse(
        Reason.SIGNS,
        f"{tool} would write signatures beside the audited files, which are read-only",
        f"remove {option}; sign with 'gpg --detach-sign --armor FILE' first, and give the .asc files too",
    )
