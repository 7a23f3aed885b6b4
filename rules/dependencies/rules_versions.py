"""DP106, DP108, DP109: the versions of dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product

from pkgaudit.api import Distribution, Problem, Severity, quoted, rule
from pkgaudit.rules._shared.environments import can_hold
from pkgaudit.rules._shared.fields import MOST
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.metadata_problems import judged_metadata
from pkgaudit.rules._shared.requirements import Line, excludes_all, read_lines
from pkgaudit.rules.dependencies.judged import pin_of, problem, wanted_lines

_MOST_PAIRS = 200
"""The most pairs of requirements that are compared. Chosen: more than real projects have; it bounds the time
on hostile metadata."""


@rule("DP106", "conflicting-requirements", Severity.WARNING, since="0.1.0")
def conflicting_requirements(distribution: Distribution) -> Iterator[Problem]:
    """No version fulfills a requirement, or two requirements of one project that apply together.

    The rule evaluates the markers of two requirements on the systems and Pythons that the release allows. It
    does not compare the requirements of two extras. The finding is an error if the requirements have no
    marker.

    Of 1,088 released projects, one has a finding: on one platform, an extra cannot be installed.

    ## Why it matters
    Installers stop, for all users or for those of one system, Python or extra.

    ## How to fix it
    Correct the versions in `dependencies` or `optional-dependencies`, rebuild, and install the wheel in a new
    environment.

    ## References
    - <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/>
    """
    metadata = judged_metadata(distribution)
    if metadata is None:
        return
    by_name: dict[str, dict[str, list[Line]]] = {}
    for line in read_lines(metadata):
        if line.is_own or not line.made.specifier:
            continue  # DP102 reports the project itself
        if excludes_all([line.made.specifier]):
            message = f"excludes every version, so {line.outcome}"
            yield problem(metadata, line, message, "correct the versions", line.severity)
        else:
            specifiers = by_name.setdefault(line.name, {})
            specifiers.setdefault(str(line.made.specifier), []).append(line)
    for first, last in islice(_excluding(by_name.values()), MOST):
        if can_hold(last.pythons, first.marker, last.marker):
            # The one with a marker says where both apply.
            named, other = (last, first) if last.marker else (first, last)
            is_same = other.marker in ("", named.marker)
            outcome = named.outcome if is_same else "no installer can install both where both markers apply"
            yield problem(
                metadata,
                named,
                f"and {quoted(other.field.value)} exclude each other, so {outcome}",
                "correct the versions",
                named.severity,
            )


def _excluding(projects: Iterable[Mapping[str, Sequence[Line]]]) -> Iterator[tuple[Line, Line]]:
    """Yield the pairs of requirements of one project whose specifiers, the keys, exclude each other."""
    pairs = (pair for lines in projects for pair in combinations(lines.values(), 2))
    for some, others in islice(pairs, _MOST_PAIRS):
        if excludes_all([some[0].made.specifier, others[0].made.specifier]):
            yield from product(some, others)


@rule("DP108", "exact-pin", Severity.INFO, pedantic=True, since="0.1.0")
def exact_pin(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is required in exactly one version.

    The rule does not report a project with the version of this one, because both are released together, nor
    dependencies of extras.

    Of 1,088 released projects, 15 have a finding.

    ## Why it matters
    Users cannot install the release together with a project that needs another version, and receive fixes of
    the dependency only after your next release. An application may want this, a library does not.

    ## How to fix it
    Allow newer versions (`>=2.1,<3`), and pin the versions of your tests in a lock file.

    ## References
    - <https://packaging.python.org/en/latest/discussions/install-requires-vs-requirements/>
    """
    for metadata, line in wanted_lines(distribution, lambda line: pin_of(line) is not None):
        pin = pin_of(line) or ""
        is_sibling = parse_version(pin) == parse_version(metadata.version or "")
        if line.is_hard and not is_sibling and not line.is_own:
            yield problem(metadata, line, "allows one version only", "allow newer versions too")


@rule("DP109", "local-version-dependency", Severity.ERROR, pypi_only=True, since="0.1.0")
def local_version_dependency(distribution: Distribution) -> Iterator[Problem]:
    """A dependency is required in a local version, such as `torch==2.9.0+cu128`, which PyPI never has.

    Dependencies of extras, and those with a marker, are a warning. The profile `private` skips the rule,
    because other indexes accept local versions.

    Of 1,088 released projects, none has a finding.

    ## Why it matters
    PyPI rejects files with a local version. So pip cannot install the release from PyPI, unless each user
    passes another index.

    ## How to fix it
    Require the public version (`torch==2.9.0`), which every local version of it fulfills too, and document
    which index has the variants.

    ## References
    - <https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers>
    """
    for metadata, line in wanted_lines(distribution, lambda line: "+" in (pin_of(line) or "")):
        public, _, _ = (pin_of(line) or "").partition("+")
        yield problem(
            metadata,
            line,
            f"needs a local version, which PyPI never has, so {line.outcome} from PyPI",
            f"require {quoted(f'{line.made.name}=={public}')}",
            line.severity,
        )
