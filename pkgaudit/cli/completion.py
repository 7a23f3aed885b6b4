"""``pkgaudit completion``: prints the completion script for a shell."""

from __future__ import annotations

import click

from pkgaudit.cli.door import put_file
from pkgaudit.cli.shells import SHELLS


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish")
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    It completes subcommands, options and their values: rules by code and name, formats and files.

    \b
    bash (4.4 or later), in ~/.bashrc:
        eval "$(pkgaudit completion bash)"
    zsh, in ~/.zshrc, below the line that calls compinit:
        eval "$(pkgaudit completion zsh)"
    fish, once:
        pkgaudit completion fish > ~/.config/fish/completions/pkgaudit.fish
    """  # noqa: D301 - the backslash is for click, which does not wrap the lines after it
    from click.shell_completion import get_completion_class

    from pkgaudit.cli import shells

    shells.register()
    found = get_completion_class(shell)
    main = ctx.find_root()
    assert found is not None
    put_file(found(main.command, {}, "pkgaudit", shells.VARIABLE).source())
