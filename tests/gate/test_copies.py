"""Private copies: complete, read-only, and never left behind."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pkgaudit.errors import PkgauditError
from pkgaudit.gate.copies import Copies, CopyError

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions, and no named pipes")
not_root = pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="root may read everything")

WHEEL = "sample-1.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder for temporary files, in which no private folder remains."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / WHEEL).write_bytes(b"content")
    return folder


def refusal(*paths: object) -> str:
    with Copies() as copies, pytest.raises(CopyError) as caught:
        copies.add([str(each) for each in paths])
    assert isinstance(caught.value, PkgauditError)
    return str(caught.value)


def test_copy(dist: Path) -> None:
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        (copy,) = copies.files
        assert Path(copy.path).read_bytes() == b"content"
        assert (copy.name, copy.size) == (WHEEL, 7)
        assert copy.sha256 == hashlib.sha256(b"content").hexdigest()
        assert not copies.changed()


@posix
def test_permissions(dist: Path) -> None:
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])

        def mode(path: Path | str) -> int:
            return stat.S_IMODE(os.stat(path).st_mode)

        assert mode(copies.folder.parent) == 0o700
        assert mode(copies.folder) == 0o500
        assert mode(copies.files[0].path) == 0o400


def test_replaced_file_does_not_matter(dist: Path) -> None:
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        (dist / WHEEL).write_bytes(b"other bytes")
        assert not copies.changed()
        assert copies.at(str(dist / WHEEL)) is copies.files[0]


def test_changed_copy(dist: Path) -> None:
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        path = Path(copies.files[0].path)
        path.chmod(0o600)
        path.write_bytes(b"other bytes")
        assert copies.changed() == copies.files


def test_removed_copy(dist: Path) -> None:
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        copies.folder.chmod(0o700)
        Path(copies.files[0].path).unlink()
        assert copies.changed() == copies.files


def test_side_files(dist: Path) -> None:
    for name in (
        f"{WHEEL}.asc",
        f"{WHEEL}.publish.attestation",
        f"{WHEEL}.sig",
        "SHA256SUMS",
        "other.whl.asc",
    ):
        (dist / name).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(dist / WHEEL)], [str(dist / "other.whl.asc"), str(dist / f"{WHEEL}.asc")])
        assert sorted(each.name for each in copies.side) == sorted(
            [f"{WHEEL}.asc", f"{WHEEL}.publish.attestation", "other.whl.asc"]
        )
        # pdm uploads everything in the folder, and stops at an attestation.
        assert set(os.listdir(copies.folder)) == {WHEEL, f"{WHEEL}.asc", "other.whl.asc"}


def test_same_name_in_two_folders(dist: Path, tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"")
    assert "another file with this name was given" in refusal(dist / WHEEL, tmp_path / WHEEL)


@posix
def test_link_out_of_the_folder(dist: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"")
    (dist / WHEEL).unlink()
    (dist / WHEEL).symlink_to(tmp_path / "secret")
    assert "is a link to a file outside its folder" in refusal(dist / WHEEL)


@posix
def test_link_within_the_folder(dist: Path) -> None:
    (dist / "latest.whl").symlink_to(WHEEL)
    with Copies() as copies:
        copies.add([str(dist / "latest.whl")])
        assert Path(copies.files[0].path).read_bytes() == b"content"
        assert copies.files[0].name == "latest.whl"


@posix
def test_folder_that_is_a_link(dist: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(dist)
    with Copies() as copies:
        copies.add([str(tmp_path / "link" / WHEEL)])
        assert copies.at(str(dist / WHEEL)) is copies.files[0]


@posix
def test_link_to_nowhere(dist: Path) -> None:
    (dist / "a.whl").symlink_to("nowhere.whl")
    assert "cannot be read: No such file" in refusal(dist / "a.whl")


@posix
def test_named_pipe(dist: Path) -> None:
    os.mkfifo(dist / "a.whl")
    assert "is not a regular file" in refusal(dist / "a.whl")


@posix
def test_folder(dist: Path) -> None:
    (dist / "a.whl").mkdir()
    assert "is not a regular file" in refusal(dist / "a.whl")


def test_missing_file(dist: Path) -> None:
    assert "cannot be read" in refusal(dist / WHEEL, dist / "a.whl")


@posix
@not_root
def test_unreadable_file(dist: Path) -> None:
    (dist / WHEEL).chmod(0)
    assert "cannot be read: Permission denied" in refusal(dist / WHEEL)


def during(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Do something after a part of the first file was read."""
    import pkgaudit.gate.copies as module

    unpatched = module._read
    monkeypatch.setattr(module, "_CHUNK", 4)

    def read(source: object, path: str) -> bytes:
        made = unpatched(source, path)
        action()
        return made

    monkeypatch.setattr(module, "_read", read)


