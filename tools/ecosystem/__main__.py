"""Print the findings that a change gains and loses on real distributions, for a pull request.

    python -m tools.ecosystem main . dist/ ~/wheels
    python -m tools.ecosystem v0.1.0 HEAD ~/wheels --pedantic --renamed AR101=AR201 --json difference.json
    python -m tools.ecosystem main . ~/wheels -- --select SF --fail-on info

The first two arguments are the revisions; ``.`` is the working tree, including uncommitted changes. Each
revision is built and installed into its own folder (`revisions`). A process for each audits the files one by
one (`audit`), so files of one project do not form a release. The JSON reports are compared file by file
(`difference`), and the result is written to standard output in Markdown (`report`).

Both revisions use the dependencies of the Python that runs this script.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pkgaudit.api import Sdist, Wheel
from pkgaudit.formatting import write_text
from pkgaudit.model.distribution import make_distribution
from pkgaudit.report.escape import write_json
from tools.ecosystem.audit import Outcome, Pair, Settings, audit_both
from tools.ecosystem.difference import FileDifference, Trouble, compare_documents, relabeled
from tools.ecosystem.report import Comparison, in_json, markdown
from tools.ecosystem.revisions import EcosystemError, commit_of, install

ROOT = Path(__file__).parents[2]

MIB = 1 << 20

_INTERRUPTED = 130
"""The exit status after Ctrl-C, as in shells: 128 plus the number of the signal."""


def find_files(given: Sequence[Path]) -> list[Path]:
    """Return the given distributions, and those in given folders at any depth, each once.

    Raises:
        EcosystemError: no distribution was found, or a file is not a distribution.
    """
    found: dict[Path, Path] = {}
    for path in given:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if _is_wanted(each))
        elif path.is_file() and make_distribution(str(path)):
            inside = [path]
        else:
            why = "is not a distribution" if path.exists() else "does not exist"
            raise EcosystemError(f"{path} {why}")
        for each in inside:
            found.setdefault(each.resolve(), each)
    if not found:
        raise EcosystemError("the given folders contain no wheels and no sdists")
    return [Path(os.path.abspath(each)) for each in found.values()]


def _is_wanted(path: Path) -> bool:
    return isinstance(make_distribution(str(path)), (Wheel, Sdist)) and path.is_file()


def labels_of(files: Sequence[Path]) -> dict[Path, str]:
    """Return the label of each file: its name, or its path from the common folder.

    The report is published, so it must not reveal the machine.
    """
    times = Counter(each.name for each in files)
    top = os.path.commonpath([each.parent for each in files])
    return {
        each: each.name if times[each.name] == 1 else Path(os.path.relpath(each, top)).as_posix()
        for each in files
    }


def compare(
    path: Path, label: str, before: Outcome, after: Outcome, renamed: Mapping[str, str]
) -> FileDifference:
    """Return the difference between the outcomes for one file."""
    if before.document is None or after.document is None:
        difference = FileDifference(label, compared=False)
    else:
        old, new = (relabeled(each.document, str(path), label) for each in (before, after))
        difference = compare_documents(label, old, new, renamed)
    for side, each in (("base", before), ("head", after)):
        if each.crash is not None:
            difference.troubles.append(Trouble(side, each.crash.replace(str(path), label)))
    difference.cpu = (before.cpu, after.cpu)
    return difference


def make_comparison(
    options: argparse.Namespace, arguments: Sequence[str], root: Path, work: Path
) -> Comparison:
    """Build both revisions, audit all files with both, and compare.

    Raises:
        EcosystemError: the comparison cannot be made.
    """
    files = find_files(options.files)
    labels = labels_of(files)
    renamed = dict(options.renamed)
    for name in (options.base, options.head):  # before the first build, which takes seconds
        commit_of(root, name)
    pair = Pair(install(root, options.base, work / "base"), install(root, options.head, work / "head"))
    rules: dict[str, dict[str, str]] = {}

    def begin(base: dict[str, str], head: dict[str, str]) -> None:
        check_renames(renamed, base, head)
        rules.update(base=base, head=head)

    differences = audit_both(
        files,
        pair,
        Settings(root, tuple(arguments), options.timeout, options.memory * MIB or None),
        lambda path, before, after: compare(path, labels[path], before, after, renamed),
        begin,
        options.jobs,
    )
    return Comparison(
        (pair.base.name, pair.base.commit),
        (pair.head.name, pair.head.commit),
        rules["base"],
        rules["head"],
        renamed,
        arguments,
        differences,
    )


def check_renames(renamed: Mapping[str, str], base: Mapping[str, str], head: Mapping[str, str]) -> None:
    """Check that the base has each old name, and the head each new name.

    Raises:
        EcosystemError: a name is unknown, so the rename would have no effect.
    """
    for old, new in renamed.items():
        for name, rules, side in ((old, base, "base"), (new, head, "head")):
            if name not in {*rules, *rules.values()}:
                raise EcosystemError(f"--renamed {old}={new}: the {side} has no rule {name}")


def _rename(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} must have the form OLD=NEW")
    return old, new


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.ecosystem",
        description="Print the findings that a change gains and loses on real distributions, in Markdown.",
        epilog="Arguments after -- are further options of pkgaudit, for both revisions. Exit status: 0 "
        "regardless of differences, 2 if no report was made.",
    )
    parser.add_argument(
        "base", metavar="BASE", help="the git revision to compare with; . is the working tree"
    )
    parser.add_argument("head", metavar="HEAD", help="the git revision with the change, or .")
    parser.add_argument(
        "files", metavar="FILES", nargs="+", type=Path, help="distributions, or folders with distributions"
    )
    parser.add_argument("--pedantic", action="store_true", help="also run pedantic rules")
    parser.add_argument("--preview", action="store_true", help="also run preview rules")
    parser.add_argument(
        "--renamed",
        metavar="OLD=NEW",
        type=_rename,
        action="append",
        default=[],
        help="a rule's code or name that is different in HEAD; repeatable",
    )
    parser.add_argument(
        "--most",
        type=_positive,
        default=20,
        metavar="N",
        help="gained, lost and changed findings to show for each rule (default: 20)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all differences to this file")
    parser.add_argument(
        "--jobs", type=_positive, default=1, metavar="N", help="processes for each revision (default: 1)"
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
        default=300,
        metavar="SECONDS",
        help="time limit for a file (default: 300)",
    )
    parser.add_argument(
        "--memory",
        type=int,
        default=4096,
        metavar="MIB",
        help="address space of each process; 0 means no limit (default: 4096)",
    )
    return parser


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command in a checkout of pkgaudit and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    options = make_parser().parse_args(given[:at])
    passed = [f"--{each}" for each in ("pedantic", "preview") if getattr(options, each)] + given[at + 1 :]
    try:
        with TemporaryDirectory(prefix="pkgaudit-ecosystem-", ignore_cleanup_errors=True) as folder:
            comparison = make_comparison(options, passed, root, Path(folder))
        if options.json is not None:
            with options.json.open("w", encoding="utf-8") as stream:
                write_json(stream, in_json(comparison), 2)
    except (EcosystemError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    write_text(sys.stdout, markdown(comparison, options.most))
    return 0


if __name__ == "__main__":
    # A terminated run must remove its worktrees too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
