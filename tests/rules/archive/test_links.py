"""Links: followed as a file system does, whatever they are, within bounds."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.builders import Sdist, Wheel, sample_sources, tar_archive, tar_info
from pkgaudit.api import Entry, EntryType
from pkgaudit.model.distribution import Sdist as SdistModel
from pkgaudit.rules.archive.link_targets import BUDGET, Fate, follow_links
from tests.support import audit

Member = tuple[str, EntryType, str | None]


def model(*members: Member) -> SdistModel:
    sdist = SdistModel("sample-1.0.tar.gz", "sample-1.0.tar.gz")
    sdist.entries = [Entry(path, kind, link_target=target) for path, kind, target in members]
    return sdist


def fates(*members: Member) -> dict[str, Fate]:
    return {link.entry.path: link.fate for link in follow_links(model(*members))}


FILE = ("r/f", EntryType.FILE, None)


@pytest.mark.parametrize(
    ("path", "target", "fate"),
    [
        ("r/l", "f", None),
        ("r/l", "./f", None),
        ("r/l", "d/../f", None),
        ("r/l", ".", None),
        ("r/d/l", "..", None),
        ("r/d/l", "../f", None),
        ("r/l", "f/", None),
        ("r/l", "..", Fate.ESCAPES),
        ("r/l", "../r/f", Fate.ESCAPES),
        ("r/l", "d/../../f", Fate.ESCAPES),
        ("l", "r/f", None),
        ("r/l", "\\\\host\\share", Fate.ABSOLUTE),
        ("r/l", "c:f", Fate.ABSOLUTE),
        ("r/l", "/", Fate.ABSOLUTE),
        ("r/l", "d\\..\\..\\f", Fate.ESCAPES),
        ("r/d/l", "..\\f", None),
        ("r/l", "g", Fate.DANGLES),
        ("r/l", "f/g", Fate.DANGLES),
        ("r/l", "l", Fate.LOOPS),
        ("r/l", "./l/x", Fate.LOOPS),
    ],
)
def test_fate_of_a_symbolic_link(path: str, target: str, fate: Fate | None) -> None:
    assert fates(FILE, (path, EntryType.SYMLINK, target)).get(path) is fate


def test_chain_within_the_bound() -> None:
    chain: list[Member] = [(f"r/{number}", EntryType.SYMLINK, f"{number + 1}") for number in range(40)]
    assert fates(*chain, ("r/40", EntryType.FILE, None)) == {}
    long: list[Member] = [(f"r/{number}", EntryType.SYMLINK, f"{number + 1}") for number in range(60)]
    assert set(fates(*long, ("r/60", EntryType.FILE, None)).values()) == {Fate.LOOPS}


def test_hard_link_to_a_link() -> None:
    assert fates(FILE, ("r/a", EntryType.SYMLINK, "f"), ("r/b", EntryType.HARDLINK, "r/a")) == {}


def test_hard_link_to_a_folder() -> None:
    members = [("r/d", EntryType.DIRECTORY, None), ("r/b", EntryType.HARDLINK, "r/d")]
    assert fates(FILE, *members) == {"r/b": Fate.DANGLES}


def test_one_cause_is_one_finding() -> None:
    links = [(f"r/{number}", EntryType.SYMLINK, "gone/x") for number in range(9)]
    assert fates(*links, ("r/gone", EntryType.SYMLINK, "nowhere")) == {"r/gone": Fate.DANGLES}


@pytest.mark.once
def test_entangled_links_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links that lead through as many others as may be, each by a long way."""
    way = "x/../" * 800
    members = [(f"r/{number}", EntryType.SYMLINK, f"{way}{(number + 1) % 3000}") for number in range(3000)]
    start = time.perf_counter()
    found = follow_links(model(FILE, *members))
    assert time.perf_counter() - start < 20
    assert any(link.fate is Fate.UNKNOWN for link in found)
    assert BUDGET < 10_000_000
    monkeypatch.setattr("pkgaudit.rules.archive.link_targets.BUDGET", BUDGET // 100)
    infos = [
        (tar_info(path, type=tarfile.SYMTYPE, linkname=target or ""), b"") for path, _, target in members
    ]
    sdist = Sdist(
        extra=[(tar_info(f"sample-1.0/{i.name}", type=i.type, linkname=i.linkname), d) for i, d in infos]
    )
    said = [each.message for each in audit(tmp_path, sdist.build(), {"select": ["AR111"]})]
    assert any("could not be followed" in each for each in said)


NAMES = st.sampled_from(["r", "a", "b", "..", ".", "", "\\", "C:", "f"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(st.tuples(PATHS, st.sampled_from(list(EntryType)), PATHS), max_size=8))
def test_any_links(members: list[Member]) -> None:
    for link in follow_links(model(*members)):
        assert link.entry.type in (EntryType.SYMLINK, EntryType.HARDLINK)


SAFE = st.lists(st.sampled_from(["a", "b", "..", "."]), min_size=1, max_size=4).map("/".join)


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="this Python has no extraction filters")
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c/a", "c/b", "d"]), SAFE, max_size=4))
def test_what_the_data_filter_of_python_takes(targets: dict[str, str]) -> None:
    """Python's own filter refuses no link that we call harmless."""
    import tempfile

    members = [
        ("r/c/f", EntryType.FILE, None),
        *((f"r/{p}", EntryType.SYMLINK, t) for p, t in targets.items()),
    ]
    if any(fate is Fate.ESCAPES for fate in fates(*members).values()):
        return
    # pip takes the root folder off the names.
    infos = [
        (tar_info(p.removeprefix("r/"), type=tarfile.SYMTYPE, linkname=t or ""), b"")
        for p, _, t in members[1:]
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(fileobj=io.BytesIO(tar_archive(infos))) as archive,
    ):
        for member in archive:
            tarfile.data_filter(member, folder)


def test_unread_target_is_no_finding(tmp_path: Path) -> None:
    files = {**sample_sources(), "sample/x": b"\xff\xfe"}
    found = audit(
        tmp_path, Wheel(files=files, modes={"sample/x": 0o120777}).build(), {"select": ["AR111", "AR112"]}
    )
    assert [each.code for each in found] == ["AR112"]
