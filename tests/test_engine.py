"""What the engine does with rules, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from fixtures.builders import Sdist, Wheel, zip_archive
from pkgaudit.api import (
    ArchiveKind,
    BinaryFile,
    Bytecode,
    Distribution,
    Exclude,
    Files,
    Location,
    Member,
    Problem,
    PythonFile,
    Release,
    Severity,
    SharedLibrary,
    Summaries,
    TextFile,
    Upload,
    View,
    Words,
    confidential,
    redaction,
    rule,
    summary,
)
from pkgaudit.api import Sdist as SdistModel
from pkgaudit.api import Wheel as WheelModel
from pkgaudit.config.config import Config, ConfigError, parse_config
from pkgaudit.engine import audit_distribution, audit_release, audit_upload
from pkgaudit.judged import Audit
from pkgaudit.model.distribution import group_releases
from pkgaudit.plan import Plan
from pkgaudit.rule import Registry, RuleError
from pkgaudit.verdict.policy import Policy
from tests import support


def registry_of(*functions: Any) -> Registry:
    module = ModuleType("some_rules")
    for function in functions:
        function.__module__ = module.__name__
        setattr(module, function.__name__, function)
    registry = Registry()
    registry.add_module(module)
    return registry


def audits(path: Path, *functions: Any, table: dict[str, Any] | None = None) -> Audit:
    config = parse_config(table or {}, "test")
    registry = registry_of(*functions)
    config.validate(registry)
    return audit_distribution(str(path), Plan.make(registry, config), config)


def test_only_what_later_rules_need_is_kept(tmp_path: Path) -> None:
    config = Config()
    plan = Plan.make(support.registry(), config)
    audit = audit_distribution(str(Wheel().build().write(tmp_path)), plan, config)
    made = audit.distribution
    assert made is not None
    paths = list(made.files)
    needed = {kind for each in (*plan.releases, *plan.uploads) for kind in each.rule.needs}
    assert not needed.issuperset(audit.summaries)
    audit.forget(plan)
    assert needed.issuperset(audit.summaries)
    assert len(vars(made)) <= len(fields(made)) + 1, "the fields and the metadata"
    assert list(made.files) == paths


def judged(path: Path, *functions: Any, table: dict[str, Any] | None = None) -> list[str | None]:
    """Return what suppresses each finding."""
    audit = audits(path, *functions, table=table)
    assert audit.distribution
    assert not audit.failures
    policy = Policy(parse_config(table or {}, "test"), registry_of(*functions))
    found = policy.apply(audit.findings, [audit.distribution])
    return [None if each.suppressed is None else str(each.suppressed) for each in found]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    made = Wheel()
    made.files["sample/lib.so"] = b"\x7fELF" + bytes(60)
    made.files["sample/old.pyc"] = b"\xa7\r\r\n" + bytes(12)
    made.files["sample/inner.zip"] = zip_archive(
        {"deep.py": b"x = 1\n", "more.zip": zip_archive({"a.txt": b"a"})}
    )
    return made.build().write(tmp_path)


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (PythonFile, {"sample/__init__.py", "sample/core.py", "sample/inner.zip!/deep.py"}),
        (SharedLibrary, {"sample/lib.so"}),
        (Bytecode, {"sample/old.pyc"}),
    ],
)
def test_views(wheel: Path, kind: type[View], seen: set[str]) -> None:
    def look(view: View) -> Iterator[Problem]:
        yield Problem("seen", view.location)

    look.__annotations__["view"] = kind
    found = audits(wheel, rule("XX101", "x", Severity.INFO)(look)).findings
    assert {each.location.member for each in found} == seen


def test_member_rule_sees_every_member_with_its_digest(wheel: Path) -> None:
    @rule("XX101", "x", Severity.INFO)
    def look(member: Member) -> Iterator[Problem]:
        yield Problem(f"{member.entry.size} {member.entry.sha256[:8]}", member.location)

    found = {str(each.location): each.message for each in audits(wheel, look).findings}
    assert found["sample/inner.zip!/more.zip!/a.txt"] == "1 ca978112"
    assert len(found) == 13


def test_text_is_decoded_once_however_many_rules_look(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    original = TextFile.of

    def counting(member: Any, window: Any) -> Any:
        made.append(member.path)
        return original(member, window)

    monkeypatch.setattr(TextFile, "of", counting)

    @rule("XX101", "x", Severity.INFO)
    def one(text: TextFile) -> Iterator[Problem]:
        yield Problem("one", text.at(0))

    @rule("XX102", "y", Severity.INFO)
    def two(text: TextFile) -> Iterator[Problem]:
        yield Problem("two", text.at(0))

    assert len(audits(wheel, one, two).findings) == 16
    assert len(made) == len(set(made))


def test_nothing_is_decoded_if_no_rule_asks(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TextFile, "of", lambda *_: pytest.fail("decoded"))

    @rule("XX101", "x", Severity.INFO)
    def look(member: Member) -> Iterator[Problem]:
        yield Problem("x", member.location)

    assert audits(wheel, look).findings


def test_rules_over_a_distribution_are_told_apart(tmp_path: Path) -> None:
    @rule("XX101", "x", Severity.INFO)
    def of_wheels(wheel: WheelModel) -> Iterator[Problem]:
        yield Problem(str(wheel.dist_info))

    @rule("XX102", "y", Severity.INFO)
    def of_sdists(sdist: SdistModel) -> Iterator[Problem]:
        yield Problem(str(sdist.root))

    @rule("XX103", "z", Severity.INFO)
    def of_both(distribution: Distribution) -> Iterator[Problem]:
        yield Problem(distribution.name)

    def found(path: Path) -> list[str]:
        return [each.message for each in audits(path, of_wheels, of_sdists, of_both).findings]

    assert found(Wheel().build().write(tmp_path)) == ["sample-1.0.dist-info", "sample"]
    assert found(Sdist().build().write(tmp_path)) == ["sample-1.0", "sample"]


@dataclass(frozen=True)
class Options:
    words: tuple[str, ...] = ("answer",)
    limit: int = 1
    ratio: float = 0.5
    maybe: str | None = None
    table: dict[str, str] = field(default_factory=dict)


@rule("XX101", "with-options", Severity.INFO)
def with_options(text: TextFile, options: Options) -> Iterator[Problem]:
    """Say the options."""
    if text.path == "sample/core.py":
        yield Problem(repr(options), text.at(0))


class TestOptions:
    def test_defaults(self, wheel: Path) -> None:
        assert audits(wheel, with_options).findings[0].message == repr(Options())

    def test_set(self, wheel: Path) -> None:
        table = {"words": ["a", "b"], "limit": 2, "ratio": 1, "maybe": "x", "table": {"k": "v"}}
        found = audits(wheel, with_options, table={"with-options": table}).findings
        assert found[0].message == repr(Options(("a", "b"), 2, 1.0, "x", {"k": "v"}))

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"word": []}, "unknown key 'word'; did you mean 'words'?"),
            ({"words": "a"}, "words: expected a list of strings, found 'a'"),
            ({"words": [1]}, "words: expected a string, found 1"),
            ({"limit": True}, "limit: expected a whole number, found True"),
            ({"limit": "1"}, "limit: expected a whole number, found '1'"),
        ],
    )
    def test_wrong(self, wheel: Path, table: dict[str, Any], said: str) -> None:
        with pytest.raises(ConfigError) as error:
            audits(wheel, with_options, table={"with-options": table})
        assert str(error.value) == f"test: [with-options]: {said}" or said in str(error.value)
        assert "test: [with-options]" in str(error.value)


@dataclass(frozen=True)
class Length:
    characters: int


class TestSummaries:
    def test_computed_once_and_only_if_asked(self, wheel: Path) -> None:
        computed: list[str] = []

        @summary
        def length(text: TextFile) -> Length | None:
            computed.append(text.path)
            return Length(len(text.text)) if text.path.endswith("core.py") else None

        @rule("XX101", "x", Severity.INFO)
        def whole(distribution: Distribution, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem(repr(dict(lengths)))

        @rule("XX102", "y", Severity.INFO)
        def again(distribution: Distribution, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem(str(lengths["sample/core.py"].characters))

        found = audits(wheel, length, whole, again).findings
        assert found[0].message == "{'sample/core.py': Length(characters=53)}"
        assert len(computed) == len(set(computed)) > 5
        computed.clear()
        assert not audits(wheel, length, whole, again, table={"ignore": ["XX"]}).findings
        assert not computed

    def test_not_for_a_rule_over_a_member(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def early(member: Member, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="may use summaries"):
            registry_of(early)


class TestFiles:
    """Rules and summaries are called only on the files that they declare."""

    def test_a_summary(self, tmp_path: Path) -> None:
        seen: list[str] = []

        @summary(files=Files((".typed",), ("core.py",), nested=False))
        def named(file: BinaryFile) -> Length:
            seen.append(file.path)
            return Length(1)

        @rule("XX101", "x", Severity.INFO)
        def whole(distribution: Distribution, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem(f"{len(lengths)}")

        built = Wheel()
        built.files |= {
            "sample/a.typed": b"x",
            "sample/core.pyi": b"x",
            "sample/xcore.py": b"x = 1\n",
            "sample/b.zip": zip_archive({"core.py": b"x = 1\n"}),
        }
        assert audits(built.build().write(tmp_path), named, whole).findings[0].message == "2"
        assert seen == ["sample/core.py", "sample/a.typed"]

    def test_its_bytes(self, wheel: Path) -> None:
        @rule("XX101", "x", Severity.INFO, files=Files(starts=(b'"""',), contains=Words(b"answer")))
        def found(file: BinaryFile) -> Iterator[Problem]:
            yield Problem("x", file.location)

        @rule("XX102", "y", Severity.INFO, files=Files((".py",), nested=False))
        def modules(file: TextFile) -> Iterator[Problem]:
            yield Problem("y", file.location)

        both = ["sample/__init__.py", "sample/core.py"]
        findings = audits(wheel, found, modules).findings
        assert sorted(each.location.member or "" for each in findings) == sorted(both * 2)

    def test_a_rule_on_members(self, wheel: Path) -> None:
        @rule("XX101", "x", Severity.INFO, files=Files(names=("py.typed",)))
        def found(member: Member) -> Iterator[Problem]:
            yield Problem("x", member.location)

        assert [each.location.member for each in audits(wheel, found).findings] == ["sample/py.typed"]

    def test_a_summary_is_made_only_of_the_distributions_whose_rules_need_it(self, tmp_path: Path) -> None:
        made: list[ArchiveKind] = []

        @summary
        def length(file: BinaryFile) -> Length:
            made.append(file.member.archive)
            return Length(1)

        @rule("XX101", "x", Severity.INFO)
        def of_sdist(sdist: SdistModel, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem("x")

        @rule("XX102", "y", Severity.INFO)
        def of_release(release: Release, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem("y")

        for built in (Wheel().build(), Sdist().build()):
            audits(built.write(tmp_path), length, of_sdist)
        assert {*made} == {ArchiveKind.SDIST}
        audits(Wheel().build().write(tmp_path), length, of_sdist, of_release)
        assert {*made} == {*ArchiveKind} - {ArchiveKind.OTHER}

    @pytest.mark.parametrize("subject", [Distribution, Member])
    def test_a_rule_without_files_may_not_declare_any(self, subject: type) -> None:
        def found(given: Any) -> Iterator[Problem]:
            yield Problem("x")

        found.__annotations__["given"] = subject
        with pytest.raises(RuleError, match="XX101"):
            registry_of(rule("XX101", "x", Severity.INFO, files=Files(starts=(b"x",)))(found))


def test_release(tmp_path: Path) -> None:
    @summary
    def length(text: TextFile) -> Length:
        return Length(len(text.text))

    @rule("XX101", "x", Severity.INFO)
    def whole(release: Release, lengths: Summaries[Length]) -> Iterator[Problem]:
        wheel, sdist = release.wheels[0], release.sdists[0]
        assert lengths[f"{wheel.path}/sample/core.py"] == lengths[f"{sdist.path}/sample-1.0/sample/core.py"]
        yield Problem("of the sdist", Location("sample-1.0/PKG-INFO", 1), distribution=sdist.path)
        yield Problem(release.project)

    registry = registry_of(length, whole)
    config = parse_config({}, "test")
    plan = Plan.make(registry, config)
    paths = [
        Wheel().build().write(tmp_path),
        Sdist().build().write(tmp_path),
        Wheel("other").build().write(tmp_path),
    ]
    done = [audit_distribution(str(path), plan, config) for path in paths]
    releases = group_releases([each.distribution for each in done if each.distribution])
    assert [each.project for each in releases] == ["other", "sample"]
    findings = audit_release(releases[1], done[:2], plan).findings
    assert [(each.distribution, each.message) for each in findings] == [
        (str(paths[1]), "of the sdist"),
        (str(paths[0]), "sample"),
    ]


def test_upload(tmp_path: Path) -> None:
    @rule("XX101", "all", Severity.WARNING)
    def all_given(upload: Upload) -> Iterator[Problem]:
        for path in upload.foreign:
            yield Problem("foreign", distribution=path)
        yield Problem(" ".join(release.project for release in upload.releases))

    registry = registry_of(all_given)
    config = parse_config({}, "test")
    plan = Plan.make(registry, config)
    paths = [Wheel().build().write(tmp_path), Wheel("other").build().write(tmp_path)]
    done = [audit_distribution(str(path), plan, config) for path in paths]
    releases = group_releases([each.distribution for each in done if each.distribution])
    findings = audit_upload(Upload(releases, ["dist/notes.txt"]), done, plan).findings
    assert [(each.distribution, each.message) for each in findings] == [
        ("dist/notes.txt", "foreign"),
        (str(paths[1]), "other sample"),
    ]
    assert audit_upload(Upload([], []), [], plan).findings == []
    [alone] = audit_upload(Upload([], ["dist/notes.txt"]), [], plan).findings[:1]
    assert alone.distribution == "dist/notes.txt"


class TestCrash:
    def test_is_reported_and_stops_nothing(self, wheel: Path) -> None:
        @rule("XX101", "broken", Severity.ERROR)
        def broken(text: TextFile) -> Iterator[Problem]:
            yield Problem("before", text.at(0))
            raise ValueError("the secret is hunter2")

        @rule("XX102", "sound", Severity.INFO)
        def sound(text: TextFile) -> Iterator[Problem]:
            yield Problem("sound", text.at(0))

        audit = audits(wheel, broken, sound)
        files = {each.location.member for each in audit.findings if each.code == "XX102"}
        assert len(files) == 8
        assert {each.location.member for each in audit.findings if each.code == "XX101"} == files
        assert {each.member for each in audit.failures} == files
        assert {each.rule for each in audit.failures} == {"XX101"}
        said = audit.failures[0].message
        assert said.startswith("rule XX101 broken of some_rules crashed (ValueError at test_engine.py:")
        assert "hunter2" not in said

    @pytest.mark.parametrize("garbage", ["text", None, 1])
    def test_what_is_no_problem_is_one(self, wheel: Path, garbage: Any) -> None:
        @rule("XX101", "broken", Severity.ERROR)
        def broken(distribution: Distribution) -> Iterator[Any]:
            yield garbage

        assert "TypeError" in audits(wheel, broken).failures[0].message

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ((1,), {}),
            (("x", "a.py"), {}),
            (("x", None), {}),
            (("x",), {"digest": "hunter2"}),
            (("x",), {"digest": "A" * 64}),
            (("x",), {"digest": b"a" * 64}),
            (("x",), {"inline_reason": True}),
            (("x",), {"data": {"Needs": "x"}}),
            (("x",), {"data": {"needs": {"a": "x"}}}),
            (("x",), {"data": {"needs": [["x"]]}}),
            (("x",), {"data": ["needs"]}),
        ],
    )
    def test_malformed_problem(self, wheel: Path, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        @rule("XX101", "broken", Severity.ERROR)
        def broken(distribution: Distribution) -> Iterator[Problem]:
            yield Problem(*arguments, **named)

        assert "TypeError" in audits(wheel, broken).failures[0].message

    @pytest.mark.parametrize("end", [SystemExit(0), GeneratorExit()])
    def test_rule_that_would_end_the_program(self, wheel: Path, end: BaseException) -> None:
        @rule("XX101", "broken", Severity.ERROR)
        def broken(distribution: Distribution) -> Iterator[Problem]:
            yield Problem("before")
            raise end

        audit = audits(wheel, broken)
        assert len(audit.failures) == len(audit.findings) == 1

    def test_of_a_summary(self, wheel: Path) -> None:
        @summary
        def length(text: TextFile) -> Length:
            raise KeyError("x")

        @rule("XX101", "x", Severity.INFO)
        def whole(distribution: Distribution, lengths: Summaries[Length]) -> Iterator[Problem]:
            yield Problem(str(len(lengths)))

        audit = audits(wheel, length, whole)
        assert [each.message for each in audit.findings] == ["0"]
        assert "length crashed (KeyError" in audit.failures[0].message


class TestInlineIgnores:
    @pytest.mark.parametrize(
        ("comment", "silenced"),
        [
            ("pkgaudit: ignore[XX101] reviewed", "reviewed"),
            ("pkgaudit:ignore[ZZ9, XX]", "inline"),
            ("pkgaudit: ignore[xx101]: reviewed -->", "reviewed"),
            ("pkgaudit: ignore[ALL] */ x", "inline"),
            ("pkgaudit: ignore[marked]", "inline"),
            ("pkgaudit: ignore[XX102]", None),
            ("pkgaudit: ignore[]", None),
            ("pkgaudit: ignore", None),
        ],
    )
    def test_on_the_line(self, tmp_path: Path, comment: str, silenced: str | None) -> None:
        @rule("XX101", "marked", Severity.ERROR)
        def marked(text: TextFile) -> Iterator[Problem]:
            at = text.text.find("MARK")
            if at >= 0:
                yield Problem("marked", text.at(at))

        made = Wheel()
        made.files["sample/a.py"] = f"a = 1\nb = 'MARK'  # {comment}\n".encode()
        path = made.build().write(tmp_path)
        assert judged(path, marked) == [silenced]
        assert judged(path, marked, table={"inline-ignores": False}) == [None]

    def test_of_one_file_says_nothing_of_the_next(self, tmp_path: Path) -> None:
        @rule("XX101", "marked", Severity.ERROR)
        def marked(text: TextFile) -> Iterator[Problem]:
            if text.text.startswith("MARK"):
                yield Problem("marked", text.at(0))

        made = Wheel()
        for number in range(200):
            comment = "  # pkgaudit: ignore[XX101]" if number % 2 else ""
            made.files[f"sample/{number:03}.py"] = f"MARK{comment}\n".encode()
        assert judged(made.build().write(tmp_path), marked) == [None, "inline"] * 100

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    @pytest.mark.parametrize("kind", [TextFile, BinaryFile])
    def test_in_a_wide_text(self, tmp_path: Path, encoding: str, kind: type[View]) -> None:
        def marked(view: View) -> Iterator[Problem]:
            if view.path.endswith("a.txt"):
                yield Problem("marked", Location(view.path, 2, 1))
                yield Problem("not marked", Location(view.path, 3, 1))

        marked.__annotations__["view"] = kind
        text = "ä = 1\r\nb = 'MARK'  # pkgaudit: ignore[XX101]\r\nc = 1\r\n"
        mark = "" if encoding == "utf-16" else "\ufeff"
        made = Wheel()
        made.files["sample/a.txt"] = f"{mark}{text}".encode(encoding)
        found = judged(made.build().write(tmp_path), rule("XX101", "x", Severity.ERROR)(marked))
        assert found == ["inline", None]

    @pytest.mark.parametrize("kind", [Member, Distribution, WheelModel])
    def test_for_whatever_rule_names_the_line(self, tmp_path: Path, kind: Any) -> None:
        def marked(subject: Any) -> Iterator[Problem]:
            if isinstance(subject, Distribution) or subject.path.endswith("METADATA"):
                yield Problem("marked", Location("sample-1.0.dist-info/METADATA", 8))
                yield Problem("marked", Location("sample-1.0.dist-info/METADATA", 9))
                yield Problem("marked", Location("sample-1.0.dist-info/METADATA"))

        marked.__annotations__["subject"] = kind
        made = Wheel()
        assert made.metadata
        head = b"\n".join(b"X-%d: x" % number for number in range(7))
        made.files["sample-1.0.dist-info/METADATA"] = (
            head + b"\nX: <!-- pkgaudit: ignore[XX101] known -->\nY: x\n"
        )
        made.metadata = None
        found = judged(made.build().write(tmp_path), rule("XX101", "x", Severity.ERROR)(marked))
        assert found == ["known", None, None]

    @pytest.mark.parametrize("kind", [Release, Upload])
    def test_for_rules_over_several_distributions(self, tmp_path: Path, kind: Any) -> None:
        def marked(subject: Any) -> Iterator[Problem]:
            for each in subject.distributions:
                yield Problem("marked", Location("sample/a.txt", 1), distribution=each.path)

        marked.__annotations__["subject"] = kind
        paths = []
        for tag, comment in (("py2-none-any", b"# pkgaudit: ignore[x]"), ("py3-none-any", b"")):
            made = Wheel(tag=tag)
            made.files["sample/a.txt"] = b"mark " + comment
            paths.append(str(made.build().write(tmp_path)))
        rules = registry_of(rule("XX101", "x", Severity.ERROR)(marked))
        plan = Plan.make(rules, Config())
        alone = [audit_distribution(path, plan, Config()) for path in paths]
        known = [each.distribution for each in alone if each.distribution]
        releases = group_releases(known)
        together = [audit_release(releases[0], alone, plan), audit_upload(Upload(releases), alone, plan)]
        policy = Policy(Config(), rules)
        assert policy.apply((), known) == []
        found = policy.apply(each for audit in together for each in audit.findings)
        assert [(each.distribution, each.suppressed is None) for each in found] == [
            (paths[0], False),
            (paths[1], True),
        ]

    def test_lines_of_large_members_count_once(self, tmp_path: Path) -> None:
        made = Wheel()
        comment = b"x = 1  # pkgaudit: ignore[XX101]\n"
        made.files["sample/a.txt"] = b"x\n" * 300 + comment + b"x\n" * 1000 + comment

        @rule("XX101", "x", Severity.ERROR)
        def marked(member: Member) -> Iterator[Problem]:
            if member.path == "sample/a.txt":
                yield from (Problem("marked", Location(member.path, line)) for line in (301, 1302, 1301))

        path = made.build().write(tmp_path)
        audit = audits(path, marked, table=TestLargeMembers.LIMITS)
        assert audit.distribution
        assert [each.location.line for each in audit.distribution.inline_ignores] == [301, 1302]
        assert judged(path, marked, table=TestLargeMembers.LIMITS) == ["inline", "inline", None]

    def test_so_many_that_not_all_count(self, tmp_path: Path) -> None:
        made = Wheel()
        made.files["sample/a.txt"] = b"# pkgaudit: ignore[XX101]\n" * 7_000

        @rule("XX101", "x", Severity.ERROR)
        def marked(member: Member) -> Iterator[Problem]:
            if member.path == "sample/a.txt":
                yield from (Problem("marked", Location(member.path, line)) for line in (5_000, 5_001))

        path = made.build().write(tmp_path)
        assert judged(path, marked) == ["inline", None]
        distribution = audits(path, marked).distribution
        assert distribution
        assert distribution.more_ignores == 2_000

    def test_reason_has_no_secret_in_it(self, tmp_path: Path) -> None:
        @redaction
        def without(text: str) -> str:
            return text.replace("hunter2", "...")

        @rule("XX101", "x", Severity.ERROR)
        def marked(member: Member) -> Iterator[Problem]:
            if member.path == "sample/a.py":
                yield Problem("marked", Location(member.path, 1))

        made = Wheel()
        made.files["sample/a.py"] = b"x = 1  # pkgaudit: ignore[x] the hunter2 of " + b"y" * 1000
        [found] = judged(made.build().write(tmp_path), marked, without)
        assert found is not None
        assert found.startswith("the ... of yyy")
        assert len(found) <= 200


class TestAllowed:
    @pytest.mark.parametrize(
        ("kind", "table", "suppressed"),
        [
            (TextFile, {}, "a comment"),
            (TextFile, {"inline-ignores": False}, None),
            (Distribution, {}, "a comment"),
            (Distribution, {"inline-ignores": False}, None),
        ],
    )
    def test_counts_unless_comments_do_not(
        self, wheel: Path, kind: Any, table: dict[str, Any], suppressed: str | None
    ) -> None:
        def marked(subject: Any) -> Iterator[Problem]:
            if isinstance(subject, Distribution) or subject.path == "sample/core.py":
                yield Problem("marked", inline_reason="a comment")

        marked.__annotations__["subject"] = kind
        found = audits(wheel, rule("XX101", "x", Severity.ERROR)(marked), table=table).findings
        assert [each.suppressed and str(each.suppressed) for each in found] == [suppressed]

    def test_by_a_rule_over_a_release(self, wheel: Path) -> None:
        @rule("XX101", "x", Severity.ERROR)
        def marked(release: Release) -> Iterator[Problem]:
            yield Problem("marked", inline_reason="a comment")

        for table, suppressed in ({}, "a comment"), ({"inline-ignores": False}, None):
            config = parse_config(table, "test")
            plan = Plan.make(registry_of(marked), config)
            audit = audit_distribution(str(wheel), plan, config)
            assert audit.distribution
            [found] = audit_release(group_releases([audit.distribution])[0], [audit], plan).findings
            assert (found.suppressed and str(found.suppressed)) == suppressed

    def test_comment_that_one_of_two_windows_misses(self, tmp_path: Path) -> None:
        @rule("XX101", "x", Severity.ERROR)
        def marked(text: TextFile) -> Iterator[Problem]:
            for found in re.finditer("MARK", text.text):
                before = text.text[: found.start()].count("ALLOWED")
                yield Problem("marked", text.at(found.start()), inline_reason="a comment" if before else None)

        made = Wheel()
        # Windows of 1000 bytes overlap by 500: the comment is in the first alone, the mark in two.
        made.files["sample/a.txt"] = b"ALLOWED\n" + b"x\n" * 350 + b"MARK\n" + b"x\n" * 1000
        path = made.build().write(tmp_path)
        found = audits(path, marked, table=TestLargeMembers.LIMITS).findings
        assert [str(each.suppressed) for each in found] == ["a comment"]


def test_what_was_found_is_told_by_its_digest(wheel: Path) -> None:
    @rule("XX101", "x", Severity.ERROR)
    def marked(distribution: Distribution) -> Iterator[Problem]:
        yield Problem("marked", digest="0123456789abcdef" * 4)
        yield Problem("other")

    found = audits(wheel, marked).findings
    assert [(each.digest, each.content) for each in found] == [
        ("0123456789abcdef" * 4, "0123456789abcdef"),
        (None, None),
    ]


@dataclass(frozen=True)
class Shared:
    table: ClassVar[str] = "shared"

    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named(Shared):
    table: ClassVar[str] = "Not Kebab"


@dataclass(frozen=True)
class Taken(Shared):
    table: ClassVar[str] = "one-rule"


@dataclass(frozen=True)
class Reserved(Shared):
    table: ClassVar[str] = "limits"


@dataclass(frozen=True)
class Same(Shared):
    """Other options that claim the same table."""


def takes(options: Any, code: str = "XX102", name: str = "other-rule") -> Any:
    def some(distribution: Distribution, options: Any) -> Iterator[Problem]:
        seen.append(options)
        yield Problem(repr(options))

    seen: list[Any] = []
    some.__annotations__["options"] = options
    some.__name__ = name.replace("-", "_")
    some.seen = seen  # type: ignore[attr-defined]
    return rule(code, name, Severity.INFO)(some)


class TestSharedOptions:
    def test_one_table_for_several_rules(self, wheel: Path) -> None:
        one, other = takes(Shared, "XX101", "one-rule"), takes(Shared)
        audit = audits(wheel, one, other, table={"shared": {"words": ["a"]}})
        assert [each.message for each in audit.findings] == ["Shared(words=('a',))"] * 2
        assert one.seen[0] is other.seen[0]

    def test_defaults(self, wheel: Path) -> None:
        assert audits(wheel, takes(Shared)).findings[0].message == "Shared(words=())"

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"shared": {"word": []}}, "test: [shared]: unknown key 'word'; did you mean 'words'?"),
            ({"shared": {"words": "a"}}, "test: [shared]: words: expected a list of strings, found 'a'"),
            ({"shard": {}}, "test: unknown key 'shard'; did you mean 'shared'?"),
            ({"other-rule": {}}, "test: the options of 'other-rule' belong in the table 'shared'"),
            ({"xx102": {}}, "test: the options of XX102 belong in the table 'shared'"),
        ],
    )
    def test_mistakes(self, wheel: Path, table: dict[str, Any], said: str) -> None:
        with pytest.raises(ConfigError) as error:
            audits(wheel, takes(Shared), table=table)
        assert str(error.value) == said

    def test_table_that_is_not_for_them(self) -> None:
        with pytest.raises(RuleError, match=r"XX102: .* kebab-case name, not 'Not Kebab'"):
            registry_of(takes(Named))
        with pytest.raises(RuleError, match="XX102 other-rule: 'limits' is a key of the configuration"):
            registry_of(takes(Reserved))
        with pytest.raises(RuleError, match="XX102 limits: 'limits' is a key of the configuration"):
            registry_of(takes(Shared, name="limits"))

    def test_table_that_is_taken(self) -> None:
        one, other = takes(Shared, "XX101", "one-rule"), takes(Taken)
        for given in (one, other), (other, one):
            with pytest.raises(RuleError, match=r"the table 'one-rule' is taken by XX10. o"):
                registry_of(*given)
        with pytest.raises(RuleError, match="the table 'shared' is taken by XX101 one-rule"):
            registry_of(one, takes(Same))

    def test_table_of_one_of_the_rules_that_share_it(self) -> None:
        for order in (1, -1):
            rules = [takes(Shared), takes(Shared, "XX101", "shared")][::order]
            assert {each.table for each in registry_of(*rules)} == {"shared"}

    def test_field_of_that_name_is_an_option_as_any(self) -> None:
        assert next(iter(registry_of(with_options))).table == "with-options"


