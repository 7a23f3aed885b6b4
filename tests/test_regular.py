"""Only regular files are opened, also if something else takes their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pkgaudit.regular import open_regular

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")


def test_regular_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x\r\n")
    with open_regular(str(tmp_path / "a")) as stream:
        assert stream.read() == b"x\r\n"
        assert not os.get_inheritable(stream.fileno())


def test_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(OSError, match="it is not a regular file"):
        open_regular(str(tmp_path / "a"))


def test_pipe_that_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    before = os.stat(tmp_path / "b")
    monkeypatch.setattr("os.stat", lambda _: before)
    with pytest.raises(OSError, match="it is not a regular file"):
        open_regular(str(tmp_path / "a"))
