"""Whatever is given, the command says what is wrong, ends, and stays within its memory."""

from __future__ import annotations

import gzip
import os
import random
import struct
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import (
    Built,
    Sdist,
    Wheel,
    gzip_archive,
    sample_sources,
    tar_archive,
    tar_info,
    zip_archive,
)
from pkgaudit.collector import MOST_PROBLEMS
from tests.support import run, run_json
from tests.timing import is_linear, seconds

SEED = 20_260_821


def codes(report: dict[str, Any], path: Path) -> set[str]:
    return {each["code"] for each in report["findings"] if each["distribution"] == str(path)}


def write_all(folder: Path, made: dict[str, bytes]) -> list[Path]:
    return [Built(name, data).write(folder) for name, data in made.items()]


def wheel_names(count: int) -> list[str]:
    """Return the names of so many builds of the sample wheel."""
    return [f"sample-1.0-{number}-py3-none-any.whl" for number in range(count)]


class TestDamage:
    @pytest.mark.parametrize("name", ["sample-1.0-py3-none-any.whl", "sample-1.0.tar.gz"])
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"<html>not found</html>\n",
            b"PK",
            b"PK\3\4",
            b"PK\5\6",
            b"\x1f\x8b",
            b"BZh9",
            bytes(4096),
        ],
        ids=repr,
    )
    def test_not_an_archive(self, tmp_path: Path, name: str, data: bytes) -> None:
        path = Built(name, data).write(tmp_path)
        done = run(path, "--no-config")
        assert done.exit_code == 1
        assert "AR101" in done.stdout
        assert "Traceback" not in done.output

    def test_truncated_wheels(self, tmp_path: Path) -> None:
        data = Wheel().build().data
        cuts = range(1, len(data), 97)
        made = dict(zip(wheel_names(len(cuts)), (data[:cut] for cut in cuts), strict=True))
        paths = write_all(tmp_path, made)
        report = run_json(*paths)
        assert not report["errors"]
        for path in paths:
            assert codes(report, path) & {"AR101", "AR104"}, path

    def test_truncated_sdists(self, tmp_path: Path) -> None:
        data = Sdist().build().data
        cuts = range(1, len(data), 97)
        made = {f"sample-1.{number}.tar.gz": data[:cut] for number, cut in enumerate(cuts)}
        paths = write_all(tmp_path, made)
        report = run_json(*paths)
        assert not report["errors"]
        for path in paths:
            assert codes(report, path) & {"AR101", "AR106"}, path

    def test_tars_truncated_before_they_are_compressed(self, tmp_path: Path) -> None:
        data = gzip.decompress(Sdist().build().data).rstrip(b"\0")
        cuts = range(1, len(data), 311)
        made = {f"sample-1.{number}.tar.gz": gzip_archive(data[:cut]) for number, cut in enumerate(cuts)}
        paths = write_all(tmp_path, made)
        report = run_json(*paths)
        assert not report["errors"]
        for path in paths:
            assert "AR101" in codes(report, path), path

    def test_flipped_bits_in_wheels(self, tmp_path: Path) -> None:
        data = Wheel().build().data
        paths = write_all(tmp_path, dict(zip(wheel_names(400), flipped(data, 400), strict=True)))
        done = run(*paths, "--no-config")
        assert done.exit_code in (0, 1), done.stdout[-2000:]

    def test_flipped_bits_in_sdists(self, tmp_path: Path) -> None:
        data = Sdist().build().data
        tar = gzip.decompress(data)
        made = {f"sample-1.{number}.tar.gz": each for number, each in enumerate(flipped(data, 200))}
        for number, each in enumerate(flipped(tar.rstrip(b"\0") + bytes(1024), 300)):
            made[f"sample-2.{number}.tar.gz"] = gzip_archive(each)
        done = run(*write_all(tmp_path, made), "--no-config")
        assert done.exit_code in (0, 1), done.stdout[-2000:]

    def test_flipped_bits_of_nested_archives(self, tmp_path: Path) -> None:
        inner = [*flipped(Wheel().build().data, 100), *flipped(Sdist().build().data, 100)]
        sdist = Sdist()
        sdist.files |= {f"tests/data/{number}.bin": data for number, data in enumerate(inner)}
        done = run(sdist.build().write(tmp_path), "--no-config")
        assert done.exit_code in (0, 1), done.stdout[-2000:]