class TestLargeMembers:
    LIMITS: ClassVar = {"limits": {"member-bytes": 1000}}

    def test_text_is_read_in_windows_with_true_lines(self, tmp_path: Path) -> None:
        @rule("XX101", "x", Severity.INFO)
        def marked(text: TextFile) -> Iterator[Problem]:
            at = text.text.find("MARK")
            while at >= 0:
                yield Problem("marked", text.at(at))
                at = text.text.find("MARK", at + 1)

        lines = [f"line {number}" for number in range(1, 2001)]
        for number in (1, 100, 1000, 2000):
            lines[number - 1] = "MARK"
        made = Wheel()
        made.files["sample/big.txt"] = "\n".join(lines).encode()
        path = made.build().write(tmp_path)
        found = audits(path, marked, table=self.LIMITS).findings
        assert [each.location.line for each in found] == [1, 100, 1000, 2000]

    def test_digest_and_size_are_those_of_the_whole(self, tmp_path: Path) -> None:
        made = Wheel()
        made.files["sample/big.txt"] = b"x" * 5_000_000
        path = made.build().write(tmp_path)

        @rule("XX101", "x", Severity.INFO)
        def sizes(member: Member) -> Iterator[Problem]:
            if member.name == "big.txt":
                yield Problem(f"{member.entry.size} {member.entry.sha256[:8]}", member.location)

        import hashlib

        digest = hashlib.sha256(b"x" * 5_000_000).hexdigest()[:8]
        assert audits(path, sizes, table=self.LIMITS).findings[0].message == f"5000000 {digest}"


