"""Compares pkgaudit and its peers, rule by rule, on the bad packages of this project.

    python -m pip install -e . --group all --group benchmark
    python -m benchmarks.peers
    python -m benchmarks.peers --summary

The packages are the cases of the rules (``rules/*/cases``): bad ones, each made for one rule, and similar
good ones. Each tool gets each file of a kind that it reads, one at a time and with default settings; pkgaudit
gets all files of a case. A cell shows in how many of the packages that it read a tool found the fault. A tool
finds the fault if it has a complaint that it does not have about the plain good package, and that shows the
fault by the table in ``peer_tools.py``. The cell also shows in how many packages the tool only had other
complaints ("else"), and in how many it crashed. It is empty if the tool reads no such file. ``--verbose``
shows all complaints.

pyroma reads neither a wheel nor the metadata of an sdist, but builds the project. So it gets a project whose
build returns the metadata of the case. Cases that need a configuration or a checkout are skipped, because the
peers cannot use them. The comparison needs ``os.fork``.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.peer_tools import PROJECT, Answer, Tool, tools
from fixtures.builders import Built, Sdist, Wheel
from fixtures.cases import Case, load_cases
from pkgaudit.rule import Registry, load_registry

BACKEND = """
import os, shutil

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.mkdir(os.path.join(folder, "sample-1.0.dist-info"))
    shutil.copy("METADATA", os.path.join(folder, "sample-1.0.dist-info"))
    return "sample-1.0.dist-info"
