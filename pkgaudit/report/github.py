"""The log of a GitHub Actions job: the text report, annotations, and the job summary.

Commands: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from pkgaudit.finding import Finding, Severity
from pkgaudit.formatting import counted, printable, write_text
from pkgaudit.report import markdown, text
from pkgaudit.report.escape import cut, shown_place
from pkgaudit.report.result import Result, Style

MOST = 10
"""The most annotations of each level that GitHub keeps for a step; it drops all later ones."""

SUMMARY = 1 << 20
"""The largest summary of a step in bytes; GitHub rejects a larger summary as a whole."""

_LONGEST = 3_000
"""The longest part of a message in characters; GitHub cuts messages after 4,096 characters."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def write(result: Result, stream: TextIO, style: Style) -> None:
    """Write the report and the annotations, and append the summary to the file that GitHub names."""
    # The log contains no commands until a token, which no archive can know, ends this mode.
    token = secrets.token_hex(16)
    stream.write(f"::stop-commands::{token}\n")
    try:
        text.write(result, stream, style)
    finally:
        stream.write(f"::{token}::\n")
    for line in commands(result):
        write_text(stream, line + "\n")
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        _summarize(result, path)


def commands(result: Result) -> Iterator[str]:
    """Yield the commands, worst first, and a last one that counts the annotations over the limit."""
    found: dict[str, list[str]] = {level: [] for level in _LEVELS.values()}
    for failure in result.failures:
        where = ": ".join(filter(None, [failure.distribution, failure.member]))
        message = ": ".join(filter(None, [cut(where, _LONGEST // 3), cut(failure.message, _LONGEST)]))
        found["error"].append(_command("error", {"title": "not audited"}, [message]))
    for finding in result.counted:
        # Annotations over the limit are only counted.
        made = found[_LEVELS[finding.severity]]
        made.append(_annotation(finding, result) if len(made) < MOST else "")
    dropped = sum(max(0, len(made) - MOST) for made in found.values())
    if dropped and len(found["notice"]) >= MOST:
        del found["notice"][MOST - 1 :]  # the last annotation is the count
        dropped += 1
    for made in found.values():
        yield from made[:MOST]
    if dropped:
        message = f"{counted(dropped, 'more finding')}: see the log or the summary of the job"
        yield _command("notice", {"title": "pkgaudit"}, [message])


def _annotation(finding: Finding, result: Result) -> str:
    source = result.sources.of(finding.place)
    properties: dict[str, object] = {}
    if source is not None:
        properties["file"] = source.path
        if source.line is not None:
            properties["line"] = source.line
            if finding.location.column is not None:
                properties["col"] = finding.location.column
    properties["title"] = f"{finding.code} {finding.name}"
    lines = [cut(finding.message, _LONGEST)]
    lines.append(f"in {cut(shown_place(finding.place), _LONGEST // 6)}")
    if finding.fix:
        lines += f"fix: {cut(finding.fix, _LONGEST // 6)}".splitlines()
    page = result.page_of(finding)
    return _command(_LEVELS[finding.severity], properties, lines if page is None else [*lines, page])


def _command(name: str, properties: dict[str, object], lines: list[str]) -> str:
    """Return a command, escaped for the runner."""
    values = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {values}::" + "%0A".join(printable(line).replace("%", "%25") for line in lines)


def _property(value: str) -> str:
    for char, escape in (("%", "%25"), (":", "%3A"), (",", "%2C")):
        value = value.replace(char, escape)
    return printable(value)


def _summarize(result: Result, path: str) -> None:
    try:
        with open(path, "a+b") as stream:
            size = stream.seek(0, os.SEEK_END)
            # A heading must begin a line, but the text of another tool may not end in a line end.
            text = markdown.document(result, SUMMARY - size - 1)
            if text and size and _last_byte(stream) != b"\n":
                text = f"\n{text}"
            stream.write(text.encode())
    except OSError as error:
        if sys.stderr is not None:
            print(printable(f"the summary {path} cannot be written: {error.strerror}"), file=sys.stderr)


def _last_byte(stream: BinaryIO) -> bytes:
    stream.seek(-1, os.SEEK_END)
    return stream.read(1)
