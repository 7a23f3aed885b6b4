"""Baselines: files that list accepted findings, such as those of a project's first audit.

pkgaudit's own baselines identify a finding by its fingerprint; the other keys are for people, and tell an
audit whether it would have found the entry. Those of detect-secrets list the SHA-1 of each secret by file.
Baselines are files of the user and are never read from an archive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from pkgaudit.config.table import ConfigError
from pkgaudit.finding import Finding
from pkgaudit.late import dataclass
from pkgaudit.model.distribution import Distribution, Wheel
from pkgaudit.model.ignores import Scope, StaleEntry

VERSION = 1
"""The version of the format; a change that older versions of pkgaudit cannot read increments it."""

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")

Ran = Callable[[str], "Scope | None"]
"""Returns the scope of the rules with a code, None if they did not run."""


@dataclass(frozen=True)
class Entry:
    """An accepted finding. An entry from another version of pkgaudit may have only the fingerprint."""

    code: str = ""
    project: str = ""
    kind: str = ""
    member: str | None = None
    message: str = ""
    fingerprint: str = ""

    @classmethod
    def of(cls, finding: Finding, distribution: Distribution | None) -> Entry:
        """Return the entry that accepts a finding."""
        member = finding.location.member
        if distribution is None:
            return cls(finding.code, "", "", member, _text(finding.message), finding.fingerprint)
        path = None if member is None else _text(distribution.without_version(member))
        kind, message = str(distribution.kind), _text(finding.message)
        return cls(finding.code, _text(distribution.project), kind, path, message, finding.fingerprint)

    @property
    def order(self) -> tuple[str, ...]:
        """The sort key of entries."""
        return (self.code, self.project, self.kind, self.member or "", self.message, self.fingerprint)


@dataclass(frozen=True)
class Baseline:
    """A file of accepted findings: pkgaudit's entries by fingerprint, or digests of secrets by path."""

    path: Path
    entries: Mapping[str, Entry] = field(default_factory=dict)
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_foreign: bool = False

    def accepts(self, finding: Finding, distribution: Distribution | None) -> bool:
        """Whether a finding is listed; a secret has to be listed for the file that the member came from."""
        if finding.fingerprint in self.entries:
            return True
        member = finding.location.member
        if not self.listed or not finding.baseline_hashes or member is None or distribution is None:
            return False
        path = distribution.without_version(member)
        if member == distribution.metadata_path:
            near = [each for name, files in self._by_name.items() if _is_readme(name) for each in files]
        else:
            near = self._by_name.get(path.rpartition("/")[2], [])
        digests: set[str] = set()
        for filename, each in near:
            if member == distribution.metadata_path or _is_file(filename, path, distribution):
                digests |= each
        return all(names & digests for names in finding.baseline_hashes)

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, frozenset[str]]]]:
        """The listed files and digests, by the last component of the path."""
        found: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for filename, digests in self.listed.items():
            found.setdefault(filename.rpartition("/")[2], []).append((filename, digests))
        return found

    def stale(
        self, found: Iterable[str], distributions: Iterable[Distribution], ran: Ran
    ) -> Iterable[StaleEntry]:
        """Return the stale entries: those that this audit would have found, and did not."""
        gone = _gone(self.entries, found, distributions, ran)
        return [StaleEntry(str(self.path), each.code, each.member) for each in gone]


def _is_readme(name: str) -> bool:
    """Whether the core metadata may have their description from a file with this name."""
    return name.lower().startswith("readme")


def _is_file(filename: str, path: str, distribution: Distribution) -> bool:
    """Whether a file of a project is the source of a member, whose path is given without the version.

    A wheel contains a package without its source folder, such as ``src/``; the project of an sdist may be in
    a folder of the repository.
    """
    is_part = "/" in path or isinstance(distribution, Wheel)
    return filename == path or (is_part and filename.endswith(f"/{path}"))


def _gone(
    entries: Mapping[str, Entry], found: Iterable[str], distributions: Iterable[Distribution], ran: Ran
) -> list[Entry]:
    distributions = list(distributions)
    projects = {each.project for each in distributions}
    kinds = {(each.project, str(each.kind)) for each in distributions if each.is_readable}
    # A project with a wheel for one platform has others, even beside a wheel for all platforms.
    kinds -= {(each.project, str(each.kind)) for each in distributions if not each.is_for_all}

    def would_be_found(entry: Entry) -> bool:
        project = entry.project or (next(iter(projects)) if len(projects) == 1 else "")
        scope = ran(entry.code)
        # Rules over a whole release may need a checkout, which is not always found.
        return scope is not None and scope < Scope.RELEASE and (project, entry.kind) in kinds

    still = set(found)
    return [each for each in entries.values() if each.fingerprint not in still and would_be_found(each)]


