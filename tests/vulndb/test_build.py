"""Advisory data: records of every shape, damaged and hostile sources, and the same bytes each time."""

from __future__ import annotations

import datetime
import gzip
import json
import random
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pkgaudit.model.advisories import Span
from pkgaudit.vulndb import sources
from pkgaudit.vulndb.build import build
from pkgaudit.vulndb.file import AdvisoryDataError, as_file, check, read_advisories, summary
from pkgaudit.vulndb.osv import read_record
from pkgaudit.vulndb.records import LARGEST, RecordError, parse
from pkgaudit.vulndb.sources import SourceError
from pkgaudit.vulndb.spans import common, from_events, merged
from tests.support import run

TODAY = datetime.date(2026, 6, 1)

ALL = [{"introduced": "0"}]


def record(name: str = "CVE-1", events: Any = ALL, **more: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": more.pop("project", "sample")}
    affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": name, "modified": "2026-05-02T00:00:00Z", "affected": [affected], **more}


def spans_of(events: str) -> list[str]:
    pairs = [(kind, text) for kind, _, text in (each.partition(":") for each in events.split())]
    return [
        f"{span.low or 0} - {span.high or ''}{']' if span.closed else ')'}" for span in from_events(pairs)
    ]


@pytest.mark.parametrize(
    ("events", "spans"),
    [
        ("introduced:0", ["0 - )"]),
        ("introduced:0 fixed:1.2", ["0 - 1.2)"]),
        ("fixed:1.2 introduced:0", ["0 - 1.2)"]),
        ("introduced:1.0 last_affected:1.4", ["1.0 - 1.4]"]),
        ("introduced:1 fixed:2 introduced:1 fixed:2", ["1 - 2)"]),
        ("fixed:3.1 introduced:3 introduced:2 fixed:2.5", ["2 - 2.5)", "3 - 3.1)"]),
        ("introduced:1 fixed:1.5 fixed:2", ["1 - 1.5)"]),
        ("introduced:1 fixed:1", []),
        ("fixed:2", []),
        ("introduced:0 fixed:2 introduced:2 fixed:3", ["0 - 3)"]),
        ("introduced:2 last_affected:2", ["2 - 2]"]),
        ("introduced:1.10 fixed:1.9", ["1.10 - )"]),
        ("introduced:1 limit:2", ["1 - 2)"]),
        ("introduced:1 limit:2 limit:*", ["1 - )"]),
    ],
)
def test_events(events: str, spans: list[str]) -> None:
    assert spans_of(events) == spans


@pytest.mark.parametrize("text", ["", "banana", "1.0-foo-bar", "*"])
def test_a_range_with_an_unreadable_version_is_left_out(text: str) -> None:
    for kind in ("introduced", "fixed", "last_affected"):
        with pytest.raises(ValueError):
            from_events([("introduced", "0"), (kind, text)])


VERSIONS = [Version(each) for each in ("0.1", "1.0", "1.1", "1.2", "1.3", "2.0", "2.1")]
BOUNDS = st.one_of(st.none(), st.sampled_from(VERSIONS))
SPANS = st.lists(
    st.builds(
        lambda low, high, closed: Span(low, high, closed and high is not None),
        BOUNDS,
        BOUNDS,
        st.booleans(),
    ),
    max_size=4,
)
BETWEEN = [*VERSIONS, *(Version(f"{each}.0.0.1") for each in VERSIONS), Version("0.0.1")]


@given(SPANS, SPANS)
def test_calculations_agree_with_each_version(some: list[Span], others: list[Span]) -> None:
    one, other = merged(some), merged(others)
    both = common(one, other)
    assert both == merged(both)
    for version in BETWEEN:
        of_one, of_other = (any(each.covers(version) for each in spans) for spans in (some, others))
        assert any(each.covers(version) for each in one) == of_one
        assert any(each.covers(version) for each in both) == (of_one and of_other)


def write(folder: Path, *records: Any) -> str:
    folder.mkdir(exist_ok=True)
    for number, each in enumerate(records):
        (folder / f"{number}.json").write_text(each if isinstance(each, str) else json.dumps(each))
    return str(folder)


def ids_of(folder: Path, *records: Any, project: str = "sample") -> list[tuple[str, ...]]:
    return [each.ids for each in build([write(folder, *records)], TODAY).projects.get(project, [])]


def test_aliases_are_joined_and_the_best_known_comes_first(tmp_path: Path) -> None:
    records = (
        record("PYSEC-1", aliases=["CVE-1"]),
        record("GHSA-1", aliases=["CVE-1"]),
        record("CVE-2"),
    )
    assert ids_of(tmp_path / "a", *records) == [("CVE-1", "GHSA-1", "PYSEC-1"), ("CVE-2",)]


def test_versions_count_that_all_records_of_a_vulnerability_list(tmp_path: Path) -> None:
    one = record("PYSEC-1", [{"introduced": "0"}, {"fixed": "3"}], aliases=["CVE-1"])
    other = record("GHSA-1", [*ALL, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "3"}], aliases=["CVE-1"])
    [advisory] = build([write(tmp_path / "a", one, other)], TODAY).projects["sample"]
    assert advisory.spans == (Span(None, Version("1.5")), Span(Version("2"), Version("3")))


