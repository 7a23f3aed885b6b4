"""The settings of findings as changes of texts: those of one project, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pkgaudit.edits.errors import EditError
from pkgaudit.edits.fixable import FILES
from pkgaudit.edits.lines import edited_lines
from pkgaudit.edits.setup_cfg import edited_setup_cfg
from pkgaudit.edits.toml import edited_toml
from pkgaudit.finding import Finding, Setting

_BOM = "\ufeff"

_EDITORS: dict[str, Callable[[str, Iterable[Setting]], str]] = dict(
    zip(FILES, (edited_toml, edited_setup_cfg, edited_lines, edited_lines), strict=True)
)
"""The functions that change each file."""

NO_EDIT = "its remedy is not an edit of settings"
"""The reason why a finding has no edit if its remedy is for people."""

GUESS = "the value is a guess; to apply it, use --unsafe"
"""The reason why a finding has no edit if only the user knows the value."""

USELESS = "the finding is still there with the edit, so the edit is left out"
"""The reason why a finding has no edit if its edit was tried in vain."""

UNCHANGED = "the project has these settings already"
"""The reason why a finding has no edit if another setting outweighs them, or the file does not exist."""

_Read = Callable[[str], str | None]


@dataclass(frozen=True)
class Change:
    """Edits that belong together, because they change the same lists, and the findings that they cure."""

    findings: tuple[Finding, ...]
    settings: tuple[Setting, ...]

    @property
    def files(self) -> list[str]:
        """The files that it changes."""
        return list(dict.fromkeys(each.file for each in self.settings))

    @property
    def is_guess(self) -> bool:
        """Whether only the user knows one of the values."""
        return any(each.is_guess for each in self.settings)


@dataclass
class Edits:
    """All changes that cure findings of a project, and the reasons why the other findings have none.

    ``texts`` are the present contents of the files, None for a file that does not exist.
    """

    texts: dict[str, str | None] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    others: list[tuple[Finding, str]] = field(default_factory=list)

    def after(self, changes: Iterable[Change]) -> dict[str, str]:
        """Return the new contents of the files that these changes edit."""
        files: dict[str, list[Setting]] = {}
        for change in changes:
            for each in change.settings:
                if each not in (settings := files.setdefault(each.file, [])):
                    settings.append(each)
        return {file: edited(file, self.texts[file], settings) for file, settings in files.items()}

    def leave_out(self, findings: Iterable[Finding], reason: str) -> None:
        """Remove the edits of findings, for a reason."""
        gone = {each.fingerprint for each in findings}
        old, self.changes = self.changes, []
        for change in old:
            self.others += [(each, reason) for each in change.findings if each.fingerprint in gone]
            if kept := [each for each in change.findings if each.fingerprint not in gone]:
                self.changes.append(Change(tuple(kept), _unique(kept)))


def separate(changes: Iterable[Change]) -> list[Change]:
    """Return changes that can be tried without each other, those with a guess last."""
    groups: dict[str, list[Finding]] = {}
    for change in changes:
        for finding in change.findings:
            groups.setdefault(repr(finding.settings), []).append(finding)
    found = [Change(tuple(group), group[0].settings) for group in groups.values()]
    return sorted(found, key=lambda change: change.is_guess)


def edits_of(findings: Iterable[Finding], read: _Read, *, unsafe: bool = False) -> Edits:
    """Return the edits for findings; ``read`` returns the text of a file, None if it does not exist.

    Raises:
        FixError: a file cannot be read; ``read`` raises it.
    """
    made = Edits()
    fixable: list[Finding] = []
    for finding in findings:
        reason = _reason(finding, read, made.texts, unsafe)
        if reason is None:
            fixable.append(finding)
        else:
            made.others.append((finding, reason))
    for group in _groups(fixable):
        made.changes.append(Change(tuple(group), _unique(group)))
    return made


def _unique(findings: Iterable[Finding]) -> tuple[Setting, ...]:
    found: list[Setting] = []
    for finding in findings:
        found += [each for each in finding.settings if each not in found]
    return tuple(found)


def _reason(finding: Finding, read: _Read, texts: dict[str, str | None], unsafe: bool) -> str | None:
    """Return why no edit cures a finding, None if one does."""
    if not finding.settings:
        return NO_EDIT
    if any(each.is_guess for each in finding.settings) and not unsafe:
        return GUESS
    other = next((each.file for each in finding.settings if each.file not in _EDITORS), None)
    if other is not None:
        return f"pkgaudit does not edit {other}" if other else "it needs a command"
    changed = False
    for file in dict.fromkeys(each.file for each in finding.settings):
        if file not in texts:
            texts[file] = read(file)
        try:
            new = edited(file, texts[file], [each for each in finding.settings if each.file == file])
        except EditError as error:
            return f"{file} is not edited, because {error}"
        changed = changed or new != (texts[file] or "")
    return None if changed else UNCHANGED


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings whose remedies change the same lists, together."""
    groups: list[tuple[set[object], list[Finding]]] = []
    for finding in findings:
        places: set[object] = {
            (each.file, each.table, each.key if each.table or each.key else each.values)
            for each in finding.settings
        }
        joined = [group for group in groups if group[0] & places]
        for group in joined:
            groups.remove(group)
            places |= group[0]
        members = [each for group in joined for each in group[1]]
        groups.append((places, [*members, finding]))
    return [members for _, members in groups]


def edited(file: str, text: str | None, settings: Iterable[Setting]) -> str:
    """Return the text of a file after changes of settings, with its own line ends and byte order mark.

    Raises:
        EditError: the file cannot be changed exactly.
    """
    text = text or ""
    mark = _BOM if text.startswith(_BOM) else ""
    old = text.removeprefix(_BOM)
    new = _EDITORS[file](old.replace("\r\n", "\n"), settings)
    return mark + _with_ends_of(old, new)


def _with_ends_of(old: str, new: str) -> str:
    r"""Return a text with ``\n`` as line ends, where unchanged lines end as before, and new ones as most."""
    if "\r\n" not in old:
        return new
    before, after = old.split("\n"), new.split("\n")
    bare = [each.removesuffix("\r") for each in before]
    end = "\r" if old.count("\r\n") * 2 >= old.count("\n") else ""
    before[-1] += end
    made: list[str] = []
    for tag, first, last, start, stop in SequenceMatcher(None, bare, after, autojunk=False).get_opcodes():
        made += before[first:last] if tag == "equal" else [each + end for each in after[start:stop]]
    made[-1] = made[-1].removesuffix("\r")
    return "\n".join(made)