"""

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'

CLASSIFIER = re.compile(rb"^Classifier:.*\n", re.MULTILINE)

OUTCOMES = ("found", "else", "crash", "nothing")


def core_metadata(built: Built) -> bytes | None:
    """Return the core metadata of a distribution, None if it has no readable metadata."""
    try:
        if built.filename.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(built.data)) as wheel:
                names = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
                return wheel.read(names[0]) if names else None
        with tarfile.open(fileobj=io.BytesIO(built.data)) as sdist:
            found = [each for each in sdist if each.isreg() and each.name.split("/")[1:] == ["PKG-INFO"]]
            file = sdist.extractfile(found[0]) if found else None
            return file.read() if file else None
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, tarfile.TarError, zlib.error):
        return None


def write(folder: Path, built: Sequence[Built]) -> list[str]:
    """Write distributions, and a project with the first metadata among them; return the names."""
    for each in built:
        each.write(folder)
    names = [each.filename for each in built]
    metadata = next(filter(None, map(core_metadata, built)), None)
    if metadata is None:
        return names
    project = folder / PROJECT
    project.mkdir()
    if len(re.findall(CLASSIFIER, metadata)) == 1:  # pyroma splits a single classifier into letters
        metadata = re.sub(CLASSIFIER, rb"\g<0>Classifier: Operating System :: OS Independent\n", metadata)
    (project / "METADATA").write_bytes(metadata)
    (project / "backend.py").write_text(BACKEND, "utf-8")
    (project / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    return [*names, project.name]


def ask(tool: Tool, folder: Path, names: Iterable[str], more: Sequence[str] = ()) -> list[Answer]:
    """Return the answers of a tool about the files of a folder that it reads, none if it reads none."""
    mine = [name for name in names if tool.takes(name)]
    if not tool.is_given_all:
        return [tool.run(folder, [name]) for name in mine]
    return [tool.run(folder, mine, more)] if mine else []


@dataclass
class Row:
    """The outcomes of the cases of one rule, or of several rules, counted by tool."""

    title: str
    cases: int = 0
    outcomes: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    said: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, other: Row) -> None:
        """Add the counts of another row."""
        self.cases += other.cases
        for name, outcomes in other.outcomes.items():
            self.outcomes[name].update(outcomes)

    def cell(self, name: str, wanted: str = "found") -> str:
        """Return the table cell for a tool."""
        counts = self.outcomes[name]
        if not counts.total():
            return ""
        rest = [f"{counts[each]} {each}" for each in OUTCOMES[1:3] if counts[each] and each != wanted]
        return f"{counts[wanted]} of {counts.total()}{', ' * bool(rest)}{', '.join(rest)}"


class Comparison:
    """Runs the tools on cases and keeps their complaints."""

    def __init__(self, compared: list[Tool], registry: Registry) -> None:
        self.tools = compared
        self.rules = {
            word: {other for rule in registry.find(word) for other in (word, rule.name, rule.code)}
            for each in registry
            for word in (each.code, each.name)
        }
        self.pedantic = {each.code for each in registry if each.pedantic}
        self.usual: dict[str, frozenset[str]] = {}
        with tempfile.TemporaryDirectory() as temporary:
            names = write(Path(temporary), [Wheel().build(), Sdist().build()])
            for tool in compared:
                answers = ask(tool, Path(temporary), names)
                self.usual[tool.name] = frozenset().union(*(each.complaints for each in answers))

    def measure(self, case: Case, row: Row) -> None:
        """Run the tools on the files of a case."""
        more = ["--pedantic"] if "pedantic" in case.config else []
        more += [f"--extend-select={case.code}"] if case.code in self.pedantic else []
        more += [f"--select={','.join(case.config['select'])}"] if "select" in case.config else []
        with tempfile.TemporaryDirectory() as temporary:
            names = write(Path(temporary), case.builds())
            row.cases += 1
            for tool in self.tools:
                answers = ask(tool, Path(temporary), names, more)
                if answers:
                    row.outcomes[tool.name][self.outcome(tool, answers, case, row.said[tool.name])] += 1

    def outcome(self, tool: Tool, answers: list[Answer], case: Case, said: Counter[str]) -> str:
        """Return the outcome of a case, one of `OUTCOMES`."""
        complaints = frozenset[str]().union(*(each.complaints for each in answers)) - self.usual[tool.name]
        has_crashed = any(each.has_crashed for each in answers)
        said.update(complaints)
        said.update(["(crash)"] * has_crashed)
        if not case.good and any(case.code in tool.means(each, self.rules) for each in complaints):
            return "found"
        return "crash" if has_crashed else "else" if complaints else "nothing"


def table(titles: Sequence[str], rows: Iterable[Row], names: Sequence[str], wanted: str = "found") -> str:
    """Return rows as Markdown."""
    lines = [f"| {' | '.join([*titles, *names])} |", f"|---|--:|{'--:|' * len(names)}"]
    lines += [
        f"| {row.title} | {row.cases} | {' | '.join(row.cell(name, wanted) for name in names)} |"
        for row in rows
    ]
    return "\n".join(lines)


def choose(families: Sequence[str], most: int, registry: Registry) -> tuple[dict[str, list[Case]], int]:
    """Return the bad cases by rule, the good cases under an empty name, and the number of skipped cases."""
    chosen: dict[str, list[Case]] = defaultdict(list)
    counts: Counter[tuple[str, bool]] = Counter()
    builds: set[Callable[[], object]] = set()
    skipped = 0
    for case in load_cases():
        (rule, *others) = registry.find(case.code)
        if not rule.code.startswith(tuple(families)):
            continue
        if case.tracked is not None or not set(case.config) <= {"pedantic", "select"}:
            skipped += 1
        elif counts[case.code, case.good] < most:
            counts[case.code, case.good] += 1
            if not case.good:
                chosen[f"{rule.code} {'' if others else rule.name}".strip()].append(case)
            elif case.build not in builds:
                builds.add(case.build)
                chosen[""].append(case)
    return dict(sorted(chosen.items())), skipped


def summary(rows: Iterable[Row], names: Sequence[str]) -> str:
    """Return one row per family, with the sums of its rules."""
    families: dict[str, Row] = {}
    total = Row("all")
    for row in rows:
        families.setdefault(row.title[:2], Row(row.title[:2])).add(row)
        total.add(row)
    return table(("family", "packages"), [*families.values(), total], names)


def main() -> None:
    """Run all tools and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--select", default="AR,FN,HM,LC,MD,NB,PV,RL,RM,SD,SF,WH", help="families or rules")
    parser.add_argument("--most", type=int, default=2, help="bad and good cases of each rule (default 2)")
    parser.add_argument("--skip", action="append", default=[], metavar="TOOL", help="skip a tool")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--summary", action="store_true", help="print only one row per family")
    parser.add_argument("--verbose", action="store_true", help="show the complaints of each tool")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    registry = load_registry()
    chosen, skipped = choose(arguments.select.split(","), arguments.most, registry)
    good = Row("good packages")
    rows = [Row(title) for title in chosen if title]
    by_title = {row.title: row for row in rows} | {"": good}
    comparison = Comparison([each for each in tools() if each.name not in arguments.skip], registry)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        work = [
            pool.submit(partial(comparison.measure, case, by_title[title]))
            for title, cases in chosen.items()
            for case in cases
        ]
        for number, future in enumerate(work):
            future.result()
            print(f"{number + 1} of {len(work)} cases", end="\r", file=sys.stderr)
    names = [tool.name for tool in comparison.tools]
    bad = sum(row.cases for row in rows)
    print(f"{bad} bad packages, {good.cases} good ones; {skipped} need settings or a checkout: skipped.\n")
    if rows:
        if not arguments.summary:
            print(table(("rule", "packages"), rows, names), end="\n\n")
        print(summary(rows, names), end="\n\n")
    if good.cases:
        print("Complaints about good packages:\n")
        print(table(("", "packages"), [good], names, wanted="else"))
    if arguments.verbose:
        for row in [*rows, good]:
            for name, said in row.said.items():
                if said:
                    print(
                        f"\n{row.title}: {name}: {', '.join(f'{each} ({n})' for each, n in said.items())}",
                        end="",
                    )


if __name__ == "__main__":
    main()
