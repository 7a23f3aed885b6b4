"""SF107, SF110: conflict markers, and files whose content does not fit their name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Location,
    Problem,
    Severity,
    Summaries,
    TextFile,
    Words,
    counted,
    rule,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import Hit
from pkgaudit.rules.stray.contents_conflicts import Conflict, find_conflict
from pkgaudit.rules.stray.contents_disguise import Disguise, find_disguise
from pkgaudit.rules.stray.contents_files import files_of, value_of
from pkgaudit.rules.stray.pattern_rules import Choice, Marks, in_examples, in_tests, problems


@dataclass(frozen=True)
class MergeFiles(Choice):
    """Paths of files that merges and patches leave behind."""

    patterns: tuple[str, ...] = (
        "*.orig",
        "*.rej",
        # Cargo and uv rewrite a manifest and keep the original on purpose.
        "!Cargo.toml.orig",
        "!package.json.orig",
        "!pyproject.toml.orig",
    )


_MARKERS = Words(b"<" * 7, b">" * 7)


@summary
def conflict(file: TextFile) -> Conflict | None:
    """Return the conflict that a merge left in a file."""
    # Searching the bytes for seven signs is cheap, but does not work for UTF-16.
    is_wide = not file.encoding.startswith(("utf-8", "latin"))
    return find_conflict(file) if is_wide or file.window.has(_MARKERS) else None


@rule("SF107", "merge-conflict", Severity.ERROR, since="0.1.0")
def merge_conflict(
    distribution: Distribution, conflicts: Summaries[Conflict], options: MergeFiles
) -> Iterator[Problem]:
    """The archive contains a file with the conflict markers of a merge.

    The finding is an error in source code and settings that the markers break: JSON, YAML, TOML, C, and
    Python that compiles if the conflict is resolved. It is a warning in other texts, where the lines could be
    intended. A single overlooked marker is reported in Python, JSON and TOML that can be read without it. The
    rule accepts Python with such lines in strings, code blocks in Markdown, and patches. In folders of tests,
    documentation and examples, and in nested archives, the severity is lower. Files `*.orig` and `*.rej`,
    which merges and patches leave behind, are a warning.

    ## Why it matters
    If two branches change the same lines, version control writes both versions into the file, between lines
    of seven or more angle brackets or equals signs, and somebody must choose one. A module with such lines
    cannot be imported, settings cannot be read, and a text shows two versions of itself.

    ## How to fix it
    Resolve the conflict, and run the tests on the built wheel, not on the checkout. Allow a file that shows
    such lines on purpose:

        [tool.pkgaudit.merge-conflict]
        allow = ["sample/data/conflict.txt"]

    `extend` adds patterns of files that merges leave behind, `patterns` replaces the built-in ones.

    ## References
    - <https://git-scm.com/docs/git-merge#_how_conflicts_are_presented>
    - <https://packaging.python.org/en/latest/tutorials/packaging-projects/>
    """

    def judge(hit: Hit) -> Severity | None:
        found = value_of(hit, conflicts)
        if found is None:
            is_test_data = in_tests(hit) and not options.extends(hit)
            return None if is_test_data else Severity.WARNING
        # Tests of merge tools have conflicts in their data.
        if in_tests(hit) or hit.is_nested:
            return Severity.INFO if found.is_proven else None
        if in_examples(hit) or not found.is_proven:
            return Severity.WARNING
        return Severity.ERROR

    hits = options.hits(distribution, also=files_of(distribution, conflicts))
    yield from problems(
        [hit for hit in hits if value_of(hit, conflicts) is None],
        "is a leftover of a merge or a patch",
        judge,
    )
    for hit in hits:
        found = value_of(hit, conflicts)
        if found is None:
            continue
        many = counted(found.count, "unresolved merge conflict")
        if found.is_marker:
            many = "a leftover conflict marker of a merge"
        reason = f"; {found.reason}" if found.reason else ""
        place = Location(hit.path, found.line)
        for problem in problems(
            [hit],
            f"contains {many}{reason}",
            judge,
            place=lambda _, place=place: place,  # type: ignore[misc]
        ):
            data = {**problem.data, "count": found.count, "line": found.line}
            fix = "remove the marker and rebuild" if found.is_marker else "resolve the conflict and rebuild"
            yield replace(problem, fix=fix, digest=found.digest, data=data)


@dataclass(frozen=True)
class Disguised(Marks):
    """Paths of files whose content may differ from their name."""


@summary
def disguise(file: BinaryFile) -> Disguise | None:
    """Return the real format of a file whose name says something else."""
    return find_disguise(file)


@rule("SF110", "disguised-binary", Severity.ERROR, since="0.1.0")
def disguised_binary(
    distribution: Distribution, disguises: Summaries[Disguise], options: Disguised
) -> Iterator[Problem]:
    """A program has the name of a text, an image or data, or a text contains NUL bytes.

    NUL bytes are an error in Python and in settings. They are a warning in other texts, and so are texts
    whose content is an archive, an image or a database, and programs in folders of tests and examples. The
    rule accepts programs without a suffix or with the suffix `.bin`, `.dat` or `.exe`. It does not report
    texts with NUL bytes in folders of tests and examples, where they are test data, nor texts in UTF-16.

    ## Why it matters
    Attackers hide programs under names such as `logo.png`, because reviewers do not look into images. If the
    name is a mistake, programs that open the file by its name fail.

    Text files do not contain NUL bytes. Python cannot import a module with one, and parsers of JSON, TOML and
    YAML reject the file: it was cut off, overwritten, or copied from a full disk.

    ## How to fix it
    Restore the file, or give it a name that fits its content, and rebuild. Allow a file that is correct as it
    is:

        [tool.pkgaudit.disguised-binary]
        allow = ["sample/data/noise.txt"]

    ## References
    - <https://docs.python.org/3/reference/lexical_analysis.html>
    - <https://attack.mitre.org/techniques/T1036/>
    """

    def judge(hit: Hit) -> Severity | None:
        found = value_of(hit, disguises)
        if found is None:
            return Severity.ERROR if options.extends(hit) else None
        # Tests of parsers and scanners have such files; a program still deserves a look.
        if in_tests(hit) or in_examples(hit):
            return Severity.WARNING if found.is_program else None
        is_hard = found.is_program or (found.is_fatal and not hit.is_nested)
        return Severity.ERROR if is_hard else Severity.WARNING

    for hit in options.hits(distribution, also=files_of(distribution, disguises)):
        found = value_of(hit, disguises)
        predicate = f"is {found.what}" if found else "has content that does not fit its name"
        for problem in problems([hit], predicate, judge):
            is_program = found is not None and found.is_program
            fix = (
                problem.fix
                if is_program
                else "restore the file, or give it a name that fits its content, and rebuild"
            )
            yield replace(problem, fix=fix, data={**problem.data, **_data_of(found)})


def _data_of(found: Disguise | None) -> dict[str, str | int | None]:
    """Return the real format of a file as data."""
    if found is None:
        return {}
    if found.nuls:
        return {"actual": "a text with NUL bytes", "count": found.nuls, "line": found.line}
    return {"actual": found.what}
