"""SF112: pointers to files that version control keeps elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pkgaudit.api import Distribution, Files, Problem, Severity, Summaries, TextFile, rule, summary
from pkgaudit.late import dataclass, lazy
from pkgaudit.rules._shared.patterns import Hit
from pkgaudit.rules.stray.contents_files import files_of, value_of
from pkgaudit.rules.stray.pattern_rules import Marks, in_examples, in_tests, problems

_LARGEST = 1024
"""The largest pointer in bytes, by the specification of Git LFS."""

# Versions 1 to 3 of the specification had other addresses.
_LFS = lazy(
    rb"version https?://[\w.-]+/(?:spec/)?v\d\r?\n"
    rb"(?:[a-z0-9.-]+ [^\n]*\n)*?oid sha256:[0-9a-f]{64}\r?\n(?:[a-z0-9.-]+ [^\n]*\n)*?size (\d{1,15})\r?\n?"
)
_ANNEX = lazy(rb"/?(?:\.\./)*(?:\.git/)?annex/objects/[^\n]{1,900}-s(\d{1,15})[^\n]{0,900}\n?")

_STARTS = (b"version http", b"/", b"../", b".git/", b"annex/")
"""The first bytes of a text that one of the two matches."""


@dataclass(frozen=True)
class Pointer:
    """A pointer: the program that replaces it with the file, and the size of the file in bytes."""

    program: str
    size: int


@dataclass(frozen=True)
class Pointers(Marks):
    """Paths of files that may be pointers."""


@summary(files=Files(starts=_STARTS))
def pointer(file: TextFile) -> Pointer | None:
    """Return the pointer that a file contains."""
    data = file.data
    if len(data) > _LARGEST or not file.window.whole:
        return None
    for program, pattern in (("Git LFS", _LFS), ("git-annex", _ANNEX)):
        match = pattern.fullmatch(data)
        if match is not None:
            return Pointer(program, int(match[1]))
    return None


@rule("SF112", "pointer-file", Severity.ERROR, since="0.1.0")
def pointer_file(
    distribution: Distribution, pointers: Summaries[Pointer], options: Pointers
) -> Iterator[Problem]:
    """The archive contains a pointer of Git LFS or git-annex in place of a file.

    Both programs keep large files outside of the repository. A checkout without them has a short text where
    the file should be: three lines (Git LFS) or one line (git-annex).

    The finding is a warning in folders of tests, documentation and examples.

    ## Why it matters
    Users get the short text instead of the model, the image, the library or the data: loading it fails, or
    the project page shows nothing.

    ## How to fix it
    Run `git lfs pull` or `git annex get .` before the build. In CI, set `lfs: true` for actions/checkout, and
    do not set `GIT_LFS_SKIP_SMUDGE`. Allow a pointer that is data of your program:

        [tool.pkgaudit.pointer-file]
        allow = ["**/sample/data/pointer.txt"]

    ## References
    - <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
    - <https://git-annex.branchable.com/internals/pointer_file/>
    """

    def judge(hit: Hit) -> Severity | None:
        if value_of(hit, pointers) is None:
            return Severity.ERROR if options.extends(hit) else None
        return Severity.WARNING if in_tests(hit) or in_examples(hit) else Severity.ERROR

    for hit in options.hits(distribution, also=files_of(distribution, pointers)):
        found = value_of(hit, pointers)
        program = found.program if found else "Git LFS"
        predicate = f"is a pointer of {program}, and the file itself is missing"
        pull = "git annex get ." if program == "git-annex" else "git lfs pull"
        for problem in problems([hit], predicate, judge, fold=False):
            yield replace(
                problem,
                fix=f"get the files with '{pull}' before the build, and rebuild",
                cause=f"pointers of {program}",
                data={**problem.data, "program": program, "size": found.size if found else None},
            )
