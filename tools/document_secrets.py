"""Write the table of token kinds in docs/secrets.md from the catalogue.

    python -m tools.document_secrets

A test fails if the page is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fixtures.tokens import expand
from pkgaudit.api import Candidate, Level, Token
from pkgaudit.rules.secrets.catalogue.code_hosts import TOKENS

PAGE = Path(__file__).parent.parent / "docs" / "secrets.md"
START = "<!-- kinds: written by python -m tools.document_secrets -->\n"
END = "<!-- end of kinds -->\n"

WORDS = {
    Level.PROVEN: "proof",
    Level.SHAPE: "format",
    Level.WEAK: "format (warning)",
    Level.NOTE: "format (info)",
    Level.EXPIRED: "expired",
}


def levels_of(token: Token) -> list[Level]:
    """Return the levels of the samples of a kind, the surest first."""
    found = set()
    for sample in token.samples:
        data = expand(sample, "docs").encode()
        match = token.regex.search(data)
        assert match is not None, token.name
        start, end = match.span("token" if "token" in token.regex.groupindex else 0)
        judged = token.judge(Candidate(data[start:end].decode(), data, start, end))
        assert judged is not None, token.name
        found.add(judged.level)
    return sorted(found, reverse=True)


def rows() -> Iterator[str]:
    """Yield the rows of the table, ordered by name."""
    yield "| kind | evidence | severity in tests | page to revoke it |"
    yield "| --- | --- | --- | --- |"
    for token in sorted(TOKENS, key=lambda each: each.name.casefold()):
        levels = " or ".join(WORDS[level] for level in levels_of(token))
        yield f"| {token.name} | {levels} | {'warning' if token.grave else 'info'} | <{token.revoke}> |"


def page(text: str) -> str:
    """Return the page with the table between its two comments."""
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    return head + START + "\n" + "\n".join(rows()) + "\n\n" + END + tail


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
