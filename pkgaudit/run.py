"""A complete audit, from paths to a result, for the command and, as `pkgaudit.audit`, for programs."""

from __future__ import annotations

import logging
import os
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pkgaudit.archive.again import reader_of
from pkgaudit.collector import Collector
from pkgaudit.config.baseline import read_baselines
from pkgaudit.config.config import Config, parse_config, read_config
from pkgaudit.config.deprecations import deprecations
from pkgaudit.config.table import ConfigError
from pkgaudit.engine import audit_other, audit_release, audit_update, audit_upload
from pkgaudit.execution import audit_all
from pkgaudit.finding import Failure, Finding
from pkgaudit.inputs.against import Predecessors, find_predecessors
from pkgaudit.inputs.build import BuildError, build
from pkgaudit.inputs.checkout import find_checkout
from pkgaudit.inputs.paths import Inputs, Skipped, collect
from pkgaudit.inputs.sources import Sources
from pkgaudit.judged import Audit
from pkgaudit.limits import Limits
from pkgaudit.manifest.attestations import attestations_of
from pkgaudit.masks import Pieces
from pkgaudit.model.advisories import Advisories
from pkgaudit.model.distribution import Distribution, Release, Update, Upload, group_releases, normalize
from pkgaudit.model.ignores import Ignores
from pkgaudit.model.release_files import Manifest, ReleaseFile, ReleaseFiles
from pkgaudit.model.subject import RunSubject
from pkgaudit.plan import Mode, Plan
from pkgaudit.report.result import Result
from pkgaudit.rule import Registry, Rule, Subject, load_registry
from pkgaudit.times import rows, total
from pkgaudit.verdict.policy import Policy, merge, sort_key, verdict
from pkgaudit.verdict.remedies import Remedies
from pkgaudit.watch import Request, Watch

if TYPE_CHECKING:
    from pkgaudit.cache.cache import Place

logger = logging.getLogger(__name__)

_SLOWEST = 10
"""The number of slow rules and summaries that the log names at the end. Chosen: as many as fit on a
screen."""


@dataclass
class Performed:
    """The raw result of an audit: single findings, before any policy. ``attestations`` are the given ones."""

    distributions: list[Distribution]
    releases: list[Release]
    findings: list[Finding]
    failures: list[Failure]
    skipped: list[Skipped]
    rules: list[Rule]
    plan: Plan
    attestations: dict[str, str] = field(default_factory=dict)


def audit(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    *,
    jobs: int | None = 1,
    isolation: bool = True,
    capabilities: bool = False,
) -> Result:
    """Audit distributions and return the result, as ``pkgaudit PATH…`` does.

    Args:
        paths: distributions, folders with distributions, globs, and project folders, which are built first
            (this runs the project's build backend; no code from an archive ever runs).
        config: a table like ``[tool.pkgaudit]``, or the path of a configuration file; without it, no
            configuration is read, not even that of the working directory.
        jobs: the number of processes; None chooses it by the size of the files.
        isolation: whether projects are built in an isolated environment.
        capabilities: whether to find the capabilities of the distributions.

    Returns:
        The result. Unreadable inputs are in ``failures`` and raise no exception.

    Raises:
        PkgauditError: the configuration, an installed rule or a baseline cannot be used.
    """
    given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else paths
    registry = load_registry()
    if config is None:
        chosen = Config()
    elif isinstance(config, Mapping):
        chosen = parse_config(_as_toml(config), "the configuration")
    else:
        chosen = read_config(Path(config))
    chosen.validate(registry)
    for warning in deprecations(chosen, registry):
        warnings.warn(warning, DeprecationWarning, stacklevel=2)
    request = Request([os.fsdecode(each) for each in given], jobs, isolation, wants_capabilities=capabilities)
    return run(request, chosen, registry)


