"""Which findings count, and which are one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fixtures import tokens
from fixtures.builders import Sdist as SdistBuilder
from fixtures.builders import Wheel, sample_metadata
from pkgaudit.finding import Finding, Location, Place, Severity, Suppression, SuppressionKind
from pkgaudit.model.distribution import Distribution, make_distribution
from pkgaudit.verdict.policy import merge
from tests.support import run_json

SAME, OTHER = "a" * 64, "b" * 64
ONE = Suppression(SuppressionKind.INLINE, "one")
OTHER_REASON = Suppression(SuppressionKind.INLINE, "other")
SDIST = "dist/sample-1.0.tar.gz"
WHEEL = "dist/sample-1.0-py3-none-any.whl"


def finding(
    distribution: str = SDIST,
    member: str = "a.py",
    line: int = 1,
    level: Severity = Severity.ERROR,
    digest: str | None = SAME,
    suppressed: Suppression | None = None,
    code: str = "XX101",
    name: str = "x",
) -> Finding:
    place = Location(member, line)
    fingerprint = f"{distribution}:{place}"
    return Finding(code, name, level, distribution, place, "m", None, fingerprint, suppressed, digest)


def distributions(*paths: str) -> Iterable[Distribution]:
    return [each for path in paths if (each := make_distribution(path))]


def merged(*findings: Finding) -> list[Finding]:
    return merge(findings, distributions(*{each.distribution: None for each in findings}))


class TestMerge:
    def test_one_finding_with_several_places(self) -> None:
        found = merged(finding(), finding(WHEEL), finding(line=7))
        assert [each.places for each in found] == [
            (
                Place(WHEEL, Location("a.py", 1)),
                Place(SDIST, Location("a.py", 1)),
                Place(SDIST, Location("a.py", 7)),
            )
        ]

    def test_files_of_one_cause(self) -> None:
        """The number is that of one distribution, because the others contain the same files."""
        given = [
            replace(finding(path, member, digest=None), cause="files for tools")
            for path in (WHEEL, SDIST)
            for member in ("a.cfg", "b.cfg")
        ]
        (found,) = merged(*given)
        assert found.message == "m; it is one of 2 files for tools"
        assert len(found.places) == 4

    def test_order_of_the_given_does_not_matter(self) -> None:
        given = [finding(), finding(WHEEL), finding(line=7), finding(WHEEL, "b.py")]
        assert merged(*given) == merged(*reversed(given))

    def test_the_same_words_of_the_metadata_are_one_whatever_their_severity(self, tmp_path: Path) -> None:
        metadata = sample_metadata()
        metadata.set("Requires-Python")
        wheel = Wheel(tag="cp312-cp312-manylinux_2_28_x86_64", metadata=metadata)
        for built in (wheel.build(), SdistBuilder(metadata=metadata).build()):
            built.write(tmp_path)
        report = run_json(tmp_path, "--select", "MD202")
        (found,) = report["findings"]
        assert (found["severity"], len(found["also"])) == ("warning", 1)

    def test_keys_of_tests_are_one_finding(self, tmp_path: Path) -> None:
        made = Wheel()
        made.files |= {
            f"sample/{path}.pem": tokens.armored("RSA ", tokens.rsa_key(path)).encode()
            for path in ("tests/a", "tests/b", "tests/certs/c", "server")
        }
        made.build().write(tmp_path)
        report = run_json(tmp_path, "--select", "SE102")
        found = {each["severity"]: each for each in report["findings"]}
        assert sorted(found) == ["error", "warning"]
        assert len(found["warning"]["also"]) == 2
        assert "it is one of 3 private keys in tests" in found["warning"]["message"]
        assert found["error"]["also"] == []

    def test_a_key_in_code_and_in_tests_is_one_finding(self, tmp_path: Path) -> None:
        wheel, sdist = Wheel(), SdistBuilder()
        key = tokens.armored("RSA ", tokens.rsa_key()).encode()
        wheel.files["sample/server.pem"] = sdist.files["tests/server.pem"] = key
        sdist.files["tests/other.pem"] = tokens.armored("RSA ", tokens.rsa_key("other")).encode()
        for built in (wheel.build(), sdist.build()):
            built.write(tmp_path)
        report = run_json(tmp_path, "--select", "SE102")
        places = [(each["severity"], each["member"], len(each["also"])) for each in report["findings"]]
        assert places == [
            ("error", "sample/server.pem", 1),
            ("warning", "sample-1.0/tests/other.pem", 0),
        ]

    def test_the_most_severe_is_first_and_gives_the_severity(self) -> None:
        [found] = merged(finding(WHEEL, "tests/a.py", level=Severity.WARNING), finding(SDIST, "z.py"))
        assert found.severity is Severity.ERROR
        assert found.place == Place(SDIST, Location("z.py", 1))
        assert found.fingerprint == f"{SDIST}:z.py:1"

    def test_places_in_the_same_distribution_come_next(self) -> None:
        wheels = [f"dist/sample-1.0-cp31{n}-cp31{n}-win32.whl" for n in range(3)]
        [found] = merged(*(finding(wheel, member) for member in ("b.py", "a.py") for wheel in wheels))
        assert [(each.distribution, each.location.member) for each in found.places] == [
            (wheel, member) for wheel in wheels for member in ("a.py", "b.py")
        ]

    def test_the_same_place_is_said_once(self) -> None:
        assert merged(finding(), finding())[0].also == ()

    def test_kept_apart(self) -> None:
        for other in (
            finding("dist/other-1.0.tar.gz"),
            finding(digest=OTHER),
            finding(digest=None),
            finding(suppressed=ONE),
            finding(code="XX102", name="y"),
        ):
            assert len(merged(finding(), other)) == 2
        assert len(merged(finding(digest=None), finding(digest=None))) == 2
        assert len(merged(finding(suppressed=ONE), finding(suppressed=OTHER_REASON))) == 2
        assert len(merged(finding(suppressed=ONE), finding(WHEEL, suppressed=ONE))) == 1

    def test_spellings_of_a_project_are_one(self) -> None:
        assert len(merged(finding("dist/Some.Name-1.0.tar.gz"), finding("dist/some_name-1.0.tar.gz"))) == 1

    def test_many_places(self) -> None:
        many = [finding(line=number) for number in range(1, 20_001)]
        [found] = merged(*many)
        assert len(found.also) == 19_999


def test_what_is_said_of_the_metadata_is_said_once(tmp_path: Path) -> None:
    wheel, sdist = Wheel(), SdistBuilder()
    other = Wheel(tag="cp311-none-any")
    for each in (wheel, sdist, other):
        assert each.metadata
        each.metadata.set("Summary")
    paths = [each.build().write(tmp_path) for each in (wheel, sdist, other)]
    report = run_json(*paths, "--select", "MD201")
    [found] = report["findings"]
    assert {found["distribution"], *(each["distribution"] for each in found["also"])} == set(map(str, paths))
    assert "pyproject.toml" in found["fix"]
    assert {each["verdict"] for each in report["distributions"]} == {"pass"}
