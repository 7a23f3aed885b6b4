"""Dependencies that may harm users, and the reasons, also for the rules on changes."""

from __future__ import annotations

from typing import ClassVar

from pkgaudit.api import normalize
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.requirements import Line
from pkgaudit.rules.dependencies.typos import Meaning, meaning


@dataclass(frozen=True)
class TyposquatSuspect:
    """Names of dependencies that are right although they resemble another project's name."""

    table: ClassVar[str] = "typosquat-suspect"

    allow: tuple[str, ...] = ()

    def suspect(self, line: Line) -> Meaning | None:
        """Return the projects that the name of a dependency probably means, None if the name may be right.

        ``acme-request`` of ``acme-tools`` is not a misspelling of ``acme-requests``, and an alias such as
        ``bs4`` may belong to the project that is meant.
        """
        found = meaning(line.name)
        if found is None or line.project in found.names or line.name in map(normalize, self.allow):
            return None
        is_of_same_authors = line.name.partition("-")[0] == line.project.partition("-")[0]
        return None if is_of_same_authors else found


def suspicion(line: Line, names: TyposquatSuspect) -> str | None:
    """Return why a dependency may harm users, as the end of a sentence about it, None if nothing is known.

    RL112 says this of a dependency that is new. DP104 itself states that a vulnerable one is new, because it
    has the settings for vulnerabilities.
    """
    found = names.suspect(line)
    return None if found is None else found.reason
