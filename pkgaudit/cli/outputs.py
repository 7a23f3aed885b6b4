"""The reports of an audit: one to standard output and any number to files."""

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
from pkgaudit.manifest.errors import ManifestError
from pkgaudit.model.distribution import Distribution, make_distribution
from pkgaudit.report.result import LiveReport, Report, Result, Style, formats, load_format
from pkgaudit.whole import WholeFile

_FILE_WIDTH = 100
"""Characters of a line of a text report in a file, which has no terminal width; chosen."""

_STANDARD = ("-", "/dev/stdout")
"""The values of ``--output`` that mean standard output."""

_FORMATS = {
    "htm": "html",
    "log": "text",
    "markdown": "markdown",
    "md": "markdown",
    "ndjson": "jsonl",
    "txt": "text",
    "xml": "junit",
}
"""Formats by file suffix; every other format has its name as suffix."""

_SUFFIXES = {
    "html": ("html", "htm"),
    "markdown": ("md", "markdown"),
    "junit": ("xml",),
    "jsonl": ("jsonl", "ndjson"),
    "json": ("json",),
    "sarif": ("sarif", "json"),
    "gitlab": ("json",),
    "github": ("github",),
    "text": ("text",),
}
"""The usual suffixes of the formats of pkgaudit, for which ``--format`` writes no other format."""

_ANY = ("txt", "log")
"""Suffixes for text in any format."""

_OWN = "pkgaudit.toml"

_WORD = re.compile(r"[A-Za-z][\w+-]*", re.ASCII)