class TestFingerprints:
    def test_survive_a_new_version_and_moved_lines(self, tmp_path: Path) -> None:
        @rule("XX101", "x", Severity.ERROR)
        def marked(text: TextFile) -> Iterator[Problem]:
            at = text.text.find("MARK")
            if at >= 0:
                yield Problem(f"marked at {at}", text.at(at), key="mark")

        def print_of(version: str, before: str) -> str:
            made = Sdist(version=version)
            made.files["sample/a.py"] = f"{before}MARK".encode()
            return audits(made.build().write(tmp_path), marked).findings[0].fingerprint

        assert print_of("1.0", "") == print_of("2.0", "\n\n# moved\n")

    def test_tell_repeated_problems_apart(self, wheel: Path) -> None:
        @rule("XX101", "x", Severity.ERROR)
        def twice(distribution: Distribution) -> Iterator[Problem]:
            yield Problem("same", Location("a", 1))
            yield Problem("same", Location("a", 2))

        assert len({each.fingerprint for each in audits(wheel, twice).findings}) == 2


def test_remedy_is_worded_for_the_backend(wheel: Path) -> None:
    @rule("XX101", "x", Severity.ERROR)
    def out(member: Member) -> Iterator[Problem]:
        if member.name == "core.py":
            yield Problem("x", member.location, Exclude(member.path))

    fix = audits(wheel, out).findings[0].fix
    assert fix is not None
    assert "core.py" in fix


