"""The audit itself, from paths to findings, for the commands that need one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.config.config import Config, ConfigError
from pkgaudit.finding import Failure, Finding

if TYPE_CHECKING:
    from pkgaudit.engine import Audit
    from pkgaudit.inputs.paths import Inputs, Skipped
    from pkgaudit.model.distribution import Distribution
    from pkgaudit.plan import Plan
    from pkgaudit.rule import Registry, Rule


def say(line: str) -> None:
    """Tell what is being done, apart from the report."""
    click.echo(line, err=True)


@dataclass
class Performed:
    """What an audit gave: each finding on its own, judged by no policy yet."""

    distributions: list[Distribution]
    findings: list[Finding]
    failures: list[Failure]
    skipped: list[Skipped]
    rules: list[Rule]


class Watch:
    """What is told while an audit goes on; this one tells what is being built, and nothing else."""

    def say(self, line: str) -> None:
        """Tell what is being done, apart from the report."""
        say(line)

    def auditing(self, files: Mapping[str, str]) -> AbstractContextManager[Callable[[str], None]]:
        """Begin to audit files; the context gives the function to call with each that is done."""
        return nullcontext(lambda _: None)

    def audited(self, audit: Audit) -> None:
        """Take what was found in one distribution, or in several together."""


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


def gather(choices: dict[str, Any], stack: ExitStack, what: str, say: Callable[[str], None] = say) -> Inputs:
    """Return the files that were given, and those built of the projects that were.

    What is built lies in folders that go with the ``stack``. ``what`` is what there would be to do.
    """
    from pkgaudit.inputs.build import BuildError, build
    from pkgaudit.inputs.paths import collect

    inputs = collect(choices["paths"], empty_ok=choices.get("empty_ok", False))
    for project in inputs.projects:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))
        say(f"building {project}")
        try:
            for built in build(project, folder, say, isolation=not choices["no_isolation"]):
                inputs.add_built(project, built)
        except BuildError as error:
            click.echo(error.output, err=True)
            inputs.failures.append(Failure(str(error), project))
    if not inputs.files and not inputs.failures and not inputs.empty_ok:
        message = f"there is nothing to {what}: no wheel (.whl) and no sdist (.tar.gz)"
        inputs.failures.append(Failure(message))
    return inputs


def audit_together(audits: Sequence[Audit], inputs: Inputs, plan: Plan) -> list[Audit]:
    """Return the audits of the releases that single distributions make, and that of all together."""
    from pkgaudit.engine import audit_release, audit_upload
    from pkgaudit.inputs.checkout import find_checkout
    from pkgaudit.model.distribution import Upload, group_releases

    by_path = {each.path: each for each in audits}
    releases = group_releases([each.distribution for each in audits if each.distribution is not None])
    found = []
    for release in releases:
        release.checkout = find_checkout(release, [*inputs.projects, "."]) if plan.releases else None
        found.append(audit_release(release, [by_path[each.path] for each in release.distributions], plan))
    return [*found, audit_upload(Upload(releases, inputs.foreign), audits, plan)]


def perform(
    choices: dict[str, Any], config: Config, registry: Registry, watch: Watch | None = None
) -> Performed:
    """Build what is to be built and audit all that was given.

    Raises:
        ConfigError: no rule is left to run.
    """
    from pkgaudit.execution import audit_all
    from pkgaudit.plan import Plan

    watch = watch or Watch()
    rules = config.selected(registry)
    if not rules:
        where = f" in {config.source} and on the command line" if config.source else ""
        raise ConfigError(f"no rule is left to run; look at select, ignore and profile{where}")

    with ExitStack() as stack:
        inputs = gather(choices, stack, "audit", watch.say)
        audits = []
        results = audit_all(inputs.files, registry, config, choices["jobs"])
        with watch.auditing(inputs.files) as done:
            for audit in results:
                audits.append(audit)
                done(audit.path)
                watch.audited(audit)
    distributions = [each.distribution for each in audits if each.distribution is not None]
    for audit in audit_together(audits, inputs, Plan.make(registry, config)):
        watch.audited(audit)
        audits.append(audit)
    findings = [finding for audit in audits for finding in audit.findings]
    failures = [*inputs.failures, *(failure for audit in audits for failure in audit.failures)]
    return Performed(distributions, findings, failures, inputs.skipped, rules)
