"""``pkgaudit manifest``: writes the hashes of a release."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import config_options, make_config, verdict_options
from pkgaudit.cli.door import put_file, say
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import BuildWatch, request_of
from pkgaudit.formatting import counted

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.finding import Failure
    from pkgaudit.manifest.release import Content
    from pkgaudit.model.distribution import Distribution
    from pkgaudit.rule import Registry

_FORMATS = ("sha256sum", "requirements", "json", "in-toto")
"""The formats, repeated here because ``--help`` should not import the modules that write them."""


@click.command(
    "manifest",
    cls=Sectioned,
    short_help="Write the hashes of a release, for 'pkgaudit verify' and other programs.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(_FORMATS),
    default="sha256sum",
    help="Format of the manifest; 'in-toto' audits the files.  [default: sha256sum]",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the manifest to FILE, such as SHA256SUMS.  [default: standard output]",
)
@click.option("--members", is_flag=True, help="Add the hashes of all members; only with --format json.")
@config_options
@verdict_options
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Write the names and hashes of sdists and wheels to a manifest.

    'sha256sum' is for 'sha256sum --check', 'requirements' for the hash mode of pip and uv, 'json' for other
    programs, and 'in-toto' is a statement on an audit, for a signer. An audit writes the same manifests, with
    'pkgaudit PATH... --output manifest=FILE' (or sha256sum=, requirements=, in-toto=).

    Exits with 0 if the manifest was written, whatever the audit found; with 2 if a file cannot be read, and
    then nothing is written.
    """
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Write a manifest and return the exit status.

    Raises:
        PkgauditError: the configuration, an installed rule or the files cannot be used.
        click.UsageError: the arguments cannot be used, or the manifest cannot be written.
    """
    from pkgaudit.cli.outputs import Precious, wrong_with
    from pkgaudit.rule import load_registry

    if choices["members"] and choices["format_name"] != "json":
        raise click.UsageError("--members needs --format json; other formats have no place for members")
    registry = load_registry()
    config = make_config(choices, registry)
    output: Path | None = None if choices["output"] == Path("-") else choices["output"]
    if output is not None:
        wrong = wrong_with(str(output), os.path.realpath(output))
        if wrong := wrong or Precious.of(choices, config).harmed_by(str(output)):
            raise click.UsageError(wrong)
    content, failures = _content(choices, config, registry)
    for failure in failures:
        say(": ".join(filter(None, ("no manifest is written", failure.distribution, failure.message))))
    if content is None or failures:
        return 2
    text = _text(choices, content)
    if output is None:
        put_file(text)
        return 0
    _write(output, text)
    audit = f"; the audit {content.audit.result}" if content.audit is not None else ""
    say(f"{output}: {counted(len(content.distributions), 'file')}{audit}")
    return 0


def _content(
    choices: dict[str, Any], config: Config, registry: Registry
) -> tuple[Content | None, list[Failure]]:
    """Return what to write, or why that is not known."""
    from pkgaudit import run as auditing
    from pkgaudit.engine import audit_distribution
    from pkgaudit.finding import Failure
    from pkgaudit.inputs.paths import collect
    from pkgaudit.manifest.release import content_of
    from pkgaudit.plan import Mode, Plan
    from pkgaudit.report.manifests import audited

    inputs = collect(choices["paths"])
    failures = [
        *inputs.failures,
        *(Failure("is a project; build it, and give the built files", each) for each in inputs.projects),
    ]
    for each in inputs.skipped:
        say(f"left out: {each.path}: {each.reason}")
    if failures:
        return None, failures
    if choices["format_name"] == "in-toto":
        result = auditing.run(request_of(choices), config, registry, BuildWatch())
        failures = result.failures or _unreadable(result.distributions)
        return (None if failures else audited(result)), failures
    plan = Plan()
    plan.mode = Mode(wants_blake2b=choices["format_name"] == "json")
    audits = [audit_distribution(path, plan, config, file) for path, file in inputs.files.items()]
    distributions = [each.distribution for each in audits if each.distribution is not None]
    failures = [failure for each in audits for failure in each.failures] or _unreadable(distributions)
    return (None if failures else content_of(distributions)), failures


def _unreadable(distributions: Iterable[Distribution]) -> list[Failure]:
    """Return the reasons why archives cannot be read; nobody can install what they contain."""
    from pkgaudit.finding import Failure
    from pkgaudit.model.entry import AnomalyKind, ArchiveKind

    kinds = (AnomalyKind.UNREADABLE, AnomalyKind.BOMB, AnomalyKind.AMBIGUOUS)
    return [
        Failure(next((x.message for x in each.anomalies if x.kind in kinds), "it is damaged"), each.path)
        for each in distributions
        if each.kind is not ArchiveKind.OTHER and not each.is_readable
    ]


def _text(choices: dict[str, Any], content: Content) -> str:
    from pkgaudit.manifest import document, in_toto, requirements, sums

    for path in content.left_out:
        say(f"left out: {path}: not a distribution that PyPI accepts")
    if choices["format_name"] == "json":
        return document.text(content, with_members=choices["members"])
    writers: dict[str, Callable[[Content], str]] = {
        "sha256sum": sums.text,
        "requirements": requirements.text,
        "in-toto": in_toto.text,
    }
    return writers[choices["format_name"]](content)


def _write(output: Path, text: str) -> None:
    from pkgaudit.cli.door import OutputError
    from pkgaudit.whole import write_whole

    try:
        write_whole(output, text)
    except OSError as error:
        raise OutputError([f"{output}: cannot be written: {error.strerror}"]) from None
