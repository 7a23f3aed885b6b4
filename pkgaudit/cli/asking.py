"""The options with which an audit asks an index, and the subject made from its answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli.sections import OptionalValue

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.model.subject import RunSubject
    from pkgaudit.rule import Registry
    from pkgaudit.run import Performed
    from pkgaudit.watch import Watch

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--online",
        cls=OptionalValue,
        type=click.Choice(("optional", "required")),
        metavar="[=required]",
        help="Ask an index about the projects and their dependencies; with '=required', the audit fails if "
        "the index cannot be read. Sends the names of projects. Needs the network.",
    ),
    click.option(
        "--index-url",
        metavar="URL",
        help="The simple API of the index to ask, instead of PyPI.",
    ),
)


def online_options(function: Any) -> Any:
    """Add the options that `others` reads to a command that audits."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def others(
    choices: dict[str, Any], config: Config, registry: Registry, watch: Watch
) -> Mapping[type[RunSubject], Callable[[Performed], RunSubject]]:
    """Return the subject that the user wants from an index, with a function that asks the index.

    Raises:
        click.UsageError: there is an address, but no index is to be asked.
        IndexReadError: the address cannot be used.
    """
    if choices["online"] is None:
        if choices["index_url"] is not None:
            raise click.UsageError("--index-url needs --online")
        return {}
    from pkgaudit.finding import Failure
    from pkgaudit.formatting import counted
    from pkgaudit.inputs.paths import Skipped
    from pkgaudit.model.addresses import known_indexes
    from pkgaudit.model.index_answers import IndexAnswers, PrivateNames
    from pkgaudit.online.asking import ask, projects_of
    from pkgaudit.online.client import check_address, without_login

    url = choices["index_url"] or known_indexes()["pypi"].simple
    check_address(url, "--index-url")
    shown = without_login(url)
    is_required = choices["online"] == "required"
    private = [*config.gate.private_names]
    for rule in registry:
        options = config.options_of(rule)
        if isinstance(options, PrivateNames):
            private += options.names

    def answers(done: Performed) -> RunSubject:
        projects = projects_of(done.releases, PrivateNames(tuple(private)))
        watch.say(f"asking {shown} about {counted(len(projects), 'project')}")
        pages, faults = ask(url, projects)
        for fault in faults:
            if is_required:
                done.failures.append(Failure(fault))
            else:
                watch.say(f"not asked: {fault}")
                done.skipped.append(Skipped(shown, fault))
        return IndexAnswers(
            shown,
            done.releases,
            pages,
            frozenset(_attested(done)),
            # GitHub sets it in jobs whose uploader can create attestations.
            "ACTIONS_ID_TOKEN_REQUEST_URL" in os.environ,
        )

    return {IndexAnswers: answers}


def _attested(done: Performed) -> set[str]:
    """Return the paths of the distributions with attestations beside them."""
    from pkgaudit.manifest.attestations import attestations_of
    from pkgaudit.model.release_files import ReleaseFile

    files = [ReleaseFile.of(each) for each in done.distributions]
    return {each.file for each in attestations_of(files, done.attestations) if each.file is not None}
