"""Shows in which of the project's own bad packages pkgaudit and its peers find a fault, rule by rule.

    pip install -e '.[test,benchmark]'
    python -m benchmarks.peers

The packages are the cases of the rules (``fixtures/cases``): bad ones, each made for one rule, and good ones
close to them. Each tool gets each file of a kind that it reads, in a process of its own. It has found
something if it says anything about a bad package that it does not say about the plain good one; whether
that is the same fault is seen from its words, which ``--verbose`` shows. On good packages the same is a
false alarm, or a difference of opinion. pyroma builds what it looks at, so a run needs a registry.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fixtures.builders import Built, Sdist, Wheel
from fixtures.cases import Case, load_cases

SCRIPTS = Path(sysconfig.get_path("scripts"))

CRASH = "traceback"
"""What a tool says that ends with one."""


def _lines(pattern: str, output: str) -> set[str]:
    return set(re.findall(pattern, output, re.MULTILINE))


def _twine(output: str) -> set[str]:
    text = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return {each[:70] for each in _lines(r"^(?:ERROR|WARNING) +(.+?) *$", text)}


def _wheel2json(output: str) -> set[str]:
    try:
        described = json.loads(output)
    except ValueError:
        return set()
    if described.get("valid"):
        return set()
    return {str(described.get("validation_error", {}).get("type", "not valid"))}


def _pyroma(output: str) -> set[str]:
    parts = re.split(r"^-{20,}\n", output, flags=re.MULTILINE)
    return {each for each in parts[1].splitlines() if each.endswith((".", "!"))} if len(parts) > 1 else set()


def _auditwheel(filename: str, output: str) -> set[str]:
    """Return what it says against the tag of a wheel for Linux: it judges nothing itself."""
    try:
        shown = json.loads(output[output.index("{") :])
    except ValueError:
        return set()
    tag, error = shown.get("overall_tag"), shown.get("error", "")
    if error and "does not look like a platform wheel" not in error:
        return {error[:70]}
    return {f"consistent with {tag} only"} if tag and tag not in filename else set()


@dataclass
class Tool:
    """A command that takes one file, and how its complaints are read from what it prints."""

    name: str
    command: list[str]
    complaints: Callable[[str, str], set[str]]
    endings: tuple[str, ...] = (".whl", ".tar.gz")
    usual: dict[str, set[str]] = field(default_factory=dict)
    """What it says about the plain good package, by the ending of the file name."""

    def takes(self, filename: str) -> bool:
        """Whether the tool reads files of that name."""
        return filename.endswith(self.endings)

    def run(self, path: Path) -> set[str]:
        """Return what the tool has against a file."""
        paths = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
        try:
            done = subprocess.run(
                [*self.command, path.name],
                cwd=path.parent,
                env={**os.environ, "PATH": paths, "NO_COLOR": "1", "COLUMNS": "300"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"no end within two minutes"}
        output = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
        found = self.complaints(path.name, output)
        if "Traceback (most recent call last)" in output:
            found.add(CRASH)
        return found


def tools() -> list[Tool]:
    """Return the peers."""

    def lines(pattern: str) -> Callable[[str, str], set[str]]:
        return lambda _, output: _lines(pattern, output)

    def script(name: str, *arguments: str) -> list[str]:
        return [str(SCRIPTS / name), *arguments]

    wheel = (".whl",)
    return [
        Tool(
            "check-wheel-contents", script("check-wheel-contents", "--no-config"), lines(r": (W\d+):"), wheel
        ),
        Tool("pydistcheck", script("pydistcheck"), lines(r"^\d+\. \[([\w-]+)\]")),
        Tool("wheel2json", script("wheel2json"), lambda _, output: _wheel2json(output), wheel),
        Tool(
            "abi3audit",
            script("abi3audit", "--strict"),
            lines(r"(\d+ ABI version mismatches and .* violations)"),
            wheel,
        ),
        Tool("auditwheel show", script("auditwheel", "show", "--json"), _auditwheel, wheel),
        Tool("pyroma", script("pyroma"), lambda _, output: _pyroma(output), (".tar.gz",)),
        Tool("twine check", script("twine", "check", "--strict"), lambda _, output: _twine(output)),
    ]


@dataclass
class Row:
    """What was found of the cases of one rule, by tool."""

    code: str
    cases: int = 0
    read: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    said: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def ours(folder: Path, files: Iterable[Built], case: Case) -> bool:
    """Return whether pkgaudit finds anything, as it is for all."""
    names = [each.filename for each in files]
    done = subprocess.run(
        [
            *(str(SCRIPTS / "pkgaudit"), *names, "--no-config", "--jobs", "1", "--format", "json"),
            *([] if case.good else ["--pedantic"]),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    found = {word for each in json.loads(done.stdout)["findings"] for word in (each["code"], each["name"])}
    return bool(found) if case.good else case.code in found


def measure(case: Case, row: Row, peers: list[Tool]) -> None:
    """Run pkgaudit and its peers on the files of a case."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        built = case.builds()
        for each in built:
            each.write(folder)
        row.cases += 1
        row.read["pkgaudit"] += 1
        row.found["pkgaudit"] += ours(folder, built, case)
        for tool in peers:
            mine = [each.filename for each in built if tool.takes(each.filename)]
            said = {
                words for name in mine for words in tool.run(folder / name) - tool.usual[Path(name).suffix]
            }
            row.read[tool.name] += bool(mine)
            row.found[tool.name] += bool(said)
            row.said[tool.name].update(said)


