"""``pkgaudit try FILES…``: installs a release and runs its code once, on every Python at hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config, timing_option, verdict_options
from pkgaudit.cli.door import put, say
from pkgaudit.cli.reporting import report_options
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import AuditWatch, request_of
from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.inputs.paths import Inputs
    from pkgaudit.model.tries import Tries
    from pkgaudit.run import Performed
    from pkgaudit.trying.session import Wishes

_WARNING = "pkgaudit try runs code: it installs the given files and imports, loads and starts their contents"
"""The first line of the command, which nothing turns off."""


@click.command(
    "try",
    cls=Sectioned,
    short_help="Install a release and run its code once (this runs code).",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", shell_complete=complete.paths)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="VERSIONS",
    help="Try only these Pythons: versions such as '3.9,3.13', '3.13t' or 'pypy3.11', or paths.  "
    "[default: every Python at hand]",
)
@click.option("--no-deps", is_flag=True, help="Install no dependencies.")
@click.option(
    "--find-links", multiple=True, metavar="PLACE", help="Also find dependencies in this folder or page."
)
@click.option("--lowest", is_flag=True, help="Install the lowest versions that the wheels allow. Needs uv.")
@click.option(
    "--matrix",
    type=click.Choice(("github",)),
    help="Run nothing, and print the matrix of the CI jobs that try these wheels as JSON.",
)
@audit_options
@verdict_options
@timing_option
@report_options
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Install the files of a release and run their code once. This runs code of the archives.

    Each wheel is installed into a throw-away environment for each Python at hand that it allows. Every public
    module is imported, every entry point loaded, every command started with --help and --version, and every
    data file opened. An sdist is built, and its wheel compared with the given one. The files are audited too.
    Exit status: 0 pass, 1 fail, 2 nothing could be tried, or the run is incomplete.
    """
    ctx.exit(run(choices))


# Projects are not built.
command.params = [each for each in command.params if each.name != "no_isolation"]


class TryWatch(AuditWatch):
    """Holds the findings of the audit back until it is known which of them the code confirms."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._held: list[tuple[Distribution | None, list[Finding], list[Failure]]] = []

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Hold the findings of a distribution."""
        self._held.append((distribution, findings, failures))

    def release(self) -> None:
        """Pass all findings on to the live reports."""
        from pkgaudit.run import without_confirmed

        kept = {id(each) for each in without_confirmed(each for _, found, _ in self._held for each in found)}
        for distribution, findings, failures in self._held:
            super().audited(distribution, [each for each in findings if id(each) in kept], failures)


def run(choices: dict[str, Any]) -> int:
    """Audit and try the files, report, and return the exit status.

    Raises:
        PkgauditError: the configuration, a rule, a Python or the installer cannot be used.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.cli.outputs import Outputs, Precious
    from pkgaudit.inputs.paths import collect
    from pkgaudit.model.tries import Tries
    from pkgaudit.rule import load_registry
    from pkgaudit.run import run as audit
    from pkgaudit.work import log_to_standard_error

    inputs = collect(choices["paths"])
    if inputs.projects:
        raise click.UsageError(
            f"{inputs.projects[0]}: is a project; build it first, and give the files in its dist folder"
        )
    if choices["matrix"]:
        return _print_matrix(inputs)
    say(_WARNING)
    if choices["verbose"] > 1:
        log_to_standard_error()
    outputs = Outputs(choices)
    registry = load_registry()
    config = make_config(choices, registry)
    outputs.protect(Precious.of(choices, config))
    watch = TryWatch(outputs, choices["quiet"], choices["verbose"] > 0, choices["timing"])
    wishes = _wishes(choices, config)
    with outputs:
        result = audit(
            request_of(choices),
            config,
            registry,
            watch,
            others={Tries: lambda done: _try(done, wishes, watch)},
        )
        watch.release()
        outputs.finish(result)
    return result.exit_status


def _wishes(choices: dict[str, Any], config: Config) -> Wishes:
    """Return the wishes in the command line and the configuration."""
    from pkgaudit.trying.environments import Choices
    from pkgaudit.trying.sandbox import Limits
    from pkgaudit.trying.session import Wishes

    settings = config.trying
    limits = Limits(settings.module_seconds, settings.wheel_seconds, settings.memory)
    pythons = [word.strip() for each in choices["pythons"] for word in each.split(",") if word.strip()]
    for place in choices["find_links"]:
        if "://" not in place and not os.path.exists(place):
            raise click.UsageError(f"--find-links {place}: there is no such file or folder")
    how = Choices(choices["no_deps"], tuple(choices["find_links"]), choices["lowest"])
    return Wishes(pythons, how, limits, settings.leave_out, choices["jobs"])


def _try(done: Performed, wishes: Wishes, watch: TryWatch) -> Tries:
    """Try the audited files, and add those that could not be tried to the skipped ones."""
    from pkgaudit.trying.session import try_all

    files = {each.path: each.path for each in done.distributions}
    happened = try_all(done.distributions, files, done.findings, wishes, watch.say)
    done.skipped += happened.skipped
    done.failures += happened.failures
    return happened.tries


def _print_matrix(inputs: Inputs) -> int:
    """Print the matrix of the wheels on one line, and return the exit status: 2 if a wheel is in no job."""
    import json
    from zipfile import BadZipFile

    from pkgaudit.trying.matrix import github_matrix
    from pkgaudit.trying.sdists import read_wheel

    wheels = []
    for path, file in inputs.files.items():
        if path.lower().endswith(".whl"):
            try:
                wheels.append(read_wheel(file, path))
            except (OSError, BadZipFile, NotImplementedError, RuntimeError) as error:
                raise click.UsageError(f"{path}: cannot be read: {error}") from None
    matrix, left = github_matrix(wheels)
    put(json.dumps(matrix))
    for name in left:
        say(f"Warning: {name}: no runner is for this wheel")
    if not wheels:
        say("Warning: no wheel was given, so there are no jobs; an sdist is tried without a matrix")
    return 2 if left or not wheels else 0
