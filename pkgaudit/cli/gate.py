"""``pkgaudit gate FILES… -- COMMAND…``: audits private copies of a release and uploads exactly these."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.asking import Online, online_options
from pkgaudit.cli.choices import (
    against_option,
    audit_options,
    git_option,
    make_config,
    manifest_option,
    timing_option,
    verdict_options,
)
from pkgaudit.cli.confirming import confirm
from pkgaudit.cli.door import put, say, show_error
from pkgaudit.cli.ending import leave, words_of
from pkgaudit.cli.reporting import report_options
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch, request_of
from pkgaudit.errors import PkgauditError

if TYPE_CHECKING:
    from pkgaudit.cli.outputs import Precious
    from pkgaudit.config.config import Config
    from pkgaudit.finding import Finding
    from pkgaudit.gate.command import Prepared
    from pkgaudit.gate.copies import Copies
    from pkgaudit.gate.process import Ended
    from pkgaudit.inputs.paths import Inputs
    from pkgaudit.model.handover import Handover, Target
    from pkgaudit.report.result import Result
    from pkgaudit.run import Performed

_DIGITS = 12
"""Digits of a sha256 that the line on the upload shows. Chosen: enough to compare by eye."""


class _Gate(Sectioned):
    """A command whose arguments end at the first ``--``; what follows is another command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words after the first ``--`` as they are."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = args[at + 1 :] if at < len(args) else None
        try:
            return super().parse_args(ctx, args[:at])
        except click.UsageError as error:
            show_error(error)
            ctx.exit(_last(f"not started: {_first_line(error)}", error.exit_code))

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage line with the other command."""
        return ["[OPTIONS]", "FILE...", "--", "COMMAND..."]


_COMMAND = "pkgaudit.command"


@click.command(
    "gate",
    cls=_Gate,
    short_help="Audit a release, then hand exactly these bytes to an uploader.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", shell_complete=complete.paths)
@audit_options
@verdict_options
@against_option
@manifest_option
@online_options
@git_option
@timing_option
@report_options
@click.option("--dry-run", is_flag=True, help="Do everything but start COMMAND, and print it as rewritten.")
@click.option(
    "--confirm",
    metavar="URL",
    help="After the upload, compare the hashes that the index serves; URL is its simple API. Needs the "
    "network.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a report in JSON to FILE at the end, with the target and the exit status of COMMAND.",
)
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Audit a release, and start COMMAND only if it passes.

    COMMAND gets private copies of the audited files, so nothing can replace them in between. pkgaudit knows
    twine, uv, hatch, pdm, poetry and maturin; for other programs, write {dist} for the folder of the copies,
    or {files} for the copies.
    """
    ctx.exit(run(choices, ctx.meta[_COMMAND]))


# The gate builds nothing.
command.params = [each for each in command.params if each.name != "no_isolation"]


