"""``pkgaudit readme``: writes the readme of a distribution as PyPI shows it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.door import OutputError, put_file, say
from pkgaudit.cli.watching import BuildWatch, request_of

if TYPE_CHECKING:
    from pkgaudit.judged import Audit
    from pkgaudit.plan import Plan


@click.command("readme", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete.paths)
@click.option("-o", "--output", metavar="FILE", help="Write the page to a file.  [default: standard output]")
@click.option("--no-isolation", is_flag=True, help="Build projects in the current environment.")
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], output: str | None, no_isolation: bool) -> None:
    """Write the readme of a distribution as one HTML page, as PyPI shows it.

    PATH is an sdist, a wheel, or a project folder, which is built first. Of several distributions, the page
    shows the first one. It marks what PyPI drops and the links that lead nowhere, lists the findings on the
    readme, and its links to headings work as on PyPI.
    Exits with 0 if the page was written, 2 if the file cannot be read or has no readme.
    """
    ctx.exit(run({"paths": paths, "no_isolation": no_isolation}, output))


def run(choices: dict[str, Any], output: str | None) -> int:
    """Audit the readme, write its page, and return the exit status.

    Raises:
        PkgauditError: an installed rule cannot be used.
        OutputError: the page cannot be written.
    """
    from pkgaudit.config.config import parse_config
    from pkgaudit.engine import audit_distribution
    from pkgaudit.plan import Plan
    from pkgaudit.rule import load_registry
    from pkgaudit.run import gather

    registry = load_registry()
    config = parse_config({"select": ["RM"]}, "the command")
    plan = Plan.make(registry, config)
    with ExitStack() as stack:
        inputs = gather(request_of(choices), stack, "show", BuildWatch())
        audits = [audit_distribution(path, plan, config, file) for path, file in inputs.files.items()]
    failures = [*inputs.failures, *(failure for each in audits for failure in each.failures)]
    for failure in failures:
        say(": ".join(filter(None, ("not shown", failure.distribution, failure.message))))
    shown = next((each for each in audits if each.distribution and each.distribution.metadata), None)
    if shown is None:
        if not failures:
            say(f"not shown: {choices['paths'][0]}: it has no core metadata, and so no readme")
        return 2
    if len(audits) > 1:
        say(f"showing the readme of {shown.path}")
    _write(_page(shown, plan), output)
    return 2 if failures else 0


def _page(audit: Audit, plan: Plan) -> str:
    """Return the page of a distribution with core metadata; secrets in the readme are masked."""
    from pkgaudit.collector import Collector
    from pkgaudit.report.readme_page import readme_page, shown_readme

    assert audit.distribution is not None
    masked = Collector(audit.path, plan, pieces=audit.pieces).redact
    return readme_page(audit.distribution.filename, shown_readme(audit.distribution, masked), audit.findings)


def _write(page: str, output: str | None) -> None:
    from pathlib import Path

    from pkgaudit.whole import write_whole

    if output is None or output == "-":
        put_file(page)
        return
    try:
        write_whole(Path(output), page)
    except OSError as error:
        raise OutputError([f"{output}: cannot be written: {error.strerror}"]) from None
    say(f"{output}: the readme as PyPI shows it; open it in a browser")
