"""SF207, SF208: dumps, logs, and settings of the project's own tools."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pkgaudit.api import (
    BinaryFile,
    Distribution,
    Files,
    Location,
    Problem,
    Severity,
    Summaries,
    Wheel,
    Words,
    counted,
    rule,
    sized,
    summary,
)
from pkgaudit.late import dataclass
from pkgaudit.rules._shared.patterns import Hit
from pkgaudit.rules.stray.contents_dumps import Dump, Outputs, find_dump, find_outputs
from pkgaudit.rules.stray.contents_files import files_of
from pkgaudit.rules.stray.pattern_rules import (
    DELETE,
    Choice,
    in_examples,
    in_templates,
    in_tests,
    is_vendored,
    problems,
)


@dataclass(frozen=True)
class Dumps(Choice):
    """Paths of logs and of other files that running programs leave behind."""

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
"""How many notebooks a command names. Chosen: so many fit on a line or two."""

# Changelogs of a few projects end in `.log`: they are documents.
_LOGS_OF_CHANGES = re.compile(r"(?:change|changes|history|news|release)[_-]?(?:log|s)?\.log")


@summary
def dump(file: BinaryFile) -> Dump | None:
    """Return the kind of a file that is a dump, a database or a recording."""
    return find_dump(file)


@summary(files=Files((".ipynb",), contains=Words(b'"outputs"')))
def outputs(file: BinaryFile) -> Outputs | None:
    """Return the outputs of a notebook."""
    return find_outputs(file)


@rule("SF207", "dump-or-log", Severity.WARNING, since="0.1.0")
def dump_or_log(
    distribution: Distribution, dumps: Summaries[Dump], notebooks: Summaries[Outputs], options: Dumps
) -> Iterator[Problem]:
    """The archive contains a dump, a log, a recording, or the database of a running program.

    ## Why it matters
    These files come from somebody's daily work. They may contain data of real people, host names, cookies and
    tokens from a recording of a browser or a network, or the memory of a crashed process with its secrets.
    They are large, and users of the project do not need them.

    A name is little evidence, so the content decides:

    - A database dump is reported if it has rows; schemas and migrations are not.
    - SQL without the mark of a dump program is reported if its name says that it is a copy (`backup.sql`), or
      if a table of people contains e-mail addresses or password hashes.
    - A database is reported if its tables belong to an application in use, or if it is in the root folder of
      an sdist or at the root of a wheel; a database in a package is considered its data.
    - A log is a warning in the root folder, and reported at info level elsewhere.
    - Nothing of this is reported in folders of tests, documentation and examples.

    All notebooks with outputs are one finding at info level: documentation may need the outputs, but they may
    show more than the author intended.

    ## How to fix it
    Leave the file out. Allow a file that belongs in the archive:

        [tool.pkgaudit.dump-or-log]
        allow = ["sample/data/demo.sql"]

    `extend` adds patterns to those of logs, `patterns` replaces the built-in ones. Clear the outputs of
    notebooks before you commit them, with a filter such as nbstripout.

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
            # A database in a package is usually its data: time zones, word lists.
            return Severity.WARNING if _is_at_root(hit) and not hit.is_nested else None
        # An empty log reveals nothing.
        if not hit.size or _LOGS_OF_CHANGES.fullmatch(hit.name.casefold()):
            return None
        if hit.folder is not None or hit.is_nested:
            return None
        # A program that ran in the root folder wrote the log there; elsewhere a log may be sample data.
        is_sample = ".log" in hit.name.casefold() and not _is_at_root(hit)
        return Severity.INFO if is_sample else Severity.WARNING

    allow = options.allowed()
    hits = options.hits(distribution, also=files_of(distribution, dumps))
    for hit in hits:
        found = dumps.get(hit.path) if hit.folder is None else None
        predicate = found.what if found else "is a log or a leftover of a running program"
        for problem in problems([hit], predicate, judge, first=DELETE):
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
            f"the archive contains {counted(len(noted), 'notebook')} with outputs "
            f"({counted(cells, 'cell')}, {size})",
            Location(first),
            "clear the outputs unless users should see them:\n"
            f"{_clearing(file.relative for file, _ in noted)}",
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
    """Paths of settings for development tools."""

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


_EXCUSES = (in_tests, in_examples, in_templates, is_vendored)
"""Folders in which programs that generate or check projects need such files."""


@rule("SF208", "project-tooling", Severity.INFO, since="0.1.0")
def project_tooling(wheel: Wheel, options: Tooling) -> Iterator[Problem]:
    """The wheel contains settings of development tools.

    All of them in a wheel are one finding at info level. The rule does not report files in folders of tests,
    templates, examples and vendored projects, because programs that generate new projects need such files.

    ## Why it matters
    Workflows, linter settings and lock files belong in the checkout and the sdist. From a wheel they are
    installed into `site-packages`, where no tool reads them. They also show that the build packs more files
    than somebody chose.

    ## How to fix it
    List package data by name instead of packing whole folders. Allow files that belong in the wheel:

        [tool.pkgaudit.project-tooling]
        allow = ["sample/starter/"]

    `extend` adds patterns, `patterns` replaces the built-in ones.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    - <https://setuptools.pypa.io/en/latest/userguide/datafiles.html>
    """
    hits = [
        hit
        for hit in options.hits(wheel)
        if not hit.is_nested and not any(excuse(hit) for excuse in _EXCUSES)
    ]
    yield from problems(
        hits,
        "is for tools that develop the project, not for the users of the wheel",
        lambda _: Severity.INFO,
        cause="files for development tools",
    )
