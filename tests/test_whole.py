"""Files are there as a whole, or as they were."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pkgaudit.whole import WholeFile, write_whole


def test_what_a_killed_process_left_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 1)
    for name in ("a.json", "n" * 250):
        (tmp_path / f".{name[:200]}.1.tmp").write_text("left")
        write_whole(tmp_path / name, "new")
        assert (tmp_path / name).read_text() == "new"


def test_link_to_itself_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    write_whole(tmp_path / "loop", "new")
    assert (tmp_path / "loop").read_text() == "new"


def test_a_file_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "report.txt"
    place.write_text("old")
    file = WholeFile(place)
    file.stream.write("new" * 100_000)
    assert place.read_text() == "old"
    file.discard()
    assert place.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.txt"]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="Linux has this folder")
def test_a_file_in_memory_is_one_of_them() -> None:
    with TemporaryDirectory(dir="/dev/shm") as folder:
        test_a_file_that_is_broken_off_leaves_nothing(Path(folder))


def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    place = tmp_path / "report.txt"
    place.write_text("old")
    place.chmod(0o640)
    (tmp_path / "link").symlink_to("report.txt")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("new", 0o640)


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EBUSY, "Device or resource busy")


class TestMountedFile:
    """A container may have nothing but the file, which cannot be exchanged."""

    @pytest.fixture(params=["exchanged", "made"])
    def place(self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        place = tmp_path / "report.txt"
        place.write_text("old and longer")
        if request.param == "exchanged":
            monkeypatch.setattr(Path, "replace", refuse)
        else:
            real = Path.open

            def open_(path: Path, mode: str = "r", **how: str) -> object:
                if mode == "x":
                    raise PermissionError(errno.EACCES, "Permission denied")
                return real(path, mode, **how)  # type: ignore[call-overload]

            monkeypatch.setattr(Path, "open", open_)
        return place

    def test_is_written(self, place: Path) -> None:
        write_whole(place, "new")
        assert place.read_text() == "new"
        assert os.listdir(place.parent) == ["report.txt"]

    def test_full_disk_leaves_what_was_there(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from pkgaudit import whole

        real, number = whole._overwrite, 0

        def overwrite(path: Path, data: bytes) -> None:
            nonlocal number
            number += 1
            if number == 1:
                real(path, data[:1])
                raise OSError(errno.ENOSPC, "No space left on device")
            real(path, data)

        monkeypatch.setattr(whole, "_overwrite", overwrite)
        with pytest.raises(OSError, match="No space left"):
            write_whole(place, "new")
        assert place.read_text() == "old and longer"
        assert os.listdir(place.parent) == ["report.txt"]

    def test_a_new_one_cannot_be_made(self, place: Path) -> None:
        if place.exists():
            place.unlink()
        with pytest.raises(OSError, match=r"Device or resource busy|Permission denied"):
            write_whole(place, "new")
        assert os.listdir(place.parent) == []


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="streams are no files here")
def test_stream_that_leads_to_a_file(tmp_path: Path) -> None:
    """Whoever has the file open still writes to it."""
    place = tmp_path / "log"
    with place.open("w") as log:
        write_whole(Path(f"/dev/fd/{log.fileno()}"), "new")
        assert place.stat().st_ino == os.fstat(log.fileno()).st_ino
    assert place.read_text() == "new"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_device() -> None:
    write_whole(Path(os.devnull), "new")
    with pytest.raises(OSError, match="No space left"):
        write_whole(Path("/dev/full"), "new")
