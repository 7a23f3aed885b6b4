"""An audit to be reported, and what reads reports: the runner of GitHub Actions, a renderer of Markdown."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TextIO

import pytest

from pkgaudit.finding import Failure, Finding
from pkgaudit.model.distribution import Distribution
from pkgaudit.report.result import LiveReport, Result, Style, load_format
from tests.programs import need
from tests.support import run


class Recorder(LiveReport):
    """Keeps what the command gives to a report."""

    result: Result

    def __init__(self, stream: TextIO, style: Style) -> None:
        super().__init__(stream, style)
        self.told: list[tuple[Distribution | None, list[Finding], list[Failure]]] = []

    def audited(
        self, distribution: Distribution | None, findings: list[Finding], failures: list[Failure]
    ) -> None:
        self.told.append((distribution, findings, failures))

    def finish(self, result: Result) -> None:
        self.result = result

    def replay(self, name: str, stream: TextIO, style: Style) -> None:
        """Write the report in a format."""
        report = load_format(name)
        if not isinstance(report, type):
            report(self.result, stream, style)
            return
        live = report(stream, style)
        for each in self.told:
            live.audited(*each)
        live.finish(self.result)

    def text(self, name: str) -> str:
        """Return the report in a format."""
        stream = io.StringIO()
        self.replay(name, stream, Style())
        return stream.getvalue()


def record(*arguments: object) -> Recorder:
    """Audit as the command does, and return what its reports are made from."""
    made: list[Recorder] = []

    class Kept(Recorder):
        def __init__(self, stream: TextIO, style: Style) -> None:
            super().__init__(stream, style)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pkgaudit.cli.outputs.load_format", lambda _: Kept)
        done = run(*arguments, "--no-config", "--format", "text")
    assert made, done.output
    return made[0]


@dataclass
class Command:
    """A command that the runner carries out."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    message: str = ""


_KNOWN = {
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
}

_NEW = re.compile(r"\s*::(?P<name>[^\s:]+)(?: (?P<properties>.*?))?::(?P<message>.*)")
_OLD = re.compile(r"##\[(?P<name>[^\s\]]+)(?: (?P<properties>[^\]]*))?\](?P<message>.*)")


class Commands:
    """Reads a log as the runner does (ActionCommandManager, ActionCommand): line by line, both syntaxes.

    ``done`` are the commands carried out, ``inert`` the lines while none were.
    """

    def __init__(self, log: str) -> None:
        self.done: list[Command] = []
        self.inert: list[str] = []
        token = ""
        for line in re.split(r"\r\n|\r|\n", log):
            command = _parsed(line, token)
            if token:
                if command is not None and command.name == token:
                    token = ""
                else:
                    self.inert.append(line)
            elif command is not None and command.name == "stop-commands":
                token = command.message
            elif command is not None:
                self.done.append(command)
        assert not token, "commands are not resumed"


def _parsed(line: str, token: str) -> Command | None:
    known = _KNOWN | {token} if token else _KNOWN
    new = _NEW.match(line)
    if new and new["name"].lower() in known:
        pairs = [pair.partition("=") for pair in (new["properties"] or "").split(",")]
        properties = {key: _unescaped(value, colons=True) for key, _, value in pairs if key and value}
        return Command(new["name"].lower(), properties, _unescaped(new["message"]))
    old = _OLD.search(line)
    if old and old["name"].lower() in known:
        return Command(old["name"].lower(), {}, old["message"])
    return None


def _unescaped(text: str, colons: bool = False) -> str:
    pairs = [("%0D", "\r"), ("%0A", "\n"), *([("%3A", ":"), ("%2C", ",")] if colons else []), ("%25", "%")]
    for escape, char in pairs:
        text = text.replace(escape, char)
    return text


def rendered(text: str) -> str:
    """Return Markdown as HTML, as GitHub's flavor of it is rendered and without any cleaning up."""
    comrak = need("comrak")
    extensions = comrak.ExtensionOptions()
    for each in ("autolink", "footnotes", "shortcodes", "strikethrough", "table", "tasklist", "alerts"):
        setattr(extensions, each, True)
    options = comrak.RenderOptions()
    options.unsafe_ = True
    html: str = comrak.render_markdown(text, extension_options=extensions, render_options=options)
    return html