def default_format() -> str:
    """Return the default format: in GitHub Actions the one with annotations, else text."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


@dataclass
class _Output:
    """A report and the path of its file, None for standard output. Nothing is written after it has failed."""

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
    """Files that no report may overwrite: ``files`` maps device and inode to a description."""

    files: Mapping[tuple[int, int], str]

    @classmethod
    def of(cls, choices: Mapping[str, Any], config: Config, *, accepted: bool = True) -> Precious:
        """Return the files that an audit reads, with ``accepted`` also its baselines."""
        inputs = collect(choices["paths"], empty_ok=True)
        settings = [os.path.join(folder, name) for folder in inputs.projects for name in SETTINGS]
        named: list[tuple[str | os.PathLike[str], str]] = [
            (path, "is audited itself") for path in (*inputs.files, *settings)
        ]
        own = config.file if config.file is not None else config
        named += [(path, "is the configuration") for path in (own.source, choices["config"]) if path]
        named += [(path, "is a baseline") for path in config.baseline if accepted]
        named += [(path, "is the advisory data") for path in [config.vulndb] if path]
        named += [(path, "is a manifest") for path in choices.get("manifest", ())]
        found = {}
        for path, what in named:
            with suppress(OSError):
                status = os.stat(path)
                found[status.st_dev, status.st_ino] = what
        return cls(found)

    def beside(self, paths: Iterable[str]) -> Precious:
        """Return these files and further ones, which the command reads."""
        found = dict(self.files)
        for path in paths:
            with suppress(OSError):
                status = os.stat(path)
                found[status.st_dev, status.st_ino] = "is read by the command"
        return Precious(found)

    def harmed_by(self, path: str) -> str | None:
        """Return why no report may be written to a path, or None if one may; links are followed."""
        if os.path.basename(os.path.realpath(path)) in (*SETTINGS, _OWN):
            return f"{path}: has the name of a settings file, which no report may overwrite"
        try:
            status = os.stat(path)
        except OSError:
            return None
        what = self.files.get((status.st_dev, status.st_ino))
        return f"{path}: {what}, and no report may overwrite it" if what else None


class Outputs:
    """All reports of one audit. As a context manager, it keeps the files of live reports open.

    An error in one report does not stop the others; `finish` raises all errors at the end.
    """

    def __init__(self, choices: dict[str, Any], standard: TextIO | None = None) -> None:
        """Choose the formats by ``--format`` and ``--output``.

        The report without a file goes to ``standard``, by default to standard output.

        Raises:
            click.UsageError: a format is unknown, a report cannot be written to its file, or standard output
                is closed.
            FormatError: a format cannot be used.
        """
        name = choices["format_name"] or default_format()
        if name not in formats():
            known = ", ".join(formats())
            raise click.BadParameter(f"{name!r} is not one of {known}", param_hint="'--format'")
        targets = _targets(choices["output"])
        if all(given is not None and path is not None for given, path in targets):
            targets.append((None, None))
        standard = sys.stdout if standard is None else standard
        if standard is None and any(path is None for _, path in targets):
            raise click.UsageError("standard output is closed; use --output FILE")
        self._standard = standard
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
            if not given and path is not None and choices["format_name"]:
                _check_suffix(path, name)
            self._all.append(_Output(chosen, load_format(chosen), path))
        self._errors: list[str] = []
        self._stack = ExitStack()

    @property
    def writes_to_screen(self) -> bool:
        """Whether a live report writes to a terminal while the audit runs."""
        return any(each.path is None and each.is_live and self._standard.isatty() for each in self._all)

    def has(self, name: str) -> bool:
        """Return whether a report has this format."""
        return any(each.name == name for each in self._all)

    def protect(self, precious: Precious) -> None:
        """Check that no report overwrites one of these files.

        Raises:
            click.BadParameter: a report would.
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
        """Pass the findings of one distribution to the live reports."""
        for each in self._all:
            if each.live is not None:
                self._try(each, each.live.audited, distribution, findings, failures)

    def finish(self, result: Result) -> None:
        """Write the other reports, and the ends of live reports.

        Raises:
            OutputError: a report could not be written.
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
        color = wants_color(self._color, self._standard)
        links = color and shows_links(self._standard)
        return replace(self._style, color=color, links=links, width=width(self._standard))

    def _begin(self, output: _Output, report: type[LiveReport]) -> None:
        output.stream = self._open(output)
        output.live = report(output.stream, self._style_for(output))

    def _write(self, output: _Output, report: Report, result: Result) -> None:
        output.stream = self._open(output)
        report(result, output.stream, self._style_for(output))

    def _open(self, output: _Output) -> TextIO:
        if output.path is None:
            return self._standard
        output.file = WholeFile(output.path)
        self._stack.callback(output.file.discard)  # which does nothing after keep()
        return output.file.stream

    def _try(self, output: _Output, write: Callable[..., None], *arguments: Any) -> None:
        """Write a part of a report, and note the error if it fails."""
        if output.failed:
            return
        try:
            write(*arguments)
            if output.stream is not None and not output.stream.closed:
                output.stream.flush()
        except BrokenPipeError:
            self._give_up(output)  # the reader, such as "head", has ended; the verdict stays
        except OSError as error:
            self._give_up(output)
            where = output.path or "standard output"
            self._errors.append(f"{where}: cannot be written: {error.strerror}")
        except ManifestError as error:  # the files cannot form a manifest; nothing was written
            output.failed = True
            if output.file is not None:
                output.file.discard()
            where = output.path or "standard output"
            self._errors.append(f"{where}: {error}")
        except Exception as error:  # a format of another package may fail in any way
            from pkgaudit.collector import kind_of

            output.failed = True
            if output.file is not None:
                output.file.discard()
            where = f"{output.path}: " if output.path else ""
            failed = f"{where}the format {output.name} failed ({kind_of(error)})"
            self._errors.append(f"{failed}; the report is incomplete; please report this as a bug")

    def _give_up(self, output: _Output) -> None:
        output.failed = True
        if output.path is None:
            abandon(self._standard)
        elif output.file is not None:
            output.file.discard()


def _targets(values: Iterable[str]) -> list[tuple[str | None, str | None]]:
    """Split each ``[FORMAT=]FILE`` into format and path, None for standard output.

    Raises:
        click.BadParameter: a report cannot be written to the file.
    """
    found: list[tuple[str | None, str | None]] = []
    seen: set[str | None] = set()
    for value in values:
        name, path = _split(value)
        target = None if path in _STANDARD else os.path.realpath(path)
        wrong = wrong_with(path, target)
        if target in seen and (target is None or os.path.isfile(target) or not os.path.exists(target)):
            wrong = f"{path}: only one report can be written to this file"
        if wrong:
            raise click.BadParameter(wrong, param_hint="'--output'")
        seen.add(target)
        found.append((name, None if target is None else path))
    return found


def _split(value: str) -> tuple[str | None, str]:
    """Split ``[FORMAT=]FILE``.

    Raises:
        click.BadParameter: the word before the equals sign is not a format.
    """
    name, equals, path = value.partition("=")
    if not equals or not _WORD.fullmatch(name):
        return None, value
    known = formats()
    if name not in known:
        message = f"{name!r} is not one of {', '.join(known)}; for a file with this name, write ./{value}"
        raise click.BadParameter(message, param_hint="'--output'")
    return name, path


def format_of(path: str) -> str | None:
    """Return the format for the suffix of a file, None if it has no suffix.

    Raises:
        click.BadParameter: no format has this suffix.
    """
    name = os.path.basename(path)
    if name.lower().endswith(".sarif.json"):  # a name that code hosts and editors also use
        return "sarif"
    if name.upper() == "SHA256SUMS":
        return "sha256sum"
    suffix = os.path.splitext(name)[1][1:].lower()
    if not suffix:
        return None
    known = formats()
    if suffix in known:
        return suffix
    if _FORMATS.get(suffix) in known:
        return _FORMATS[suffix]
    say = f"name one of {', '.join(known)} before it, such as json={path}"
    raise click.BadParameter(f"{path}: no format has the suffix '.{suffix}'; {say}", param_hint="'--output'")


def _check_suffix(path: str, name: str) -> None:
    """Check that ``--format`` does not contradict the suffix of a file.

    Raises:
        click.UsageError: another format of pkgaudit has this suffix.
    """
    suffix = os.path.splitext(path)[1][1:].lower()
    usual = _SUFFIXES.get(name)
    if usual is None or suffix in usual or suffix in _ANY:
        return
    other = next((each for each, suffixes in _SUFFIXES.items() if suffix in suffixes), None)
    if other is not None:
        raise click.UsageError(
            f"'--format {name}' contradicts the suffix of '--output {path}', which is that of {other}; "
            f"write '--output {name}={path}', or leave '--format' out"
        )


def wrong_with(path: str, target: str | None) -> str | None:
    """Return why no report can be written to a file, None if one can; checked before the audit starts."""
    if not path:
        return "the file after the equals sign is missing"
    if target is None:
        return None
    # A typing error on the command line must never overwrite a distribution that is to be released.
    if make_distribution(path) or make_distribution(target):
        return f"{path}: is the name of a distribution, which no report may overwrite"
    if target.lower().endswith(".attestation"):
        return f"{path}: has the suffix of attestations, which uploaders send to the index; use another name"
    if os.path.isdir(target):
        return f"{path}: cannot be written: {os.strerror(errno.EISDIR)}"
    if not os.path.isdir(os.path.dirname(target)):
        return f"{path}: cannot be written: {os.strerror(errno.ENOENT)}"
    return None