def test_records_without_a_common_version_stay_apart(tmp_path: Path) -> None:
    both = record("GHSA-1", aliases=["CVE-1", "CVE-2"], affected=[])
    one = record("PYSEC-1", [*ALL, {"fixed": "1"}], aliases=["CVE-1", "GHSA-1"])
    other = record("PYSEC-2", [{"introduced": "2"}, {"fixed": "3"}], aliases=["CVE-2", "GHSA-1"])
    assert ids_of(tmp_path / "a", one, other, both) == [
        ("CVE-1", "GHSA-1", "PYSEC-1"),
        ("CVE-2", "GHSA-1", "PYSEC-2"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "without an identifier"),
        ({"id": "a\nb"}, "without an identifier"),
        ({"affected": []}, "without versions"),
        ({"affected": None}, "without versions"),
        ({"affected": "PyPI"}, "without versions"),
        ({"affected": [{"package": {"ecosystem": "PyPI", "name": "x"}}]}, "without versions"),
        ({"affected": [{"package": {"ecosystem": "npm", "name": "x"}}]}, "on other ecosystems"),
        ({"affected": [{"package": {"ecosystem": "PyPI", "name": "../x"}}]}, "on other ecosystems"),
    ],
)
def test_records_that_are_left_out(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        read_record(record() | change, Counter())


def test_withdrawn_records_and_older_ones_are_left_out(tmp_path: Path) -> None:
    made = build(
        [
            write(
                tmp_path / "a",
                record("CVE-1", withdrawn="2026-01-01T00:00:00Z"),
                record("CVE-2"),
                record("CVE-2", modified="2020-01-01T00:00:00Z", project="older"),
            )
        ],
        TODAY,
    )
    assert (made.read, made.used) == (3, 1)
    assert made.left_out == {"withdrawn": 1, "repeated": 1}
    assert list(made.projects) == ["sample"]


def test_only_ecosystem_ranges_count_and_else_versions() -> None:
    made = record()
    made["affected"][0] |= {"ranges": [{"type": "GIT", "events": ALL}], "versions": ["1.0", "odd version"]}
    unread: Counter[str] = Counter()
    assert read_record(made, unread).affected == {"sample": [Span(Version("1.0"), Version("1.0"), True)]}
    assert unread.total() == 1


def test_names_are_normalized_and_malware_may_list_versions_only(tmp_path: Path) -> None:
    made = record("MAL-2026-1", [], project="Sample_Project")
    made["affected"][0]["versions"] = ["1.0"]
    [advisory] = build([write(tmp_path / "a", made)], TODAY).projects["sample-project"]
    assert advisory.is_malware
    assert not advisory.covers_all


def test_the_date_is_that_of_the_newest_record_but_not_in_the_future(tmp_path: Path) -> None:
    days = ("2026-05-30", "9999-01-01", "not a day", "")
    records = [record(f"CVE-{number}", modified=day) for number, day in enumerate(days)]
    assert build([write(tmp_path / "a", *records)], TODAY).date == datetime.date(2026, 5, 30)
    assert build([write(tmp_path / "b", records[2])], TODAY).date == TODAY


def test_the_order_of_files_and_sources_does_not_matter(tmp_path: Path) -> None:
    records = [record(f"CVE-{n}", aliases=[f"GHSA-{n // 2}"], project=f"p{n % 3}") for n in range(12)]
    records.append(record("CVE-3", [*ALL, {"fixed": "2"}]))
    first = as_file(build([write(tmp_path / "a", *records)], TODAY))
    random.Random(1).shuffle(records)
    halves = [write(tmp_path / "b", *records[:6]), write(tmp_path / "c", *records[6:])]
    assert as_file(build(halves, TODAY)) == first


def test_yaml_keeps_the_text_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "record.yaml"
    path.write_text(
        "id: PYSEC-1\nmodified: 2026-05-02T00:00:00Z\nwithdrawn: null\naliases:\n- CVE-1\naffected:\n"
        "- package: {ecosystem: PyPI, name: sample}\n  ranges:\n  - type: ECOSYSTEM\n    events:\n"
        "    - introduced: 0\n    - fixed: 1.10\n---\nid: own-2\n"
    )
    made = build([str(path)], TODAY)
    assert made.projects["sample"][0].spans == (Span(None, Version("1.10")),)
    assert made.left_out == {"without versions": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [x]\nb: *a", "with aliases"),
        ("[" * 60, "nested too deeply"),
        ("a: [", "not valid YAML"),
        ("? {a: b}\n: c", "not valid YAML"),
        ("a: \0", "not valid YAML"),
    ],
)
def test_yaml_that_is_not_read(text: str, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        list(parse(text.encode(), is_yaml=True))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"id": ', "not valid JSON"),
        (b"\xff\xfe\xfd", "not valid JSON"),
        (b" " * (LARGEST + 1), "larger than 8 MB"),
    ],
)
def test_json_that_is_not_read(data: bytes, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        list(parse(data, is_yaml=False))


def test_of_repeated_keys_the_last_counts() -> None:
    assert list(parse(b'{"id": 1, "id": 2}', is_yaml=False)) == list(parse(b"id: 1\nid: 2", is_yaml=True))


def zipped(path: Path, **members: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zip_file_and_the_cache_of_osv_scanner(tmp_path: Path) -> None:
    content = {
        "CVE-1.json": json.dumps(record()).encode(),
        "../../up.json": json.dumps(record("CVE-2")).encode(),
    }
    path = zipped(tmp_path / "cache/osv-scalibr/PyPI/all.zip", **content)
    zipped(tmp_path / "cache/osv-scalibr/npm/all.zip", **{"CVE-9.json": b"damaged"})
    made = [build([str(each)], TODAY) for each in (path, tmp_path / "cache", path.parent)]
    assert {each.used for each in made} == {2}
    assert not (tmp_path.parent / "up.json").exists()


def test_hidden_files_and_links_are_not_read(tmp_path: Path) -> None:
    source = Path(write(tmp_path / "a", record()))
    write(source / ".git", record("CVE-2"))
    (tmp_path / "own.json").write_text(json.dumps(record("CVE-3")))
    (source / "link.json").symlink_to(tmp_path / "own.json")
    assert build([str(source)], TODAY).read == 1


def test_a_member_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "all.zip",
        **{"a.json": b"pypi".ljust(LARGEST + 1), "b.json": json.dumps(record()).encode()},
    )
    assert build([str(path)], TODAY).left_out == {"larger than 8 MB": 1}


def test_sources_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = zipped(tmp_path / "all.zip", **{"a.json": json.dumps(record()).encode() * 50})
    (tmp_path / "cut.zip").write_bytes(good.read_bytes()[:-40])
    damaged = bytearray(good.read_bytes())
    damaged[45] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(damaged)
    (tmp_path / "text.txt").write_text("PyPI")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "npm", record() | {"affected": []})
    for name, says in (
        ("cut.zip", "is damaged"),
        ("damaged.zip", "is damaged"),
        ("text.txt", "neither a folder"),
        ("missing", "cannot be read"),
        ("empty", "contains no records"),
        ("npm", "no record on a project"),
        ("a\0b", "not a path"),
    ):
        with pytest.raises(SourceError, match=says):
            build([str(tmp_path / name)], TODAY)
    monkeypatch.setattr(sources, "_MOST_BYTES", 100)
    with pytest.raises(SourceError, match="unpacks to more"):
        build([str(good)], TODAY)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "vulndb.json.gz"
    path.write_bytes(
        as_file(build([write(tmp_path / "a", record(), record("CVE-2", project="other"))], TODAY))
    )
    return path