@redaction
def without_words(text: str) -> str:
    """Take a word out of a text."""
    return text.replace("hush", "…")


@redaction
def failing(text: str) -> str:
    """Fail on what holds a word, quoting it."""
    if "hush" in text:
        raise ValueError(text)
    return text


class TestRedaction:
    @staticmethod
    @rule("XX101", "talk", Severity.ERROR)
    def talk(distribution: Distribution) -> Iterator[Problem]:
        yield Problem("say hush", Location("hush.py", 1), "do not say hush")
        yield Problem("say hush", Location("other.py", 1), Exclude("other/hush.py"))
        yield Problem("say nothing")

    def test_messages_and_fixes_go_through_it(self, wheel: Path) -> None:
        found = audits(wheel, self.talk, without_words).findings
        assert [each.message for each in found] == ["say …", "say …", "say nothing"]
        assert found[0].fix == "do not say …"
        assert found[1].fix is not None
        assert "other/….py" in found[1].fix
        assert str(found[0].location) == "hush.py:1"

    def test_fingerprints_stay(self, wheel: Path) -> None:
        before, after = audits(wheel, self.talk), audits(wheel, self.talk, without_words)
        assert [each.fingerprint for each in before.findings] == [each.fingerprint for each in after.findings]

    def test_a_text_goes_through_once(self, wheel: Path) -> None:
        seen: list[str] = []

        @redaction
        def note(text: str) -> str:
            seen.append(text)
            return text

        audits(wheel, self.talk, note)
        assert seen.count("say hush") == 1

    def test_all_of_them_have_their_turn(self, wheel: Path) -> None:
        @redaction
        def without_dots(text: str) -> str:
            return text.replace("…", "(gone)")

        found = audits(wheel, self.talk, without_words, without_dots).findings
        assert found[0].message == "say (gone)"

    def test_one_that_fails_neither_hides_a_finding_nor_shows_its_text(self, wheel: Path) -> None:
        audit = audits(wheel, self.talk, failing)
        unshown = "talk: the message is not shown, because it could not be searched for secrets"
        assert [each.message for each in audit.findings] == [unshown, unshown, "say nothing"]
        assert [each.fix for each in audit.findings] == [None, None, None]
        (failure,) = audit.failures
        assert failure.message.startswith(
            "redaction failing of some_rules crashed on a text of rule XX101 talk"
        )
        assert "hush" not in failure.message
        assert len({each.fingerprint for each in audit.findings}) == 3

    def test_one_that_returns_no_text_fails(self, wheel: Path) -> None:
        @redaction
        def wrong(text: str) -> str:
            return None  # type: ignore[return-value]

        audit = audits(wheel, self.talk, wrong)
        assert "hush" not in str([each.message for each in audit.findings])
        assert "TypeError" in audit.failures[0].message

    def test_a_release_goes_through_it(self, wheel: Path) -> None:
        @rule("XX102", "talk-of-all", Severity.ERROR)
        def talk(release: Release) -> Iterator[Problem]:
            yield Problem("say hush")

        config = parse_config({}, "test")
        plan = Plan.make(registry_of(talk, without_words), config)
        one = audit_distribution(str(wheel), plan, config)
        assert one.distribution is not None
        (release,) = group_releases([one.distribution])
        assert [each.message for each in audit_release(release, [one], plan).findings] == ["say …"]

    def test_it_takes_and_returns_a_text(self) -> None:
        @redaction
        def of_bytes(text: bytes) -> str:
            return ""

        @redaction
        def of_two(text: str, more: str) -> str:
            return ""

        for wrong in (of_bytes, of_two):
            with pytest.raises(RuleError, match="must take one text"):
                registry_of(wrong)


