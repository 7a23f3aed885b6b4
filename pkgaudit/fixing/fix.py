"""The steps of ``pkgaudit fix``: audit, edit a clean copy, rebuild there, compare, and only then write.

The project itself changes once, at the end. So an interrupted or a failed attempt leaves it as it was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from pkgaudit.advice.backend import backend_of
from pkgaudit.advice.packed import LEVELS, relative
from pkgaudit.config.config import Config
from pkgaudit.edits.errors import FixError
from pkgaudit.edits.plan import USELESS, Change, Edits, edits_of, separate
from pkgaudit.finding import Exclude, Failure, Finding, Include, SetField, Severity
from pkgaudit.fixing.project import Project
from pkgaudit.fixing.stand_in import stand_in
from pkgaudit.formatting import quoted
from pkgaudit.inputs.build import BuildError, build
from pkgaudit.inputs.checkout import folders_of
from pkgaudit.inputs.paths import Inputs
from pkgaudit.model.distribution import Distribution, Sdist, group_releases, make_distribution
from pkgaudit.report.result import Result
from pkgaudit.rule import Registry
from pkgaudit.run import run
from pkgaudit.watch import Request, Watch

_MOST_ROUNDS = 4
"""How often the findings of a rebuilt project are fixed too; chosen: real projects need one or two."""

_MOST_BUILDS = 16
"""How often a project is built to find the changes that do harm; chosen: enough for two of thirty."""

_NOT_TRIED = "it was tried only together with edits that do harm"
"""The reason why a change is left out after the last build."""

_ROOT = re.compile(r"[^/]+-\d[^/]*(?<!\.dist-info)(?<!\.data)/")
"""The first folder of an sdist."""

_IN_WHEEL = re.compile(r"^[^/]+(\.dist-info|\.data)(?=/)")
"""The first folder of members of a wheel that the build adds."""

_INSIDE = re.compile(rf"^(?:[^/]*\.dist-info/licenses|[^/]*\.data/\w+|{'|'.join(LEVELS)})/")
"""Folders that a path of a project has only in a sdist, or only in a wheel."""

Choose = Callable[[Edits], Sequence[Change]]
"""Returns the changes to apply; called for each round with changes that it has not seen."""


def project_of(inputs: Inputs) -> Project:
    """Return the project that was given, or the one in whose checkout the given files are.

    Raises:
        FixError: none was found, or several were given.
    """
    if inputs.projects:
        if len(inputs.projects) > 1 or inputs.files:
            raise FixError("give one project folder, or the distributions of one project")
        return Project(Path(inputs.projects[0]))
    given = [each for path in inputs.files if (each := make_distribution(path)) is not None]
    releases = group_releases(given)
    projects = {each.project for each in releases}
    if len(projects) != 1:
        raise FixError("give one project folder, or the distributions of one project")
    folder = next(folders_of(releases[0], ["."]), None)
    if folder is None:
        (name,) = projects
        raise FixError(
            f"no folder of the project {name} was found: neither the working directory nor a folder above "
            "the files has its settings"
        )
    return Project(folder)


@dataclass
class Outcome:
    """What a fix did. ``before`` and ``after`` are the audits, None for one that was not made.

    ``edits`` are those of the first round; ``applied`` are the changes of all rounds that passed, and
    ``texts`` the files with them. ``cured``, ``left`` and ``new`` are the findings after the rebuild.
    ``others`` are the findings that no edit cures, with the reason. ``refused`` is the reason why none of the
    chosen changes was applied; with ``is_partial`` some were not, because they do harm.
    """

    before: Result | None
    edits: Edits
    applied: list[Change] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    after: Result | None = None
    cured: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    new: list[Finding] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    refused: str | None = None
    is_partial: bool = False
    is_written: bool = False


@dataclass
class _Trial:
    """The settings files with some changes, and the audit; ``reason`` is why these changes do harm."""

    texts: dict[str, str]
    after: Result | None
    reason: str | None = None


class Fixer:
    """Fixes one project. As a context manager, it removes its copies at the end.

    ``stale`` are the files that only an old SOURCES.txt of setuptools names, by the path of that file; builds
    in the folder of the project pack them.
    """

    def __init__(
        self, project: Project, request: Request, config: Config, registry: Registry, watch: Watch
    ) -> None:
        self.project = project
        self._request = request
        self._config = config
        self.registry = registry
        self._watch = watch
        self._stack = ExitStack()
        self._first: Result | None = None
        self._unbuilt: BuildError | None = None
        self.stale: dict[str, list[str]] = {}

    def __enter__(self) -> Fixer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def audit(self, given: Inputs) -> Result:
        """Build the project from a clean copy and audit it, or audit the given files of it.

        If it cannot be built, the metadata that pyproject.toml states is audited.
        """
        try:
            files = self._build({})
        except BuildError as error:
            self._unbuilt = error
            return self._audit_unbuilt(error)
        result = self._audit(files)
        self._first = result
        sdist = next((each for each in result.distributions if isinstance(each, Sdist)), None)
        if sdist is not None and backend_of(sdist) == "setuptools":
            self.stale = self.project.stale({relative(path, sdist) for path in sdist.files})
        if not given.files:
            return result
        wanted = dict(given.files)
        if not any(path.endswith((".tar.gz", ".zip")) for path in wanted):
            wanted |= {path: file for path, file in files.items() if not path.endswith(".whl")}
        inputs = replace(given, files=wanted, projects=[str(self.project.folder)])
        return run(self._request, self._config, self.registry, inputs=inputs)

    def fix(self, before: Result, choose: Choose, *, unsafe: bool) -> Outcome:
        """Choose changes, apply them to copies until nothing more can be fixed, and compare the results."""
        outcome = Outcome(before, self.edits(before, {}, unsafe))
        edits = outcome.edits
        seen: set[str] = set()
        for _ in range(_MOST_ROUNDS):
            seen |= {finding.fingerprint for change in edits.changes for finding in change.findings}
            chosen = list(choose(edits)) if edits.changes else []
            is_changed = bool(chosen) and self._apply(outcome, edits, separate(chosen))
            outcome.others |= {finding.fingerprint: reason for finding, reason in edits.others}
            if not is_changed:
                break
            assert outcome.after is not None
            edits = self.edits(outcome.after, outcome.texts, unsafe, seen)
        if outcome.after is not None:
            self._compare(outcome)
        return outcome

    def _apply(self, outcome: Outcome, edits: Edits, chosen: list[Change]) -> bool:
        """Apply changes to a copy, without those that do harm or have no effect; return whether any is left.

        If a group of changes does harm, its halves are tried, first the one without guesses.
        """
        kept: list[Change] = []
        harmful: list[tuple[Change, str]] = []
        best: _Trial | None = None
        pending = [chosen]
        for _ in range(_MOST_BUILDS):
            if not pending:
                break
            group = pending.pop()
            tried = self._try(outcome, edits, [*kept, *group])
            if tried.reason is None:
                kept, best = [*kept, *group], tried
            elif len(group) > 1 and self._first is not None:
                sure = sum(not each.is_guess for each in group)
                middle = sure if 0 < sure < len(group) else len(group) // 2
                pending += [group[middle:], group[:middle]]
            else:
                harmful += [(change, tried.reason) for change in group]
        harmful += [(change, _NOT_TRIED) for group in pending for change in group]
        if best is not None:
            kept, best = self._effective(outcome, edits, kept, best)
        if harmful and not kept:
            outcome.refused = harmful[0][1]
            return False
        for change, reason in harmful:
            edits.leave_out(change.findings, f"the edit is left out: {reason}")
        outcome.is_partial = outcome.is_partial or bool(harmful)
        if best is None or best.after is None:
            return False
        outcome.texts, outcome.after = best.texts, best.after
        outcome.applied += kept
        if self._first is None:  # only now the project can be built, and its other findings are known
            self._first = outcome.before = best.after
        return True

    def _effective(
        self, outcome: Outcome, edits: Edits, kept: list[Change], best: _Trial
    ) -> tuple[list[Change], _Trial | None]:
        """Return the changes of a trial that have an effect, and the trial with only these."""
        assert best.after is not None
        there = {each.fingerprint: each for each in best.after.counted}
        useful = [change for change in kept if any(_is_less(each, there) for each in change.findings)]
        if len(useful) == len(kept):
            return kept, best
        tried = self._try(outcome, edits, useful) if useful else None
        if tried is not None and tried.reason is not None:
            return kept, best  # the changes only work together
        for change in kept:
            if change not in useful:
                edits.leave_out(change.findings, USELESS)
        return useful, tried

    def _try(self, outcome: Outcome, edits: Edits, changes: list[Change]) -> _Trial:
        """Build a copy with changes and audit it."""
        texts = {**outcome.texts, **edits.after(changes)}
        try:
            after = self._audit(self._build(texts))
        except BuildError as error:
            self._watch.build_failed(str(self.project.folder), error.lines, error.last_lines)
            return _Trial(texts, None, "the project cannot be built with these changes")
        if self._first is None:
            return _Trial(texts, after)
        known = self._known(outcome)
        named = {each.fingerprint: each for change in changes for each in change.findings}
        moved = _unexpected(
            self._first.distributions, after.distributions, [*outcome.applied, *changes], known, texts
        )
        if worse := _worse(after, [*known, *named.values()]):
            return _Trial(texts, after, f"it leads to a new finding: {worse.code} {worse.message}")
        if moved is not None:
            return _Trial(texts, after, f"more would change than the findings name: {moved}")
        return _Trial(texts, after)

    def _known(self, outcome: Outcome) -> list[Finding]:
        """Return the findings of the project before any change."""
        return [
            each for result in (outcome.before, self._first) if result is not None for each in result.counted
        ]

    def edits(self, result: Result, texts: dict[str, str], unsafe: bool, seen: Iterable[str] = ()) -> Edits:
        """Return the edits for the findings of an audit, for files that may have new ``texts``."""
        seen = set(seen)

        def read(file: str) -> str | None:
            return texts[file] if file in texts else self.project.read(file)

        findings = [each for each in result.counted if each.fingerprint not in seen]
        if self._unbuilt is not None and not texts:
            findings = [each for each in findings if isinstance(each.remedy, SetField) and each.settings]
        return edits_of(findings, read, unsafe=unsafe)

    def write(self, outcome: Outcome, before: dict[str, str | None]) -> None:
        """Write the new settings, all or none.

        Raises:
            FixError: a file cannot be written, or changed meanwhile.
        """
        self.project.write(before, outcome.texts)
        outcome.is_written = True

    def _folder(self) -> Path:
        return Path(self._stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))

    def _build(self, texts: dict[str, str]) -> dict[str, str]:
        """Build a clean copy with these settings, and return the built files by their paths in reports."""
        folder = self._folder()
        copy = self.project.copy(folder / "copy")
        copy.write(texts)
        self._copy = copy
        (folder / "dist").mkdir()
        shown = os.path.relpath(self.project.folder)
        self._watch.say(f"building a clean copy of {shown}")
        made = build(str(copy.folder), folder / "dist", self._watch.say, isolation=self._request.isolation)
        return {os.path.join(shown, os.path.basename(each)): each for each in made}

    def _audit(self, files: dict[str, str]) -> Result:
        inputs = Inputs(files=files, projects=[str(self._copy.folder)])
        return run(self._request, self._config, self.registry, inputs=inputs)

    def _audit_unbuilt(self, error: BuildError) -> Result:
        made = stand_in(self._copy.folder, self._folder())
        failure = Failure(str(error), str(self.project.folder))
        files = {} if made is None else {os.path.basename(made): made}
        inputs = Inputs(files=files, projects=[str(self._copy.folder)], failures=[failure])
        return run(self._request, self._config, self.registry, inputs=inputs)

    @property
    def unbuilt(self) -> BuildError | None:
        """The failure of the build before any change, None if it worked."""
        return self._unbuilt

    def _compare(self, outcome: Outcome) -> None:
        assert outcome.after is not None
        there = {each.fingerprint for each in outcome.after.counted}
        wanted = [finding for change in outcome.applied for finding in change.findings]
        outcome.cured = [each for each in wanted if each.fingerprint not in there]
        outcome.left = outcome.after.counted
        known = {each.fingerprint for each in (*self._known(outcome), *wanted)}
        outcome.new = [each for each in outcome.after.counted if each.fingerprint not in known]


def _is_less(finding: Finding, there: dict[str, Finding]) -> bool:
    """Return whether a finding is gone, or is about less."""
    now = there.get(finding.fingerprint)
    return now is None or now.message != finding.message or len(now.places) < len(finding.places)


def _worse(after: Result, known: list[Finding]) -> Finding | None:
    """Return a new finding that fails the audit, or a new one about a missing file."""
    old = {each.fingerprint for each in known} | {each.digest for each in known if each.digest}
    for each in after.counted:
        is_bad = each.severity >= min(after.fail_on, Severity.ERROR)
        is_loss = isinstance(each.remedy, Include) and each.severity >= Severity.WARNING
        if (is_bad or is_loss) and old.isdisjoint((each.fingerprint, each.digest)):
            return each
    return None


def _unexpected(
    before: list[Distribution],
    after: list[Distribution],
    changes: list[Change],
    known: list[Finding],
    edited: Iterable[str],
) -> str | None:
    """Return which file vanished or appeared that no finding names, else None.

    A file may only vanish if a finding before all changes, which are the ``known`` ones, names it too.
    """
    named = [path for change in changes for finding in change.findings for path in _named(finding)]
    first = [path for finding in known for path in (*_named(finding), *_listed(finding))]
    licenses = [
        value
        for change in changes
        for each in change.settings
        if each.key == "license-files"
        for value in each.values
    ]
    old, new = _listings(before), _listings(after)
    if set(old) != set(new):
        return f"another kind of distribution is built: {', '.join(sorted(set(old) ^ set(new)))}"
    for kind in old:
        for verb, paths in (("lacks", old[kind] - new[kind]), ("contains", new[kind] - old[kind])):
            for path in sorted(paths):
                bare = _bare(path)
                is_named = _covers(named, bare) and (verb == "contains" or _covers(first, bare))
                if (
                    not is_named
                    and bare not in edited
                    and not any(fnmatchcase(bare, each) for each in licenses)
                ):
                    return f"the {kind} {verb} {quoted(path)}"
    return None


def _listings(distributions: list[Distribution]) -> dict[str, set[str]]:
    """Return the paths of files by the kind of distribution, without the names of the release."""
    found: dict[str, set[str]] = {}
    for each in distributions:
        paths = found.setdefault(str(each.kind), set())
        for path in each.files:
            paths.add(relative(path, each) if isinstance(each, Sdist) else _IN_WHEEL.sub(r"\1", path))
    return found


def _covers(paths: list[str], path: str) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in paths)


def _listed(finding: Finding) -> list[str]:
    """Return the paths that the data of a finding lists, as `_bare` gives them."""
    paths = finding.data.get("paths")
    listed = paths if isinstance(paths, (list, tuple)) else ()
    return [_bare(_ROOT.sub("", str(each))) for each in listed]


def _named(finding: Finding) -> list[str]:
    """Return the paths that a finding is about, in any of its distributions, as `_bare` gives them."""
    remedy = finding.remedy
    if isinstance(remedy, SetField):
        found = [remedy.lost] if remedy.lost else []
    else:
        found = [place.location.member for place in finding.places if place.location.member]
    if isinstance(remedy, Exclude):
        found += [remedy.path, *remedy.more]
    elif isinstance(remedy, Include):
        found += [remedy.path, *remedy.more, *filter(None, [remedy.other])]
    paths = (each.partition("!/")[0].strip("/") for each in found)
    return [bare for each in paths if (bare := _bare(_ROOT.sub("", each)))]


def _bare(path: str) -> str:
    """Return a path as it is in a package, or in the folder of the project."""
    return _INSIDE.sub("", path)
