"""Where the reports of an audit go: one format to standard output, any number of others to files."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any, TextIO

import click

from pkgaudit.cli.door import OutputError, abandon
from pkgaudit.cli.screen import shows_links, wants_color, width
from pkgaudit.config.config import Config
from pkgaudit.finding import Failure, Finding
from pkgaudit.inputs.paths import SETTINGS, collect
from pkgaudit.model.distribution import Distribution, make_distribution
from pkgaudit.report.result import LiveReport, Report, Result, Style, formats, load_format
from pkgaudit.whole import WholeFile

_FILE_WIDTH = 100
"""How wide a text report in a file is, which has no terminal; chosen."""

_STANDARD = ("-", "/dev/stdout")
"""What ``--output`` calls standard output."""

_FORMATS = {
    "htm": "html",
    "log": "text",
    "markdown": "markdown",
    "md": "markdown",
    "ndjson": "jsonl",
    "txt": "text",
    "xml": "junit",
}
"""Formats by the suffix of a file, beside those whose name is their suffix."""

_OWN = "pkgaudit.toml"

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
    file: WholeFile | None = None
    failed: bool = False

    @property
    def is_live(self) -> bool:
        return isinstance(self.report, type)


@dataclass(frozen=True)
class Precious:
    """Files that no report may take the place of, by what identifies them on the disk, with what they are."""

    files: Mapping[tuple[int, int], str]

    @classmethod
    def of(cls, choices: Mapping[str, Any], config: Config, *, accepted: bool = True) -> Precious:
        """Return the files that an audit reads; with ``accepted`` its baselines too."""
        named: list[tuple[str | os.PathLike[str], str]] = [
            (path, "is to be audited") for path in collect(choices["paths"], empty_ok=True).files
        ]
        own = config.file if config.file is not None else config
        named += [(path, "is the configuration") for path in (own.source, choices["config"]) if path]
        named += [(path, "is a baseline") for path in config.baseline if accepted]
        found = {}
        for path, what in named:
            with suppress(OSError):
                status = os.stat(path)
                found[status.st_dev, status.st_ino] = what
        return cls(found)

    def harmed_by(self, path: str) -> str | None:
        """Say why no report may be written to a path: a name, a link or a hard link of such a file."""
        if os.path.basename(os.path.realpath(path)) in (*SETTINGS, _OWN):
            return f"{path}: has the name of a file with settings, which no report may overwrite"
        try:
            status = os.stat(path)
        except OSError:
            return None
        what = self.files.get((status.st_dev, status.st_ino))
        return f"{path}: {what}, and no report may overwrite it" if what else None


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
        self._all = []
        for given, path in targets:
            by_suffix = None if given or path is None or choices["format_name"] else format_of(path)
            chosen = given or by_suffix or name
            self._all.append(_Output(chosen, load_format(chosen), path))
        self._errors: list[str] = []
        self._stack = ExitStack()

    @property
    def writes_to_screen(self) -> bool:
        """Whether lines come on standard output while the audit goes on, where somebody looks at them."""
        return any(each.path is None and each.is_live and sys.stdout.isatty() for each in self._all)

    def protect(self, precious: Precious) -> None:
        """See that no report destroys something.

        Raises:
            click.BadParameter: one would.
        """
        for each in self._all:
            if each.path is not None and (wrong := precious.harmed_by(each.path)):
                raise click.BadParameter(wrong, param_hint="'--output'")

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
            if each.file is not None:
                self._try(each, each.file.keep)
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
        output.file = WholeFile(output.path)
        self._stack.callback(output.file.discard)  # which changes nothing where it was kept
        return output.file.stream

    def _try(self, output: _Output, write: Callable[..., None], *arguments: Any) -> None:
        """Write a part of a report, and note what keeps it from being written."""
        if output.failed:
            return
        try:
            write(*arguments)
            if output.stream is not None and not output.stream.closed:
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
            if output.file is not None:
                output.file.discard()
            where = f"{output.path}: " if output.path else ""
            failed = f"{where}the format {output.name} failed ({kind_of(error)})"
            self._errors.append(f"{failed}; the report is not whole; please report it")

    def _give_up(self, output: _Output) -> None:
        output.failed = True
        if output.path is None:
            abandon(sys.stdout)
        elif output.file is not None:
            output.file.discard()


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


def format_of(path: str) -> str | None:
    """Return the format that the suffix of a file stands for, None where it has no suffix.

    Raises:
        click.BadParameter: the suffix stands for none.
    """
    name = os.path.basename(path)
    if name.lower().endswith(".sarif.json"):  # as code hosts and editors call it too
        return "sarif"
    suffix = os.path.splitext(name)[1][1:].lower()
    if not suffix:
        return None
    known = formats()
    if suffix in known:
        return suffix
    if _FORMATS.get(suffix) in known:
        return _FORMATS[suffix]
    say = f"say which of {', '.join(known)} it is to be, as in json={path}"
    raise click.BadParameter(f"{path}: no format has the suffix '.{suffix}'; {say}", param_hint="'--output'")


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
