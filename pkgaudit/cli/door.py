"""Output of the command other than reports, in which quoted text is harmless to terminals and CI systems.

Quoted text comes from arguments, configurations, archives and builds. Each line on standard error passes
`printable`. Standard output gets text that pkgaudit and the installed rules wrote, and JSON in ASCII.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import click

from pkgaudit.formatting import inert, printable, write_text


class OutputError(click.ClickException):
    """An output that could not be written; ``lines`` name each output and the reason."""

    exit_code = 2

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


def say(line: str) -> None:
    """Show a line on standard error; do nothing if standard error is closed or cannot be written."""
    if sys.stderr is None:
        return
    try:
        print(inert(printable(line)), file=sys.stderr, flush=True)
    except OSError:
        abandon(sys.stderr)


def put(text: str, *, is_styled: bool = False) -> None:
    """Write text to standard output, and add a final line end if it has none.

    Only text that is styled for a terminal may contain control characters other than line ends. The caller
    that styles it has already removed those of quoted text.

    Raises:
        OutputError: standard output cannot be written.
    """
    lines = text.removesuffix("\n").split("\n")
    _write("\n".join(lines if is_styled else (inert(printable(line)) for line in lines)) + "\n")


def put_json(value: Any) -> None:
    """Write JSON to standard output.

    Raises:
        OutputError: standard output cannot be written.
    """
    from pkgaudit.report.escape import write_json

    made = io.StringIO()
    write_json(made, value, indent=2)
    _write(made.getvalue())


def put_file(text: str) -> None:
    """Write a file to standard output unchanged: a shell script, or TOML or JSON without control characters.

    The file is UTF-8 with line feeds, whatever the terminal and the system use.

    Raises:
        OutputError: standard output cannot be written.
    """
    out = standard_output()
    if isinstance(out, io.TextIOWrapper) and not out.isatty():
        out.reconfigure(encoding="utf-8", newline="\n")
    _write(text)


def _write(text: str) -> None:
    out = standard_output()
    try:
        write_text(out, text)
        out.flush()
    except BrokenPipeError:
        abandon(out)  # the reader, such as "head", has ended
    except OSError as error:
        abandon(out)
        raise OutputError([f"standard output cannot be written: {error.strerror}"]) from None


def standard_output() -> TextIO:
    """Return standard output.

    Raises:
        OutputError: standard output is closed.
    """
    if sys.stdout is None:
        raise OutputError(["standard output is closed"])
    return sys.stdout


def abandon(stream: TextIO) -> None:
    """Discard the rest of a stream's buffer, which the interpreter would flush at exit."""
    import os
    from contextlib import suppress

    with suppress(OSError, ValueError):  # a stream without a file descriptor has nothing to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_error(error: click.ClickException) -> None:
    """Show an error, with the usage if the command was used wrongly."""
    if isinstance(error, OutputError):
        for line in error.lines:
            say(f"Error: {line}")
        return
    # For some errors click also shows the usage, or the whole help.
    whole = io.StringIO()
    message = error.format_message()
    error.show(whole)
    before, found, _ = whole.getvalue().rpartition(f"Error: {message}")
    for line in (before if found else whole.getvalue()).splitlines():
        say(line)
    if found:
        say(f"Error: {message}")
