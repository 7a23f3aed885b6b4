"""tools/ecosystem.py: what differs between two reports, how it is told, and a run over two commits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel
from tests.programs import find_program, need_backend
from tools.ecosystem import __main__ as ecosystem
from tools.ecosystem.audit import Outcome, Pair, Settings, audit_both
from tools.ecosystem.difference import FileDifference, compare_documents, relabeled
from tools.ecosystem.report import Comparison, in_json, markdown, spread
from tools.ecosystem.revisions import EcosystemError, Revision, build_wheel, commit_of, import_path, sources

ROOT = Path(__file__).parents[2]

COMMIT = "0123456789abcdef"


def finding(code: str = "SF102", **values: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": f"rule-{code.lower()}",
        "severity": "error",
        "distribution": "a.whl",
        "member": "a/b.py",
        "line": 3,
        "column": None,
        "excerpt": None,
        "message": "is wrong",
        "fix": "Leave it out.",
        "fingerprint": f"{code}-{values.get('member', 'a/b.py')}",
        "url": f"https://docs.example/{code}",
        "also": [],
        **values,
    }


def report(*findings: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "tool": {"name": "pkgaudit", "version": "1"},
        "verdict": "fail" if findings else "pass",
        "counts": {"error": len(findings)},
        "distributions": [{"path": "a.whl", "verdict": "fail" if findings else "pass"}],
        "findings": list(findings),
        "suppressed": 0,
        "suppressed_findings": [],
        "skipped": [],
        "errors": [],
        **values,
    }


def compare(before: dict[str, Any], after: dict[str, Any], **renamed: str) -> FileDifference:
    return compare_documents("a.whl", before, after, renamed)


class TestDifference:
    def test_equal_reports(self) -> None:
        new = report(finding(), tool={"name": "pkgaudit", "version": "2"})
        difference = compare(report(finding()), new)
        assert (difference.findings_differ, difference.elsewhere, difference.troubles) == (False, [], [])
        assert (difference.before, difference.after) == (1, 1)

    def test_gained_and_lost(self) -> None:
        old, new, both = finding("AR101"), finding("AR102"), finding("AR103")
        difference = compare(report(old, both), report(both, new))
        assert (difference.lost, difference.gained, difference.changed) == ([old], [new], [])
        assert difference.elsewhere == []

    def test_counts_and_verdict_follow_from_findings(self) -> None:
        difference = compare(report(finding()), report())
        assert difference.lost
        assert difference.elsewhere == []

    @pytest.mark.parametrize(
        ("values", "aspect"),
        [
            ({"severity": "warning"}, "severity"),
            ({"message": "is bad"}, "message"),
            ({"fix": None}, "fix"),
            ({"line": 4}, "place"),
            ({"name": "other"}, "name"),
            ({"also": [{"distribution": "a.whl", "member": "a/c.py"}]}, "other places"),
        ],
    )
    def test_changed(self, values: dict[str, Any], aspect: str) -> None:
        difference = compare(report(finding()), report(finding(**values)))
        assert [each.aspects for each in difference.changed] == [(aspect,)]
        assert (difference.gained, difference.lost, difference.elsewhere) == ([], [], [])

    def test_changed_message_and_fingerprint(self) -> None:
        difference = compare(report(finding()), report(finding(message="is bad", fingerprint="f")))
        assert [each.aspects for each in difference.changed] == [("message",)]
        assert difference.elsewhere == ["findings.fingerprint"]

    def test_equal_ones_pair_first(self) -> None:
        """Of two at one place the one that is left is the one that is lost."""
        one, other = finding(message="one", fingerprint="1"), finding(message="other", fingerprint="2")
        difference = compare(report(one, other), report(other))
        assert (difference.lost, difference.changed) == ([one], [])

    def test_same_finding_twice(self) -> None:
        difference = compare(report(finding(), finding()), report(finding()))
        assert difference.lost == [finding()]

    @pytest.mark.parametrize(
        ("before", "after", "named"),
        [
            (report(finding()), report(finding(excerpt={"text": "x"})), ["findings.excerpt"]),
            (report(finding()), report(finding(certain=True)), ["findings.certain"]),
            (report(), report(counts={"error": 1}), ["counts"]),
            (report(), report(verdict="fail"), ["verdict"]),
            (report(), report(new=1), ["new"]),
            (report(), report(suppressed=1, suppressed_findings=[finding()]), None),
            (report(), report(skipped=[{"path": "x"}]), ["skipped"]),
            (report(), report(distributions=[{"path": "a.whl", "verdict": "pass", "files": 3}]), None),
            (report(), report(distributions=[]), ["distributions"]),
            (report(finding(line=1), finding(line=2)), report(finding(line=2), finding(line=1)), None),
        ],
    )
    def test_elsewhere(self, before: dict[str, Any], after: dict[str, Any], named: list[str] | None) -> None:
        difference = compare(before, after)
        assert not difference.findings_differ
        assert difference.elsewhere
        assert named is None or difference.elsewhere == named

    def test_order_and_members_are_named(self) -> None:
        one, two = finding(line=1), finding(line=2)
        assert compare(report(one, two), report(two, one)).elsewhere == ["order of findings"]
        other = report(suppressed=1, suppressed_findings=[one])
        assert compare(report(), other).elsewhere == ["suppressed", "suppressed_findings"]

    def test_errors(self) -> None:
        errors = [{"message": "crashed", "rule": "SF102", "member": None, "distribution": "a.whl"}]
        difference = compare(report(), report(errors=errors, verdict="fail"))
        assert [(each.side, each.message) for each in difference.troubles] == [("head", "SF102: crashed")]
        assert difference.elsewhere == ["errors"]

    def test_path_becomes_label(self) -> None:
        document = {"path": "/x/a.whl", "rows": ["in /x/a.whl: 3", 3, None]}
        assert relabeled(document, "/x/a.whl", "a.whl") == {"path": "a.whl", "rows": ["in a.whl: 3", 3, None]}


class TestRenamed:
    def test_is_no_difference(self) -> None:
        errors = [{"message": "crashed", "rule": "AR101"}]
        old = report(finding("AR101", name="old"), finding("SF102"), errors=errors)
        new = report(
            finding("SF102"), finding("AR201", name="new"), errors=[{"message": "crashed", "rule": "AR201"}]
        )
        difference = compare(old, new, AR101="AR201", old="new")
        assert (difference.findings_differ, difference.elsewhere) == (False, [])
        assert {each.message for each in difference.troubles} == {"AR201: crashed"}

    def test_without_it_is_gained_and_lost(self) -> None:
        difference = compare(report(finding("AR101")), report(finding("AR201")))
        assert (len(difference.gained), len(difference.lost)) == (1, 1)

    def test_code_alone(self) -> None:
        difference = compare(report(finding("A1", name="n")), report(finding("A2", name="n")), A1="A2")
        assert (difference.findings_differ, difference.elsewhere) == (False, [])

    def test_changes_beside_it_are_told(self) -> None:
        new = report(finding("A2", name="n", severity="info"))
        difference = compare(report(finding("A1", name="n")), new, A1="A2")
        assert [each.aspects for each in difference.changed] == [("severity",)]

    @pytest.mark.parametrize(("renamed", "says"), [({"X": "B"}, "no rule X"), ({"A": "X"}, "no rule X")])
    def test_unknown_rules(self, renamed: dict[str, str], says: str) -> None:
        with pytest.raises(EcosystemError, match=says):
            ecosystem.check_renames(renamed, {"A": "a"}, {"B": "b"})
        ecosystem.check_renames({"A": "B", "a": "b"}, {"A": "a"}, {"B": "b"})


def comparison(*files: FileDifference, **values: Any) -> Comparison:
    settings: dict[str, Any] = {
        "base": ("main", COMMIT),
        "head": (".", COMMIT),
        "base_rules": {"A1": "a", "A2": "gone"},
        "head_rules": {"B1": "a", "B2": "new"},
        "renamed": {"A1": "B1"},
        "arguments": ["--pedantic"],
        **values,
    }
    return Comparison(files=files, **settings)


class TestMarkdown:
    def test_head(self) -> None:
        one = compare(report(finding()), report(finding("AR101")))
        one.cpu = (2.0, 3.0)
        crashed = FileDifference("b.whl", compared=False, cpu=(9.0, 9.0))
        text = markdown(comparison(one, crashed), 20)
        assert text.startswith("## Ecosystem: `main` (`0123456789`) → working tree on `0123456789`\n")
        assert "2 files: 1 → 1 findings; 1 gained, 1 lost, 0 changed." in text
        assert "Processor time 2.0 s → 3.0 s (factor 1.50)." in text
        assert "**1 file could not be compared.**" in text
        assert "Options: `--pedantic`." in text
        assert "Renamed: `A1 → B1`." in text
        assert "Rules only in the base: `A2 gone`." in text
        assert "Rules only in the head: `B2 new`." in text
        assert "| `SF102 rule-sf102` | 0 | 1 | 0 |" in text
        assert "- lost: error, `a.whl`, `a/b.py:3`: is wrong\n" in text

    def test_nothing_differs(self) -> None:
        text = markdown(comparison(compare(report(), report())), 20)
        assert "<details>" not in text
        assert "###" not in text

    def test_changes(self) -> None:
        new = finding(severity="info", message="is bad", fix=None)
        text = markdown(comparison(compare(report(finding()), report(new))), 20)
        assert "- changed: severity, message, fix, `a.whl`, `a/b.py:3`\n" in text
        assert "  - severity: error → info\n" in text
        assert "  - message before: is wrong\n  - message after: is bad\n" in text
        assert "  - fix before: Leave it out.\n  - fix after: none\n" in text

    def test_nothing_acts(self) -> None:
        evil = finding(message="</details> @everyone\n# x `y` |", member="a`|</summary>\n<b>")
        text = markdown(comparison(compare(report(), report(evil))), 20)
        (line,) = [each for each in text.splitlines() if each.startswith("- gained")]
        assert line.endswith("``a`|</summary>\\n<b>:3``: `</details> @everyone #` x `y` `|`")

    def test_most(self) -> None:
        many = [finding(line=line, fingerprint=str(line)) for line in range(30)]
        text = markdown(comparison(compare(report(), report(*many))), 5)
        assert text.count("- gained:") == 5
        assert "- 25 more gained\n" in text

    def test_those_shown_are_of_many_files(self) -> None:
        found = [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5)]
        assert spread(found, 4) == [("a", 1), ("a", 2), ("b", 4), ("c", 5)]

    def test_errors_come_first_and_once(self) -> None:
        old = report(errors=[{"message": "slow"}])
        new = report(finding(), errors=[{"message": "slow"}, {"message": "worse"}])
        files = [compare_documents(f"{number}.whl", old, new) for number in range(7)]
        text = markdown(comparison(*files), 20)
        assert text.index("### Errors") < text.index("| rule")
        assert "- head: worse: `0.whl`, `1.whl`, `2.whl`, `3.whl`, `4.whl` and 2 more\n" in text
        assert text.index("- head: worse") < text.index("- base and head: slow")

    def test_elsewhere(self) -> None:
        files = [compare_documents(name, report(), report(new=1)) for name in ("a.whl", "b.whl")]
        files[0].elsewhere.append("counts")
        text = markdown(comparison(*files), 20)
        assert "- `counts` in 1 file: `a.whl`\n- `new` in all files\n" in text

    def test_in_json(self) -> None:
        difference = compare(report(finding()), report(finding(severity="info"), finding("B2")))
        value = json.loads(json.dumps(in_json(comparison(difference))))
        assert value["totals"] == {"gained": 1, "lost": 0, "changed": 1}
        assert value["files"][0]["changed"][0]["in"] == ["severity"]
        assert [each["code"] for each in value["rules"]] == ["B2", "SF102"]


class TestFiles:
    def test_folders_and_files(self, tmp_path: Path) -> None:
        inner = tmp_path / "x" / "y"
        inner.mkdir(parents=True)
        wheel, sdist = Wheel().build().write(inner), Sdist().build().write(tmp_path)
        (tmp_path / "notes.txt").write_text("no distribution")
        assert ecosystem.find_files([tmp_path, wheel]) == [sdist, wheel]

    def test_labels(self, tmp_path: Path) -> None:
        paths = [tmp_path / each for each in ("x/a.whl", "y/a.whl", "y/b.whl")]
        assert list(ecosystem.labels_of(paths).values()) == ["x/a.whl", "y/a.whl", "b.whl"]

    def test_none(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no distribution")
        with pytest.raises(EcosystemError, match="no wheels"):
            ecosystem.find_files([tmp_path])
        with pytest.raises(EcosystemError, match="is not a distribution"):
            ecosystem.find_files([tmp_path / "notes.txt"])
        with pytest.raises(EcosystemError, match="does not exist"):
            ecosystem.find_files([tmp_path / "missing.whl"])


COMMAND = """
import json, os, sys, time
import click

