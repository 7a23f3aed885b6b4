"""Audits one distribution in one pass, then a release from the summaries of its distributions."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pkgaudit.archive.walk import Part, Visit, walk
from pkgaudit.collector import Collector, crash_of
from pkgaudit.config.config import Config
from pkgaudit.config.inline import InlineIgnores, has_mark
from pkgaudit.finding import Failure
from pkgaudit.judged import Audit, Judged
from pkgaudit.known import Known
from pkgaudit.masks import Pieces
from pkgaudit.model.capabilities import Capabilities, total
from pkgaudit.model.distribution import Distribution, Release, UnreadFile, Update, Upload, make_distribution
from pkgaudit.model.member import Window
from pkgaudit.model.subject import RunSubject
from pkgaudit.plan import Plan, Ready, Values
from pkgaudit.regular import open_regular
from pkgaudit.times import PARSING, READING, REPORTING, clock

logger = logging.getLogger(__name__)


def audit_distribution(
    path: str, plan: Plan, config: Config, file: str | None = None, known: Known | None = None
) -> Audit:
    """Audit one file with the name of a distribution, in one pass.

    ``path`` is the path in reports; the content is read from ``file`` if the distribution was built from a
    project. ``known`` has the results on equal members of other distributions of the project, and is given
    those of this one. No content raises an exception: an unreadable file and a crashing rule are failures in
    the result.
    """
    audit = Audit(path)
    distribution = make_distribution(path)
    if distribution is None:
        audit.failures.append(
            Failure("is not a distribution: neither a wheel (.whl) nor an sdist (.tar.gz)", path)
        )
        return audit
    started = clock()
    distribution.today = config.today
    distribution.was_built = plan.mode.was_built(path, file)
    collector = Collector(path, plan, audit.summaries, audit.pieces)
    judged = collector.judged
    ignores = InlineIgnores(distribution, collector.redact) if plan.inline_ignores else None
    try:
        with open_regular(file or path) as stream:
            for visit in walk(stream, distribution, config.limits, wants_blake2b=plan.mode.wants_blake2b):
                with _without_garbage_collection():
                    if _visit(visit, plan, collector, ignores, known):
                        distribution.unparsed_files.append(visit.member.path)
    except OSError as error:
        audit.failures.append(Failure(f"cannot be read: {error.strerror or error}", path))
        return audit
    except Exception as error:  # a bug in pkgaudit: it is reported, and the findings so far count
        audit.failures.append(Failure(crash_of("reading it", error), path))
    audit.distribution = distribution
    collector.conceal_names(distribution)
    collector.forget_copies(distribution)
    if plan.shows_capabilities:
        distribution.capabilities = total(audit.summaries.get(Capabilities, {}), collector.redact)
    for ready in plan.distributions:
        if isinstance(distribution, ready.rule.subject):
            collector.run(ready, distribution)
    with collector.times.of(REPORTING):
        with suppress(OSError):  # the file has been deleted; its findings remain
            collector.keep_lines(distribution, file or path, config.limits)
        audit.findings = collector.findings({path: distribution})
    audit.failures += judged.failures
    audit.skipped = collector.skipped
    if collector.is_timed:
        audit.seconds = {READING: clock() - started, **collector.times.seconds}
        audit.seconds[READING] -= sum(collector.times.seconds.values())
        _log_times(audit)
    return audit


def judge_part(path: str, plan: Plan, config: Config, file: str, part: Part, known: Known) -> None:
    """Judge a part of the members of a distribution, so that ``known`` has the results.

    Raises:
        OSError: the file cannot be read.
    """
    distribution = make_distribution(path)
    if distribution is None:
        return
    collector = Collector(path, plan)
    with open_regular(file) as stream:
        for visit in walk(stream, distribution, config.limits, part):
            with _without_garbage_collection():
                for window in visit.windows():
                    if window.whole:
                        _judge_once(visit, window, plan, collector, known)
                    window.forget()
                visit.close()


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Collect no garbage while a member is read, because a search through its syntax tree takes long.

    A tree has no cycles of references, so it is freed at the end, and the collector finds little then.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()


def _log_times(audit: Audit) -> None:
    total, reading = sum(audit.seconds.values()), audit.seconds[READING]
    parsing = audit.seconds.get(PARSING, 0.0)
    logger.debug(
        "%s took %.3f s, of that reading %.3f s, parsing %.3f s", audit.path, total, reading, parsing
    )


def _visit(
    visit: Visit, plan: Plan, collector: Collector, ignores: InlineIgnores | None, known: Known | None
) -> bool:
    """Run everything that reads one member; return whether it is Python that could not be parsed.

    Its content is discarded afterwards.
    """
    member = visit.member
    is_unparsed = False
    for window in visit.windows():
        judged = _judge_once(visit, window, plan, collector, known)
        collector.judged.add(judged)
        is_unparsed = is_unparsed or judged.is_unparsed
        if ignores is not None and judged.has_mark:
            ignores.look(member, window)
        window.forget()
    visit.close()
    for ready in plan.for_member(member).members:
        collector.run(ready, member, visit=visit)
    return is_unparsed


def _judge_once(
    visit: Visit, window: Window, plan: Plan, collector: Collector, known: Known | None
) -> Judged:
    """Return the result on a window of a member; if it is the complete content, it may be known."""
    if known is None or not window.whole:
        return _judge(visit, window, plan, collector)
    judged = known.find(visit)
    if judged is None:
        before = visit.member.cost
        judged = _judge(visit, window, plan, collector)
        known.keep(visit, judged, visit.member.cost.since(before))
    return judged


def _judge(visit: Visit, window: Window, plan: Plan, collector: Collector) -> Judged:
    """Run everything that reads the content of a member on a window of it."""
    member = visit.member
    judged = Judged()
    called = plan.for_member(member).within(window)
    for kind, rules in called.views.items():
        view = window.view(kind, member)
        if view is not None:
            for ready in rules:
                collector.run(ready, view, judged, visit, window)
    for summary in called.summaries:
        view = window.view(summary.subject, member)
        if view is not None:
            collector.summarize(summary, view, judged)
    judged.is_unparsed = window.is_unparsed
    judged.has_mark = has_mark(window)
    collector.conceal(member, window, judged)
    return judged


def audit_release(release: Release, audits: Iterable[Audit], plan: Plan) -> Audit:
    """Run the rules over a release: the distributions of one project that were given together.

    The keys of the summaries are ``distribution path + "/" + member path``.
    """
    return _audit_together(release, release.distributions, plan.releases, audits, plan)


def audit_update(update: Update, audits: Iterable[Audit], plan: Plan) -> Audit:
    """Run the rules over a release and an earlier one; ``audits`` are those of the files of both.

    The keys of the summaries are as in `audit_release`.
    """
    return _audit_together(update, update.new.distributions, plan.updates, audits, plan)


def audit_upload(upload: Upload, audits: Iterable[Audit], plan: Plan) -> Audit:
    """Run the rules over all inputs together; the keys of the summaries are as in `audit_release`."""
    foreign = [UnreadFile(path, Path(path).name) for path in upload.foreign]
    return _audit_together(upload, [*upload.distributions, *foreign], plan.uploads, audits, plan)


def audit_other(
    subject: RunSubject, plan: Plan, distributions: Iterable[Distribution] = (), pieces: Pieces | None = None
) -> Audit:
    """Run the rules over a subject that exists once in a run.

    ``distributions`` are those that were audited; ``pieces`` are pieces of confidential texts, to be masked.
    """
    known = {each.path: each for each in distributions}
    pieces = Pieces() if pieces is None else pieces
    for each in subject.secrets:
        pieces.add(each)
    files = [known.get(path) or UnreadFile(path, Path(path).name) for path in subject.files]
    return _audit_together(subject, files, plan.others.get(type(subject), []), (), plan, pieces)


def _audit_together(
    subject: Release | Update | Upload | RunSubject,
    distributions: list[Distribution],
    rules: list[Ready],
    audits: Iterable[Audit],
    plan: Plan,
    pieces: Pieces | None = None,
) -> Audit:
    if not distributions or not rules:
        return Audit("")
    merged: Values = {}
    pieces = Pieces() if pieces is None else pieces
    for audit in audits:
        pieces.update(audit.pieces)
        for kind, values in audit.summaries.items():
            merged.setdefault(kind, {}).update(
                {f"{audit.path}/{path}": value for path, value in values.items()}
            )
    first = distributions[0]
    collector = Collector(first.path, plan, merged, pieces)
    for ready in rules:
        collector.run(ready, subject)
    findings = collector.findings({each.path: each for each in distributions})
    return Audit(
        first.path,
        findings=findings,
        failures=collector.judged.failures,
        skipped=collector.skipped,
        seconds=collector.times.seconds,
    )
