"""Completion scripts for bash, zsh and fish, and the answers to their requests.

Click does most of the work. These scripts replace its own, because its bash script loses the option if a word
contains an equals sign, at which bash splits words; its fish script cuts values at commas; and none of them
suppresses the space after ``FORMAT=``. An answer has one line for each value: its type (``file`` lets the
shell complete paths), the value, and a description.
"""

from __future__ import annotations

import os

from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

SHELLS = ("bash", "zsh", "fish")
"""The shells that click has completion for: https://click.palletsprojects.com/en/stable/shell-completion/"""

VARIABLE = "_PKGAUDIT_COMPLETE"
"""The environment variable of a completion request; click derives its name from that of the command."""

_BASH = """\
%(complete_func)s() {
    local kind value about
    COMPREPLY=()
    while IFS=$'\\t' read -r kind value about; do
        if [[ $kind == file ]]; then
            compopt -o default
        else
            [[ $value == *= ]] && compopt -o nospace
            COMPREPLY+=("$value")
        fi
    done < <(
        IFS=$'\\n'
        COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1"
    )
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local kind value about files
    local -a whole begun
    while IFS=$'\\t' read -r kind value about; do
        if [[ $kind == file ]]; then
            files=yes
        elif [[ $value == *= ]]; then
            begun+=("${value//:/\\\\:}:$about")
        else
            whole+=("${value//:/\\\\:}:$about")
        fi
    done < <(
        COMP_WORDS="${words[1,CURRENT]}" COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete %(prog_name)s
    )
    (( $#whole )) && _describe -V %(prog_name)s whole -U
    (( $#begun )) && _describe -V %(prog_name)s begun -U -S ''
    if [[ -n $files ]]; then
        compset -P '*='
        _files
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -lx %(complete_var)s fish_complete
    set -lx COMP_WORDS (commandline -cp | string collect)
    set -lx COMP_CWORD (commandline -ct | string collect)
    for line in (%(prog_name)s)
        set -l parts (string split -m 2 \\t -- $line)
        if test $parts[1] = file
            set -l before (string match -r '^.*=' -- $parts[2]; or echo)
            for path in (__fish_complete_path (string replace -r '^.*=' '' -- $parts[2]))
                echo $before$path
            end
        else
            printf '%%s\\t%%s\\n' $parts[2] "$parts[3]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class _Shell(ShellComplete):
    """A shell whose script expects lines with tab-separated fields."""

    def complete(self) -> str:
        """Return the answer."""
        args, incomplete = self.get_completion_args()
        option, equals, value = incomplete.partition("=")
        before = ""
        if equals and option.startswith("-"):
            args, incomplete, before = [*args, option], value, option + equals
        return "\n".join(
            "\t".join(
                (each.type, self.shown(before, incomplete, each.value), " ".join((each.help or "").split()))
            )
            for each in self.get_completions(args, incomplete)
        )

    def shown(self, before: str, incomplete: str, value: str) -> str:
        """Return the whole word; ``before`` is its ``--option=``, or empty."""
        return before + value


class Bash(_Shell, BashComplete):
    """Bash 4.4 and later."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words, after joining those that bash split at an equals sign."""
        broken = os.environ["COMP_WORDS"].split("\n")[1 : int(os.environ["COMP_CWORD"]) + 1]
        words: list[str] = []
        for before, word in zip(["", *broken], broken, strict=False):
            if words and "=" in (before, word):
                words[-1] += word
            else:
                words.append(word)
        plain = ["".join(split_arg_string(word)[:1]) for word in words]
        return plain[:-1], plain[-1] if plain else ""

    def shown(self, before: str, incomplete: str, value: str) -> str:
        """Return the part after the last typed equals sign, which is the word that bash replaces."""
        return value.split("=", incomplete.count("="))[-1]


class Zsh(_Shell, ZshComplete):
    """Zsh."""

    source_template = _ZSH


class Fish(_Shell, FishComplete):
    """Fish."""

    source_template = _FISH


def register() -> None:
    """Register these classes with click."""
    for each in (Bash, Zsh, Fish):
        add_completion_class(each)