@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def main(words):
    if words[0] == "rules":
        click.echo(json.dumps([{"code": "A1", "name": "a"}]))
    elif "slow" in words[0]:
        time.sleep(60)
    elif "dies" in words[0]:
        print("falling", file=sys.stderr, flush=True)
        os.write(2, b"fallen\\n")
        os._exit(7)
    elif "raises" in words[0]:
        raise ZeroDivisionError("by zero")
    elif "usage" in words[0]:
        raise click.UsageError("no such thing")
    else:
        os.write(1, b"stray words of a library\\n")
        click.echo(json.dumps({"words": words, "pid": os.getpid(), "folder": os.listdir(".")}))
        sys.exit(2)
"""


class TestAudit:
    """Processes, with a package of our own that is called pkgaudit."""

    @pytest.fixture
    def revision(self, tmp_path: Path) -> Revision:
        package = tmp_path.resolve() / "installed" / "pkgaudit"
        (package / "rules").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "rules" / "__init__.py").touch()
        (package / "cli.py").write_text(COMMAND)
        return Revision("one", COMMIT, package.parent)

    def audit(self, revision: Revision, *names: str, **settings: Any) -> list[Outcome]:
        outcomes: list[Outcome] = []

        def keep(_: Path, before: Outcome, after: Outcome) -> None:
            assert (before.document is None) == (after.document is None)
            outcomes.append(before)

        options = Settings(ROOT, ("--more",), **{"timeout": 30, **settings})
        audit_both([*map(Path, names)], Pair(revision, revision), options, keep, lambda *_: None)
        return outcomes

    def test_one_process_audits_each_file_apart(self, revision: Revision) -> None:
        one, two = (each.document for each in self.audit(revision, "/a.whl", "/b.whl"))
        assert one is not None
        assert two is not None
        arguments = ["--format", "json", "--no-config", "--jobs", "1", "--more"]
        assert (one["words"], two["words"]) == (["/a.whl", *arguments], ["/b.whl", *arguments])
        assert one["pid"] == two["pid"]
        assert one["folder"] == []

    def test_failures_are_told_and_the_next_file_is_audited(self, revision: Revision) -> None:
        dead, raised, fine = self.audit(revision, "dies", "raises", "fine", memory=1 << 32)
        assert dead.crash is not None
        assert dead.crash.startswith("the process ended with status 7")
        assert dead.crash.endswith("fallen")
        assert raised.crash is not None
        assert raised.crash.endswith("ZeroDivisionError: by zero")
        assert fine.document is not None

    def test_time_is_bounded(self, revision: Revision) -> None:
        slow, fine = self.audit(revision, "slow", "fine", timeout=2)
        assert slow.crash == "the audit takes more than 2 seconds"
        assert fine.document is not None

    def test_wrong_options_end_the_run(self, revision: Revision) -> None:
        with pytest.raises(EcosystemError, match=r"(?s)one does not accept the options.*no such thing"):
            self.audit(revision, "usage")

    def test_modules_from_elsewhere_end_the_run(self, revision: Revision, tmp_path: Path) -> None:
        (revision.folder / "pkgaudit" / "rules" / "__init__.py").unlink()
        (revision.folder / "pkgaudit" / "rules").rmdir()
        other = tmp_path / "other" / "rules"
        other.mkdir(parents=True)
        (other / "__init__.py").touch()
        (revision.folder / "pkgaudit" / "__init__.py").write_text(f"__path__.append({str(other.parent)!r})\n")
        with pytest.raises(EcosystemError, match=r"would import other modules: pkgaudit\.rules from "):
            self.audit(revision, "fine")

    def test_what_cannot_be_imported_ends_the_run(self, revision: Revision) -> None:
        (revision.folder / "pkgaudit" / "cli.py").write_text("import missing_package\n")
        with pytest.raises(EcosystemError, match=r"(?s)one cannot be run.*missing_package"):
            self.audit(revision, "fine")

    def test_import_path(self, revision: Revision) -> None:
        path = import_path(ROOT, revision, ["", str(ROOT), "/deps"])
        assert path == [str(revision.folder), "/deps"]


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@python.org", "-c", "commit.gpgsign=false"]
    command = [find_program("git"), *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository at its last commit, and so without what is not committed."""
    find_program("git")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    folder = tmp_path_factory.mktemp("clone") / "pkgaudit"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(folder))
    return folder


