"""``maturin upload``, which accepts files; ``maturin publish`` builds.

https://www.maturin.rs/distribution
"""

from __future__ import annotations

from pkgaudit.gate.arguments import Syntax
from pkgaudit.gate.copies import Copies
from pkgaudit.gate.handing import Edits, replace_files
from pkgaudit.gate.uploaders.flit import refuse_to_build
from pkgaudit.gate.uploaders.pypirc import FILE, target_in
from pkgaudit.gate.uploaders.uploader import Call, Uploader, target_at
from pkgaudit.model.handover import Target

_URL = ("repository-url", "MATURIN_REPOSITORY_URL")
_NAME = ("repository", "MATURIN_REPOSITORY")
"""The options that name the index, each with its variable."""


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
            return refuse_to_build("maturin publish", copies, _options(call))
        edits = replace_files(call.files, copies, call.surroundings.folder)
        # maturin would stop at a signature or an attestation, after it sent other files.
        side = {each.path for each in copies.side}
        edits.replaced = {
            at: [each for each in paths if each not in side] for at, paths in edits.replaced.items()
        }
        edits.refuse_formats("maturin", copies)
        return edits

    def find_target(self, call: Call) -> Target:
        """Return the address: given itself, or of a section of ``.pypirc``."""
        call.refuse_empty(_URL, _NAME)
        url, name = _url_and_name(call)
        if url and name:
            return Target(unknown=f"{url[1]} and {name[1]} are both given, which maturin rejects")
        if url:
            return target_at(*url)
        named, source = name or ("pypi", "the default")
        return target_in(named, FILE, call.surroundings, source, needs_servers=False)


def _url_and_name(call: Call) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """Return the address and the name of the index; of two options, the last one counts."""
    url, name = call.setting(*_URL), call.setting(*_NAME)
    given = [each.option for each in call.given.words if each.option in (_URL[0], _NAME[0])]
    if {*given} == {_URL[0], _NAME[0]}:
        return (url, None) if given[-1] == _URL[0] else (None, name)
    return url, name


def _options(call: Call) -> list[str]:
    """Return the options of twine with the same target."""
    url, name = _url_and_name(call)
    return ["--repository-url", url[0]] if url else ["--repository", name[0]] if name else []