def make_entries(findings: Iterable[Finding], distributions: Iterable[Distribution]) -> dict[str, Entry]:
    """Return the entries for the findings that are not suppressed, before they are merged."""
    known = {each.path: each for each in distributions}
    entries: dict[str, Entry] = {}
    for finding in findings:
        if finding.suppressed is None:
            entry = Entry.of(finding, known.get(finding.distribution))
            # Wheels of one release for several platforms have findings in common.
            earlier = entries.get(entry.fingerprint, entry)
            entries[entry.fingerprint] = min(entry, earlier, key=lambda each: each.order)
    return entries


@dataclass(frozen=True)
class Update:
    """The entries of an updated baseline, and the numbers of new entries and of removed ones."""

    entries: dict[str, Entry]
    new: int
    gone: int


def update(
    old: Mapping[str, Entry],
    findings: Iterable[Finding],
    distributions: Iterable[Distribution],
    ran: Ran,
) -> Update:
    """Update a baseline: drop entries that no longer occur, add new ones, and keep all others.

    Entries that this audit could not judge are kept: those of another project or of a wheel not given.
    """
    findings, distributions = list(findings), list(distributions)
    fresh = make_entries(findings, distributions)
    gone = {each.fingerprint for each in _gone(old, (f.fingerprint for f in findings), distributions, ran)}
    kept = {key: fresh.get(key, entry) for key, entry in old.items() if key not in gone}
    return Update({**kept, **fresh}, len(fresh.keys() - old.keys()), len(gone))


def as_json(entries: Mapping[str, Entry]) -> str:
    """Return the text of a baseline; it does not depend on the order of the entries."""
    findings = [
        {each.name: getattr(entry, each.name) for each in fields(entry)}
        for entry in sorted(entries.values(), key=lambda each: each.order)
    ]
    # A CI log that shows the file must not run quoted text as a command, such as "##[error]".
    return json.dumps({"version": VERSION, "findings": findings}, indent=2).replace("##", "\\u0023#") + "\n"


def _text(text: str) -> str:
    """Replace lone surrogates, which JSON can spell but most readers reject."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_baselines(paths: Iterable[Path]) -> list[Baseline]:
    """Read files of accepted findings.

    Raises:
        ConfigError: a file cannot be read or is not a baseline.
    """
    return [read_baseline(path) for path in paths]


def is_foreign(path: Path) -> bool:
    """Return whether a file is a baseline of another tool, which pkgaudit must not overwrite."""
    try:
        return path.is_file() and read_baseline(path).is_foreign
    except ConfigError:
        return False


def read_baseline(path: Path) -> Baseline:
    """Read a baseline of pkgaudit or detect-secrets, detected by its content.

    Raises:
        ConfigError: the file cannot be read or is not a baseline.
    """
    try:
        document = json.loads(path.read_bytes())  # also UTF-16, which PowerShell writes for ">"
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"{path}: the baseline cannot be read: {reason}; 'pkgaudit baseline' writes one"
        ) from None
    except (ValueError, RecursionError):  # the message of the error may quote the file
        raise ConfigError(f"{path}: is not a baseline: it is not valid JSON") from None
    if isinstance(document, dict) and isinstance(document.get("results"), dict):
        return Baseline(path, listed=_listed(document["results"], path), is_foreign=True)
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version > VERSION:
        raise ConfigError(f"{path}: is a baseline of version {version}, which needs a newer pkgaudit")
    entries = document.get("findings") if version == VERSION else None
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: is not a baseline: it needs 'version' {VERSION} and a list 'findings'")
    made = [_entry(each, f"{path}: finding {number}") for number, each in enumerate(entries, 1)]
    return Baseline(path, {each.fingerprint: each for each in made})


def _entry(entry: Any, where: str) -> Entry:
    found = entry.get("fingerprint") if isinstance(entry, dict) else None
    if not isinstance(found, str) or not _FINGERPRINT.fullmatch(found):
        raise ConfigError(f"{where}: has no fingerprint of 32 hexadecimal digits")
    names = {each.name for each in fields(Entry)}
    return Entry(**{name: value for name, value in entry.items() if name in names and isinstance(value, str)})


def _listed(results: Mapping[str, Any], path: Path) -> dict[str, frozenset[str]]:
    """Return the digests by path, without those that are marked as real secrets."""
    found: dict[str, frozenset[str]] = {}
    for filename, secrets in results.items():
        if not isinstance(secrets, list) or not all(
            isinstance(each, dict) and isinstance(each.get("hashed_secret"), str) for each in secrets
        ):
            raise ConfigError(f"{path}: is not a baseline of detect-secrets: 'results' has the wrong shape")
        name = filename.replace("\\", "/").removeprefix("./")
        real = {each["hashed_secret"] for each in secrets if each.get("is_secret") is True}
        listed = frozenset(each["hashed_secret"] for each in secrets) - real
        found[name] = (
            found.get(name, frozenset()) | listed
        )  # the file may be listed with both kinds of slashes
    return found
