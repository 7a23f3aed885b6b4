"""Real uploaders behind the gate, and an index on this machine that logs what arrives."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fixtures.builders import Wheel
from fixtures.tokens import pypi_token
from pkgaudit.gate.copies import Copies
from tests.gate.conftest import Release, last_line
from tests.gate.targets import PYPROJECT
from tests.gate.tools import LOGIN, need_tool
from tests.support import run

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(os.name == "nt", reason="signals, terminals and folders for settings are others"),
]

COMMANDS = {
    "twine": "twine upload",
    "uv": "uv publish --publish-url {URL}",
    "hatch": "hatch publish --no-prompt --repo {URL}",
    "pdm": "pdm publish --no-build --repository {URL}",
    "poetry": "poetry publish --no-interaction --repository local",
    "maturin": "maturin upload --repository-url {URL}",
}
"""How each uploader sends files to an index; what follows are the files, if it accepts any."""

ACCEPT_FILES = ("twine", "uv", "hatch", "maturin")


def command(release: Release, tool: str, *files: str) -> list[str]:
    need_tool(tool)
    words = COMMANDS[tool].replace("{URL}", release.index.url()).split()
    return [*words, *(files or release.files() if tool in ACCEPT_FILES else ())]


def settings(release: Release, tool: str) -> dict[str, str]:
    return {**LOGIN[tool], "POETRY_REPOSITORIES_LOCAL_URL": release.index.url()}


def overwrite(folder: Path) -> None:
    """Replace the files of a release by others of the same project, as a second build would."""
    for each in folder.iterdir():
        each.unlink()
        each.write_bytes(b"other bytes")


@pytest.mark.parametrize("tool", COMMANDS)
def test_audited_bytes_arrive(tool: str, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working files are replaced after the audit, and again while the first file is on the wire."""
    audited, dist = release.hashes, release.root / "dist"
    words = command(release, tool)
    unpatched = Copies.changed

    def changed(copies: Copies) -> object:
        overwrite(dist)
        return unpatched(copies)

    monkeypatch.setattr(Copies, "changed", changed)
    release.index.while_receiving = lambda: overwrite(dist)
    result = release.gate(*words, env=settings(release, tool))
    assert result.exit_code == 0, result.output
    assert release.index.received == audited
    assert all(each.credentials == "Basic" for each in release.index.uploads)
    assert last_line(result) == f"pkgaudit gate: {tool} exited with status 0"


@pytest.mark.parametrize("tool", COMMANDS)
def test_bad_release_opens_no_connection(tool: str, release: Release) -> None:
    secret = {"sample/.pypirc": f"[pypi]\nusername = __token__\npassword = {pypi_token([])}\n".encode()}
    Wheel(files=secret).build().write(release.root / "dist")
    result = release.gate(*command(release, tool), env=settings(release, tool))
    assert result.exit_code == 1
    assert not release.index.requests
    assert last_line(result) == "pkgaudit gate: not started: the audit failed"


def shown_instead(line: str) -> list[list[str]]:
    """Return the commands that a refusal shows."""
    return [shlex.split(each) for each in re.findall(r"'((?:pkgaudit|pdm|poetry) [^']+)'", line)]


@pytest.mark.parametrize(
    ("words", "tools"),
    [
        ("flit publish", ["twine", "uv"]),
        ("maturin publish", ["twine", "uv"]),
        ("pdm publish --repository {URL}", ["pdm"]),
        ("poetry publish --build --no-interaction -r local", ["poetry"]),
    ],
)
def test_line_shown_instead_works_when_pasted(words: str, tools: list[str], release: Release) -> None:
    need_tool(words.split()[0])
    url = release.index.url()
    env = {"TWINE_REPOSITORY_URL": url, "UV_PUBLISH_URL": url}
    for tool in tools:
        need_tool(tool)
        env |= settings(release, tool)
    result = release.gate(*words.replace("{URL}", url).split(), env=env)
    assert result.exit_code == 1
    assert not release.index.requests
    shown = shown_instead(last_line(result))
    assert [tool in each for each, tool in zip(shown, tools, strict=True)] == [True] * len(tools)
    for each in shown:
        again = run(*each[1:], env=env) if each[0] == "pkgaudit" else release.gate(*each, env=env)
        assert again.exit_code == 0, again.output
        assert release.index.received == release.hashes
        release.index.uploads.clear()


