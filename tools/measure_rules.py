"""Print for how many projects each rule reports something: ``python -m tools.measure_rules``.

    python -m tools.measure_rules --select BH,DP,RL ~/wheels ~/sdists
    python -m tools.measure_rules --select RL --show ~/releases

The files of one version of a project are audited together, as a release. A project counts once for each rule,
with its most severe finding, however many files and versions of it are in the folders. The result is a table
in Markdown; ``--show`` also prints the findings, which must be read before anybody trusts the figures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pkgaudit import PkgauditError, audit
from pkgaudit.api import Severity, normalize
from pkgaudit.formatting import counted
from pkgaudit.model.distribution import make_distribution
from tools.ecosystem.__main__ import find_files
from tools.ecosystem.revisions import EcosystemError

MIB = 1 << 20


@dataclass(frozen=True)
class Found:
    """A finding: its rule, its severity, and a line that describes it."""

    code: str
    severity: Severity
    line: str


@dataclass
class Counts:
    """The projects with findings of each rule, by the most severe finding, and those that failed."""

    rules: dict[str, str]
    projects: set[str] = field(default_factory=set)
    worst: dict[str, dict[str, Severity]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, project: str, findings: Iterable[Found], failures: Iterable[str] = ()) -> None:
        """Count the findings of one release of a project."""
        self.projects.add(project)
        self.failures += failures
        for each in findings:
            worst = self.worst.setdefault(each.code, {})
            worst[project] = max(worst.get(project, each.severity), each.severity)

    def table(self) -> Iterator[str]:
        """Yield the lines of the table: each rule with the number of projects, and their rate."""
        yield "| rule | errors | warnings | infos | projects | rate |"
        yield "| --- | --: | --: | --: | --: | --: |"
        for code, name in sorted(self.rules.items()):
            found = list(self.worst.get(code, {}).values())
            numbers = [found.count(each) for each in (Severity.ERROR, Severity.WARNING, Severity.INFO)]
            cells = [f"{code} {name}", *map(str, numbers), str(len(found))]
            yield f"| {' | '.join(cells)} | {len(found) / len(self.projects):.1%} |"


def by_release(files: Iterable[Path]) -> dict[tuple[str, str], list[Path]]:
    """Return the files by project and version, as their names say, each filename once."""
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for path in files:
        distribution = make_distribution(str(path))
        if distribution is not None:
            project, version = distribution.filename_project
            found.setdefault((normalize(project), version), {}).setdefault(path.name, path)
    return {key: list(those.values()) for key, those in sorted(found.items())}


def measure(
    releases: Mapping[tuple[str, str], Sequence[Path]], config: Mapping[str, Any], jobs: int
) -> Iterator[tuple[list[Found], list[str]]]:
    """Audit each release, and yield its findings, and what could not be audited, in the order of releases."""
    one = partial(_audit, config)
    if jobs == 1:
        yield from map(one, releases.values())
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, releases.values())


def _audit(config: Mapping[str, Any], files: Sequence[Path]) -> tuple[list[Found], list[str]]:
    result = audit(files, config)
    findings = [
        Found(each.code, each.severity, f"{Path(each.distribution).name}: {each.location}: {each.message}")
        for each in result.findings
        if each.suppressed is None
    ]
    return findings, [each.message for each in result.failures]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure_rules",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="PATH", help="distributions, or their folders")
    parser.add_argument("--select", default="ALL", metavar="RULES", help="codes, prefixes, names")
    parser.add_argument("--pedantic", action="store_true", help="run the pedantic rules too")
    parser.add_argument("--show", action="store_true", help="also print the findings")
    parser.add_argument("--jobs", type=int, default=1, help="the number of processes (default: 1)")
    parser.add_argument(
        "--largest", type=float, metavar="MIB", help="leave out files that are larger than this"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    options = _parser().parse_args(arguments)
    config = {"select": options.select.split(","), "preview": True, "pedantic": options.pedantic}
    try:
        files = find_files(options.files)
        if options.largest:
            files = [each for each in files if each.stat().st_size <= options.largest * MIB]
        releases = by_release(files)
        counts = Counts({each.code: each.name for each in audit([], config).rules})
        for (project, _), (findings, failures) in zip(
            releases, measure(releases, config, options.jobs), strict=True
        ):
            counts.add(project, findings, failures)
            for each in findings if options.show else ():
                print(f"{each.severity} {each.code} {each.line}", flush=True)
    except (EcosystemError, PkgauditError) as error:
        print(error, file=sys.stderr)
        return 2
    print(*counts.table(), sep="\n")
    audited = sum(map(len, releases.values()))
    print(f"\n{counted(len(counts.projects), 'project')} with {counted(audited, 'file')}")
    for failure in counts.failures:
        print(failure, file=sys.stderr)
    return 2 if counts.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
