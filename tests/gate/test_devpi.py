"""``--confirm`` and the manifest for pip with a real devpi-server, which keeps the first file of a name."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gate.conftest import Release, last_line
from tests.gate.tools import need_tool
from tests.support import run

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(sys.platform == "win32", reason="the test starts a server in the background"),
]

LOGIN = {"TWINE_USERNAME": "root", "TWINE_PASSWORD": "", "HATCH_INDEX_USER": "root", "HATCH_INDEX_AUTH": "x"}
"""The account that devpi-init makes; it has no password, and Hatch never sends the one that it wants."""


@pytest.fixture(scope="module")
def devpi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server with an index without upstream, whose files cannot be replaced; return its address."""
    folder = tmp_path_factory.mktemp("devpi")
    init, server = need_tool("devpi-init"), need_tool("devpi-server")
    options = ["--serverdir", str(folder / "server")]
    subprocess.run([init, *options, "--no-root-pypi"], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, *options, "--port", str(port)], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/+api", process)
        token = _ask(f"{url}/+login", "POST", {"user": "root", "password": ""})["result"]["password"]
        _ask(f"{url}/root/stage", "PUT", {"type": "stage", "bases": [], "volatile": False}, f"root:{token}")
        yield f"{url}/root/stage/"
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


def _ask(url: str, method: str, value: dict[str, Any], login: str = "") -> Any:
    headers = {"Content-Type": "application/json"}
    if login:
        headers["X-Devpi-Auth"] = base64.b64encode(login.encode()).decode()
    request = urllib.request.Request(url, json.dumps(value).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_confirmation_and_installation(
    devpi: str, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pkgaudit.gate.confirm._PAUSES", (0,))
    need_tool("twine")
    need_tool("hatch")
    env = LOGIN | {"TWINE_REPOSITORY_URL": devpi}
    confirm = ("--confirm", f"{devpi}+simple/")
    hatch = ("hatch", "publish", "--no-prompt", "--repo", devpi)

    missing = release.gate("true", "{files}", options=confirm, env=env)
    assert missing.exit_code == 1
    assert missing.stderr.count("although the upload reported success") == 2

    uploaded = release.gate("twine", "upload", "dist/*", options=confirm, env=env)
    assert uploaded.exit_code == 0, uploaded.output
    assert last_line(uploaded) == "pkgaudit gate: twine exited with status 0"
    again = release.gate(*hatch, options=confirm, env=env)
    assert (again.exit_code, last_line(again)) == (0, "pkgaudit gate: hatch exited with status 0")

    written = run("manifest", "--no-config", "--format", "requirements", "-o", "r.txt", "dist")
    assert written.exit_code == 0, written.output
    pip = [sys.executable, "-m", "pip", "--isolated", "install", "--no-cache-dir", "--require-hashes"]
    done = subprocess.run(
        [
            *pip,
            "--no-deps",
            "--index-url",
            f"{devpi}+simple/",
            "-r",
            "r.txt",
            "--target",
            tmp_path / "target",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "target/sample/core.py").is_file()

    (wheel,) = (release.root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.comment = b"a second build"
    other = release.gate(*hatch, options=confirm, env=env)
    assert other.exit_code == 1
    assert f"serves other content under the name '{wheel.name}'" in " ".join(other.stderr.split())
    end = "hatch exited with status 0, but the index does not serve the audited files"
    assert last_line(other) == f"pkgaudit gate: {end}"
