"""Write the manual pages in ``man/``, one for each command, from the help texts.

    python tools/make_man.py

The script converts the text of ``--help`` to reStructuredText, and docutils makes the page: docutils already
is a dependency, and it escapes troff commands. Pages have no date, so they change only with the commands.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from docutils.core import publish_string  # type: ignore[import-untyped]
from docutils.writers import get_writer_class  # type: ignore[import-untyped]

from pkgaudit import __version__
from pkgaudit.cli import COMMANDS, main
from pkgaudit.cli.sections import sections
from pkgaudit.pages.site import docs_url

FOLDER = Path(__file__).parent.parent / "man"

_HEAD = '.\\" Written by tools/make_man.py; do not edit.\n'

_ENDING = f"""\
Exit status
===========

0
    Pass: no finding makes the audit fail.
1
    Fail: at least one finding makes the audit fail.
2
    The audit failed or is incomplete; standard error contains the reason.

Files
=====

pyproject.toml, pkgaudit.toml
    The configuration: the table **[tool.pkgaudit]** in pyproject.toml, or the whole pkgaudit.toml. pkgaudit
    reads the first such file in the working directory or a parent folder. **pkgaudit init** writes it.

Environment
===========

NO_COLOR, FORCE_COLOR
    Whether **--color auto** colors the report.
GITHUB_ACTIONS, GITHUB_STEP_SUMMARY
    Set by GitHub Actions: the default format is then **github**, and pkgaudit appends a summary to the file.
PKGAUDIT_VULNDB
    The advisory data, unless **--vulndb** names it.

See also
========

{docs_url()}
"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    root = click.Context(main, info_name="pkgaudit", **main.context_settings)
    audit = main.get_command(root, "audit")
    assert audit is not None
    yield "pkgaudit", _roff(_page(root, [*audit.params, *main.get_params(root)], [*_commands(root)], _ENDING))
    for name in COMMANDS:
        command = main.get_command(root, name)
        assert command is not None
        # A group may do something without a subcommand.
        command = getattr(command, "default", command)
        ctx = click.Context(command, info_name=name, parent=root, **(command.context_settings or {}))
        see = "See also\n========\n\n**pkgaudit**\\(1)\n"
        yield f"pkgaudit-{name}", _roff(_page(ctx, command.get_params(ctx), [], see))


def _commands(root: click.Context) -> Iterator[str]:
    for name in COMMANDS:
        command = main.get_command(root, name)
        assert command is not None
        yield f"**pkgaudit-{name}**\\(1)\n    {_quoted(command.get_short_help_str(1000))}"


def _page(ctx: click.Context, params: list[click.Parameter], commands: list[str], ending: str) -> str:
    name = ctx.command_path.replace(" ", "-")
    about = _quoted(ctx.command.get_short_help_str(1000).removesuffix("."))
    lines = [_title(name, "=", over=True), _title(about, "-", over=True)]
    lines += [f":Manual section: 1\n:Manual group: pkgaudit manual\n:Version: pkgaudit {__version__}\n"]
    usage = " ".join(ctx.command.collect_usage_pieces(ctx))
    lines += [_title("Synopsis", "="), f"**{ctx.command_path}** {_quoted(usage)}\n"]
    lines += [_title("Description", "="), *_paragraphs(ctx.command.help or "")]
    for title, options in sections(params):
        lines.append(_title(title, "="))
        for option in options:
            record = option.get_help_record(ctx)
            if record is not None:
                lines.append(f"{_option(record[0])}\n    {_quoted(record[1])}")
        lines.append("")
    if commands:
        lines += [_title("Commands", "="), *commands, ""]
    return "\n".join([*lines, ending])


def _title(text: str, line: str, over: bool = False) -> str:
    rule = line * len(text)
    return "\n".join([*([rule] if over else []), text, rule, ""])


def _paragraphs(text: str) -> Iterator[str]:
    r"""Yield the help text of a command; paragraphs after ``\b`` keep their lines."""
    for part in text.split("\n\n"):
        mark, _, kept = part.partition("\b\n")
        if kept and not mark:
            yield "\n".join(
                f"| {' ' * (len(line) - len(line.lstrip()))}{_quoted(line)}" for line in kept.splitlines()
            )
        else:
            yield _quoted(part)
        yield ""


def _option(text: str) -> str:
    """Return an option with its names in bold."""
    parts = re.split(r"(?<!\S)(--?[A-Za-z][\w-]*)", text)
    return "".join(f"**{part}**" if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _quoted(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    return re.sub(r"([\\*`|_[])", r"\\\1", text)


def _roff(text: str) -> str:
    writer = get_writer_class("manpage")()
    settings = {
        "output_encoding": "unicode",
        "halt_level": 2,
        "_disable_config": True,
        "use_latex_citations": False,
    }
    made = publish_string(text, writer=writer, settings_overrides=settings)
    return _HEAD + "".join(line for line in str(made).splitlines(True) if not line.startswith('.\\"'))


def write(folder: Path) -> None:
    """Write all pages, and remove the pages of removed commands."""
    made = {f"{name}.1": text for name, text in pages()}
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.1"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    write(FOLDER)
    print(f"{FOLDER}: {len(list(FOLDER.glob('*.1')))} pages", file=sys.stderr)
