"""One pass over a distribution: what is visited, what is kept, and where reading stops."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import random
import tarfile
import tracemalloc
from dataclasses import replace
from itertools import pairwise

import pytest

from fixtures.binaries import Elf
from fixtures.builders import Built, Sdist, Wheel, gzip_archive, tar_archive, tar_info, zip_archive
from pkgaudit.archive import zip_parts
from pkgaudit.archive.walk import OVERLAP, walk
from pkgaudit.limits import Limits
from pkgaudit.model.distribution import Distribution, make_distribution
from pkgaudit.model.entry import AnomalyKind, EntryType
from pkgaudit.model.member import Window

SMALL = Limits(member_bytes=1 << 20, ratio_floor=1 << 20)


def walked(built: Built, limits: Limits = SMALL, read: bool = True) -> tuple[Distribution, dict[str, bytes]]:
    """Walk a distribution to its end and return it with the content of all members."""
    distribution = make_distribution(built.filename)
    assert distribution is not None
    contents: dict[str, bytes] = {}
    for visit in walk(io.BytesIO(built.data), distribution, limits):
        if read:
            contents[visit.member.path] = b"".join(window.data for window in visit.windows())
    return distribution, contents


@pytest.mark.parametrize("built", [Wheel().build(), Sdist().build()], ids=["wheel", "sdist"])
@pytest.mark.parametrize("read", [True, False])
def test_inventory_is_complete_whether_or_not_anybody_reads(built: Built, read: bool) -> None:
    distribution, contents = walked(built, read=read)
    assert distribution.size == len(built.data)
    assert distribution.sha256 == hashlib.sha256(built.data).hexdigest()
    assert distribution.anomalies == []
    assert {entry.type for entry in distribution.entries} == {EntryType.FILE}
    core = next(entry for entry in distribution.entries if entry.path.endswith("core.py"))
    data = Wheel().files["sample/core.py"]
    assert (core.size, core.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert read is bool(contents)


def test_small_files_for_rules_over_the_whole_are_kept() -> None:
    wheel, _ = walked(Wheel().build(), read=True)
    assert set(wheel.kept) == {
        f"sample-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")
    }
    assert wheel.metadata is not None
    sdist, _ = walked(Sdist().build())
    assert set(sdist.kept) == {"sample-1.0/PKG-INFO", "sample-1.0/pyproject.toml"}


def archives() -> dict[str, bytes]:
    tar = tar_archive([(tar_info("inner.txt", 5), b"hello")])
    return {
        "a.zip": zip_archive({"inner.txt": b"hello"}),
        "a.whl": zip_archive({"inner.txt": b"hello"}),
        "a.jar": zip_archive({"inner.txt": b"hello"}),
        "a.egg": zip_archive({"inner.txt": b"hello"}),
        "disguised.dat": zip_archive({"inner.txt": b"hello"}),
        "a.tar": tar,
        "a.tar.gz": gzip_archive(tar),
        "a.tgz": gzip_archive(tar),
        "a.tar.bz2": bz2.compress(tar),
        "a.tar.xz": lzma.compress(tar),
        "inner.txt.gz": gzip.compress(b"hello"),
        "inner.txt.bz2": bz2.compress(b"hello"),
        "inner.txt.xz": lzma.compress(b"hello"),
    }


@pytest.mark.parametrize("name", archives())
@pytest.mark.parametrize("make", [Wheel, Sdist])
def test_archives_inside(name: str, make: type[Wheel] | type[Sdist]) -> None:
    outer = make()
    outer.files[f"sample/{name}"] = archives()[name]
    distribution, contents = walked(outer.build())
    root = "sample-1.0/" if make is Sdist else ""
    assert contents[f"{root}sample/{name}!/inner.txt"] == b"hello"
    assert [(entry.depth, entry.size) for entry in distribution.nested] == [(1, 5)]
    assert distribution.anomalies == []


def nest(depth: int) -> bytes:
    data = zip_archive({"deepest.txt": b"x"})
    for level in range(depth - 1):
        data = zip_archive({f"{level}.zip": data})
    return data


@pytest.mark.parametrize(("depth", "reached"), [(1, True), (3, True), (4, False), (40, False)])
def test_depth(depth: int, reached: bool) -> None:
    wheel = Wheel()
    wheel.files["sample/a.zip"] = nest(depth)
    distribution, contents = walked(wheel.build())
    assert any(path.endswith("deepest.txt") for path in contents) is reached
    kinds = [anomaly.kind for anomaly in distribution.anomalies]
    assert kinds == ([] if reached else [AnomalyKind.NOT_LOOKED_INTO])


@pytest.mark.parametrize(
    "broken",
    [
        zip_archive({"a.txt": b"hello" * 100})[:-30],
        gzip_archive(tar_archive([(tar_info("a", 5), b"hello")]))[:-9],
        b"PK\x03\x04 but no more",
        b"\x1f\x8b\x08 and nonsense",
        b"BZh91AY&SY nonsense",
    ],
)
def test_broken_archive_inside_is_one_anomaly_of_that_member(broken: bytes) -> None:
    wheel = Wheel()
    wheel.files["sample/a.bin"] = broken
    distribution, contents = walked(wheel.build())
    assert [(each.kind, each.member) for each in distribution.anomalies] == [
        (AnomalyKind.NOT_LOOKED_INTO, "sample/a.bin")
    ]
    assert distribution.is_readable
    assert "sample-1.0.dist-info/RECORD" in contents


class TestLimits:
    def bomb(self, make: type[Wheel] | type[Sdist], size: int = 5_000_000) -> Built:
        made = make()
        made.files["sample/zeros.bin"] = bytes(size)
        return made.build()

    @pytest.mark.parametrize("make", [Wheel, Sdist])
    def test_ratio(self, make: type[Wheel] | type[Sdist]) -> None:
        distribution, _ = walked(self.bomb(make))
        assert [each.kind for each in distribution.anomalies] == [AnomalyKind.BOMB]
        assert "reading stopped there" in distribution.anomalies[0].message
        assert not distribution.is_readable

    @pytest.mark.parametrize("make", [Wheel, Sdist])
    def test_ratio_alone_is_no_bomb(self, make: type[Wheel] | type[Sdist]) -> None:
        distribution, _ = walked(self.bomb(make), replace(SMALL, ratio_floor=1 << 24))
        assert distribution.anomalies == []

    @pytest.mark.parametrize("make", [Wheel, Sdist])
    def test_total(self, make: type[Wheel] | type[Sdist]) -> None:
        distribution, _ = walked(self.bomb(make), Limits(total_bytes=1_000_000))
        assert [each.kind for each in distribution.anomalies] == [AnomalyKind.BOMB]

    @pytest.mark.parametrize("make", [Wheel, Sdist])
    def test_members(self, make: type[Wheel] | type[Sdist]) -> None:
        distribution, contents = walked(make().build(), replace(SMALL, members=3))
        assert AnomalyKind.BOMB in [each.kind for each in distribution.anomalies]
        assert len(contents) <= 3

    def test_members_of_archives_inside_count(self) -> None:
        wheel = Wheel()
        wheel.files["sample/a.zip"] = zip_archive({f"{number}.txt": b"" for number in range(50)})
        distribution, _ = walked(wheel.build(), replace(SMALL, members=40))
        assert AnomalyKind.BOMB in [each.kind for each in distribution.anomalies]

    def test_members_may_be_as_many_as_the_size_allows(self) -> None:
        wheel = Wheel()
        wheel.files["sample/a.zip"] = zip_archive({f"{number}.txt": b"" for number in range(30)})
        data = wheel.build()
        assert len(data.data) > 50 * 40
        distribution, _ = walked(data, replace(SMALL, members_floor=1))
        assert distribution.anomalies == []

    def test_no_archive_is_opened_when_the_others_have_used_up_the_limit(self) -> None:
        wheel = Wheel()
        for number in range(3):
            wheel.files[f"sample/{number}.zip"] = zip_archive({"a.bin": bytes(900_000)})
        distribution, contents = walked(wheel.build(), replace(SMALL, ratio_floor=1_000_000))
        assert [each.member for each in distribution.anomalies] == ["sample/1.zip", "sample/2.zip"]
        assert "whose content was not read" in distribution.anomalies[1].message
        assert "sample/2.zip!/a.bin" not in contents

    def test_bomb_inside_does_not_stop_the_rest(self) -> None:
        wheel = Wheel()
        wheel.files["sample/a.zip"] = zip_archive({"zeros.bin": bytes(5_000_000)})
        distribution, contents = walked(wheel.build())
        assert [(each.kind, each.member) for each in distribution.anomalies] == [
            (AnomalyKind.NOT_LOOKED_INTO, "sample/a.zip")
        ]
        assert "sample-1.0.dist-info/RECORD" in contents

    def test_large_archive_inside_is_said_to_be_unread(self) -> None:
        wheel = Wheel()
        wheel.files["sample/a.tar"] = tar_archive([(tar_info("a.bin", 2_000_000), bytes(2_000_000))])
        distribution, _ = walked(wheel.build(), replace(SMALL, ratio_floor=1 << 30))
        [anomaly] = distribution.anomalies
        assert (anomaly.kind, anomaly.member) == (AnomalyKind.NOT_LOOKED_INTO, "sample/a.tar")
        assert "more than 1,048,576 bytes" in anomaly.message

    @pytest.mark.parametrize("inside", [True, False])
    def test_data_that_is_skipped_is_bounded(self, inside: bool) -> None:
        data = bytes(30_000_000)
        info = tar_info("sample-1.0/sparse", len(data), type=tarfile.GNUTYPE_SPARSE)
        header = info.tobuf(tarfile.GNU_FORMAT)
        tar = header + data + bytes(1024)
        sdist = Sdist()
        if inside:
            sdist.files["a.tar.bz2"] = bz2.compress(tar)
            built = sdist.build()
        else:
            built = Built(sdist.filename, gzip_archive(tar))
        distribution, _ = walked(built)
        kind = AnomalyKind.NOT_LOOKED_INTO if inside else AnomalyKind.BOMB
        assert kind in [anomaly.kind for anomaly in distribution.anomalies]
        assert AnomalyKind.UNREADABLE not in [anomaly.kind for anomaly in distribution.anomalies]

    def test_all_archives_inside_share_one_budget(self) -> None:
        wheel = Wheel()
        for number in range(4):
            wheel.files[f"sample/{number}.zip"] = zip_archive({"a.bin": bytes(900_000)})
        wide = replace(SMALL, nested_bytes=2_000_000, ratio=10_000)
        distribution, _ = walked(wheel.build(), wide)
        assert [each.member for each in distribution.anomalies] == ["sample/2.zip", "sample/3.zip"]
        # Nor may they be all together what one may not be alone.
        distribution, _ = walked(wheel.build(), replace(SMALL, ratio_floor=1_000_000))
        assert [each.member for each in distribution.anomalies] == [f"sample/{n}.zip" for n in (1, 2, 3)]

    @pytest.mark.once
    def test_memory_does_not_follow_the_size(self) -> None:
        built = self.bomb(Sdist, 100_000_000)
        tracemalloc.start()
        walked(built, replace(SMALL, ratio_floor=1 << 40), read=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 12 << 20


class TestWindows:
    """A member of more than a window, which is smaller than the largest that is kept."""

    LIMITS = Limits(member_bytes=1 << 20, window_bytes=1 << 17)

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(zip_parts, "SPACING", 1 << 16)

    def windows(self, built: Built) -> list[Window]:
        distribution = make_distribution(built.filename)
        assert distribution is not None
        return [
            window
            for visit in walk(io.BytesIO(built.data), distribution, self.LIMITS)
            if visit.member.name.startswith("large") and not visit.member.is_nested
            for window in visit.windows()
        ]

    def inside(self, name: str, data: bytes, make: type[Wheel] | type[Sdist] = Wheel) -> dict[str, bytes]:
        built = make()
        built.files[f"sample/{name}"] = data
        return walked(built.build(), replace(self.LIMITS, ratio_floor=1 << 30))[1]

    def test_overlap_and_parts(self) -> None:
        data = Elf().build() + bytes(300_000)
        windows = self.windows(Wheel(files={"sample/large": data}).build())
        assert [len(each.data) for each in windows[:-1]] == [1 << 17] * (len(windows) - 1)
        for each, following in pairwise(windows):
            assert each.offset + len(each.data) - following.offset == OVERLAP
        assert all(each.data == data[each.offset :][: 1 << 17] and not each.whole for each in windows)
        assert {each.native for each in windows} == {"elf"}
        assert [each.last for each in windows] == [False] * (len(windows) - 1) + [True]
        assert windows[-1].parts is not None
        assert windows[-1].parts.read(0, 4) == b"\x7fELF"

    def test_what_is_needed_as_a_whole_is_one_window(self) -> None:
        text = b"x = 1\n" * 50_000
        for name, data in (
            ("large.py", text),
            ("large.pyc", text),
            ("large.ipynb", text),
            ("large.gz", gzip.compress(random.Random(1).randbytes(200_000))),
            ("large.png", b"\x89PNG\r\n\x1a\n" + bytes(200_000)),
        ):
            (window,) = self.windows(Wheel(files={f"sample/{name}": data}).build())
            assert window.whole, name
        assert len(self.windows(Wheel(files={"sample/large.txt": text}).build())) > 1
        # A tar can be read only once.
        assert len(self.windows(Sdist(files={"sample-1.0/large.txt": text}).build())) == 1

    @pytest.mark.parametrize("make", [Wheel, Sdist])
    def test_an_archive_after_something_else_is_read(self, make: type[Wheel] | type[Sdist]) -> None:
        inner = zip_archive({"inner.txt": b"hello"})
        program = Elf().build()
        for name, data in (
            ("program", program + bytes(200_000) + inner),
            ("any", b"\0text" * 50_000 + inner),
            ("script", b"#!/bin/sh\n" + bytes(200_000) + inner),
            ("packed", program + gzip.compress(random.Random(1).randbytes(200_000) + b"hello")),
        ):
            contents = self.inside(name, data, make)
            assert any(path.endswith((f"{name}!/inner.txt", f"{name}!/{name}")) for path in contents), (
                name,
                contents.keys(),
            )

    def test_a_large_record_is_kept(self) -> None:
        built = Wheel()
        built.files["sample-1.0.dist-info/large.txt"] = b"text\n" * 50_000
        distribution, _ = walked(built.build(), replace(self.LIMITS, ratio_floor=1 << 30))
        assert len(distribution.kept["sample-1.0.dist-info/large.txt"]) == 250_000

    def test_no_byte_is_in_memory_three_times(self) -> None:
        limits = Limits(member_bytes=32 << 20, window_bytes=4 << 20)
        built = Wheel(files={"sample/large": random.Random(1).randbytes(16 << 20)}).build()
        distribution = make_distribution(built.filename)
        assert distribution is not None
        tracemalloc.start()
        for visit in walk(io.BytesIO(built.data), distribution, limits):
            for window in visit.windows():
                window.forget()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 12 << 20


@pytest.mark.parametrize(
    ("filename", "data", "said"),
    [
        ("a-1.0-py3-none-any.whl", b"", "the file is empty"),
        ("a-1.0.tar.gz", b"", "the file is empty"),
        (
            "a-1.0-py3-none-any.whl",
            Sdist().build().data,
            "has the name of a wheel but is a tar archive",
        ),
        ("a-1.0.tar.gz", Wheel().build().data, "the file has the name of a tar archive but is a zip archive"),
        ("a-1.0.zip", Sdist().build().data, "the file has the name of a zip archive but is a tar archive"),
        ("a-1.0.tar.gz", b"<html>", "the file is neither a tar.gz nor a zip archive"),
        ("a-1.0-py3-none-any.whl", b"<html>", "the file is not a zip archive"),
    ],
)
def test_not_what_the_name_says(filename: str, data: bytes, said: str) -> None:
    distribution, _ = walked(Built(filename, data))
    [anomaly] = distribution.anomalies
    assert anomaly.kind is AnomalyKind.UNREADABLE
    assert said in anomaly.message
    assert distribution.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress, bytes])
def test_tar_in_another_compression_is_read_all_the_same(compress: type[bytes]) -> None:
    tar = tar_archive([(tar_info("sample-1.0/PKG-INFO", 5), b"hello")])
    distribution, contents = walked(Built("sample-1.0.tar.gz", compress(tar)))
    assert [each.kind for each in distribution.anomalies] == [AnomalyKind.UNSUPPORTED_COMPRESSION]
    assert contents == {"sample-1.0/PKG-INFO": b"hello"}


@pytest.mark.parametrize("filename", ["a-1.0-py3.8.egg", "a-1.0.exe"])
def test_formats_of_old_are_not_read(filename: str) -> None:
    distribution, contents = walked(Built(filename, Wheel().build().data))
    assert (contents, distribution.anomalies, distribution.is_readable) == ({}, [], False)


def test_tar_and_zip_at_once() -> None:
    sdist = Sdist().build()
    distribution, contents = walked(Built(sdist.filename, sdist.data + zip_archive({"a.py": b"x = 1"})))
    said = [each.message for each in distribution.anomalies]
    assert any("the file is both a tar archive and a zip archive" in each for each in said)
    assert "sample-1.0/PKG-INFO" in contents
    assert distribution.sha256 == hashlib.sha256(sdist.data + zip_archive({"a.py": b"x = 1"})).hexdigest()


def test_zip_inside_a_tar_is_nothing_unusual() -> None:
    sdist = Sdist()
    sdist.files["data.zip"] = zip_archive({"a.py": b"x = 1"})
    distribution, _ = walked(sdist.build())
    assert distribution.anomalies == []
