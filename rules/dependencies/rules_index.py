"""DP103, DP111: dependencies as an index has them, which ``--online`` asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pkgaudit.api import Problem, Severity, counted, quoted, rule
from pkgaudit.model.index_answers import IndexAnswers, IndexPage, requiring
from pkgaudit.rules._shared.filename import parse_version
from pkgaudit.rules._shared.index_files import by_version
from pkgaudit.rules._shared.requirements import Line
from pkgaudit.rules.dependencies.judged import problem, wanted_lines


@rule("DP103", "unavailable-name", Severity.ERROR, since="0.1.0")
def unavailable_name(answers: IndexAnswers) -> Iterator[Problem]:
    """No installer can get a dependency from the index.

    The rule runs with `--online`. It judges the dependencies that every user installs on some system and an
    allowed Python, so no extras. It reports a project that the index does not have, that is in quarantine, or
    of which the index has no version that the requirement allows, or only yanked ones. Installers take a
    yanked version if the requirement names exactly this version, which is a warning. If you ask another index
    than PyPI, every finding is a warning, because your users may use several indexes.

    The projects that are audited together count as available. A dependency whose page cannot be read is not
    judged.

    Of 640 released projects, none requires a project that PyPI does not have.

    ## Why it matters
    Users cannot install your release. If nobody has registered the name, anybody can, and then your users
    install their code.

    ## How to fix it
    Correct the name or the versions of the dependency, or release the dependency first. If you release both
    together, audit their files together.

    ## References
    - <https://packaging.python.org/en/latest/specifications/simple-repository-api/>
    - <https://packaging.python.org/en/latest/specifications/file-yanking/>
    - <https://packaging.python.org/en/latest/specifications/project-status-markers/>
    """
    judge = _Judge(answers)
    for distribution in requiring(answers.releases):
        for metadata, line in wanted_lines(
            distribution, lambda line: not line.is_of_extra and judge.fault(line) is not None
        ):
            fault = judge.fault(line)
            if fault is not None and line.is_hard:
                message, remedy, severity = fault
                found = problem(metadata, line, message, remedy, severity)
                yield replace(found, distribution=distribution.path)


class _Judge:
    """Judges requirements by the answers of an index."""

    def __init__(self, answers: IndexAnswers) -> None:
        self._answers = answers
        self._severity = None if answers.is_pypi else Severity.WARNING
        self._released: dict[str, set[str]] = {}
        for each in answers.releases:
            self._released[each.project] = {made.version for made in each.distributions}

    def is_at_fault(self, line: Line) -> bool:
        """Return whether a requirement is not of an extra and has a fault."""
        return not line.is_of_extra and self.fault(line) is not None

    def fault(self, line: Line) -> tuple[str, str, Severity | None] | None:
        """Return the end of a message, a remedy, and a severity; None if the dependency is available."""
        if line.name not in self._answers.pages or line.is_own:
            return None
        page, index = self._answers.pages[line.name], self._answers.title
        if page is not None and page.status == "quarantined":
            message = f"names a project that {index} has put in quarantine{_because(page)}"
            remedy = "require another project, or wait until the index has examined it"
            return f"{message}, {self._outcome(line)}", remedy, self._severity
        if any(_allows(line, each) for each in self._released.get(line.name, ())):
            return None
        if page is None:
            if line.name in self._released:
                return self._no_version(line)
            message = f"names a project that {index} does not have, {self._outcome(line)}"
            remedy = "correct the name, or release the dependency first"
            if not self._answers.is_pypi:
                remedy += ", or ignore DP103 if your users also install from another index"
            return message, remedy, self._severity
        return self._of_versions(line, page)

    def _of_versions(self, line: Line, page: IndexPage) -> tuple[str, str, Severity | None] | None:
        versions, others = by_version(line.name, page.files)
        if others or _is_local(line):  # DP109 reports local versions
            return None
        allowed = [each for each in versions if _allows(line, str(each))]
        if not allowed:
            return self._no_version(line)
        if not all(file.is_yanked for each in allowed for file in versions[each]):
            return None
        yanked = f"{counted(len(allowed), 'version')} that {self._answers.title} has yanked"
        if _is_pin(line):
            message = f"names only {yanked}, which installers still take, with a warning"
            return message, "allow a version that is not yanked", Severity.WARNING
        message = f"allows only {yanked}, {self._outcome(line)}"
        return message, "allow a version that is not yanked", self._severity

    def _outcome(self, line: Line) -> str:
        return f"so {line.outcome}{'' if self._answers.is_pypi else ' from this index'}"

    def _no_version(self, line: Line) -> tuple[str, str, Severity | None]:
        message = f"allows no version that {self._answers.title} has, {self._outcome(line)}"
        return message, "correct the versions, or release the dependency first", self._severity


def _allows(line: Line, version: str) -> bool:
    made = parse_version(version)
    return made is not None and line.made.specifier.contains(made, prereleases=True)


def _is_local(line: Line) -> bool:
    return any("+" in each.version for each in line.made.specifier)


def _is_pin(line: Line) -> bool:
    """Return whether installers take a yanked version for this requirement."""
    return any(
        each.operator in ("==", "===") and not each.version.endswith(".*") for each in line.made.specifier
    )


def _because(page: IndexPage) -> str:
    return f" ({quoted(page.reason)})" if page.reason else ""


@rule("DP111", "inactive-dependency", Severity.INFO, since="0.1.0")
def inactive_dependency(answers: IndexAnswers) -> Iterator[Problem]:
    """The maintainers of a dependency have archived or deprecated it.

    The rule runs with `--online`, and judges the dependencies that every user installs.

    ## Why it matters
    An archived project gets no more releases, so nobody fixes its vulnerabilities, and it stops working with
    a later Python. The maintainers of a deprecated project recommend another one.

    ## How to fix it
    Read the page of the project, which often names a successor, and plan the change.

    ## References
    - <https://packaging.python.org/en/latest/specifications/project-status-markers/>
    """
    inactive = {
        name: page
        for name, page in answers.pages.items()
        if page is not None and page.status in ("archived", "deprecated")
    }
    for distribution in requiring(answers.releases):
        for metadata, line in wanted_lines(
            distribution, lambda line: line.name in inactive and not line.is_of_extra
        ):
            if line.is_hard and not line.is_own:
                page = inactive[line.name]
                message = f"names a project that its maintainers have {page.status}{_because(page)}"
                found = problem(metadata, line, message, "look for a successor of the project")
                yield replace(found, distribution=distribution.path)
