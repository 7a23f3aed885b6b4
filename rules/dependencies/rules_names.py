"""DP101, DP102, DP107: the names of dependencies."""

from __future__ import annotations

from collections.abc import Iterator

from pkgaudit.api import (
    Distribution,
    Problem,
    SetField,
    Severity,
    quoted,
    rule,
)
from pkgaudit.late import dataclass
from pkgaudit.model.index_answers import PrivateNames
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules.dependencies.judged import problem, wanted_lines
from pkgaudit.rules.dependencies.suspects import TyposquatSuspect


@rule("DP101", "typosquat-suspect", Severity.WARNING, since="0.1.0")
def typosquat_suspect(distribution: Distribution, options: TyposquatSuspect) -> Iterator[Problem]:
    """The name of a dependency is probably not the name of the project that was meant.

    The rule reports the names of modules that no project has (`yaml` instead of `pyyaml`); placeholders and
    projects that are often confused (`sklearn` instead of `scikit-learn`); and names that are not known and
    differ by one step from one of the 2,000 most downloaded projects: a letter that is repeated, left out,
    swapped or beside the right key, another order of the words, or an added or missing `python-`, `py-` or
    `s`. It never reports a name only because it is unknown. Names in extras are reported at info level.

    Of 1,088 released projects, none has a warning, and one has a finding in an extra.

    ## Why it matters
    If no project has the name, pip cannot install the release, and anybody can register the name. If another
    project has it, users install code that you never meant, which may be harmful: such names are registered
    for this purpose.

    ## How to fix it
    Require the project that provides the module: the remedy names it. If the name is right, allow it:

        [tool.pkgaudit.typosquat-suspect]
        allow = ["dython"]

    ## References
    - <https://packaging.python.org/en/latest/discussions/distribution-package-vs-import-package/>
    """
    for metadata, line in wanted_lines(distribution, lambda line: options.suspect(line) is not None):
        found = options.suspect(line)
        if found is None:
            continue
        meant = found.names[0]
        yield problem(
            metadata,
            line,
            found.reason,
            f"require {quoted(meant)}, or allow the name if it is right",
            None if line.is_hard else Severity.INFO,
            list(found.names),
        )


@rule("DP102", "self-dependency", Severity.WARNING, since="0.1.0")
def self_dependency(distribution: Distribution) -> Iterator[Problem]:
    """The project requires itself.

    The rule does not report `sample[speed]`, which joins the dependencies of extras. It reports an error if
    the project requires another version of itself without a marker.

    Of 1,088 released projects, none has a finding.

    ## Why it matters
    Installers ignore the requirement if the version fits. Otherwise they cannot install the release, because
    an environment has only one version of a project. Often the author meant another project.

    ## How to fix it
    Remove the dependency, or correct its name.

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    """
    for metadata, line in wanted_lines(distribution, lambda line: line.is_own):
        version = parse_version(metadata.version or "")
        if version is not None and not line.made.specifier.contains(version, prereleases=True):
            yield problem(
                metadata,
                line,
                f"requires another version of the project itself, so {line.outcome}",
                "remove the dependency, or its version",
                line.severity,
            )
        elif not line.made.extras and line.is_hard:
            yield problem(metadata, line, "names the project itself", "remove the dependency")


@dataclass(frozen=True)
class InternalName(PrivateNames):
    """Names of projects that are only on a private index, with ``*`` for any text."""


@rule("DP107", "internal-name", Severity.ERROR, pypi_only=True, since="0.1.0")
def internal_name(distribution: Distribution, options: InternalName) -> Iterator[Problem]:
    """The project or a dependency has a name that the configuration reserves for a private index.

    Without the option `names`, the rule reports nothing. The profile `private` skips it, because there such
    names are normal.

    ## Why it matters
    If a public release requires a name that only the private index has, users cannot install it, and anybody
    can register the name on PyPI. The code then also reaches your own machines, if their pip asks both
    indexes (dependency confusion). A release under an internal name publishes what was meant to be private.

    ## How to fix it
    Remove the dependency, or publish with `--profile private` on the private index. List the internal names:

        [tool.pkgaudit.internal-name]
        names = ["acme-*"]

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url>
    """
    metadata = judged_metadata(distribution) if options.names else None
    if metadata is None:
        return
    if options.has(distribution.project):
        yield Problem(
            f"the name {quoted(distribution.name)} is reserved for a private index, so the release must not "
            "be public",
            metadata.place("Name"),
            SetField("Name", "upload the release to the private index only, or choose another name"),
            key="own",
            data={"project": distribution.project},
        )
    for metadata, line in wanted_lines(distribution, lambda line: not line.is_own and options.has(line.name)):
        yield problem(
            metadata,
            line,
            "names a project that is only on a private index",
            "remove the dependency, or publish the release on the private index",
        )