def test_file_that_grows(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grow() -> None:
        with (dist / WHEEL).open("ab") as stream:
            stream.write(b"!")
        monkeypatch.undo()

    during(monkeypatch, grow)
    monkeypatch.setattr(tempfile, "tempdir", str(dist.parent / "temporary"))
    with Copies() as copies, pytest.raises(CopyError, match="changed while it was copied"):
        copies.add([str(dist / WHEEL)])


@posix
def test_file_that_vanishes_while_it_is_copied(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opened file is still complete."""
    during(monkeypatch, lambda: (dist / WHEEL).unlink(missing_ok=True))
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        assert Path(copies.files[0].path).read_bytes() == b"content"


@posix
def test_full_disk(dist: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, hard))
    try:
        said = refusal(dist / WHEEL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "its copy cannot be written" in said
    assert "or set TMPDIR" in said


def test_exception(dist: Path) -> None:
    with suppress(RuntimeError), Copies() as copies:
        copies.add([str(dist / WHEEL)])
        raise RuntimeError


def test_interrupt(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    during(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt), Copies() as copies:
        copies.add([str(dist / WHEEL)])


def test_second_interrupt(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpatched = shutil.rmtree

    def interrupt(*_: object, **__: object) -> None:
        monkeypatch.setattr(shutil, "rmtree", unpatched)
        raise KeyboardInterrupt

    copies = Copies()
    copies.add([str(dist / WHEEL)])
    monkeypatch.setattr(shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        copies.__exit__()


@posix
def test_longest_name(dist: Path) -> None:
    name = f"{'a' * 251}.whl"
    (dist / name).write_bytes(b"")
    with Copies() as copies:
        copies.add([str(dist / name)])
        assert copies.files[0].name == name


def test_relative_path(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dist)
    (dist / f"{WHEEL}.asc").write_bytes(b"")
    with Copies() as copies:
        copies.add([WHEEL])
        assert [each.given for each in copies.side] == [f"{WHEEL}.asc"]
        assert copies.at(f"./{WHEEL}") is copies.files[0]
        assert copies.at(copies.side[0].path) is copies.side[0]
        assert copies.at("other.whl") is None


@posix
@pytest.mark.parametrize("name", ["[x]", "with space", "$HOME", "a;b", "it's"])
def test_special_characters_in_the_temporary_folder(
    name: str, dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, cache = tmp_path / name, tmp_path / "cache"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: cache)
    with Copies() as copies:
        copies.add([str(dist / WHEEL)])
        assert copies.folder.parent.parent == cache
    assert not list(cache.iterdir())
    assert not list(place.iterdir())


def test_pattern_in_both_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "[x]"))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "[y]")
    with pytest.raises(CopyError, match="treat characters of this path as a pattern; set TMPDIR"):
        Copies()


def test_missing_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CopyError, match="no folder can be made here"):
        Copies()


@posix
@not_root
def test_read_only_temporary_folder(temporary: Path) -> None:
    temporary.chmod(0o500)
    try:
        with pytest.raises(CopyError, match="no folder can be made here: Permission denied; set TMPDIR"):
            Copies()
    finally:
        temporary.chmod(0o700)


def test_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(CopyError, match="set TMPDIR"):
        Copies()


def test_folders_of_killed_processes(temporary: Path) -> None:
    old, new, foreign = (temporary / each for each in ("pkgaudit-gate-old", "pkgaudit-gate-new", "other"))
    for each in (old, new, foreign):
        (each / "dist").mkdir(parents=True)
        (each / "dist" / WHEEL).write_bytes(b"")
    (old / "dist").chmod(0o500)
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    for each in (old, foreign):
        os.utime(each, (two_days_ago, two_days_ago))
    with Copies():
        assert not old.exists()
        assert new.exists()
        assert foreign.exists()
    for each in (new, foreign):
        (each / "dist" / WHEEL).unlink()
        (each / "dist").rmdir()
        each.rmdir()


def test_folder_that_only_has_such_a_name_stays(temporary: Path) -> None:
    mine = temporary / "pkgaudit-gate-results"
    mine.mkdir()
    (mine / "notes.txt").write_bytes(b"")
    os.utime(mine, (0, 0))
    with Copies():
        assert (mine / "notes.txt").exists()
    (mine / "notes.txt").unlink()
    mine.rmdir()


@posix
def test_strict_umask(dist: Path) -> None:
    former = os.umask(0o777)
    try:
        with Copies() as copies:
            copies.add([str(dist / WHEEL)])
            assert stat.S_IMODE(copies.folder.parent.stat().st_mode) == 0o700
            assert not copies.changed()
    finally:
        os.umask(former)


@posix
def test_folder_of_another_user_stays(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = temporary / "pkgaudit-gate-old"
    old.mkdir()
    os.utime(old, (0, 0))
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with Copies():
        assert old.exists()
    old.rmdir()


@posix
def test_link_with_our_name_stays(temporary: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_bytes(b"")
    os.utime(victim, (0, 0))
    link = temporary / "pkgaudit-gate-link"
    link.symlink_to(victim)
    os.utime(link, (0, 0), follow_symlinks=False)
    with Copies():
        assert (victim / "file").exists()
    link.unlink()
