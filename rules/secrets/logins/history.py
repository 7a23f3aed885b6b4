"""Find credentials in the histories of shells and other interactive programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pkgaudit.late import lazy
from pkgaudit.rules.secrets.logins.model import MOST, Credential, is_placeholder, is_weak, url_logins

# Files that shells, database clients, REPLs and editors write into a home directory.
HISTORIES = (
    ".bash_history",
    ".zsh_history",
    ".sh_history",
    ".ksh_history",
    ".ash_history",
    ".histfile",
    "fish_history",
    ".python_history",
    ".pythonhist",
    "profile_default/history.sqlite",
    ".psql_history",
    ".mysql_history",
    ".mariadb_history",
    ".sqlite_history",
    ".node_repl_history",
    ".rediscli_history",
    ".irb-history",
    ".irb_history",
    ".pry_history",
    ".php_history",
    ".dbshell",
    ".mongosh_history",
    ".rhistory",
    ".julia_history",
    ".scala_history",
    ".lesshst",
    ".viminfo",
    "consolehost_history.txt",
)

_LONGEST_LINE = 4096
"""Characters of a line that are read: a bound on hostile files, since nobody types so many."""

_MOST_LINES = 100_000
"""Lines that are read: a bound on hostile files. Shells keep hundreds or thousands of lines by default."""

_QUOTED = r"(?:\"([^\"\n]{1,512})\"|'([^'\n]{1,512})'|[\"']?([^\s\"';|&<>()]{1,1024}))"
_NAME = (
    r"[A-Za-z0-9_.-]{0,60}?(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|ACCESS_?KEY|PGPASS|_PASS|PWD)"
)

_SIGNS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (what, words, lazy(pattern, re.IGNORECASE))
    for what, words, pattern in (
        (
            "a secret in a variable",
            ("token", "pass", "secret", "key", "pwd"),
            rf"(?<![\w.-]){_NAME}[A-Z0-9_]{{0,20}}[ ]?=[ ]?{_QUOTED}",
        ),
        (
            "a secret in a command-line option",
            ("--",),
            r"--(?:[\w-]{0,30}-)?(?:password|passwd|pass|passphrase|token|secret|api-?key|access-?key|auth-token)"
            rf"[ =]{_QUOTED}",
        ),
        (
            "a password in a command-line option",
            ("-p",),
            r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mongo|mongosh|mongodump|mongorestore"
            r"|twine[ ]upload|sshpass|docker[ ]login|podman[ ]login|7z|az[ ]login)\b[^|;&\n]{0,400}?"
            rf"[ ]-p[ ]?{_QUOTED}",
        ),
        (
            "a password in a command-line option",
            ("curl", "http", "wget"),
            r"\b(?:curl|https?|wget)\b[^|;&\n]{0,400}?[ ](?:-u|--user|-a|--auth)[ =]?[\"']?[^\s:\"']{1,80}:"
            r"(?:([^\s\"'@]{1,512}))",
        ),
        (
            "an authentication header",
            ("authorization", "x-api-key", "private-token"),
            r"(?:authorization:[ ]{0,3}(?:bearer|basic|token)[ ]{1,3}|(?:x-api-key|private-token):[ ]{0,3})"
            r"([^\s\"']{6,2048})",
        ),
        (
            "a password in a statement",
            ("identified by", "password '", "requirepass", "auth "),
            r"(?:identified[ ]by[ ]|with[ ]password[ ]|[ ]password[ ](?=')|requirepass[ ]"
            rf"|^(?:\w{{1,40}}>[ ])?auth[ ]){_QUOTED}",
        ),
        (
            "a token",
            ("pypi-age", "_", "glpat-", "xox", "hf_", "sk-"),
            r"(?<![\w-])((?:pypi-AgE[\w-]{60,2000}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,90}|glpat-[\w-]{20}"
            r"|npm_[A-Za-z0-9]{36}|hf_[A-Za-z]{34}|xox[abp]-[\w-]{20,80}|sk-[\w-]{40,200}))(?![\w-])",
        ),
    )
)

_ANY_WORD = lazy("|".join(["://", *(re.escape(word) for _, words, _ in _SIGNS for word in words)]))
"""What each line with a credential contains in lower case; few lines of a history do."""


def find_in_history(text: str) -> Iterator[Credential]:
    """Yield the credentials of a history; a history without credentials is still a weak finding."""
    private: Credential | None = None
    told = 0
    for number, line in enumerate(islice(text.split("\n"), _MOST_LINES), 1):
        line = line[:_LONGEST_LINE]
        if not line.strip():
            continue
        if private is None:
            private = Credential("a history of typed commands", "", number, weak=True)
        for credential in islice(_of_line(line, number), MOST - told):
            told += 1
            yield credential
    if private is not None:
        yield private


def _of_line(line: str, number: int) -> Iterator[Credential]:
    folded = line.lower()
    if not _ANY_WORD.search(folded):
        return
    for what, words, pattern in _SIGNS:
        if not any(word in folded for word in words):
            continue
        for match in islice(pattern.finditer(line), 10):
            value = next((each for each in match.groups() if each), "")
            if value and not is_placeholder(value) and not value.startswith(("-", "`", "./", "/")):
                yield Credential(what, value, number, is_weak(value))
    if "://" in line and "@" in line:
        yield from url_logins(line, number)
