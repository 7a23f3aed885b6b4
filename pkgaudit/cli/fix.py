"""``pkgaudit fix``: applies the remedies of findings to the settings of a project, and builds it again."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from pkgaudit.cli import complete
from pkgaudit.cli.choices import audit_options, make_config, verdict_options
from pkgaudit.cli.door import put, put_json, say
from pkgaudit.cli.screen import width
from pkgaudit.cli.sections import Sectioned
from pkgaudit.cli.watching import BuildWatch, request_of
from pkgaudit.formatting import counted, printable, without_place

if TYPE_CHECKING:
    from pkgaudit.edits.plan import Change, Edits
    from pkgaudit.finding import Finding
    from pkgaudit.fixing.fix import Fixer, Outcome


_FIXED = "\xa0"
"""A space at which no line ends."""

_REMAINS = "the finding is still there after the edit"
"""The reason why a finding is left if its edit was applied."""


@click.command(
    "fix",
    cls=Sectioned,
    short_help="Apply the remedies of findings to the project's settings.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete.paths)
@audit_options
@verdict_options
@click.option("--yes", "-y", is_flag=True, help="Apply all edits without asking.")
@click.option("--diff", is_flag=True, help="Only show the edits; exit status 1 if there are any.")
@click.option("--unsafe", is_flag=True, help="Also apply edits whose value is a guess.")
@click.option("--allow-dirty", is_flag=True, help="Also edit files with changes that git does not have.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("text", "json")),
    default="text",
    help="Format of the plan and its result.  [default: text]",
)
@click.option("--verbose", "-v", is_flag=True, help="Show the complete output of a failed build.")
@click.pass_context
def command(ctx: click.Context, /, **choices: Any) -> None:
    """Edit the settings of a project so that the findings go away, build it again, and compare.

    PATH is a project folder (default: the current one) or distributions of one project. The command audits
    what a clean copy of the project builds: the files that git does not ignore, without git all files but
    caches. It shows the edits of pyproject.toml, MANIFEST.in, setup.cfg and .gitattributes as a diff, asks,
    and writes them only if the project still builds with them and nothing else changes. Without a terminal it
    only shows the edits.
    """
    ctx.exit(run(choices))


def run(choices: dict[str, Any]) -> int:
    """Fix a project and return the exit status.

    Raises:
        PkgauditError: the configuration cannot be used, or the project cannot be fixed.
        click.UsageError: the arguments cannot be used.
    """
    from pkgaudit.fixing.fix import Fixer, project_of
    from pkgaudit.inputs.paths import collect
    from pkgaudit.rule import load_registry

    if choices["yes"] and choices["diff"]:
        raise click.UsageError("--yes and --diff exclude each other")
    choices["paths"] = choices["paths"] or (".",)
    registry = load_registry()
    config = make_config(choices, registry)
    given = collect(choices["paths"])
    if given.failures:
        raise click.UsageError("; ".join(f"{each.distribution}: {each.message}" for each in given.failures))
    project = project_of(given)
    watch = BuildWatch(choices["verbose"])
    with Fixer(project, request_of(choices), config, registry, watch) as fixer:
        before = fixer.audit(given)
        if fixer.unbuilt is not None:
            watch.build_failed(str(project.folder), fixer.unbuilt.lines, fixer.unbuilt.last_lines)
        is_json = choices["format_name"] == "json"
        shows_only = choices["diff"] or not (choices["yes"] or (_is_terminal() and not is_json))
        screen = _Screen(choices["yes"], is_json, before.redact)
        if shows_only:
            from pkgaudit.fixing.fix import Outcome

            outcome = Outcome(before, fixer.edits(before, {}, choices["unsafe"]))
            screen.show(outcome.edits)
        else:
            outcome = fixer.fix(
                before, lambda edits: screen.choose(edits, fixer, choices), unsafe=choices["unsafe"]
            )
            if outcome.texts:
                fixer.write(outcome, screen.texts)
        screen.tell(outcome, fixer)
    if shows_only and outcome.edits.changes:
        return 1
    return _status(outcome, fixer)


def _is_terminal() -> bool:
    return all(each is not None and each.isatty() for each in (sys.stdin, sys.stdout))


def _status(outcome: Outcome, fixer: Fixer) -> int:
    last = outcome.after or outcome.before
    assert last is not None
    if outcome.refused is not None:
        return 2
    return max(last.exit_status, int(outcome.is_partial))


class _Screen:
    """Shows edits, asks for them, and says what became of them. With ``is_json`` only the end is shown."""

    def __init__(self, is_yes: bool, is_json: bool, redact: Callable[[str], str | None]) -> None:
        self._is_yes = is_yes
        self._is_json = is_json
        self._redact = redact
        self.texts: dict[str, str | None] = {}

    def show(self, edits: Edits, changes: Sequence[Change] | None = None) -> None:
        """Show edits as a diff."""
        if not self._is_json and (changes := edits.changes if changes is None else changes):
            put(self._diff(edits, changes).replace("\r", ""))

    def _diff(self, edits: Edits, changes: Sequence[Change]) -> str:
        """Return the diff of edits, in which secrets of the settings files are masked."""
        from pkgaudit.edits.diffs import unified

        diff = self._redact(unified(edits, changes))
        return (
            "the diff is not shown, because it could not be searched for secrets\n" if diff is None else diff
        )

    def choose(self, edits: Edits, fixer: Fixer, choices: dict[str, Any]) -> Sequence[Change]:
        """Show edits and return those that the user wants.

        Raises:
            FixError: a file has changes that git does not have.
        """
        from pkgaudit.edits.errors import FixError

        for file, text in edits.texts.items():
            self.texts.setdefault(file, text)
        files = dict.fromkeys(file for change in edits.changes for file in change.files)
        if not choices["allow_dirty"]:
            for file, state in fixer.project.uncommitted(files).items():
                raise FixError(f"{file} {state}; commit it first, or use --allow-dirty")
        self.show(edits)
        if self._is_yes:
            return edits.changes
        answer = _ask(f"Apply {_counted(edits.changes)}? [y]es, [n]o, [e]ach", "yne")
        if answer != "e":
            return edits.changes if answer == "y" else ()
        chosen = []
        for change in edits.changes:
            self.show(edits, [change])
            for finding in change.findings:
                put(_line(finding))
            if _ask("Apply this edit? [y]es, [n]o", "yn") == "y":
                chosen.append(change)
        return chosen

    def tell(self, outcome: Outcome, fixer: Fixer) -> None:
        """Show the result."""
        from pkgaudit.edits.plan import NO_EDIT, UNCHANGED, USELESS

        if self._is_json:
            put_json(self._as_json(outcome, fixer))
            return
        fixable = [finding for change in outcome.edits.changes for finding in change.findings]
        state, shown = ("fixable: ", fixable) if outcome.after is None else ("fixed: ", outcome.cured)
        for each in shown:
            put(_line(each, state))
            rule = fixer.registry.rules.get(each.name)
            # An edit only keeps the file with a secret out of the next release.
            if rule is not None and rule.confidential and each.remedy is not None and each.remedy.first:
                put(_wrapped(f"still to do: {each.remedy.first}", "    "))
        for each in outcome.new:
            put(_line(each, "new: "))
        told = {each.fingerprint for each in (*outcome.cured, *outcome.new)}
        reasons = {each.fingerprint: reason for each, reason in outcome.edits.others} | outcome.others
        left = [each for each, _ in outcome.edits.others] if outcome.after is None else outcome.left
        for each in left:
            if each.fingerprint not in told:
                put(_line(each, "not fixed: "))
                reason = reasons.get(each.fingerprint, _REMAINS)
                fix = (each.fix or "").partition("\n")[0].rstrip(":")
                if reason != NO_EDIT:
                    put(_wrapped(reason, "    "))
                if reason in (NO_EDIT, UNCHANGED, USELESS, _REMAINS):
                    put(_wrapped(fix, "    "))
        for path, names in fixer.stale.items():
            files = f"{names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}"
            note = f"{path} is of an earlier build, and only this file still names {files}"
            put(_wrapped(f"note: {note}: delete its folder before you build", ""))
        if ".gitattributes" in outcome.texts and outcome.is_written:
            put("commit .gitattributes, because git and the build backend read the committed file")
        if outcome.refused is not None:
            say(f"nothing was {'changed further' if outcome.is_written else 'changed'}: {outcome.refused}")
        put(_summary(outcome, is_unbuilt=fixer.unbuilt is not None))

    def _as_json(self, outcome: Outcome, fixer: Fixer) -> dict[str, Any]:
        def finding(each: Finding, **more: Any) -> dict[str, Any]:
            return {
                "code": each.code,
                "name": each.name,
                "severity": str(each.severity),
                "path": each.distribution,
                "member": each.location.member,
                "message": each.message,
                "fingerprint": each.fingerprint,
                **more,
            }

        last = outcome.after or outcome.before
        assert last is not None
        errors = [self._redact(each.message) for each in last.failures]
        if fixer.unbuilt is not None and outcome.after is None:
            errors += map(self._redact, fixer.unbuilt.last_lines)
        return {
            "project": str(fixer.project.folder),
            "changes": [
                {
                    "files": change.files,
                    "diff": self._diff(outcome.edits, [change]),
                    "findings": [finding(each) for each in change.findings],
                }
                for change in outcome.edits.changes
            ],
            "others": [finding(each, reason=reason) for each, reason in outcome.edits.others],
            "diff": self._diff(outcome.edits, outcome.edits.changes),
            "applied": outcome.is_written,
            "refused": outcome.refused,
            "verdict": last.outcome,
            "errors": [each for each in errors if each is not None],
            "stale": fixer.stale,
            "fixed": [each.fingerprint for each in outcome.cured],
            "new": [finding(each) for each in outcome.new],
        }


def _summary(outcome: Outcome, *, is_unbuilt: bool) -> str:
    fixable = sum(len(change.findings) for change in outcome.edits.changes)
    total = fixable + len(outcome.edits.others)
    if outcome.is_written:
        files = ", ".join(outcome.texts)
        assert outcome.after is not None
        verdict = outcome.after.outcome.upper()
        return f"{counted(len(outcome.cured), 'finding')} fixed in {files}; the rebuilt project: {verdict}"
    assert outcome.before is not None
    if not total and is_unbuilt:
        return "no edit is known that makes the project build; the last lines of the build name the fault"
    if not total:
        return f"nothing to fix; the project: {outcome.before.outcome.upper()}"
    return f"{fixable:,} of {counted(total, 'finding')} can be fixed; no file was changed"


def _counted(changes: Sequence[Change]) -> str:
    findings = sum(len(change.findings) for change in changes)
    return f"{counted(len(changes), 'edit')} for {counted(findings, 'finding')}"


def _line(finding: Finding, state: str = "") -> str:
    place = str(finding.location)
    message = without_place(finding.message, finding.location.member) if place else finding.message
    return _wrapped(f"{state}{finding.code} {f'{place}: ' if place else ''}{message}", "")


def _wrapped(text: str, indent: str) -> str:
    """Return a text in lines that fit on the screen."""
    lines = textwrap.wrap(
        # A line must not begin with the two colons of a classifier, which CI systems read as a command.
        printable(text).replace(" ::", f"{_FIXED}::"),
        width(sys.stdout),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_FIXED, " ")


def _ask(question: str, letters: str) -> str:
    """Return the letter of the answer; the end of the input counts as no."""
    while True:
        say(question)
        line = sys.stdin.readline()
        answer = line.strip().lower()[:1]
        if not line:
            return "n"
        if answer and answer in letters:
            return answer
