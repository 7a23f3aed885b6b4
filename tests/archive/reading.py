"""What the tests of both archive readers look at."""

from __future__ import annotations

from dataclasses import dataclass

from pkgaudit.archive.raw import Notes
from pkgaudit.model.entry import AnomalyKind, Entry


@dataclass
class Read:
    """What reading an archive gave."""

    members: list[tuple[Entry, bytes]]
    notes: Notes

    @property
    def entry(self) -> Entry:
        ((entry, _),) = self.members
        return entry

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry, _ in self.members]

    @property
    def kinds(self) -> list[AnomalyKind]:
        return [note.kind for note in self.notes.anomalies]

    @property
    def messages(self) -> str:
        return "\n".join(note.message for note in self.notes.anomalies)
