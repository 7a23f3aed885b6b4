"""SF107, SF110: files whose content gives them away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Location,
    Problem,
    Severity,
    Summaries,
    TextFile,
    counted,
    rule,
    summary,
)
from pkgaudit.rules._shared.patterns import File, Hit, inventory_of
from pkgaudit.rules.stray.contents_conflicts import Conflict, find_conflict
from pkgaudit.rules.stray.contents_disguise import Disguise, find_disguise
from pkgaudit.rules.stray.pattern_rules import Choice, in_examples, in_tests, problems

T = TypeVar("T")


def files_of(distribution: Distribution, paths: Iterable[str]) -> list[File]:
    """Return the files at these paths as the patterns see them."""
    inventory = inventory_of(distribution)
    by_name: dict[str, set[str]] = {}
    for path in paths:
        by_name.setdefault(path.replace("\\", "/").rpartition("/")[2].casefold(), set()).add(path)
    return [
        file
        for name, wanted in by_name.items()
        for file in inventory.files.get(name, ())
        if file.path in wanted
    ]


def _told(hit: Hit, values: Mapping[str, T]) -> T | None:
    return values.get(hit.files[0].path) if hit.folder is None else None


@dataclass(frozen=True)
class MergeFiles(Choice):
    """Which files are left behind by a merge or a patch."""

    patterns: tuple[str, ...] = (
        "*.orig",
        "*.rej",
        # What tools keep on purpose: the original of a manifest that they rewrite, as cargo and uv do.
        "!Cargo.toml.orig",
        "!package.json.orig",
        "!pyproject.toml.orig",
    )


@summary
def conflict(file: TextFile) -> Conflict | None:
    """Return the conflict that a merge left in a file."""
    # To look for the seven signs in bytes costs next to nothing; of UTF-16 the bytes say nothing.
    is_wide = not file.encoding.startswith(("utf-8", "latin"))
    return find_conflict(file) if is_wide or b"<" * 7 in file.data or b">" * 7 in file.data else None


@rule("SF107", "merge-conflict", Severity.ERROR, since="0.1.0")
def merge_conflict(
    distribution: Distribution, conflicts: Summaries[Conflict], options: MergeFiles
) -> Iterator[Problem]:
    """A file with the conflict markers of a merge is packed into the archive.

    ## Why it matters
    Where a merge could not decide, version control writes both sides into the file, between lines of
    seven or more angle brackets, equals signs and angle brackets, for somebody to choose. A module with them
    cannot be imported, settings cannot be read, and a text shows its readers two versions of itself.

    It is an error in source code and settings that the markers break: Python that compiles once a
    side is chosen, JSON, YAML, TOML, C. It is a warning in other texts, where the lines could be
    meant. A single marker that was overlooked counts in Python, JSON and TOML that can be read without
    it. Python whose strings hold such lines, blocks of code in Markdown and patches are left alone;
    under folders of tests, documentation and examples, and in an archive inside, all is milder.
    `*.orig` and `*.rej`, which merges and patches leave behind, are a warning.

    ## How to fix it
    Settle the conflict, and let the tests run on what is packed, not on the checkout. For a file
    that is to have such lines:

        [tool.pkgaudit.merge-conflict]
        allow = ["sample/data/conflict.txt"]

    `extend` adds patterns of what merges leave behind, `patterns` replaces the built-in ones.

    ## References
    - <https://git-scm.com/docs/git-merge#_how_conflicts_are_presented>
    - <https://packaging.python.org/en/latest/tutorials/packaging-projects/>
    """

    def judge(hit: Hit) -> Severity | None:
        found = _told(hit, conflicts)
        if found is None:
            milder = in_tests(hit) and not options.extends(hit)
            return None if milder else Severity.WARNING
        # Tests of merge tools have conflicts as their data.
        if in_tests(hit) or hit.is_nested:
            return Severity.INFO if found.is_proven else None
        if in_examples(hit) or not found.is_proven:
            return Severity.WARNING
        return Severity.ERROR

    hits = options.hits(distribution, also=files_of(distribution, conflicts))
    yield from problems(
        [hit for hit in hits if _told(hit, conflicts) is None], "was left behind by a merge or a patch", judge
    )
    for hit in hits:
        found = _told(hit, conflicts)
        if found is None:
            continue
        many = f"{counted(found.count, 'unsettled conflict')} of a merge"
        if found.is_marker:
            many = "a conflict marker that a merge left"
        reason = f"; {found.reason}" if found.reason else ""
        place = Location(hit.path, found.line)
        for problem in problems([hit], f"has {many}{reason}", judge, place=lambda _, place=place: place):  # type: ignore[misc]
            data = {**problem.data, "count": found.count, "line": found.line}
            yield replace(problem, fix="settle the conflict and build anew", digest=found.digest, data=data)


@dataclass(frozen=True)
class Disguised(Choice):
    """Which files may be something else than their name says."""


@summary
def disguise(file: BinaryFile) -> Disguise | None:
    """Return what a file is if its name says something else."""
    return find_disguise(file)


@rule("SF110", "disguised-binary", Severity.ERROR, since="0.1.0")
def disguised_binary(
    distribution: Distribution, disguises: Summaries[Disguise], options: Disguised
) -> Iterator[Problem]:
    """A program is packed under the name of a text, an image or data, or a text holds NUL bytes.

    ## Why it matters
    A program called `logo.png` is not there to be seen. Those who hide one count on nobody looking
    into a picture; if it was a slip, whoever opens the file by its name fails. Programs without a
    suffix, or called `.bin`, `.dat` or `.exe`, are what they say.

    No text has NUL bytes. A module with one cannot be imported, JSON, TOML and YAML with one cannot be
    parsed: such a file was cut short, overwritten, or packed from a disk that was full. That is an
    error in Python and in settings and a warning in other texts, in those that are an
    archive, an image or a database by their content, and for a program under folders of tests
    and examples. Texts with NUL there are taken for data of tests, and UTF-16 for the text it is.

    ## How to fix it
    Call the file what it is, or restore it and build anew. For a file that is as it is to be:

        [tool.pkgaudit.disguised-binary]
        allow = ["sample/data/noise.txt"]

    ## References
    - <https://docs.python.org/3/reference/lexical_analysis.html>
    - <https://attack.mitre.org/techniques/T1036/>
    """

    def judge(hit: Hit) -> Severity | None:
        found = _told(hit, disguises)
        if found is None:
            return Severity.ERROR if options.extends(hit) else None
        # Tests of parsers and of scanners have such files; a program still deserves a look.
        if in_tests(hit) or in_examples(hit):
            return Severity.WARNING if found.is_program else None
        is_hard = found.is_program or (found.is_fatal and not hit.is_nested)
        return Severity.ERROR if is_hard else Severity.WARNING

    for hit in options.hits(distribution, also=files_of(distribution, disguises)):
        found = _told(hit, disguises)
        what = f"is {found.what}" if found else "is not what its name says"
        for problem in problems([hit], what, judge):
            is_program = found is not None and found.is_program
            fix = problem.fix if is_program else "restore the file, or call it what it is, and build anew"
            yield replace(problem, fix=fix, data={**problem.data, **_data_of(found)})


def _data_of(found: Disguise | None) -> dict[str, str | int | None]:
    """Return what a file is in truth, as data."""
    if found is None:
        return {}
    if found.nuls:
        return {"actual": "a text with NUL bytes", "count": found.nuls, "line": found.line}
    return {"actual": found.what}
