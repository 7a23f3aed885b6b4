"""The remedies of findings, made when all distributions of an audit are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from pkgaudit.advice import advise
from pkgaudit.advice.advice import Advice, joined
from pkgaudit.advice.backend import pyproject_of
from pkgaudit.advice.block import block
from pkgaudit.finding import Finding, Paste, SetField, Setting
from pkgaudit.model.distribution import Release, Sdist


class Remedies:
    """Improves the remedies of findings with settings from other distributions of the audit.

    A wheel does not contain the configuration of its project, but the sdist of the same version does. The
    checkout of the project shows which files exist. ``redact`` returns a text without secrets, None if the
    text could not be searched.
    """

    def __init__(
        self,
        releases: Iterable[Release],
        redact: Callable[[str], str | None] = lambda text: text,
    ) -> None:
        releases = list(releases)
        self._known = {each.path: each for release in releases for each in release.distributions}
        self._tracked = {
            each.project: each.checkout.tracked for each in releases if each.checkout is not None
        }
        self._redact = redact
        self._sdists: dict[tuple[str, str], Sdist] = {}
        for each in self._known.values():
            if isinstance(each, Sdist):
                self._sdists.setdefault((each.project, each.version), each)

    def fixed(self, finding: Finding, group: Iterable[Finding] = ()) -> Finding:
        """Return a finding with a remedy for itself and for the findings that it is merged with."""
        group = [finding, *group]
        found = [steps for each in group if (steps := self._steps(each, len(group) == 1))]
        several = list(chain.from_iterable(found))
        sdist = self._sdist_of(finding)
        if not several:
            return finding
        distribution = self._known[finding.distribution]
        is_new = sdist not in (None, distribution) or distribution.project in self._tracked
        if len(found) == 1 and not is_new:
            return finding
        words = joined(several, pyproject_of(sdist) if sdist is not None else None)
        fix = self._redact(words)
        if fix is None:
            return finding
        settings = tuple(setting for each in several for setting in each.settings)
        return replace(finding, fix=fix, settings=settings if fix == words else ())

    def pastes(self, findings: Iterable[Finding]) -> list[Paste]:
        """Return the settings of all remedies, as one text for each file of each project."""
        places: dict[tuple[str, str], list[tuple[Setting, Finding]]] = {}
        for finding in findings:
            distribution = self._known.get(finding.distribution)
            for setting in finding.settings if distribution is not None else ():
                assert distribution is not None
                if setting.replaces is not None:
                    continue
                places.setdefault((distribution.project, setting.file), []).append((setting, finding))
        found = []
        for (project, file), pairs in places.items():
            settings = [setting for setting, _ in pairs]
            sdist = self._sdist_of(pairs[0][1])
            text = self._shown(settings, pyproject_of(sdist) if sdist is not None else None)
            if text is not None:
                fingerprints = tuple(dict.fromkeys(finding.fingerprint for _, finding in pairs))
                found.append(Paste(project, file, text, fingerprints))
        return found

    def _shown(self, settings: list[Setting], pyproject: object) -> str | None:
        """Return a block without secrets, which the audited pyproject.toml may contain."""
        text = block(settings, pyproject, whole=True)
        redacted = self._redact(text)
        return text if redacted == text else self._redact(block(settings))

    def _steps(self, finding: Finding, is_alone: bool) -> list[Advice]:
        distribution = self._known.get(finding.distribution)
        if distribution is None or finding.remedy is None:
            return []
        # For a field, the remedy of the sdist is enough: the sdist contains the settings.
        if not is_alone and isinstance(finding.remedy, SetField) and finding.remedy.lost is None:
            return []
        tracked = self._tracked.get(distribution.project, frozenset())
        return advise(finding.remedy, distribution, self._sdist_of(finding), tracked)

    def _sdist_of(self, finding: Finding) -> Sdist | None:
        """Return the sdist of the release that a finding is in, None if it was not audited."""
        distribution = self._known.get(finding.distribution)
        if distribution is None or isinstance(distribution, Sdist):
            return distribution
        return self._sdists.get((distribution.project, distribution.version))