class TestConfidential:
    @staticmethod
    @confidential
    def numbers(file: TextFile) -> Iterator[str]:
        if "number" in file.text:
            yield file.text.partition("number ")[2].strip()

    @staticmethod
    @rule("XX101", "talk", Severity.ERROR)
    def talk(distribution: Distribution) -> Iterator[Problem]:
        cut = "name-1A2B3C4D5E…"
        yield Problem(f"say {cut}", fix=f"write {cut}", data={"value": cut})
        yield Problem("say a", fix=Exclude("sample/1a2b3c4d5e6f7g8h"))

    @pytest.fixture
    def numbered(self, tmp_path: Path) -> Path:
        made = Wheel()
        made.files["sample/a.txt"] = b"the number 1a2b-3c4d-5e6f-7g8h"
        return made.build().write(tmp_path)

    def test_changed_texts_of_a_file_are_masked(self, numbered: Path) -> None:
        assert audits(numbered, self.talk).findings[0].message == "say name-1A2B3C4D5E…"
        first, second = audits(numbered, self.talk, self.numbers).findings
        assert (first.message, first.fix, first.data["value"]) == ("say …", "write …", "…")
        assert second.fix is not None
        assert "1a2b3c4d" not in second.fix
        assert second.settings == ()

    def test_those_of_a_release_are_masked(self, numbered: Path) -> None:
        @rule("XX102", "talk-of-all", Severity.ERROR)
        def talk(release: Release) -> Iterator[Problem]:
            yield Problem("say 1a2b3c4d5e6f")

        config = parse_config({}, "test")
        plan = Plan.make(registry_of(talk, self.numbers), config)
        one = audit_distribution(str(numbered), plan, config)
        assert one.distribution is not None
        (release,) = group_releases([one.distribution])
        assert [each.message for each in audit_release(release, [one], plan).findings] == ["say …"]

    def test_one_that_fails_is_reported_and_hides_what_looks_random(self, numbered: Path) -> None:
        @confidential
        def broken(file: TextFile) -> Iterator[str]:
            raise ValueError(file.text)

        @rule("XX102", "x", Severity.ERROR)
        def talk(distribution: Distribution) -> Iterator[Problem]:
            yield Problem("say a1B2c3D4e5F6g7H8i9J0")

        audit = audits(numbered, talk, broken)
        assert [each.message for each in audit.findings] == ["say …"]
        assert "number" not in audit.failures[0].message
        assert audit.failures[0].message.startswith("the search for confidential texts")

    def test_it_takes_a_view(self) -> None:
        @confidential
        def of_text(text: str) -> Iterator[str]:
            yield text

        with pytest.raises(RuleError, match="must take one view"):
            registry_of(of_text)