def table(rows: Iterable[Row], peers: list[Tool]) -> str:
    """Return the rows as Markdown: found of read, empty where a tool reads no such file."""
    names = ["pkgaudit", *(tool.name for tool in peers)]
    lines = [f"| rule | packages | {' | '.join(names)} |", f"|---|--:|{'--:|' * len(names)}"]
    for row in rows:
        cells = [f"{row.found[name]} of {row.read[name]}" if row.read[name] else "" for name in names]
        lines.append(f"| {row.code} | {row.cases} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run all tools and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--select", default="AR,FN,HM,LC,MD,NB,PV,RL,RM,SD,SF,WH", help="families or rules")
    parser.add_argument("--most", type=int, default=2, help="bad, and good, cases of each rule (default 2)")
    parser.add_argument("--skip", action="append", default=[], metavar="TOOL", help="leave a tool out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="show what each tool said")
    arguments = parser.parse_args()
    peers = [tool for tool in tools() if tool.name not in arguments.skip]
    with tempfile.TemporaryDirectory() as temporary:
        for built in (Wheel().build(), Sdist().build()):
            path = built.write(Path(temporary))
            for tool in peers:
                if tool.takes(path.name):
                    tool.usual[path.suffix] = tool.run(path)

    chosen: dict[tuple[str, bool], list[Case]] = defaultdict(list)
    for case in load_cases():
        cases = chosen[case.code, case.good]
        is_wanted = case.code.startswith(tuple(arguments.select.split(","))) or case.code[:1].islower()
        if is_wanted and not case.config and len(cases) < arguments.most:
            cases.append(case)
    bad = {code: Row(code) for code, good in sorted(chosen) if not good and chosen[code, good]}
    good = Row("good packages")
    with ThreadPoolExecutor(arguments.jobs) as pool:
        work = [
            pool.submit(partial(measure, case, good if is_good else bad[code], peers))
            for (code, is_good), cases in chosen.items()
            for case in cases
        ]
        for number, future in enumerate(work):
            future.result()
            print(f"{number + 1} of {len(work)} cases", end="\r", file=sys.stderr)
    print("Found something in bad packages, each with a fault of the rule:\n")
    print(table(bad.values(), peers))
    print("\nSaid something against good packages:\n")
    print(table([good], peers))
    if arguments.verbose:
        for row in [*bad.values(), good]:
            for name, said in row.said.items():
                print(f"{row.code} {name}: {'; '.join(f'{what} ({n})' for what, n in said.most_common(6))}")


if __name__ == "__main__":
    main()
