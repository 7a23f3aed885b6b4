"""The base class of subjects other than files, which exist once in a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable


class RunSubject(ABC):
    """A subject that exists once in a run, such as all ignores together."""

    @property
    @abstractmethod
    def files(self) -> list[str]:
        """The paths of the files with problems; a problem that names no file belongs to the first one."""

    @property
    def secrets(self) -> Iterable[str]:
        """Confidential texts that a rule on this subject may see and reports must not show."""
        return ()