def test_the_file_is_read_again(data: Path) -> None:
    made = read_advisories(data, ["sample", "unknown"])
    assert made.date == datetime.date(2026, 5, 2)
    assert [each.ids for each in made.of("sample")] == [("CVE-1",)]
    assert made.of("sample")[0].covers_all
    assert (made.of("unknown"), made.of("other")) == ((), ())
    assert summary(data) == (made.date, 2, 2, 2)
    data.write_bytes(gzip.decompress(data.read_bytes()))
    assert read_advisories(data, ["sample"]) == made


def changed(data: Path, **values: Any) -> bytes:
    return json.dumps(json.loads(gzip.decompress(data.read_bytes())) | values).encode()


def test_files_that_are_not_advisory_data(data: Path) -> None:
    content = data.read_bytes()
    wrong = [
        content[:-9],
        content[:30],
        b"\x1f\x8bxx",
        gzip.compress(b"[" * 100_000),
        b"PK\x03\x04",
        b"",
        b"{}",
        changed(data, version=2),
        changed(data, date="yesterday"),
        changed(data, date=None),
        changed(data, projects=["sample"]),
        *(
            changed(data, projects={"sample": each})
            for each in (
                7,
                [7],
                [["CVE-1", [[None]]]],
                [[["CVE-1"], []]],
                [[[], [[None]]]],
                [[["CVE-1"], [["x"]]]],
            )
        ),
        changed(data, projects={"sample": [[["CVE-1\x1b"], [[None]]]]}),
    ]
    for each in wrong:
        data.write_bytes(each)
        with pytest.raises(AdvisoryDataError, match=r"^[^\n]+$"):
            read_advisories(data, ["sample"])
    with pytest.raises(AdvisoryDataError, match="cannot be read"):
        check(data.parent)


