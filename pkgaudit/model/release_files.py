"""The files of a release as they are, and what manifests and attestations say about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import PurePath
from typing import NamedTuple

from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.subject import RunSubject


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release: its path, its size in bytes, and its digests in lower-case hex digits.

    ``project`` is the normalized name, and empty with ``version`` if they are unknown. ``blake2b_256`` is
    empty if it was not computed.
    """

    path: str
    size: int
    sha256: str
    project: str = ""
    version: str = ""
    blake2b_256: str = ""

    @property
    def name(self) -> str:
        """The last component of the path."""
        return PurePath(self.path).name

    @classmethod
    def of(cls, distribution: Distribution) -> ReleaseFile:
        """Return the file of an audited distribution."""
        return cls(
            distribution.path,
            distribution.size,
            distribution.sha256,
            distribution.project,
            distribution.version,
            distribution.blake2b_256,
        )


class Listed(NamedTuple):
    """An entry of a manifest, which may have a million of them.

    ``name`` is the filename, empty in a requirements file, which lists only projects with their hashes.
    ``sha256`` are the accepted digests. ``version`` is empty if the entry names none. ``folder`` is that
    of the file, below the manifest, usually empty; it does not identify the file.
    """

    line: int | None
    name: str
    sha256: tuple[str, ...]
    project: str = ""
    version: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Manifest:
    """A manifest that the user gave, or the files that an index serves after the upload (``is_index``).

    ``form`` is its format in words. ``is_complete``: a file that it lists belongs to the release; otherwise
    it may also list dependencies. ``result`` is the result of the audit that it contains (``PASSED``,
    ``WARNED`` or ``FAILED``) and ``configuration`` the digest of that audit's configuration, both empty if it
    contains none. ``signatures`` is the number of signatures around it, None if it is not in an envelope.
    """

    path: str
    form: str
    entries: tuple[Listed, ...]
    is_complete: bool = True
    result: str = ""
    configuration: str = ""
    signatures: int | None = None
    is_index: bool = False


PUBLISH = "https://docs.pypi.org/attestations/publish/v1"
"""The type of attestations of PyPI's own, which say who has published a file."""

ATTESTATION_TYPES = (PUBLISH, "https://slsa.dev/provenance/v1")
"""The types of attestations that PyPI accepts.

https://docs.pypi.org/attestations/producing-attestations/
"""


@dataclass(frozen=True)
class Attestation:
    """A file with the name of an attestation.

    ``distribution`` is the filename that its own name begins with, empty if that is not a distribution.
    ``file`` is the path of this distribution, None if it was not given.
    ``fault`` says why it is malformed, as the rest of a sentence, and other fields are then empty.
    ``subject`` and ``sha256`` are those of the statement. ``unsigned`` says why the signature is not that of
    the expected publisher; it is None if the signature is valid, or if it was not checked.
    """

    path: str
    distribution: str
    file: str | None = None
    fault: str | None = None
    subject: str = ""
    sha256: str = ""
    predicate_type: str = ""
    unsigned: str | None = None

    @property
    def name(self) -> str:
        """The last component of the path."""
        return PurePath(self.path).name


@dataclass
class ReleaseFiles(RunSubject):
    """The files of a release, the manifests that the user gave, and the attestations beside the files.

    ``configuration`` is the digest of the current configuration. ``only_distributions``: other files were not
    looked at, so an entry of a manifest for such a file proves nothing.
    """

    given: list[ReleaseFile] = field(default_factory=list)
    manifests: list[Manifest] = field(default_factory=list)
    attestations: list[Attestation] = field(default_factory=list)
    configuration: str = ""
    only_distributions: bool = True

    @property
    def files(self) -> list[str]:
        """The paths of all these files."""
        named: Iterable[ReleaseFile | Manifest | Attestation]
        named = (*self.given, *self.manifests, *self.attestations)
        return list(dict.fromkeys(each.path for each in named))