class TestMalformedRules:
    @pytest.mark.parametrize(
        ("code", "name"),
        [("X101", "x"), ("XX10", "x"), ("xx101", "x"), ("XX101", "Not Kebab"), ("XX101", "")],
    )
    def test_identity(self, code: str, name: str) -> None:
        @rule(code, name, Severity.INFO)
        def some(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError):
            registry_of(some)

    def test_no_subject(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def some(number: int) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="first parameter"):
            registry_of(some)

    def test_unknown_parameter(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def some(member: Member, more: int) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="'more'"):
            registry_of(some)

    def test_name_is_taken(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def one(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        @rule("XX102", "x", Severity.INFO)
        def two(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="taken by XX101"):
            registry_of(one, two)

    def test_code_is_taken(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def one(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        @rule("XX101", "y", Severity.ERROR)
        def two(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="taken by XX101 x"):
            registry_of(one, two)

    def test_former_name_is_taken(self) -> None:
        @rule("XX101", "x", Severity.INFO)
        def one(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        @rule("XX102", "y", Severity.ERROR, formerly=["x"])
        def two(member: Member) -> Iterator[Problem]:
            yield Problem("x")

        with pytest.raises(RuleError, match="taken by XX101 x"):
            registry_of(one, two)


def test_pedantic_problems_count_where_they_are_asked_for(wheel: Path) -> None:
    @rule("XX101", "picky", Severity.INFO)
    def look(wheel: WheelModel) -> Iterator[Problem]:
        yield Problem("plain")
        yield Problem("picky", pedantic=True)

    def messages(table: dict[str, Any]) -> list[str]:
        return [each.message for each in audits(wheel, look, table=table).findings]

    assert messages({}) == messages({"select": ["XX"]}) == messages({"select": ["ALL"]}) == ["plain"]
    for table in ({"pedantic": True}, {"select": ["XX101"]}, {"extend-select": ["picky"]}):
        assert messages(table) == ["plain", "picky"]


def test_what_a_rule_could_not_judge_is_skipped(wheel: Path) -> None:
    @rule("XX101", "x", Severity.ERROR)
    def look(wheel: WheelModel) -> Iterator[Problem]:
        yield Problem("It is too large.", Location("sample/lib.so"), unjudged=True)
        yield Problem("It is too odd.", unjudged=True)

    audit = audits(wheel, look)
    assert audit.findings == []
    assert [(each.path, each.reason) for each in audit.skipped] == [
        (f"{wheel}: sample/lib.so", "It is too large."),
        (str(wheel), "It is too odd."),
    ]