class TestRevisions:
    def test_no_checkout(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        wheel = Wheel().build().write(tmp_path)
        assert ecosystem.main(["a", "b", str(wheel)], tmp_path) == 2
        assert "is not a git checkout" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["no-such-revision", "--all", "HEAD:pyproject.toml"])
    def test_unknown_revision(self, clone: Path, name: str) -> None:
        with pytest.raises(EcosystemError, match=f"{name}: unknown revision"):
            commit_of(clone, name)

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
    def test_worktree_is_removed(self, clone: Path, tmp_path: Path, error: type[BaseException]) -> None:
        folder = tmp_path / "sources"

        def use() -> None:
            with sources(clone, "HEAD", "HEAD", folder) as path:
                assert (path / "pyproject.toml").is_file()
                assert len(git(clone, "worktree", "list").splitlines()) == 2
                raise error

        with pytest.raises(error):
            use()
        assert len(git(clone, "worktree", "list").splitlines()) == 1
        assert not folder.exists()

    def test_worktree_that_git_did_not_finish_is_removed(self, clone: Path, tmp_path: Path) -> None:
        folder = tmp_path / "sources"
        with sources(clone, "HEAD", "HEAD", folder) as path:
            (kept,) = (clone / ".git" / "worktrees").iterdir()
            (kept / "locked").write_text("initializing")
            (path / ".git").unlink()
        assert not kept.exists()
        assert not folder.exists()

    def test_working_tree_is_as_it_is(self, clone: Path, tmp_path: Path) -> None:
        (clone / "new.txt").write_text("not committed")
        (clone / "build").mkdir()
        (clone / "build" / "old.py").touch()
        try:
            with sources(clone, ".", "HEAD", tmp_path / "sources") as path:
                assert (path / "new.txt").is_file()
                assert not (path / "build").exists()
                assert (path / "pyproject.toml").is_file()
        finally:
            git(clone, "clean", "-fdxq")

    def test_build_that_fails(self, tmp_path: Path) -> None:
        project = tmp_path / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text("[build-system\n")
        with pytest.raises(EcosystemError, match=r"(?s)one cannot be built; the output ends with:.*toml"):
            build_wheel("one", project, tmp_path / "wheel")


