"""What the tests share."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

import fixtures
from fixtures.builders import Built
from fixtures.cases import Given, Successive
from pkgaudit.archive.again import reader_of
from pkgaudit.cli import main
from pkgaudit.config.baseline import read_baselines
from pkgaudit.config.config import Config, parse_config
from pkgaudit.engine import audit_distribution, audit_other, audit_release, audit_update, audit_upload
from pkgaudit.finding import Finding
from pkgaudit.judged import Audit
from pkgaudit.model.distribution import Checkout, Update, Upload, group_releases, make_distribution
from pkgaudit.model.subject import RunSubject
from pkgaudit.plan import Plan
from pkgaudit.rule import Registry, load_registry
from pkgaudit.run import advisories_of
from pkgaudit.verdict.policy import Policy

MANIFESTS = frozenset({"in-toto", "manifest", "requirements", "sha256sum"})
"""The formats that list the audited files and no findings."""


@cache
def registry() -> Registry:
    """Return all rules, found once."""
    return load_registry()


def audit(
    folder: Path,
    built: Built | Given,
    table: dict[str, Any] | None = None,
    tracked: frozenset[str] | None = None,
    untagged: bool = False,
) -> list[Finding]:
    """Write distributions, and files beside them, into a folder, audit them, and return what counts.

    A subject that is no file is audited as it is.
    """
    old = built.old if isinstance(built, Successive) else []
    config, plan = planned(json.dumps({**(table or {}), **({"against": "old"} if old else {})}))
    if isinstance(built, RunSubject):
        done = audit_other(built, plan)
        assert not done.failures, done.failures
        found = Policy(config, registry()).apply(done.findings)
        return [finding for finding in found if finding.suppressed is None]
    new = built.new if isinstance(built, Successive) else built if isinstance(built, list) else [built]
    paths = [each.write(folder) for each in new]
    if old:
        (folder / "old").mkdir(exist_ok=True)
    before = [each.write(folder / "old") for each in old]
    audits = audit_paths(paths, config, tracked, plan, untagged, before)
    failures = [failure for each in audits for failure in each.failures]
    assert not failures, failures
    policy = Policy(config, registry(), read_baselines(folder / each for each in config.baseline))
    distributions = [each.distribution for each in audits if each.distribution is not None]
    findings = policy.apply((finding for each in audits for finding in each.findings), distributions)
    last = audit_other(policy.ignores(), plan)
    assert not last.failures, last.failures
    findings += policy.apply(last.findings)
    return [finding for finding in findings if finding.suppressed is None]


@cache
def planned(table: str) -> tuple[Config, Plan]:
    """Return a configuration, given as JSON, and its plan; most audits of tests have the same few."""
    config = parse_config(json.loads(table), "test")
    if config.vulndb is not None:
        config = replace(config, vulndb=Path(fixtures.__file__).parent / config.vulndb)
    config.validate(registry())
    return config, Plan.make(registry(), config)


def audit_paths(
    paths: list[Path],
    config: Config,
    tracked: frozenset[str] | None = None,
    plan: Plan | None = None,
    untagged: bool = False,
    old: Sequence[Path] = (),
) -> list[Audit]:
    """Audit files as the command does, in this process; an audit each, one per release and one of all.

    ``tracked`` are the files under version control of all that has an sdist; ``plan`` is that of the
    configuration where it was made already. ``untagged``: no version has a tag.
    ``old`` are the files of the release before, which are read only for the comparison.
    """
    plan = plan or Plan.make(registry(), config)
    known = [path for path in paths if make_distribution(str(path))]
    audits = [audit_distribution(str(path), plan, config) for path in known]
    for each in audits:
        each.forget(plan)
    releases = group_releases(each.distribution for each in audits if each.distribution)
    singles = {each.path: each for each in audits}
    for release in releases:
        if tracked is not None:
            release.checkout = Checkout(str(paths[0].parent), tracked)
        if untagged:
            release.untagged = tuple(dict.fromkeys(each.version for each in release.distributions))
        release.read = reader_of({path: path for path in singles}, config.limits)
        audits.append(audit_release(release, [singles[each.path] for each in release.distributions], plan))
    foreign = [str(path) for path in paths if path not in known]
    before = [audit_distribution(str(path), plan.for_old(), config) for path in old]
    earlier = group_releases(each.distribution for each in before if each.distribution)
    last = {each.project: each for each in earlier}
    updates = [Update(each, last[each.project]) for each in releases if each.project in last]
    upload = Upload(releases, foreign, advisories_of(releases, config), updates)
    changes = [audit_update(each, [*singles.values(), *before], plan) for each in updates]
    return [*audits, audit_upload(upload, singles.values(), plan), *changes]


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    """Run the command in this process."""
    logger = logging.getLogger("pkgaudit")
    try:
        return CliRunner().invoke(main, [str(each) for each in arguments], env=env, catch_exceptions=False)
    finally:
        # The option -vv is for the rest of a process, and its handler writes to the output of this run.
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)


def code_lines(page: str) -> set[str]:
    """Return the lines of code in a page of a rule in Markdown, without indentation."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}.*", page, re.MULTILINE)
    return {line.strip() for block in (*fenced, *indented) for line in block.splitlines()}


def run_json(*arguments: object) -> dict[str, Any]:
    """Run an audit and return its JSON report, whatever the verdict."""
    report: dict[str, Any] = json.loads(run(*arguments, "--no-config", "--format", "json").stdout)
    return report