def flipped(data: bytes, count: int) -> list[bytes]:
    """Return copies with a few bits flipped, or a few bytes taken out or doubled."""
    dice = random.Random(SEED)
    made = []
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 8))):
            at = dice.randrange(len(copy))
            match dice.randrange(6):
                case 0:
                    del copy[at : at + dice.randrange(1, 9)]
                case 1:
                    copy[at:at] = copy[at : at + dice.randrange(1, 9)]
                case 2:
                    copy[at] = dice.choice((0, 0xFF))
                case _:
                    copy[at] ^= 1 << dice.randrange(8)
        made.append(bytes(copy))
    return made


def deflated(head: bytes, zeros: int) -> tuple[bytes, int]:
    """Return ``head`` and so many MiB of zeros as deflate data, and their CRC. They are never in memory."""
    block = bytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)]
    parts += [packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)] * zeros
    crc = zlib.crc32(head)
    for _ in range(zeros):
        crc = zlib.crc32(block, crc)
    return b"".join([*parts, packer.flush()]), crc


def zip_of_zeros(name: bytes, zeros: int) -> bytes:
    packed, crc = deflated(b"", zeros)
    sizes = struct.pack("<LLL", crc, len(packed), zeros << 20)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0x5721) + sizes
    local += struct.pack("<HH", len(name), 0) + name
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0x5721) + sizes
    central += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def tar_of_zeros(name: str, zeros: int) -> bytes:
    """Return a compressed tar; the last MiB is what ends it."""
    info = tar_info(name, (zeros - 1) << 20).tobuf(tarfile.GNU_FORMAT)
    packed, crc = deflated(info, zeros)
    size = (len(info) + (zeros << 20)) & 0xFFFFFFFF
    return b"\x1f\x8b\x08\0\0\0\0\0\2\xff" + packed + struct.pack("<LL", crc, size)


def write_bombs(folder: Path, zeros: int) -> list[Path]:
    """Write a wheel and an sdist of so many MiB of zeros."""
    return write_all(
        folder,
        {
            "sample-1.0-py3-none-any.whl": zip_of_zeros(b"sample/zeros.bin", zeros),
            "sample-1.0.tar.gz": tar_of_zeros("sample-1.0/zeros.bin", zeros),
        },
    )


@pytest.mark.once
class TestBombs:
    MOST = 300 << 20
    """Bytes of memory: a few times the 64 MiB of a member that are held."""

    @pytest.fixture
    def bombs(self, tmp_path: Path) -> list[Path]:
        return write_bombs(tmp_path, 800)

    def peak(self, *arguments: object) -> tuple[dict[str, Any], int]:
        tracemalloc.start()
        try:
            report = run_json(*arguments)
            return report, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_stop_early(self, bombs: list[Path]) -> None:
        report, peak = self.peak(*bombs)
        assert not report["errors"]
        assert all("AR109" in codes(report, bomb) for bomb in bombs)
        assert peak < self.MOST

    def test_memory_is_bounded_even_without_the_limit(self, tmp_path: Path) -> None:
        bombs = write_bombs(tmp_path, 100)
        config = tmp_path / "pkgaudit.toml"
        config.write_text("[limits]\nratio = 1000000\nmember-bytes = 8388608\n")
        tracemalloc.start()
        try:
            done = run(*bombs, "--config", config, "--select", "AR")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert done.exit_code == 0, done.stdout
        assert peak < self.MOST / 8  # 37 MiB, of 100 MiB

    def test_declared_sizes_cost_nothing(self, tmp_path: Path) -> None:
        """A header that announces gigabytes makes nobody set them aside."""
        huge = (1 << 32) - 2
        wheel = bytearray(Wheel().build().data)
        for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
            place = wheel.find(signature)
            struct.pack_into("<L", wheel, place + at, huge)
        info = tar_info("sample-1.0/data.bin", 1 << 40).tobuf(tarfile.GNU_FORMAT)
        made = {
            "sample-1.0-py3-none-any.whl": bytes(wheel),
            "sample-1.0.tar.gz": gzip_archive(info + bytes(2048)),
        }
        paths = write_all(tmp_path, made)
        report, peak = self.peak(*paths)
        assert not report["errors"]
        assert all("AR101" in codes(report, path) for path in paths)
        assert peak < self.MOST / 10

    def test_bomb_in_an_archive_inside(self, tmp_path: Path) -> None:
        bombs = write_bombs(tmp_path, 200)
        sdist = Sdist()
        sdist.files["data/bomb.zip"] = bombs[0].read_bytes()
        sdist.files["data/bomb.bin"] = bombs[1].read_bytes()
        report, peak = self.peak(sdist.build().write(tmp_path))
        found = [each["member"] for each in report["findings"] if each["code"] == "AR114"]
        assert sorted(found) == ["sample-1.0/data/bomb.bin", "sample-1.0/data/bomb.zip"]
        assert peak < self.MOST


