"""``pkgaudit verify``: compares the files of a release with a manifest, without an audit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import config_options, make_config, verdict_options
from pkgaudit.cli.door import say
from pkgaudit.cli.reporting import report_options
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch
from pkgaudit.formatting import counted

if TYPE_CHECKING:
    from pkgaudit.inputs.paths import Inputs
    from pkgaudit.model.release_files import Manifest, ReleaseFile


@click.command(
    "verify",
    cls=Sectioned,
    short_help="Compare the files of a release with a manifest.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("manifest", metavar="MANIFEST", shell_complete=complete.paths)
@click.argument("paths", nargs=-1, metavar="[FILE]...", shell_complete=complete.paths)
@config_options
@verdict_options
@report_options
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Compare the hashes of files with a manifest, and attestations with the files beside them.

    MANIFEST is a SHA256SUMS file, a requirements file with hashes, a pylock.toml, a JSON manifest or an
    in-toto statement. Without FILE, the files that it names are read, in its folder. The files are only
    hashed, not audited. For a manifest of an audit, give the options of that audit too.
    """
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Compare, report, and return the exit status.

    Raises:
        PkgauditError: the manifest, the configuration or an installed rule cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.cli.outputs import Outputs, Precious
    from pkgaudit.manifest.reading import read_manifest
    from pkgaudit.model.release_files import ReleaseFiles
    from pkgaudit.rule import load_registry
    from pkgaudit.run import prepare, run_on
    from pkgaudit.work import log_to_standard_error

    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    read = [choices["manifest"]]
    outputs.protect(Precious.of({**choices, "manifest": read}, config))
    manifest = read_manifest(choices["manifest"])
    inputs = _inputs(manifest, choices["paths"])
    files = ReleaseFiles(_hashed(inputs), [manifest], only_distributions=False)
    failures = [*inputs.failures, *prepare(files, config, registry, inputs.attestations)]
    if not choices["quiet"]:
        say(f"{manifest.path}: {manifest.form}; {counted(len(files.given), 'file')} compared")
    with outputs:
        watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0)
        result = run_on(files, config, registry, failures, inputs.skipped, watch=watch, always=True)
        outputs.finish(result)
    return result.exit_status


def _inputs(manifest: Manifest, paths: Iterable[str]) -> Inputs:
    """Return the files to hash: all distributions, and other files that the manifest lists."""
    from pkgaudit.finding import Failure
    from pkgaudit.inputs.paths import Inputs, collect
    from pkgaudit.manifest.reading import named_files
    from pkgaudit.model.distribution import make_distribution

    named = {each.name for each in manifest.entries}
    if paths:
        inputs = collect(paths)
        for project in inputs.projects:
            inputs.failures.append(Failure("is a project; give its built files", project))
        for each in inputs.skipped:
            if os.path.basename(each.path) in named:
                inputs.files[each.path] = each.path
        mine = os.path.realpath(manifest.path)
        inputs.skipped = [
            each
            for each in inputs.skipped
            if each.path not in inputs.files and os.path.realpath(each.path) != mine
        ]
        return inputs
    inputs = Inputs()
    found = list(filter(os.path.lexists, named_files(manifest)))
    if not any(named):
        folder = os.path.dirname(manifest.path)
        try:
            there = os.listdir(folder or os.curdir)
        except OSError as error:  # a folder whose files can be read, but not listed
            message = f"cannot be listed: {error.strerror}; give the files after the manifest"
            inputs.failures.append(Failure(message, folder or os.curdir))
            return inputs
        found = [os.path.join(folder, name) for name in filter(make_distribution, there)]
    if not found and not manifest.is_complete:
        message = "none of the files that it lists is in its folder; give the files after the manifest"
        inputs.failures.append(Failure(message, manifest.path))
    inputs.files = {path: path for path in sorted(found)}
    return inputs


def _hashed(inputs: Inputs) -> list[ReleaseFile]:
    """Read each file once; add a failure for each that cannot be read."""
    from pkgaudit.finding import Failure
    from pkgaudit.manifest.files import hashed

    found = []
    for path in inputs.files:
        try:
            found.append(hashed(path))
        except OSError as error:
            inputs.failures.append(Failure(f"cannot be read: {error.strerror or error}", path))
    return found