def run(choices: dict[str, Any], words: list[str] | None) -> int:
    """Audit, start the command if the release passes, and return the exit status.

    It is that of the command if it ran; the last line on standard error says so.
    """
    gate = _Gated(choices)
    try:
        status, ended = gate.run(words)
    except (click.ClickException, PkgauditError) as error:
        shown = error if isinstance(error, click.ClickException) else click.UsageError(str(error))
        show_error(shown)
        return _last(gate.stopped_by(_first_line(shown)), shown.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        say(f"Error: {place}{error.strerror or error}")
        return _last(gate.stopped_by(error.strerror or str(error)), 2)
    except KeyboardInterrupt as error:
        _last(gate.stopped_by(words_of(error)), 2)
        return leave(error)
    _last(gate.last_line, status)
    if ended is None or ended.signal is None:
        return status
    from pkgaudit.gate.process import end_like

    return end_like(ended)


def _last(words: str, status: int) -> int:
    say(f"pkgaudit gate: {words}")
    return status


def _first_line(error: click.ClickException) -> str:
    return error.format_message().partition("\n")[0]


class _Gated:
    """One run of the gate."""

    def __init__(self, choices: dict[str, Any]) -> None:
        self._choices = choices
        self.last_line = ""

    def stopped_by(self, reason: str) -> str:
        """Return the last line if something stops the gate, before the command was started or afterwards."""
        return f"{self.last_line}, then: {reason}" if self.last_line else f"not started: {reason}"

    def run(self, words: list[str] | None) -> tuple[int, Ended | None]:
        """Return the exit status, and the end of the command if it was started.

        Raises:
            click.UsageError: the arguments cannot be used.
            PkgauditError: the configuration, a rule or a file cannot be used.
            OSError: the command cannot be started.
        """
        from pkgaudit.cli.outputs import Outputs, Precious
        from pkgaudit.gate.copies import Copies
        from pkgaudit.rule import load_registry
        from pkgaudit.work import log_to_standard_error

        words = _checked(words)
        if url := self._choices["confirm"]:
            from pkgaudit.online.client import check_address

            check_address(url, "--confirm")
        if self._choices["verbose"] > 1:
            log_to_standard_error()
        # The command owns standard output.
        outputs = Outputs(self._choices, sys.stderr)
        registry = load_registry()
        config = make_config(self._choices, registry)
        inputs = _gathered(self._choices)
        read = (*words, shutil.which(words[0]) or words[0], *inputs.beside)
        precious = Precious.of(self._choices, config).beside(read)
        outputs.protect(precious)
        if report := self._choices["report"]:
            _clear(report, precious)
        with Copies() as copies:
            result, prepared = self._audit(words, inputs, copies, config, outputs, registry)
            status, ended = self._decide(result, prepared, copies, config)
        confirmed = None
        if report is not None:
            # The index may be slow, and the user may not wait for it.
            self._write(report, result, prepared.handover, ended, confirmed)
        if ended is not None and ended.status == 0 and url:
            confirmed = confirm(url, prepared.handover.handed, config, registry, self._choices["color"])
            if confirmed.exit_status:
                status = confirmed.exit_status
                fault = "could not be read" if confirmed.failures else "does not serve the audited files"
                self.last_line += f", but the index {fault}"
            if report is not None:
                self._write(report, result, prepared.handover, ended, confirmed)
        return status, ended

    def _audit(
        self, words: list[str], inputs: Inputs, copies: Copies, config: Config, outputs: Any, registry: Any
    ) -> tuple[Result, Prepared]:
        from pkgaudit import run as auditing
        from pkgaudit.gate.command import prepare
        from pkgaudit.gate.settings import Surroundings
        from pkgaudit.model.handover import Handover

        copies.add(inputs.files, inputs.beside)
        inputs.files = {each.given: each.path for each in copies.files}
        inputs.beside = {each.given: each.path for each in copies.side}
        prepared = prepare(words, copies, config.gate, Surroundings())
        choices = self._choices
        with outputs, ExitStack() as stack:
            watch = AuditWatch(outputs, choices["quiet"], choices["verbose"] > 0, choices["timing"])
            online = Online(choices, config, registry, watch)
            config = online.config(lambda: inputs.files, stack)
            result = auditing.run(
                request_of(choices),
                config,
                registry,
                watch,
                inputs=inputs,
                others={
                    **online.others(),
                    Handover: lambda done: _with_metadata(prepared.handover, done),
                },
            )
            outputs.finish(result)
        return result, prepared

    def _decide(
        self, result: Result, prepared: Prepared, copies: Copies, config: Config
    ) -> tuple[int, Ended | None]:
        from pkgaudit.gate.process import start

        handover = prepared.handover
        refused = [
            each
            for each in result.counted
            if each.severity >= result.fail_on
            and (rule := result.rule_of(each)) is not None
            and rule.subject is type(handover)
        ]
        if result.failures:
            self.last_line = "not started: the audit is incomplete"
            return 2, None
        if refused or prepared.refusal:
            self.last_line = f"refused: {prepared.refusal or _with_remedy(refused[0])}"
            return 1, None
        if result.exit_status:
            self.last_line = "not started: the audit failed"
            return result.exit_status, None
        say(_summary(handover, config))
        if changed := copies.changed():
            raise PkgauditError(f"{changed[0].given}: its private copy was changed; nothing is uploaded")
        if self._choices["dry_run"]:
            put(prepared.shown)
            self.last_line = f"not started: {handover.tool} would be started without --dry-run"
            return 0, None
        ended = start(prepared.words)
        say("")  # poetry, for one, ends without a line end
        self.last_line = f"{handover.tool} {ended.words}"
        return ended.status, ended

    def _write(
        self, path: Path, result: Result, handover: Handover, ended: Ended | None, confirmed: Result | None
    ) -> None:
        import json

        from pkgaudit.report.json import document
        from pkgaudit.whole import write_whole

        made = document(result) | {"gate": _in_json(handover, ended, confirmed)}
        try:
            write_whole(path, json.dumps(made, indent=2) + "\n")
        except OSError as error:
            say(f"Error: {path}: cannot be written: {error.strerror}")


def _with_remedy(finding: Finding) -> str:
    return f"{finding.message}; {finding.fix}" if finding.fix else finding.message


def _checked(words: list[str] | None) -> list[str]:
    """Return the command line to start.

    Raises:
        click.UsageError: it is missing, or its program cannot be started.
    """
    if not words:
        missing = "'--' and the command are missing" if words is None else "the command after '--' is missing"
        raise click.UsageError(f"{missing}: pkgaudit gate dist/* -- twine upload dist/*")
    try:
        os.getcwd()
    except FileNotFoundError:
        raise click.UsageError("the working folder no longer exists; change into another one") from None
    name, is_assignment, _ = words[0].partition("=")
    if is_assignment and name.isidentifier():  # its value may be a password
        raise click.UsageError(f"{name}=…: only a shell sets variables so; write 'env' before it")
    if shutil.which(words[0]) is None:
        if os.path.isdir(words[0]):
            reason = "is a folder"
        elif os.path.exists(words[0]) and os.path.dirname(words[0]):
            reason = "is not executable"
        else:
            reason = "is not a command"
        raise click.UsageError(f"{words[0]}: {reason}; give the program that uploads after '--'")
    return words


def _clear(report: Path, precious: Precious) -> None:
    """Remove a report of an earlier run, which must not be taken for that of this one.

    Raises:
        click.UsageError: the report would overwrite an input, or cannot be written here.
    """
    if wrong := precious.harmed_by(str(report)):
        raise click.UsageError(wrong)
    if not report.parent.is_dir():
        raise click.UsageError(f"{report}: cannot be written, because {report.parent} is not a folder")
    if report.is_file():
        report.unlink()


def _gathered(choices: dict[str, Any]) -> Inputs:
    """Return the distributions to hand over.

    Raises:
        click.UsageError: a project was given, which the gate does not build.
    """
    from pkgaudit.inputs.paths import collect

    inputs = collect(choices["paths"])
    if inputs.projects:
        project = inputs.projects[0]
        raise click.UsageError(
            f"{project}: is a project; build it first, and give the files in its dist folder"
        )
    if not inputs.files and not inputs.failures:
        raise click.UsageError("no wheel (.whl) and no sdist (.tar.gz) was given before '--'")
    inputs.foreign.clear()  # they are not handed over, so no uploader stops at them
    return inputs


def _with_metadata(handover: Handover, done: Performed) -> Handover:
    """Note the projects that the metadata of the files names, which uploaders send, and which are private."""
    from pkgaudit.model.distribution import normalize

    found = {each.path: each.metadata for each in done.distributions if each.metadata is not None}
    for at, each in enumerate(handover.handed):
        if (metadata := found.get(each.path)) is not None:
            handover.handed[at] = replace(
                each,
                project=normalize(metadata.name) if metadata.name else each.project,
                is_private=any(value.startswith("Private ::") for value in metadata.all("Classifier")),
            )
    return handover


def _summary(handover: Handover, config: Config) -> str:
    """Return the line that says what goes where."""
    files = ", ".join(f"{each.name} (sha256 {each.sha256[:_DIGITS]}…)" for each in handover.handed)
    target = _where(handover.target)
    guards = "" if config.gate.repositories else "; every index is allowed"
    if not config.source and not config.gate.repositories:
        guards = "; no configuration limits the index"
    return f"{handover.tool} gets {files}, for {target}{guards}"


def _where(target: Target) -> str:
    if target.address is None:
        return f"an unknown target ({target.unknown})"
    return f"{target.address}, from {target.source}"


def _in_json(handover: Handover, ended: Ended | None, confirmed: Result | None) -> dict[str, Any]:
    from pkgaudit.report.escape import whole
    from pkgaudit.report.json import document

    target = handover.target
    return {
        "started": ended is not None,
        "command_status": None if ended is None else ended.status,
        "target": {
            "address": None if target.address is None else str(target.address),
            "source": whole(target.source) or None,
            "unknown": target.unknown and whole(target.unknown),
        },
        "files": [
            {"name": whole(each.name), "path": whole(each.path), "size": each.size, "sha256": each.sha256}
            for each in handover.handed
        ],
        "confirmed": None if confirmed is None else not confirmed.exit_status,
        "findings": [] if confirmed is None else document(confirmed)["findings"],
    }
