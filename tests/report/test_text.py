"""The text report: readable in 80 columns, in a pipe, and harmless whatever the archive holds."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.builders import Wheel
from pkgaudit.finding import (
    Excerpt,
    Failure,
    Finding,
    Location,
    Place,
    Severity,
    Suppression,
    SuppressionKind,
    Verdict,
)
from pkgaudit.formatting import printable, quoted
from pkgaudit.inputs.paths import Skipped
from pkgaudit.model.distribution import Distribution
from pkgaudit.model.distribution import Wheel as WheelModel
from pkgaudit.pages.site import docs_url
from pkgaudit.report.result import Result, Style
from pkgaudit.report.text import write
from tests.support import registry, run


def finding(
    member: str | None = "a.py",
    line: int | None = None,
    code: str = "XX101",
    level: Severity = Severity.ERROR,
    message: str = "is wrong",
    fix: str | None = None,
    suppressed: str | None = None,
) -> Finding:
    silenced = Suppression(SuppressionKind.PER_FILE, suppressed) if suppressed else None
    return Finding(
        code, "some-name", level, "dist/a.whl", Location(member, line), message, fix, "f", silenced
    )


def text(*findings: Finding, style: Style | None = None, failures: list[Failure] | None = None) -> str:
    out = io.StringIO()
    wheel = WheelModel("dist/a.whl", "a.whl", 1234)
    skipped = [Skipped("dist/a.whl.asc", "signature or attestation")]
    verdict = Verdict.FAIL if findings else Verdict.PASS
    rules = list(registry())[:7]
    result = Result(verdict, Severity.ERROR, [wheel], list(findings), failures or [], skipped, 0.5, rules)
    write(result, out, style or Style())
    return out.getvalue()


def test_suppressed_findings_are_counted() -> None:
    found = text(finding(suppressed="known"), finding("b.py", suppressed="known"))
    assert "dist/a.whl  wheel, 0 files, 1.2 kB: 2 findings suppressed\n" in found


def test_pass() -> None:
    assert text() == (
        "dist/a.whl  wheel, 0 files, 1.2 kB: nothing found\n"
        "1 distribution, 0 files, 7 rules, 0.50 s\n"
        "0 errors, 0 warnings, 0 infos; 1 file skipped\n"
        "PASS\n"
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("'a.py' is wrong", "is wrong"),
        ("'b.py' is wrong", "'b.py' is wrong"),
        ("'a.py' and 2 more files are wrong", "'a.py' and 2 more files are wrong"),
        ("the size of 'a.py' is wrong", "the size of 'a.py' is wrong"),
    ],
)
def test_subject_that_repeats_the_place(message: str, shown: str) -> None:
    for style in (Style(), Style(by_rule=True)):
        assert f"a.py:3: {shown}\n" in text(finding(line=3, message=message), style=style)
    assert f"    {message}\n" in text(finding(None, message=message))


def test_subject_of_escaped_path() -> None:
    path = "a\n\u202eb'.py"
    assert f"{printable(path)}: is wrong\n" in text(finding(path, message=f"{quoted(path)} is wrong"))


def test_fail() -> None:
    found = text(
        finding(line=3, fix="mend it"),
        finding(None, code="XX102", level=Severity.WARNING, message="is odd"),
    )
    assert found == (
        "dist/a.whl  wheel, 0 files, 1.2 kB\n"
        "  error XX101 some-name\n"
        "    a.py:3: is wrong\n"
        "      fix: mend it\n"
        "  warning XX102 some-name\n"
        "    is odd\n"
        "\n"
        "1 distribution, 0 files, 7 rules, 0.50 s\n"
        "1 error, 1 warning, 0 infos; 1 file skipped\n"
        "FAIL\n"
    )


def test_repeated_findings_fold_and_say_a_fix_once() -> None:
    many = [finding(f"{number}.py", fix="mend it") for number in range(10)]
    folded = text(*many)
    assert folded.count("is wrong") == 3
    assert folded.count("mend it") == 1
    assert "… and 7 more (--verbose shows all)" in folded
    assert text(*many, style=Style(verbose=1)).count("is wrong") == 10


def test_suppressed_are_counted_and_shown_on_request() -> None:
    hidden = finding(suppressed="reviewed in May")
    assert "1 suppressed" in text(hidden)
    assert "reviewed" not in text(hidden)
    assert "suppressed: dist/a.whl: a.py: XX101 some-name (reviewed in May)" in text(
        hidden, style=Style(verbose=1)
    )


def places(*found: tuple[str, str, int]) -> tuple[Place, ...]:
    return tuple(Place(distribution, Location(member, line)) for distribution, member, line in found)


def test_other_places_come_below() -> None:
    also = places(("dist/a.whl", "b.py", 2), ("dist/a.tar.gz", "a/b.py", 3))
    found = text(replace(finding(fix="mend it"), also=also))
    assert (
        "    a.py: is wrong\n"
        "      also at b.py:2\n"
        "      also at dist/a.tar.gz: a/b.py:3\n"
        "      fix: mend it\n" in found
    )


def test_many_other_places_fold() -> None:
    also = places(*((f"dist/{number}.whl", "a.py", 1) for number in range(30)))
    found = text(replace(finding(), also=also))
    assert found.count("also at") == 3
    assert "      … and 27 more places (--verbose shows all)\n" in found
    assert "and 1 more place (" in text(replace(finding(), also=also[:4]))
    shown = text(replace(finding(), also=also), style=Style(verbose=1))
    assert shown.count("also at") == 30
    hidden = text(replace(finding(suppressed="known"), also=also), style=Style(verbose=1))
    assert hidden.count("also at") == 30


def test_what_was_found_is_told_by_its_hash_on_request() -> None:
    same = replace(finding(), digest="0123456789abcdef" * 4)
    assert "      content: 0123456789abcdef\n" in text(same, style=Style(verbose=1))
    assert "01234567" not in text(same)


class TestDistributionsWithFindingsElsewhere:
    def text(self, *findings: Finding, verbose: int = 0) -> list[str]:
        out = io.StringIO()
        wheels: list[Distribution] = [WheelModel(f"dist/{name}.whl", f"{name}.whl", 1234) for name in "abcd"]
        write(Result(Verdict.FAIL, Severity.ERROR, wheels, list(findings)), out, Style(verbose=verbose))
        return out.getvalue().splitlines()

    def at(self, home: str, *others: str, level: Severity = Severity.ERROR) -> Finding:
        also = places(*((f"dist/{name}.whl", "a.py", 1) for name in others))
        return replace(finding(level=level), distribution=f"dist/{home}.whl", also=also)

    def test_are_not_said_to_have_none(self) -> None:
        found = self.text(self.at("b", "a", "c"))
        assert found[0] == "dist/a.whl  wheel, 0 files, 1.2 kB: see dist/b.whl below"
        assert found[1] == "dist/b.whl  wheel, 0 files, 1.2 kB"
        assert "dist/c.whl  wheel, 0 files, 1.2 kB: see dist/b.whl above" in found
        assert "dist/d.whl  wheel, 0 files, 1.2 kB: nothing found" in found

    def test_beside_their_own(self) -> None:
        found = self.text(self.at("a", "b", "c"), self.at("b"))
        at = found.index("dist/b.whl  wheel, 0 files, 1.2 kB")
        assert found[at + 2 : at + 5] == ["    a.py: is wrong", "  see also dist/a.whl above", ""]

    def test_in_several(self) -> None:
        found = self.text(self.at("a", "c"), self.at("b", "c"))
        assert "dist/c.whl  wheel, 0 files, 1.2 kB: see dist/a.whl above and 1 more" in found

    def test_quiet(self) -> None:
        found = self.text(self.at("a", "b"), self.at("c", "d", level=Severity.INFO), verbose=-1)
        assert "dist/b.whl  wheel, 0 files, 1.2 kB: see dist/a.whl above" in found
        assert not any(line.startswith(("dist/c", "dist/d")) for line in found)


class TestFrame:
    def frame(self, text_of_line: str, column: int | None, width: int = 80) -> list[str]:
        found = text(
            replace(finding(line=12), excerpt=Excerpt(text_of_line, column)), style=Style(width=width)
        )
        return [line for line in found.splitlines() if " | " in line]

    def test_line_and_caret(self) -> None:
        assert self.frame("import six", 8) == ["      12 | import six", "         |        ^"]

    def test_no_caret_without_a_column(self) -> None:
        assert self.frame("import six", None) == ["      12 | import six"]

    def test_caret_stands_below_what_the_terminal_shows(self) -> None:
        line, caret = self.frame("日本\x1b = x", 7)
        assert line == "      12 | 日本\\x1b = x"
        assert caret == "         | " + " " * (4 + 4 + 3) + "^"

    @pytest.mark.parametrize("column", [1, 40, 79, 80, 150])
    def test_a_long_line_is_cut_around_the_caret(self, column: int) -> None:
        marked = "a" * (column - 1) + "X" + "b" * (160 - column)
        line, caret = self.frame(marked, column)
        assert max(len(line), len(caret)) <= 80
        assert line[caret.index("^")] == "X"


class TestByRule:
    found = (
        finding(code="XX101"),
        replace(finding(code="XX101", member="b.py"), distribution="dist/a.tar.gz"),
        finding(code="XX102", level=Severity.WARNING),
    )

    def test_each_rule_has_one_block(self) -> None:
        shown = text(*self.found, style=Style(by_rule=True))
        assert shown.startswith(
            "error XX101 some-name: 2 findings\n"
            "    dist/a.whl: a.py: is wrong\n"
            "    dist/a.tar.gz: b.py: is wrong\n"
            "\n"
            "warning XX102 some-name: 1 finding\n"
        )

    def test_quiet(self) -> None:
        assert "XX102" not in text(*self.found, style=Style(by_rule=True, verbose=-1))

    def test_statistics(self) -> None:
        many = [finding(str(number), code="XX103") for number in range(10)]
        shown = text(*self.found, *many, style=Style(statistics=True)).splitlines()
        assert shown[-7:-3] == [
            "10  error    XX103 some-name",
            " 2  error    XX101 some-name",
            " 1  warning  XX102 some-name",
            "",
        ]

    def test_statistics_of_nothing(self) -> None:
        assert text(style=Style(statistics=True)) == text()


class TestPage:
    def shown(self, style: Style) -> str:
        out = io.StringIO()
        own = replace(finding(), code="SE102", name="private-key")
        wheels: list[Distribution] = [WheelModel("dist/a.whl", "a.whl", 1234)]
        result = Result(Verdict.FAIL, Severity.ERROR, wheels, [own, finding()], registry=registry())
        write(result, out, style)
        return out.getvalue()

    def test_is_behind_the_name_of_the_rule(self) -> None:
        shown = self.shown(Style(links=True))
        page = docs_url("rules/private-key.html")
        assert f"\x1b]8;;{page}\x1b\\SE102 private-key\x1b]8;;\x1b\\\n" in shown
        assert "error XX101 some-name\n" in shown, "what is of another package has no page here"
        assert shown.count("\x1b]8") == 2

    def test_is_written_out_for_those_who_want_all(self) -> None:
        page = docs_url("rules/private-key.html")
        assert f"    page: {page}\n" in self.shown(Style(verbose=1))
        assert page not in self.shown(Style())


@pytest.mark.parametrize(
    "command", ["::error::x", "  ::set-output name=a::b", "##[error]x", "##vso[task.x]y", "##teamcity[x]"]
)
def test_nothing_from_an_archive_is_a_command_to_a_ci_system(command: str) -> None:
    hostile = WheelModel(command, "a.whl", 1)
    out = io.StringIO()
    found = replace(finding(command, message=command, fix=f"a\n{command}"), distribution=command)
    broken = Failure(f"{'x' * 70} {command}", command)
    write(Result(Verdict.FAIL, Severity.ERROR, [hostile], [found], [broken]), out, Style(width=20))
    for line in out.getvalue().splitlines():
        assert not line.lstrip().startswith("::")
        assert not any(each in line for each in ("##[", "##vso[", "##teamcity["))


def test_failures_name_file_and_member() -> None:
    found = text(failures=[Failure("rule XX101 crashed", "dist/a.whl", "a.py")])
    assert "not audited: dist/a.whl: a.py: rule XX101 crashed\n" in found


def test_a_rule_that_crashes_on_every_file_does_not_bury_the_rest() -> None:
    crashes = [Failure("rule XX101 crashed", "dist/a.whl", f"{number}.py") for number in range(5_000)]
    missing = [Failure("there is no such file", f"{number}.whl") for number in range(9)]
    found = text(failures=[*crashes, *missing])
    assert found.count("rule XX101 crashed") == 4
    assert "not audited: 4,997 more: rule XX101 crashed (--verbose shows all)\n" in found
    assert found.count("there is no such file") == 9
    assert text(failures=crashes, style=Style(verbose=1)).count("rule XX101 crashed") == 5_000


def test_eighty_columns() -> None:
    message = "the requirement 'something' is not what it ought to be " * 4
    lines = text(finding(message=message, fix=message)).splitlines()
    assert max(map(len, lines)) <= 80


def test_a_fix_of_several_lines_keeps_them() -> None:
    found = text(finding(fix="add to pyproject.toml:\n[tool.x]\nexclude = ['a']"))
    assert "      fix: add to pyproject.toml:\n           [tool.x]\n           exclude = ['a']\n" in found


def test_color_only_if_asked_for() -> None:
    assert "\x1b" not in text(finding())
    assert "\x1b[31;1merror\x1b[0m" in text(finding(), style=Style(color=True))


HOSTILE = "a\x1b[2Jb\r\nc\u202ed\u200be\x07\udcfff\x9b0m"


@pytest.mark.parametrize("verbose", [0, 1])
def test_nothing_from_an_archive_acts_on_a_terminal(verbose: int) -> None:
    found = text(
        replace(finding(HOSTILE, message=HOSTILE, fix=HOSTILE), also=places((HOSTILE, HOSTILE, 1))),
        finding(HOSTILE, message=HOSTILE, suppressed=HOSTILE),
        failures=[Failure(HOSTILE, HOSTILE, HOSTILE)],
        style=Style(verbose=verbose),
    )
    assert not set("\x1b\r\u202e\u200b\x07\x9b\udcff") & set(found)
    assert r"a\x1b[2Jb" in found


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain name.py", "plain name.py"),
        ("näïve/日本.py", "näïve/日本.py"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_printable(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_console_of_another_encoding() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    wheel = WheelModel("dist/ä.whl", "ä.whl", 1)
    write(Result(Verdict.PASS, Severity.ERROR, [wheel]), out, Style())
    out.flush()
    assert out.buffer.getvalue().startswith(b"dist/\\xe4.whl  wheel")


class TestColor:
    @pytest.fixture
    def wheel(self, tmp_path: Path) -> Path:
        return Wheel().build().write(tmp_path)

    def test_pipe(self, wheel: Path) -> None:
        assert "\x1b" not in run(wheel, "--no-config").stdout

    def test_forced(self, wheel: Path) -> None:
        assert "\x1b" in run(wheel, "--no-config", "--color", "always").stdout
        assert "\x1b" in run(wheel, "--no-config", env={"FORCE_COLOR": "1"}).stdout

    def test_no_color_beats_force_color(self, wheel: Path) -> None:
        assert "\x1b" not in run(wheel, "--no-config", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
