"""The door by which all text of the command leaves but reports: nothing that it quotes acts behind it.

What is quoted came from arguments, configurations, archives and builds. On standard error each line passes
`printable`. Standard output has text that pkgaudit and the installed rules wrote, and JSON in ASCII.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import click

from pkgaudit.formatting import inert, printable, write_text


class OutputError(click.ClickException):
    """What could not be written; ``lines`` say what and why."""

    exit_code = 2

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


def say(line: str) -> None:
    """Show a line on standard error; nothing is shown, and nothing fails, where that is closed or full."""
    if sys.stderr is None:
        return
    try:
        print(inert(printable(line)), file=sys.stderr, flush=True)
    except OSError:
        abandon(sys.stderr)


def put(text: str, *, is_styled: bool = False) -> None:
    """Write text to standard output, with an end of line if it has none.

    Only text that is styled for a terminal may have control characters other than line ends, and whoever
    styles it has none from elsewhere in it.

    Raises:
        OutputError: it cannot be written.
    """
    lines = text.removesuffix("\n").split("\n")
    _write("\n".join(lines if is_styled else (inert(printable(line)) for line in lines)) + "\n")


def put_json(value: Any) -> None:
    """Write JSON to standard output.

    Raises:
        OutputError: it cannot be written.
    """
    from pkgaudit.report.escape import write_json

    made = io.StringIO()
    write_json(made, value, indent=2)
    _write(made.getvalue())


def put_file(text: str) -> None:
    """Write a file to standard output as it is: a shell script, or TOML and JSON that are harmless.

    Raises:
        OutputError: it cannot be written.
    """
    _write(text)


def _write(text: str) -> None:
    out = standard_output()
    try:
        write_text(out, text)
        out.flush()
    except BrokenPipeError:
        abandon(out)  # whoever reads it has seen enough
    except OSError as error:
        abandon(out)
        raise OutputError([f"standard output cannot be written: {error.strerror}"]) from None


def standard_output() -> TextIO:
    """Return standard output.

    Raises:
        OutputError: it is closed.
    """
    if sys.stdout is None:
        raise OutputError(["standard output is closed"])
    return sys.stdout


def abandon(stream: TextIO) -> None:
    """Have what is left in a stream's buffer go nowhere when the interpreter flushes it."""
    import os
    from contextlib import suppress

    with suppress(OSError, ValueError):  # a stream that is no file has nothing to be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_error(error: click.ClickException) -> None:
    """Show why the command ends, with how it is used if that was the mistake."""
    if isinstance(error, OutputError):
        for line in error.lines:
            say(f"Error: {line}")
        return
    # Click writes more about some errors than their message: the usage, or all of the help.
    whole = io.StringIO()
    message = error.format_message()
    error.show(whole)
    before, found, _ = whole.getvalue().rpartition(f"Error: {message}")
    for line in (before if found else whole.getvalue()).splitlines():
        say(line)
    if found:
        say(f"Error: {message}")
