"""Where the reports of an audit go: one format to standard output, any number of others to files."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any, TextIO

import click

from pkgaudit.cli.door import OutputError, abandon
from pkgaudit.cli.screen import shows_links, wants_color, width
from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution, make_distribution
from pkgaudit.report.result import LiveReport, Report, Result, Style, formats, load_format

_FILE_WIDTH = 100
"""How wide a text report in a file is, which has no terminal; chosen."""

_STANDARD = ("-", "/dev/stdout")
"""What ``--output`` calls standard output."""

_WORD = re.compile(r"[A-Za-z][\w+-]*", re.ASCII)


def default_format() -> str:
    """Return the format that fits where the command runs: in GitHub Actions the one with annotations."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


@dataclass
class _Output:
    """A report and the file it goes to; standard output is None. One that has failed is left alone."""

    name: str
    report: Report | type[LiveReport]
    path: str | None
    live: LiveReport | None = None
    stream: TextIO | None = None
    failed: bool = False

    @property
    def is_live(self) -> bool:
        return isinstance(self.report, type)


class Outputs:
    """All reports of one audit. Used as a context, it holds the files of live reports open.

    What keeps one from being written does not keep the others: it is told at the end.
    """

    def __init__(self, choices: dict[str, Any]) -> None:
        """Choose the formats by ``--format`` and ``--output``.

        Raises:
            click.UsageError: there is no such format, a report cannot go where it should, or standard output
                is closed.
            FormatError: a format cannot be used.
        """
        name = choices["format_name"] or default_format()
        if name not in formats():
            known = ", ".join(formats())
            raise click.BadParameter(f"{name!r} is none of {known}", param_hint="'--format'")
        targets = _targets(choices["output"])
        if all(given is not None and path is not None for given, path in targets):
            targets.append((None, None))
        if sys.stdout is None and any(path is None for _, path in targets):
            raise click.UsageError("standard output is closed; use --output FILE")
        self._style = Style(
            verbose=min(choices["verbose"], 1) - choices["quiet"],
            by_rule=choices["group_by"] == "rule",
            statistics=choices["statistics"],
        )
        self._color = choices["color"]
        self._all = [_Output(given or name, load_format(given or name), path) for given, path in targets]
        self._errors: list[str] = []
        self._stack = ExitStack()

    @property
    def writes_to_screen(self) -> bool:
        """Whether lines come on standard output while the audit goes on, where somebody looks at them."""
        return any(each.path is None and each.is_live and sys.stdout.isatty() for each in self._all)

    def __enter__(self) -> Outputs:
        for each in self._all:
            if isinstance(each.report, type):
                self._try(each, self._begin, each, each.report)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        """Tell the live reports what the audit of one distribution found."""
        for each in self._all:
            if each.live is not None:
                self._try(each, each.live.audited, distribution, findings, failures)

    def finish(self, result: Result) -> None:
        """Write all the others, and what live reports have to say at the end.

        Raises:
            OutputError: something could not be written.
        """
        for each in self._all:
            if each.live is not None:
                self._try(each, each.live.finish, result)
            elif not isinstance(each.report, type):
                self._try(each, self._write, each, each.report, result)
        self._stack.close()
        if self._errors:
            raise OutputError(self._errors)

    def _style_for(self, output: _Output) -> Style:
        if output.path is not None:
            return replace(self._style, color=self._color == "always", width=_FILE_WIDTH)
        color = wants_color(self._color, sys.stdout)
        links = color and shows_links(sys.stdout)
        return replace(self._style, color=color, links=links, width=width(sys.stdout))

    def _begin(self, output: _Output, report: type[LiveReport]) -> None:
        output.stream = self._open(output)
        output.live = report(output.stream, self._style_for(output))

    def _write(self, output: _Output, report: Report, result: Result) -> None:
        output.stream = self._open(output)
        report(result, output.stream, self._style_for(output))

    def _open(self, output: _Output) -> TextIO:
        if output.path is None:
            return sys.stdout
        return self._stack.enter_context(open(output.path, "w", encoding="utf-8", newline="\n"))

    def _try(self, output: _Output, write: Callable[..., None], *arguments: Any) -> None:
        """Write a part of a report, and note what keeps it from being written."""
        if output.failed:
            return
        try:
            write(*arguments)
            if output.stream is not None:
                output.stream.flush()
        except BrokenPipeError:
            self._give_up(output)  # whoever reads it has seen enough; the verdict stands
        except OSError as error:
            self._give_up(output)
            where = output.path or "standard output"
            self._errors.append(f"{where}: cannot be written: {error.strerror}")
        except Exception as error:  # a format of another package may fail in any way
            from pkgaudit.collector import kind_of

            output.failed = True
            where = f"{output.path}: " if output.path else ""
            failed = f"{where}the format {output.name} failed ({kind_of(error)})"
            self._errors.append(f"{failed}; the report is not whole; please report it")

    def _give_up(self, output: _Output) -> None:
        output.failed = True
        if output.path is None:
            abandon(sys.stdout)
        elif output.stream is not None:
            with suppress(OSError):  # it would be tried once more when it is closed later
                output.stream.close()


def _targets(values: Iterable[str]) -> list[tuple[str | None, str | None]]:
    """Split ``[FORMAT=]FILE`` into formats and files; standard output is None.

    Raises:
        click.BadParameter: a report cannot go there.
    """
    found: list[tuple[str | None, str | None]] = []
    seen: set[str | None] = set()
    for value in values:
        name, path = _split(value)
        target = None if path in _STANDARD else os.path.realpath(path)
        wrong = wrong_with(path, target)
        if target in seen and (target is None or os.path.isfile(target) or not os.path.exists(target)):
            wrong = f"{path}: only one report can go there"
        if wrong:
            raise click.BadParameter(wrong, param_hint="'--output'")
        seen.add(target)
        found.append((name, None if target is None else path))
    return found


def _split(value: str) -> tuple[str | None, str]:
    """Split ``[FORMAT=]FILE``.

    Raises:
        click.BadParameter: what stands before the equals sign looks like a format, and is none.
    """
    name, equals, path = value.partition("=")
    if not equals or not _WORD.fullmatch(name):
        return None, value
    known = formats()
    if name not in known:
        message = f"{name!r} is none of {', '.join(known)}; a file of that name is ./{value}"
        raise click.BadParameter(message, param_hint="'--output'")
    return name, path


def wrong_with(path: str, target: str | None) -> str | None:
    """Say why no report can go to a file, before an audit is done for it."""
    if not path:
        return "a file is missing behind the equals sign"
    if target is None:
        return None
    # The last thing that a slip on the command line may do is to overwrite what is to be released.
    if make_distribution(path) or make_distribution(target):
        return f"{path}: is the name of a distribution, which no report may overwrite"
    if os.path.isdir(target):
        return f"{path}: cannot be written: {os.strerror(errno.EISDIR)}"
    if not os.path.isdir(os.path.dirname(target)):
        return f"{path}: cannot be written: {os.strerror(errno.ENOENT)}"
    return None