class TestNames:
    HOSTILE = (
        "\x1b[2J\x1b[31mred",
        "a\rb",
        "a\nb",
        "\u202egnp.py",
        "a\x9b31mb",
        "bell\x07",
        "<script>",
        "::error::x",
    )

    def test_text_report_holds_no_control_characters(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files |= {f"sample/{name}.txt": name.encode() + b"\n" for name in self.HOSTILE}
        sdist = Sdist()
        sdist.files |= {f"sample/{name}.txt": b"text\n" for name in self.HOSTILE}
        made = [wheel.build(), sdist.build(), Built("sample-1.0\x1b[2J.tar.gz", b"PK")]
        done = run(*(each.write(tmp_path) for each in made), "--no-config", "--verbose", "--color", "never")
        assert done.exit_code == 1
        assert not set(done.stdout) & {"\x1b", "\r", "\x07", "\x9b", "\u202e"}
        assert "\\x1b[2J" in done.stdout

    def test_control_characters_in_every_text_that_is_quoted(self, tmp_path: Path) -> None:
        wheel = Wheel(wheel="Wheel-Version: \x1b[1m2\nRoot-Is-Purelib: \x1b[2mno\n")
        assert wheel.metadata
        for field in ("Summary", "Author-email", "License-Expression", "Classifier", "Project-URL"):
            wheel.metadata.add(field, f"\x1b[2J{field}\x07")
        wheel.record = b'sample/\x1b[2J.py,md5=\x1b[2J,\x1b[2J\n"\x1b[2J'
        done = run(wheel.build().write(tmp_path), "--no-config", "--verbose", "--color", "never")
        assert done.exit_code == 1
        assert not set(done.stdout) & {"\x1b", "\x07"}

    def test_traversal(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files |= {"../../evil.py": b"x = 1\n", "/tmp/evil.py": b"x = 1\n"}
        sdist = Sdist(extra=[(tar_info("sample-1.0/../../evil.py", 6), b"x = 1\n")])
        below = tmp_path / "a" / "b"
        below.mkdir(parents=True)
        paths = [each.build().write(below) for each in (wheel, sdist)]
        before = sorted(tmp_path.rglob("*"))
        report = run_json(*paths)
        assert all("AR108" in codes(report, path) for path in paths)
        assert sorted(tmp_path.rglob("*")) == before

    def test_text_that_is_not_unicode(self, tmp_path: Path) -> None:
        info = tar_info("sample-1.0/\udcff\udcfe.txt", 1)
        data = tar_archive([(info, b"x")], tarfile.GNU_FORMAT)
        done = run(Built("sample-1.0.tar.gz", gzip_archive(data)).write(tmp_path), "--no-config")
        assert done.exit_code == 1
        assert "AR107" in done.stdout

    def test_very_long_names_and_values(self, tmp_path: Path) -> None:
        wheel = Wheel()
        wheel.files["sample/" + "a" * 60_000] = b"x"
        wheel.files["a/" * 20_000 + "b.py"] = b"x = 1\n"
        assert wheel.metadata
        wheel.metadata.set("Version", "1" * 50_000)
        wheel.metadata.set("Summary", "a" * 500_000)
        done = run(wheel.build().write(tmp_path), "--no-config")
        assert done.exit_code == 1
        assert max(map(len, done.stdout.splitlines())) < 20_000


@pytest.mark.once
class TestManyMembers:
    """Time grows in proportion to the number of members: for four times as many, it is six times at most."""

    COUNTS = (1_000, 4_000)
    ENOUGH = 2.0
    """Seconds of the processor, twice what the larger number takes."""

    def files(self, count: int) -> dict[str, bytes]:
        many = {f"sample/m{number % 100}/f{number}.txt": b"%d\n" % number for number in range(count)}
        return {**sample_sources(), **many}

    def report(self, tmp_path: Path, make: Callable[[int], Built], *options: str) -> dict[str, Any]:
        """Return the report on the distribution with the larger number of members."""
        reports = {}

        def measure(count: int) -> float:
            path = make(count).write(tmp_path)
            return seconds(lambda: reports.update({count: run_json(path, "--jobs", "1", *options)}))

        assert is_linear(measure, *self.COUNTS, factor=1.5, enough=self.ENOUGH)
        return reports[self.COUNTS[1]]

    def test_wheel(self, tmp_path: Path) -> None:
        report = self.report(
            tmp_path, lambda count: Wheel(files=self.files(count)).build(), "--ignore", "many-files"
        )
        assert not report["errors"]
        assert not {"AR", "HM", "SD", "FN"} & {each["code"][:2] for each in report["findings"]}

    def test_wheel_with_an_empty_record(self, tmp_path: Path) -> None:
        row = b"sample-1.0.dist-info/RECORD,,\n"
        report = self.report(
            tmp_path, lambda count: Wheel(files=self.files(count), record=row).build(), "--select", "HM"
        )
        assert len(report["findings"]) == MOST_PROBLEMS + 1
        assert any("the rest is not listed" in each["message"] for each in report["findings"])

    def test_record_with_many_rows(self, tmp_path: Path) -> None:
        def make(count: int) -> Built:
            rows = b"".join(b"gone/%d.py,sha256=x,1\n" % number for number in range(10 * count)) * 2
            return Wheel(record=rows).build()

        assert self.report(tmp_path, make, "--select", "HM")["findings"]

    def test_sdist(self, tmp_path: Path) -> None:
        def make(count: int) -> Built:
            sdist = Sdist()
            sdist.files |= self.files(count)
            return sdist.build()

        assert not self.report(tmp_path, make)["errors"]

    def test_one_name_many_times(self, tmp_path: Path) -> None:
        member = (tar_info("sample-1.0/a.txt", 1), b"x")
        report = self.report(tmp_path, lambda count: Sdist(extra=[member] * count).build())
        assert "AR103" in {each["code"] for each in report["findings"]}


class TestPaths:
    """What is given but cannot be read, or is not there."""

    def expect(self, *arguments: object, says: str) -> None:
        done = run(*arguments, "--no-config")
        assert done.exit_code == 2
        assert says in done.stdout.replace("\n  ", " ")
        assert "Traceback" not in done.output

    def test_missing(self, tmp_path: Path) -> None:
        self.expect(tmp_path / "none.whl", says="there is no such file or folder")

    def test_folder_without_distributions(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("nothing\n")
        self.expect(tmp_path, says="contains no distribution")

    def test_folder_called_as_a_wheel(self, tmp_path: Path) -> None:
        folder = tmp_path / "sample-1.0-py3-none-any.whl"
        folder.mkdir()
        self.expect(folder, says="contains no distribution")

    def test_dangling_link(self, tmp_path: Path) -> None:
        link = tmp_path / "sample-1.0-py3-none-any.whl"
        link.symlink_to(tmp_path / "gone")
        self.expect(link, says="cannot be read")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
    def test_named_pipe(self, tmp_path: Path) -> None:
        pipe = tmp_path / "sample-1.0-py3-none-any.whl"
        os.mkfifo(pipe)
        self.expect(pipe, says="not a regular file")

    @pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file")
    def test_read_error(self, tmp_path: Path) -> None:
        link = tmp_path / "sample-1.0-py3-none-any.whl"
        link.symlink_to("/proc/self/mem")
        self.expect(link, says="cannot be read")

    def test_the_rest_is_audited_all_the_same(self, tmp_path: Path) -> None:
        gone = tmp_path / "gone-1.0-py3-none-any.whl"
        gone.symlink_to(tmp_path / "nothing")
        bad = Built("bad-1.0-py3-none-any.whl", zip_archive({"../a.py": b"x = 1\n"})).write(tmp_path)
        good = Wheel().build().write(tmp_path)
        report = run_json(bad, gone, tmp_path / "missing.whl", good, "--ignore", "RL")
        assert report["verdict"] == "fail"
        assert [each["path"] for each in report["distributions"]] == [str(bad), str(good)]
        assert len(report["errors"]) == 2
        assert "AR108" in codes(report, bad)
        assert not codes(report, good)


def test_a_setup_cfg_that_is_made_to_be_slow(tmp_path: Path) -> None:
    sdist = Sdist()
    sdist.files["setup.cfg"] = b"[metadata]\na" + b" " * 200_000 + b"b\n" + b"c = 1\n" * 100_000
    sdist.files["pyproject.toml"] = (
        b'[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'
    )
    assert sdist.metadata is not None
    for number in range(40):
        sdist.metadata.add("Classifier", f"Nothing :: {number}")
    path = sdist.build().write(tmp_path)
    started = time.process_time()
    assert codes(run_json(path, "--profile", "pypi"), path) == {"MD106"}
    assert time.process_time() - started < 20


def test_a_description_of_nothing_but_fields(tmp_path: Path) -> None:
    wheel = Wheel()
    assert wheel.metadata is not None
    wheel.metadata.body = "Platform: x\n" * 80_000
    started = time.process_time()
    run_json(wheel.build().write(tmp_path), "--profile", "pypi")
    assert time.process_time() - started < 20