def test_the_command_writes_the_file_or_nothing(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    source = write(tmp_path / "a", record(), record("CVE-2", withdrawn="2026-01-01"))
    result = run("vulndb", "build", source, env=env)
    assert (result.exit_code, "2 records read, 1 used; left out: 1 withdrawn" in result.stderr) == (0, True)
    said = run("vulndb", "info", env=env).stdout
    assert "as of 2026-05-02; 1 record, 1 vulnerability, 1 project" in said
    path = tmp_path / "data/pkgaudit/vulndb.json.gz"
    before = path.read_bytes()
    write(tmp_path / "b", "{}")
    assert run("vulndb", "build", tmp_path / "b", env=env).exit_code == 2
    assert path.read_bytes() == before
    assert run("vulndb", "build", env=env).exit_code == 2
    assert run("vulndb", "build", source, "-o", tmp_path / "x-1.0-py3-none-any.whl").exit_code == 2
    assert run("vulndb", "build", f"{source}/0.json", "-o", f"{source}/0.json").exit_code == 2
    assert run("vulndb", "info", tmp_path / "missing").exit_code == 2
    assert "advisories" in run("--version", "--verbose", env=env).stdout
    named = {"XDG_DATA_HOME": str(tmp_path), "PKGAUDIT_VULNDB": str(path)}
    assert "as of 2026-05-02" in run("vulndb", "info", env=named).stdout
    assert "none" in run("--version", "--verbose", env={"XDG_DATA_HOME": str(tmp_path)}).stdout
