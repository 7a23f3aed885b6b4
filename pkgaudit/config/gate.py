"""The settings of the gate, ``[tool.pkgaudit.gate]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pkgaudit.model.addresses import Address, known_indexes

_PUBLISHER = re.compile(r"github:[\w.-]+/[\w.-]+/[\w.-]+\.ya?ml", re.ASCII)


@dataclass(frozen=True)
class GateSettings:
    """The options of the gate: where a release may be uploaded, and who may have built it.

    ``repositories``: the indexes that may receive a release, as ``pypi``, ``testpypi`` or an address, which
    stands for everything below it; without this key, every index may. ``private-names``: patterns of
    normalized project names that must never be uploaded to PyPI or TestPyPI. ``publisher``: who must have
    signed the attestations, as ``github:owner/name/workflow.yml``.
    """

    repositories: tuple[str, ...] | None = None
    private_names: tuple[str, ...] = ()
    publisher: str | None = None

    def __post_init__(self) -> None:
        if self.repositories == ():
            raise ValueError("repositories is empty: name an index, or remove the key to allow every index")
        for each in self.repositories or ():
            try:
                self._address(each)
            except ValueError as error:
                which = f"{_shown(each)} is neither {' or '.join(known_indexes())} nor an address"
                raise ValueError(f"repositories: {which}: {error}") from None
        if self.publisher is not None and not _PUBLISHER.fullmatch(self.publisher):
            raise ValueError("publisher must have the form github:owner/name/workflow.yml")

    @staticmethod
    def _address(repository: str) -> Address:
        known = known_indexes()
        return Address.parse(known[repository].upload if repository in known else repository)

    @property
    def addresses(self) -> list[Address]:
        """The addresses of the allowed indexes."""
        return [self._address(each) for each in self.repositories or ()]


def _shown(repository: str) -> str:
    """Return a wrong value for a message, without a possible password."""
    return repr(repository) if "@" not in repository else "an entry"
