"""The options with which an audit asks an index, and the subject made from its answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli.sections import OptionalValue
from pkgaudit.formatting import counted

if TYPE_CHECKING:
    from pkgaudit.config.config import Config
    from pkgaudit.inputs.paths import Skipped
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


_ONLINE = "online"
"""The value of ``--against`` for the files on the index."""


def online_options(function: Any) -> Any:
    """Add the options that `Online` reads to a command that audits."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class Online:
    """The requests that the options of one command want."""

    def __init__(self, choices: dict[str, Any], config: Config, registry: Registry, watch: Watch) -> None:
        """Check the options.

        Raises:
            click.UsageError: an option needs --online.
            IndexReadError: the address of the index cannot be used.
        """
        self._wants_files = _ONLINE in choices["against"]
        self._is_wanted = choices["online"] is not None
        self._is_required = choices["online"] == "required"
        for option, is_given in (
            ("--index-url", choices["index_url"] is not None),
            ("--against online", self._wants_files),
        ):
            if is_given and not self._is_wanted:
                raise click.UsageError(f"{option} needs --online")
        self._config = config
        if not self._is_wanted:  # most audits ask nothing, and need no client
            return
        from pkgaudit.model.addresses import known_indexes
        from pkgaudit.model.index_answers import IndexPage, PrivateNames
        from pkgaudit.online.client import check_address, without_login

        self._watch = watch
        self._url = choices["index_url"] or known_indexes()["pypi"].simple
        self._shown = without_login(self._url)
        private = [*config.gate.private_names]
        check_address(self._url, "--index-url")
        for rule in registry:
            options = config.options_of(rule)
            if isinstance(options, PrivateNames):
                private += options.names
        self._private = PrivateNames(tuple(private))
        self._pages: dict[str, IndexPage | None] = {}
        self._asked: set[str] = set()
        self._faults: list[str] = []
        self._notes: list[Skipped] = []

    def config(self, paths: Callable[[], Iterable[str]], stack: ExitStack) -> Config:
        """Return the configuration with a folder for ``--against online``, which the ``stack`` removes.

        ``paths`` returns those of the new files. A project that is built during the audit has none.
        """
        if not self._wants_files:
            return self._config
        from pkgaudit.inputs.against import predecessor_of
        from pkgaudit.inputs.paths import Skipped
        from pkgaudit.online.fetching import by_project, fetch, wanted_files

        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pkgaudit-")))
        new = by_project(paths())
        self._ask(sorted(each for each in new if not self._private.has(each)))
        wanted = [
            file
            for project, names in new.items()
            if (page := self._pages.get(project)) is not None
            for file in wanted_files(names, page, predecessor_of)
        ]
        if wanted:
            self._watch.say(f"downloading {', '.join(each.name for each in wanted)}")
        fetched, faults = fetch(self._url, wanted, folder)
        self._faults += faults
        # A release of which only a part is known would be compared with less than it contains.
        is_usable = bool(fetched) and not faults
        if not wanted:
            self._notes += [Skipped(each, f"{self._shown} has no earlier release of it") for each in new]
        mine = [folder] if is_usable else []
        others = [each for each in self._config.against if str(each) != _ONLINE]
        return replace(self._config, against=(*others, *mine))

    def _ask(self, projects: Iterable[str]) -> None:
        """Read the pages of projects that were not asked for yet."""
        from pkgaudit.online.asking import ask

        new = [each for each in projects if each not in self._asked]
        if not new:
            return
        self._asked.update(new)
        self._watch.say(f"asking {self._shown} about {counted(len(new), 'project')}")
        pages, faults = ask(self._url, new)
        self._pages |= pages
        self._faults += faults

    def others(self) -> Mapping[type[RunSubject], Callable[[Performed], RunSubject]]:
        """Return the subject that the user wants from an index, with a function that asks the index."""
        if not self._is_wanted:
            return {}
        from pkgaudit.model.index_answers import IndexAnswers

        return {IndexAnswers: self._answers}

    def _answers(self, done: Performed) -> RunSubject:
        from pkgaudit.finding import Failure
        from pkgaudit.inputs.paths import Skipped
        from pkgaudit.model.index_answers import IndexAnswers
        from pkgaudit.online.asking import is_doubtful, projects_of

        self._ask(projects_of(done.releases, self._private))
        if is_doubtful(self._url, self._pages, {each.project for each in done.releases}):
            self._faults.append(f"{self._shown}: has none of the projects; check the address")
            self._pages = {}
        for fault in self._faults:
            if self._is_required:
                done.failures.append(Failure(fault))
            else:
                self._watch.say(f"note: {fault}")
                done.skipped.append(Skipped(self._shown, fault))
        done.skipped.extend(self._notes)
        return IndexAnswers(
            self._shown,
            done.releases,
            self._pages,
            frozenset(_attested(done)),
            # GitHub sets it in jobs whose uploader can create attestations.
            "ACTIONS_ID_TOKEN_REQUEST_URL" in os.environ,
        )


def _attested(done: Performed) -> set[str]:
    """Return the paths of the distributions with attestations beside them."""
    from pkgaudit.manifest.attestations import attestations_of
    from pkgaudit.model.release_files import ReleaseFile

    files = [ReleaseFile.of(each) for each in done.distributions]
    return {each.file for each in attestations_of(files, done.attestations) if each.file is not None}