def test_flit_keeps_its_index(release: Release) -> None:
    need_tool("flit")
    result = release.gate("flit", "publish", "--repository", "testpypi")
    assert "twine upload --repository testpypi dist/" in last_line(result)
    assert len(shown_instead(last_line(result))) == 1


def test_script_of_a_shell(release: Release) -> None:
    result = release.gate("sh", "-c", "touch started; twine upload dist/*")
    assert result.exit_code == 1
    assert not (release.root / "started").exists()


LOCAL = "[distutils]\nindex-servers = local\n[local]\nrepository = {URL}\n"


@pytest.mark.parametrize(
    ("words", "file", "text"),
    [
        ("uv publish", "pyproject.toml", PYPROJECT + '[tool.uv]\npublish-url = "{URL}"\n'),
        ("pdm publish --no-build -r local", "pdm.toml", '[repository.local]\nurl = "{URL}"\n'),
        ("twine upload -r local ../dist/*", "../home/.pypirc", LOCAL),
        ("hatch publish -n -r {URL} ../dist/sample-1.0.tar.gz ../dist/sample-1.0-py3-none-any.whl", "x", ""),
    ],
    ids=["uv", "pdm", "twine", "hatch"],
)
def test_settings_of_the_project_hold(
    words: str, file: str, text: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = words.split()[0]
    need_tool(tool)
    (release.root / file).write_text(text.replace("{URL}", release.index.url()))
    (release.root / "sub").mkdir()
    monkeypatch.chdir(release.root / "sub")
    words = words.replace("{URL}", release.index.url())
    result = release.gate(*words.split(), env={**LOGIN[tool], "TWINE_REPOSITORY_URL": ""})
    assert result.exit_code == 0, result.output
    assert release.index.received == release.hashes


@pytest.mark.parametrize(("tool", "status"), [("twine", 1), ("uv", 2)])
def test_status_of_a_failed_upload(tool: str, status: int, release: Release) -> None:
    release.index.status = 400
    result = release.gate(*command(release, tool), env=settings(release, tool))
    assert result.exit_code == status
    assert last_line(result) == f"pkgaudit gate: {tool} exited with status {status}"


UNSIGNED = ("--ignore", "HM202")
"""The attestations here are empty, which only the rule on attestations looks at."""


def test_foreign_files_stop_no_uploader(release: Release) -> None:
    """twine, uv and maturin would stop at such files, or send an attestation."""
    dist, audited = release.root / "dist", release.hashes
    (dist / "SHA256SUMS").write_text("")
    (dist / ".gitignore").write_text("*")
    (dist / "sample-1.0.tar.gz.asc").write_text("a signature")
    (dist / "sample-1.0.tar.gz.publish.attestation").write_text("{}")
    parts = {}
    for tool in ("twine", "uv", "maturin"):
        words = command(release, tool, "dist/*")
        result = release.gate(*words, options=UNSIGNED, env=settings(release, tool))
        assert result.exit_code == 0, result.output
        assert release.index.received == audited
        parts[tool] = {each.name: each.parts for each in release.index.uploads}["sample-1.0.tar.gz"]
        release.index.uploads.clear()
    assert "gpg_signature" in parts["twine"]
    assert "attestations" in parts["uv"]
    assert not {"gpg_signature", "attestations"} & parts["maturin"]


def test_pdm_gets_no_foreign_files(release: Release) -> None:
    """pdm stops at each of them."""
    (release.root / "dist" / ".gitignore").write_text("*")
    (release.root / "dist" / "sample-1.0.tar.gz.publish.attestation").write_text("{}")
    result = release.gate(*command(release, "pdm"), options=UNSIGNED, env=settings(release, "pdm"))
    assert result.exit_code == 0, result.output
    assert release.index.received == release.hashes


def test_redirect_of_uv_within_the_index(release: Release) -> None:
    """The gate does not check redirects, but only audited bytes follow them."""
    release.index.status, release.index.location = 302, release.index.url("/other/")
    result = release.gate(*command(release, "uv"), env=settings(release, "uv"))
    assert last_line(result).startswith("pkgaudit gate: uv exited with status")
    assert set(release.index.received.values()) <= set(release.hashes.values())


def test_trusted_publishing(release: Release) -> None:
    """The token of a CI system lives in the environment, which the command gets unchanged."""
    claims = {"aud": "sample", "iss": "https://git.python.org", "iat": 1, "nbf": 1, "exp": 1 << 32}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = {"GITLAB_CI": "true", "SAMPLE_ID_TOKEN": f"e30.{payload}.of-the-job"}
    result = release.gate(*command(release, "pdm"), env=token)
    assert result.exit_code == 0, result.output
    assert release.index.requests[:2] == ["GET /_/oidc/audience", "POST /_/oidc/mint-token"]
    assert release.index.received == release.hashes
    assert "of-the-job" not in result.output


MAIN = "from pkgaudit.cli import main; main(prog_name='pkgaudit')"


def start(
    release: Release, *words: object, code: str = MAIN, env: Mapping[str, str] | None = None, **more: Any
) -> subprocess.Popen[str]:
    """Start the gate in a session of its own, where no terminal sends signals."""
    arguments = ["gate", "--no-config", "--quiet", *release.files(), "--", *map(str, words)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={
            **os.environ,
            "TMPDIR": str(release.temporary),
            "TWINE_REPOSITORY_URL": release.index.url(),
            **(env or {}),
        },
        text=True,
        **{"stderr": subprocess.PIPE, "start_new_session": True, **more},
    )


def script(release: Release, text: str) -> str:
    path = release.root / "upload.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return "./upload.sh"


def wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signal_during_the_upload(name: str, release: Release) -> None:
    """The command gets the signal, and the gate ends by it too; an open pipe as input does not matter."""
    number = signal.Signals[name]
    # A shell would ignore SIGINT in the background, and would wait for its own child.
    code = "import pathlib, time; pathlib.Path('started').touch(); time.sleep(60)"
    process = start(release, sys.executable, "-c", code, "{files}", stdin=subprocess.PIPE)
    wait_for(release.root / "started")
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == -number
    assert said.splitlines()[-1].endswith(f" was ended by {name}")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("place", ["pkgaudit.gate.copies._read", "pkgaudit.run.run"], ids=["copy", "audit"])
def test_signal_before_the_upload(place: str, name: str, release: Release) -> None:
    module, _, function = place.rpartition(".")
    code = (
        f"import os, signal, {module} as module\n"
        f"module.{function} = lambda *_, **__: os.kill(os.getpid(), signal.{name})\n{MAIN}"
    )
    process = start(release, script(release, "touch started"), "{files}", code=code)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.Signals[name]
    ends = "interrupted" if name == "SIGINT" else "terminated"
    assert said.splitlines()[-1] == f"pkgaudit gate: not started: {ends}"
    assert not (release.root / "started").exists()


class Terminal:
    """A pseudo-terminal, which controls the processes started on it."""

    def __init__(self) -> None:
        self.main, self.of_child = os.openpty()
        self.said = b""

    def options(self) -> dict[str, Any]:
        """Return the options of Popen for a process on the terminal."""

        def control() -> None:
            import fcntl
            import termios

            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        ends = dict.fromkeys(("stdin", "stdout", "stderr"), self.of_child)
        return {**ends, "preexec_fn": control, "start_new_session": False}

    def wait_for(self, text: bytes) -> None:
        """Read until a text appears."""
        os.set_blocking(self.main, False)
        until = time.monotonic() + 20
        while text not in self.said and time.monotonic() < until:
            try:
                self.said += os.read(self.main, 4096)
            except BlockingIOError:
                time.sleep(0.02)
        assert text in self.said, self.said

    def type(self, text: bytes) -> None:
        """Type a text."""
        os.write(self.main, text)


def test_prompt_on_a_terminal(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.delenv("TWINE_NON_INTERACTIVE")
    process = start(release, *command(release, "twine"), env={"TWINE_USERNAME": "me"}, **terminal.options())
    terminal.wait_for(b"password")
    terminal.type(b"correct-horse\n")
    terminal.wait_for(b"pkgaudit gate: twine exited with status 0")
    assert process.wait(20) == 0
    assert [each.credentials for each in release.index.uploads] == ["Basic", "Basic"]


def test_interrupt_on_a_terminal(release: Release) -> None:
    """The terminal sends the signal to both, so the command gets it once."""
    terminal = Terminal()
    code = (
        "import pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: pathlib.Path('signals').open('a').write('x'))\n"
        "print('ready', flush=True); time.sleep(1); sys.exit(3)"
    )
    process = start(release, sys.executable, "-c", code, "{files}", **terminal.options())
    terminal.wait_for(b"ready\r\n")
    terminal.type(b"\x03")
    terminal.wait_for(b"exited with status 3")
    assert process.wait(20) == 3
    assert (release.root / "signals").read_text() == "x"
