"""The audit itself, from paths to findings, for the commands that need one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.config import Config, ConfigError
from pkgaudit.finding import Failure, Finding

if TYPE_CHECKING:
    from pkgaudit.inputs import Skipped
    from pkgaudit.model.distribution import Distribution
    from pkgaudit.rule import Registry


@dataclass
class Performed:
    """What an audit gave: each finding on its own, judged by no policy yet."""

    distributions: list[Distribution]
    findings: list[Finding]
    failures: list[Failure]
    skipped: list[Skipped]
    rules: int


def find_rules() -> Registry:
    """Return all rules.

    Raises:
        click.UsageError: some cannot be used.
    """
    from pkgaudit.rule import RuleError, load_registry

    try:
        return load_registry()
    except RuleError as error:
        raise click.UsageError(str(error)) from None


def perform(
    choices: dict[str, Any], config: Config, registry: Registry, say: Callable[[str], None]
) -> Performed:
    """Build what is to be built and audit all that was given.

    Raises:
        ConfigError: no rule is left to run.
    """
    from pkgaudit.build import BuildError, build
    from pkgaudit.checkout import find_checkout
    from pkgaudit.engine import Plan, audit_release, audit_upload, group_releases
    from pkgaudit.execution import audit_all
    from pkgaudit.inputs import collect
    from pkgaudit.model.distribution import Upload

    rules = config.selected(registry)
    if not rules:
        where = f" in {config.source} and on the command line" if config.source else ""
        raise ConfigError(f"no rule is left to run; look at select, ignore and profile{where}")

    inputs = collect(choices["paths"])
    failures = list(inputs.failures)
    with ExitStack() as stack:
        for project in inputs.projects:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))
            say(f"building {project}")
            try:
                for built in build(project, folder, say, isolation=not choices["no_isolation"]):
                    inputs.add_built(project, built)
            except BuildError as error:
                click.echo(error.output, err=True)
                failures.append(Failure(str(error), project))
        audits = list(audit_all(inputs.files, registry, config, choices["jobs"]))
        if not inputs.files and not failures:
            failures.append(Failure("there is nothing to audit: no wheel (.whl) and no sdist (.tar.gz)"))

    distributions = [each.distribution for each in audits if each.distribution is not None]
    plan = Plan.make(registry, config)
    by_path = {each.path: each for each in audits}
    releases = group_releases(distributions)
    singles = list(audits)
    for release in releases:
        release.checkout = find_checkout(release, [*inputs.projects, "."]) if plan.releases else None
        audits.append(audit_release(release, [by_path[each.path] for each in release.distributions], plan))
    audits.append(audit_upload(Upload(releases, inputs.foreign), singles, plan))
    findings = [finding for audit in audits for finding in audit.findings]
    failures += [failure for audit in audits for failure in audit.failures]
    return Performed(distributions, findings, failures, inputs.skipped, len(rules))


def say(line: str) -> None:
    """Tell what is being done, apart from the report."""
    click.echo(line, err=True)