def edit(clone: Path, pattern: str, new: str) -> None:
    """Replace what matches in the modules of rules, wherever it is; there is one such place."""
    edited = 0
    for path in (clone / "rules").rglob("*.py"):
        text, times = re.subn(pattern, new, path.read_text("utf-8"))
        edited += times
        if times:
            path.write_text(text, "utf-8")
    assert edited == 1, pattern


@pytest.mark.once
def test_two_commits(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need_backend("setuptools")
    sdist, wheel = Sdist(), Wheel()
    sdist.files[".env"] = b"DATABASE_PASSWORD=rA9vK2" + b"mQ7xLp3TzW\n"
    assert wheel.metadata is not None
    wheel.metadata.set("Requires-Dist", "six @ https://x.python.org/six.zip")
    for each in (sdist, wheel):
        each.build().write(tmp_path)
    edit(clone, r'(@rule\(\s*"MD111",\s*"direct-reference",\s*Severity\.)ERROR', r"\1WARNING")
    git(clone, "commit", "-qam", "Make a rule milder")
    edit(clone, r'@rule\(\s*"SF102"', '@(lambda *_, **__: lambda function: function)("SF102"')
    git(clone, "commit", "-qam", "Drop a rule")

    told = tmp_path / "difference.json"
    arguments: Sequence[str] = ["HEAD~2", "HEAD", str(tmp_path), "--json", str(told)]
    assert ecosystem.main(arguments, clone) == 0
    out = capsys.readouterr().out
    value = json.loads(told.read_text("utf-8"))
    assert value["totals"] == {"gained": 0, "lost": 1, "changed": 1}
    changed, lost = value["files"]
    assert [each["code"] for each in lost["lost"]] == ["SF102"]
    assert [each["in"] for each in changed["changed"]] == [["severity"]]
    assert [each["elsewhere"] + each["errors"] for each in (changed, lost)] == [[], []]
    assert value["rules_only_in_base"] == ["SF102 environment-file"]
    assert "- changed: severity, `sample-1.0-py3-none-any.whl`, `sample-1.0.dist-info/METADATA" in out
    assert str(tmp_path) not in out
    assert len(git(clone, "worktree", "list").splitlines()) == 1
    assert git(clone, "status", "--short") == ""


def test_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.ecosystem", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "BASE HEAD FILES" in done.stdout
