"""Where the reports of an audit go: one format to standard output, any number of others to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any, TextIO

import click

from pkgaudit.cli.screen import abandon, shows_links, wants_color, width
from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.result import LiveReport, Report, Result, Style, formats, load_format

_FILE_WIDTH = 100


def default_format() -> str:
    """Return the format that fits where the command runs: in GitHub Actions the one with annotations."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


@dataclass
class _Output:
    """A report and the file it goes to; standard output is None."""

    report: Report | type[LiveReport]
    path: str | None
    live: LiveReport | None = None
    stream: TextIO | None = None

    @property
    def is_live(self) -> bool:
        return isinstance(self.report, type)


class Outputs:
    """All reports of one audit. Used as a context, it holds the files of live reports open."""

    def __init__(self, choices: dict[str, Any]) -> None:
        """Choose the formats by ``--format`` and ``--output``.

        Raises:
            click.UsageError: there is no such format, or standard output is closed.
        """
        name = choices["format_name"] or default_format()
        try:
            main = load_format(name)
        except KeyError:
            known = ", ".join(formats())
            raise click.BadParameter(f"{name!r} is none of {known}", param_hint="'--format'") from None
        targets = _targets(choices["output"])
        self._style = Style(
            verbose=choices["verbose"] - choices["quiet"],
            by_rule=choices["group_by"] == "rule",
            statistics=choices["statistics"],
        )
        self._color = choices["color"]
        self._all = [_Output(load_format(given) if given else main, path) for given, path in targets]
        if all(given is not None for given, _ in targets):
            if sys.stdout is None:
                raise click.UsageError("standard output is closed; use --output FILE")
            self._all.append(_Output(main, None))
        self._stack = ExitStack()

    @property
    def writes_to_screen(self) -> bool:
        """Whether lines come on standard output while the audit goes on, where somebody looks at them."""
        return any(each.path is None and each.is_live and sys.stdout.isatty() for each in self._all)

    def __enter__(self) -> Outputs:
        for each in self._all:
            if isinstance(each.report, type):
                each.stream = self._open(each)
                each.live = each.report(each.stream, self._style_for(each))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Tell the live reports what the audit of one distribution found."""
        for each in self._all:
            if each.live is not None:
                self._write(each, each.live.audited, distribution, findings, failures)

    def finish(self, result: Result) -> None:
        """Write all the others, and what live reports have to say at the end.

        Raises:
            click.UsageError: something cannot be written.
        """
        for each in self._all:
            if each.live is not None:
                self._write(each, each.live.finish, result)
            elif not isinstance(each.report, type):
                each.stream = self._open(each)
                self._write(each, each.report, result, each.stream, self._style_for(each))
        self._stack.close()

    def _style_for(self, output: _Output) -> Style:
        if output.path is not None:
            return replace(self._style, color=self._color == "always", width=_FILE_WIDTH)
        color = wants_color(self._color, sys.stdout)
        links = color and shows_links(sys.stdout)
        return replace(self._style, color=color, links=links, width=width(sys.stdout))

    def _open(self, output: _Output) -> TextIO:
        if output.path is None:
            return sys.stdout
        try:
            return self._stack.enter_context(open(output.path, "w", encoding="utf-8", newline="\n"))
        except OSError as error:
            raise click.UsageError(f"{output.path}: cannot be written: {error.strerror}") from None

    def _write(self, output: _Output, write: Callable[..., None], *arguments: Any) -> None:
        stream = output.stream
        assert stream is not None
        try:
            write(*arguments)
            stream.flush()
        except BrokenPipeError:
            abandon(stream)  # whoever reads it has seen enough; the verdict stands
        except OSError as error:
            if output.path is None:
                abandon(stream)
            else:
                with suppress(OSError):  # it would be tried once more when it is closed later
                    stream.close()
            where = output.path or "standard output"
            raise click.UsageError(f"{where}: cannot be written: {error.strerror}") from None


def _targets(values: Iterable[str]) -> list[tuple[str | None, str]]:
    """Split ``[FORMAT=]FILE``; a file name with an equals sign is one unless a format precedes it."""
    known = formats()
    found: list[tuple[str | None, str]] = []
    for value in values:
        name, equals, path = value.partition("=")
        found.append((name, path) if equals and name in known else (None, value))
    return found
