"""Sweeps of a real devpi-server and a real pypiserver, and a watch that a signal ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from fixtures.builders import Wheel
from pkgaudit.sweep.choice import Choice
from pkgaudit.sweep.sources.index import IndexSource
from tests.gate.test_devpi import devpi
from tests.gate.tools import need_tool
from tests.support import run

__all__ = ["devpi"]

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="the test starts a server in the background"),
]

NUMBER = 24


def wheels(folder: Path, number: int = NUMBER, version: str = "1.0") -> list[Path]:
    folder.mkdir(exist_ok=True)
    made = [Wheel(f"acme_{each}", version) for each in range(number)]
    for each in made:
        assert each.metadata is not None
        each.metadata.set("Summary")  # MD201 reports it
    return [each.build().write(folder) for each in made]


def upload(url: str, path: Path) -> None:
    """Upload a wheel to devpi, as twine does."""
    boundary = uuid4().hex
    name, version = path.name.split("-")[:2]
    fields = {":action": "file_upload", "name": name, "version": version, "filetype": "bdist_wheel"}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in {**fields, "pyversion": "py3", "metadata_version": "2.1"}.items()
    )
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{path.name}"\r\n\r\n'
    body += head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Authorization": "Basic cm9vdDo=",  # root without a password
    }
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST")).close()


@pytest.fixture
def pypiserver(tmp_path: Path) -> Iterator[str]:
    wheels(tmp_path / "packages")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        need_tool("pypi-server"),
        "run",
        "-p",
        str(port),
        "-i",
        "127.0.0.1",
        str(tmp_path / "packages"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}/simple/"
        for _ in range(300):
            try:
                urllib.request.urlopen(url).close()
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield url
        process.terminate()


def test_pypiserver(pypiserver: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = run("sweep", pypiserver, "-o", store, "--quiet", "--no-config", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert f"{NUMBER} files audited" in done.output
    again = run("sweep", pypiserver, "-o", store, "--quiet", "--no-config", "--jobs", "1")
    assert again.exit_code == 0, again.output
    assert f"0 files audited (0 bytes): 0 pass, 0 fail, {NUMBER} done before" in again.output
    (wheel,) = wheels(tmp_path / "packages", 1, "1.1")
    source = IndexSource(pypiserver, Choice(("acme-0",), latest=1))
    (wanted,) = source.files()
    assert wanted.file == wheel.name
    assert len(wanted.sha256) == 64


def test_a_watch_of_devpi(devpi: str, tmp_path: Path) -> None:
    first, *others = wheels(tmp_path / "dist", 4)
    for each in others:
        upload(devpi, each)
    command = [sys.executable, "-m", "pkgaudit", "sweep", f"{devpi}+simple/", "-o", str(tmp_path / "store")]
    command += ["--watch", "--every", "1", "--no-config", "--fail-on", "info", "--jobs", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "3 files audited" in process.stderr.readline()
        upload(devpi, first)
        began = time.monotonic()
        files = []
        while first.name not in files:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            files.append(json.loads(line)["file"])
        assert time.monotonic() - began < 30
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == -signal.SIGTERM or process.returncode == 128 + signal.SIGTERM
    assert os.path.isfile(tmp_path / "store" / "sweep.sqlite")
    done = run(
        "sweep", f"{devpi}+simple/", "-o", tmp_path / "store", "-q", "--no-config", "--fail-on", "info"
    )
    assert "0 files audited" in done.output
    assert "4 done before" in done.output
