"""SF207, SF208: dumps, logs and the settings of the project's own tools."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Exclude,
    Location,
    Problem,
    Severity,
    Summaries,
    Wheel,
    counted,
    quoted,
    rule,
    sized,
    summary,
)
from pkgaudit.rules._shared.patterns import Hit
from pkgaudit.rules.stray.contents_dumps import Dump, Outputs, find_dump, find_outputs
from pkgaudit.rules.stray.pattern_rules import (
    DELETE,
    Choice,
    in_examples,
    in_tests,
    is_vendored,
    problems,
)
from pkgaudit.rules.stray.rules_contents import files_of


@dataclass(frozen=True)
class Dumps(Choice):
    """Which files are logs and what runs leave behind, by their names."""

    patterns: tuple[str, ...] = (
        "*.log",
        "*.log.[0-9]*",
        "nohup.out",
        "npm-debug.log*",
        "yarn-debug.log*",
        "yarn-error.log*",
        "*.sqlite3-journal",
        "*.sqlite3-wal",
        "*.sqlite3-shm",
        "*.sqlite-journal",
        "*.sqlite-wal",
        "*.sqlite-shm",
        "*.db-journal",
        "*.db-wal",
        "*.db-shm",
        "celerybeat-schedule",
        "celerybeat-schedule.db",
        "hs_err_pid*",
        "vgcore.*",
    )


_NAMED = 3
"""How many notebooks a command names; chosen: so many fit on a line or two."""

# Changelogs that end in `.log`, which a few projects have: they are documents.
_LOGS_OF_CHANGES = re.compile(r"(?:change|changes|history|news|release)[_-]?(?:log|s)?\.log")


@summary
def dump(file: BinaryFile) -> Dump | None:
    """Return what a file is if it is a dump, a database or a recording."""
    return find_dump(file)


@summary
def outputs(file: BinaryFile) -> Outputs | None:
    """Return the outputs of a notebook."""
    return find_outputs(file)


@rule("SF207", "dump-or-log", Severity.WARNING, since="0.1.0")
def dump_or_log(
    distribution: Distribution, dumps: Summaries[Dump], notebooks: Summaries[Outputs], options: Dumps
) -> Iterator[Problem]:
    """A dump, a log, a recording or the database of a run is packed into the archive.

    ## Why it matters
    They are the traces of somebody's work: rows of real people, addresses of hosts, cookies and
    tokens in a recording of a browser or a network, the memory of a process that crashed with all
    that it knew. They are large, and nobody who installs the project has a use for them.

    Names alone prove little. A dump of a database counts if it has rows (a schema and migrations do
    not). SQL that no program marked as a dump counts if its name says that it is a copy (`backup.sql`), or if
    it has rows with addresses or hashes of passwords in a table of people. A database counts if it is that of
    an application in use, by its tables, or lies in the root folder of an sdist or the root of a wheel; one
    in a package is taken for its data. A log counts in the root folder, and is an info elsewhere. Under
    folders of tests, documentation and examples nothing of that is reported.

    Notebooks with outputs are one info: outputs may be wanted in documentation, and may show more than
    was meant.

    ## How to fix it
    Leave the file out. For one that belongs there:

        [tool.pkgaudit.dump-or-log]
        allow = ["sample/data/demo.sql"]

    `extend` adds patterns to those of logs, `patterns` replaces the built-in ones. Clear the outputs
    of notebooks before they are committed, with a filter such as nbstripout.

    ## References
    - <https://packaging.python.org/en/latest/guides/using-manifest-in/>
    - <https://nbformat.readthedocs.io/en/latest/format_description.html>
    """

    def judge(hit: Hit) -> Severity | None:
        if options.extends(hit):
            return Severity.WARNING
        if in_tests(hit) or in_examples(hit):
            return None
        found = dumps.get(hit.path) if hit.folder is None else None
        if found is not None:
            if found.is_sure:
                return Severity.WARNING
            # A database in a package is taken for its data, as timezones and word lists are.
            return Severity.WARNING if _is_at_root(hit) and not hit.is_nested else None
        # An empty log tells nothing.
        if not hit.size or _LOGS_OF_CHANGES.fullmatch(hit.name.casefold()):
            return None
        if hit.folder is not None or hit.is_nested:
            return None
        # A log in the root folder was written by a run there; elsewhere it may be a sample that a program
        # reads.
        is_sample = ".log" in hit.name.casefold() and not _is_at_root(hit)
        return Severity.INFO if is_sample else Severity.WARNING

    allow = options.allowed()
    hits = options.hits(distribution, also=files_of(distribution, dumps))
    for hit in hits:
        found = dumps.get(hit.path) if hit.folder is None else None
        what = found.what if found else "was written by a program that ran"
        for problem in problems([hit], what, judge, first=DELETE):
            yield replace(problem, data={**problem.data, **_data_of(found)})
    noted = [
        (file, notebooks[file.path])
        for file in files_of(distribution, notebooks)
        if not file.entry.depth
        and not (allow and allow.match(file.relative))
        and not in_tests(Hit(None, (file,)))
    ]
    if noted:
        cells = sum(each.cells for _, each in noted)
        size = sized(sum(each.size for _, each in noted))
        first = noted[0][0].path
        yield Problem(
            f"holds {counted(len(noted), 'notebook')} with outputs ({counted(cells, 'cell')}, {size}): "
            f"{quoted(first)}{' …' if len(noted) > 1 else ''}",
            Location(first),
            f"if nobody is to see the outputs, clear them:\n{_clearing(file.relative for file, _ in noted)}",
            Severity.INFO,
            key="notebooks",
            # The sdist and the wheels of a release have the same notebooks, which is one finding then.
            digest=_digest_of(file.entry.sha256 for file, _ in noted),
            data={
                "kind": "notebook",
                "count": len(noted),
                "cells": cells,
                "size": sum(each.size for _, each in noted),
                "paths": [file.path for file, _ in noted],
            },
        )


def _clearing(paths: Iterable[str]) -> str:
    """Return the command that clears the outputs of notebooks; more than a few are named by a placeholder."""
    named = list(paths)
    is_short = len(named) <= _NAMED and all(map(str.isprintable, named))
    files = " ".join(map(shlex.quote, named)) if is_short else "NOTEBOOK…"
    return f"jupyter nbconvert --clear-output --inplace {files}"


def _digest_of(digests: Iterable[str]) -> str:
    """Return what identifies several files by their contents."""
    return hashlib.sha256(" ".join(sorted(digests)).encode()).hexdigest()


def _data_of(found: Dump | None) -> dict[str, str]:
    if found is None:
        return {}
    return {"kind": found.kind} if found.table is None else {"kind": found.kind, "table": found.table}


def _is_at_root(hit: Hit) -> bool:
    return "/" not in hit.relative


@dataclass(frozen=True)
class Tooling(Choice):
    """Which files are settings of the tools of those who work on a project."""

    patterns: tuple[str, ...] = (
        ".github/",
        ".gitlab/",
        ".circleci/",
        ".buildkite/",
        ".azure-pipelines/",
        ".devcontainer/",
        ".gitlab-ci.yml",
        ".travis.yml",
        ".appveyor.yml",
        "appveyor.yml",
        "azure-pipelines.yml",
        ".cirrus.yml",
        ".drone.yml",
        "bitbucket-pipelines.yml",
        "Jenkinsfile",
        "codecov.yml",
        ".codecov.yml",
        ".coveragerc",
        ".readthedocs.yml",
        ".readthedocs.yaml",
        ".pre-commit-config.yaml",
        ".pre-commit-hooks.yaml",
        ".editorconfig",
        ".flake8",
        ".pylintrc",
        "pylintrc",
        ".isort.cfg",
        ".style.yapf",
        "mypy.ini",
        ".mypy.ini",
        ".ruff.toml",
        "ruff.toml",
        ".bandit",
        ".yamllint",
        ".yamllint.yml",
        ".markdownlint.json",
        ".markdownlint.yaml",
        ".prettierrc",
        ".prettierignore",
        ".eslintrc.js",
        ".eslintrc.json",
        ".eslintignore",
        ".dockerignore",
        ".gitattributes",
        ".gitignore",
        ".gitmodules",
        ".git-blame-ignore-revs",
        ".hgignore",
        ".mailmap",
        ".bumpversion.cfg",
        ".bumpversion.toml",
        ".python-version",
        ".tool-versions",
        ".envrc",
        "tox.ini",
        "pytest.ini",
        "noxfile.py",
        "fabfile.py",
        "renovate.json",
        "dependabot.yml",
        "MANIFEST.in",
        "poetry.lock",
        "pdm.lock",
        "uv.lock",
        "Pipfile",
        "Pipfile.lock",
    )


@rule("SF208", "project-tooling", Severity.INFO, since="0.1.0")
def project_tooling(wheel: Wheel, options: Tooling) -> Iterator[Problem]:
    """Settings of the tools of those who work on the project are packed into a wheel.

    ## Why it matters
    Workflows, linters' settings and lock files are for the checkout and the sdist. In a wheel they end up in
    `site-packages`, where no tool looks for them. They show that more is packed than was chosen.

    All of them in a wheel are one info. What is under folders of tests, templates, examples and vendored
    projects is left alone, since programs that make new projects bring such files.

    ## How to fix it
    Choose what is package data by its name instead of packing whole folders. For files that are to be there:

        [tool.pkgaudit.project-tooling]
        allow = ["sample/skeleton/"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>
    """
    hits = [
        hit
        for hit in options.hits(wheel)
        if not hit.is_nested and not (in_tests(hit) or in_examples(hit) or is_vendored(hit))
    ]
    if not hits:
        return
    files = sum(len(hit.files) for hit in hits)
    names = ", ".join(quoted(hit.relative + ("/" if hit.folder else "")) for hit in hits[:3])
    yield Problem(
        f"holds settings of tools ({counted(files, 'file')}, {sized(sum(hit.size for hit in hits))}), "
        f"which are for the checkout and not for who installs the wheel: "
        f"{names}{' …' if len(hits) > 3 else ''}",
        Location(hits[0].path),
        Exclude(hits[0].path),
        key="tooling",
        data={
            "count": len(hits),
            "files": files,
            "size": sum(hit.size for hit in hits),
            "paths": [hit.path for hit in hits],
        },
    )
