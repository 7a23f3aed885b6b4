"""RL108 to RL113: the release beside its predecessor, which the user gives with ``--against``."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Entry,
    Location,
    Problem,
    SetField,
    Severity,
    Summaries,
    Update,
    counted,
    quoted,
    rule,
    sized,
)
from pkgaudit.rules._shared.test_folders import is_test_folder
from pkgaudit.rules._shared.update import is_major, is_upward, old_version, versions
from pkgaudit.rules.dependencies.suspects import TyposquatSuspect, suspicion
from pkgaudit.rules.licenses.files import has_license_file
from pkgaudit.rules.release.predecessor import (
    growth,
    is_for_development,
    metadata_pair,
    offers_of,
    pairs,
    requirements_of,
    wheel_pairs,
)
from pkgaudit.rules.wheel.startup_files import StartFile
from pkgaudit.rules.wheel.startup_hooks import PathFiles, hooks_of
from pkgaudit.rules.wheel.top_levels import tops_of

_LARGER, _SMALLER = 1.5, 0.67
"""The ratios of sizes that are a jump. Of 37 releases of other projects, the largest growth was 1.11."""

_LEAST = 200_000
"""The fewest bytes that are a jump; a small file doubles easily. Chosen."""

# Three names fit on a line of the report; the data contains more.
_SHOWN = 3

_MOST = 50
"""The most names that the data of a problem contains, and on which its identity depends. Chosen: real changes
have fewer; it bounds the size of reports."""


def _names(names: list[str]) -> str:
    return f"{', '.join(map(quoted, names[:_SHOWN]))}{' …' if len(names) > _SHOWN else ''}"


@rule("RL108", "size-jump", Severity.WARNING, since="0.1.0")
def size_jump(update: Update) -> Iterator[Problem]:
    """The release is much larger or smaller than the one before.

    The rule compares the unpacked size of each wheel with that of the wheel for the same tags, or else for
    the same systems; without wheels it compares the sdists. It reports a wheel that is more than 1.5 times as
    large, or less than 0.67 times, and whose size changed by more than 200 kB. The message names the files
    that changed most.

    Of 104 releases of popular projects beside the ones before, one has a finding: its wheel became smaller,
    from 22.5 to 6.0 MB.

    ## Why it matters
    A sudden growth often comes from files that were packed by accident, such as data, recordings of tests or
    a virtual environment. A sudden loss often comes from a build that left something out. Both reach all
    users, and neither makes a build fail.

    ## How to fix it
    Look at the files that the message names. Exclude what users do not need, and rebuild a release that lacks
    files. If the size is intended, ignore the rule for this release.

    ## References
    - <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
    """
    if not is_upward(update):
        return
    jumps = [
        each
        for each in (growth(pair) for pair in pairs(update) if pair.new.is_for_all == pair.old.is_for_all)
        if abs(each.size - each.old_size) > _LEAST and (each.ratio > _LARGER or each.ratio < _SMALLER)
    ]
    if not jumps:
        return
    jump = max(jumps, key=lambda each: max(each.ratio, 1 / each.ratio))
    is_larger = jump.ratio > 1
    sign = "+" if is_larger else "-"
    named = ", ".join(f"{quoted(path)} ({sign}{sized(abs(by))})" for path, by in jump.changes[:_SHOWN])
    more = f" (and {counted(len(jumps) - 1, 'other file')})" if len(jumps) > 1 else ""
    yield Problem(
        f"{quoted(jump.new.filename)}{more} unpacks to {sized(jump.size)}, {'more' if is_larger else 'less'} "
        f"than the {sized(jump.old_size)} of version {old_version(update)}{named and f': {named}'}",
        fix="check that these files belong in the release"
        if is_larger
        else "check that the release contains all its files",
        key=f"size {jump.new.version}",
        distribution=jump.new.path,
        data={
            "size": jump.size,
            "expected": jump.old_size,
            "paths": [path for path, _ in jump.changes],
        },
    )


@rule("RL109", "removed-top-level", Severity.WARNING, since="0.1.0")
def removed_top_level(update: Update) -> Iterator[Problem]:
    """A package or module that the release before installed is gone.

    The rule compares the names that Python can import, directly in site-packages, of wheels for the same
    tags or systems. Private names, and names of tests, documentation and examples, do not count. If the first
    number of the version rose, the finding is at info level.

    Of 104 releases of popular projects beside the ones before, none has a finding.

    ## Why it matters
    Every program that imports the package fails after the update. Often nobody removed it on purpose: the
    build backend no longer finds the package, or the package list lacks it.

    ## How to fix it
    Add the package to the package list of the build backend, and rebuild. If you removed or renamed it,
    keep the old name for a while with a warning, or raise the first number of the version.

    ## References
    - <https://packaging.python.org/en/latest/discussions/versioning/>
    """
    if not is_upward(update):
        return
    left = {top.module for wheel in update.new.wheels for top in tops_of(wheel)}
    gone = {
        top.module: new
        for new, old in wheel_pairs(update)
        for top in tops_of(old)
        if top.module and top.module not in left and not _is_beside(top.module)
    }
    if gone:
        names = list(gone)[:_MOST]
        first = gone[names[0]]
        yield Problem(
            f"{quoted(first.filename)} does not install {_names(names)}, which version {old_version(update)} "
            "installed",
            fix="add the package to the list of packages in the settings of the build backend and rebuild, "
            "or raise the first number of the version",
            severity=Severity.INFO if is_major(update) else None,
            key=" ".join(names),
            distribution=first.path,
            data={"names": names},
        )


_BESIDE = frozenset({"benchmark", "benchmarks", "doc", "docs", "example", "examples", "scripts"})
"""Names that builds install by accident, so a release that lacks them is better."""


def _is_beside(name: str) -> bool:
    is_made = name.startswith("_") or name.endswith("__mypyc")  # mypyc's name has a digest of the sources
    return is_made or name.lower() in _BESIDE or is_test_folder(name)


@rule("RL110", "new-startup-hook", Severity.ERROR, since="0.1.0")
def new_startup_hook(update: Update, files: Summaries[StartFile], options: PathFiles) -> Iterator[Problem]:
    """The release runs code at every start of Python, which the release before did not.

    The rule reports a `.pth` file with code, a `.start` file, and a top-level `sitecustomize` or
    `usercustomize`, that no wheel of the release before has. If only the content of the file changed, the
    finding is a warning. Files that `[tool.pkgaudit.path-file]` allows are not reported.

    Of 104 releases of popular projects beside the ones before, one has a finding: the file of coverage
    7.13.0, which is intended.

    ## Why it matters
    Such a file runs in every Python of the environment, without an import. Hijacked releases used exactly
    this: the malicious litellm 1.82.8 differed from the release before by a `.pth` file. The file may also be
    left from an editable installation, or come from a dependency of the build.

    ## How to fix it
    Find out how the file got into the wheel, and rebuild without it. If the release needs it, allow its exact
    content:

        [tool.pkgaudit.path-file]
        allow = { "sample.pth" = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" }

    ## References
    - <https://docs.python.org/3/library/site.html>
    - <https://peps.python.org/pep-0829/>
    """
    old = [each for wheel in update.old.wheels for each in hooks_of(wheel, files)]
    known, names = {entry.sha256 for _, _, entry in old}, {name for name, _, _ in old}
    if not update.old.wheels:
        return
    reported: set[tuple[str, str]] = set()
    for wheel in update.new.wheels:
        for name, path, entry in hooks_of(wheel, files):
            if entry.sha256 in known or options.allows(entry) or (name, entry.sha256) in reported:
                continue
            reported.add((name, entry.sha256))
            what = "has other content than in" if name in names else "is not in"
            yield Problem(
                f"{quoted(path)} runs code at every start of Python, and {what} version "
                f"{old_version(update)}",
                Location(path),
                _allowing(path, entry),
                Severity.WARNING if name in names else None,
                key=name,
                distribution=wheel.path,
                data={"path": path},
            )


def _allowing(path: str, entry: Entry) -> str:
    name = path.rpartition("/")[2]
    text = "find out how it got there and rebuild without it"
    if not name.replace("-", "").replace(".", "").isidentifier():
        return text
    return (
        f"{text}, or allow this content if the file is intended:\n"
        f'[tool.pkgaudit.path-file]\nallow = {{ "{name}" = "sha256:{entry.sha256}" }}'
    )


@rule("RL111", "lost-file", Severity.WARNING, since="0.1.0")
def lost_file(update: Update) -> Iterator[Problem]:
    """The release lacks something that the one before offered to its users.

    The rule reports that no license text is left, that a package lost its `py.typed`, and commands, groups of
    entry points and extras that are gone. It compares wheels for the same tags or systems; of sdists, only
    the license text. If the first number of the version rose, commands, groups and extras are reported at
    info level, and so are extras for development, such as `test`.

    Of 104 releases of popular projects beside the ones before, five have a warning: a license text, a typing
    marker, an extra and the commands of two are gone.

    ## Why it matters
    Users notice such a loss only after the update: a command is not found, plug-ins are not loaded,
    type checkers treat the package as untyped, and `pip install sample[fast]` installs less than before.
    Most licenses require that each copy contains their text. Usually a changed build configuration, not a
    decision, is the cause.

    ## How to fix it
    Restore the setting that the message names, and rebuild. If you removed it on purpose, say so in the
    changelog, and raise the first number of the version.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#provides-extra-multiple-use>
    - <https://typing.python.org/en/latest/spec/distributing.html#packaging-type-information>
    """
    compared = pairs(update)
    if not compared or not is_upward(update):
        return
    first, version = compared[0].new, f"version {old_version(update)}"
    if not any(
        has_license_file(each) for each in update.new.distributions if each.kind is first.kind
    ) and all(has_license_file(pair.old) for pair in compared):
        yield Problem(
            f"{quoted(first.filename)} contains no license text, and {version} contained one",
            fix="add the file to 'license-files' in the table [project] of pyproject.toml and rebuild",
            key="license",
            distribution=first.path,
        )
    new, old = offers_of(update.new.wheels), offers_of(each for _, each in wheel_pairs(update))
    tops = {top.module for wheel in update.new.wheels for top in tops_of(wheel)}
    typed = [top for top in old.typed if top not in new.typed and top in tops][:_MOST]
    if typed:
        yield Problem(
            f"{_names(typed)} has no 'py.typed', and had one in {version}",
            fix="add the file to the package data and rebuild",
            key="py.typed",
            distribution=first.path,
            data={"names": typed},
        )
    for what, plural, ours, theirs in (
        ("command", "commands", new.commands, old.commands),
        ("group of entry points", "groups of entry points", new.groups, old.groups),
        ("extra", "extras", new.extras, old.extras),
    ):
        lost = {key: name for key, name in theirs.items() if key not in ours}
        if lost:
            names = [*lost.values()][:_MOST]
            is_expected = is_major(update) or (what == "extra" and all(map(is_for_development, lost)))
            yield Problem(
                f"{quoted(first.filename)} lacks the {what if len(names) == 1 else plural} {_names(names)} "
                f"of {version}",
                fix="restore it in pyproject.toml and rebuild, or raise the first number of the version",
                severity=Severity.INFO if is_expected else None,
                key=f"{what} {' '.join(names)}",
                distribution=first.path,
                data={"names": names},
            )


@rule("RL112", "new-dependency", Severity.INFO, since="0.1.0")
def new_dependency(update: Update, options: TyposquatSuspect) -> Iterator[Problem]:
    """The release requires other projects, or a newer Python, than the one before.

    The rule compares the dependencies that are always installed, without those of extras, and the lowest
    Python that Requires-Python allows. A new dependency is a warning if its name is probably not the one that
    was meant, as DP101 judges it.

    Of 45 releases of popular projects beside the ones before, 16 have a finding, and none has a warning.

    ## Why it matters
    Each new dependency is code of others that runs for all users, so a dependency that you do not know of is
    a sign of a wrong or hijacked build. If a dependency is gone although the code still imports it, the
    package fails for new users. A higher Requires-Python leaves users of older Pythons on the release before.

    ## How to fix it
    Compare the list with your changelog. Correct the dependencies in pyproject.toml, and rebuild.

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
    """
    found = metadata_pair(update)
    if found is None or not is_upward(update):
        return
    metadata, before = found
    new, old = requirements_of(metadata), requirements_of(before)
    version = f"version {old_version(update)}"
    added = [name for name in new.hard if name not in old.hard][:_MOST]
    dropped = [name for name in old.hard if name not in new.all][:_MOST]
    for name in added:
        reason = suspicion(new.hard[name], options)
        if reason is not None:
            yield Problem(
                f"{new.hard[name].text} is new since {version}, and {reason}",
                metadata.place("Requires-Dist"),
                SetField("Requires-Dist", "require the project that you mean"),
                Severity.WARNING,
                key=f"suspect {name}",
                data={"project": name},
            )
    for names, what in (
        (added, "requires {}, which {} did not require"),
        (dropped, "does not require {}, which {} required"),
    ):
        if names:
            yield Problem(
                f"the release {what.format(_names(names), version)}",
                metadata.place("Requires-Dist"),
                SetField("Requires-Dist", "if the change is not intended, correct the dependencies"),
                key=" ".join(names),
                data={"projects": names},
            )
    if new.lowest_python and old.lowest_python and new.lowest_python > old.lowest_python:
        lowest, earlier = (".".join(map(str, each)) for each in (new.lowest_python, old.lowest_python))
        yield Problem(
            f"the release requires Python {lowest}, and {version} allowed {earlier}",
            metadata.place("Requires-Python"),
            SetField("Requires-Python", "if the change is not intended, correct the field"),
            key=f"python {lowest}",
            data={"python": lowest, "expected": earlier},
        )


@rule("RL113", "not-newer", Severity.WARNING, since="0.1.0")
def not_newer(update: Update) -> Iterator[Problem]:
    """The version is not above that of the releases before.

    The rule reports a file that an earlier release has with other content, and a version below all earlier
    releases. A fix for an older series is not reported if the release before it is given too.

    Of 104 releases of popular projects beside the ones before, none has a finding.

    ## Why it matters
    Usually somebody forgot to raise the version. PyPI never accepts a second file of the same name, so the
    upload fails. If the name differs, users get either content under one version. Installers do not update to
    a version below the installed one.

    ## How to fix it
    Raise the version and rebuild the release.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    - <https://pypi.org/help/#file-name-reuse>
    """
    found = versions(update)
    if found is None or found[0] > found[1]:
        return
    new, first = found[0], update.new.distributions[0]
    if new == found[1]:
        contents = {each.filename: each.sha256 for each in update.old.distributions}
        news = update.new.distributions
        # A file that the earlier release does not have may be added to it.
        differing = [each for each in news if contents.get(each.filename, each.sha256) != each.sha256]
        if not differing:
            return
        first = differing[0]
        what = f"{quoted(first.filename)} has the version of an earlier release, and other content"
    else:
        what = f"{quoted(first.filename)} has a version below all earlier ones, of which "
        what += f"{old_version(update)} is the lowest"
    yield Problem(
        what,
        fix="raise the version and rebuild",
        key=f"version {new}",
        distribution=first.path,
        data={"version": str(new), "expected": update.old.distributions[0].filename_project[1]},
    )
