"""BH103: text that a reader sees otherwise than the interpreter."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import BinaryFile, Files, Problem, PythonFile, Severity, TextFile, quoted, rule
from pkgaudit.rules.behaviour.hidden import hidden_in, may_hide
from pkgaudit.rules.behaviour.test_files import severity_at

_STEPS = 20
"""The steps to report something hidden, see `Member.spend`."""


@rule(
    "BH103",
    "hidden-text",
    Severity.ERROR,
    since="0.1.0",
    files=Files((".py", ".pyi", ".pyw", ".pth", ".start", ".toml", ".cfg")),
)
def hidden_text(file: BinaryFile) -> Iterator[Problem]:
    """A source contains characters, names or code that a reader does not see.

    - A character changes the direction of the text (U+202A to U+202E, U+2066 to U+2069), and its effect
      reaches the end of the line. Literals without letters and digits do not count.
    - An identifier looks like a builtin, a keyword, a module of the standard library or another identifier
      of the file, but has other characters, or contains an invisible character.
    - Eight or more variation selectors or tags follow each other, in which a text can be hidden.
    - Code follows after 200 blanks or 40 tabs on the same line, outside of the window of most editors.

    Names in Greek or Cyrillic, emoji, and right-to-left texts with balanced marks are not reported. In a
    wheel, the files of tests, examples, documentation and benchmarks are warnings; in an sdist, they are
    reported at info level. Measured on 966 wheels and 119 sdists: texts in the tests of one wheel.

    ## Why it matters
    A review does not find such code, because the reviewer sees another text than the interpreter reads. The
    attack "Trojan Source" uses it, and the worm "GlassWorm" hid its code in variation selectors.

    ## How to fix it
    If nobody in the project wrote the text, do not upload the release: find out how it got there. Otherwise
    write such characters as escapes, and code on a line of its own.

    ## References
    - <https://trojansource.codes/>
    - <https://www.unicode.org/reports/tr55/>
    """
    if not may_hide(file.data):
        return
    severity = severity_at(file.path, file.member.archive, Severity.ERROR)
    text = file.window.view(TextFile, file.member)
    if severity is None or text is None or text.encoding == "latin-1":
        return
    is_python = file.member.suffix in PythonFile.SUFFIXES
    for each in hidden_in(text.text, is_python):
        if not file.member.spend(_STEPS):
            return
        yield Problem(
            f"{quoted(file.path)} {each.says}",
            text.at(each.at),
            "find out how it got there; write such characters as escapes, and code on a line of its own",
            severity,
            key=each.value,
            data={"path": file.path, "value": each.value},
        )