def _as_toml(value: Any) -> Any:
    """Return Python values as a TOML parser would return them.

    Raises:
        ConfigError: a key of a table is not a text.
    """
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(f"the configuration: the key {key!r} is not a text")
        return {key: _as_toml(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_as_toml(each) for each in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def run(
    request: Request,
    config: Config,
    registry: Registry,
    watch: Watch | None = None,
    *,
    inputs: Inputs | None = None,
    others: Mapping[type[RunSubject], Callable[[Performed], RunSubject]] | None = None,
) -> Result:
    """Run an audit and judge its findings.

    ``inputs`` are audited instead of the paths of the request: copies of its files or, if they name a
    project, files that were built from it. ``others`` make further subjects from what was audited.

    Raises:
        ConfigError: no rule is selected, or a baseline cannot be used.
        AdvisoryDataError: the advisory data cannot be used.
        ManifestError: a manifest cannot be used.
    """
    manifests = _read(request.manifests) if request.manifests else []
    judge = Judge(config, registry, watch or Watch())
    others = others or {}
    kinds: list[type[RunSubject]] = [Ignores, ReleaseFiles, *others]
    # A user who gives a manifest wants it compared, also with a selection of rules that leaves that out.
    required = [*others, *((ReleaseFiles,) if manifests else ())]
    done = perform(
        request, config, registry, watch, judge.hear, inputs=inputs, others=kinds, required=required
    )
    files = ReleaseFiles([ReleaseFile.of(each) for each in done.distributions], manifests)
    if done.plan.others[ReleaseFiles]:
        done.failures += prepare(files, config, registry, done.attestations)
    return judge.result(done, [files, *(make(done) for make in others.values())])


def _read(paths: Iterable[str]) -> list[Manifest]:
    """Read manifests; most audits have none, and need no parsers for them."""
    from pkgaudit.manifest.reading import read_manifest

    return [read_manifest(each) for each in paths]


def prepare(
    files: ReleaseFiles, config: Config, registry: Registry, attestations: Mapping[str, str] | None = None
) -> list[Failure]:
    """Add the given attestations and those beside the files, and the digest of the configuration.

    Return a failure if signatures must be checked but cannot be.
    """
    if any(each.configuration for each in files.manifests):
        files.configuration = config.digest(registry)
    files.attestations = attestations_of(files.given, attestations or {})
    if config.gate.publisher is None or not files.attestations:
        return []
    from pkgaudit.manifest.signatures import SignatureCheckError, checker

    try:
        check = checker(config.gate.publisher)
        files.attestations = [check(each) for each in files.attestations]
    except SignatureCheckError as error:
        return [Failure(str(error))]
    return []


def run_on(
    subject: RunSubject,
    config: Config,
    registry: Registry,
    failures: Sequence[Failure] = (),
    skipped: Sequence[Skipped] = (),
    *,
    watch: Watch | None = None,
    always: bool = False,
) -> Result:
    """Run only the rules on one subject and judge their findings; no distribution is read.

    ``failures`` and ``skipped`` are what could not be read or was left out while the subject was made. With
    ``always``, all these rules run unless an ignore names them, whatever the configuration selects.

    Raises:
        ConfigError: no rule on the subject is selected, or a baseline cannot be used.
    """
    judge = Judge(config, registry, watch or Watch())
    required = (type(subject),) if always else ()
    rules = _selected(config, registry, lambda each: each is type(subject), required)
    plan = Plan.make(registry, config, rules)
    return judge.result(Performed([], [], [], [*failures], [*skipped], rules, plan), [subject])


class Judge:
    """Judges the findings of one run as they come, and gives the result."""

    def __init__(self, config: Config, registry: Registry, watch: Watch) -> None:
        """Read the baselines.

        Raises:
            ConfigError: a baseline cannot be used.
        """
        self._started = time.monotonic()
        self._config = config
        self._registry = registry
        self._watch = watch
        self._policy = Policy(config, registry, read_baselines(config.baseline))
        self._findings: list[Finding] = []
        self._pieces = Pieces()

    def hear(self, audit: Audit) -> None:
        """Judge the findings of an audit."""
        self._pieces.update(audit.pieces)
        mine = [] if audit.distribution is None else [audit.distribution]
        findings = self._policy.apply(audit.findings, mine)
        self._findings.extend(findings)
        self._watch.audited(audit.distribution, findings, audit.failures)

    def result(self, done: Performed, subjects: Iterable[RunSubject] = ()) -> Result:
        """Run the rules over these subjects, then those over the ignores, and return the result."""
        failures, skipped = list(done.failures), list(done.skipped)

        def audit(subject: RunSubject) -> None:
            made = audit_other(subject, done.plan, done.distributions, self._pieces)
            self.hear(made)
            failures.extend(made.failures)
            skipped.extend(made.skipped)

        for each in subjects:
            audit(each)
        audit(self._policy.ignores())
        redact = Collector("", done.plan, pieces=self._pieces).redact
        remedies = Remedies(done.releases, redact)
        findings = without_confirmed(self._findings)
        findings = sorted(merge(findings, done.distributions, remedies), key=sort_key)
        return Result(
            verdict(findings, failures, self._config.fail_on),
            self._config.fail_on,
            done.distributions,
            findings,
            failures,
            skipped,
            time.monotonic() - self._started,
            done.rules,
            self._registry,
            Sources(done.distributions, ["."]),
            remedies.pastes(each for each in findings if each.suppressed is None),
            redact,
            self._config,
        )


def without_confirmed(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without those that others confirm, so that each fault is reported once."""
    findings = list(findings)
    confirmed = {
        (each.distribution, fingerprint)
        for each in findings
        if each.suppressed is None
        for fingerprint in each.confirms
    }
    return [
        each
        for each in findings
        if each.suppressed is not None or (each.distribution, each.fingerprint) not in confirmed
    ]


def perform(
    request: Request,
    config: Config,
    registry: Registry,
    watch: Watch | None = None,
    judge: Callable[[Audit], None] = lambda _: None,
    *,
    inputs: Inputs | None = None,
    others: Collection[type[RunSubject]] = (Ignores,),
    required: Collection[type[RunSubject]] = (),
) -> Performed:
    """Build the projects and audit all inputs; ``judge`` is called with each finished audit.

    ``inputs`` are copies of the files of the request, which are audited instead. ``others`` are the kinds of
    subjects, beside distributions, that the caller will audit; all rules on those in ``required`` run unless
    an ignore names them.

    Raises:
        ConfigError: no rule is selected, or the options of a rule are invalid.
        AdvisoryDataError: the advisory data cannot be used.
    """
    watch = watch or Watch()
    if config.vulndb is not None:
        from pkgaudit.vulndb.file import check

        check(config.vulndb)
    rules = _selected(
        config, registry, lambda each: each in others or not issubclass(each, RunSubject), required
    )
    _log_choices(config, registry)
    is_timed = watch.wants_times or logger.isEnabledFor(logging.DEBUG)
    are_copies = inputs is not None and not inputs.projects
    mode = Mode(is_timed, request.wants_blake2b, are_copies, request.wants_capabilities)
    plan = Plan.make(registry, config, rules, mode)
    began = total()
    with ExitStack() as stack:
        inputs = gather(request, stack, "audit", watch) if inputs is None else inputs
        predecessors = find_predecessors(config.against, inputs.files) if config.against else Predecessors()
        audits = []
        cache = _cache(plan, config, watch)
        with (
            closing(audit_all(inputs.files, plan, config, request.jobs, cache, request.cluster)) as results,
            watch.auditing(inputs.files) as done,
        ):
            for audit in results:
                audits.append(audit)
                done(audit.path)
                judge(audit)
        old = _audit_old(predecessors, request, plan, config, watch) if plan.updates else []
    distributions = [each.distribution for each in audits if each.distribution is not None]
    releases = releases_of(audits, inputs, plan, config.limits)
    if request.git is not None and plan.releases:
        _add_commits(releases, inputs, request.git)
    updates = _updates_of(releases, audits, predecessors, old)
    together = audit_together(releases, audits, inputs, plan, config, updates)
    together += _audit_updates(updates, [*audits, *old], plan)
    for audit in together:
        judge(audit)
    audits += [*together, *old]
    _log_times(audits)
    if watch.wants_times:
        watch.spent(rows((each.seconds for each in audits), plan.group_of, began, total()))
    findings = [finding for audit in audits for finding in audit.findings]
    failures = [*inputs.failures, *predecessors.failures]
    failures += [failure for audit in audits for failure in audit.failures]
    skipped = [*inputs.skipped, *predecessors.skipped]
    skipped += [each for audit in audits for each in audit.skipped]
    return Performed(distributions, releases, findings, failures, skipped, rules, plan, inputs.attestations)


def _selected(
    config: Config,
    registry: Registry,
    are_audited: Callable[[Subject], bool],
    required: Collection[type[RunSubject]] = (),
) -> list[Rule]:
    """Return the selected rules on the subjects that are audited.

    Those on the required subjects only need not be ignored by name: no selection, prefix or profile, which
    are meant for the distributions, leaves them out.

    Raises:
        ConfigError: no rule is selected.
    """
    rules = [
        rule
        for rule in registry
        if are_audited(rule.subject)
        and (
            not config.is_ignored_by_name(rule) if rule.subject in required else config.left_out(rule) is None
        )
    ]
    if not rules:
        if not config.against and any(issubclass(rule.subject, Update) for rule in registry):
            config = replace(config, against=(Path(),))
            if any(config.left_out(rule) is None for rule in registry):
                raise ConfigError("the selected rules compare a release with an earlier one; add --against")
        where = f" in {config.source} and on the command line" if config.source else ""
        raise ConfigError(f"no rule is selected; check select, ignore and profile{where}")
    return rules


def _cache(plan: Plan, config: Config, watch: Watch) -> Place | None:
    """Return the place of the cache if the user wants one and it can be used; else say why."""
    if not config.cache:
        return None
    try:
        from pkgaudit.cache.cache import Place
        from pkgaudit.cache.store import CacheError
    except ImportError as error:
        watch.say(f"the cache is not used, because the library {error.name} is missing")
        return None
    try:
        place = Place.of(plan, config)
    except CacheError as error:
        watch.say(str(error))
        return None
    if place.was_replaced:
        watch.say(f"the cache in {place.folder} was damaged or of another version; it is empty now")
    return place


def gather(request: Request, stack: ExitStack, what: str, watch: Watch) -> Inputs:
    """Return the given files, and the files built from the given projects.

    The built files are in folders that the ``stack`` removes. ``what`` is the verb for the message if nothing
    was given.
    """
    inputs = collect(request.paths, empty_ok=request.empty_ok)
    for project in inputs.projects:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))
        watch.say(f"building {project}")
        try:
            for built in build(project, folder, watch.say, isolation=request.isolation):
                inputs.add_built(project, built)
        except BuildError as error:
            watch.build_failed(project, error.lines, error.last_lines)
            inputs.failures.append(Failure(str(error), project))
    if not inputs.files and not inputs.failures and not inputs.empty_ok:
        message = f"nothing to {what}: no wheel (.whl) and no sdist (.tar.gz) was given"
        message = "; ".join([message, *inputs.settings[:1]])
        inputs.failures.append(Failure(message))
    return inputs


def releases_of(audits: Iterable[Audit], inputs: Inputs, plan: Plan, limits: Limits) -> list[Release]:
    """Return the releases with their checkouts, which are only searched for rules that read them."""
    releases = group_releases([each.distribution for each in audits if each.distribution is not None])
    for release in releases if plan.releases else ():
        release.checkout = find_checkout(release, [*inputs.projects, "."])
        release.read = reader_of(inputs.files, limits)
    return releases


def _add_commits(releases: Iterable[Release], inputs: Inputs, rev: str) -> None:
    """Add the revision to compare with to each release; most audits have none, and need no reader for it."""
    from pkgaudit.inputs.commit import add_commits

    for release in releases:
        failures, skipped = add_commits(release, [*inputs.projects, "."], rev)
        inputs.failures += failures
        inputs.skipped += skipped


def audit_together(
    releases: list[Release],
    audits: Sequence[Audit],
    inputs: Inputs,
    plan: Plan,
    config: Config,
    updates: Sequence[Update] = (),
) -> list[Audit]:
    """Return the audits of the releases, and that of all distributions together.

    ``updates`` are the releases with the earlier ones that they are compared with.

    Raises:
        AdvisoryDataError: the advisory data are needed and cannot be used.
    """
    by_path = {each.path: each for each in audits}
    found = []
    for release in releases:
        found.append(audit_release(release, [by_path[each.path] for each in release.distributions], plan))
    advisories = advisories_of(releases, config) if plan.uploads else None
    return [*found, audit_upload(Upload(releases, inputs.foreign, advisories, [*updates]), audits, plan)]


_REQUIRED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,199})")


def advisories_of(releases: Iterable[Release], config: Config) -> Advisories | None:
    """Return the advisories on the projects that the releases require; without any, nothing is read.

    Raises:
        AdvisoryDataError: the advisory data cannot be used.
    """
    if config.vulndb is None:
        return None
    lines = (
        line
        for release in releases
        for each in release.distributions
        if each.metadata is not None
        for line in each.metadata.all("Requires-Dist")
    )
    names = {normalize(match[1]) for match in map(_REQUIRED.match, lines) if match}
    if not names:
        return None
    from pkgaudit.vulndb.file import read_advisories

    return read_advisories(config.vulndb, names)


def _audit_old(
    predecessors: Predecessors, request: Request, plan: Plan, config: Config, watch: Watch
) -> list[Audit]:
    """Return the audits of the files of earlier releases, which have summaries and no findings."""
    files, plan = predecessors.paths, plan.for_old()
    if not files:
        return []
    audits = []
    cache = _cache(plan, config, watch)
    with (
        closing(audit_all(files, plan, config, request.jobs, cache, request.cluster)) as results,
        watch.auditing(files) as done,
    ):
        for audit in results:
            audits.append(audit)
            done(audit.path)
            distribution = audit.distribution
            if distribution is not None and (distribution.unread or not distribution.is_readable):
                message = "cannot be read completely, so no release is compared with it; download it again"
                audit.failures.append(Failure(message, audit.path))
    return audits


def _updates_of(
    releases: list[Release],
    audits: Sequence[Audit],
    predecessors: Predecessors,
    old: Sequence[Audit],
) -> list[Update]:
    """Return the releases that have a predecessor that can be read."""
    by_path = {each.path: each for each in (*audits, *old)}
    found = []
    for release in releases:
        mine = [by_path[path] for path in predecessors.files.get(release.project, ()) if path in by_path]
        earlier = [each.distribution for each in mine if each.distribution is not None]
        if not mine or any(each.failures for each in mine):
            continue
        if {each.sha256 for each in earlier} <= {each.sha256 for each in release.distributions}:
            predecessors.add_missing(release.project)  # only copies of the new files
            continue
        if not {each.kind for each in earlier} & {each.kind for each in release.distributions}:
            predecessors.add_other_kind(release.project)
        found.append(Update(release, Release(release.project, earlier)))
    return found


def _audit_updates(updates: Iterable[Update], audits: Iterable[Audit], plan: Plan) -> list[Audit]:
    """Return the audits of releases beside earlier ones; ``audits`` are those of the files of both."""
    by_path = {each.path: each for each in audits}
    found = []
    for update in updates:
        both = (*update.new.distributions, *update.old.distributions)
        found.append(audit_update(update, [by_path[each.path] for each in both], plan))
    return found


def _log_choices(config: Config, registry: Registry) -> None:
    """Log the configuration file, and the reason for each rule that does not run."""
    source = config.source and os.path.abspath(config.source)
    logger.debug("the configuration is %s" if source else "no configuration is read%s", source or "")
    if logger.isEnabledFor(logging.DEBUG):
        for rule in registry:
            if reason := config.left_out(rule):
                logger.debug("%s %s does not run: %s", rule.code, rule.name, reason)


def _log_times(audits: Iterable[Audit]) -> None:
    """Log the slowest rules and summaries, if they were timed."""
    total: Counter[str] = Counter()
    for audit in audits:
        total.update(audit.seconds)
    for name, seconds in total.most_common(_SLOWEST):
        logger.debug("%s took %.3f s in all", name, seconds)
